"""Charges as a spreadsheet: one query, row by row, no objects."""

from collections.abc import Iterator
from typing import Any

from bookings.charges.lines import pounds, reference
from bookings.charges.querysets import ChargeQuerySet
from bookings.models import Charge
from partnership_portal.tables import Sheet

_COLUMNS = {
    "Reference": "pk",
    "Credits": "credits_id",
    "Organisation": "organisation__name",
    "What for": "kind",
    "Course": "session__course__title",
    "Session starts": "session__starts_at",
    "Person": "booking__person__name",
    "Purchase order or cost code": "purchase_order",
    "Amount in pounds": "pence",
    "State": "state",
    "Rule": "words",
    "Source": "source",
    "Reason": "reason",
    "Raised on": "raised_on",
    "Batch": "batch__month",
}
_WIDTHS = (12, 12, 34, 20, 44, 18, 26, 24, 14, 16, 60, 22, 40, 14, 14)


def charges_sheet(charges: ChargeQuerySet) -> Sheet:
    """One sheet of these charges, in their order."""
    return Sheet("Charges", list(_COLUMNS), _rows(charges), _WIDTHS)


def _rows(charges: ChargeQuerySet) -> Iterator[list[Any]]:
    kinds, states = dict(Charge.Kind.choices), dict(Charge.State.choices)
    for values in charges.values(*_COLUMNS.values()).iterator(chunk_size=2000):
        values["pk"] = reference(values["pk"])
        values["credits_id"] = reference(values["credits_id"]) if values["credits_id"] else ""
        values["kind"], values["state"] = kinds[values["kind"]], states[values["state"]]
        values["pence"] = pounds(values["pence"])
        yield list(values.values())
