"""What stands in a calendar feed: somebody's own places, or the sessions that they train; nobody else's data."""

from datetime import datetime, timedelta

from bookings.arrangements import appointments_of, dates_of, description_of, identity, place_in_full
from bookings.models import Booking, CalendarFeed
from courses.models import Session
from notifications.calendars import Appointment, Method, Party, calendar_file
from partnerships.links import absolute
from partnerships.models import Membership, MembershipRole, Person
from partnerships.permissions import Role

# A diary that fetches keeps what it is given: the last quarter is enough to look back on.
_KEPT = timedelta(days=92)


def may_have(person: Person, covers: str) -> bool:
    """Tell whether the person may see this calendar now: they belong to the partnership, and train in it."""
    live = Membership.objects.live().filter(partnership=person.partnership_id, person=person)
    if covers == CalendarFeed.Covers.TRAINING:
        return MembershipRole.objects.filter(
            partnership=person.partnership_id, membership__in=live, role=Role.TRAINER
        ).exists()
    return live.exists()


def appointments_in(feed: CalendarFeed, now: datetime) -> list[Appointment]:
    """The entries of the feed, the earliest first."""
    found = _trained(feed, now) if feed.covers == CalendarFeed.Covers.TRAINING else _booked(feed, now)
    return sorted(found, key=lambda one: (one.starts_at, one.uid))


def feed_file(feed: CalendarFeed, appointments: list[Appointment], *, stamp: datetime) -> bytes:
    """The entries as a file that diaries fetch."""
    partnership = feed.partnership
    return calendar_file(
        appointments,
        method=Method.PUBLISH,
        organiser=Party(partnership.coordinator_name, partnership.coordinator_email),
        stamp=stamp,
        name=f"{partnership.short_name}: {'training' if feed.covers == 'training' else 'my sessions'}",
    )


def _booked(feed: CalendarFeed, now: datetime) -> list[Appointment]:
    bookings = (
        Booking.objects.filter(
            partnership=feed.partnership,
            person=feed.person,
            session__status=Session.Status.PUBLISHED,
            session__ends_at__gt=now - _KEPT,
        )
        .expected()
        .select_related("session__course", "session__venue")
        .prefetch_related("session__dates")
    )
    found: list[Appointment] = []
    for booking in bookings:
        booking.partnership, booking.person = feed.partnership, feed.person
        found += appointments_of(booking)
    return found


def _trained(feed: CalendarFeed, now: datetime) -> list[Appointment]:
    sessions = (
        Session.objects.filter(
            partnership=feed.partnership,
            trainer_links__person=feed.person,
            status=Session.Status.PUBLISHED,
            ends_at__gt=now - _KEPT,
        )
        .select_related("course", "venue")
        .prefetch_related("dates")
    )
    return [
        _training(feed, session, number, date.starts_at, date.ends_at)
        for session in sessions
        for number, date in enumerate(dates_of(session), start=1)
    ]


def _training(
    feed: CalendarFeed, session: Session, number: int, starts_at: datetime, ends_at: datetime
) -> Appointment:
    page = absolute("bookings:training_session", partnership=feed.partnership.slug, pk=session.pk)
    return Appointment(
        uid=identity(f"training-{session.pk}-{number}", feed.partnership),
        sequence=0,
        title=f"Training: {session.course.title}",
        starts_at=starts_at,
        ends_at=ends_at,
        place=place_in_full(session),
        description=description_of(session, f"Who is coming, and the register:\n{page}"),
        url=page,
    )
