"""Choosing the wrong organisation at sign-up leads to wrong charges: put right in one step, charges and all."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from bookings.models import Booking, Charge
from bookings.models.booking import TO_CHARGE
from bookings.services.organisations import correct_organisation
from bookings.services.waivers import waive_charge
from partnerships.errors import DomainError
from partnerships.models import AuditEntry, Membership
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.charging import booked, let_charge, settle
from tests.bookings.test_charges import past_session, sent
from tests.factories import actor_for, make_organisation, make_person


@pytest.fixture
def payer(partnership):
    let_charge(partnership)
    return make_organisation(partnership, name="Paying School", charging_class="payer")


@pytest.fixture
def funder(partnership):
    return make_organisation(partnership, name="Funding Trust", charging_class="funder")


@pytest.fixture
def team(partnership):
    return actor_for(make_person(partnership, Role.TEAM))


def joins(person, organisation) -> None:
    Membership.objects.create(
        partnership=person.partnership, person=person, organisation=organisation, started_on="2020-01-01"
    )


def charges() -> list[tuple[str, str, int]]:
    return list(Charge.objects.order_by("pk").values_list("organisation__name", "state", "pence"))


def test_complaint_the_wrong_organisation_leads_to_wrong_charges(partnership, payer, funder, team) -> None:
    booking = booked(past_session(partnership), "attended", payer)
    joins(booking.person, funder)
    settle(partnership)
    assert charges() == [("Paying School", "open", 6000)]
    correct_organisation(actor=team, booking=booking, organisation=funder)
    settle(partnership)
    assert charges() == [("Paying School", "withdrawn", 6000)]
    correct_organisation(actor=team, booking=booking, organisation=payer)
    settle(partnership)
    assert charges() == [("Paying School", "withdrawn", 6000), ("Paying School", "open", 6000)]
    assert not Booking.objects.filter(TO_CHARGE).exists()


def test_what_finance_has_is_credited_and_the_other_organisation_is_charged(partnership, payer, team) -> None:
    other = make_organisation(partnership, name="Other School", charging_class="payer")
    booking = booked(past_session(partnership), "attended", payer)
    joins(booking.person, other)
    sent(partnership, team)
    correct_organisation(actor=team, booking=booking, organisation=other)
    settle(partnership)
    assert charges() == [
        ("Paying School", "credited", 6000),
        ("Paying School", "open", -6000),
        ("Other School", "open", 6000),
    ]


def test_a_waiver_for_one_organisation_is_none_for_the_other(partnership, payer, team) -> None:
    other = make_organisation(partnership, name="Other School", charging_class="payer")
    booking = booked(past_session(partnership), "did_not_attend", payer)
    joins(booking.person, other)
    settle(partnership)
    waive_charge(actor=team, charge=Charge.objects.get(), reason="Snow.")
    correct_organisation(actor=team, booking=booking, organisation=other)
    settle(partnership)
    assert charges() == [("Paying School", "withdrawn", 5000), ("Other School", "open", 5000)]


def test_the_number_of_the_first_organisation_is_not_quoted_to_the_other(partnership, payer, team) -> None:
    other = make_organisation(
        partnership, name="Other School", charging_class="payer", purchase_order="OTHER-1"
    )
    booking = booked(past_session(partnership), "attended", payer, purchase_order="PAYING-1")
    joins(booking.person, other)
    correct_organisation(actor=team, booking=booking, organisation=other)
    settle(partnership)
    assert Charge.objects.get().purchase_order == "OTHER-1"


def test_done_twice_is_once_and_only_the_team_does_it(partnership, payer, funder, team) -> None:
    booking = booked(past_session(partnership), "attended", payer)
    joins(booking.person, funder)
    for _ in range(2):
        correct_organisation(actor=team, booking=booking, organisation=funder)
    assert AuditEntry.objects.filter(action="bookings.correct_organisation").count() == 1
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=payer)
    with pytest.raises(PermissionDenied):
        correct_organisation(actor=actor_for(lead), booking=booking, organisation=payer)


def test_an_organisation_that_the_person_never_belonged_to_is_refused(
    partnership, payer, funder, team
) -> None:
    booking = booked(past_session(partnership), "attended", payer)
    with pytest.raises(DomainError, match="Add them to it first"):
        correct_organisation(actor=team, booking=booking, organisation=funder)


def test_the_page_offers_the_persons_other_organisations(partnership, payer, funder, sign_in) -> None:
    booking = booked(past_session(partnership), "attended", payer)
    page = reverse("bookings:organisation", args=[partnership.slug, booking.pk])
    browser = sign_in(make_person(partnership, Role.TEAM))
    assert "belongs to no other organisation" in browser.get(page).content.decode()
    joins(booking.person, funder)
    seen = browser.get(page).content.decode()
    assert "Funding Trust" in seen
    assert 'type="radio"' in seen
    refused = browser.post(page, {"organisation": str(payer.pk)})
    assert refused.status_code == 200
    done = browser.post(page, {"organisation": str(funder.pk)}, follow=True)
    assert "The booking is now for Funding Trust." in done.content.decode()
    assert "Wrong organisation?" in done.content.decode()


def test_another_partnerships_booking_is_not_found(partnership, neighbour, sign_in) -> None:
    with acting_in(neighbour):
        let_charge(neighbour)
        booking = booked(past_session(neighbour), "attended", make_organisation(neighbour))
    browser = sign_in(make_person(partnership, Role.TEAM))
    assert (
        browser.get(reverse("bookings:organisation", args=[partnership.slug, booking.pk])).status_code == 404
    )
