"""Checking in by the code on the wall: people with a booking mark themselves present."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from bookings.models import Attendance, Booking
from bookings.services.locks import locked_session
from bookings.services.marks import Mark, Presence, settle, write_marks
from bookings.services.register import check_register, on_the_day
from courses.models import Session, SessionDate
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Partnership, Person


def check_in(*, actor: Actor, session_date: SessionDate) -> bool:
    """Mark the actor present on a date, from half an hour before it begins until it ends; gives whether they are.

    The view has seen the code on the wall. Only those on the register, and never over a mark that somebody else made:
    who is marked absent speaks to the trainer. Arriving late is not told by this, since people scan when they can.
    Locks the session. Done twice is done once.
    """
    if actor.person is None:
        raise PermissionDenied("Only somebody who is known here can check in.")
    with transaction.atomic():
        session = locked_session(actor, session_date.session)
        now = timezone.now()
        date = on_the_day(session, session_date)
        check_hours(session, date, now)
        booking = booking_of(actor.partnership, session, actor.person)
        if booking is None:
            raise DomainError("You have no booking for this session. Tell the trainer, who can add you.")
        held = date.attendances.filter(booking=booking).first()
        if held is not None:
            return held.mark == Mark.PRESENT
        there = {booking.pk: Presence(Mark.PRESENT)}
        write_marks(actor, date, there, at=now, how=Attendance.How.SELF)
        settle(actor, session, [booking])
        audit.record(actor, "bookings.check_in", date, after={"booking": booking.pk})
    return True


def check_hours(session: Session, date: SessionDate, now: datetime) -> None:
    """Refuse in words when nobody can check in at this moment."""
    check_register(session, date, now)
    if date.ends_at <= now:
        raise DomainError("This session is over. The trainer can still mark you on the register.")


def booking_of(partnership: Partnership, session: Session, person: Person | None) -> Booking | None:
    """The person's place on the register of a session."""
    bookings = Booking.objects.filter(partnership=partnership, session=session, person=person)
    return bookings.expected().first()
