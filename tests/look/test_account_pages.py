"""The frame and allauth's pages on the running portal: accessible, styled, and quiet in the browser's console."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import assert_accessible

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    "path",
    ["login/", "signup/", "password/reset/", "password/reset/done/", "confirm-email/", "confirm-email/none/"],
)
def test_pages_on_the_way_in(open_browser, path):
    page = open_browser()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(f"/accounts/{path}")
    assert page.locator("h1").count() == 1
    assert_accessible(page)
    assert complaints == []


def test_a_refused_sign_in_says_what_is_missing(open_browser):
    page = open_browser(width=320)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_title(re.compile("^Error: Sign in"))
    page.get_by_role("link", name="Enter password").click()
    assert page.evaluate("document.activeElement.name") == "password"
    assert_accessible(page)


def test_a_page_that_is_not_there(open_browser):
    page = open_browser()
    answer = page.goto("/no-such-partnership/")
    assert answer.status == 404
    assert page.get_by_role("heading", level=1).inner_text() == "Page not found"
    assert_accessible(page)
