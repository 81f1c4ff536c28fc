"""The waiting list: every free place goes to whoever has waited longest, and never to a newcomer."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings.models import Booking
from bookings.services.places import book_place, cancel_booking
from bookings.services.waiting_list import promote_waiting, promote_waiting_everywhere
from courses.models import Session
from notifications.models import Message
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from tests.bookings.moving import begun, move
from tests.factories import actor_for, job, make_organisation, make_person, make_session


@pytest.fixture
def queue(partnership, book):
    """A session with one place: its holder, and two who wait."""
    session = make_session(partnership, capacity=1)
    return session, [book(make_person(partnership), session) for _ in range(3)]


def states(bookings) -> list[str]:
    return [Booking.objects.get(pk=one.pk).state for one in bookings]


def test_a_cancelled_place_goes_to_the_first_who_waits_and_they_are_told_once(queue) -> None:
    _session, bookings = queue
    cancel_booking(actor=actor_for(bookings[0].person), booking=bookings[0])
    assert states(bookings) == ["cancelled", "confirmed", "waiting"]
    message = Message.objects.get(purpose="booking_promoted")
    assert message.person == bookings[1].person
    assert len(message.attachments) == 1
    assert AuditEntry.objects.get(action="bookings.promote_waiting").actor == "job: promote waiting"


def test_leaving_the_queue_frees_no_place(queue) -> None:
    _session, bookings = queue
    cancel_booking(actor=actor_for(bookings[1].person), booking=bookings[1])
    assert states(bookings) == ["confirmed", "cancelled", "waiting"]
    assert not Message.objects.filter(purpose="booking_promoted").exists()


def test_more_places_are_given_out_by_the_job_in_the_order_of_the_queue(partnership, queue, now) -> None:
    session, bookings = queue
    Session.objects.filter(pk=session.pk).update(capacity=2)
    for _ in range(2):
        promote_waiting_everywhere(partnership, now)
    assert states(bookings) == ["confirmed", "confirmed", "waiting"]
    assert Message.objects.filter(purpose="booking_promoted").count() == 1


def test_a_newcomer_does_not_jump_the_queue_before_the_job_has_run(partnership, queue, book) -> None:
    session, bookings = queue
    Session.objects.filter(pk=session.pk).update(capacity=3)
    newcomer = book(make_person(partnership), session)
    assert states([*bookings, newcomer]) == ["confirmed", "confirmed", "confirmed", "waiting"]


def test_with_places_for_all_who_wait_the_newcomer_gets_one_too(partnership, queue, book) -> None:
    session, bookings = queue
    Session.objects.filter(pk=session.pk).update(capacity=4)
    newcomer = book(make_person(partnership), session)
    assert states([*bookings, newcomer]) == ["confirmed"] * 4


@pytest.mark.parametrize("closed", ["deadline", "begun", "cancelled"])
def test_nobody_is_promoted_once_booking_has_closed(partnership, queue, now, closed) -> None:
    session, bookings = queue
    if closed == "deadline":
        move(session, timezone.now() + timedelta(hours=2) - session.starts_at)
        cancel_booking(actor=actor_for(bookings[0].person), booking=bookings[0])
    elif closed == "begun":
        begun(session)
        Session.objects.filter(pk=session.pk).update(capacity=9)
    else:
        Session.objects.filter(pk=session.pk).update(capacity=9, status="cancelled")
    promote_waiting_everywhere(partnership, timezone.now())
    assert promote_waiting(actor=job(partnership), session=session, now=timezone.now()) == []
    assert states(bookings[1:]) == ["waiting", "waiting"]


def test_only_the_team_and_the_jobs_promote(partnership, queue, now) -> None:
    with pytest.raises(PermissionDenied):
        promote_waiting(actor=actor_for(make_person(partnership)), session=queue[0], now=now)


def test_a_late_cancellation_is_marked_by_working_days(partnership, book) -> None:
    # The policy asks for five working days: bank holidays and weekends don't count.
    for days, late in [(4, True), (14, False)]:
        session = make_session(partnership, starts_at=timezone.now() + timedelta(days=days))
        Session.objects.filter(pk=session.pk).update(booking_closes_at=session.starts_at)
        person = make_person(partnership)
        booking = cancel_booking(actor=actor_for(person), booking=book(person, session), reason=" Ill ")
        assert (booking.was_late_cancellation, booking.cancel_reason) == (late, "Ill")
        text = Message.objects.get(purpose="booking_cancelled", person=person).text
        assert ("late cancellation" in text) is late


def test_leaving_the_waiting_list_is_never_late(partnership, book) -> None:
    session = make_session(partnership, starts_at=timezone.now() + timedelta(days=2), capacity=1)
    Session.objects.filter(pk=session.pk).update(booking_closes_at=session.starts_at)
    book(make_person(partnership), session)
    person = make_person(partnership)
    assert not cancel_booking(actor=actor_for(person), booking=book(person, session)).was_late_cancellation


def test_cancelling_twice_is_cancelling_once(partnership, book) -> None:
    person = make_person(partnership)
    booking = book(person, make_session(partnership))
    first = cancel_booking(actor=actor_for(person), booking=booking, reason="Ill")
    again = cancel_booking(actor=actor_for(person), booking=booking, reason="Well")
    assert again.cancel_reason == "Ill"
    assert first.cancelled_at == again.cancelled_at
    assert Message.objects.filter(purpose="booking_cancelled").count() == 1


def test_nobody_cancels_after_the_start(partnership, book) -> None:
    person, session = make_person(partnership), make_session(partnership)
    booking = book(person, session)
    begun(session)
    with pytest.raises(DomainError, match="has begun"):
        cancel_booking(actor=actor_for(person), booking=booking)
    assert states([booking]) == ["confirmed"]


def test_who_may_cancel(partnership, book) -> None:
    organisation, session = make_organisation(partnership), make_session(partnership)
    person = make_person(partnership, organisation=organisation)
    colleague = make_person(partnership, organisation=organisation)
    foreign_lead = make_person(partnership, Role.ORGANISATION_LEAD)
    for stranger in (colleague, foreign_lead):
        with pytest.raises(PermissionDenied):
            cancel_booking(actor=actor_for(stranger), booking=_fresh(person, session, book))
    for role in (Role.ORGANISATION_LEAD, Role.TEAM):
        friend = make_person(partnership, role, organisation=organisation)
        booking = cancel_booking(actor=actor_for(friend), booking=_fresh(person, session, book))
        assert (booking.state, booking.cancelled_by) == ("cancelled", friend)


def _fresh(person, session, book):
    return person.bookings.live().first() or book(person, session)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    moves=st.lists(
        st.tuples(st.sampled_from(["book", "cancel", "room"]), st.integers(0, 4)), min_size=1, max_size=20
    )
)
def test_whatever_people_do_in_whatever_order_the_queue_stays_just(partnership, moves) -> None:
    """Against a model of one line: the first places of it are confirmed, the rest waits in order."""
    people = _crowd(partnership)
    session, capacity, line = make_session(partnership, capacity=2), 2, []
    for move_, number in moves:
        person = people[number]
        if move_ == "book" and person not in line:
            book_place(
                actor=actor_for(person),
                session=session,
                person=person,
                organisation=person.memberships.get().organisation,
            )
            line.append(person)
        elif move_ == "cancel" and person in line:
            cancel_booking(actor=actor_for(person), booking=session.bookings.live().get(person=person))
            line.remove(person)
        elif move_ == "room":
            capacity += 1
            Session.objects.filter(pk=session.pk).update(capacity=capacity)
            promote_waiting_everywhere(partnership, timezone.now())
        live = session.bookings.live().order_by("booked_at", "pk").select_related("person")
        assert [one.person for one in live] == line
        assert [one.state for one in live] == [
            "confirmed" if place < capacity else "waiting" for place in range(len(line))
        ]


_people: dict[int, list] = {}


def _crowd(partnership):
    if partnership.pk not in _people:
        _people[partnership.pk] = [make_person(partnership) for _ in range(5)]
    return _people[partnership.pk]
