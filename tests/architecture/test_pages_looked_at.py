"""The list of pages to look at with axe: it comes from the URL table, and a new page is on it by itself."""

from tests import pages_looked_at
from tests.architecture.addresses import every_address


def test_what_is_left_out_is_there() -> None:
    named = {one.name for one in every_address()}
    left_out = {name for names in pages_looked_at._NO_PAGE.values() for name in names}
    assert left_out | pages_looked_at._NOT_YET <= named
    assert not left_out & pages_looked_at._NOT_YET


def test_files_and_buttons_are_no_pages_and_the_rest_is() -> None:
    pages = pages_looked_at.pages()
    assert {"pages:home", "bookings:book", "evaluations:survey_page", "demo:clock"} <= pages
    assert not {"compliance:report_file", "bookings:calendar", "courses:desk_task_up", "demo:sign_in"} & pages


def test_a_page_that_nobody_looked_at_is_missed(monkeypatch) -> None:
    pages = pages_looked_at.pages()
    monkeypatch.setattr(pages_looked_at, "_looked_at", pages - {"pages:home"})
    assert pages_looked_at.missed() == ["pages:home"]
    monkeypatch.setattr(pages_looked_at, "_looked_at", pages)
    assert pages_looked_at.missed() == []
