"""The pages about sessions that change in Chromium: accessible and narrow."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.links import MOVE, booking_link
from bookings.models import Booking
from bookings.services.changes import tell_of_changed_sessions
from bookings.services.places import book_place
from courses.models import Session
from partnership_portal.working_days import add_working_days, uk_moment, uk_today
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.factories import actor_for, make_course, make_partnership, make_person, make_session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def alphashire(settings):
    """A partnership with a session that is too small, another one of the course, and somebody with a place."""
    settings.PORTAL_DEMO = True
    partnership = make_partnership("alphashire")
    with acting_in(partnership):
        team, person = make_person(partnership, Role.TEAM), make_person(partnership)
        course = make_course(partnership, title="Child neglect")
        soon = uk_moment(add_working_days(uk_today(), 5), (timezone.now() + timedelta(minutes=5)).time())
        small = make_session(partnership, course=course, minimum=4, starts_at=soon)
        other = make_session(partnership, course=course, starts_at=timezone.now() + timedelta(days=40))
        organisation = person.memberships.get().organisation
        booking = book_place(actor=actor_for(person), session=small, person=person, organisation=organisation)
    return partnership, team, small, other, booking


def test_the_team_decides_and_merges(open_browser, alphashire):
    partnership, team, _, other, booking = alphashire
    page = open_browser(team.user)
    page.goto("/alphashire/desk/sessions/decisions/")
    assert_accessible(page)
    page.get_by_role("link", name="Decide on").click()
    page.check("text=It is merged with another session")
    page.click("text=Save the decision")
    assert page.locator(".govuk-error-summary").count() == 1
    assert_accessible(page)
    page.select_option("#id_into", str(other.pk))
    page.fill("#id_note", "Too few people had booked.")
    page.click("text=Save the decision")
    assert page.locator("text=Nothing to decide").count() == 1
    assert_accessible(page)
    with acting_in(partnership):
        booking.refresh_from_db()
        assert booking.session == other
    page.goto(f"/alphashire/desk/sessions/{other.pk}/merge/")
    assert_accessible(page)


def test_whoever_was_moved_takes_another_session_on_a_phone(open_browser, alphashire):
    partnership, _, small, other, booking = alphashire
    with acting_in(partnership):
        Session.objects.filter(pk=small.pk).update(venue=other.venue)
    tell_of_changed_sessions(partnership, timezone.now())
    page = open_browser(width=320)
    with acting_in(partnership):
        address = booking_link(Booking.objects.get(), MOVE)
    page.goto("/alphashire/" + address.partition("/alphashire/")[2])
    assert_accessible(page)
    page.click("text=Take it")
    assert page.locator("text=The place is yours").count() == 1
    assert_accessible(page)
    with acting_in(partnership):
        booking.refresh_from_db()
        assert booking.session == other
