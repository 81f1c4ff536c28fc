"""Days on which a planned session is not held: bank holidays and the area's school holidays."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from courses.models import SchoolHoliday
from courses.plans import Slot
from partnership_portal.working_days import bank_holiday, uk_date
from partnerships.actors import Actor


@dataclass(frozen=True)
class DaysOff:
    """What is left out."""

    bank_holidays: bool
    school_holidays: tuple[SchoolHoliday, ...] = ()

    def why(self, day: dt.date) -> str:
        """Why nothing is held on this day, or nothing."""
        name = bank_holiday(day) if self.bank_holidays else ""
        if name:
            return f"Bank holiday: {name}"
        closed = next((holiday for holiday in self.school_holidays if holiday.holds(day)), None)
        return f"School holiday: {closed.name}" if closed else ""

    def why_any(self, slots: Sequence[Slot]) -> str:
        """Why one of these dates is left out, or nothing."""
        return next(filter(None, (self.why(uk_date(slot.starts_at)) for slot in slots)), "")


def days_off(actor: Actor, *, bank_holidays: bool, school_holidays: bool) -> DaysOff:
    """The days off that are to be left out (one query at most)."""
    closed = SchoolHoliday.objects.visible_to(actor) if school_holidays else ()
    return DaysOff(bank_holidays, tuple(closed))
