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
from bookings.services.locks import locked_session
from bookings.states import BookingState
from courses.models import Session, SessionDate
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.errors import DomainError
from partnerships.jobs import one_by_one
from partnerships.models import Partnership
from partnerships.permissions import Permission, require
from partnerships.tenancy import acting_in

Mark = Attendance.Mark
Marks = Mapping[int, str]
_LOOK_BACK = timedelta(days=92)


def mark_attendance(*, actor: Actor, session_date: SessionDate, marks: Marks) -> int:
    """Mark who was there on one date: booking's key to "present" or "absent"; gives how many marks are new or changed.

    Trainers mark their own sessions, the team any, from when the date begins. Marking again corrects, and whoever is
    not named keeps what they have. A booking counts as attended, partly attended or not attended once every date of
    the session is marked, by the policy's share of the dates. Locks the session.
    """
    require(actor, Permission.MARK_REGISTER)
    with transaction.atomic():
        session = locked_session(actor, session_date.session)
        now = timezone.now()
        session_date = _on_the_day(session, session_date)
        _check(actor, session, session_date, now)
        bookings = _bookings(actor, session, marks)
        changed = _write(actor, session_date, bookings, marks, now)
        if changed:
            _settle(actor, session, [booking for booking in bookings if booking.pk in changed])
            audit.record(actor, "bookings.mark_attendance", session_date, after={"marks": changed})
    return len(changed)


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
    _settle(actor, session, bookings)
    after = {"states": {str(booking.pk): booking.state for booking in bookings}}
    audit.record(actor, "bookings.settle_register", session, after=after)


def may_mark(actor: Actor, session: Session) -> bool:
    """Tell whether the register of this session is the actor's to mark."""
    if not actor.may(Permission.MARK_REGISTER):
        return False
    return actor.may(Permission.MANAGE_BOOKINGS) or (
        session.trainer_links.filter(partnership=actor.partnership, person=actor.person).exists()
    )


def _on_the_day(session: Session, date: SessionDate) -> SessionDate:
    """The date as it is now that nobody can change it."""
    for one in session.dates.all():
        if one.pk == date.pk:
            return one
    raise DomainError("This date was dropped from the session. Open its registers again.")


def _check(actor: Actor, session: Session, date: SessionDate, now: datetime) -> None:
    if not may_mark(actor, session):
        raise PermissionDenied("You can mark the registers of the sessions that you train.")
    if session.status != Session.Status.PUBLISHED:
        raise DomainError("This session is not taking place, so there is no register to mark.")
    if date.starts_at > now:
        raise DomainError("The register opens when the session begins.")


def _bookings(actor: Actor, session: Session, marks: Marks) -> list[Booking]:
    if not set(marks.values()) <= set(Mark.values):
        raise DomainError("Mark each person as present or absent.")
    found = list(
        Booking.objects.filter(partnership=actor.partnership, session=session, pk__in=marks).holding_a_place()
    )
    if len(found) != len(marks):
        raise DomainError("Somebody on this register no longer has a place. Open the register again.")
    return found


def _write(
    actor: Actor, date: SessionDate, bookings: list[Booking], marks: Marks, now: datetime
) -> dict[int, str]:
    held = dict(date.attendances.filter(booking__in=bookings).values_list("booking_id", "mark"))
    changed = {
        booking.pk: str(marks[booking.pk])
        for booking in bookings
        if held.get(booking.pk) != marks[booking.pk]
    }
    Attendance.objects.bulk_create(
        [
            Attendance(
                partnership=actor.partnership,
                booking_id=key,
                session_date=date,
                mark=mark,
                marked_by=actor.person,
                marked_at=now,
            )
            for key, mark in changed.items()
        ],
        update_conflicts=True,
        unique_fields=["partnership", "booking", "session_date"],
        update_fields=["mark", "marked_by", "marked_at"],
    )
    return changed


def _settle(actor: Actor, session: Session, bookings: list[Booking]) -> None:
    needed = actor.partnership.policy(session.starts_at).certificate.attendance_percent.value
    dates = len(session.dates.all())
    marked: dict[int, list[str]] = {}
    for key, mark in Attendance.objects.filter(
        partnership=actor.partnership, booking__in=bookings, session_date__session=session
    ).values_list("booking_id", "mark"):
        marked.setdefault(key, []).append(mark)
    moved = []
    for booking in bookings:
        state = outcome(marked[booking.pk], dates=dates, percent=needed)
        if state != booking.state:
            booking.state = state
            moved.append(booking)
    Booking.objects.bulk_update(moved, ["state"])


def outcome(marks: list[str], *, dates: int, percent: int) -> BookingState:
    """What the marks of all dates make of a booking; until each date has one, it stays as it was booked."""
    if len(marks) < dates:
        return BookingState.CONFIRMED
    present = marks.count(Mark.PRESENT)
    if present * 100 >= percent * dates:
        return BookingState.ATTENDED
    return BookingState.PARTLY_ATTENDED if present else BookingState.DID_NOT_ATTEND
