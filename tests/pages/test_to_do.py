"""What stands on my page and on the desk, and how many questions they ask."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import Approval, Attendance, Booking
from bookings.queries import registers_outstanding
from courses.models import Session
from partnership_portal.templatetags.portal import uk_datetime
from partnerships.models import JoinRequest, Membership, User
from partnerships.permissions import Role
from partnerships.services.policies import version_in_force
from tests.factories import make_person, make_session
from tests.pages.made import offered, requested


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


@pytest.mark.parametrize(("address", "queries"), [("desk/people/", 13), ("desk/organisations/", 13)])
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


def me(sign_in, person) -> str:
    return sign_in(person).get("/alphashire/me/").content.decode()


def test_my_page_says_until_when_a_place_is_offered_to_me(partnership, sign_in) -> None:
    person = make_person(partnership)
    one = offered(make_session(partnership), hours=5)
    Booking.objects.filter(pk=one.pk).update(person=person)
    page = me(sign_in, person)
    assert f"You are offered a place: {one.session.course}" in page and "Take it by" in page
    assert f"/alphashire/me/bookings/{one.pk}/offer/" in page
    assert "You are offered a place" not in me(sign_in, make_person(partnership))
    Booking.objects.filter(pk=one.pk).update(offer_expires_at=timezone.now() - timedelta(minutes=1))
    assert "You are offered a place" not in me(sign_in, person)


def test_an_offer_ends_with_booking_where_that_closes_sooner_now(partnership, sign_in) -> None:
    person, one = make_person(partnership), offered(make_session(partnership), hours=5)
    Booking.objects.filter(pk=one.pk).update(person=person)
    closes = timezone.now() + timedelta(minutes=30)
    Session.objects.update(booking_closes_at=closes)
    assert f"Take it by {uk_datetime(closes)}" in me(sign_in, person)
    Session.objects.update(booking_closes_at=timezone.now() - timedelta(minutes=1))
    assert "You are offered a place" not in me(sign_in, person)


def test_my_page_asks_whether_i_am_still_coming_until_i_say(partnership, sign_in) -> None:
    person = make_person(partnership)
    booking = book(make_session(partnership), person)
    asks = "Say whether you are still coming"
    assert asks not in me(sign_in, person)
    Booking.objects.filter(pk=booking.pk).update(coming_asked_at=timezone.now())
    page = me(sign_in, person)
    assert asks in page and f"/alphashire/me/bookings/{booking.pk}/coming/" in page
    Booking.objects.filter(pk=booking.pk).update(coming_confirmed_at=timezone.now())
    assert asks not in me(sign_in, person)


def test_requests_are_told_to_whoever_is_asked_and_to_nobody_else(partnership, sign_in) -> None:
    manager = make_person(partnership)
    learner = make_person(partnership, line_manager=manager)
    place = Membership.objects.get(person=learner)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=place.organisation)
    elsewhere = make_person(partnership, Role.ORGANISATION_LEAD)
    one = requested(make_session(partnership), booking=book(make_session(partnership), learner, "requested"))
    waits = "1 booking waits for your approval"
    assert waits in me(sign_in, manager) and waits not in me(sign_in, lead)
    assert waits in sign_in(manager).get("/alphashire/team/").content.decode()
    assert waits not in sign_in(lead).get("/alphashire/organisation/").content.decode()
    Approval.objects.filter(pk=one.pk).update(asked="organisation_lead")
    assert waits in me(sign_in, lead) and waits not in me(sign_in, manager)
    assert waits in sign_in(lead).get("/alphashire/organisation/").content.decode()
    assert waits not in me(sign_in, elsewhere) and waits not in me(sign_in, learner)
    Approval.objects.filter(pk=one.pk).update(asked="team")
    assert waits not in me(sign_in, lead)
    Approval.objects.filter(pk=one.pk).update(
        decision="approved", decided_at=timezone.now(), asked="organisation_lead"
    )
    assert waits not in me(sign_in, lead)


def test_nobody_is_asked_about_their_own_booking(partnership, sign_in) -> None:
    lead = make_person(partnership, Role.ORGANISATION_LEAD)
    requested(
        make_session(partnership),
        booking=book(make_session(partnership), lead, "requested"),
        asked="organisation_lead",
    )
    assert "for your approval" not in me(sign_in, lead)


@pytest.mark.parametrize("rows", [1, 5])
def test_my_page_asks_the_same_number_of_questions(
    partnership, sign_in, settings, django_assert_num_queries, rows
) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    person = make_person(partnership, Role.ORGANISATION_LEAD)
    own = Membership.objects.get(person=person).organisation
    for _ in range(rows):
        asked = book(make_session(partnership), person)
        Booking.objects.filter(pk=asked.pk).update(coming_asked_at=timezone.now())
        colleague = make_person(partnership, organisation=own)
        requested(
            make_session(partnership),
            booking=book(make_session(partnership), colleague, "requested"),
            asked="organisation_lead",
        )
    browser = sign_in(person)
    browser.get("/alphashire/me/")
    with django_assert_num_queries(22):
        browser.get("/alphashire/me/")
