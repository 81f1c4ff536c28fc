"""Charges as a spreadsheet."""

from typing import Any

from bookings.charges.lines import pounds, reference
from bookings.charges.querysets import ChargeQuerySet
from bookings.models import Charge
from partnership_portal.tables import Column, Sheet, sheet_of


def _credited(key: int | None) -> str:
    return reference(key) if key else ""


_COLUMNS = (
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
)


def charges_sheet(charges: ChargeQuerySet) -> Sheet:
    """One sheet of these charges, in their order."""
    return sheet_of("Charges", _COLUMNS, charges)
