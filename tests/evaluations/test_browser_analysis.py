"""The analysis in Chromium: by filter, a session's report, and answers one by one; every page accessible."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from evaluations.services import analyses
from partnerships.models import Partnership
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.evaluations.made import adopt, held
from tests.evaluations.test_summaries import evaluated, rated
from tests.factories import make_course, make_partnership, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shire(db) -> Partnership:
    partnership = make_partnership("analysisshire")
    with acting_in(partnership):
        adopt(partnership)
    return partnership


def test_from_the_whole_to_one_session_and_its_answers(shire, open_browser):
    with acting_in(shire):
        team, trainer = make_person(shire, Role.TEAM), make_person(shire, Role.TRAINER)
        title = "Working together when there is neglect and more than one organisation knows the family"
        session = held(shire, course=make_course(shire, title=title), trainers=(trainer,))
        evaluated(
            shire, session, [{**rated(4, 3, 7), "pledge": "Ask the child"}] * 5 + [rated(5, 2, 8)], silent=2
        )
    desk = open_browser(team.user)
    desk.goto(reverse("evaluations:analysis", args=[shire.slug]))
    expect(desk.get_by_role("heading", name="Who answered")).to_be_visible()
    assert_accessible(desk)
    desk.get_by_label("Course", exact=True).select_option(label=title)
    desk.get_by_role("button", name="Apply filters").click()
    expect(desk.get_by_text("6 of 8 (75%)").first).to_be_visible()
    desk.get_by_role("link", name="Download answers one by one").click()
    desk.get_by_label("With names", exact=True).check()
    desk.get_by_role("button", name="Download").click()
    expect(desk.get_by_role("heading", name="There is a problem")).to_be_visible()
    assert_accessible(desk)
    desk.goto(reverse("evaluations:session_evaluation", args=[shire.slug, session.pk]))
    expect(desk.get_by_role("heading", name="In their own words")).to_be_visible()
    assert_accessible(desk)

    phone = open_browser(trainer.user, width=320, javascript=False)
    phone.goto(reverse("evaluations:trainer_evaluation", args=[shire.slug, session.pk]))
    expect(phone.get_by_text("confidence of 5 people rose by 4.0")).to_be_visible()
    expect(phone.get_by_text("Ask the child")).to_have_count(0)
    wide = open_browser(trainer.user)
    wide.goto(reverse("evaluations:trainer_evaluation", args=[shire.slug, session.pk]))
    assert_accessible(wide)


def test_many_answers_are_added_up_in_sight_of_whoever_asks(shire, open_browser, monkeypatch):
    monkeypatch.setattr(analyses, "AT_ONCE", 0)
    with acting_in(shire):
        team = make_person(shire, Role.TEAM)
        session = held(shire, course=make_course(shire, title="Neglect"))
        evaluated(shire, session, [rated(4, 3, 7)] * 6)
    where = reverse("evaluations:analysis", args=[shire.slug])
    desk = open_browser(team.user)
    desk.goto(where)
    expect(desk.get_by_text("This page shows how far that is, and then the figures.")).to_be_visible()
    assert_accessible(desk)
    # It asks again by itself.
    expect(desk.get_by_text("6 of 6 (100%)").first).to_be_visible(timeout=20_000)
    expect(desk.get_by_text("Figures as at")).to_be_visible()
    assert_accessible(desk)

    phone = open_browser(team.user, width=320, javascript=False)
    phone.goto(f"{where}?course={session.course_id}")
    phone.get_by_role("link", name="See how far it is now").click()
    expect(phone.get_by_text("6 of 6 (100%)").first).to_be_visible()

    # The file is drawn in sight of whoever asks, too.
    desk.get_by_role("link", name="Download as PDF").click()
    expect(desk.get_by_role("heading", name="Analysis of evaluations")).to_be_visible()
    assert_accessible(desk)
    ready = desk.get_by_role("button", name="Download the document (PDF)")
    expect(ready).to_be_visible(timeout=20_000)
    assert_accessible(desk)
    with desk.expect_download() as download:
        ready.click()
    assert download.value.suggested_filename.endswith(".pdf")
    phone.get_by_role("link", name="as a spreadsheet").click()
    expect(phone.get_by_role("button", name="Download the spreadsheet")).to_be_visible()


def test_the_sub_group_reads_the_period_so_far(shire, open_browser):
    with acting_in(shire):
        chair = make_person(shire, Role.SUBGROUP_CHAIR)
        title = "Working together when there is neglect and more than one organisation knows the family"
        session = held(shire, course=make_course(shire, title=title))
        evaluated(shire, session, [rated(4, 3, 7)] * 6, silent=1)
    page = open_browser(chair.user)
    page.goto(reverse("compliance:subgroup", args=[shire.slug]))
    page.get_by_role("link", name="What evaluations say about the current period so far").click()
    expect(page.get_by_text("6 of 7 (86%)").first).to_be_visible()
    assert_accessible(page)
    phone = open_browser(chair.user, width=320, javascript=False)
    phone.goto(reverse("compliance:live", args=[shire.slug]))
    expect(phone.get_by_role("heading", name="Over time")).to_be_visible()
