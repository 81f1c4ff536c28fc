"""What a session is planned to be, and the arithmetic of its dates by UK clocks."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from courses.models import Venue
from courses.refusals import PlanRefused
from partnership_portal.working_days import UK, add_working_days, uk_date, uk_moment
from partnerships.models import Organisation, Person
from partnerships.policy import CoDelivery, Policy


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
    lecture_style: bool = False
    lecture_style_reason: str = ""
    cost_pence: int | None = None
    single_agency_for: Organisation | None = None
    opened_to_others: bool = False

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


def class_size_cap(policy: Policy, *, lecture_style: bool) -> int | None:
    """How many may take part at most, or nothing where the policy sets no cap or spares lecture-style sessions."""
    cap = policy.booking.class_size_cap.value
    spared = lecture_style and policy.booking.lecture_style_exempt.value
    return None if cap == "none" or spared else cap


def check_class_size(capacity: int, policy: Policy, *, lecture_style: bool) -> None:
    """Refuse more places than the strategy allows: the one rule for every way to make a session or make it larger."""
    cap = class_size_cap(policy, lecture_style=lecture_style)
    if cap is None or capacity <= cap:
        return
    sentence = f"The partnership’s strategy allows at most {cap} places."
    if policy.booking.lecture_style_exempt.value:
        sentence = (
            f"The partnership’s strategy allows at most {cap} places, unless the session is lecture-style."
        )
    raise PlanRefused(sentence, "capacity")
