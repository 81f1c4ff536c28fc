"""The register: who was there on which date, and what that makes of each booking."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from bookings.models import Attendance, Booking
from bookings.querysets import BookingQuerySet
from bookings.register_hours import opens_at
from bookings.services.locks import locked_session
from bookings.services.marks import Mark, Presence, is_overtaken, put_back, settle, write_marks
from bookings.states import BookingState
from courses.models import Session, SessionDate
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.errors import DomainError
from partnerships.jobs import one_by_one
from partnerships.models import Partnership
from partnerships.permissions import Permission, require
from partnerships.tenancy import acting_in

Marks = Mapping[int, str]
Times = Mapping[int, tuple[datetime | None, datetime | None]]
_LOOK_BACK = timedelta(days=92)


def mark_attendance(
    *,
    actor: Actor,
    session_date: SessionDate,
    marks: Marks,
    times: Times | None = None,
    at: datetime | None = None,
    how: str = "",
) -> int:
    """Mark who was there on one date: booking's key to "present" or "absent"; gives how many marks are new or changed.

    Trainers mark their own sessions, the team any, from half an hour before the date begins. Marking again corrects,
    and whoever is not named keeps what they have. A booking counts as attended, partly attended or not attended once
    every date of the session is marked, by the policy's share of the dates. ``at`` is when somebody made the mark,
    where a bad line delivers it late: what was marked since stays. ``times`` gives, by booking's key, when somebody
    arrived late and left early; whoever is in it without times was there throughout. Locks the session.
    """
    times = times or {}
    with transaction.atomic():
        session, session_date, now = _opened(actor, session_date)
        bookings = _bookings(actor, session, marks)
        presences = {
            key: Presence(mark, *times.get(key, (None, None)), keeps_times=key not in times)
            for key, mark in marks.items()
        }
        made_at = _made_at(session_date, at, now)
        changed = write_marks(actor, session_date, presences, at=made_at, how=how)
        if changed:
            settle(actor, session, [booking for booking in bookings if booking.pk in changed])
            given = {key: [one and one.isoformat() for one in times[key]] for key in changed if key in times}
            after = {"marks": changed, "times": given} if given else {"marks": changed}
            audit.record(actor, "bookings.mark_attendance", session_date, after=after)
    return len(changed)


def mark_rest_absent(*, actor: Actor, session_date: SessionDate) -> int:
    """Mark everybody absent on a date who has no mark yet; gives how many. Locks the session."""
    with transaction.atomic():
        session, session_date, now = _opened(actor, session_date)
        marked = session_date.attendances.values("booking")
        rest = list(session.bookings.filter(partnership=actor.partnership).expected().exclude(pk__in=marked))
        absent = {booking.pk: Presence(Mark.ABSENT) for booking in rest}
        changed = write_marks(actor, session_date, absent, at=now)
        if changed:
            settle(actor, session, rest)
            audit.record(actor, "bookings.mark_rest_absent", session_date, after={"marks": changed})
    return len(changed)


def set_times(
    *,
    actor: Actor,
    session_date: SessionDate,
    booking: Booking,
    arrived_late: datetime | None,
    left_early: datetime | None,
) -> None:
    """Mark somebody present on a date from when until when they were there; without times, throughout.

    Locks the session. A date that somebody was not there for long enough (``minutes_percent``) doesn't count.
    """
    with transaction.atomic():
        session, date, now = _opened(actor, session_date)
        [booking] = _bookings(actor, session, {booking.pk: Mark.PRESENT})
        begin, end = arrived_late or date.starts_at, left_early or date.ends_at
        if not date.starts_at <= begin < end <= date.ends_at:
            raise DomainError("Give times between the start and the end of the date, the arrival first.")
        there = Presence(Mark.PRESENT, arrived_late, left_early, keeps_times=False)
        if not write_marks(actor, date, {booking.pk: there}, at=now):
            return
        settle(actor, session, [booking])
        times = {
            "booking": booking.pk,
            "arrived_late": arrived_late.isoformat() if arrived_late else None,
            "left_early": left_early.isoformat() if left_early else None,
        }
        audit.record(actor, "bookings.set_times", date, after=times)


def undo_mark(
    *, actor: Actor, session_date: SessionDate, booking: Booking, at: datetime | None = None
) -> bool:
    """Take back the last change of somebody's mark; gives whether there was one. Once: there is one step back.

    Where nobody was marked before, the mark is gone and the booking is as it was booked. Surveys that were sent stay,
    and a certificate that was issued is shown to the team as doubtful. Locks the session. What somebody else marked
    after ``at`` stays.
    """
    with transaction.atomic():
        session, date, now = _opened(actor, session_date)
        [booking] = _bookings(actor, session, {booking.pk: Mark.PRESENT})
        held = date.attendances.filter(booking=booking).first()
        if held is None or held.before is None or is_overtaken(actor, held, _made_at(date, at, now)):
            return False
        undone, put = held.mark, held.before.get("mark", "")
        put_back(held)
        settle(actor, session, [booking])
        change = {"before": {str(booking.pk): undone}, "after": {str(booking.pk): put}}
        audit.record(actor, "bookings.undo_mark", date, **change)
    return True


def settle_registers(partnership: Partnership, now: datetime) -> None:
    """Job: settle bookings whose every date is marked though none was marked last, as when a date was dropped."""
    with acting_in(partnership):
        found = _unsettled(partnership, now).values_list("session", flat=True).distinct()
        sessions = list(Session.objects.filter(partnership=partnership, pk__in=found))
    one_by_one(partnership, (partial(_settle_again, partnership, session, now) for session in sessions))


def _unsettled(partnership: Partnership, now: datetime) -> BookingQuerySet:
    mark = Attendance.objects.filter(booking=OuterRef(OuterRef("pk")), session_date=OuterRef("pk"))
    open_date = SessionDate.objects.filter(~Exists(mark), session=OuterRef("session"))
    return Booking.objects.filter(
        Exists(Attendance.objects.filter(booking=OuterRef("pk"))),
        ~Exists(open_date),
        partnership=partnership,
        state=BookingState.CONFIRMED,
        session__status=Session.Status.PUBLISHED,
        session__starts_at__lte=now,
        session__ends_at__gt=now - _LOOK_BACK,
    ).order_by()


def _settle_again(partnership: Partnership, session: Session, now: datetime) -> None:
    actor = system(partnership, "settle registers")
    session = locked_session(actor, session)
    bookings = list(_unsettled(partnership, now).filter(session=session))
    settle(actor, session, bookings)
    after = {"states": {str(booking.pk): booking.state for booking in bookings}}
    audit.record(actor, "bookings.settle_register", session, after=after)


def may_mark(actor: Actor, session: Session) -> bool:
    """Tell whether the register of this session is the actor's to mark."""
    if not actor.may(Permission.MARK_REGISTER):
        return False
    return actor.may(Permission.MANAGE_BOOKINGS) or (
        session.trainer_links.filter(partnership=actor.partnership, person=actor.person).exists()
    )


