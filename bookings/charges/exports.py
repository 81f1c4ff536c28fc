"""Lists of charges and batches to download."""

from typing import Any

from bookings.charges.lines import pounds, reference
from bookings.models import Batch, Charge
from partnership_portal.tables import Column, ListSheet


def _credited(key: int | None) -> str:
    return reference(key) if key else ""


CHARGES = ListSheet(
    "Charges",
    (
        Column("Reference", "pk", 12, reference),
        Column("Credits", "credits_id", 12, _credited),
        Column("Organisation", "organisation__name", 34),
        Column("What for", "kind", 20, dict[Any, Any](Charge.Kind.choices).get),
        Column("Course", "session__course__title", 44),
        Column("Session starts", "session__starts_at", 18),
        Column("Person", "booking__person__name", 26),
        Column("Purchase order or cost code", "purchase_order", 24),
        Column("Amount in pounds", "pence", 14, pounds),
        Column("State", "state", 16, dict[Any, Any](Charge.State.choices).get),
        Column("Rule", "words", 60),
        Column("Source", "source", 22),
        Column("Reason", "reason", 40),
        Column("Raised on", "raised_on", 14),
        Column("Batch", "batch__month", 14),
    ),
)
UNDECIDED = ListSheet(
    "Can't be worked out yet",
    (
        Column("What for", "what", 44),
        Column("Organisation", "organisation__name", 34),
        Column("Course", "session__course__title", 44),
        Column("Session starts", "session__starts_at", 18),
        Column("What is missing", "why", 70),
    ),
)
BATCHES = ListSheet(
    "Batches",
    (
        Column("Month", "month", 14),
        Column("Amount in pounds", "pence", 14, pounds),
        Column("Closed on", "requested_at", 18),
        Column("Closed by", "closed_by__name", 26),
        Column("State", "state", 26, dict[Any, Any](Batch.State.choices).get),
    ),
)
