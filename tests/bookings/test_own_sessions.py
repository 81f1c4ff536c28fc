"""A session that one organisation holds for its own staff is offered to them alone, and says whose it is."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from bookings.as_shown import session_as_shown
from bookings.attention import wanted_dates
from bookings.models import Booking
from bookings.services.interest import wait_for_dates
from partnerships.permissions import Role
from tests.factories import actor_for, make_course, make_organisation, make_person, make_session

FRONT, CATALOGUE = "/alphashire/", "/alphashire/courses/"
TELL_ME = "Tell me when there are"


@pytest.fixture(autouse=True)
def _demonstration(settings):
    """The team needs no second factor in the demonstration."""
    settings.PORTAL_DEMO = True


@pytest.fixture
def council(partnership):
    return make_organisation(partnership, name="The council")


@pytest.fixture
def course(partnership):
    return make_course(partnership, title="Neglect", slug="neglect")


@pytest.fixture
def own(partnership, course, council):
    """The council's session for its own staff."""
    return make_session(partnership, course=course, single_agency_for=council)


@pytest.fixture
def colleague(partnership, council):
    return make_person(partnership, organisation=council)


def text_of(client, address: str) -> str:
    page = client.get(address)
    assert page.status_code == 200, page
    return page.content.decode()


def url(name: str, *args: int) -> str:
    return reverse(f"bookings:{name}", args=["alphashire", *args])


@pytest.mark.parametrize("address", [FRONT, CATALOGUE, f"{CATALOGUE}neglect/"])
def test_it_is_listed_for_its_staff_and_the_planners_alone(
    partnership, client, sign_in, own, colleague, address
) -> None:
    link = f'href="/alphashire/sessions/{own.pk}/"'
    team = make_person(partnership, Role.TEAM)
    lead = make_person(partnership, Role.ORGANISATION_LEAD)
    for browser in (client, sign_in(make_person(partnership)), sign_in(lead)):
        assert link not in text_of(browser, address)
    for person in (colleague, team):
        page = text_of(sign_in(person), address)
        assert link in page and "For the staff of The council" in page


def test_one_that_is_opened_to_others_is_everybodys(partnership, client, own) -> None:
    own.opened_to_others = True
    own.save()
    for address in (FRONT, CATALOGUE, f"{CATALOGUE}neglect/"):
        page = text_of(client, address)
        assert f'href="/alphashire/sessions/{own.pk}/"' in page and "For the staff of" not in page


def test_the_catalogue_shows_others_their_own_next_date(partnership, client, course, own) -> None:
    later = make_session(partnership, course=course, starts_at=own.starts_at + timedelta(days=7))
    page = text_of(client, CATALOGUE)
    assert f"sessions/{later.pk}/" in page and f"sessions/{own.pk}/" not in page
    assert own.course.title not in text_of(
        client, f"{CATALOGUE}?last_day={own.starts_at + timedelta(days=1):%d/%m/%Y}"
    )


def test_its_page_says_whose_it_is_and_offers_others_no_button(
    partnership, client, sign_in, own, colleague
) -> None:
    address, button = f"/alphashire/sessions/{own.pk}/", f'href="{url("book", own.pk)}"'
    page = text_of(sign_in(make_person(partnership, Role.ORGANISATION_LEAD)), address)
    assert "Only the staff of The council can book this session." in page and button not in page
    assert "See other dates of this course" in page
    assert "Book for several people" not in page and "Book for somebody else" not in page
    # Whose staff a visitor is, is not known before they sign in.
    for browser in (client, sign_in(colleague)):
        page = text_of(browser, address)
        assert button in page and "The staff of The council" in page and "Only the staff" not in page


def test_others_never_see_the_form(partnership, sign_in, own, colleague) -> None:
    """Nobody fills in a whole form that is then refused."""
    stranger = make_person(partnership)
    for send in (sign_in(stranger).get, sign_in(stranger).post):
        assert send(url("book", own.pk)).url == f"/alphashire/sessions/{own.pk}/"
    team = sign_in(make_person(partnership, Role.TEAM))
    assert team.get(url("book_for", own.pk, stranger.pk)).url == f"/alphashire/sessions/{own.pk}/"
    assert team.get(url("book_for", own.pk, colleague.pk)).status_code == 200
    assert not Booking.objects.exists()


def test_only_the_organisation_that_may_come_can_be_chosen(partnership, sign_in, own, council) -> None:
    person = make_person(partnership)
    person.memberships.create(partnership=partnership, organisation=council, started_on="2020-01-01")
    elsewhere = person.memberships.exclude(organisation=council).get().organisation
    client = sign_in(person)
    assert elsewhere.name not in text_of(client, url("book", own.pk))
    shows = {"expects_place": "True", "session_shown": session_as_shown(own)}
    data = {"organisation": elsewhere.pk, "declaration": "on", **shows}
    assert client.post(url("book", own.pk), data).status_code == 200
    assert not Booking.objects.exists()
    client.post(url("book", own.pk), {**data, "organisation": council.pk})
    assert Booking.objects.get().organisation == council


def test_who_books_for_others_is_shown_its_staff(partnership, sign_in, own, council, colleague) -> None:
    stranger = make_person(partnership)
    lead, other = (
        make_person(partnership, Role.ORGANISATION_LEAD, organisation=one)
        for one in (council, make_organisation(partnership))
    )
    team = sign_in(make_person(partnership, Role.TEAM))
    page = text_of(team, url("choose_person", own.pk))
    assert colleague.name in page and stranger.name not in page
    assert "for the staff of The council only" in page
    assert "Nobody found" in text_of(team, f"{url('choose_person', own.pk)}?q={stranger.name}")
    for browser in (team, sign_in(lead)):
        assert browser.get(url("group_organisation", own.pk)).url == url("group_pick", own.pk, council.pk)
    others = sign_in(other)
    assert "for the staff of The council only" in text_of(others, url("group_organisation", own.pk))
    (theirs,) = other.memberships.all()
    assert others.get(url("group_pick", own.pk, theirs.organisation_id)).status_code == 409


# “Tell me when there are new dates”: where nothing can be booked


def test_others_ask_to_be_told_and_the_team_sees_that_they_wait(
    partnership, sign_in, course, own, colleague
) -> None:
    stranger = make_person(partnership)
    address = f"{CATALOGUE}neglect/"
    assert "There are no dates yet" in (page := text_of(sign_in(stranger), address)) and TELL_ME in page
    assert TELL_ME not in text_of(sign_in(colleague), address)
    wait_for_dates(actor=actor_for(stranger), course=course)
    team = actor_for(make_person(partnership, Role.TEAM))
    assert [one.wanting for one in wanted_dates(team, timezone.now())] == [1]
    own.opened_to_others = True
    own.save()
    assert not wanted_dates(team, timezone.now())


def test_a_date_whose_booking_has_closed_is_none_to_wait_for(partnership, client, course) -> None:
    closed = make_session(partnership, course=course, booking_closes_at=timezone.now() - timedelta(hours=1))
    page = text_of(client, f"{CATALOGUE}neglect/")
    assert f"sessions/{closed.pk}/" in page and "Booking has closed" in page
    assert "None of these dates is open for booking." in page and f"{TELL_ME} others" in page
    make_session(partnership, course=course, capacity=1, places_taken=1)
    assert TELL_ME not in text_of(client, f"{CATALOGUE}neglect/")
