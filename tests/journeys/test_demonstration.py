"""The demonstration: everybody signs in by a button, finds no dead end and does their part; the clock turns."""

import re
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Page, expect

from partnership_portal.demo.cast import PARTS
from partnership_portal.demo.loading import load
from partnership_portal.onboarding.reading import SHIPPED
from partnerships.models import Partnership
from tests.browser import assert_accessible
from tests.journeys import acts, steps

pytestmark = pytest.mark.browser

ELSEWHERE = re.compile(r"^/(accounts|admin|demo|static)/|^/accessibility/|^/privacy/")
# Four months of work are done while somebody waits for the clock's page.
PATIENCE = 120_000


@pytest.fixture
def demonstration(transactional_db, live_server, settings) -> Partnership:
    settings.PORTAL_BASE_URL = live_server.url
    settings.EMAIL_BACKEND = "partnership_portal.demo.mailbox.EmailBackend"
    load(SHIPPED / "herefordshire.toml")
    return Partnership.objects.get(slug="herefordshire")


def test_every_role_and_then_the_clock(demonstration, open_browser, subtests):
    """In one test, because the demonstration takes longer to load than a role to try."""
    assert len(PARTS) == 8
    for part in PARTS:
        with subtests.test(part.title):
            page = open_browser()
            page.goto("/demo/")
            button = f"Sign in as {part.title.lower()} of {demonstration.name}"
            page.get_by_role("button", name=button).click()
            assert page.url.endswith(landing(part.key))
            assert_accessible(page)
            tried, dead = dead_ends(page)
            assert not dead
            # Whoever has a place of their own in the navigation has been there.
            assert {f"/herefordshire/{place}" for place in places(part.key)} <= tried
            acts.ACTS[part.key](page)
    with subtests.test("clock and mailbox"):
        _turn_the_clock(open_browser())


def landing(key: str) -> str:
    return "/herefordshire/desk/" if key == "team" else "/herefordshire/me/"


def places(key: str) -> list[str]:
    own = {
        "manager": "team/",
        "lead": "organisation/",
        "trainer": "training/",
        "observer": "observations/",
        "member": "subgroup/",
        "chair": "subgroup/",
        "team": "desk/",
    }
    return ["me/", "courses/", *filter(None, [own.get(key)])]


def dead_ends(page: Page) -> tuple[set[str], dict[str, int]]:
    """Follow every link of the first page, then one link to each other page; what was tried, what wasn't a 200."""
    first = urlsplit(page.url).path
    tried: set[str] = set()
    names: set[str] = set()
    waiting, dead = [first], {}
    while waiting:
        path = waiting.pop(0)
        if path in tried:
            continue
        tried.add(path)
        answer = page.request.get(path)
        if answer.status != 200:
            dead[path] = answer.status
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        for href in re.findall(r'<a [^>]*href="([^"]+)"', answer.text()):
            target = urlsplit(urljoin(path, href))
            if target.scheme or target.netloc or ELSEWHERE.search(target.path):
                continue
            name = _name(target.path)
            if path == first or name not in names:
                names.add(name)
                waiting.append(target.path)
    return tried, dead


def _name(path: str) -> str:
    try:
        return resolve(path).view_name
    except Resolver404:
        return path


def _turn_the_clock(page: Page) -> None:
    page.set_default_timeout(PATIENCE)
    page.goto("/demo/mailbox/")
    assert_accessible(page)
    page.goto("/demo/clock/")
    assert_accessible(page)
    page.get_by_label("For which partnership?").select_option(
        label="Herefordshire Safeguarding Children Partnership"
    )
    page.get_by_role("button", name="Run the jobs").click()
    expect(page.get_by_role("heading", name="Done, as of")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Read the messages in the mailbox").click()
    assert_accessible(page)
    page.get_by_label("To (name or address)").fill("practitioner@herefordshire.example")
    page.get_by_role("button", name="Show").click()
    page.locator(".portal-results a").first.click()
    assert_accessible(page)
    link = page.locator(".portal-letter a").first
    assert "/herefordshire/" in link.get_attribute("href")
    page.goto(link.get_attribute("href"))
    if page.get_by_role("button", name="Start").count():
        steps.answer_survey(page)
