"""A page left open does nothing to a booking that is for another date, place or session by now, and says how it is."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookings.links import COMING, MOVE, OFFER, booking_link
from bookings.models import Booking
from bookings.services.moving import take_another_session
from bookings.services.places import give_up
from courses.models import Session, Venue
from notifications.models import Message
from partnership_portal.templatetags.portal import uk_datetime
from partnerships.models import AuditEntry, Organisation, Person
from partnerships.permissions import Role
from tests.bookings.moving import move
from tests.bookings.pressing import fields_of, press, shown_on
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


def sent_by(client: Client, address: str, key: str) -> dict[str, str]:
    """What the button “Take it” of one session sends."""
    forms = re.findall(r"<form.*?</form>", client.get(address).content.decode(), re.DOTALL)
    (form,) = (one for one in forms if f'name="take" value="{key}"' in one)
    return {**fields_of(form), "take": key}


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


@pytest.mark.parametrize("change", ["date", "place"])
def test_nobody_gives_a_place_up_for_a_date_that_nobody_chose(partnership, booking, change) -> None:
    other = make_session(
        partnership, course=booking.session.course, starts_at=booking.session.starts_at + timedelta(days=7)
    )
    Booking.objects.filter(pk=booking.pk).update(change_told_at=timezone.now())
    address = address_of(booking, MOVE, "")
    stale = sent_by(Client(), address, str(other.pk))
    assert stale["session_shown"]
    CHANGES[change](other, booking)
    other = Session.objects.get(pk=other.pk)
    page = Client().post(address, stale, follow=True).content.decode()
    assert "The session that you chose has changed since you opened this page" in page
    assert f"it is now {uk_datetime(other.starts_at)}, {other.place}. Nothing is booked yet." in page
    booking.refresh_from_db()
    assert (booking.state, booking.session_id == other.pk) == ("confirmed", False)
    # Neither from a page that says nothing of what it showed.
    Client().post(address, {"take": str(other.pk)})
    booking.refresh_from_db()
    assert booking.session_id != other.pk
    Client().post(address, sent_by(Client(), address, str(other.pk)))
    booking.refresh_from_db()
    assert (booking.state, booking.session_id == other.pk) == ("confirmed", True)


def test_taking_another_date_from_a_page_that_showed_another_booking_does_nothing(
    partnership, booking
) -> None:
    """They wanted the other date because of the one they had; that one has moved again."""
    other = make_session(
        partnership, course=booking.session.course, starts_at=booking.session.starts_at + timedelta(days=7)
    )
    Booking.objects.filter(pk=booking.pk).update(change_told_at=timezone.now())
    address = address_of(booking, MOVE, "")
    stale = sent_by(Client(), address, str(other.pk))
    move(booking.session, timedelta(days=28))
    page = Client().post(address, stale, follow=True).content.decode()
    assert "The session has changed since you opened this page" in page and "Nothing is done yet." in page
    booking.refresh_from_db()
    assert booking.session_id != other.pk


@pytest.mark.parametrize("change", ["date", "place"])
@pytest.mark.parametrize("door", ["own", "for somebody"])
def test_nobody_is_booked_for_a_date_that_the_form_did_not_show(
    partnership, school, sign_in, change, door
) -> None:
    person, session = make_person(partnership, organisation=school), make_session(partnership)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=school)
    client = sign_in(person if door == "own" else lead)
    name, keys = ("book", [session.pk]) if door == "own" else ("book_for", [session.pk, person.pk])
    address = reverse(f"bookings:{name}", args=["alphashire", *keys])
    typed = {"declaration": "on", "access_needs": "Large print", "diets": ["halal"]}
    stale = {**fields_of(client.get(address).content.decode()), **typed}
    CHANGES[change](session, None)
    session = Session.objects.get(pk=session.pk)
    now = f"{uk_datetime(session.starts_at)}, {session.place}"
    answer = client.post(address, stale)
    page = answer.content.decode()
    assert answer.status_code == 409 and not Booking.objects.exists() and not Message.objects.exists()
    assert f"has changed since you opened this page: it is now {now}. Nothing is booked yet." in page
    # Nothing of what was typed is lost, and pressing once more books.
    assert "Large print" in page and answer.context["form"]["diets"].value() == ["halal"]
    # But the promise to come was made of another date or place.
    assert not answer.context["form"]["declaration"].value()
    assert client.post(address, {**fields_of(page), **typed}).status_code == 302
    assert Booking.objects.get().person == person


def test_a_form_with_something_missing_still_says_that_the_session_has_moved(partnership, sign_in) -> None:
    person, session = make_person(partnership), make_session(partnership)
    client, address = sign_in(person), reverse("bookings:book", args=["alphashire", session.pk])
    stale = fields_of(client.get(address).content.decode())
    move(session, timedelta(days=28))
    page = client.post(address, stale).content.decode()
    assert "Confirm that you can come" in page
    answer = client.post(address, {**fields_of(page), "declaration": "on"})
    assert "has changed since you opened this page" in answer.content.decode()
    assert not Booking.objects.exists()


def test_the_second_press_of_a_form_leads_to_the_booking_though_the_session_has_moved(
    partnership, sign_in
) -> None:
    person, session = make_person(partnership), make_session(partnership)
    client, address = sign_in(person), reverse("bookings:book", args=["alphashire", session.pk])
    sent = {**fields_of(client.get(address).content.decode()), "declaration": "on"}
    first = client.post(address, sent)
    move(session, timedelta(days=28))
    again = client.post(address, sent)
    assert (first.status_code, again.url) == (302, first.url)


@pytest.mark.parametrize("change", ["date", "place"])
@pytest.mark.parametrize("button", ["confirm", "check again"])
def test_a_list_is_not_booked_for_a_date_that_its_page_did_not_show(
    partnership, school, sign_in, change, button
) -> None:
    session = make_session(partnership)
    client = sign_in(make_person(partnership, Role.ORGANISATION_LEAD, organisation=school))
    address = reverse("bookings:group_check", args=["alphashire", session.pk, school.pk])
    page = client.post(address, {"pasted": "Ann Archer\nPaul Paper"}).content.decode()
    pressed = {"declaration": "on"} | ({"confirm": "1"} if button == "confirm" else {})
    stale = {**fields_of(page), **pressed}
    CHANGES[change](session, None)
    session = Session.objects.get(pk=session.pk)
    answer = client.post(address, stale)
    page = answer.content.decode()
    assert answer.status_code == 409 and not Booking.objects.exists()
    assert f"it is now {uk_datetime(session.starts_at)}, {session.place}. Nothing is booked yet." in page
    assert "Ann Archer" in page and "Paul Paper" in page
    assert not answer.context["confirm"]["declaration"].value()
    # Neither from a page that says nothing of what it showed.
    unsaid = {**fields_of(page), "confirm": "1", "declaration": "on"}
    del unsaid["session_shown"]
    assert client.post(address, unsaid).status_code == 409 and not Booking.objects.exists()
    assert client.post(address, {**fields_of(page), "confirm": "1", "declaration": "on"}).status_code == 302
    assert Booking.objects.count() == 2


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
