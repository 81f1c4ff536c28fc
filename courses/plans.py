"""What a session is planned to be, and the arithmetic of its dates by UK clocks."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from courses.models import Venue
from partnership_portal.working_days import UK, add_months, add_working_days, uk_date, uk_moment
from partnerships.models import Person
from partnerships.policy import CoDelivery, Policy
from partnerships.profile import Method

# A cap on class size is about discussion in one room; these are listened to.
LECTURE_STYLE = frozenset({Method.BRIEFING, Method.CONFERENCE, Method.WEBINAR})


@dataclass(frozen=True, order=True)
class Slot:
    """One date of a session: from when until when."""

    starts_at: dt.datetime
    ends_at: dt.datetime


@dataclass(frozen=True)
class SessionPlan:
    """Everything about a session that those who plan it decide."""

    slots: tuple[Slot, ...]
    capacity: int
    minimum: int = 0
    venue: Venue | None = None
    joining_link: str = ""
    joining_instructions: str = ""
    trainers: tuple[Person, ...] = ()

    def moved_to(self, day: dt.date) -> "SessionPlan":
        """The same plan with its first date on another day, its other dates as far apart, its clock times kept."""
        return replace(self, slots=moved(self.slots, day))


def slot_on(day: dt.date, start: dt.time, end: dt.time) -> Slot:
    """The slot between two times by UK clocks."""
    return Slot(uk_moment(day, start), uk_moment(day, end))


def moved(slots: Sequence[Slot], day: dt.date) -> tuple[Slot, ...]:
    """The slots with the first on this day: same clock times, also across a clock change."""
    days = day - uk_date(min(slots).starts_at)
    return tuple(Slot(_later(slot.starts_at, days), _later(slot.ends_at, days)) for slot in sorted(slots))


def _later(moment: dt.datetime, days: dt.timedelta) -> dt.datetime:
    local = moment.astimezone(UK)
    return uk_moment(local.date() + days, local.time())


def every_weeks(first: dt.date, *, weeks: int, count: int) -> list[dt.date]:
    """Days some weeks apart."""
    return [first + dt.timedelta(weeks=weeks * number) for number in range(count)]


def every_months(first: dt.date, *, months: int, count: int) -> list[dt.date]:
    """The same weekday of each month, such as every second Tuesday; a fifth one becomes the last."""
    return [_nth_weekday(add_months(first.replace(day=1), months * number), first) for number in range(count)]


def _nth_weekday(month: dt.date, like: dt.date) -> dt.date:
    first = month + dt.timedelta(days=(like.weekday() - month.weekday()) % 7)
    day = first + dt.timedelta(weeks=(like.day - 1) // 7)
    return day if day.month == month.month else day - dt.timedelta(weeks=1)


def booking_deadline(starts_at: dt.datetime, policy: Policy) -> dt.datetime:
    """When booking closes: the end of the day that lies the policy's number of working days before the start."""
    days = policy.booking.deadline_working_days.value
    if days == 0:
        return starts_at
    return uk_moment(add_working_days(uk_date(starts_at), -days), dt.time(23, 59))


def trainers_missing(trainers: Sequence[Person], policy: Policy) -> str:
    """What to tell those who plan fewer trainers than the policy wants to deliver together; else nothing."""
    if policy.trainers.co_delivery.value is CoDelivery.NOT_STATED or len(trainers) >= 2:
        return ""
    named = "one trainer" if trainers else "no trainer"
    how = (
        "always deliver together"
        if policy.trainers.co_delivery.value is CoDelivery.ALWAYS
        else ("deliver together where possible")
    )
    return f"It names {named} so far. By the strategy, two trainers {how}."


def class_size_cap(method: str, policy: Policy) -> int | None:
    """How many may take part at most, or nothing if the policy sets no cap for this method."""
    cap = policy.booking.class_size_cap.value
    return None if cap == "none" or method in LECTURE_STYLE else cap
