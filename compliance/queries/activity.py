"""What was offered, booked and attended in a period: counted in SQL, added up once, so that all tables agree."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q

from bookings.models import Booking
from bookings.states import BookingState
from courses.models import Session
from partnership_portal.working_days import uk_moment
from partnerships.models import Organisation, Partnership


@dataclass
class Tally:
    """Counts of one course, sector or organisation, or of everything."""

    name: str = ""
    sector: str = ""
    courses: int = 0
    sessions: int = 0
    sessions_cancelled: int = 0
    places: int = 0
    applications: int = 0
    attended: int = 0
    partly: int = 0
    did_not_attend: int = 0
    unmarked: int = 0
    waiting: int = 0
    cancelled: int = 0
    cancelled_late: int = 0

    @property
    def taken(self) -> int:
        """Places that somebody held to the end."""
        return self.marked + self.unmarked

    @property
    def marked(self) -> int:
        """Places for which the register says whether somebody came."""
        return self.attended + self.partly + self.did_not_attend

    def add(self, other: "Tally") -> None:
        """Add the counts of another."""
        for one in fields(self):
            if one.type is int:
                setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


@dataclass
class Activity:
    """A period in counts: the whole, and by course, sector and organisation."""

    total: Tally = field(default_factory=Tally)
    courses: list[Tally] = field(default_factory=list)
    sectors: list[Tally] = field(default_factory=list)
    organisations: list[Tally] = field(default_factory=list)


_COUNTED_AS = {
    BookingState.ATTENDED: "attended",
    BookingState.PARTLY_ATTENDED: "partly",
    BookingState.DID_NOT_ATTEND: "did_not_attend",
    BookingState.CONFIRMED: "unmarked",
    BookingState.OFFERED: "unmarked",
    # Applied, and got no place.
    BookingState.REQUESTED: "waiting",
    BookingState.WAITING: "waiting",
    BookingState.LAPSED: "waiting",
    BookingState.DECLINED: "cancelled",
    BookingState.WITHDRAWN: "cancelled",
    BookingState.CANCELLED: "cancelled",
}


def midnight(day: date) -> datetime:
    """The moment at which a day begins in the UK."""
    return uk_moment(day, time.min)


def activity_of(
    partnership: Partnership, start: date, end: date, *, as_of: datetime | None = None
) -> Activity:
    """Count the sessions that ended in the period, first and last day included, with their bookings (three queries).

    Sessions that end after ``as_of`` are left out: a report on a running period tells what was held so far. A session
    that was cancelled counts as cancelled only; its bookings and places are left out.
    """
    activity = Activity()
    courses: dict[int, Tally] = {}
    course_of: dict[int, Tally] = {}
    for pk, course_id, title, status, capacity in _sessions(partnership, start, end, as_of):
        course = courses.setdefault(course_id, Tally(name=title))
        if status == Session.Status.CANCELLED:
            course.sessions_cancelled += 1
        else:
            course.add(Tally(sessions=1, places=capacity))
            course_of[pk] = course
    organisations: dict[int, Tally] = {}
    places = _organisations(partnership)
    for session_id, organisation_id, state, number, late in _bookings(partnership, list(course_of)):
        counted = Tally(applications=number, cancelled_late=late)
        setattr(counted, _COUNTED_AS[BookingState(state)], number)
        course_of[session_id].add(counted)
        if organisation_id not in organisations:
            name, sector = places[organisation_id]
            organisations[organisation_id] = Tally(name=name, sector=sector)
        organisations[organisation_id].add(counted)
    for course in courses.values():
        course.courses = 1 if course.sessions else 0
        activity.total.add(course)
    activity.courses = sorted(courses.values(), key=lambda one: one.name)
    activity.organisations = sorted(organisations.values(), key=lambda one: (-one.applications, one.name))
    activity.sectors = _by_sector(activity.organisations)
    return activity


def _sessions(partnership: Partnership, start: date, end: date, as_of: datetime | None) -> Iterable[tuple]:
    after = midnight(end + timedelta(days=1))
    return (
        Session.objects.filter(
            partnership=partnership,
            ends_at__gte=midnight(start),
            ends_at__lt=min(after, as_of) if as_of else after,
        )
        .exclude(status=Session.Status.DRAFT)
        .order_by("course__title", "pk")
        .values_list("pk", "course_id", "course__title", "status", "capacity")
    )


def _bookings(partnership: Partnership, sessions: list[int]) -> Iterable[tuple]:
    return (
        Booking.objects.filter(partnership=partnership, session__in=sessions)
        .order_by()
        .values_list("session_id", "organisation_id", "state")
        .annotate(number=Count("pk"), late=Count("pk", filter=Q(was_late_cancellation=True)))
    )


def _organisations(partnership: Partnership) -> dict[int, tuple[str, str]]:
    rows = Organisation.objects.filter(partnership=partnership).order_by()
    return {pk: (name, sector) for pk, name, sector in rows.values_list("pk", "name", "sector__name")}


def _by_sector(organisations: list[Tally]) -> list[Tally]:
    sectors: dict[str, Tally] = defaultdict(Tally)
    for organisation in organisations:
        sectors[organisation.sector].name = organisation.sector
        sectors[organisation.sector].add(organisation)
    return sorted(sectors.values(), key=lambda one: (-one.applications, one.name))
