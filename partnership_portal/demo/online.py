"""An online session whose register is open, and the report of its meeting to try the reconciliation desk with."""

import datetime as dt

from bookings.models import Booking
from bookings.states import BookingState
from courses.models import Course, Session, SessionDate, SessionTrainer
from courses.plans import booking_deadline
from partnership_portal.demo.cast import PARTS
from partnership_portal.working_days import UK, add_working_days, uk_date, uk_moment
from partnerships.models import Membership, Partnership, Person
from partnerships.permissions import Role
from partnerships.services.policies import version_in_force
from partnerships.tenancy import acting_in

_LINK = "https://meet.example/to-be-reconciled"
_PEOPLE = 12


def hold_online_session(partnership: Partnership, now: dt.datetime) -> None:
    """Write down an online session of two working days ago with twelve people, once."""
    with acting_in(partnership):
        if online_date(partnership) is not None:
            return
        starts_at = uk_moment(add_working_days(uk_date(now), -2), dt.time(13, 30))
        courses = Course.objects.filter(partnership=partnership, status="published")
        session = Session.objects.create(
            partnership=partnership,
            course=courses.exclude(method="e_learning").order_by("days", "pk")[0],
            status=Session.Status.PUBLISHED,
            joining_link=_LINK,
            capacity=20,
            minimum=6,
            starts_at=starts_at,
            ends_at=starts_at + dt.timedelta(hours=2),
            booking_closes_at=booking_deadline(starts_at, partnership.policy()),
        )
        SessionDate.objects.create(
            partnership=partnership, session=session, starts_at=starts_at, ends_at=session.ends_at
        )
        # The trainer who can be tried has another register to mark.
        pool = Person.objects.filter(partnership=partnership, memberships__granted_roles__role=Role.TRAINER)
        trainer = pool.exclude(email_key=f"trainer@{partnership.slug}.example").order_by("pk").first()
        if trainer is not None:
            SessionTrainer.objects.create(partnership=partnership, session=session, person=trainer)
        _book(partnership, session, now)


def online_date(partnership: Partnership) -> SessionDate | None:
    """The date that the report is about."""
    dates = SessionDate.objects.filter(partnership=partnership, session__joining_link=_LINK)
    return dates.select_related("session__course").first()


def sample_report(date: SessionDate) -> bytes:
    """The meeting's report as Microsoft Teams would give it.

    Somebody left and came back, one came late, names are written differently, a guest has no address, one came without
    a booking, one stayed away.
    """
    bookings = date.session.bookings.filter(partnership=date.partnership_id).select_related("person")
    people = [booking.person for booking in bookings.order_by("pk")[:_PEOPLE]]
    lines = [
        "1. Summary",
        f"Meeting title\t{date.session.course.title}",
        f"Start time\t{_clock(date, -15)}",
        f"End time\t{_clock(date, 124)}",
        "",
        "3. In-Meeting Activities",
        "Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole",
    ]
    for number, person in enumerate(people[:-1]):
        name, email = _as_shown(number, person)
        spells = {2: [(-3, 41), (46, 121)], 4: [(55, 120)]}.get(number, [(-8 + number, 121)])
        lines += [_line(date, name, email, joined, left) for joined, left in spells]
    links = date.session.trainer_links.filter(partnership=date.partnership_id).select_related("person")
    lines += [_line(date, link.person.name, link.person.email, -15, 124) for link in links]
    lines.append(_line(date, "Harriet Quill (External)", "harriet.quill@nursery.example", 1, 120))
    return ("\r\n".join(lines) + "\r\n").encode("utf-16")


def _as_shown(number: int, person: Person) -> tuple[str, str]:
    first, _, surname = person.name.partition(" ")
    return {
        1: (f"{surname.upper()}, {first} (Guest)", ""),
        5: (f"{first[0]}. {surname}", ""),
        6: (f"{surname} {first}", "at.home@mail.example"),
    }.get(number, (person.name, person.email))


def _line(date: SessionDate, name: str, email: str, joined: int, left: int) -> str:
    length = left - joined
    duration = f"{length // 60}h {length % 60}m" if length >= 60 else f"{length}m"
    return f"{name}\t{_clock(date, joined)}\t{_clock(date, left)}\t{duration}\t{email}\tPresenter"


def _clock(date: SessionDate, minute: int) -> str:
    return f"{(date.starts_at + dt.timedelta(minutes=minute)).astimezone(UK):%d/%m/%Y, %H:%M:%S}"


def _book(partnership: Partnership, session: Session, now: dt.datetime) -> None:
    version = version_in_force(partnership, now)
    parts = [part.email(partnership.slug) for part in PARTS]
    memberships = (
        Membership.objects.live()
        .filter(partnership=partnership, person__name__contains=" ")
        .exclude(person__email_key__in=parts)
        .select_related("person", "organisation")
        .order_by("-pk")
    )
    chosen = {one.person_id: one for one in memberships[: 3 * _PEOPLE]}
    Booking.objects.bulk_create(
        Booking(
            partnership=partnership,
            session=session,
            person=one.person,
            organisation=one.organisation,
            job_role=one.job_role,
            state=BookingState.CONFIRMED,
            booked_by=one.person,
            booked_at=session.starts_at - dt.timedelta(days=20),
            policy_version=version,
        )
        for one in list(chosen.values())[:_PEOPLE]
    )
