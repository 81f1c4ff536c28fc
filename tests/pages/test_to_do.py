"""What stands on my page and on the desk, and how many questions they ask."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import Attendance, Booking
from bookings.queries import registers_outstanding
from courses.models import Session
from partnerships.models import JoinRequest, Membership, User
from partnerships.permissions import Role
from partnerships.services.policies import version_in_force
from tests.factories import make_person, make_session


def book(session, person, state: str = "confirmed") -> Booking:
    return Booking.objects.create(
        partnership=session.partnership,
        session=session,
        person=person,
        organisation=Membership.objects.get(person=person).organisation,
        state=state,
        booked_at=timezone.now(),
        policy_version=version_in_force(session.partnership, timezone.now()),
    )


@pytest.fixture
def held(partnership):
    """A session of yesterday with its trainer."""
    trainer = make_person(partnership, Role.TRAINER)
    return make_session(
        partnership, starts_at=timezone.now() - timedelta(days=1), trainers=(trainer,)
    ), trainer


def test_a_register_is_outstanding_until_everybody_is_marked(partnership, held, sign_in) -> None:
    session, trainer = held
    assert not registers_outstanding(Session.objects.all(), timezone.now()).exists()
    booking = book(session, make_person(partnership))
    date = session.dates.get()
    assert list(registers_outstanding(Session.objects.all(), timezone.now())) == [date]
    page = sign_in(trainer).get(f"/{partnership.slug}/me/").content.decode()
    assert f"Mark the register of {session.course}" in page
    stranger = make_person(partnership, Role.TRAINER)
    assert "Mark the register" not in sign_in(stranger).get(f"/{partnership.slug}/me/").content.decode()
    Attendance.objects.create(
        partnership=partnership, booking=booking, session_date=date, mark="present", marked_at=timezone.now()
    )
    assert not registers_outstanding(Session.objects.all(), timezone.now()).exists()


def test_a_lead_is_told_who_asks_to_join_their_organisation_only(partnership, sign_in) -> None:
    lead = make_person(partnership, Role.ORGANISATION_LEAD)
    other = make_person(partnership, Role.ORGANISATION_LEAD)
    user = User.objects.create_user("new@example.org", "x", name="Newcomer")
    JoinRequest.objects.create(
        partnership=partnership,
        user=user,
        name="Newcomer",
        email=user.email,
        organisation=Membership.objects.get(person=lead).organisation,
        job_role="Nurse",
    )
    assert "Newcomer asks to join" in sign_in(lead).get(f"/{partnership.slug}/me/").content.decode()
    assert "Newcomer" not in sign_in(other).get(f"/{partnership.slug}/me/").content.decode()


@pytest.mark.parametrize(("address", "queries"), [("desk/people/", 15), ("desk/organisations/", 15)])
@pytest.mark.parametrize("rows", [1, 5])
def test_the_teams_lists_ask_the_same_number_of_questions(
    partnership, sign_in, settings, django_assert_num_queries, address, queries, rows
) -> None:
    # Another worker's test may empty the cache in which sessions are kept.
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    team = make_person(partnership, Role.TEAM)
    for number in range(rows):
        person = make_person(partnership, Role.TRAINER, Role.OBSERVER)
        book(make_session(partnership, starts_at=timezone.now() - timedelta(days=2 + number)), person)
        book(make_session(partnership, starts_at=timezone.now() + timedelta(days=2)), person)
    browser = sign_in(team)
    browser.get(f"/{partnership.slug}/{address}")
    with django_assert_num_queries(queries):
        browser.get(f"/{partnership.slug}/{address}")
