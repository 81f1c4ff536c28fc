"""Booking a place: who, for whom, when, and what is refused in words."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from bookings.models import Booking
from bookings.services.places import AlreadyBooked, SessionIsFull, book_place
from courses.models import Session
from notifications.models import Message
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.moving import begun, over
from tests.factories import actor_for, make_course, make_organisation, make_person, make_session


def test_whoever_comes_first_gets_the_place_and_the_next_waits(partnership, book) -> None:
    session = make_session(partnership, capacity=1)
    first, second = book(make_person(partnership), session), book(make_person(partnership), session)
    assert [first.state, second.state] == ["confirmed", "waiting"]
    session.refresh_from_db()
    assert session.places_taken == 1


def test_a_booking_keeps_the_job_role_the_organisation_and_the_policy(partnership, book) -> None:
    person = make_person(partnership, job_role="Health visitor")
    booking = book(person, make_session(partnership))
    booking.refresh_from_db()
    assert booking.job_role == "Health visitor"
    assert booking.organisation == person.memberships.get().organisation
    assert booking.policy_version.number == 1
    assert booking.booked_by == person
    entry = AuditEntry.objects.get(action="bookings.book_place")
    assert (entry.subject_id, entry.after["state"]) == (booking.pk, "confirmed")


def _past(session):
    over(session)


def _begun(session):
    begun(session)


def _closed(session):
    Session.objects.filter(pk=session.pk).update(booking_closes_at=timezone.now() - timedelta(minutes=1))


def _cancelled(session):
    Session.objects.filter(pk=session.pk).update(status="cancelled")


def _draft(session):
    Session.objects.filter(pk=session.pk).update(status="draft")


def _withdrawn(session):
    session.course.status = "archived"
    session.course.save()


@pytest.mark.parametrize(
    ("happened", "sentence"),
    [
        (_past, "This session is over."),
        (_begun, "This session has already begun."),
        (_closed, "Booking for this session has closed"),
        (_cancelled, "This session has been cancelled."),
        (_draft, "This session is not open for booking."),
        (_withdrawn, "This session is not open for booking."),
    ],
)
def test_a_session_that_is_not_open_refuses_in_words(partnership, book, happened, sentence) -> None:
    session = make_session(partnership)
    happened(session)
    with pytest.raises(DomainError, match=sentence):
        book(make_person(partnership), session)
    assert not Booking.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("capacity", "words"), [(5, "already have a place"), (1, "already on the waiting list")]
)
def test_nobody_books_the_same_session_twice(partnership, book, capacity, words) -> None:
    session = make_session(partnership, capacity=capacity)
    if capacity == 1:
        book(make_person(partnership), session)
    person = make_person(partnership)
    booking = book(person, session)
    with pytest.raises(AlreadyBooked, match=words) as refusal:
        book(person, session)
    assert refusal.value.booking == booking
    assert Message.objects.filter(person=person).count() == 1


def test_whoever_cancelled_can_book_again(partnership, book) -> None:
    from bookings.services.places import give_up

    person, session = make_person(partnership), make_session(partnership)
    give_up(actor=actor_for(person), booking=book(person, session))
    assert book(person, session).state == "confirmed"


def test_the_database_itself_refuses_a_second_live_booking(partnership, book) -> None:
    person, session = make_person(partnership), make_session(partnership)
    booking = book(person, session)
    booking.pk = None
    with pytest.raises(IntegrityError, match="one_live_booking_per_session"), transaction.atomic():
        booking.save(force_insert=True)


def test_the_database_itself_counts_places_and_refuses_one_too_many(partnership, book) -> None:
    session = make_session(partnership, capacity=1)
    booking = book(make_person(partnership), session)
    other = make_person(partnership)
    waiting = book(other, session)
    with pytest.raises(IntegrityError, match="session_never_overbooked"), transaction.atomic():
        Booking.objects.filter(pk=waiting.pk).update(state="confirmed")
    for state, taken in [("attended", 1), ("did_not_attend", 1), ("confirmed", 1), ("cancelled", 0)]:
        Booking.objects.filter(pk=booking.pk).update(state=state)
        session.refresh_from_db()
        assert session.places_taken == taken, state


def test_an_ended_membership_no_longer_books(partnership, book) -> None:
    person, session = make_person(partnership), make_session(partnership)
    person.memberships.update(ended_on=timezone.now().date())
    second = make_person(partnership)
    link = second.memberships.get()
    link.pk, link.person = None, person
    link.save(force_insert=True)
    ended = person.memberships.filter(ended_on__isnull=False).get().organisation
    with pytest.raises(DomainError, match=r"You do not belong to .* any more"):
        book_place(actor=actor_for(person), session=session, person=person, organisation=ended)


def test_an_organisation_one_does_not_belong_to_is_refused(partnership) -> None:
    person, session = make_person(partnership), make_session(partnership)
    with pytest.raises(DomainError, match="do not belong"):
        book_place(
            actor=actor_for(person),
            session=session,
            person=person,
            organisation=make_organisation(partnership),
        )


def test_a_lead_books_for_the_organisations_own_people_only(partnership) -> None:
    organisation, session = make_organisation(partnership), make_session(partnership)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
    own, stranger = make_person(partnership, organisation=organisation), make_person(partnership)
    booking = book_place(actor=actor_for(lead), session=session, person=own, organisation=organisation)
    assert (booking.person, booking.booked_by) == (own, lead)
    with pytest.raises(PermissionDenied):
        theirs = stranger.memberships.get().organisation
        book_place(actor=actor_for(lead), session=session, person=stranger, organisation=theirs)
    with pytest.raises(DomainError, match="does not belong"):
        book_place(actor=actor_for(lead), session=session, person=stranger, organisation=organisation)


def test_a_colleague_or_a_manager_does_not_book_for_others(partnership) -> None:
    organisation, session = make_organisation(partnership), make_session(partnership)
    manager = make_person(partnership, organisation=organisation)
    person = make_person(partnership, organisation=organisation, line_manager=manager)
    with pytest.raises(PermissionDenied):
        book_place(actor=actor_for(manager), session=session, person=person, organisation=organisation)


def test_the_team_books_for_anybody_and_until_the_session_ends(partnership) -> None:
    team, person = make_person(partnership, Role.TEAM), make_person(partnership, account=False)
    session = begun(make_session(partnership, capacity=1))
    organisation = person.memberships.get().organisation
    booking = book_place(actor=actor_for(team), session=session, person=person, organisation=organisation)
    assert booking.state == "confirmed"
    other = make_person(partnership)
    with pytest.raises(DomainError, match="full, and its waiting list has closed"):
        book_place(
            actor=actor_for(team),
            session=session,
            person=other,
            organisation=other.memberships.get().organisation,
        )
    with pytest.raises(DomainError, match="over"):
        book_place(
            actor=actor_for(team),
            session=over(session),
            person=other,
            organisation=other.memberships.get().organisation,
        )


def test_whoever_expected_a_place_is_asked_before_they_wait(partnership, book) -> None:
    session = make_session(partnership, capacity=1)
    book(make_person(partnership), session)
    late = make_person(partnership)
    with pytest.raises(SessionIsFull, match=r"last place .* has just gone"):
        book(late, session, accept_waiting=False)
    assert not Booking.objects.filter(person=late).exists()
    assert book(late, session).state == "waiting"


def test_the_neighbours_session_does_not_exist(partnership, neighbour, book) -> None:
    with acting_in(neighbour):
        theirs = make_session(neighbour, course=make_course(neighbour))
    with pytest.raises(Session.DoesNotExist):
        book(make_person(partnership), theirs)
