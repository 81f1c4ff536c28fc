"""Lists whose pages hold more than rows, in Chromium: with rows, sorted, filtered to nothing; axe and 320 px."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from bookings.models import Batch
from bookings.services.places import book_place
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.charging import booked, last_month, let_charge, settle
from tests.browser import assert_accessible
from tests.factories import (
    actor_for,
    make_course,
    make_organisation,
    make_partnership,
    make_person,
    make_session,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def alphashire(settings):
    """A charging partnership in which something is on each list; its team and a lead."""
    settings.PORTAL_DEMO = True
    partnership = make_partnership("alphashire")
    with acting_in(partnership):
        let_charge(partnership)
        school = make_organisation(
            partnership, name="St Bartholomew’s Church of England Primary School", charging_class="payer"
        )
        team, lead = make_person(partnership, Role.TEAM), make_person(
            partnership, Role.ORGANISATION_LEAD, organisation=school
        )  # fmt: skip
        course = make_course(partnership, title="Working together to safeguard children", slug="together")
        before = make_session(partnership, course=course, starts_at=last_month() - timedelta(days=2))
        booked(before, "attended", school)
        settle(partnership, last_month())
        make_session(partnership, course=course, single_agency_for=school, opened_to_others=False)
        soon = make_session(
            partnership, course=course, minimum=5, starts_at=timezone.now() + timedelta(days=4)
        )
        person = make_person(partnership, organisation=school, name="Bartholomew Featherstonehaugh")
        book_place(actor=actor_for(lead), session=soon, person=person, organisation=school)
    return partnership, team, lead


def test_the_teams_lists(open_browser, alphashire) -> None:
    _, team, _ = alphashire
    page = open_browser(team.user)
    for path, order in (
        ("sessions/decisions/", "Confirmed"),
        ("charges/undecided/", "Organisation"),
        ("charges/", "Amount"),
        ("bookings/", "Booked"),
    ):
        page.goto(f"/alphashire/desk/{path}")
        assert_accessible(page)
        page.locator("thead").get_by_role("link", name=order).click()
        expect(page.locator("th[aria-sort]")).to_have_count(1)
    page.goto("/alphashire/desk/charges/undecided/?organisation=nowhere")
    expect(page.get_by_role("heading", name="None found")).to_be_visible()
    assert_accessible(page)
    page.goto("/alphashire/desk/charges/batches/")
    expect(page.get_by_role("heading", name="No batches yet")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name=f"Close {last_month():%B %Y}").click()
    page.goto("/alphashire/desk/charges/batches/")
    expect(page.get_by_role("link", name=f"{last_month():%B %Y}")).to_be_visible()
    assert_accessible(page)


def test_a_leads_lists(open_browser, alphashire) -> None:
    partnership, _, lead = alphashire
    page = open_browser(lead.user)
    for path in ("bookings/", "bookings/?q=nobody", "charges/", "", "?show=lacking"):
        page.goto(f"/alphashire/organisation/{path}")
        assert_accessible(page)
    page.goto("/alphashire/organisation/bookings/")
    with page.expect_download() as taken:
        page.get_by_role("link", name="as CSV").click()
    assert taken.value.suggested_filename.startswith("our-bookings-alphashire-")
    with acting_in(partnership):
        assert not Batch.objects.exists()
