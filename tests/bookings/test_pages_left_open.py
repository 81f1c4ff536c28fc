"""A page left open does nothing to a booking that is for another date, place or session by now, and says how it is."""

from datetime import timedelta

import pytest
from django.test import Client

from bookings.links import COMING, MOVE, OFFER, booking_link
from bookings.models import Booking
from bookings.services.moving import take_another_session
from bookings.services.places import give_up
from courses.models import Venue
from notifications.models import Message
from partnership_portal.templatetags.portal import uk_datetime
from partnerships.models import AuditEntry, Organisation, Person
from partnerships.permissions import Role
from tests.bookings.moving import move
from tests.bookings.pressing import press, shown_on
from tests.factories import actor_for, make_organisation, make_person, make_session

PLACE = {
    "no, by the link": (COMING, "", {"no": "1"}),
    "yes, by the link": (COMING, "", {"yes": "1"}),
    "to a colleague, by the link": (COMING, "pass-on/", {"name": "Bob Jones", "email": "bob@example.org"}),
    "given up, by the link of a move": (MOVE, "", {"give_up": "1"}),
    "kept, by the link of a move": (MOVE, "", {"keep": "1"}),
    "cancelled": ("", "cancel/", {"reason": "Ill"}),
    "no": ("", "coming/", {"no": "1"}),
    "swapped": ("", "swap/", {"name": "Cem New", "email": ""}),
}
CHANGES = {
    "date": lambda session, booking: move(session, timedelta(days=28)),
    "place": lambda session, booking: Venue.objects.filter(pk=session.venue_id).update(name="Town hall"),
    "session": lambda session, booking: take_another_session(
        actor=actor_for(make_person(session.partnership, Role.TEAM)),
        booking=booking,
        session=make_session(
            session.partnership, course=session.course, starts_at=session.starts_at + timedelta(days=14)
        ),
    ),
}


@pytest.fixture
def school(partnership) -> Organisation:
    return make_organisation(partnership)


@pytest.fixture
def booking(partnership, school, book) -> Booking:
    bob = make_person(partnership, name="Bob Jones", organisation=school)
    Person.objects.filter(pk=bob.pk).update(email="bob@example.org")
    return book(make_person(partnership, name="Ann Smith", organisation=school), make_session(partnership))


def address_of(booking, purpose: str, under: str) -> str:
    if purpose:
        return "/alphashire/" + booking_link(booking, purpose).partition("/alphashire/")[2] + under
    return f"/alphashire/me/bookings/{booking.pk}/{under}"


def reader_of(partnership, booking, sign_in, purpose: str, under: str) -> Client:
    if purpose:
        return Client()
    if under != "swap/":
        return sign_in(booking.person)
    return sign_in(make_person(partnership, Role.ORGANISATION_LEAD, organisation=booking.organisation))


@pytest.mark.parametrize("what", PLACE)
@pytest.mark.parametrize("change", CHANGES)
def test_complaint_a_stale_page_gives_up_a_place_that_has_moved_meanwhile(
    partnership, booking, sign_in, what, change
) -> None:
    purpose, under, sent = PLACE[what]
    client, address = (
        reader_of(partnership, booking, sign_in, purpose, under),
        address_of(booking, purpose, under),
    )
    stale = shown_on(client, address)
    CHANGES[change](booking.session, booking)
    written, entries = Message.objects.count(), AuditEntry.objects.count()
    page = press(client, address, stale, **sent).content.decode()
    now = Booking.objects.select_related("session__venue").get(pk=booking.pk)
    assert "has changed since you opened this page" in page and "Nothing is done yet." in page
    assert f"{uk_datetime(now.session.starts_at)}, {now.session.place}." in page
    # Nothing is lost: neither the place nor the question, and nobody is told of anything.
    assert (now.state, now.coming_confirmed_at) == ("confirmed", None)
    assert (Message.objects.count(), AuditEntry.objects.count()) == (written, entries)
    # What is pressed on the page that shows it as it is, is done.
    press(client, address, **sent)
    done = Booking.objects.get(pk=booking.pk)
    assert (done.state == "cancelled") != (done.coming_confirmed_at is not None)


@pytest.mark.parametrize("button", ["take", "leave"])
def test_an_offer_of_another_date_than_the_page_showed_is_neither_taken_nor_let_go(
    partnership, book, button
) -> None:
    session = make_session(partnership, capacity=1)
    has, waits = book(make_person(partnership), session), book(make_person(partnership), session)
    give_up(actor=actor_for(has.person), booking=has)
    address = address_of(waits, OFFER, "")
    stale = shown_on(Client(), address)
    move(session, timedelta(days=28))
    page = press(Client(), address, stale, **{button: "1"}).content.decode()
    assert "Nothing is done yet." in page and "A place is held for you" in page
    assert Booking.objects.get(pk=waits.pk).state == "offered"
    press(Client(), address, **{button: "1"})
    assert Booking.objects.get(pk=waits.pk).state == {"take": "confirmed", "leave": "withdrawn"}[button]


def test_whoever_waits_does_not_leave_the_queue_of_another_date(partnership, book) -> None:
    session = make_session(partnership, capacity=1)
    _has, waits = book(make_person(partnership), session), book(make_person(partnership), session)
    address = address_of(waits, MOVE, "")
    stale = shown_on(Client(), address)
    move(session, timedelta(days=28))
    assert "Nothing is done yet." in press(Client(), address, stale, give_up="1").content.decode()
    assert Booking.objects.get(pk=waits.pk).state == "waiting"


def test_the_second_press_of_the_same_page_is_no_refusal(partnership, booking) -> None:
    address = address_of(booking, COMING, "")
    stale = shown_on(Client(), address)
    for _ in range(2):
        page = press(Client(), address, stale, yes="1").content.decode()
        assert "We look forward to seeing you" in page
    for _ in range(2):
        page = press(Client(), address, stale, no="1").content.decode()
        assert "Somebody else can have the place now" in page
    assert Message.objects.filter(purpose="booking_cancelled").count() == 1
