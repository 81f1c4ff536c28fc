"""Dates that a series or a copied programme would have, shown before anything is saved."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from courses.clashes import Occasion, clashes_of
from courses.days_off import DaysOff
from courses.models import Course
from courses.plans import SessionPlan, Slot
from courses.recurrence import Rule
from partnership_portal.working_days import is_working_day, uk_date
from partnerships.actors import Actor

PAST = "It is in the past"


@dataclass(frozen=True)
class Suggestion:
    """One session that would be made: its dates, or why it is left out, and what clashes."""

    value: str
    title: str
    slots: tuple[Slot, ...]
    left_out: str = ""
    note: str = ""
    clashes: tuple[str, ...] = ()

    @property
    def day(self) -> dt.date:
        """The day of its first date."""
        return uk_date(self.slots[0].starts_at)

    @property
    def is_ticked(self) -> bool:
        """Tell whether it is chosen unless somebody says otherwise: whatever clashes is looked at first."""
        return not self.left_out and not self.clashes


def series_of(
    actor: Actor,
    *,
    course: Course,
    plan: SessionPlan,
    rule: Rule,
    off: DaysOff,
    most: int,
    now: dt.datetime,
) -> list[Suggestion]:
    """The sessions of a series in order, until there are as many as wanted; days left out don’t count."""
    found = dates_of_series(title=course.title, plan=plan, rule=rule, off=off, most=most, now=now)
    venue = (plan.venue.pk, plan.venue.name) if plan.venue else None
    trainers = frozenset((person.pk, person.name) for person in plan.trainers)
    return with_clashes(actor, found, [Occasion(course.title, one.slots, venue, trainers) for one in found])


def dates_of_series(
    *, title: str, plan: SessionPlan, rule: Rule, off: DaysOff, most: int, now: dt.datetime
) -> list[Suggestion]:
    """The same without what clashes: arithmetic alone."""
    found: list[Suggestion] = []
    wanted = 0
    for day in rule.days():
        slots = plan.moved_to(day).slots
        left_out = PAST if slots[0].starts_at <= now else off.why_any(slots)
        found.append(Suggestion(day.isoformat(), title, slots, left_out))
        wanted += not left_out
        if wanted == most:
            break
    return found


def with_clashes(
    actor: Actor, found: Sequence[Suggestion], occasions: Sequence[Occasion]
) -> list[Suggestion]:
    """The same with what clashes, and with a note on days when few people work; what is left out can’t clash."""
    held = [number for number, one in enumerate(found) if not one.left_out]
    clashes = dict(zip(held, clashes_of(actor, [occasions[number] for number in held]), strict=True))
    return [
        replace(one, clashes=tuple(clashes.get(number, ())), note=one.note or _idle(one))
        for number, one in enumerate(found)
    ]


def _idle(one: Suggestion) -> str:
    idle = any(not is_working_day(uk_date(slot.starts_at)) for slot in one.slots)
    return "Not a working day." if idle and not one.left_out else ""
