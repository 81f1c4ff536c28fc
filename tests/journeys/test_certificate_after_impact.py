"""The policy of Harrow: no certificate with the evaluation, but with the impact answer six to eight weeks later."""

import pytest
from playwright.sync_api import expect

from courses.models import Course
from evaluations.models import Certificate
from partnerships.models import CompetencyGroup, Organisation
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.evaluations.made import at
from tests.factories import make_person, make_session
from tests.journeys import steps
from tests.journeys.conftest import run_jobs

pytestmark = pytest.mark.browser

ROOT = "/harrow/"


@pytest.fixture
def people(load, calendar):
    """The partnership in September, a learner, a trainer, and a session in October before the clocks change."""
    calendar.turn_to("2026-09-01 10:00")
    partnership = load("harrow")
    with acting_in(partnership):
        own = {
            "organisation": Organisation.objects.first(),
            "competency_group": CompetencyGroup.objects.first(),
        }
        learner = make_person(partnership, **own, name="Dilys Ŷorath")
        trainer = make_person(partnership, Role.TRAINER, **own)
        readers = [make_person(partnership, role, **own) for role in (Role.TEAM, Role.SUBGROUP_CHAIR)]
        course = Course.objects.get(slug="advanced")
        make_session(partnership, course=course, starts_at=at("2026-10-20 13:30"), trainers=(trainer,))
    return partnership, learner, trainer, course, readers


def test_certificate_comes_with_the_impact_answer(people, calendar, open_browser):
    partnership, learner, trainer, course, (team, chair) = people
    page = open_browser(width=320)
    steps.find_session(page, ROOT, "advanced", course.title, "Tuesday 20 October 2026, 1:30pm")
    expect(page.get_by_text("You get your certificate when you have")).to_be_visible()
    page.get_by_role("button", name="Book a place").click()
    assert_accessible(page)
    steps.sign_in(page, learner)
    assert_accessible(page)
    steps.book(page, reason="I work with families whom I assess.")
    assert_accessible(page)

    calendar.turn_to("2026-10-20 17:00")
    steps.mark_present(open_browser(trainer.user, width=320), ROOT, course.title, learner)
    run_jobs(partnership)
    [letter] = steps.letters_to(learner.email, "How was")
    page, seeing = open_browser(width=320, javascript=False), open_browser()
    page.goto(steps.link_in(letter, "/s/survey-"))
    assert not page.get_by_text("Your certificate is issued").count()
    steps.answer_survey(page, checked_in=seeing)
    main = page.locator("main")
    assert main.get_by_text("certificate").first.is_visible(), "the page says when the certificate comes"
    assert not main.get_by_role("link", name="certificate").count()
    run_jobs(partnership)
    _has_no_certificate(partnership, learner, open_browser)

    calendar.turn_to("2026-11-30 08:00")
    run_jobs(partnership)
    assert not steps.letters_to(learner.email, "What has changed")
    calendar.turn_to("2026-12-01 20:00")
    run_jobs(partnership)
    [letter] = steps.letters_to(learner.email, "What has changed")
    page = open_browser(width=320)
    page.goto(steps.link_in(letter, "/s/survey-"))
    expect(page.get_by_text("Your certificate is issued as soon as you send your answers.")).to_be_visible()
    steps.answer_survey(page, checked_in=seeing)
    page.get_by_role("link", name="Go to your certificate").click()
    assert_accessible(page)
    assert steps.download(page, "Download the certificate (PDF)").startswith(b"%PDF")
    with acting_in(partnership):
        number = Certificate.objects.get().number
    steps.see_the_record(open_browser(), ROOT, learner, number)

    calendar.turn_to("2027-01-05 09:00")
    run_jobs(partnership)
    report = steps.publish_the_report(open_browser, ROOT, "Quarter 3, 2026/27", team=team, chair=chair)
    assert course.title in report.words and course.title in report.cells
    assert not [one for one in (report.words, *report.cells) if learner.name in one]


def _has_no_certificate(partnership, learner, open_browser):
    assert not steps.letters_to(learner.email, "Your certificate")
    with acting_in(partnership):
        assert not Certificate.objects.exists()
    page = open_browser(learner.user)
    page.goto(f"{ROOT}me/record/")
    assert_accessible(page)
    assert not page.locator("main").get_by_role("link", name="Certificate").count()
