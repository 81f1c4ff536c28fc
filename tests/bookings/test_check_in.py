"""Checking in by the code on the wall: the code of now, on the day, and for those with a booking."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.check_in_codes import code_for
from bookings.models import Attendance, Booking
from bookings.services.check_in import check_in
from bookings.services.register import mark_attendance
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.moving import begun, move, over
from tests.factories import actor_for, make_person, make_session


@pytest.fixture
def trainer(partnership):
    return make_person(partnership, Role.TRAINER)


@pytest.fixture
def booking(partnership, trainer, book):
    """A place on a session that is on now."""
    booked = book(make_person(partnership), make_session(partnership, trainers=(trainer,)))
    begun(booked.session)
    return booked


def _address(booking, *, minutes_ago: int = 0) -> str:
    moment = timezone.now() - timedelta(minutes=minutes_ago)
    return f"/{booking.partnership.slug}/check-in/{code_for(booking.session.dates.get(), moment)}/"


def _marks() -> list[tuple[str, str]]:
    return list(Attendance.objects.values_list("mark", "marked_how"))


def test_the_page_shows_and_the_button_acts(booking, sign_in) -> None:
    client, address = sign_in(booking.person), _address(booking)
    assert "Mark me present" in client.get(address).content.decode()
    assert _marks() == []
    page = client.post(address, follow=True).content.decode()
    assert "You are marked present" in page
    assert _marks() == [("present", "self")]
    assert Attendance.objects.get().marked_by == booking.person
    assert Booking.objects.get().state == "attended"
    client.post(address)
    assert AuditEntry.objects.filter(action="bookings.check_in").count() == 1


def test_a_code_is_worth_nothing_after_two_minutes(booking, sign_in) -> None:
    client = sign_in(booking.person)
    assert client.get(_address(booking, minutes_ago=1)).status_code == 200
    for stale in (2, 600, -1):
        other = sign_in(booking.person)
        page = other.get(_address(booking, minutes_ago=stale))
        assert page.status_code == 409
        assert "This code is out of date" in page.content.decode()
        assert other.post(_address(booking, minutes_ago=stale)).status_code == 409
    assert _marks() == []


def test_whoever_scanned_in_time_may_take_a_few_minutes_to_sign_in(booking, client) -> None:
    address = _address(booking)
    client.get(address)
    session = client.session
    kept = f"check-in-{booking.session.dates.get().pk}"
    old = _address(booking, minutes_ago=9)
    session[kept] = (timezone.now() - timedelta(minutes=9)).timestamp()
    session.save()
    assert client.get(old).status_code == 200
    session[kept] = (timezone.now() - timedelta(minutes=11)).timestamp()
    session.save()
    assert client.get(old).status_code == 409


def test_a_forged_or_foreign_code_is_not_found(booking, neighbour, client) -> None:
    address = _address(booking)
    assert client.get(address[:-2] + "x/").status_code == 404
    assert client.get(address.replace("/alphashire/", "/betashire/")).status_code == 404
    with acting_in(neighbour):
        theirs = begun(make_session(neighbour)).dates.get()
    assert client.get(f"/alphashire/check-in/{code_for(theirs, timezone.now())}/").status_code == 404


def test_somebody_without_an_account_types_the_address_of_the_booking(booking, client) -> None:
    address = _address(booking)
    assert "Email address of your booking" in client.get(address).content.decode()
    page = client.post(address, {"email": booking.person.email.upper()}, follow=True).content.decode()
    assert "Whoever is booked with this address is marked present" in page
    assert _marks() == [("present", "self")]


def test_the_answer_does_not_tell_whether_an_address_is_booked(booking, partnership, client) -> None:
    trainers_word = {booking.pk: "absent"}
    absent = booking.person.email
    mark_attendance(
        actor=actor_for(make_person(partnership, Role.TEAM)),
        session_date=booking.session.dates.get(),
        marks=trainers_word,
    )
    answers = {
        client.post(_address(booking), {"email": email}, follow=True).content
        for email in ("nobody@example.org", make_person(partnership).email, absent)
    }
    assert len(answers) == 1
    assert _marks() == [("absent", "team")]
    assert booking.person.name.encode() not in answers.pop()


def test_trying_out_addresses_is_stopped(booking, client) -> None:
    address = _address(booking)
    found = [client.post(address, {"email": f"x{one}@example.org"}).status_code for one in range(11)]
    assert found == [302] * 10 + [429]


def test_a_mark_that_is_there_is_not_changed(booking, trainer, sign_in) -> None:
    date = booking.session.dates.get()
    mark_attendance(actor=actor_for(trainer), session_date=date, marks={booking.pk: "absent"})
    page = sign_in(booking.person).post(_address(booking), follow=True).content.decode()
    assert "Please speak to the trainer" in page
    assert _marks() == [("absent", "trainer")]


def test_from_half_an_hour_before_until_the_end(booking, client) -> None:
    session, date = booking.session, booking.session.dates.get()
    actor = actor_for(booking.person)
    over(session)
    with pytest.raises(DomainError, match="This session is over"):
        check_in(actor=actor, session_date=date)
    assert client.get(_address(booking)).status_code == 409
    move(session, timezone.now() + timedelta(minutes=31) - session.starts_at)
    with pytest.raises(DomainError, match="half an hour before"):
        check_in(actor=actor, session_date=date)
    move(session, -timedelta(minutes=2))
    assert check_in(actor=actor, session_date=date)


def test_somebody_without_a_place_is_sent_to_the_trainer(booking, partnership, sign_in) -> None:
    other = make_person(partnership)
    Booking.objects.create(
        partnership=partnership,
        session=booking.session,
        person=other,
        organisation=other.memberships.get().organisation,
        state="waiting",
        booked_at=timezone.now(),
        policy_version=booking.policy_version,
    )
    page = sign_in(other).get(_address(booking)).content.decode()
    assert "has no booking for this session" in page
    with pytest.raises(DomainError, match="Tell the trainer"):
        check_in(actor=actor_for(other), session_date=booking.session.dates.get())
    sign_in(other).post(_address(booking))
    assert _marks() == []


def test_the_wall_is_for_the_sessions_own_trainers_and_the_team(
    booking, trainer, partnership, sign_in
) -> None:
    date = booking.session.dates.get()
    address = f"/alphashire/training/sessions/{booking.session_id}/wall/{date.pk}/"
    response = sign_in(trainer).get(address)
    assert "<svg" in response.content.decode()
    assert 1 <= int(response["Refresh"]) <= 60
    assert "no-store" in response["Cache-Control"]
    assert sign_in(make_person(partnership, Role.TEAM)).get(address).status_code == 200
    assert sign_in(make_person(partnership, Role.TRAINER)).get(address).status_code == 404
    assert sign_in(booking.person).get(address).status_code == 403
    over(booking.session)
    assert sign_in(trainer).get(address).status_code == 409
