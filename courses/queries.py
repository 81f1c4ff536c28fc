"""Questions about the programme that join or add up."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BigIntegerField,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    PositiveSmallIntegerField,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast

from courses.models import Course, CourseGroup, CourseSector, ProgrammeCopy, Session, Venue
from partnership_portal.working_days import uk_moment
from partnerships.actors import Actor
from partnerships.models import CompetencyGroup, MembershipRole, Person, Sector
from partnerships.permissions import Role


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for in the catalogue."""

    words: str = ""
    theme: str = ""
    group: str = ""
    sector: str = ""
    method: str = ""
    place: str = ""
    first_day: date | None = None
    last_day: date | None = None
    only_with_places: bool = False
    sort: str = ""

    @property
    def asks_for_session(self) -> bool:
        """Tell whether only courses with a fitting session are wanted."""
        return bool(self.place or self.first_day or self.last_day or self.only_with_places)


@dataclass
class Choices:
    """What the catalogue can be filtered by: pairs of value and label."""

    themes: list[tuple[str, str]] = field(default_factory=list)
    groups: list[tuple[str, str]] = field(default_factory=list)
    sectors: list[tuple[str, str]] = field(default_factory=list)
    venues: list[tuple[str, str]] = field(default_factory=list)
    group_titles: dict[int, str] = field(default_factory=dict)


def catalogue_choices(actor: Actor) -> Choices:
    """Themes of published courses, groups, sectors if a course names any, and venues, in one query."""

    def rows(queryset: QuerySet, kind: str, position: Any, value: str, label: str, key: Any) -> QuerySet:
        return (
            queryset.order_by()
            .annotate(
                kind=Value(kind, output_field=CharField()),
                place=position,
                choice=Cast(value, CharField()),
                label=Cast(label, CharField()),
                key=key,
            )
            .values_list("kind", "place", "choice", "label", "key")
        )

    first, no_key = (
        Value(0, output_field=PositiveSmallIntegerField()),
        Value(0, output_field=BigIntegerField()),
    )
    groups = CompetencyGroup.objects.filter(partnership=actor.partnership)
    named = CourseSector.objects.filter(partnership=actor.partnership, course__status=Course.Status.PUBLISHED)
    sectors = Sector.objects.filter(Exists(named), partnership=actor.partnership)
    found = Choices()
    # The union leaves each theme once.
    choices = rows(
        Course.objects.visible_to(actor).published(), "theme", first, "theme", "theme", no_key
    ).union(
        rows(groups, "group", F("position"), "code", "title", F("pk")),
        rows(sectors, "sector", F("position"), "code", "name", no_key),
        rows(Venue.objects.visible_to(actor), "venue", first, "pk", "name", F("pk")),
    )
    for kind, _, value, label, key in choices.order_by("kind", "place", "label"):
        kept = {
            "theme": found.themes,
            "group": found.groups,
            "sector": found.sectors,
            "venue": found.venues,
        }
        kept[kind].append((value, label))
        if kind == "group":
            found.group_titles[key] = label
    return found


def next_sessions(actor: Actor, wanted: Wanted, now: datetime) -> dict[int, Session]:
    """The next session of each course, among those that fit."""
    sessions = (
        _fitting(actor, wanted, now)
        .order_by("course_id", "starts_at", "pk")
        .distinct("course_id")
        .select_related("venue", "single_agency_for")
        .only(
            *("course_id", "starts_at", "capacity", "places_taken", "opened_to_others"),
            *("venue__name", "single_agency_for__name"),
        )
    )
    return {session.course_id: session for session in sessions}


def catalogue(actor: Actor, wanted: Wanted, sessions: dict[int, Session]) -> list[int]:
    """The keys of published courses that fit, in the order wanted; ``sessions`` holds the next of each."""
    courses = Course.objects.visible_to(actor).published()
    if wanted.words:
        courses = courses.matching(wanted.words)
    for name, value in (("theme", wanted.theme), ("method", wanted.method)):
        if value:
            courses = courses.filter(**{name: value})
    if wanted.group:
        links = CourseGroup.objects.filter(course=OuterRef("pk"), group__code=wanted.group)
        courses = courses.filter(Exists(links))
    if wanted.sector:
        # Whoever looks for their sector can also take what is meant for all of them.
        named = CourseSector.objects.filter(course=OuterRef("pk"))
        courses = courses.filter(Exists(named.filter(sector__code=wanted.sector)) | ~Exists(named))
    if wanted.asks_for_session:
        courses = courses.filter(pk__in=sessions)
    if wanted.sort or not wanted.words:
        courses = courses.order_by("title", "pk")
    keys = list(courses.values_list("pk", flat=True))
    if wanted.sort == "title" or (wanted.words and wanted.sort != "soonest"):
        return keys
    # A partnership has hundreds of courses at most, so that sorting here is cheaper than a subquery for each.
    dated = sorted((key for key in keys if key in sessions), key=lambda key: sessions[key].starts_at)
    return dated + [key for key in keys if key not in sessions]


