"""The policy of Herefordshire: the certificate with the evaluation, then impact, line manager, record and report."""

import io
from datetime import UTC

import icalendar
import pypdf
import pytest
from playwright.sync_api import expect

from courses.models import Course
from partnerships.models import CompetencyGroup, Organisation
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.evaluations.made import at
from tests.factories import make_person, make_session
from tests.journeys import steps
from tests.journeys.conftest import run_jobs

pytestmark = pytest.mark.browser

COURSE = "Working Together to Safeguard Children (Level 2)"
STARTS = "2026-04-21 09:30"
ROOT = "/herefordshire/"


@pytest.fixture
def people(load, calendar):
    """The partnership in March, its people, and a session of level 2 after the clocks have changed."""
    calendar.turn_to("2026-03-02 10:00")
    partnership = load("herefordshire")
    with acting_in(partnership):
        own = {
            "organisation": Organisation.objects.get(name="Lugg Meadow Primary School"),
            "competency_group": CompetencyGroup.objects.get(code="2"),
        }
        people = {
            "learner": make_person(
                partnership,
                **own,
                name="Amina Ŵyn-Jones",
                line_manager_name="Head Teacher",
                line_manager_email="head@lugg.example",
            ),
            "trainer": make_person(partnership, Role.TRAINER, **own),
            "team": make_person(partnership, Role.TEAM, **own),
            "chair": make_person(partnership, Role.SUBGROUP_CHAIR, **own),
        }
        make_session(
            partnership,
            course=Course.objects.get(slug="working-together-level-2"),
            starts_at=at(STARTS),
            trainers=(people["trainer"],),
        )
    return partnership, people


def test_from_the_catalogue_to_the_published_report(people, calendar, open_browser):
    partnership, people = people
    learner = people["learner"]
    mine = open_browser()
    _book(mine, learner)
    _register(people, calendar, open_browser)
    run_jobs(partnership)
    number = _evaluate_on_a_phone_without_javascript(learner, open_browser)
    _check_the_number(number, open_browser)
    calendar.turn_to("2026-07-22 07:00")
    run_jobs(partnership)
    run_jobs(partnership)
    _say_what_changed(learner, open_browser)
    steps.see_the_record(open_browser(), ROOT, learner, number)
    report = steps.publish_the_report(
        open_browser, ROOT, "Quarter 1, 2026/27", team=people["team"], chair=people["chair"]
    )
    assert COURSE in report.words and COURSE in report.cells
    assert not [one for one in (report.words, *report.cells) if learner.name in one]


def _book(page, learner):
    steps.find_session(page, ROOT, "working together level 2", COURSE, "Tuesday 21 April 2026, 9:30am")
    page.get_by_role("button", name="Book a place").click()
    assert_accessible(page)
    steps.sign_in(page, learner)
    assert_accessible(page)
    steps.book(page, "A hearing loop")
    assert_accessible(page)
    [letter] = steps.letters_to(learner.email)
    assert letter["Subject"] == f"Booked: {COURSE}, 21 April 2026"
    [event] = icalendar.Calendar.from_ical(steps.attached(letter, "text/calendar")).walk("VEVENT")
    # Half past nine by UK clocks is half past eight in UTC once the clocks have changed.
    assert event["DTSTART"].dt.astimezone(UTC).strftime("%Y-%m-%d %H:%M") == "2026-04-21 08:30"


def _register(people, calendar, open_browser):
    calendar.turn_to("2026-04-21 13:05")
    page = open_browser(people["trainer"].user, width=320)
    steps.mark_present(page, ROOT, COURSE, people["learner"])


def _evaluate_on_a_phone_without_javascript(learner, open_browser) -> str:
    [letter] = steps.letters_to(learner.email, "How was")
    page, seeing = open_browser(width=320, javascript=False), open_browser()
    page.goto(steps.link_in(letter, "/s/survey-"))
    steps.answer_survey(page, checked_in=seeing)
    page.get_by_role("link", name="Go to your certificate").click()
    first, second = (steps.download(page, "Download the certificate (PDF)") for _ in range(2))
    assert first == second
    document = pypdf.PdfReader(io.BytesIO(first))
    assert document.root_object["/MarkInfo"]["/Marked"]
    assert document.root_object["/Lang"] == "en-GB"
    assert b"pdfuaid:part" in document.root_object["/Metadata"].get_data()
    text = " ".join(document.pages[0].extract_text().split())
    assert learner.name in text
    [issued] = steps.letters_to(learner.email, "Your certificate for")
    seeing.goto(steps.link_in(issued, "/s/certificate-"))
    assert_accessible(seeing)
    number = seeing.get_by_text("Certificate HSCP").first.inner_text().removeprefix("Certificate ")
    assert number in text
    return number


def _check_the_number(number, open_browser):
    page = open_browser()
    page.goto(f"{ROOT}certificates/check/")
    page.get_by_label("Certificate number").fill(number)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("heading", name="Genuine")).to_be_visible()
    assert_accessible(page)
    expect(page.get_by_text("A. Ŵ.")).to_be_visible()
    other = number[:-1] + ("3" if number.endswith("2") else "2")
    page.goto(f"{ROOT}certificates/check/?number={other}")
    expect(page.get_by_text("We have not issued a certificate with this number")).to_be_visible()


def _say_what_changed(learner, open_browser):
    page = open_browser(width=320)
    # Once each, although the jobs ran twice.
    for email, about in ((learner.email, "What has changed"), ("head@lugg.example", "")):
        [letter] = steps.letters_to(email, about)
        page.goto(steps.link_in(letter, "/s/survey-"))
        assert_accessible(page)
        steps.answer_survey(page)
        assert_accessible(page)
