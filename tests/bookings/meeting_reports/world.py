"""An online session that is over, with people on its register, and a report about it."""

from datetime import datetime, timedelta

from django.utils import timezone

from bookings.models import Booking
from courses.models import Session, SessionDate
from partnership_portal.working_days import UK
from partnerships.models import Partnership, Person, PolicyVersion
from tests.factories import make_person, make_session


def held_online(partnership: Partnership, *, days: int = 1, **fields) -> Session:
    """An online session whose last date ended at noon some days ago; each date lasts three hours."""
    starts = timezone.now().astimezone(UK).replace(hour=9, minute=30, second=0, microsecond=0)
    starts -= timedelta(days=3 + 7 * (days - 1))
    return make_session(
        partnership, starts_at=starts, days=days, venue=None, joining_link="https://meet.example/x", **fields
    )


def placed(session: Session, name: str, email: str | None = None) -> Booking:
    """Somebody with a place, whenever the session was."""
    partnership = session.partnership
    person = make_person(partnership, name=name)
    if email is not None:
        Person.objects.filter(pk=person.pk).update(email=email)
        person.refresh_from_db()
    return Booking.objects.create(
        partnership=partnership,
        session=session,
        person=person,
        organisation=person.memberships.get().organisation,
        state="confirmed",
        booked_at=session.starts_at - timedelta(days=9),
        policy_version=PolicyVersion.objects.filter(partnership=partnership).first(),
    )


def report_of(date: SessionDate, *entries: tuple[str, str, int, int]) -> bytes:
    """A Teams report: name, email, and from which to which minute of the date, for each connection."""
    lines = [
        "2. Participants",
        "",
        "3. In-Meeting Activities",
        "Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole",
    ]
    for name, email, joined, left in entries:
        lines.append(
            f"{name}\t{_clock(date, joined)}\t{_clock(date, left)}\t{left - joined}m\t{email}\tPresenter"
        )
    return "\r\n".join(lines).encode("utf-16")


def _clock(date: SessionDate, minute: int) -> str:
    moment: datetime = (date.starts_at + timedelta(minutes=minute)).astimezone(UK)
    return f"{moment:%d/%m/%Y, %H:%M:%S}"
