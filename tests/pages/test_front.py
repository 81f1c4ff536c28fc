"""The front doors, the machinery's pages and the error pages."""

import pytest
from django.test import Client, override_settings

from partnerships.models import Person
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.factories import make_person, make_session


def test_the_portal_offers_the_open_partnerships_and_ones_own_first(client, partnership, neighbour) -> None:
    page = client.get("/").content.decode()
    assert partnership.name in page and neighbour.name in page
    person = make_person(partnership)
    with acting_in(neighbour):
        Person.objects.create(partnership=neighbour, user=person.user, name="Same", email="")
    client.force_login(person.user)
    page = client.get("/").content.decode()
    assert page.index("Your partnerships") < page.index("/betashire/me/") < page.index("Choose your")


def test_a_partnerships_front_page_shows_its_own_sessions_only(client, partnership, neighbour) -> None:
    mine = make_session(partnership)
    with acting_in(neighbour):
        theirs = make_session(neighbour)
        theirs_title = theirs.course.title
    page = client.get(f"/{partnership.slug}/").content.decode()
    assert mine.course.title in page
    assert f'">{theirs_title}</a>' not in page
    assert "What does my role need?" in page


@pytest.mark.parametrize("sessions", [1, 5])
def test_the_front_page_asks_the_same_number_of_questions(
    client, partnership, sessions, django_assert_num_queries
) -> None:
    for _ in range(sessions):
        make_session(partnership)
    client.get(f"/{partnership.slug}/")
    with django_assert_num_queries(10):
        client.get(f"/{partnership.slug}/")


@pytest.mark.parametrize("address", ["/accessibility/", "/privacy/"])
def test_the_plain_pages(client, db, address) -> None:
    assert client.get(address).status_code == 200


def test_the_machinery_is_told_that_the_portal_lives_and_can_work(client, db) -> None:
    assert client.get("/healthz").content == b"ok"
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"database": True, "broker": True, "migrations": True})


def test_without_a_broker_the_portal_says_which_part_is_missing(client, db) -> None:
    nobody_listens = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    with override_settings(CACHES=nobody_listens):
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["broker"]) == (503, False)
        assert client.get("/healthz").status_code == 200


def test_errors_wear_the_portals_own_look(partnership) -> None:
    client = Client()
    missing = client.get(f"/{partnership.slug}/courses/nothing/")
    assert missing.status_code == 404 and "Page not found" in missing.content.decode()
    client.force_login(make_person(partnership).user)
    forbidden = client.get(f"/{partnership.slug}/desk/")
    assert forbidden.status_code == 403 and "You cannot see this page" in forbidden.content.decode()
    for page in (missing, forbidden):
        assert "portal.css" in page.content.decode()


def test_a_form_without_its_token_is_refused_in_words(partnership) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_person(partnership).user)
    answer = client.post(f"/{partnership.slug}/me/details/contact/", {"name": "X"})
    assert answer.status_code == 403
    assert "Your page was out of date" in answer.content.decode()


def test_a_fault_of_the_portal_is_told_without_touching_the_database(partnership, monkeypatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("partnership_portal.pages.views.groups_with_needs", broken)
    answer = Client(raise_request_exception=False).get(f"/{partnership.slug}/")
    assert answer.status_code == 500
    assert "Sorry, there is a problem" in answer.content.decode()


def test_the_desk_and_my_page_say_what_is_to_be_done(partnership, sign_in) -> None:
    team, lead = make_person(partnership, Role.TEAM), make_person(partnership, Role.ORGANISATION_LEAD)
    make_session(partnership)
    assert "Registers outstanding" not in sign_in(team).get(f"/{partnership.slug}/desk/").content.decode()
    assert "To do now" in sign_in(lead).get(f"/{partnership.slug}/me/").content.decode()


def test_colours_follow_the_partnership(client, partnership) -> None:
    sheet = client.get(f"/{partnership.slug}/colours.css")
    assert sheet.headers["Content-Type"] == "text/css"
    assert partnership.brand_colour in sheet.content.decode()


def test_unknown_partnerships_are_not_found(client, db) -> None:
    assert client.get("/nowhere/").status_code == 404
