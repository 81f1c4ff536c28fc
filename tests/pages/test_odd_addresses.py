"""Addresses with what no row can have: the page is not found or says what is wrong, and nothing breaks."""

import inspect
import re

import pytest
from django.core.cache import cache
from django.test import Client

from partnerships.permissions import Role
from tests.architecture.addresses import every_address, partnership_addresses
from tests.factories import make_course, make_person, make_session

HUGE = "99999999999999999999"
NUMBERED = [one for one in partnership_addresses() if "/999999/" in one.path]
OPEN = [one for one in every_address() if one.view.access in {"public", "link", "anyone"}]
# As they stand in an address, escapes and all.
ODD = {
    "a NUL": "%00",
    "a NUL inside": "x%00y",
    "overlong": "x" * 5000,
    "a lone surrogate": "%ED%A0%80",
    "half a letter": "%C3",
    "broken escapes": "%zz%1",
    "huge": HUGE,
    "more digits than Python reads": "9" * 5000,
    "negative": "-1",
    "two numbers": "1.1.",
    "a quote": "%27%22%3C%5C",
    "a new line": "x%0D%0Ay",
}


@pytest.fixture
def _demonstration(settings) -> None:
    settings.PORTAL_DEMO = True


@pytest.mark.parametrize("address", NUMBERED, ids=lambda one: one.name)
def test_a_number_beyond_all_keys_is_not_found(address, partnership, sign_in) -> None:
    everything = (Role.TEAM, Role.TRAINER, Role.OBSERVER, Role.ORGANISATION_LEAD, Role.SUBGROUP_CHAIR)
    manager = make_person(partnership, *everything)
    make_person(partnership, line_manager=manager)
    browser = sign_in(manager)
    assert browser.get(address.path.replace("999999", HUGE)).status_code in {404, 405}


@pytest.mark.parametrize("query", ["9" * 5000, HUGE, "x"], ids=["long", "huge", "none"])
def test_an_organisation_that_no_row_can_be_is_not_found(query, partnership, sign_in) -> None:
    browser = sign_in(make_person(partnership, Role.ORGANISATION_LEAD))
    assert browser.get(f"/{partnership.slug}/organisation/?organisation={query}").status_code == 404


def test_there_are_open_addresses_with_parts_of_every_kind() -> None:
    parts = {part for one in OPEN for part in one.parts}
    assert {"token", "slug", "kid", "secret", "number", "pk"} <= parts and len(OPEN) > 30


@pytest.mark.usefixtures("_demonstration")
@pytest.mark.parametrize("address", [one for one in OPEN if one.parts], ids=lambda one: one.name)
def test_no_part_of_an_open_address_breaks_the_page(address, partnership) -> None:
    browser = Client()
    for part in address.parts:
        for what, odd in ODD.items():
            path = address.at(**{part: odd})
            assert browser.get(path).status_code in {404, 405, 409}, f"{part} is {what}"
            assert browser.post(path).status_code in {404, 405, 409}, f"{part} is {what}, posted"


@pytest.mark.usefixtures("_demonstration")
@pytest.mark.parametrize(
    "address", [one for one in OPEN if one.view.access != "link"], ids=lambda one: one.name
)
def test_no_query_breaks_an_open_page(address, partnership) -> None:
    course = make_course(partnership)
    session = make_session(partnership, course=course)
    path = address.at(slug=course.slug, pk=session.pk)
    browser = Client()
    plain = browser.get(path)
    fields = re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', plain.content.decode())
    said = re.findall(r'request\.GET\.get(?:list)?\("(\w+)"|"(\w+)" in request\.GET', _module_of(address))
    names = {*fields, *("".join(one) for one in said), "page", "next"}
    for odd in ODD.values():
        alone = [f"{name}={odd}" for name in sorted(names)]
        for query in [*alone, "&".join(alone), odd, f"{odd}={odd}"]:
            # Forget how often certificates were checked, or the check would soon say no to all.
            cache.clear()
            assert browser.get(f"{path}?{query}").status_code == plain.status_code, query[:60]


def _module_of(address) -> str:
    return inspect.getsource(inspect.getmodule(inspect.unwrap(address.view)))
