"""Still coming? Asked on the policy's days, answered by a button, never twice."""

import re
from datetime import datetime, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookings.links import COMING, MOVE, booking_link
from bookings.models import Booking
from bookings.services.changes import tell_of_cancelled_sessions, tell_of_changed_sessions
from bookings.services.moving import take_another_session
from bookings.services.places import give_up
from bookings.services.still_coming import ask_who_is_coming, still_coming
from courses.models import Session
from notifications.models import Message
from partnership_portal.working_days import UK, add_working_days, uk_date, uk_moment, uk_today
from partnerships.models import Person
from partnerships.permissions import Role
from tests.bookings.moving import begun, move
from tests.bookings.pressing import press
from tests.factories import actor_for, adopt, make_person, make_session, policy


@pytest.fixture
def booked(partnership, book):
    session = make_session(partnership, starts_at=uk_moment(add_working_days(uk_today(), 30), time(9, 30)))
    return session, book(make_person(partnership), session)


def before(session, days: int) -> datetime:
    """Nine in the morning, that many working days before the session."""
    return datetime.combine(add_working_days(uk_date(session.starts_at), -days), time(9), tzinfo=UK)


def asked() -> int:
    return Message.objects.filter(purpose="still_coming").count()


def test_it_is_asked_at_seven_and_at_three_working_days_and_twice_on_neither(partnership, booked) -> None:
    session, _ = booked
    for days, number in [(8, 0), (7, 1), (6, 1), (4, 1), (3, 2), (1, 2)]:
        for _ in range(2):
            ask_who_is_coming(partnership, before(session, days))
        assert asked() == number, days


@pytest.mark.parametrize(("todays", "sessions"), [([3], [10]), ([10], [3])])
def test_the_policy_in_force_at_the_session_says_when_and_not_todays(
    partnership, booked, todays, sessions
) -> None:
    session, _ = booked
    now = before(session, 10)
    adopt(partnership, policy(booking__still_coming_working_days=todays), at=now - timedelta(days=400))
    adopt(partnership, policy(booking__still_coming_working_days=sessions), at=now + timedelta(days=2))
    ask_who_is_coming(partnership, now)
    assert asked() == sessions.count(10)


def test_a_job_that_was_away_asks_what_is_due_now_and_no_more(partnership, booked) -> None:
    session, _ = booked
    ask_who_is_coming(partnership, before(session, 2))
    assert asked() == 1


def test_whoever_said_yes_is_not_asked_again(partnership, booked) -> None:
    session, booking = booked
    ask_who_is_coming(partnership, before(session, 7))
    for _ in range(2):
        still_coming(actor=actor_for(booking.person), booking=booking)
    ask_who_is_coming(partnership, before(session, 3))
    assert asked() == 1


def test_whoever_booked_within_these_days_is_not_asked(partnership, booked, book) -> None:
    session, booking = booked
    Booking.objects.filter(pk=booking.pk).update(confirmed_at=before(session, 5))
    ask_who_is_coming(partnership, before(session, 4))
    assert asked() == 0
    ask_who_is_coming(partnership, before(session, 3))
    assert asked() == 1


def test_the_link_shows_and_only_the_button_acts(partnership, booked) -> None:
    session, booking = booked
    ask_who_is_coming(partnership, before(session, 7))
    address = re.search(
        r"https?://[^/]+(/\S+/s/coming-\S+)", Message.objects.get(purpose="still_coming").text
    )[1]
    for _ in range(2):
        assert Client().get(address).status_code == 200
    booking.refresh_from_db()
    assert booking.coming_confirmed_at is None
    press(Client(), address, yes="1")
    booking.refresh_from_db()
    assert booking.coming_confirmed_at is not None
    press(Client(), address, no="1")
    booking.refresh_from_db()
    assert booking.state == "cancelled"
    assert "gave this place up" in Client().get(address).content.decode()


def test_whoever_booked_is_asked_by_name_about_somebody_without_an_address(partnership, booked) -> None:
    """The link goes to the lead, who may have several of them: each page says whom it is about."""
    session, booking = booked
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=booking.organisation)
    Person.objects.filter(pk=booking.person_id).update(name="Fay Foster", email="")
    Booking.objects.update(booked_by=lead)
    address = f"/alphashire/{booking_link(booking, COMING).partition('/alphashire/')[2]}"
    page = Client().get(address).content.decode()
    assert "Is Fay Foster still coming?" in page and "Give my place" not in page
    assert "We look forward to seeing Fay Foster." in press(Client(), address, yes="1").content.decode()
    moved = f"/alphashire/{booking_link(booking, MOVE).partition('/alphashire/')[2]}"
    assert f"{session.course.title}, for Fay Foster" in Client().get(moved).content.decode()
    press(Client(), address, no="1")
    assert "Fay Foster gave this place up" in Client().get(address).content.decode()


