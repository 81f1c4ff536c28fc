"""Booking and evaluating with JavaScript switched off, and finding one's way with the keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

from evaluations.jobs import ask_for_evaluations
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.evaluations.made import adopt, booked, held
from tests.factories import make_partnership, make_person, make_session
from tests.journeys import steps

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROOT = "/plainshire/"


@pytest.fixture
def shire(db):
    """A partnership, somebody in it, a session to book and one to evaluate."""
    partnership = make_partnership("plainshire")
    with acting_in(partnership):
        adopt(partnership)
        person, coming, past = make_person(partnership), make_session(partnership), held(partnership)
        booked(past, person=person)
    ask_for_evaluations(partnership, past.ends_at)
    return partnership, person, coming, past


def test_book_and_evaluate(shire, open_browser):
    _, person, coming, past = shire
    page = open_browser(width=320, javascript=False)
    page.goto(f"{ROOT}sessions/{coming.pk}/")
    page.get_by_role("button", name="Book a place").click()
    steps.sign_in(page, person)
    page.get_by_role("button", name="Book the place").click()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_role("link", name="Confirm that you can come")).to_be_visible()
    steps.book(page)
    page.get_by_role("link", name="My page").click()
    page.get_by_role("link", name=f"Evaluate {past.course.title}").click()
    steps.answer_survey(page)
    page.get_by_role("link", name="Download your certificate (PDF)").wait_for()
    page.get_by_role("link", name="Go to my page").click()
    page.get_by_role("link", name="My training record and certificates").click()
    expect(page.get_by_role("link", name="Certificate for")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in", exact=True).first).to_be_visible()


def test_keyboard(shire, open_browser):
    _, person, coming, _ = shire
    page = open_browser(person.user)
    page.goto(f"{ROOT}sessions/{coming.pk}/book/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main-content"
    page.get_by_role("button", name="Book the place").press("Enter")
    # Also after the skip link: its target must not stay in the address and take the focus back.
    page.locator(".govuk-error-summary:focus").wait_for()
    assert_accessible(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "declaration"
    page.keyboard.press("Space")
    page.get_by_role("button", name="Book the place").press("Enter")
    expect(page.get_by_text("You have a place.")).to_be_visible()
