"""A lead books for several people in Chromium: accessible and narrow."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from bookings.links import COMING, booking_link, claim_link
from bookings.models import Booking, EvidenceFile, HeldEvidence
from partnerships.models import Person
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.factories import (
    adopt,
    make_course,
    make_organisation,
    make_partnership,
    make_person,
    make_session,
    policy,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def alphashire(settings):
    """A school with a lead and staff, and a session with five places."""
    settings.PORTAL_DEMO = True
    partnership = make_partnership("alphashire")
    with acting_in(partnership):
        school = make_organisation(partnership, name="Oak Tree Primary School and Nursery")
        lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=school, name="Lea Lead")
        for name in ("Ann Smith", "Bartholomew Featherstonehaugh-Cholmondeley", "Cem Yılmaz", "Dee Jones"):
            make_person(partnership, organisation=school, name=name)
        session = make_session(
            partnership, course=make_course(partnership, title="Child neglect"), capacity=5
        )
    return partnership, lead, session


def test_a_lead_books_six_of_whom_three_are_pasted(open_browser, alphashire):
    partnership, lead, session = alphashire
    page = open_browser(lead.user)
    page.goto(f"/alphashire/sessions/{session.pk}/")
    page.get_by_role("link", name="Book for several people").click()
    assert_accessible(page)
    page.get_by_label("Show only names that contain").fill("bart")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_label("Ann Smith, Family support worker")).to_have_count(0)
    page.get_by_label("Bartholomew").check()
    page.get_by_label("Show only names that contain").fill("")
    page.get_by_role("button", name="Search").click()
    page.get_by_label("Ann Smith, Family support worker").check()
    page.get_by_label("Dee Jones, Family support worker").check()
    page.get_by_label("Names and email addresses").fill(
        "Nora New <nora@example.org>, Nurse\nPaul Paper\nQuentin Quick, quentin@nowhere"
    )
    assert_accessible(page)
    page.get_by_role("button", name="Check the list").click()
    expect(page.get_by_role("heading", name="Check the list")).to_be_visible()
    expect(page.get_by_text("“quentin@nowhere” is not an email address.")).to_be_visible()
    assert_accessible(page)
    page.locator("#id_rows-5-email").fill("quentin@example.org")
    page.get_by_role("button", name="Check again after changes").click()
    expect(page.get_by_text("Number 1 on the waiting list.")).to_be_visible()
    page.get_by_role("button", name="Book 6 people").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Everybody on this list has agreed").check()
    page.get_by_role("button", name="Book 6 people").click()
    expect(page.get_by_role("heading", name="Booked for")).to_be_visible()
    assert_accessible(page)
    with acting_in(partnership):
        states = sorted(Booking.objects.values_list("state", flat=True))
    assert states == ["confirmed"] * 5 + ["waiting"]
    page.get_by_role("link", name="Ann Smith").click()
    page.get_by_role("link", name="Swap Ann Smith for a colleague").click()
    assert_accessible(page)
    page.get_by_role("button", name="Swap").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Who comes instead?").select_option(label="Cem Yılmaz, Family support worker")
    page.get_by_role("button", name="Swap").click()
    expect(page.get_by_text("The place has gone from Ann Smith to Cem Yılmaz.")).to_be_visible()
    assert_accessible(page)
    page.goto("/alphashire/organisation/bookings/")
    expect(page.get_by_role("link", name="Swap Cem Yılmaz")).to_be_visible()
    assert_accessible(page)
    with acting_in(partnership):
        paul = Person.objects.get(name="Paul Paper")
        claim = "/alphashire/" + claim_link(paul).partition("/alphashire/")[2]
        place = Booking.objects.get(person__name="Cem Yılmaz")
        coming = "/alphashire/" + booking_link(place, COMING).partition("/alphashire/")[2]
    phone = open_browser(width=320)
    phone.goto(claim)
    assert_accessible(phone)
    phone.get_by_label("Your email address").fill("paul@example.org")
    phone.get_by_role("button", name="Send me the link").click()
    expect(phone.get_by_text("a message with a link is on its way")).to_be_visible()
    assert_accessible(phone)
    phone.goto(coming)
    phone.get_by_role("link", name="Give my place to a colleague").click()
    assert_accessible(phone)
    phone.get_by_label("Your colleague’s full name").fill("Ann Smith")
    phone.get_by_label("Your colleague’s email address").fill("nobody@example.org")
    phone.get_by_role("button", name="Give my place away").click()
    expect(phone.locator(".govuk-error-summary")).to_be_visible()
    assert_accessible(phone)


PDF = {"name": "certificate.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\ncertificate\n%%EOF\n"}


@pytest.mark.parametrize("width", [320, 1280])
def test_files_for_the_people_of_a_list(open_browser, alphashire, width):
    """Where a training must come first: a file for one, one that is none for another, and what stands there after."""
    partnership, lead, session = alphashire
    with acting_in(partnership):
        rule = policy(booking__prerequisite="single_agency_first")
        adopt(partnership, rule, at=timezone.now() - timedelta(days=1))
    page = open_browser(lead.user, width=width)
    page.goto(f"/alphashire/sessions/{session.pk}/book/group/")
    page.get_by_label("Bartholomew").check()
    page.get_by_label("Names and email addresses").fill("Nora New <nora@example.org>, Nurse")
    page.get_by_role("button", name="Check the list").click()
    files = page.get_by_label("Or attach evidence")
    expect(files).to_have_count(2)
    assert_accessible(page)
    files.nth(0).set_input_files(PDF)
    files.nth(1).set_input_files({**PDF, "buffer": b"a letter"})
    page.get_by_role("button", name="Check again after changes").click()
    expect(page.get_by_text("Attached as evidence: one PDF.")).to_be_visible()
    expect(page.get_by_label("Attach another file instead")).to_have_count(1)
    expect(page.locator(".govuk-error-summary")).to_contain_text("must be a PDF, a PNG or a JPEG")
    assert_accessible(page)
    page.get_by_label("Or attach evidence").set_input_files(PDF)
    page.get_by_label("Everybody on this list has agreed").check()
    page.get_by_role("button", name="Book 2 people").click()
    expect(page.get_by_role("heading", name="Booked for")).to_be_visible()
    assert_accessible(page)
    with acting_in(partnership):
        assert EvidenceFile.objects.count() == 2 and not HeldEvidence.objects.exists()
