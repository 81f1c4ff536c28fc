"""Every widget and component in a real browser, under the content security policy, with axe."""

import mimetypes
import re
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Route, expect

from partnership_portal.colours import stylesheet
from tests.browser import assert_accessible
from tests.look import kitchen_sink

STATIC = Path(settings.BASE_DIR) / "static"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'"
ADDRESS = "http://look.test/page/"


@pytest.fixture
def shown(browser):
    """Show a page as if it came from the portal, with its static files and a brand colour."""
    contexts = []

    def show(html: str, *, brand: str = "#6b2c5e", javascript: bool = True):
        def answer(route: Route) -> None:
            path = route.request.url.split("?")[0].removeprefix("http://look.test")
            if path.startswith("/static/"):
                file = STATIC / path.removeprefix("/static/")
                kind = mimetypes.guess_type(file.name)[0] or "font/woff2"
                route.fulfill(body=file.read_bytes(), content_type=kind)
            elif path.endswith(".css"):
                route.fulfill(body=stylesheet(brand), content_type="text/css")
            else:
                headers = {"Content-Security-Policy": POLICY}
                route.fulfill(body=html, content_type="text/html; charset=utf-8", headers=headers)

        context = browser.new_context(java_script_enabled=javascript, viewport={"width": 1280, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on(
            "console",
            lambda message: page.complaints.append(message.text) if message.type == "error" else None,
        )
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.route("**/*", answer)
        page.goto(ADDRESS)
        return page

    yield show
    for context in contexts:
        context.close()


@pytest.mark.urls("tests.look.urls")
@pytest.mark.parametrize("brand", ["#6b2c5e", "#f2b705"])
@pytest.mark.parametrize("bound", [False, True], ids=["empty", "refused"])
def test_every_component_is_accessible(shown, bound, brand):
    page = shown(kitchen_sink.page(bound=bound), brand=brand)
    assert_accessible(page)
    assert page.complaints == []


@pytest.mark.urls("tests.look.urls")
def test_the_error_summary_takes_the_focus_and_leads_to_the_field(shown):
    page = shown(kitchen_sink.page(bound=True))
    expect(page).to_have_title(re.compile("^Error: "))
    page.get_by_role("link", name="Choose level").click()
    assert page.evaluate("document.activeElement.id") == "id_level_0"
    page.get_by_role("link", name="Session date must include a month").click()
    assert page.evaluate("document.activeElement.id") == "id_day_month"


@pytest.mark.urls("tests.look.urls")
def test_nothing_is_hidden_without_javascript(shown):
    page = shown(kitchen_sink.page(bound=False), javascript=False)
    expect(page.get_by_role("navigation", name="Menu").get_by_role("link", name="My page")).to_be_visible()
    expect(page.get_by_role("button", name="Save and continue")).to_be_visible()
    assert not page.get_by_role("button", name="Menu").is_visible()
