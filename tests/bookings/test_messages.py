"""What people are told: once, in words, and with a diary entry that moves and goes with the session."""

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from bookings.services.changes import tell_of_cancelled_sessions, tell_of_changed_sessions
from bookings.services.places import book_place, give_up
from courses.models import Session, Venue
from notifications.models import Message
from partnership_portal.templatetags.portal import uk_date
from partnerships.models import Person
from partnerships.permissions import Role
from tests.bookings.charging import booked
from tests.bookings.moving import move, over
from tests.factories import actor_for, make_course, make_organisation, make_person, make_session
from tests.notifications.reading import events_of


def _only(purpose) -> Message:
    return Message.objects.get(purpose=purpose)


def test_the_confirmation_says_what_when_where_and_brings_the_diary_entry(partnership, book) -> None:
    session = make_session(partnership, days=2, starts_at=datetime(2030, 3, 27, 9, 30, tzinfo=UTC))
    Session.objects.filter(pk=session.pk).update(joining_instructions="Ask for Room 3.\nParking is behind.")
    booking = book(make_person(partnership, name="Siân O’Neill & co"), session)
    message = _only("booking_confirmed")
    assert message.title == f"Booked: {session.course.title}, 27 March 2030"
    for part in (
        "Dear Siân O’Neill & co,",
        "Wednesday 27 March 2030, 9:30am to 12:30pm",
        "10:30am to 1:30pm",
    ):
        assert part in message.text
    assert "Siân O’Neill &amp; co" in message.html
    assert f"/alphashire/me/bookings/{booking.pk}/" in message.text
    assert "1 High Street, HR1 1AA" in message.text
    assert "Ask for Room 3." in message.text
    (first, method), (second, _) = events_of(message)
    assert method == "REQUEST"
    # The second date lies in summer time, at the same UTC time.
    assert first["dtstart"].to_ical() == b"20300327T093000"
    assert second["dtstart"].to_ical() == b"20300403T103000"
    assert first["uid"] != second["uid"]
    assert str(booking.pk) in first["uid"]


def test_the_joining_link_goes_to_the_booked_and_not_to_those_who_wait(partnership, book) -> None:
    session = make_session(
        partnership, capacity=1, venue=None, joining_link="https://meet.example/secret-room"
    )
    book(make_person(partnership), session)
    book(make_person(partnership), session)
    assert "secret-room" in _only("booking_confirmed").text
    waiting = _only("booking_waiting")
    assert "secret-room" not in waiting.text + waiting.html
    assert "You are number 1 on the waiting list" in waiting.text
    assert not waiting.attachments


def test_a_cancelled_booking_leaves_the_diary(partnership, book) -> None:
    person = make_person(partnership)
    booking = book(person, make_session(partnership))
    invited = events_of(_only("booking_confirmed"))[0][0]
    give_up(actor=actor_for(person), booking=booking)
    ((event, method),) = events_of(_only("booking_cancelled"))
    assert (method, event["status"]) == ("CANCEL", "CANCELLED")
    assert event["uid"] == invited["uid"]
    assert event["sequence"] > invited["sequence"]


@pytest.mark.parametrize(
    ("state", "own", "others"),
    [
        (
            "requested",
            "Your request for a place on this session is taken back.",
            "Ann Other’s request for a place",
        ),
        (
            "waiting",
            "You were taken off the waiting list for this session.",
            "Ann Other was taken off the waiting list",
        ),
        ("offered", "held for you is let go.", "held for Ann Other is let go."),
    ],
)
def test_what_is_given_up_is_called_what_it_was(partnership, now, state, own, others) -> None:
    session, lead = make_session(partnership), make_person(partnership)
    silent = make_person(partnership, name="Ann Other", account=False)
    Person.objects.filter(pk=silent.pk).update(email="")
    silent.refresh_from_db()
    for person in (make_person(partnership), silent):
        booking = booked(
            session,
            state,
            person.memberships.get().organisation,
            person=person,
            booked_by=lead,
            offer_expires_at=now + timedelta(days=1) if state == "offered" else None,
        )
        give_up(actor=actor_for(make_person(partnership, Role.TEAM)), booking=booking)
    texts = [message.text for message in Message.objects.filter(purpose="waiting_left").order_by("pk")]
    assert own in texts[0] and "You have no booking" in texts[0]
    assert others in texts[1] and "Ann Other has no booking" in texts[1]


def test_whoever_leaves_the_list_themselves_has_left_it(partnership, held) -> None:
    _, _, waits = held
    give_up(actor=actor_for(waits.person), booking=waits)
    assert "You have left the waiting list" in _only("waiting_left").text


def test_somebody_without_an_address_is_told_through_whoever_booked(partnership) -> None:
    organisation = make_organisation(partnership)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
    carer = make_person(partnership, organisation=organisation, account=False, name="Fay Foster")
    carer.email = ""
    carer.save()
    book_place(
        actor=actor_for(lead), session=make_session(partnership), person=carer, organisation=organisation
    )
    message = _only("booking_confirmed")
    assert message.to_email == lead.email
    assert "Fay Foster has a place on this session." in message.text


@pytest.fixture
def held(partnership, book):
    """A session with one place, its holder and one who waits."""
    session = make_session(partnership, capacity=1)
    return session, book(make_person(partnership), session), book(make_person(partnership), session)


