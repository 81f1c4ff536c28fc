"""The lines of a batch: charges as they were when the month was closed, whatever is renamed later."""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from bookings.models.charge import Charge
from partnership_portal.tables import Sheet
from partnership_portal.working_days import uk_date


@dataclass(frozen=True)
class Line:
    """One charge or credit note in a batch."""

    charge: int
    credits: int | None
    organisation: int
    organisation_name: str
    label: str
    course: str
    held_on: str
    person: str
    purchase_order: str
    pence: int
    words: str
    source: str
    raised_on: str

    @property
    def session_day(self) -> date:
        """The first day of the session."""
        return date.fromisoformat(self.held_on)

    @property
    def reference(self) -> str:
        """The name by which finance may ask for it."""
        return reference(self.charge)


def reference(key: int) -> str:
    """A charge's number as it is quoted."""
    return f"C{key:06d}"


def line_of(charge: Charge) -> dict[str, Any]:
    """Write a charge down as it stands."""
    line = Line(
        charge=charge.pk,
        credits=charge.credits_id,
        organisation=charge.organisation_id,
        organisation_name=charge.organisation.name,
        label=charge.label,
        course=charge.session.course.title,
        held_on=uk_date(charge.session.starts_at).isoformat(),
        person=charge.booking.person.name if charge.booking else "",
        purchase_order=charge.purchase_order,
        pence=charge.pence,
        words=charge.words,
        source=charge.source,
        raised_on=charge.raised_on.isoformat(),
    )
    return asdict(line)


def lines_of(kept: list[dict[str, Any]]) -> list[Line]:
    """Read the lines of a batch back."""
    return [Line(**one) for one in kept]


def lines_by_organisation(kept: list[dict[str, Any]]) -> list[tuple[int, list[Line]]]:
    """The lines of each organisation, in the order of their names."""
    return [(key, list(lines)) for key, lines in groupby(lines_of(kept), key=lambda line: line.organisation)]


HEADERS = (
    "Reference",
    "Credits",
    "Organisation",
    "Purchase order or cost code",
    "What for",
    "Course",
    "Held on",
    "Person",
    "Amount in pounds",
    "Rule",
    "Source",
    "Raised on",
)
_WIDTHS = (12, 12, 34, 24, 24, 40, 14, 26, 14, 60, 22, 14)


def batch_rows(kept: list[dict[str, Any]]) -> list[list[Any]]:
    """The lines as rows of a spreadsheet or CSV file."""
    return [
        [
            line.reference,
            reference(line.credits) if line.credits else "",
            line.organisation_name,
            line.purchase_order,
            line.label,
            line.course,
            line.session_day,
            line.person,
            pounds(line.pence),
            line.words,
            line.source,
            date.fromisoformat(line.raised_on),
        ]
        for line in lines_of(kept)
    ]


def batch_sheet(kept: list[dict[str, Any]]) -> Sheet:
    """The lines as a sheet."""
    return Sheet("Charges", HEADERS, batch_rows(kept), _WIDTHS)


def pounds(pence: int) -> Decimal:
    """Pence as pounds, exact."""
    return Decimal(pence) / 100
