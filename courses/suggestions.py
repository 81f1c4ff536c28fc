"""Dates that a series or a copied programme would have, shown before anything is saved."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from courses.clashes import Occasion, clashes_of
from courses.days_off import DaysOff
from courses.models import Course, Session
from courses.plans import SessionPlan, Slot
from courses.recurrence import Rule
from courses.years import Year, moved_to_next_year
from partnership_portal.working_days import is_working_day, uk_date, uk_moment
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
    key: int = 0

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


def programme_of(actor: Actor, *, year: Year, off: DaysOff, now: dt.datetime) -> list[Suggestion]:
    """A year's sessions as they would be in the year after, in order (seven queries)."""
    sessions = (
        Session.objects.visible_to(actor)
        .exclude(status=Session.Status.CANCELLED)
        .filter(
            starts_at__gte=uk_moment(year.first_day, dt.time()),
            starts_at__lt=uk_moment(year.following.first_day, dt.time()),
        )
        .select_related("course", "venue")
        .defer("course__search")
        .prefetch_related("dates", "trainer_links__person")
        .order_by("starts_at", "pk")
    )
    copied = _copied_for(actor, year.following)
    found, occasions = [], []
    for session in sessions:
        slots = tuple(sorted(Slot(date.starts_at, date.ends_at) for date in session.dates.all()))
        if not slots:
            continue
        there, note, left_out = moved_to_next_year(slots, year, off)
        value = f"{session.pk}_{uk_date(there[0].starts_at).isoformat()}"
        if session.pk in copied:
            left_out = "It was copied already"
        left_out = left_out or _left_out(session, there, now)
        found.append(Suggestion(value, session.course.title, there, left_out, note, key=session.pk))
        venue = (session.venue.pk, session.venue.name) if session.venue else None
        trainers = frozenset((link.person.pk, link.person.name) for link in session.trainer_links.all())
        occasions.append(Occasion(session.course.title, there, venue, trainers))
    ordered = sorted(
        zip(found, occasions, strict=True), key=lambda pair: (pair[0].slots[0].starts_at, pair[0].key)
    )
    return with_clashes(actor, [one for one, _ in ordered], [occasion for _, occasion in ordered])


def _copied_for(actor: Actor, year: Year) -> set[int | None]:
    copies = Session.objects.visible_to(actor).filter(copied_for_year=year.starts_in)
    return set(copies.exclude(status=Session.Status.CANCELLED).values_list("copied_from_id", flat=True))


def _left_out(session: Session, there: tuple[Slot, ...], now: dt.datetime) -> str:
    if session.course.status == Course.Status.ARCHIVED:
        return "The course is no longer offered"
    return PAST if there[0].starts_at <= now else ""


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
