"""The programme's pages in Chromium: accessible, narrow, and useful without JavaScript."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from courses.models import Course, Priority, Session
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.courses.conftest import day_in
from tests.factories import make_course, make_partnership, make_person, make_session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def alphashire():
    """A partnership whose rows the running portal can see."""
    return make_partnership("alphashire")


def test_the_public_pages(open_browser, alphashire):
    with acting_in(alphashire):
        priority = Priority.objects.create(partnership=alphashire, code="A", title="Child neglect")
        course = make_course(
            alphashire, title="Neglect", slug="neglect", priority=priority, before_you_come="Read."
        )
        coming = make_session(alphashire, course=course, days=2, trainers=(make_person(alphashire),))
        full = make_session(alphashire, course=course, capacity=1, places_taken=1)
        cancelled = make_session(alphashire, course=course, status="cancelled", cancelled_reason="Snow")
    page = open_browser()
    for path in (
        "courses/",
        "courses/?q=zebra&first_day=soon",
        "courses/neglect/",
        f"sessions/{coming.pk}/",
        f"sessions/{full.pk}/",
        f"sessions/{cancelled.pk}/",
    ):
        assert page.goto(f"/alphashire/{path}").status == 200
        assert page.locator("h1").count() == 1
        assert_accessible(page)


def test_the_desks_pages(open_browser, alphashire):
    with acting_in(alphashire):
        team = make_person(alphashire, Role.TEAM)
        make_person(alphashire, Role.TRAINER, name="Tom Trainer")
        draft = make_course(alphashire, slug="draft", status="draft", audience="")
        session = make_session(alphashire, status="draft", course=draft)
        make_session(alphashire, starts_at=timezone.now() - timedelta(days=3))
    page = open_browser(team.user)
    for path in (
        "courses/",
        "courses/draft/",
        "courses/draft/archive/",
        "sessions/?show=all",
        "sessions/next-year/",
        "school-holidays/",
        "school-holidays/new/",
        f"sessions/{session.pk}/duplicate/",
        "sessions/series/",
        f"sessions/{session.pk}/",
        f"sessions/{session.pk}/publish/",
        f"sessions/{session.pk}/cancel/",
        "venues/",
        f"venues/{session.venue_id}/",
    ):
        assert page.goto(f"/alphashire/desk/{path}").status == 200
        assert_accessible(page)
    page.goto("/alphashire/desk/sessions/series/")
    page.get_by_role("button", name="See the dates").click()
    page.get_by_role("link", name="Enter at least one date").click()
    assert page.evaluate("document.activeElement.id") == "id_dates-0-day_day"
    assert_accessible(page)


def test_a_session_is_planned_and_found_on_a_phone_without_javascript(open_browser, alphashire):
    with acting_in(alphashire):
        team = make_person(alphashire, Role.TEAM)
        make_course(alphashire, title="Neglect")
        make_course(alphashire, title="Exploitation")
    page = open_browser(team.user, width=320, javascript=False)
    page.goto("/alphashire/desk/sessions/new/")
    page.get_by_label("Course").select_option(label="Neglect")
    page.get_by_text("More dates of the same session").click()
    for row, day in enumerate((day_in(30), day_in(37))):
        for part in ("day", "month", "year"):
            page.fill(f"#id_dates-{row}-day_{part}", str(getattr(day, part)))
        page.fill(f"#id_dates-{row}-start", "9.30am")
        page.fill(f"#id_dates-{row}-end", "noon")
    page.get_by_label("Joining link").fill("https://meet.example/1")
    page.get_by_label("Number of places").fill("12")
    page.get_by_role("button", name="Save as a draft").click()
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("button", name="Publish").click()
    assert "People can book it now" in page.content()
    with acting_in(alphashire):
        session = Session.objects.get()
        assert (session.status, session.dates.count()) == ("published", 2)
        assert Course.objects.count() == 2
    visitor = open_browser(width=320, javascript=False)
    visitor.goto("/alphashire/courses/")
    visitor.get_by_label("Only with places left").check()
    visitor.get_by_role("button", name="Apply filters").click()
    expect(visitor.locator(".portal-results h3")).to_have_text(["Neglect"])
    visitor.get_by_role("link", name="Neglect", exact=True).click()
    assert "12 places left" in visitor.content()
    assert "meet.example" not in visitor.content()


def test_a_series_is_seen_before_it_is_saved(open_browser, alphashire):
    with acting_in(alphashire):
        team = make_person(alphashire, Role.TEAM)
        course = make_course(alphashire)
        session = make_session(alphashire, course=course, starts_at=timezone.now() + timedelta(days=44))
    page = open_browser(team.user, width=320)
    page.goto("/alphashire/desk/sessions/series/")
    page.select_option("#id_course", str(course.pk))
    page.select_option("#id_venue", str(session.venue_id))
    start = day_in(30)
    for part in ("day", "month", "year"):
        page.fill(f"#id_dates-0-day_{part}", str(getattr(start, part)))
    page.fill("#id_dates-0-start", "8am")
    page.fill("#id_dates-0-end", "10pm")
    page.fill("#id_capacity", "20")
    page.check("text=Every few weeks")
    page.fill("#id_every", "2")
    page.fill("#id_count", "3")
    page.click("text=See the dates")
    assert page.locator("h1").inner_text() == "Check the dates"
    assert_accessible(page)
    page.click("text=Save as drafts")
    assert page.locator("text=saved as drafts").count() >= 1
    with acting_in(alphashire):
        assert Session.objects.filter(status="draft").exists()
    page.goto("/alphashire/desk/sessions/next-year/")
    page.check("#id_from_year_1")
    page.click("text=See the dates")
    assert_accessible(page)