def test_a_cancelled_session_tells_everybody_once_and_cancels_their_bookings(partnership, held, now) -> None:
    session, confirmed, waiting = held
    Session.objects.filter(pk=session.pk).update(status="cancelled", cancelled_reason="The trainer is ill.")
    for _ in range(2):
        tell_of_cancelled_sessions(partnership, now)
    for booking in (confirmed, waiting):
        booking.refresh_from_db()
        assert (booking.state, booking.was_late_cancellation) == ("cancelled", False)
    told = Message.objects.filter(purpose="session_cancelled")
    assert {one.person for one in told} == {confirmed.person, waiting.person}
    assert all("The trainer is ill." in one.text for one in told)
    assert [method for _, method in events_of(told.get(person=confirmed.person))] == ["CANCEL"]
    assert told.get(person=waiting.person).attachments == []
    assert not Message.objects.filter(purpose="booking_offered").exists()


def test_nobody_is_written_to_about_a_session_long_gone(partnership, held, now) -> None:
    session, confirmed, _ = held
    over(session)
    Session.objects.filter(pk=session.pk).update(status="cancelled")
    tell_of_cancelled_sessions(partnership, now)
    confirmed.refresh_from_db()
    assert confirmed.state == "cancelled"
    assert not Message.objects.filter(purpose="session_cancelled").exists()


def test_a_moved_session_moves_in_the_diary_once_for_each_change(partnership, held, now) -> None:
    session, confirmed, _ = held
    before = events_of(_only("booking_confirmed"))[0][0]
    tell_of_changed_sessions(partnership, now)
    assert not Message.objects.filter(purpose="session_changed").exists()
    for change in (1, 2):
        move(session, timedelta(days=1))
        for _ in range(2):
            tell_of_changed_sessions(partnership, now)
        told = Message.objects.filter(purpose="session_changed", person=confirmed.person)
        assert told.count() == change
        ((event, method),) = events_of(told.latest("pk"))
        assert (method, event["uid"], event["sequence"]) == ("REQUEST", before["uid"], change)
        assert event["dtstart"].dt == session.dates.get().starts_at
    # Those who wait have nothing in their diary and are told when they get a place.
    assert Message.objects.filter(purpose="session_changed").count() == 2


def test_another_place_is_a_change_and_a_dropped_date_leaves_the_diary(partnership, book, now) -> None:
    session = make_session(partnership, days=2)
    book(make_person(partnership), session)
    kept, dropped = (event["uid"] for event, _ in events_of(_only("booking_confirmed")))
    session.dates.last().delete()
    venue = Venue.objects.create(
        partnership=partnership, name="Town Hall", address="Square", postcode="HR2 2AA"
    )
    Session.objects.filter(pk=session.pk).update(venue=venue)
    tell_of_changed_sessions(partnership, now)
    message = _only("session_changed")
    assert "Town Hall, Square, HR2 2AA" in message.text
    assert [(event["uid"], method) for event, method in events_of(message)] == [
        (kept, "REQUEST"),
        (dropped, "CANCEL"),
    ]


def test_an_imported_booking_learns_its_arrangements_in_silence(partnership, held, now) -> None:
    session, confirmed, _ = held
    type(confirmed).objects.filter(pk=confirmed.pk).update(told={})
    tell_of_changed_sessions(partnership, now)
    assert not Message.objects.filter(purpose="session_changed").exists()
    move(session, timedelta(days=1))
    tell_of_changed_sessions(partnership, now)
    assert Message.objects.filter(purpose="session_changed").count() == 1


def test_the_calendar_to_download_has_every_date_and_the_same_identities(partnership, book, sign_in) -> None:
    person = make_person(partnership)
    booking = book(person, make_session(partnership, days=2))
    response = sign_in(person).get(f"/alphashire/me/bookings/{booking.pk}/calendar.ics")
    assert response["Content-Type"].startswith("text/calendar")
    calendar = Calendar.from_ical(response.content)
    assert calendar["method"] == "PUBLISH"
    assert [event["uid"] for event in calendar.walk("VEVENT")] == [
        event["uid"] for event, _ in events_of(_only("booking_confirmed"))
    ]
    assert sign_in(make_person(partnership)).get(response.wsgi_request.path).status_code == 404


def test_copies_for_people_without_an_address_say_whom_each_is_about(partnership, book) -> None:
    school = make_organisation(partnership, name="Oak Tree School")
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=school, name="Lea Lead")
    session = make_session(partnership, course=make_course(partnership, title="Child neglect"))
    people = [
        make_person(partnership, organisation=school, account=False, name=name)
        for name in ("Ann Smith", "Bob Jones")
    ]
    Person.objects.filter(pk__in=[one.pk for one in people]).update(email="")
    for person in Person.objects.filter(pk__in=[one.pk for one in people]):
        book_place(actor=actor_for(lead), session=session, person=person, organisation=school)
    book(lead, session)
    day = uk_date(session.starts_at)
    sent = Message.objects.filter(purpose="booking_confirmed", to_email=lead.email)
    assert sorted(sent.values_list("title", flat=True)) == [
        f"Booked for Ann Smith: Child neglect, {day}",
        f"Booked for Bob Jones: Child neglect, {day}",
        f"Booked: Child neglect, {day}",
    ]
