"""The strategy page as its readers see it."""

import pytest
from playwright.sync_api import expect

from partnership_portal.onboarding.loading import load_profile
from partnership_portal.onboarding.reading import read_file
from tests.browser import assert_accessible

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_strategy_page_is_accessible_and_opens_a_history(open_browser, tmp_path) -> None:
    text = read_file("sandwell")
    load_profile(text=text)
    load_profile(text=text.replace("open_days = { value = 60,", "open_days = { value = 30,"))
    page = open_browser(javascript=False)
    page.goto("/sandwell/strategy/")
    page.get_by_text("History of “How long it is open”").click()
    expect(page.get_by_text("The evaluation stays open for 60 days after the session.").first).to_be_visible()
    page.get_by_role("link", name="Versions of these rules").click()
    expect(page.get_by_role("heading", name="Version 2, from")).to_be_visible()
    with_javascript = open_browser()
    with_javascript.goto("/sandwell/strategy/")
    assert_accessible(with_javascript)
    with_javascript.set_viewport_size({"width": 320, "height": 800})
