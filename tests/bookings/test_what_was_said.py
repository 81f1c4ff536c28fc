"""What was said when booking is read by the person, their lead, their manager and the team; not by who trains them."""

import pytest
from django.urls import reverse

from bookings.models import Booking
from partnerships.models import Membership
from partnerships.permissions import Role
from tests.factories import make_organisation, make_person, make_session

SAID = ("I work with foster carers", "PO-4711")


@pytest.fixture
def booking(partnership, book):
    school = make_organisation(partnership)
    learner = make_person(partnership, organisation=school)
    trainer = make_person(partnership, Role.TRAINER)
    made = book(learner, make_session(partnership, trainers=(trainer,)))
    Booking.objects.filter(pk=made.pk).update(audience_reason=SAID[0], purchase_order=SAID[1])
    return made


def seen_by(booking, person, sign_in) -> list[bool]:
    page = sign_in(person).get(reverse("bookings:booking", args=[booking.partnership.slug, booking.pk]))
    assert page.status_code == 200
    return [words in page.content.decode() for words in SAID]


def test_a_trainer_sees_the_booking_and_not_what_was_said(booking, sign_in) -> None:
    trainer = booking.session.trainer_links.get().person
    assert seen_by(booking, trainer, sign_in) == [False, False]


def test_the_person_the_lead_the_manager_and_the_team_read_it(partnership, booking, sign_in) -> None:
    manager = make_person(partnership, Role.LINE_MANAGER)
    Membership.objects.filter(person=booking.person).update(line_manager=manager)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=booking.organisation)
    for reader in (booking.person, manager, lead, make_person(partnership, Role.TEAM)):
        assert seen_by(booking, reader, sign_in) == [True, True]


def test_why_it_was_declined_is_not_for_a_trainer(booking, sign_in) -> None:
    trainer = booking.session.trainer_links.get().person
    other = Booking.objects.create(
        partnership=booking.partnership,
        session=booking.session,
        person=make_person(booking.partnership),
        organisation=booking.organisation,
        state="declined",
        booked_at=booking.booked_at,
        policy_version=booking.policy_version,
        end_reason="Off sick for long",
    )
    page = sign_in(trainer).get(reverse("bookings:booking", args=[booking.partnership.slug, other.pk]))
    assert "Not approved" in page.content.decode()
    assert "Off sick" not in page.content.decode()
