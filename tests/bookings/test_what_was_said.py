"""What was said when booking is read by the person, their lead, their manager and the team; not by who trains them."""

from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from bookings.models import Booking
from bookings.queries import ended_on
from bookings.services.places import give_up
from courses.models import Session
from notifications.models import Message
from partnership_portal.templatetags.portal import uk_date
from partnerships.models import Membership
from partnerships.permissions import Role
from tests.factories import actor_for, make_organisation, make_person, make_session

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


# How it ended


@pytest.fixture
def readers(partnership, booking):
    """Everybody who sees the booking, by what they are to it."""
    manager = make_person(partnership, Role.LINE_MANAGER, name="Max Manager")
    Membership.objects.filter(person=booking.person).update(line_manager=manager)
    school = booking.organisation
    return {
        "own": booking.person,
        "lead": make_person(partnership, Role.ORGANISATION_LEAD, organisation=school, name="Lea Lead"),
        "team": make_person(partnership, Role.TEAM, name="Tea Team"),
        "manager": manager,
        "trainer": booking.session.trainer_links.get().person,
    }


def text_of(client, name, *args) -> str:
    return unescape(client.get(reverse(f"bookings:{name}", args=["alphashire", *args])).content.decode())


@pytest.mark.parametrize(
    ("reader", "by", "why"),
    [
        ("own", " by Lea Lead", True),
        ("lead", " by you", True),
        ("team", " by Lea Lead", True),
        ("manager", " by Lea Lead", False),
        ("trainer", "", False),
    ],
)
def test_by_whom_and_why_a_place_was_cancelled_is_read_by_those_whom_it_concerns(
    booking, readers, sign_in, settings, reader, by, why
) -> None:
    settings.PORTAL_DEMO = True
    asked = text_of(sign_in(readers["lead"]), "cancel", booking.pk)
    assert f"{booking.person}, the lead of {booking.organisation} and the partnership team can read" in asked
    give_up(actor=actor_for(readers["lead"]), booking=booking, reason="No cover in Year 4")
    page = text_of(sign_in(readers[reader]), "booking", booking.pk)
    assert f"Cancelled on {uk_date(timezone.now())}{by}." in page
    assert ("No cover in Year 4" in page) is why
    assert ("Lea Lead" in page) is (" by Lea" in by or reader == "lead")


def test_the_message_says_who_cancelled_for_somebody_and_why(booking, readers) -> None:
    give_up(actor=actor_for(readers["team"]), booking=booking, reason="The course is for leads")
    text = Message.objects.get(purpose="booking_cancelled").text
    assert "Cancelled by:\n  Tea Team" in text and "The course is for leads" in text


def test_whoever_cancels_themselves_is_not_told_who_did(booking, readers) -> None:
    give_up(actor=actor_for(readers["own"]), booking=booking, reason="My child is ill")
    text = Message.objects.get(purpose="booking_cancelled").text
    assert "Cancelled by" not in text and "My child is ill" not in text


def test_the_teams_list_of_those_who_no_longer_come_says_by_whom_and_why(
    booking, readers, sign_in, settings
) -> None:
    settings.PORTAL_DEMO = True
    give_up(actor=actor_for(readers["lead"]), booking=booking, reason="No cover in Year 4")
    page = text_of(sign_in(readers["team"]), "desk_session", booking.session_id)
    assert "by Lea Lead" in page and "No cover in Year 4" in page
    # Whoever trains the session has no such list.
    assert "No cover" not in text_of(sign_in(readers["trainer"]), "training_session", booking.session_id)


@pytest.mark.parametrize("ended", [1, 5])
def test_who_no_longer_comes_is_one_query_for_one_and_five(
    partnership, book, ended, django_assert_num_queries
) -> None:
    session = make_session(partnership)
    for _ in range(ended):
        person = make_person(partnership)
        give_up(actor=actor_for(person), booking=book(person, session))
    with django_assert_num_queries(1):
        assert all(one.ended_by.name and one.organisation.name for one in ended_on(session))


def test_who_gave_up_before_the_session_was_cancelled_reads_both(booking, readers, sign_in) -> None:
    give_up(actor=actor_for(readers["own"]), booking=booking)
    Session.objects.filter(pk=booking.session_id).update(status="cancelled", cancelled_reason="Snow")
    page = text_of(sign_in(readers["own"]), "booking", booking.pk)
    assert "This session was cancelled. Snow" in page and " by you." in page