def check_register(session: Session, date: SessionDate, now: datetime) -> None:
    """Refuse in words when nobody can be marked on this date at this moment."""
    if session.status != Session.Status.PUBLISHED:
        raise DomainError("This session is not taking place, so there is no register to mark.")
    if opens_at(date) > now:
        raise DomainError("The register opens half an hour before the session begins.")


def on_the_day(session: Session, date: SessionDate) -> SessionDate:
    """The date as it is now that nobody can change it."""
    for one in session.dates.all():
        if one.pk == date.pk:
            return one
    raise DomainError("This date was dropped from the session. Open its registers again.")


def _opened(actor: Actor, date: SessionDate) -> tuple[Session, SessionDate, datetime]:
    """The session under its lock and the date as it is, once it is sure that the actor may mark it now."""
    require(actor, Permission.MARK_REGISTER)
    session = locked_session(actor, date.session)
    now = timezone.now()
    date = on_the_day(session, date)
    if not may_mark(actor, session):
        raise PermissionDenied("You can mark the registers of the sessions that you train.")
    check_register(session, date, now)
    return session, date, now


def _made_at(date: SessionDate, at: datetime | None, now: datetime) -> datetime:
    """When a mark was made: never in the future, and never before the register was open."""
    return now if at is None else max(min(at, now), opens_at(date))


def _bookings(actor: Actor, session: Session, marks: Marks) -> list[Booking]:
    if not set(marks.values()) <= set(Mark.values):
        raise DomainError("Mark each person as present or absent.")
    found = list(
        Booking.objects.filter(partnership=actor.partnership, session=session, pk__in=marks).expected()
    )
    if len(found) != len(marks):
        raise DomainError("Somebody on this register no longer has a place. Open the register again.")
    return found
