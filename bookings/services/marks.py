"""Marks of the register: writing them down, and what those of all dates make of a booking."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bookings import attended
from bookings.models import Attendance, Booking
from bookings.states import BookingState
from courses.models import Session, SessionDate
from partnerships.actors import Actor
from partnerships.permissions import Permission

Mark = Attendance.Mark
# Beside present and absent: there, but not for long enough to count.
IN_PART = "in part"


@dataclass(frozen=True)
class Presence:
    """A mark, and from when until when somebody was there if not throughout.

    A plain "present" says nothing of the times, so that it keeps those that are there (``keeps_times``).
    """

    mark: str
    arrived_late: datetime | None = None
    left_early: datetime | None = None
    keeps_times: bool = True


def write_marks(
    actor: Actor, date: SessionDate, presences: Mapping[int, Presence], *, at: datetime, how: str = ""
) -> dict[int, str]:
    """Write marks down, by booking's key, for services that hold the session's lock; gives those that are new.

    What somebody else marked after ``at`` stays: a mark that was kept on a phone without a line never undoes it. One's
    own marks arrive in the order in which they were made. The same mark again changes nothing.
    """
    held = {one.booking_id: one for one in date.attendances.filter(booking__in=presences)}
    new = {
        key: one
        for key, one in presences.items()
        if not is_overtaken(actor, held.get(key), at) and _is_news(held.get(key), one)
    }
    Attendance.objects.bulk_create(
        [
            Attendance(
                partnership=actor.partnership,
                booking_id=key,
                session_date=date,
                mark=one.mark,
                arrived_late=one.arrived_late,
                left_early=one.left_early,
                marked_how=how or _how(actor),
                marked_by=actor.person,
                marked_at=at,
                before=snapshot(held.get(key)),
            )
            for key, one in new.items()
        ],
        update_conflicts=True,
        unique_fields=["partnership", "booking", "session_date"],
        update_fields=[*_KEPT, "before"],
    )
    return {key: str(one.mark) for key, one in new.items()}


_KEPT = ["mark", "arrived_late", "left_early", "marked_how", "marked_by", "marked_at"]


def snapshot(held: Attendance | None) -> dict[str, Any]:
    """A mark as it can be put back: empty where there is none."""
    if held is None:
        return {}
    return {
        "mark": held.mark,
        "arrived_late": held.arrived_late.isoformat() if held.arrived_late else None,
        "left_early": held.left_early.isoformat() if held.left_early else None,
        "marked_how": held.marked_how,
        "marked_by_id": held.marked_by_id,
        "marked_at": held.marked_at.isoformat(),
    }


def put_back(held: Attendance) -> None:
    """Put back what a mark replaced; the mark is gone where there was none. For services that hold the lock."""
    before = held.before
    if not before:
        held.delete()
        return
    for name, value in before.items():
        is_moment = name in {"arrived_late", "left_early", "marked_at"} and value
        setattr(held, name, datetime.fromisoformat(value) if is_moment else value)
    held.before = None
    held.save(update_fields=[*_KEPT, "before"])


def is_overtaken(actor: Actor, held: Attendance | None, at: datetime) -> bool:
    """Tell whether somebody else has marked the same person since."""
    own = held is not None and held.marked_by_id == (actor.person.pk if actor.person else None)
    return held is not None and not own and held.marked_at > at


def _is_news(held: Attendance | None, one: Presence) -> bool:
    if held is None or held.mark != one.mark:
        return True
    return not one.keeps_times and (held.arrived_late, held.left_early) != (one.arrived_late, one.left_early)


def _how(actor: Actor) -> str:
    return Attendance.How.TEAM if actor.may(Permission.MANAGE_BOOKINGS) else Attendance.How.TRAINER


def settle(actor: Actor, session: Session, bookings: Iterable[Booking]) -> None:
    """Bring bookings to the state that their marks make, for services that hold the session's lock.

    What follows for those who have attended now, such as a certificate, is in the same transaction. All their rows
    are locked before it, so that nobody waits for a booking while everybody waits for the year's counter.
    """
    rules = actor.partnership.policy(session.starts_at).certificate
    needed, enough = rules.attendance_percent.value, rules.minutes_percent.value
    dates = {date.pk: date for date in session.dates.all()}
    bookings = list(bookings)
    marked: dict[int, list[str]] = {booking.pk: [] for booking in bookings}
    held = Attendance.objects.filter(
        partnership=actor.partnership, booking__in=bookings, session_date__in=dates
    )
    for one in held:
        marked[one.booking_id].append(counted(one, dates[one.session_date_id], enough))
    moved = []
    for booking in bookings:
        state = outcome(marked[booking.pk], dates=len(dates), percent=needed)
        if state != booking.state:
            booking.state = state
            moved.append(booking)
    Booking.objects.bulk_update(moved, ["state"])
    if there := [booking for booking in moved if booking.state == BookingState.ATTENDED]:
        attended.follow(actor, session, there)


def counted(one: Attendance, date: SessionDate, percent: int) -> str:
    """What a mark counts for: present, absent, or there for less than the policy's share of the date."""
    if one.mark == Mark.ABSENT:
        return one.mark
    there = (one.left_early or date.ends_at) - (one.arrived_late or date.starts_at)
    enough = there * 100 >= (date.ends_at - date.starts_at) * percent
    return Mark.PRESENT if enough else IN_PART


def outcome(marks: list[str], *, dates: int, percent: int) -> BookingState:
    """What the marks of all dates make of a booking; until each date has one, it stays as it was booked."""
    if len(marks) < dates:
        return BookingState.CONFIRMED
    if marks.count(Mark.PRESENT) * 100 >= percent * dates:
        return BookingState.ATTENDED
    absent = marks.count(Mark.ABSENT) == len(marks)
    return BookingState.DID_NOT_ATTEND if absent else BookingState.PARTLY_ATTENDED
