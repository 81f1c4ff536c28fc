"""Which pages a run looked at with axe and at 320 px, held against the URL table when the whole suite has run.

Each page that ``assert_accessible`` finds in order is noted here by the name of its address. What the workers noted
comes together at the end, so that no list can say that a page was looked at when it wasn't. A page that nobody has
looked at fails the run.
"""

import inspect
import re
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Page

from tests.architecture.addresses import Address, every_address

_KEY = "pages_looked_at"
_FILE = re.compile(r"\.(\{ending\}|pdf|ics|jwt|zip|css)$")
_ONLY_A_BUTTON = re.compile(r"@require_POST|@require_http_methods\(\[\"POST\"\]\)")
_WHAT_TO_DO = (
    "Open each in a browser test and call assert_accessible (tests/browser.py); where there is nothing to look at, "
    "say why in tests/pages_looked_at.py."
)
# Addresses at which a browser shows no page of ours, and why; files and buttons are found out by themselves.
_NO_PAGE = {
    "for machines": (
        *("alive", "ready", "evaluations:issuer", "evaluations:badge_keys", "evaluations:badge_key"),
        "evaluations:badge_status",
    ),
    "files whose address does not end as they do": (
        *("demo:attachment", "demo:meeting_report", "evaluations:bundle_file", "bookings:evidence"),
    ),
    "letters as mail programs show them, in a frame of a page that is looked at": (
        *("demo:message_html", "notifications:template_html"),
    ),
    "leads on to another page": ("partnerships:claim", "partnerships:role_grant", "bookings:batch_draw"),
}
# Pages from before this was kept, that no browser test opens yet: each that one opens goes off this list.
_NOT_YET = frozenset(
    {
        *("bookings:claim_record", "notifications:stop", "compliance:training_withdraw"),
        *("courses:desk_agreement", "courses:desk_year_progress", "courses:desk_year_publish"),
        *("evaluations:agree_action", "evaluations:code_supervision", "evaluations:code_survey_check"),
        *("evaluations:code_survey_left", "evaluations:code_survey_page", "evaluations:code_survey_sent"),
        *("evaluations:my_survey_check", "evaluations:my_survey_left", "evaluations:my_survey_not_manager"),
        *("evaluations:my_survey_page", "evaluations:typed_sent"),
        "evaluations:redact_earlier",
    }
)
_looked_at: set[str] = set()


def note(page: Page) -> None:
    """Remember that this page was looked at, unless it is one that says no."""
    status = page.evaluate("performance.getEntriesByType('navigation')[0].responseStatus")
    try:
        name = resolve(urlsplit(page.url).path).view_name
    except Resolver404:
        return
    if status == 200:
        _looked_at.add(name)


def pages() -> set[str]:
    """The names of all addresses that show a page."""
    without = {name for names in _NO_PAGE.values() for name in names}
    return {one.name for one in every_address() if _shows_a_page(one)} - without


def missed() -> list[str]:
    """The pages that no test of this run has looked at, but should have."""
    return sorted(pages() - _looked_at - _NOT_YET)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node) -> None:
    """A worker has ended: take over what it noted."""
    _looked_at.update(getattr(node, "workeroutput", {}).get(_KEY, []))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the controller what was looked at; there, fail a run of everything that has missed a page."""
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput[_KEY] = sorted(_looked_at)
    elif _is_whole(config) and session.exitstatus == pytest.ExitCode.OK and missed():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which pages nobody has looked at, and what to do about it."""
    if not _is_whole(config):
        return
    if names := missed():
        terminalreporter.section("pages that nobody looked at", red=True)
        terminalreporter.line(", ".join(names))
        terminalreporter.line(_WHAT_TO_DO)
    if names := sorted(_looked_at & _NOT_YET):
        terminalreporter.section("pages that are looked at by now", yellow=True)
        terminalreporter.line(f"{', '.join(names)}: take them off the list in tests/pages_looked_at.py.")


def _shows_a_page(address: Address) -> bool:
    view = inspect.getsource(inspect.unwrap(address.view))
    return not _FILE.search(address.route) and not _ONLY_A_BUTTON.search(view)


def _is_whole(config: pytest.Config) -> bool:
    chosen = config.option.keyword or config.option.markexpr or config.getoption("lf", False)
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not chosen
