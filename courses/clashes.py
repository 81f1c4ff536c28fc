"""Who or what is wanted twice at the same time: a venue, or a trainer."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from courses.models import Session, SessionDate, SessionTrainer
from courses.plans import Slot
from courses.saved_plans import saved_plan
from partnership_portal.templatetags.portal import time_range
from partnership_portal.working_days import uk_date
from partnerships.actors import Actor


@dataclass(frozen=True)
class Occasion:
    """One session that is there or may be planned: its dates, its venue, and its trainers by key and name."""

    title: str
    slots: tuple[Slot, ...]
    venue: tuple[int, str] | None = None
    trainers: frozenset[tuple[int, str]] = frozenset()


def clashes_of_session(actor: Actor, session: Session) -> list[str]:
    """What a session, as it is planned, wants at the same time as others (a few queries)."""
    plan = saved_plan(session)
    venue = (plan.venue.pk, plan.venue.name) if plan.venue else None
    trainers = frozenset((person.pk, person.name) for person in plan.trainers)
    occasion = Occasion(session.course.title, plan.slots, venue, trainers)
    return clashes_of(actor, [occasion], but=[session.pk])[0] if plan.slots else []


def clashes_of(actor: Actor, occasions: Sequence[Occasion], *, but: Iterable[int] = ()) -> list[list[str]]:
    """For each occasion, what is wanted twice, in sentences; two of the occasions may clash as well (two queries).

    ``but`` names sessions that don't count, such as the one that is moved.
    """
    if not occasions:
        return []
    by_day: dict[dt.date, list[tuple[Slot, Occasion]]] = defaultdict(list)
    for other in [*_planned(actor, occasions, but), *occasions]:
        for slot in other.slots:
            by_day[uk_date(slot.starts_at)].append((slot, other))
    return [list(dict.fromkeys(_clashes(one, by_day))) for one in occasions]


def _clashes(one: Occasion, by_day: dict[dt.date, list[tuple[Slot, Occasion]]]) -> Iterable[str]:
    for slot in one.slots:
        for taken, other in by_day[uk_date(slot.starts_at)]:
            if other is one or taken.starts_at >= slot.ends_at or taken.ends_at <= slot.starts_at:
                continue
            when = time_range(taken.starts_at, taken.ends_at)
            if one.venue is not None and one.venue == other.venue:
                yield f"{one.venue[1]} is taken by {other.title}, {when}."
            for _, name in sorted(one.trainers & other.trainers):
                yield f"{name} trains {other.title}, {when}."


def _planned(actor: Actor, occasions: Sequence[Occasion], but: Iterable[int]) -> list[Occasion]:
    slots = [slot for one in occasions for slot in one.slots]
    dates = (
        SessionDate.objects.filter(
            partnership=actor.partnership,
            starts_at__lt=max(slot.ends_at for slot in slots),
            ends_at__gt=min(slot.starts_at for slot in slots),
        )
        .exclude(session__status=Session.Status.CANCELLED)
        .exclude(session__in=list(but))
        .values_list(
            "session_id",
            "session__course__title",
            "session__venue_id",
            "session__venue__name",
            "starts_at",
            "ends_at",
        )
    )
    rows = list(dates)
    trainers = defaultdict(set)
    links = SessionTrainer.objects.filter(
        partnership=actor.partnership, session__in={row[0] for row in rows}
    ).values_list("session_id", "person_id", "person__name")
    for session_id, person_id, name in links:
        trainers[session_id].add((person_id, name))
    return [
        Occasion(
            title,
            (Slot(starts_at, ends_at),),
            (venue_id, venue) if venue_id else None,
            frozenset(trainers[session_id]),
        )
        for session_id, title, venue_id, venue, starts_at, ends_at in rows
    ]
