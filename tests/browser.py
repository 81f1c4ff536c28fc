"""A real Chromium for journeys: pages are driven as their users do, and checked with axe and at 320 px."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from partnerships.models import User
from tests import pages_looked_at
from tests.factories import make_login

# Playwright's own event loop runs in the test's thread; the test still calls the ORM in order, one call at a time.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

_RUN_AXE = "axe.run({resultTypes: ['violations']}).then(found => found.violations)"
NARROW = {"width": 320, "height": 720}
WIDE = {"width": 1280, "height": 900}


def browser_path() -> str | None:
    """The browser that make test has found, or Debian's."""
    return shutil.which(os.environ.get("PORTAL_CHROMIUM") or "chromium")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    path = browser_path()
    assert path, "The journeys need Chromium: install it, or run make test, which finds or installs it."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def open_browser(browser, live_server) -> Iterator[Callable[..., Page]]:
    """Open a window on the running portal: ``open_browser(user, width=320, javascript=False)``."""
    contexts: list[BrowserContext] = []

    def window(user: User | None = None, *, width: int = 1280, javascript: bool = True) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            java_script_enabled=javascript,
            locale="en-GB",
            timezone_id="Europe/London",
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        if user is not None:
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": make_login(user), "url": live_server.url}]
            )
        return context.new_page()

    yield window
    for context in contexts:
        context.close()


def assert_accessible(page: Page) -> None:
    """The page has no axe violation, wide and narrow, and nothing sticks out at 320 px."""
    before = page.viewport_size
    page.evaluate(AXE_SCRIPT)
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        # The page follows with what can be scrolled now, before it is next drawn.
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        found = page.evaluate(_RUN_AXE)
        told = [
            f"{one['id']}: {one['help']} at {[node['target'] for node in one['nodes']][:3]}" for one in found
        ]
        assert not told, f"{page.url} at {size['width']} px: {told}"
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{page.url} is {overflow} px too wide at 320 px"
    pages_looked_at.note(page)
    if before:
        page.set_viewport_size(before)
