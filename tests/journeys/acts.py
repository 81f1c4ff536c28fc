"""What each part of the demonstration does: one act from the first page to its end, with axe on the way."""

from playwright.sync_api import Page, expect

from tests.browser import assert_accessible
from tests.journeys import steps

ROOT = "/herefordshire/"
# Catalogue and lists are longer than this act needs them; the first that can be booked will do.
_MOST_TRIED = 12


def practitioner(page: Page) -> None:
    """Book a place at the first session that takes bookings."""
    page.goto(f"{ROOT}courses/?places=on")
    assert_accessible(page)
    _open_session_with(page, "Book a place")
    assert_accessible(page)
    page.get_by_role("button", name="Book a place").click()
    assert_accessible(page)
    reason = page.get_by_label("Why do you want to come all the same?")
    steps.book(page, reason="I support a family." if reason.count() else "")
    assert_accessible(page)


def manager(page: Page) -> None:
    """Answer the form about somebody of the team."""
    page.goto(f"{ROOT}team/")
    page.locator(".govuk-task-list a").first.click()
    assert_accessible(page)
    steps.answer_survey(page)


def lead(page: Page) -> None:
    """Book a colleague."""
    page.goto(f"{ROOT}courses/?places=on")
    _open_session_with(page, "Book for several people")
    page.get_by_role("link", name="Book for several people").click()
    assert_accessible(page)
    page.get_by_role("group", name="People").get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Check the list").click()
    assert_accessible(page)
    page.get_by_label("Everybody on this list has agreed").check()
    page.get_by_role("button", name="Book 1 person").click()
    expect(page.get_by_role("heading", name="Booked for")).to_be_visible()
    assert_accessible(page)


def trainer(page: Page) -> None:
    """Mark somebody present in a register that is to be marked."""
    page.goto(f"{ROOT}training/")
    page.locator("a[href*='/register/']").first.click()
    assert_accessible(page)
    present = page.get_by_role("button", name="Present ").and_(page.locator("[aria-pressed=false]")).first
    name = present.get_attribute("aria-label") or present.inner_text()
    present.click()
    expect(page.get_by_role("button", name=name).first).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.get_by_role("button", name=name).first).to_have_attribute("aria-pressed", "true")


def observer(page: Page) -> None:
    """Fill in the form of an observation."""
    page.goto(f"{ROOT}observations/")
    # The newest come first: those that are still to take place can't be sent yet.
    page.locator(".portal-session__title a").last.click()
    assert_accessible(page)
    steps.answer_survey(page)


def reader(page: Page) -> None:
    """Open the newest report and download it."""
    page.goto(f"{ROOT}subgroup/")
    page.locator(".portal-results__title a").first.click()
    assert_accessible(page)
    assert steps.download(page, "Download PDF").startswith(b"%PDF-")


def team(page: Page) -> None:
    """Publish the session that is still a draft."""
    page.goto(f"{ROOT}desk/sessions/?show=draft")
    assert_accessible(page)
    page.locator("tbody").get_by_role("link").first.click()
    assert_accessible(page)
    page.get_by_role("button", name="Publish").click()
    assert_accessible(page)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("The session is published.")).to_be_visible()
    assert_accessible(page)


ACTS = {
    "practitioner": practitioner,
    "manager": manager,
    "lead": lead,
    "trainer": trainer,
    "observer": observer,
    "member": reader,
    "chair": reader,
    "team": team,
}


def _open_session_with(page: Page, link: str) -> None:
    """Open the first session of the catalogue that offers this."""
    catalogue = page.url
    for number in range(_MOST_TRIED):
        page.goto(catalogue)
        page.locator(".portal-results a[href*='/courses/']").nth(number).click()
        session = page.locator("a[href*='/sessions/']").first
        if not session.count():
            continue
        session.click()
        if page.get_by_role("main").get_by_text(link, exact=True).count():
            return
    raise AssertionError(f"No session offers “{link}”.")
