"""Booking and the pages of answers in Chromium: the form in its fullest state, approval, offer, still coming."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from bookings.links import APPROVAL, COMING, OFFER, approval_link, booking_link
from bookings.models import Approval, Booking
from bookings.services.approvals import Manager
from bookings.services.places import Told, book_place
from bookings.services.prerequisites import EarlierTraining
from courses.models import CourseTask
from partnership_portal.templatetags.portal import uk_date
from partnership_portal.working_days import uk_today
from partnerships.models import CompetencyGroup, Membership, PolicyVersion
from partnerships.permissions import Role
from partnerships.policy import Policy
from partnerships.tenancy import acting_in
from tests.bookings.charging import charging
from tests.bookings.moving import move
from tests.browser import assert_accessible
from tests.factories import (
    actor_for,
    adopt,
    clause,
    make_course,
    make_organisation,
    make_partnership,
    make_person,
    make_session,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PDF = b"%PDF-1.7\ncertificate\n%%EOF\n"
LONG = "The Hartlebury and Stoke-under-Wychwood Federation of Church of England Primary Schools"


def strict() -> Policy:
    """A policy that charges, wants an order number, approval by the manager, and single-agency training first."""
    document = charging(purchase_order=clause("required")).model_dump(mode="json")
    document["booking"]["approval"] = clause("line_manager")
    document["booking"]["prerequisite"] = clause("single_agency_first")
    return Policy.model_validate(document)


@pytest.fixture
def alphashire(settings):
    """A partnership that asks for everything that can be asked, and somebody to book with two organisations."""
    settings.PORTAL_DEMO = True
    partnership = make_partnership("alphashire")
    with acting_in(partnership):
        adopt(partnership, strict(), at=timezone.now() - timedelta(days=1))
        leads = CompetencyGroup.objects.create(
            partnership=partnership, code="3", title="Level 3: leads", who="Leads", position=3
        )
        course = make_course(partnership, title="Safeguarding leads", audience="Designated leads")
        course.group_links.update(group=leads)
        CourseTask.objects.create(
            partnership=partnership,
            course=course,
            kind="read",
            title="Chapter 1",
            minutes=20,
            position=1,
            link="https://guide.example/a-very-long-address-that-has-nowhere-to-break/" + "x" * 80,
        )
        CourseTask.objects.create(
            partnership=partnership,
            course=course,
            kind="reflect",
            title="A worry",
            minutes=5,
            position=2,
            text="What did you notice?",
        )
        person = make_person(
            partnership, organisation=make_organisation(partnership, name=LONG, charging_class="payer")
        )
        Membership.objects.create(
            partnership=partnership,
            person=person,
            organisation=make_organisation(partnership, name="Oak Tree Nursery", charging_class="payer"),
            started_on=uk_today(),
        )
    return partnership, person, course


def _book(partnership, person, session, **told) -> Booking:
    return book_place(
        actor=actor_for(person),
        session=session,
        person=person,
        organisation=person.memberships.first().organisation,
        told=Told(audience_reason="I stand in", purchase_order="PO-1", **told),
    )


def test_everything_that_can_be_asked_is_asked_on_a_phone(open_browser, alphashire, tmp_path):
    partnership, person, course = alphashire
    with acting_in(partnership):
        session = make_session(partnership, course=course)
        other = make_session(partnership, starts_at=session.starts_at)
        Booking.objects.create(
            partnership=partnership,
            session=other,
            person=person,
            organisation=person.memberships.first().organisation,
            state="waiting",
            booked_at=timezone.now(),
            policy_version=PolicyVersion.objects.first(),
        )
    page = open_browser(person.user, width=320, javascript=False)
    page.goto(f"/alphashire/sessions/{session.pk}/book/")
    expect(page.get_by_text("You are booked at the same time.")).to_be_visible()
    page.click("text=Ask for a place")
    # Nothing was filled in: the page says what is missing.
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    page.check(f"text={LONG}")
    page.click("text=Ask for a place")
    for words in (
        "Say why you want to come all the same",
        "Enter a purchase order number or cost code",
        "Enter your line manager’s name",
        "Enter what the training was called, or upload evidence of it",
        "Confirm that you can come",
    ):
        expect(page.locator(".govuk-error-summary").get_by_text(words)).to_be_visible()
    page.fill("#id_audience_reason", "I stand in for our lead")
    file = tmp_path / "certificate.pdf"
    file.write_bytes(PDF)
    page.set_input_files("#id_evidence", str(file))
    page.check("text=Gluten free")
    page.fill("#id_purchase_order", "PO-7")
    page.fill("#id_manager_name", "Bea Boss")
    page.fill("#id_manager_email", "boss@school.example")
    page.check("#id_declaration")
    page.click("text=Ask for a place")
    expect(page.get_by_text("You have asked for a place.")).to_be_visible()
    expect(page.get_by_text("Open the evidence")).to_be_visible()
    page.get_by_role("button", name="I have done this").first.click()
    expect(page.get_by_role("button", name="Not done after all")).to_be_visible()


def test_the_fullest_form_and_its_errors_are_accessible(open_browser, alphashire):
    partnership, person, course = alphashire
    with acting_in(partnership):
        session = make_session(partnership, course=course)
    page = open_browser(person.user)
    page.goto(f"/alphashire/sessions/{session.pk}/book/")
    assert_accessible(page)
    page.click("text=Ask for a place")
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    assert_accessible(page)


def test_approving_on_a_phone(open_browser, alphashire):
    partnership, person, course = alphashire
    with acting_in(partnership):
        team, manager = make_person(partnership, Role.TEAM), make_person(partnership)
        person.memberships.update(line_manager=manager)
        booking = _book(
            partnership,
            person,
            make_session(partnership, course=course),
            earlier=EarlierTraining("Induction", uk_today(), PDF),
        )
        approval = Approval.objects.get(booking=booking)
        link = approval_link(approval, "Bea Boss")
    page = open_browser(team.user)
    page.goto("/alphashire/approvals/")
    expect(page.get_by_role("cell", name="Safeguarding leads")).to_be_visible()
    assert_accessible(page)
    page.goto(f"/alphashire/desk/sessions/{booking.session_id}/bookings/")
    assert_accessible(page)
    page = open_browser(width=320)
    page.goto(f"/alphashire/s/{APPROVAL}-" + link.rsplit(f"{APPROVAL}-", 1)[1])
    for words in ("“I stand in”", "Induction,"):
        expect(page.get_by_text(words)).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Decline").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("booking was approved")).to_be_visible()
    assert_accessible(page)
    page = open_browser(team.user)
    page.goto("/alphashire/approvals/")
    expect(page.get_by_text("Nobody waits for you")).to_be_visible()
    assert_accessible(page)


def test_answering_an_offer_and_still_coming_on_a_phone(open_browser, alphashire):
    partnership, person, course = alphashire
    with acting_in(partnership):
        team = make_person(partnership, Role.TEAM)
        session = make_session(partnership, course=course)
        booking = book_place(
            actor=actor_for(team),
            session=session,
            person=person,
            organisation=person.memberships.first().organisation,
        )
        coming = booking_link(booking, COMING).rsplit("/s/", 1)[1]
        second = make_session(partnership, course=course)
        offered = Booking.objects.create(
            partnership=partnership,
            session=second,
            person=person,
            organisation=booking.organisation,
            state="offered",
            offered_at=timezone.now(),
            offer_expires_at=timezone.now() + timedelta(days=1),
            booked_at=timezone.now(),
            policy_version=booking.policy_version,
        )
        offer = booking_link(offered, OFFER).rsplit("/s/", 1)[1]
    page = open_browser(width=320)
    page.goto(f"/alphashire/s/{offer}")
    expect(page.get_by_text("A place is held for you")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Take the place").click()
    expect(page.get_by_role("heading", name="The place is yours")).to_be_visible()
    assert_accessible(page)
    page.goto(f"/alphashire/s/{coming}")
    expect(page.get_by_text("Are you still coming?")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Yes, still coming").click()
    expect(page.get_by_role("heading", name="You are coming")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="No, give the place up").click()
    expect(page.get_by_role("heading", name="You gave this place up")).to_be_visible()
    assert_accessible(page)


def test_pages_left_open_while_the_session_moved_on_a_phone(open_browser, alphashire):
    """Nothing is done, the new day is said, and what is pressed next is done; the wrong manager has a way out."""
    partnership, person, course = alphashire
    with acting_in(partnership):
        team = actor_for(make_person(partnership, Role.TEAM))
        session = make_session(partnership, course=course, days=2)
        booked = book_place(
            actor=team,
            session=session,
            person=person,
            organisation=person.memberships.first().organisation,
        )
        coming = booking_link(booked, COMING).rsplit("/s/", 1)[1]
        asking = make_person(partnership, name="Ann Asking")
        request = book_place(
            actor=actor_for(asking),
            session=session,
            person=asking,
            organisation=asking.memberships.get().organisation,
            told=Told(
                manager=Manager("Bea Boss", "bea@example.org"),
                audience_reason="I stand in",
                purchase_order="PO 1",
                earlier=EarlierTraining("Induction", uk_today()),
            ),
        )
        approval = approval_link(request.approval, "Bea Boss").rsplit("/s/", 1)[1]
    learner, manager = open_browser(width=320), open_browser(width=320)
    learner.goto(f"/alphashire/s/{coming}")
    manager.goto(f"/alphashire/s/{approval}")
    with acting_in(partnership):
        move(session, timedelta(days=28))
        day = uk_date(session.starts_at, "full")
    for page, button in ((learner, "No, give the place up"), (manager, "Approve")):
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("alert")).to_contain_text("Nothing is done yet.")
        expect(page.get_by_role("definition").filter(has_text=day)).to_be_visible()
        assert_accessible(page)
    learner.get_by_role("button", name="Yes, still coming").click()
    expect(learner.get_by_role("heading", name="You are coming")).to_be_visible()
    manager.get_by_role("button", name="I am not the line manager").click()
    expect(manager.get_by_role("heading", name="Somebody else is asked")).to_be_visible()
    assert_accessible(manager)


def test_asking_to_be_told_of_new_dates(open_browser, alphashire):
    _, person, course = alphashire
    page = open_browser(person.user)
    page.goto(f"/alphashire/courses/{course.slug}/tell-me/")
    assert_accessible(page)
    page.get_by_role("button", name="Tell me").click()
    page.goto(f"/alphashire/courses/{course.slug}/tell-me/")
    expect(page.get_by_text("You have asked.")).to_be_visible()
    assert_accessible(page)


def test_ones_own_booking_needs_and_the_teams_tasks(open_browser, alphashire):
    partnership, person, course = alphashire
    with acting_in(partnership):
        team = make_person(partnership, Role.TEAM)
        booking = book_place(
            actor=actor_for(team),
            session=make_session(partnership, course=course),
            person=person,
            organisation=person.memberships.first().organisation,
            told=Told(earlier=EarlierTraining("Induction", uk_today(), PDF), audience_reason="Needed"),
        )
    page = open_browser(person.user)
    for path in ("", "access-needs/"):
        page.goto(f"/alphashire/me/bookings/{booking.pk}/{path}")
        assert_accessible(page)
    page = open_browser(team.user)
    task = course.slug
    for path in (f"courses/{task}/tasks/", f"courses/{task}/tasks/new/"):
        page.goto(f"/alphashire/desk/{path}")
        assert_accessible(page)
    page.goto(f"/alphashire/desk/courses/{task}/tasks/")
    page.get_by_role("link", name="A worry").click()
    assert_accessible(page)
    page.get_by_role("link", name="Remove this task").click()
    assert_accessible(page)
