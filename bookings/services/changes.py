"""What becomes of bookings when the programme changes: jobs that look at the sessions, since courses don't know us."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import BooleanField, Case, Exists, OuterRef, When

from bookings.arrangements import arrangements_of, told_of
from bookings.messages import (
    tell_session_cancelled,
    tell_session_changed,
    tell_session_changed_without_place,
)
from bookings.models import Booking
from bookings.news import answer_by, can_wait
from bookings.notice import changes_in_words, has_changed, has_moved
from bookings.queries import sessions_instead
from bookings.querysets import BookingQuerySet
from bookings.services.approvals import tell_deciders_of_change
from bookings.services.ending import end_booking
from bookings.services.locks import locked_session
from bookings.services.moving import may_take_another
from bookings.states import EXPECTED, UPCOMING, BookingState
from courses.models import Session
from partnership_portal.working_days import uk_date
from partnerships import audit
from partnerships.actors import system
from partnerships.jobs import one_by_one
from partnerships.models import Partnership
from partnerships.tenancy import acting_in

_NAMED_INSTEAD = 5
# A session whose last dates were dropped is over at once, and yet people must hear of it.
_LOOK_BACK = timedelta(days=92)


def tell_of_cancelled_sessions(partnership: Partnership, now: datetime) -> None:
    """Job: cancel the bookings of cancelled sessions and tell everybody who had one, once.

    Nobody is written to about a session whose time has passed. Nobody's cancellation counts as late.
    """
    with acting_in(partnership):
        bookings = list(_of_cancelled_sessions(partnership).values_list("pk", flat=True))
    one_by_one(partnership, (partial(_cancel_with_session, partnership, pk, now) for pk in bookings))


def _of_cancelled_sessions(partnership: Partnership) -> BookingQuerySet:
    return Booking.objects.filter(
        partnership=partnership, state__in=UPCOMING, session__status=Session.Status.CANCELLED
    ).order_by("pk")


def _cancel_with_session(partnership: Partnership, booking_id: int, now: datetime) -> None:
    actor = system(partnership, "tell of cancelled sessions")
    session = Session.objects.get(partnership=partnership, bookings=booking_id)
    session = locked_session(actor, session)
    found = (
        _of_cancelled_sessions(partnership)
        .select_related("person", "booked_by")
        .filter(pk=booking_id)
        .first()
    )
    if found is None:
        return
    found.partnership, found.session = partnership, session
    before = found.state
    end_booking(found, BookingState.CANCELLED, by=None, reason="The session was cancelled.", now=now)
    audit.record(
        actor, "bookings.cancel_with_session", found, before={"state": before}, after={"state": found.state}
    )
    if session.ends_at > now:
        instead = sessions_instead(found, now)[:_NAMED_INSTEAD]
        tell_session_cancelled(
            found, before=before, now=now, instead=instead, can_take=may_take_another(found)
        )


def tell_of_changed_sessions(partnership: Partnership, now: datetime) -> None:
    """Job: tell everybody about dates, places and ways to join that are not what they were last told.

    Once for each change. Those without a place, who wait, asked or have an offer, hear of dates and places alone.
    In quiet hours it writes nothing, unless a date is near: of what is put right by the morning nobody hears.

    A booking that came in by another door, such as an import, learns its arrangements without a message.
    """
    with acting_in(partnership):
        bookings, untold = _with_other_arrangements(partnership, now)
    one_by_one(partnership, (partial(_learn, partnership, pk) for pk in untold))
    one_by_one(partnership, (partial(_tell_of_change, partnership, pk, now) for pk in bookings))


def _with_other_arrangements(partnership: Partnership, now: datetime) -> tuple[list[int], list[int]]:
    """The bookings to tell, and the sessions with bookings of which it was not noted what they were told."""
    recent = Session.objects.filter(
        Exists(Booking.objects.filter(session=OuterRef("pk")).live()),
        partnership=partnership,
        status=Session.Status.PUBLISHED,
        ends_at__gt=now - _LOOK_BACK,
    )
    sessions = {session.pk: session for session in recent.select_related("venue").prefetch_related("dates")}
    live = _live(partnership).filter(session__in=sessions)
    stale: list[int] = []
    untold: set[int] = set()
    for session_id, told, has_place in live.values_list("session_id", "told", "has_place").distinct():
        session = sessions[session_id]
        if session.ends_at <= now and not _expected(told, now):
            continue
        arrangements = told_of(arrangements_of(session), has_place=has_place)
        if has_changed(told, arrangements):
            alike = live.filter(session=session_id, told=told, has_place=has_place)
            if can_wait(partnership, now, told, arrangements):
                # Of the others some may have to answer before the morning.
                alike = alike.filter(state__in=(BookingState.REQUESTED, BookingState.OFFERED))
            stale += alike.values_list("pk", flat=True)
        elif told != arrangements:
            untold.add(session_id)
    return sorted(stale), sorted(untold)


def _live(partnership: Partnership) -> BookingQuerySet:
    """All live bookings, each with whether it ``has_place``, so that its holder knows how to join."""
    has_place = Case(When(state__in=EXPECTED, then=True), default=False, output_field=BooleanField())
    return Booking.objects.filter(partnership=partnership).live().order_by().annotate(has_place=has_place)


def _expected(told: dict[str, Any], now: datetime) -> bool:
    """Tell whether somebody was told of a date to come, which may have fallen away since."""
    return any(datetime.fromisoformat(end) > now for _, end in told.get("dates", []))


def _learn(partnership: Partnership, session_id: int) -> None:
    actor = system(partnership, "tell of changed sessions")
    session = locked_session(actor, Session.objects.get(partnership=partnership, pk=session_id))
    for has_place in (True, False):
        arrangements = told_of(arrangements_of(session), has_place=has_place)
        alike = _live(partnership).filter(session=session, has_place=has_place)
        for told in alike.exclude(told=arrangements).values_list("told", flat=True).distinct():
            if not has_changed(told, arrangements):
                alike.filter(told=told).update(told=arrangements)


def _tell_of_change(partnership: Partnership, booking_id: int, now: datetime) -> None:
    actor = system(partnership, "tell of changed sessions")
    session = locked_session(actor, Session.objects.get(partnership=partnership, bookings=booking_id))
    booking = (
        Booking.objects.select_related("person", "booked_by")
        .filter(partnership=partnership, session=session, pk=booking_id)
        .first()
    )
    # Another session's by now, it was told so with the move.
    if booking is None:
        return
    booking.partnership, booking.session = partnership, session
    has_place = booking.state in EXPECTED
    arrangements = told_of(arrangements_of(session), has_place=has_place)
    if booking.is_ended or not has_changed(booking.told, arrangements):
        return
    if can_wait(partnership, now, booking.told, arrangements, answer_by=answer_by(booking, now)):
        return
    booking.calendar_sequence += 1
    moved = has_moved(booking.told, arrangements)
    if moved and has_place:
        booking.change_told_at = now
    if _first_day(booking.told) != _first_day(arrangements):
        # Whoever said that they come, said so of another day.
        booking.coming_asked_at = booking.coming_confirmed_at = None
    # Reads what was told before, for the dates that fell away.
    what = changes_in_words(booking.told, arrangements)
    if has_place:
        tell_session_changed(booking, what=what, moved=moved, now=now)
    else:
        tell_session_changed_without_place(booking)
        tell_deciders_of_change(actor, booking, now)
    audit.record(
        actor,
        "bookings.tell_of_change",
        booking,
        before={"dates": booking.told["dates"], "place": booking.told["place"]},
        # What has changed in words: the ways to join are nobody's but the booked.
        after={"dates": arrangements["dates"], "place": arrangements["place"], "changed": what},
    )
    booking.told = arrangements
    booking.save(
        update_fields=[
            "calendar_sequence",
            "told",
            "change_told_at",
            "coming_asked_at",
            "coming_confirmed_at",
        ]
    )


def _first_day(arrangements: dict[str, Any]) -> date:
    return uk_date(datetime.fromisoformat(arrangements["dates"][0][0]))
