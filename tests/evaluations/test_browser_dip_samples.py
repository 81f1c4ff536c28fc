"""A dip sample in Chromium: drawn, rung on a phone, talked to, and accessible on every page."""

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from evaluations.models import DipSample, Invitation
from partnership_portal.working_days import uk_today
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.evaluations.made import adopt, booked, held
from tests.factories import make_partnership, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_drawn_rung_and_talked_to(db, open_browser):
    shire = make_partnership("dipshire")
    with acting_in(shire):
        adopt(shire)
        team = make_person(shire, Role.TEAM)
        session = held(shire)
        for _ in range(4):
            booked(session)
    page = open_browser(team.user, width=320)
    page.goto(reverse("evaluations:dip_samples", args=[shire.slug]))
    assert_accessible(page)
    page.get_by_role("link", name="Draw a sample").first.click()
    assert_accessible(page)
    page.get_by_role("button", name="Draw").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    assert_accessible(page)
    today = uk_today()
    for legend, day in (("Attended from", today - timedelta(days=30)), ("Attended until", today)):
        group = page.get_by_role("group", name=legend)
        for label, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
            group.get_by_label(label).fill(str(value))
    page.get_by_label("How many learners").fill("2")
    page.get_by_role("button", name="Draw").click()
    expect(page.get_by_text("The sample is drawn.")).to_be_visible()
    expect(page.get_by_text("the same people come out")).to_be_visible()
    assert_accessible(page)
    with acting_in(shire):
        contact = DipSample.objects.get().contacts.filter(role="learner").first()
        name = contact.booking.person.name
    page.get_by_role("link", name=name).first.click()
    assert_accessible(page)
    page.get_by_label("Call back", exact=True).check()
    page.get_by_role("button", name="Note it").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Emailed").check()
    page.get_by_role("button", name="Note it").click()
    expect(page.get_by_text("The email is noted.")).to_be_visible()
    page.get_by_role("link", name=name).first.click()
    page.get_by_role("button", name="Begin the interview").click()
    assert_accessible(page)
    page.get_by_label("What do you remember most").fill("The case study.")
    with page.expect_navigation():
        page.get_by_role("button", name="Save and come back later").click()
    page.get_by_role("link", name=name).first.click()
    page.get_by_role("button", name="Go on with the interview").click()
    expect(page.get_by_label("What do you remember most")).to_have_value("The case study.")
    page.get_by_role("button", name="The interview is done").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("group", name="Have you done").get_by_label("Partly").check()
    page.get_by_label("What is done differently now").fill("We look at the chronology.")
    page.get_by_label("What has changed for a child").fill("Too early to say.")
    page.get_by_role("group", name="May we quote").get_by_label("Yes").check()
    page.get_by_role("button", name="The interview is done").click()
    expect(page.get_by_text(f"The interview with {name} is done.")).to_be_visible()
    with acting_in(shire):
        assert Invitation.objects.get(kind="dip_sample").state == "answered"
