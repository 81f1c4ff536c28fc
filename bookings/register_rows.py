"""The rows of a register as its page and its sheet show them."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from bookings.models import Attendance, Booking
from courses.models import SessionDate
from partnership_portal.templatetags.portal import uk_time

Mark, How = Attendance.Mark, Attendance.How


@dataclass(frozen=True)
class RegisterRow:
    """Somebody on the register of one date, with their mark."""

    booking: Booking
    held: Attendance | None

    @property
    def mark(self) -> str:
        """Present, absent, or nothing yet."""
        return self.held.mark if self.held else ""

    @property
    def can_undo(self) -> bool:
        """Tell whether the last change of the mark can be taken back."""
        return self.held is not None and self.held.before is not None

    @property
    def words(self) -> str:
        """The mark in words: with the times and, where it wasn't a trainer or the team, how it was made."""
        if self.held is None:
            return "Not marked yet"
        words = [self.held.get_mark_display()]
        words += [f"from {uk_time(self.held.arrived_late)}"] if self.held.arrived_late else []
        words += [f"until {uk_time(self.held.left_early)}"] if self.held.left_early else []
        how = (
            f", {self.held.get_marked_how_display()}"
            if self.held.marked_how in {How.SELF, How.REPORT}
            else ""
        )
        return " ".join(words) + how


def rows_of(date: SessionDate) -> list[RegisterRow]:
    """Everybody on the register of a date, by name (two queries)."""
    bookings = (
        Booking.objects.filter(partnership=date.partnership_id, session=date.session_id)
        .expected()
        .select_related("person", "organisation")
        .order_by("person__name_key", "pk")
    )
    held = {one.booking_id: one for one in date.attendances.filter(partnership=date.partnership_id)}
    return [RegisterRow(booking, held.get(booking.pk)) for booking in bookings]


def chosen(rows: list[RegisterRow], *, text: str, only_open: bool) -> list[RegisterRow]:
    """The rows whose name or organisation contains the text; on request only those that have no mark."""
    text = text.strip().lower()
    return [
        row
        for row in rows
        if not (only_open and row.mark)
        and text in f"{row.booking.person.name} {row.booking.organisation.name}".lower()
    ]


def counts_of(rows: list[RegisterRow]) -> dict[str, int]:
    """How many are present, absent and not marked yet."""
    counts = Counter(row.mark for row in rows)
    return {"present": counts[Mark.PRESENT], "absent": counts[Mark.ABSENT], "open": counts[""]}


def answer_of(rows: list[RegisterRow], booking_id: int) -> dict[str, Any]:
    """What the page on a phone is told of one row after it was marked, and of the whole register."""
    row = next((one for one in rows if one.booking.pk == booking_id), None)
    told = {"mark": row.mark, "words": row.words, "can_undo": row.can_undo} if row else {}
    return {**told, "counts": counts_of(rows)}
