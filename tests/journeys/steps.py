"""What people do on the portal's pages, step by step, in a real browser."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message as Letter
from pathlib import Path

import pypdf
import python_calamine
from django.core import mail
from playwright.sync_api import Page, expect

from partnerships.models import Person
from tests.browser import assert_accessible

PASSWORD = "correct horse battery"
MOST_PAGES = 12


def sign_in(page: Page, person: Person) -> None:
    """Fill in the form for signing in, which is on the page already."""
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def find_session(page: Page, root: str, words: str, title: str, when: str) -> None:
    """Go from the partnership's front page over the catalogue's search to a session."""
    page.goto(root)
    assert_accessible(page)
    page.goto(f"{root}courses/")
    if not page.get_by_label("Search").is_visible():
        # On a phone the filters are folded.
        page.get_by_text("Search and filter").click()
    page.get_by_label("Search").fill(words)
    page.get_by_role("button", name="Apply filters").click()
    assert_accessible(page)
    page.get_by_role("link", name=title, exact=True).click()
    assert_accessible(page)
    page.get_by_role("link", name=when, exact=True).click()
    assert_accessible(page)


def book(page: Page, needs: str = "", *, reason: str = "") -> None:
    """Book from the session's page, signed in; with a reason where the course is for others."""
    if reason:
        page.get_by_label("Why do you want to come all the same?").fill(reason)
    page.get_by_label("Is there anything you need to take part?").fill(needs)
    page.get_by_label("My manager agrees", exact=False).check()
    page.get_by_role("button", name="Book the place").click()
    expect(page.get_by_text("You have a place. We have sent the details by email.")).to_be_visible()


def mark_present(page: Page, root: str, course: str, *people: Person) -> None:
    """Open the register of the last session from the trainer's page and mark everybody present."""
    page.goto(f"{root}training/")
    assert_accessible(page)
    page.get_by_role("link", name=course).first.click()
    assert_accessible(page)
    for number, person in enumerate(people, start=1):
        page.get_by_role("button", name=f"Present {person.name}", exact=True).click()
        page.locator("[data-count=present]").get_by_text(str(number), exact=True).wait_for()
    page.reload()
    for person in people:
        button = page.get_by_role("button", name=f"Present {person.name}", exact=True)
        assert button.get_attribute("aria-pressed") == "true"


_DATE = {"day": "1", "month": "2", "year": "2027"}


def answer_survey(page: Page, *, checked_in: Page | None = None) -> None:
    """Answer every question from the survey's start to the thanks; each page is checked in a second window.

    The second window has JavaScript, which axe needs and the one who answers does not.
    """

    def check() -> None:
        if checked_in is not None:
            checked_in.goto(page.url)
            assert_accessible(checked_in)

    check()
    page.get_by_role("button", name="Start").click()
    for _ in range(MOST_PAGES):
        check()
        if page.get_by_role("button", name="Send answers").count():
            break
        for group in page.get_by_role("group").all():
            if (choices := group.get_by_role("radio")).count():
                choices.first.check()
        for box in page.get_by_role("textbox").all():
            part = (box.get_attribute("name") or "").rpartition("_")[2]
            box.fill(_DATE.get(part, "I listen to the child first."))
        # With JavaScript the page first saves what was typed, and is left after that.
        with page.expect_navigation():
            page.get_by_role("button", name="Save and continue").click()
    page.get_by_role("button", name="Send answers").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    check()


def see_the_record(page: Page, root: str, person: Person, number: str) -> None:
    """Sign in to the own record, which has the certificate of this number."""
    page.goto(f"{root}me/record/")
    assert_accessible(page)
    sign_in(page, person)
    expect(page.get_by_role("link", name=number)).to_be_visible()
    assert_accessible(page)


@dataclass(frozen=True)
class Report:
    """What stands in a published report: the words of its PDF, and every cell of its spreadsheet."""

    words: str
    cells: list[str]


def publish_the_report(
    open_browser: Callable[..., Page], root: str, quarter: str, *, team: Person, chair: Person
) -> Report:
    """The team builds and publishes the report on a quarter; the chair of the sub-group opens and downloads it."""
    page = open_browser(team.user)
    for address in ("desk/", "desk/reports/"):
        page.goto(f"{root}{address}")
        assert_accessible(page)
    page.get_by_label(quarter).check()
    page.get_by_role("button", name="Build the report").click()
    page.get_by_role("button", name="Publish to the sub-group").click()
    assert_accessible(page)
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("The report is published.")).to_be_visible()
    assert_accessible(page)
    page = open_browser()
    page.goto(f"{root}subgroup/")
    sign_in(page, chair)
    assert_accessible(page)
    pdf = download(page, "PDF", "link")
    assert pdf == download(page, "PDF", "link")
    words = " ".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    book = python_calamine.load_workbook(io.BytesIO(download(page, "spreadsheet", "link")))
    rows = [row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()]
    page.get_by_role("heading", level=3).get_by_role("link").first.click()
    assert_accessible(page)
    return Report(" ".join(words.split()), [str(cell) for row in rows for cell in row])


def download(page: Page, name: str, role: str = "button") -> bytes:
    """Press what downloads a file; gives its bytes."""
    with page.expect_download() as got:
        page.get_by_role(role, name=name).first.click()
    return Path(got.value.path()).read_bytes()


def letters_to(email: str, about: str = "") -> list[Letter]:
    """The messages that have gone to an address, oldest first, with these words in the subject."""
    return [
        letter.message()
        for letter in mail.outbox
        if any(email in to for to in letter.to) and about.lower() in letter.subject.lower()
    ]


def link_in(letter: Letter, part: str) -> str:
    """The address in a message's plain text that contains this part."""
    text = next(one for one in letter.walk() if one.get_content_type() == "text/plain")
    words = text.get_payload(decode=True).decode()
    found = re.search(rf"https?://\S*{re.escape(part)}\S*", words)
    assert found, f"No link with {part} in: {words}"
    return found[0]


def attached(letter: Letter, content_type: str) -> bytes:
    """The attachment of this type."""
    return next(one for one in letter.walk() if one.get_content_type() == content_type).get_payload(
        decode=True
    )
