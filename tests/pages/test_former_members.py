"""Whoever has left their last organisation keeps what is their own, and nothing of the roles they held."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from playwright.sync_api import expect

from bookings.links import OFFER, holder_of_booking
from bookings.models import Approval, Booking
from bookings.services.approvals import may_decide
from bookings.services.offers import accept_offer
from bookings.services.places import book_place
from compliance.models import Report, TrainingRecord
from compliance.services.training import withdraw_training
from courses.models import Session
from evaluations.jobs import ask_about_impact, ask_for_evaluations
from evaluations.models import Certificate, Invitation, ObservationAction
from evaluations.services.answers import save_answers, submit_answers
from partnerships.actors import actor_of
from partnerships.errors import DomainError
from partnerships.models import JoinRequest, Membership, Person, User
from partnerships.permissions import Role
from partnerships.services.joining import accept_join_request, ask_to_join
from partnerships.services.memberships import end_membership
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.evaluations.made import adopt, answer, answers_to, booked, held
from tests.factories import (
    actor_for,
    make_course,
    make_organisation,
    make_partnership,
    make_person,
    make_session,
)
from tests.pages.made import requested

_ROLES = [role for role in Role if role not in {Role.PRACTITIONER, Role.LINE_MANAGER}]


@pytest.fixture
def organisation(partnership):
    adopt(partnership)
    return make_organisation(partnership)


@pytest.fixture
def former(partnership, organisation) -> Person:
    """Somebody who held every role there is, in one organisation, and has left it."""
    return make_person(partnership, *_ROLES, organisation=organisation, name="Fay Former")


@pytest.fixture
def page(former, sign_in):
    client = sign_in(former)

    def read(name: str, *args: object, data: dict | None = None):
        address = reverse(name, args=[former.partnership.slug, *args])
        return client.get(address) if data is None else client.post(address, data)

    return read


def said(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def asked_about(session: Session) -> None:
    ask_for_evaluations(session.partnership, session.ends_at)
    Invitation.objects.update(closes_at=timezone.now() + timedelta(days=1))


class TestTheirOwn:
    def test_page_says_that_they_belong_to_no_organisation_and_how_to_join_one(self, page) -> None:
        for name in ("pages:me", "compliance:record", "partnerships:details"):
            words = said(page(name))
            assert "You belong to no organisation here now." in words
            assert f'href="{reverse("partnerships:join", args=["alphashire"])}"' in words
        assert "Required training met" not in said(page("pages:me"))
        assert "Add training done elsewhere" not in said(page("compliance:record"))
        assert "lead nowhere until you join one" in said(page("bookings:feeds"))

    def test_a_member_reads_nothing_of_that(self, partnership, sign_in) -> None:
        client = sign_in(make_person(partnership))
        for name in ("pages:me", "compliance:record", "partnerships:details", "bookings:feeds"):
            words = said(client.get(reverse(name, args=["alphashire"])))
            assert "You belong to no" not in words

    def test_record_and_certificate(self, partnership, former, page) -> None:
        session = held(partnership, course=make_course(partnership, title="Neglect"))
        booking = booked(session, person=former)
        asked_about(session)
        answer(Invitation.objects.for_answering().get(booking=booking))
        certificate = Certificate.objects.get(booking=booking)
        assert "Neglect" in said(page("compliance:record"))
        assert certificate.number in said(page("compliance:record"))
        assert "Neglect" in page("compliance:record_file", "csv").getvalue().decode()
        assert page("evaluations:certificate", certificate.number)["Content-Type"] == "application/pdf"

    def test_survey_about_their_own_booking(self, partnership, former, page) -> None:
        session = held(partnership)
        booking = booked(session, person=former)
        asked_about(session)
        invitation = Invitation.objects.for_answering().get(booking=booking)
        assert f"Evaluate {session.course}" in said(page("pages:me"))
        assert page("evaluations:my_survey", invitation.pk).status_code == 200
        actor = actor_for(former)
        save_answers(actor=actor, invitation=invitation, answers=answers_to(invitation))
        submit_answers(actor=actor, invitation=invitation)
        invitation.refresh_from_db()
        assert invitation.state == "answered"

    def test_details(self, former, page) -> None:
        changed = {"name": "Fay Fresh", "email": former.email, "phone": "07700 900123"}
        assert page("partnerships:contact", data=changed).status_code == 302
        former.refresh_from_db()
        assert (former.name, former.phone) == ("Fay Fresh", "07700 900123")

    def test_coming_booking_is_shown_answered_and_cancelled(self, partnership, former, page) -> None:
        booking = booked(make_session(partnership), person=former, state="confirmed")
        Booking.objects.update(coming_asked_at=timezone.now())
        assert booking.session.course.title in said(page("bookings:mine"))
        assert "Say whether you are still coming" in said(page("pages:me"))
        words = said(page("bookings:booking", booking.pk))
        assert "Cancel the booking" in words and "Give my place to a colleague" not in words
        assert "Give my place to a colleague" not in said(page("bookings:coming", booking.pk))
        assert page("bookings:access_needs", booking.pk).status_code == 200
        shown = page("bookings:cancel", booking.pk).context["as_shown"]
        page("bookings:cancel", booking.pk, data={"reason": "", "shown": shown})
        booking.refresh_from_db()
        assert (booking.state, booking.ended_by) == ("cancelled", former)

    def test_whoever_joins_again_is_a_member_again(self, partnership, former, organisation) -> None:
        asked = ask_to_join(actor=actor_for(former), organisation=organisation, job_role="Nurse")
        accept_join_request(actor=actor_for(make_person(partnership, Role.TEAM)), request=asked)
        actor = actor_for(former)
        assert (actor.person, actor.roles, actor.has_left) == (former, {Role.PRACTITIONER}, False)

    def test_ending_the_last_membership_leads_there_and_ending_one_of_two_does_not(self, partnership) -> None:
        person, team = make_person(partnership, Role.TRAINER), make_person(partnership, Role.TEAM)
        first = person.memberships.get()
        Membership.objects.create(
            partnership=partnership,
            person=person,
            organisation=make_organisation(partnership),
            started_on=first.started_on,
        )
        end_membership(actor=actor_for(team), membership=first)
        assert actor_for(person).roles == {Role.PRACTITIONER}
        end_membership(actor=actor_for(team), membership=person.memberships.live().get())
        assert actor_for(person).roles == {Role.FORMER_MEMBER}

    def test_is_found_out_by_one_query(self, former, django_assert_num_queries) -> None:
        with django_assert_num_queries(1):
            actor_for(former)


class TestNoBooking:
    def test_a_place_is_booked_once_they_have_joined(self, partnership, former, organisation, page) -> None:
        session = make_session(partnership)
        response = page("bookings:book", session.pk)
        assert response["Location"] == reverse("partnerships:join", args=["alphashire"])
        assert "a place is booked in its name" in said(page("partnerships:join"))
        with pytest.raises(PermissionDenied):
            book_place(actor=actor_for(former), session=session, person=former, organisation=organisation)
        assert not Booking.objects.exists()

    def test_an_offer_is_let_go_but_not_taken(self, partnership, former, page) -> None:
        booking = booked(make_session(partnership), person=former, state="waiting")
        Booking.objects.update(state="offered", offer_expires_at=timezone.now() + timedelta(days=2))
        assert "You are offered a place" not in said(page("pages:me"))
        words = said(page("bookings:booking", booking.pk))
        assert "Answer the offer" not in words and "Let the place go" in words
        assert page("bookings:offer", booking.pk, data={"take": "1"}).status_code == 302
        booking.refresh_from_db()
        assert booking.state == "offered"

    def test_an_offer_is_not_taken_by_its_link_either(self, partnership, former) -> None:
        booking = booked(make_session(partnership), person=former, state="waiting")
        Booking.objects.update(state="offered", offer_expires_at=timezone.now() + timedelta(days=2))
        booking.refresh_from_db()
        with pytest.raises(DomainError, match="do not belong to"):
            accept_offer(actor=holder_of_booking(booking, OFFER), booking=booking)
        accept_offer(actor=actor_for(make_person(partnership, Role.TEAM)), booking=booking)
        booking.refresh_from_db()
        assert booking.state == "confirmed"

    def test_nothing_is_added_to_a_record_or_taken_off(self, partnership, former, page) -> None:
        other = make_person(partnership)
        for person in (former, other):
            kept = TrainingRecord.objects.create(
                partnership=partnership,
                person=person,
                title="Elsewhere",
                provider="Somebody",
                completed_on="2024-01-01",
                recorded_by=former,
                recorded_at=timezone.now(),
            )
            with pytest.raises(PermissionDenied):
                withdraw_training(actor=actor_for(former), record=kept, reason="Wrong")
        words = said(page("compliance:record"))
        assert words.count("Elsewhere") and "Withdraw" not in words


class TestRolesThatEnded:
    def test_give_nothing(self, former) -> None:
        actor = actor_for(former)
        assert actor.roles == {Role.FORMER_MEMBER} and not actor.is_team
        assert (actor.memberships, actor.membership) == ((), None)
        assert actor.led_organisation_ids == actor.organisation_ids == frozenset()

    def test_lead_sees_no_one_and_decides_nothing(self, partnership, former, organisation, page) -> None:
        colleague = make_person(partnership, organisation=organisation)
        booking = booked(make_session(partnership), person=colleague, state="confirmed")
        asker = User.objects.create_user("new@example.org", "x", name="New")
        asked = ask_to_join(actor=actor_of(asker, partnership), organisation=organisation, job_role="Nurse")
        approval = requested(make_session(partnership), booking=booking)
        actor = actor_for(former)
        assert list(Person.objects.visible_to(actor)) == [former]
        assert {one.person for one in Membership.objects.visible_to(actor)} == {former}
        for model in (Booking, JoinRequest, Approval, Report, Certificate):
            assert not model.objects.visible_to(actor).exists(), model
        assert not may_decide(actor, approval)
        assert page("bookings:booking", booking.pk).status_code == 404
        assert page("bookings:cancel", booking.pk, data={"reason": ""}).status_code == 404
        assert page("bookings:approval", approval.pk).status_code == 404
        with pytest.raises(PermissionDenied):
            accept_join_request(actor=actor, request=asked)

    def test_manager_of_people_elsewhere_sees_them_no_more(self, partnership, former, page) -> None:
        # Ending a membership takes the manager out of that organisation only.
        managed = make_person(partnership, line_manager=former, name="Mia Managed")
        held_one = held(partnership, course=make_course(partnership, asks_line_manager=True), days_ago=100)
        booking = booked(held_one, person=managed)
        asked_about(held_one)
        ask_about_impact(partnership, timezone.now())
        form = Invitation.objects.for_answering().get(kind="line_manager", respondent=former)
        answer(Invitation.objects.for_answering().get(kind="impact"), share=True, practice="I asked")
        actor = actor_for(former)
        assert actor.roles == {Role.FORMER_MEMBER}
        assert list(Person.objects.visible_to(actor)) == [former]
        assert not Membership.objects.managed_by(actor).exists()
        assert not Membership.objects.visible_to(actor).filter(person=managed).exists()
        assert not Invitation.objects.visible_to(actor).exists()
        approval = requested(make_session(partnership), booking=booking, manager_email=former.email)
        assert not may_decide(actor, approval)
        assert page("evaluations:my_survey", form.pk).status_code == 404
        assert page("evaluations:my_supervision", booking.pk).status_code == 404
        assert "Mia Managed" not in said(page("evaluations:my_surveys"))
        assert "Mia Managed" not in said(page("pages:me"))
        with pytest.raises(PermissionDenied):
            save_answers(actor=actor, invitation=form, answers=answers_to(form))

    def test_trainer_and_observer_see_no_session_form_or_action(self, partnership, former, page) -> None:
        draft = make_session(partnership, status="draft", trainers=(former,))
        assert not Session.objects.visible_to(actor_for(former)).exists()
        assert page("courses:session", draft.pk).status_code == 404
        seen = held(partnership, trainers=(former,))
        booking = booked(seen)
        asked_about(seen)
        some = Invitation.objects.get(booking=booking)
        for kind in ("observation", "trainer_feedback"):
            own = Invitation.objects.create(
                partnership=partnership,
                session=seen if kind == "trainer_feedback" else held(partnership),
                kind=kind,
                version=some.version,
                policy_version=some.policy_version,
                respondent=former,
                respondent_name=former.name,
                respondent_email=former.email,
                invited_at=some.invited_at,
                last_asked_on=some.last_asked_on,
                closes_at=some.closes_at,
            )
            assert page("evaluations:my_survey", own.pk).status_code == 404
        observation = Invitation.objects.get(kind="observation")
        action = ObservationAction.objects.create(
            partnership=partnership,
            observation=observation,
            text="Later slides",
            owner=former,
            due_on=timezone.localdate(),
            agreed_at=timezone.now(),
            agreed_by=former,
        )
        assert page("evaluations:observation", observation.pk).status_code == 404
        assert page("evaluations:release_observation", observation.pk, data={}).status_code == 404
        assert page("evaluations:action_done", action.pk, data={}).status_code == 404
        assert "Later slides" not in said(page("evaluations:observation_actions"))
        assert not Booking.objects.visible_to(actor_for(former)).exists()
        words = said(page("pages:me"))
        assert escape(seen.course.title) not in words and "register" not in words


class TestStrangers:
    def test_a_former_member_of_the_neighbour_is_nobody_here(self, partnership, neighbour, sign_in) -> None:
        with acting_in(neighbour):
            stranger = make_person(neighbour, *_ROLES)
        assert actor_of(stranger.user, partnership).person is None
        response = sign_in(stranger).get("/alphashire/me/")
        assert (response.status_code, response["Location"]) == (302, "/alphashire/join/")

    def test_whose_request_was_never_accepted_is_nobody(self, partnership, organisation, sign_in) -> None:
        user = User.objects.create_user("new@example.org", "x", name="New")
        ask_to_join(actor=actor_of(user, partnership), organisation=organisation, job_role="Nurse")
        assert actor_of(user, partnership).person is None
        Person.objects.create(partnership=partnership, user=user, name="New", email="new@example.org")
        actor = actor_of(user, partnership)
        assert (actor.person, actor.roles) == (None, frozenset())


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_pages_of_a_former_member_in_a_browser(settings, open_browser) -> None:
    settings.PORTAL_DEMO = True
    partnership = make_partnership("alphashire")
    with acting_in(partnership):
        former = make_person(partnership, Role.FORMER_MEMBER)
        booked(make_session(partnership), person=former, state="confirmed")
    page = open_browser(former.user)
    page.goto("/alphashire/me/")
    expect(page.get_by_text("You belong to no organisation here now.")).to_be_visible()
    for address in ("me/", "me/record/", "me/details/", "me/calendar/"):
        page.goto(f"/alphashire/{address}")
        assert_accessible(page)
    page.goto("/alphashire/me/")
    page.get_by_role("link", name="join the organisation").click()
    expect(page.get_by_role("heading", name="Join an organisation")).to_be_visible()
