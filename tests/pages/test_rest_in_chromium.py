"""Pages that no journey opens, each once in Chromium, with axe and at 320 px; names are as long as they may get."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from bookings.models import Charge
from courses.models import SchoolHoliday
from partnership_portal.working_days import uk_today
from partnerships.models import MembershipRole, User
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.charging import booked as charged
from tests.bookings.charging import last_month, let_charge, settle
from tests.browser import assert_accessible
from tests.compliance.world import need
from tests.factories import (
    make_course,
    make_organisation,
    make_partnership,
    make_person,
    make_session,
)
from tests.pages.made import asks_to_join, booked, requested, unsent, walked_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "Wilhelmina Featherstonehaugh-Cholmondeley"


@pytest.fixture
def alphashire(settings):
    """A partnership in whose demonstration the team needs no second step."""
    settings.PORTAL_DEMO = True
    return make_partnership("alphashire")


@pytest.fixture
def look(open_browser):
    """Look at pages as somebody, by the names of their addresses and what stands in these."""

    def looked(user, *pages: tuple) -> None:
        browser = open_browser(user)
        for name, *parts in pages:
            outside = ":" not in name or name.startswith("demo:")
            address = reverse(name, args=parts if outside else ["alphashire", *parts])
            answer = browser.goto(address)
            assert answer.status == 200 and browser.url.endswith(address), name
            assert_accessible(browser)

    return looked


def test_for_everybody(look, alphashire) -> None:
    look(None, ("portal",), ("accessibility",), ("privacy",), ("demo:doors",))


def test_of_whoever_wants_to_join(look, alphashire) -> None:
    with acting_in(alphashire):
        organisation = make_organisation(alphashire, name=f"{LONG} Primary School")
    user = User.objects.create_user("new@alphashire.example", "x", name=LONG)
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    look(user, ("partnerships:join",), ("partnerships:join_organisation", organisation.pk))


def test_of_the_desk_about_people_and_messages(look, alphashire) -> None:
    with acting_in(alphashire):
        team = make_person(alphashire, Role.TEAM)
        person = make_person(alphashire, name=LONG)
        membership = person.memberships.get()
        MembershipRole.objects.create(partnership=alphashire, membership=membership, role=Role.TRAINER)
        message = unsent(alphashire)
        walk_in = walked_in(make_session(alphashire, starts_at=timezone.now()))
    look(
        team.user,
        ("partnerships:person_add",),
        ("partnerships:person", person.pk),
        ("partnerships:person_change", person.pk),
        ("partnerships:membership", membership.pk),
        ("partnerships:role_revoke", membership.pk, "trainer"),
        ("partnerships:membership_end", membership.pk),
        ("partnerships:organisation_add",),
        ("partnerships:organisation_change", membership.organisation_id),
        ("partnerships:audit",),
        ("notifications:message", message.pk),
        ("notifications:templates",),
        ("notifications:template", "booking_confirmed"),
        ("notifications:template_preview", "booking_confirmed"),
        ("bookings:settle_walk_in", walk_in.pk),
    )


def test_of_the_desk_about_the_programme(look, alphashire) -> None:
    with acting_in(alphashire):
        team = make_person(alphashire, Role.TEAM)
        holiday = SchoolHoliday.objects.create(
            partnership=alphashire, name="Autumn half term", first_day=uk_today(), last_day=uk_today()
        )
        booking = booked(make_session(alphashire), make_person(alphashire, name=LONG))
    look(
        team.user,
        ("courses:desk_course_new",),
        ("courses:desk_session_new",),
        ("courses:desk_venue_new",),
        ("courses:desk_agreement_new",),
        ("courses:desk_holiday", holiday.pk),
        ("courses:desk_holiday_remove", holiday.pk),
        ("bookings:organisation", booking.pk),
        ("evaluations:questionnaires",),
        ("evaluations:questionnaire_new",),
        ("evaluations:dip_samples",),
        ("evaluations:dip_sample_new",),
        ("evaluations:themes",),
        ("evaluations:theme_new",),
    )


def test_of_the_desk_about_charges_and_groups(look, alphashire) -> None:
    with acting_in(alphashire):
        let_charge(alphashire)
        school = make_organisation(alphashire, name=f"{LONG} Primary School", charging_class="payer")
        team = make_person(alphashire, Role.TEAM)
        attended = make_session(alphashire, starts_at=last_month() - timedelta(days=2))
        charged(attended, "attended", school)
        settle(alphashire, last_month())
        charge = Charge.objects.get()
        session = make_session(alphashire)
    look(
        team.user,
        ("bookings:desk_charge", charge.pk),
        ("bookings:charge_waive", charge.pk),
        ("bookings:charge_credit", charge.pk),
        ("bookings:group_organisation", session.pk),
    )


def test_of_ones_own(look, alphashire) -> None:
    with acting_in(alphashire):
        person = make_person(alphashire, name=LONG)
        need(alphashire, "Working together", make_course(alphashire))
        booking = booked(make_session(alphashire), person)
        days = {"offer_expires_at": timezone.now() + timedelta(days=2)}
        offer = booked(make_session(alphashire), person, state="offered", **days)
        membership = person.memberships.get()
    look(
        person.user,
        ("notifications:choices",),
        ("partnerships:contact",),
        ("partnerships:job", membership.pk),
        ("bookings:mine",),
        ("bookings:cancel", booking.pk),
        ("bookings:coming", booking.pk),
        ("bookings:pass_on", booking.pk),
        ("bookings:offer", offer.pk),
        ("compliance:training_add",),
    )


def test_of_managers_leads_and_trainers(look, alphashire) -> None:
    with acting_in(alphashire):
        lead = make_person(alphashire, Role.ORGANISATION_LEAD, Role.TRAINER)
        organisation = lead.memberships.get().organisation
        colleague = make_person(alphashire, organisation=organisation, name=LONG, line_manager=lead)
        session = make_session(alphashire, trainers=(lead,))
        asked = requested(session, booking=booked(session, colleague, state="requested"))
        another = make_session(alphashire)
        today = make_session(alphashire, starts_at=timezone.now(), trainers=(lead,))
        comes = booked(today, make_person(alphashire, name=LONG))
        date = today.dates.get()
        request = asks_to_join(alphashire)
        request.organisation = organisation
        request.save()
    look(
        lead.user,
        ("compliance:team",),
        ("compliance:team_person", colleague.pk),
        ("compliance:organisation_training",),
        ("partnerships:join_requests",),
        ("partnerships:join_request", request.pk),
        ("bookings:choose_person", another.pk),
        ("bookings:book_for", another.pk, colleague.pk),
        ("bookings:approval", asked.pk),
        ("bookings:organisation_purchase_order", organisation.pk),
        ("bookings:training_session", session.pk),
        ("bookings:times", today.pk, date.pk, comes.pk),
    )
