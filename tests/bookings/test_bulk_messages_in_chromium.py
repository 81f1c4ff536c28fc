"""The team writes to a selection in a real browser, without JavaScript too; axe and 320 px on each page."""

from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from bookings.message_kinds import BULK_NEWS
from bookings.models import Booking, BulkMessage
from bookings.services.places import book_place
from notifications.models import Message
from partnerships.models import Person
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.factories import actor_for, make_course, make_partnership, make_person, make_session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

_LISTS = ["bookings", "sessions", "courses", "venues", "agreements", "people", "organisations", "requests"]
_LISTS += ["messages", "walk-ins", "charges", "non-attendance", "certificates", "surveys", "bulk-messages"]


@pytest.fixture
def alphashire(settings):
    """A team, and a session with three people, one of them without an email address and with a long name."""
    settings.PORTAL_DEMO = True
    partnership = make_partnership("alphashire")
    with acting_in(partnership):
        team = make_person(partnership, Role.TEAM)
        session = make_session(partnership, course=make_course(partnership, title="Child neglect"))
        for name in ("Ann Ash", "Bob Birch", "Maximiliana Featherstonehaugh-Cholmondeley of Wolferlow"):
            person = make_person(partnership, name=name)
            organisation = person.memberships.get().organisation
            book_place(actor=actor_for(person), session=session, person=person, organisation=organisation)
        person.email, person.phone = "", "01432 1"
        person.save()
    return partnership, team


@pytest.mark.parametrize("javascript", [True, False])
def test_the_team_writes_to_those_ticked(javascript, open_browser, alphashire) -> None:
    partnership, team = alphashire
    page = open_browser(team.user, javascript=javascript)

    def is_accessible() -> None:
        # axe itself is a script.
        if javascript:
            assert_accessible(page)

    page.goto("/alphashire/desk/bookings/")
    is_accessible()
    page.get_by_role("link", name="Name", exact=True).click()
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "ascending")
    for name in ("Ann Ash", "Maximiliana"):
        page.get_by_label(f"Select {name}").check()
    page.get_by_role("button", name="Write to those ticked").click()
    expect(page.get_by_text("2 bookings selected")).to_be_visible()
    is_accessible()
    page.get_by_label("Title").fill("Parking for ((cuorse))")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("There is no ((cuorse)) in this message")
    is_accessible()
    page.get_by_label("Title").fill("Parking for ((course))")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Send it to 1 person?")
    expect(page.get_by_role("definition").filter(has_text="Parking for Child neglect")).to_be_visible()
    expect(page.get_by_text("1 without an email address")).to_be_visible()
    is_accessible()
    page.get_by_role("button", name="Change the words").click()
    expect(page.get_by_label("Title")).to_have_value("Parking for ((course))")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Send to 1 person").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Parking for ((course))")
    expect(page.get_by_text("Without an email address")).to_be_visible()
    is_accessible()
    page.get_by_role("link", name="Bulk messages").first.click()
    expect(page.get_by_role("link", name="Parking for ((course))")).to_be_visible()
    is_accessible()
    with acting_in(partnership):
        assert BulkMessage.objects.get().state == "sent"
        assert Message.objects.get(purpose="bulk_about_booking").title == "Parking for Child neglect"


def test_the_desks_lists_are_accessible(open_browser, alphashire) -> None:
    _, team = alphashire
    page = open_browser(team.user)
    for path in _LISTS:
        page.goto(f"/alphashire/desk/{path}/?order=-name")
        assert_accessible(page)


@pytest.mark.parametrize("width", [320, 1280])
def test_who_got_no_message_is_read_on_its_page(width, open_browser, alphashire) -> None:
    partnership, team = alphashire
    with acting_in(partnership):
        ann, bob, long = Person.objects.filter(bookings__isnull=False).order_by("pk")
        sent = BulkMessage.objects.create(
            partnership=partnership,
            purpose=BULK_NEWS.purpose,
            title="Parking",
            text="Park behind the hall.",
            state=BulkMessage.State.SENT,
            key=uuid4(),
            written_by=team,
            bookings=list(Booking.objects.values_list("pk", flat=True)),
            people=[ann.pk, bob.pk, long.pk],
            without_email=0,
            unwanted=0,
            done=3,
            asked_at=timezone.now(),
            touched_at=timezone.now(),
            missed=[[ann.pk, "no_address"], [bob.pk, "unwanted"], [long.pk, "failed"]],
        )
    page = open_browser(team.user, width=width)
    page.goto(f"/alphashire/desk/bulk-messages/{sent.pk}/")
    missed = page.get_by_role("heading", name="Got no message")
    expect(missed).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=long.name)).to_contain_text("could not be written")
    expect(page.get_by_role("heading", name="Want no such messages")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Ann Ash").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ann Ash")