def courses_of(actor: Actor, keys: Sequence[int], sessions: dict[int, Session]) -> list[Course]:
    """The courses of one page, each with its next session and the keys of the groups it counts for."""
    links = CourseGroup.objects.filter(course=OuterRef("pk")).order_by("group_id").values("group_id")
    found = (
        Course.objects.visible_to(actor)
        .only("slug", "title", "method", "summary", "duration")
        .annotate(group_ids=ArraySubquery(links))
        .in_bulk(keys)
    )
    courses: list[Course] = [found[key] for key in keys if key in found]
    for course in courses:
        course.next_session = sessions.get(course.pk)
    return courses


def _fitting(actor: Actor, wanted: Wanted, now: datetime) -> QuerySet[Session]:
    sessions = Session.objects.visible_to(actor).offered_to(actor).coming(now)
    if wanted.place == "online":
        sessions = sessions.filter(venue=None)
    elif wanted.place:
        sessions = sessions.filter(venue_id=int(wanted.place))
    if wanted.only_with_places:
        sessions = sessions.filter(places_taken__lt=F("capacity"), booking_closes_at__gt=now)
    return _between(sessions, wanted.first_day, wanted.last_day)


def _between(sessions: QuerySet[Session], first: date | None, last: date | None) -> QuerySet[Session]:
    if first:
        sessions = sessions.filter(starts_at__gte=uk_moment(first, time()))
    if last:
        sessions = sessions.filter(starts_at__lt=uk_moment(last + timedelta(days=1), time()))
    return sessions


def coming_sessions(actor: Actor, course: Course, now: datetime) -> QuerySet[Session]:
    """The sessions of a course that are offered to the actor and have not begun."""
    return (
        Session.objects.visible_to(actor)
        .offered_to(actor)
        .coming(now)
        .filter(course=course)
        .select_related("venue", "single_agency_for")
        .annotate(date_count=Count("dates"))
    )


def trainers_of(actor: Actor) -> QuerySet[Person]:
    """Everybody in the partnership who holds the trainer role."""
    held = MembershipRole.objects.filter(
        partnership=actor.partnership, role=Role.TRAINER, membership__ended_on__isnull=True
    )
    return Person.objects.filter(partnership=actor.partnership, pk__in=held.values("membership__person_id"))


def desk_courses(actor: Actor, now: datetime) -> QuerySet[Course]:
    """Courses with the number of their coming sessions, for those who plan the programme."""
    coming = Count("sessions", filter=Q(sessions__status="published", sessions__starts_at__gt=now))
    return Course.objects.visible_to(actor).defer("search").annotate(coming=coming)


def desk_sessions(actor: Actor) -> QuerySet[Session]:
    """Sessions with what a list shows of each, for those who plan the programme."""
    return Session.objects.visible_to(actor).select_related("course", "venue").defer("course__search")


def series_drafts(actor: Actor, series: uuid.UUID) -> QuerySet[Session]:
    """The sessions of a series that are still drafts, soonest first."""
    return _drafts(actor).filter(series=series)


def copied_drafts(actor: Actor, copy: ProgrammeCopy) -> QuerySet[Session]:
    """The sessions that a copy of a year's programme made and that are still drafts, soonest first."""
    return _drafts(actor).filter(
        copied_from__in=[key for key, _ in copy.chosen], copied_for_year=copy.from_year + 1
    )


def _drafts(actor: Actor) -> QuerySet[Session]:
    drafts = Session.objects.visible_to(actor).filter(status=Session.Status.DRAFT)
    return drafts.select_related("course", "venue").defer("course__search").order_by("starts_at", "pk")