def test_nobody_answers_for_somebody_else(partnership, booked) -> None:
    _, booking = booked
    with pytest.raises(PermissionDenied):
        still_coming(actor=actor_for(make_person(partnership)), booking=booking)


def test_a_place_that_was_given_up_is_not_asked_about(partnership, booked) -> None:
    session, booking = booked
    give_up(actor=actor_for(booking.person), booking=booking)
    ask_who_is_coming(partnership, before(session, 7))
    assert asked() == 0


def test_a_session_that_moves_to_another_day_is_asked_about_anew(partnership, booked) -> None:
    session, booking = booked
    ask_who_is_coming(partnership, before(session, 7))
    still_coming(actor=actor_for(booking.person), booking=booking)
    session = Session.objects.get(pk=move(session, timedelta(days=28)).pk)
    tell_of_changed_sessions(partnership, before(session, 20))
    booking.refresh_from_db()
    assert booking.coming_asked_at is None and booking.coming_confirmed_at is None
    for _ in range(2):
        ask_who_is_coming(partnership, before(session, 7))
    assert asked() == 2


def test_a_session_that_moves_away_and_back_is_asked_about_anew_and_not_only_written_down(
    partnership, booked
) -> None:
    session, booking = booked
    ask_who_is_coming(partnership, before(session, 3))
    for by in (timedelta(days=28), timedelta(days=-28)):
        tell_of_changed_sessions(partnership, before(move(session, by), 3))
    booking.refresh_from_db()
    assert booking.coming_asked_at is None
    for _ in range(2):
        ask_who_is_coming(partnership, before(session, 3))
    booking.refresh_from_db()
    # Whoever is on the list of those who have not answered was asked.
    assert booking.coming_asked_at is not None and asked() == 2


def test_another_hour_of_the_same_day_is_no_new_question(partnership, booked) -> None:
    session, booking = booked
    ask_who_is_coming(partnership, before(session, 7))
    still_coming(actor=actor_for(booking.person), booking=booking)
    session = Session.objects.get(pk=move(session, timedelta(hours=1)).pk)
    tell_of_changed_sessions(partnership, before(session, 6))
    booking.refresh_from_db()
    assert booking.coming_confirmed_at is not None


def test_whoever_takes_another_session_is_asked_about_that_one(partnership, booked) -> None:
    session, booking = booked
    ask_who_is_coming(partnership, before(session, 7))
    later = make_session(partnership, course=session.course, starts_at=session.starts_at + timedelta(days=28))
    team = actor_for(make_person(partnership, Role.TEAM))
    take_another_session(actor=team, booking=booking, session=later)
    ask_who_is_coming(partnership, before(later, 7))
    assert asked() == 2


@pytest.mark.parametrize("cancelled", [False, True], ids=["moved", "cancelled"])
def test_whoever_has_just_chosen_another_session_is_not_asked_at_once(
    partnership, booked, monkeypatch, cancelled
) -> None:
    session, booking = booked
    later = make_session(partnership, course=session.course, starts_at=session.starts_at + timedelta(days=28))
    monkeypatch.setattr(timezone, "now", lambda: before(later, 5))
    if cancelled:
        Session.objects.filter(pk=session.pk).update(status="cancelled")
        tell_of_cancelled_sessions(partnership, timezone.now())
    else:
        Booking.objects.update(change_told_at=timezone.now())
        move(session, timedelta(days=60))
    taken = take_another_session(actor=actor_for(booking.person), booking=booking, session=later)
    for days, number in [(5, 0), (4, 0), (3, 1)]:
        ask_who_is_coming(partnership, before(later, days))
        assert asked() == number, days
    assert taken.booked_at == booking.booked_at


def test_the_bookings_page_behind_the_diary_entry_asks_too(partnership, booked, sign_in, settings) -> None:
    settings.PORTAL_DEMO = True
    session, booking = booked
    page, answer = (
        reverse(f"bookings:{name}", args=["alphashire", booking.pk]) for name in ("booking", "coming")
    )
    school = booking.organisation
    trainer = make_person(partnership, Role.TRAINER)
    session.trainer_links.create(partnership=partnership, person=trainer)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=school)
    manager = make_person(partnership, organisation=school)
    booking.person.memberships.update(line_manager=manager)
    clients = {one: sign_in(one) for one in (booking.person, lead, trainer, manager)}

    def asked_of() -> set:
        return {one for one, client in clients.items() if answer in client.get(page).content.decode()}

    assert asked_of() == set()
    ask_who_is_coming(partnership, before(session, 7))
    # Trainer and line manager see the booking, and it is not theirs to answer.
    assert asked_of() == {booking.person, lead}
    assert "Are you still coming?" in clients[booking.person].get(page).content.decode()
    press(clients[booking.person], answer, yes="1")
    assert asked_of() == set()
    assert "You told us on" in clients[booking.person].get(page).content.decode()
    Booking.objects.update(coming_confirmed_at=None)
    begun(session)
    assert asked_of() == set()
