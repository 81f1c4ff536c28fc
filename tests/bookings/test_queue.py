"""The queue: every free place is offered to whoever is next in line, and never goes to a newcomer."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from bookings.links import COMING, OFFER, booking_link
from bookings.models import Booking
from bookings.services.approvals import approve
from bookings.services.offers import accept_offer, let_offer_go
from bookings.services.places import book_place, give_up
from bookings.services.queue import lapse_overdue, offer_places, position_in_queue
from courses.models import Session
from notifications.models import Message
from partnership_portal.templatetags.portal import uk_datetime
from partnership_portal.working_days import add_working_hours
from partnerships.actors import holder
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from tests.bookings.moving import begun, move
from tests.bookings.pressing import press
from tests.factories import actor_for, make_course, make_organisation, make_person, make_session


@pytest.fixture
def queue(partnership, book):
    """A session with one place: its holder, and two who wait."""
    session = make_session(partnership, capacity=1)
    return session, [book(make_person(partnership), session) for _ in range(3)]


def states(bookings) -> list[str]:
    return [Booking.objects.get(pk=one.pk).state for one in bookings]


def back(booking) -> Booking:
    return give_up(actor=actor_for(booking.person), booking=booking)


def offered_long_ago(booking) -> None:
    Booking.objects.filter(pk=booking.pk).update(offer_expires_at=timezone.now() - timedelta(minutes=1))


def test_complaint_a_place_frees_up_and_nobody_is_promoted(queue) -> None:
    _session, bookings = queue
    back(bookings[0])
    assert states(bookings) == ["cancelled", "offered", "waiting"]
    assert AuditEntry.objects.get(action="bookings.offer_place").actor == "job: offer places"


def test_complaint_promoted_but_never_told(queue) -> None:
    _session, bookings = queue
    back(bookings[0])
    message = Message.objects.get(purpose="booking_offered")
    assert message.person == bookings[1].person
    assert "/s/offer-" in message.text
    bookings[1].refresh_from_db()
    accept_offer(actor=actor_for(bookings[1].person), booking=bookings[1])
    told = Message.objects.get(purpose="booking_confirmed", person=bookings[1].person)
    assert len(told.attachments) == 1


def test_complaint_a_newcomer_jumps_the_queue(partnership, queue, book) -> None:
    session, bookings = queue
    Session.objects.filter(pk=session.pk).update(capacity=3)
    newcomer = book(make_person(partnership), session)
    assert states([*bookings, newcomer]) == ["confirmed", "offered", "offered", "waiting"]


def test_complaint_promoted_after_the_session_has_started(partnership, queue) -> None:
    session, bookings = queue
    begun(session)
    Session.objects.filter(pk=session.pk).update(capacity=9)
    offer_places(partnership, timezone.now())
    assert states(bookings) == ["confirmed", "waiting", "waiting"]


def test_complaint_free_seats_and_yet_people_are_put_on_the_waiting_list(partnership, queue, book) -> None:
    session, bookings = queue
    Session.objects.filter(pk=session.pk).update(capacity=4)
    assert book(make_person(partnership), session).state == "confirmed"
    assert states(bookings) == ["confirmed", "offered", "offered"]


def test_complaint_an_expired_offer_blocks_its_place_for_ever(partnership, queue) -> None:
    _session, bookings = queue
    back(bookings[0])
    offered_long_ago(bookings[1])
    for _ in range(2):
        lapse_overdue(partnership, timezone.now())
    assert states(bookings) == ["cancelled", "lapsed", "offered"]
    lapsed = Message.objects.get(purpose="offer_lapsed")
    assert f"/alphashire/sessions/{bookings[1].session_id}/" in lapsed.text


def test_an_offer_that_ran_out_does_not_wait_for_the_job_when_somebody_books(
    partnership, queue, book
) -> None:
    session, bookings = queue
    back(bookings[0])
    offered_long_ago(bookings[1])
    newcomer = book(make_person(partnership), session)
    assert states([*bookings, newcomer]) == ["cancelled", "lapsed", "offered", "waiting"]


def test_complaint_one_person_gets_two_offers(partnership, book) -> None:
    person, other = make_person(partnership), make_person(partnership)
    sessions = [make_session(partnership, capacity=1) for _ in range(2)]
    holders = [book(make_person(partnership), session) for session in sessions]
    mine = [book(person, session) for session in sessions]
    next_one = book(other, sessions[1])
    for holder_ in holders:
        back(holder_)
    # The second place goes to the next in line, and the person keeps their place in that line.
    assert states([*mine, next_one]) == ["offered", "waiting", "offered"]
    assert position_in_queue(mine[1]) == 1
    with pytest.raises(IntegrityError, match="one_open_offer_per_person"), transaction.atomic():
        Booking.objects.filter(pk=next_one.pk).update(state="lapsed")
        Booking.objects.filter(pk=mine[1].pk).update(state="offered", offer_expires_at=timezone.now())


def test_complaint_nobody_can_leave_the_list(queue) -> None:
    _session, bookings = queue
    back(bookings[1])
    assert states(bookings) == ["confirmed", "withdrawn", "waiting"]
    assert position_in_queue(bookings[2]) == 1
    assert not Message.objects.filter(purpose="booking_offered").exists()


def test_several_places_are_offered_to_several_at_once_by_the_job(partnership, queue, now) -> None:
    session, bookings = queue
    Session.objects.filter(pk=session.pk).update(capacity=3)
    for _ in range(2):
        offer_places(partnership, now)
    assert states(bookings) == ["confirmed", "offered", "offered"]
    assert Message.objects.filter(purpose="booking_offered").count() == 2


def test_an_offer_says_where_it_is_held_and_nothing_of_how_to_join(partnership, book) -> None:
    """One decides in a few hours whether one can come; the address is for whoever has the place."""
    session = make_session(partnership, capacity=1, joining_instructions="Ask for room 3.")
    has, _waits = (book(make_person(partnership), session) for _ in range(2))
    back(has)
    told = Message.objects.get(purpose="booking_offered").text
    assert f"Place:\n  {session.venue.name}\n" in told
    assert session.venue.address not in told and "room 3" not in told


def test_whoever_lets_the_offer_go_leaves_and_the_next_is_asked(queue) -> None:
    _session, bookings = queue
    back(bookings[0])
    bookings[1].refresh_from_db()
    for _ in range(2):
        give_up(actor=holder(bookings[1].partnership, "offer", bookings[1].person), booking=bookings[1])
    assert states(bookings) == ["cancelled", "withdrawn", "offered"]


def test_an_offer_is_taken_once_by_its_person_and_only_while_it_stands(partnership, queue) -> None:
    _session, bookings = queue
    back(bookings[0])
    with pytest.raises(PermissionDenied):
        accept_offer(actor=actor_for(bookings[2].person), booking=bookings[1])
    with pytest.raises(DomainError, match="no offer"):
        accept_offer(actor=actor_for(bookings[2].person), booking=bookings[2])
    offered_long_ago(bookings[1])
    with pytest.raises(DomainError, match="ran out"):
        accept_offer(actor=actor_for(bookings[1].person), booking=bookings[1])
    Booking.objects.filter(pk=bookings[1].pk).update(offer_expires_at=timezone.now() + timedelta(hours=1))
    for _ in range(2):
        accept_offer(actor=holder(partnership, "offer", bookings[1].person), booking=bookings[1])
    assert states(bookings) == ["cancelled", "confirmed", "waiting"]


def test_an_offer_is_held_for_the_policys_working_hours_fewer_as_the_session_nears(
    partnership, queue, book
) -> None:
    _session, bookings = queue
    back(bookings[0])
    bookings[1].refresh_from_db()
    assert bookings[1].offer_expires_at == add_working_hours(bookings[1].offered_at, 16)
    soon = make_session(partnership, starts_at=timezone.now() + timedelta(days=5), capacity=1)
    Session.objects.filter(pk=soon.pk).update(booking_closes_at=soon.starts_at)
    held, waiting = (book(make_person(partnership), soon) for _ in range(2))
    back(held)
    waiting.refresh_from_db()
    assert waiting.offer_expires_at == add_working_hours(waiting.offered_at, 4)


def test_an_offer_never_outlasts_the_booking_deadline(partnership, book) -> None:
    session = make_session(partnership, capacity=1)
    held, waiting = (book(make_person(partnership), session) for _ in range(2))
    closes = timezone.now() + timedelta(minutes=30)
    Session.objects.filter(pk=session.pk).update(booking_closes_at=closes)
    back(held)
    waiting.refresh_from_db()
    assert waiting.offer_expires_at == closes


def _deadline(session, moment) -> None:
    Session.objects.filter(pk=session.pk).update(booking_closes_at=moment)


def test_an_offer_is_shortened_where_the_deadline_moves_earlier_and_its_person_told_once(
    partnership, queue, now
) -> None:
    session, bookings = queue
    back(bookings[0])
    closes = now + timedelta(minutes=30)
    _deadline(session, closes)
    for _ in range(2):
        lapse_overdue(partnership, now)
    bookings[1].refresh_from_db()
    assert (bookings[1].state, bookings[1].offer_expires_at) == ("offered", closes)
    told = Message.objects.filter(purpose="booking_offered").order_by("pk")
    assert [uk_datetime(closes) in one.text for one in told] == [False, True]
    assert AuditEntry.objects.filter(action="bookings.shorten_offer").count() == 1


def test_an_offer_does_not_outlast_a_deadline_that_moved_earlier(partnership, queue, now) -> None:
    """Neither until the job comes, nor by it; and it says that it ran out with the deadline."""
    session, bookings = queue
    back(bookings[0])
    closed = now - timedelta(minutes=1)
    _deadline(session, closed)
    with pytest.raises(DomainError, match="ran out"):
        accept_offer(actor=actor_for(bookings[1].person), booking=Booking.objects.get(pk=bookings[1].pk))
    for _ in range(2):
        lapse_overdue(partnership, now)
    assert states(bookings) == ["cancelled", "lapsed", "lapsed"]
    assert Booking.objects.get(pk=bookings[1].pk).offer_expires_at == closed
    assert uk_datetime(closed) in Message.objects.get(purpose="offer_lapsed").text


@pytest.mark.parametrize("closed", ["deadline", "cancelled"])
def test_nothing_is_offered_once_booking_has_closed(partnership, queue, closed) -> None:
    session, bookings = queue
    if closed == "deadline":
        move(session, timezone.now() + timedelta(hours=2) - session.starts_at)
        back(bookings[0])
    else:
        Session.objects.filter(pk=session.pk).update(capacity=9, status="cancelled")
    offer_places(partnership, timezone.now())
    assert states(bookings[1:]) == ["waiting", "waiting"]


def test_whoever_still_waits_when_booking_closes_is_told_once(partnership, queue) -> None:
    session, bookings = queue
    Session.objects.filter(pk=session.pk).update(booking_closes_at=timezone.now() - timedelta(minutes=1))
    for _ in range(2):
        lapse_overdue(partnership, timezone.now())
    assert states(bookings) == ["confirmed", "lapsed", "lapsed"]
    assert Message.objects.filter(purpose="waiting_list_closed").count() == 2


def test_the_database_itself_refuses_a_step_that_is_not_drawn(queue) -> None:
    _session, bookings = queue
    for booking, state in [(bookings[0], "waiting"), (bookings[1], "attended"), (bookings[0], "offered")]:
        with pytest.raises(IntegrityError, match="does not go from"), transaction.atomic():
            Booking.objects.filter(pk=booking.pk).update(state=state)


def test_a_late_cancellation_is_marked_by_working_days(partnership, book) -> None:
    # The policy asks for five working days: bank holidays and weekends don't count.
    for days, late in [(4, True), (14, False)]:
        session = make_session(partnership, starts_at=timezone.now() + timedelta(days=days))
        Session.objects.filter(pk=session.pk).update(booking_closes_at=session.starts_at)
        person = make_person(partnership)
        booking = give_up(actor=actor_for(person), booking=book(person, session), reason=" Ill ")
        assert (booking.was_late_cancellation, booking.end_reason) == (late, "Ill")
        text = Message.objects.get(purpose="booking_cancelled", person=person).text
        assert ("late cancellation" in text) is late


def test_leaving_the_waiting_list_is_never_late(partnership, book) -> None:
    session = make_session(partnership, starts_at=timezone.now() + timedelta(days=2), capacity=1)
    Session.objects.filter(pk=session.pk).update(booking_closes_at=session.starts_at)
    book(make_person(partnership), session)
    person = make_person(partnership)
    assert not give_up(actor=actor_for(person), booking=book(person, session)).was_late_cancellation


def test_cancelling_twice_is_cancelling_once(partnership, book) -> None:
    person = make_person(partnership)
    booking = book(person, make_session(partnership))
    first = give_up(actor=actor_for(person), booking=booking, reason="Ill")
    again = give_up(actor=actor_for(person), booking=booking, reason="Well")
    assert again.end_reason == "Ill"
    assert first.ended_at == again.ended_at
    assert Message.objects.filter(purpose="booking_cancelled").count() == 1


def test_nobody_cancels_after_the_start(partnership, book) -> None:
    person, session = make_person(partnership), make_session(partnership)
    booking = book(person, session)
    begun(session)
    with pytest.raises(DomainError, match="has begun"):
        give_up(actor=actor_for(person), booking=booking)
    assert states([booking]) == ["confirmed"]


def test_who_may_cancel(partnership, book) -> None:
    organisation, session = make_organisation(partnership), make_session(partnership)
    person = make_person(partnership, organisation=organisation)
    colleague = make_person(partnership, organisation=organisation)
    foreign_lead = make_person(partnership, Role.ORGANISATION_LEAD)
    for stranger in (colleague, foreign_lead):
        with pytest.raises(PermissionDenied):
            give_up(actor=actor_for(stranger), booking=_fresh(person, session, book))
    for role in (Role.ORGANISATION_LEAD, Role.TEAM):
        friend = make_person(partnership, role, organisation=organisation)
        booking = give_up(actor=actor_for(friend), booking=_fresh(person, session, book))
        assert (booking.state, booking.ended_by) == ("cancelled", friend)


def _fresh(person, session, book):
    return person.bookings.live().first() or book(person, session)


def test_an_approved_booking_gets_its_free_place_beside_an_offer_elsewhere(partnership, book) -> None:
    """An open offer keeps no further offer away from a place that somebody has asked for this moment."""
    person = make_person(partnership, line_manager_email="boss@example.org")
    full = make_session(partnership, capacity=1)
    held, _ = book(make_person(partnership), full), book(person, full)
    back(held)
    asking = make_session(partnership, course=make_course(partnership, approval="line_manager"))
    booking = book(person, asking)
    approve(actor=actor_for(make_person(partnership, Role.TEAM)), approval=booking.approval)
    assert states([booking]) == ["confirmed"]


def test_complaint_a_newcomer_jumps_whoever_asks_for_approval_with_an_offer_elsewhere(
    partnership, book
) -> None:
    """The approval will give them the place itself, so that the offer elsewhere takes nothing from their turn."""
    person = make_person(partnership, line_manager_email="boss@example.org")
    full = make_session(partnership, capacity=1)
    asking = make_session(partnership, course=make_course(partnership, approval="line_manager"), capacity=1)
    held, _ = book(make_person(partnership), full), book(person, full)
    request = book(person, asking)
    back(held)
    team = make_person(partnership, Role.TEAM)
    newcomer = make_person(partnership)
    later = book_place(
        actor=actor_for(team),
        session=asking,
        person=newcomer,
        organisation=newcomer.memberships.get().organisation,
    )
    approve(actor=actor_for(team), approval=request.approval)
    assert states([request, later]) == ["confirmed", "waiting"]


def test_an_offer_page_left_open_never_gives_back_a_place_that_was_taken(partnership, queue, client) -> None:
    _session, bookings = queue
    back(bookings[0])
    page = booking_link(bookings[1], OFFER).partition("/alphashire/")[2].join(("/alphashire/", ""))
    assert "Let it go" in client.get(page).content.decode()
    press(client, page, take="1")
    answer = client.post(page, {"leave": "1"})
    assert "was taken already" in answer.content.decode()
    assert states(bookings) == ["cancelled", "confirmed", "waiting"]


@pytest.mark.parametrize("purpose", [OFFER, COMING])
def test_a_form_without_a_button_gives_nothing_up(partnership, queue, client, purpose) -> None:
    _session, bookings = queue
    back(bookings[0])
    one = bookings[1]
    if purpose == COMING:
        accept_offer(actor=actor_for(one.person), booking=Booking.objects.get(pk=one.pk))
    before = states(bookings)
    client.post(booking_link(one, purpose).partition("/alphashire/")[2].join(("/alphashire/", "")), {})
    assert states(bookings) == before


def test_no_offer_of_a_cancelled_session_can_be_taken(partnership, queue) -> None:
    session, bookings = queue
    back(bookings[0])
    Session.objects.filter(pk=session.pk).update(status="cancelled")
    for answer in (accept_offer, let_offer_go):
        with pytest.raises(DomainError, match="has been cancelled"):
            answer(actor=actor_for(bookings[1].person), booking=Booking.objects.get(pk=bookings[1].pk))
    assert states(bookings) == ["cancelled", "offered", "waiting"]


def test_giving_up_a_place_of_a_cancelled_session_is_never_late(partnership, book) -> None:
    """Also before the job has told everybody."""
    session = make_session(partnership, starts_at=timezone.now() + timedelta(days=2))
    Session.objects.filter(pk=session.pk).update(booking_closes_at=session.starts_at)
    held = book(make_person(partnership), session)
    Session.objects.filter(pk=session.pk).update(status="cancelled")
    assert not back(held).was_late_cancellation
