"""Whoever has no email address comes by a code, and whoever handed it out reads and writes nothing by it."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evaluations.jobs import ask_about_impact, ask_for_evaluations
from evaluations.links import (
    holder_of,
    holder_of_booking,
    holder_of_code,
    learner_link,
    supervision_token,
    survey_token,
)
from evaluations.models import Answer, Certificate, HandedCode, Invitation
from evaluations.services.answers import save_answers, submit_answers
from evaluations.services.codes import OpenedElsewhere, close_code, make_new_code, open_code
from partnerships.errors import DomainError
from partnerships.models import AuditEntry, Person
from partnerships.permissions import Role
from tests.bookings.moving import move
from tests.evaluations.made import answers_to, booked, held
from tests.evaluations.test_answering import FIRST, PAGES
from tests.factories import actor_for, make_course, make_person

PLAN, DID = "Ask the child alone", "I asked three children alone"


@pytest.fixture
def trainer(partnership):
    return make_person(partnership, Role.TRAINER)


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM)


@pytest.fixture
def booking(partnership, trainer):
    """A childminder without an email address, asked about a session of ten weeks ago."""
    learner = make_person(partnership, account=False, name="Chris Childminder")
    Person.objects.filter(pk=learner.pk).update(email="")
    learner.refresh_from_db()
    session = held(partnership, days_ago=100, trainers=(trainer,), course=make_course(partnership))
    booking = booked(session, person=learner)
    ask_for_evaluations(partnership, session.ends_at)
    Invitation.objects.update(closes_at=timezone.now() + timedelta(days=1))
    return booking


def path_of(booking, number: int = 0) -> str:
    return urlsplit(learner_link(booking, number)).path


def asked(booking, kind: str = "evaluation") -> Invitation:
    return Invitation.objects.for_answering().get(booking=booking, kind=kind)


def opened(booking, number: int = 0) -> Client:
    """A browser in which the code was opened."""
    phone = Client()
    assert phone.post(path_of(booking, number)).status_code == 302
    return phone


def survey(booking, kind: str = "evaluation") -> str:
    return f"{path_of(booking)}{asked(booking, kind).pk}/"


def send(booking, kind: str, **given: object) -> Certificate | None:
    """Answer as whoever has opened the code."""
    invitation = asked(booking, kind)
    actor = holder_of_code(invitation, HandedCode.objects.get(booking=booking))
    save_answers(actor=actor, invitation=invitation, answers=answers_to(invitation, **given))
    return submit_answers(actor=actor, invitation=invitation)


def told_by(response) -> str:
    return response.content.decode().partition("<main")[2]


class TestLearner:
    def test_answers_by_it_page_by_page_and_comes_to_the_certificate(self, booking) -> None:
        phone, address = opened(booking), survey(booking)
        start = phone.get(path_of(booking))
        assert start["Location"] == address
        words = told_by(phone.get(address))
        assert "whoever had it could have opened it and answered in your place" in words
        phone.post(address)
        for number, given in enumerate(PAGES, start=1):
            assert phone.post(f"{address}{number}/", given).status_code == 302
        assert "Use the tool in supervision" in told_by(phone.get(f"{address}check/"))
        assert phone.post(f"{address}check/")["Location"] == f"{address}sent/"
        certificate = Certificate.objects.get(booking=booking)
        assert certificate.number in told_by(phone.get(f"{address}sent/"))
        landed = told_by(phone.get(path_of(booking)))
        assert "/s/certificate-" in landed and f"{address}sent/" in landed
        assert AuditEntry.objects.filter(
            action="evaluations.submit_answers", actor__contains="by code"
        ).exists()

    def test_goes_on_later_on_the_same_phone_and_on_no_other(self, booking) -> None:
        phone, address = opened(booking), survey(booking)
        saved = phone.post(f"{address}1/", {**FIRST, "later": "yes"}, follow=True)
        assert "with your code, on this phone or computer" in told_by(saved)
        assert len(re.findall(r"\schecked", told_by(phone.get(f"{address}1/")))) == 2
        laptop = Client()
        for page in (path_of(booking), address, f"{address}1/", f"{address}check/", f"{address}sent/"):
            refused = laptop.get(page)
            assert refused.status_code == 403
            assert "opened on another phone or computer" in told_by(refused)
            assert booking.partnership.coordinator_email in told_by(refused)
            assert "checked" not in told_by(refused)
        assert laptop.post(path_of(booking)).status_code == 403
        assert laptop.post(f"{address}1/", {"overall": "1"}).status_code == 403
        assert Answer.objects.get(question__key="overall").number == 4

    def test_looking_opens_nothing(self, booking) -> None:
        scanner = Client()
        assert "Open it on this phone or computer" in told_by(scanner.get(path_of(booking)))
        assert scanner.head(path_of(booking)).status_code == 200
        assert scanner.get(survey(booking)).status_code == 403
        assert not HandedCode.objects.filter(opened_at__isnull=False).exists()

    def test_presses_twice_and_has_opened_it_once(self, booking) -> None:
        phone = opened(booking)
        code = HandedCode.objects.get()
        assert phone.post(path_of(booking)).status_code == 302
        assert HandedCode.objects.get().opened_at == code.opened_at
        assert AuditEntry.objects.filter(action="evaluations.open_code").count() == 1

    def test_a_cookie_of_ones_own_making_opens_nothing(self, booking) -> None:
        opened(booking)
        forger = Client()
        forger.cookies[f"code-{booking.pk}"] = HandedCode.objects.get().browser
        assert forger.get(survey(booking)).status_code == 403

    def test_the_cookie_of_one_opens_nobody_elses(self, partnership, booking) -> None:
        other = booked(booking.session, person=make_person(partnership, account=False))
        Person.objects.filter(pk=other.person_id).update(email="")
        ask_for_evaluations(partnership, booking.session.ends_at)
        Invitation.objects.update(closes_at=timezone.now() + timedelta(days=1))
        phone = opened(booking)
        opened(other)
        assert phone.get(survey(other)).status_code == 403
        assert phone.get(f"{path_of(booking)}{asked(other).pk}/").status_code == 404

    def test_reads_plan_and_supervision_page_in_that_browser(self, partnership, booking) -> None:
        phone = opened(booking)
        send(booking, "evaluation", pledge=PLAN)
        ask_about_impact(partnership, timezone.now())
        assert PLAN in told_by(phone.get(path_of(booking), follow=True))
        send(booking, "impact", practice=DID)
        sent = told_by(phone.get(f"{survey(booking, 'impact')}sent/"))
        assert f"{path_of(booking)}supervision/" in sent
        page = told_by(phone.get(f"{path_of(booking)}supervision/"))
        assert PLAN in page and DID in page
        assert Client().get(f"{path_of(booking)}supervision/").status_code == 403


class TestTrainer:
    """The trainer has kept the code, and looks at it from another browser."""

    def test_reads_no_draft_and_nothing_that_was_sent(self, partnership, booking) -> None:
        phone, other = opened(booking), Client()
        phone.post(f"{survey(booking)}1/", FIRST)
        for page in ("", "1/", "check/"):
            assert other.get(f"{survey(booking)}{page}").status_code == 403
        send(booking, "evaluation", pledge=PLAN)
        ask_about_impact(partnership, timezone.now())
        send(booking, "impact", practice=DID)
        pages = [path_of(booking), f"{path_of(booking)}supervision/"]
        pages += [
            f"{survey(booking, kind)}{page}" for kind in ("evaluation", "impact") for page in ("", "sent/")
        ]
        for page in pages:
            refused = other.get(page)
            assert refused.status_code == 403
            for words in (PLAN, DID, "/s/supervision-", "/s/survey-", "Chris", "/s/certificate-"):
                assert words not in told_by(refused)

    def test_the_links_of_before_open_nothing(self, partnership, booking) -> None:
        """They were in the browser of whoever opened a code, and nobody without an address was ever sent one."""
        opened(booking)
        send(booking, "evaluation", pledge=PLAN)
        slug = partnership.slug
        for page in ("survey", "survey_check", "survey_sent"):
            link = reverse(f"evaluations:{page}", args=[slug, survey_token(asked(booking))])
            assert Client().get(link).status_code == 404
        page = reverse("evaluations:linked_supervision", args=[slug, supervision_token(booking, "learner")])
        assert Client().get(page).status_code == 404

    def test_signed_in_opens_nobodys_code(self, booking, trainer, team, sign_in) -> None:
        for somebody in (trainer, team):
            client = sign_in(somebody)
            for response in (client.get(path_of(booking)), client.post(path_of(booking))):
                assert response.status_code == 403
                assert "this code is for somebody else" in told_by(response)
        assert not HandedCode.objects.exists()

    def test_who_answers_first_is_found_out_and_reads_nothing_of_what_comes(
        self, partnership, booking, team
    ) -> None:
        thief = opened(booking)
        thief.post(f"{survey(booking)}1/", FIRST)
        learner = Client()
        assert "If that was not you" in told_by(learner.post(path_of(booking)))
        make_new_code(actor=actor_for(team), booking=booking)
        assert not Answer.objects.exists()
        assert thief.get(path_of(booking)).status_code == 404
        assert thief.post(f"{survey(booking)}1/", FIRST).status_code == 404
        phone = opened(booking, 1)
        assert "checked" not in told_by(phone.get(f"{path_of(booking, 1)}{asked(booking).pk}/1/"))
        assert thief.get(path_of(booking, 1)).status_code == 403

    def test_opens_in_week_six_what_was_answered_on_the_telephone_and_reads_none_of_it(
        self, partnership, booking, team
    ) -> None:
        for kind, given in (("evaluation", {"pledge": PLAN}), ("impact", {"practice": DID})):
            if kind == "impact":
                ask_about_impact(partnership, timezone.now())
            invitation = asked(booking, kind)
            answers = answers_to(invitation, **given)
            save_answers(actor=actor_for(team), invitation=invitation, answers=answers)
            if kind == "impact":
                thief = opened(booking)
                landed = told_by(thief.get(path_of(booking)))
                assert f"{survey(booking, kind)}" not in landed
                for page in ("", "1/", "check/", "sent/"):
                    assert thief.get(f"{survey(booking, kind)}{page}").status_code == 404
            submit_answers(actor=actor_for(team), invitation=invitation)
        for kind in ("evaluation", "impact"):
            assert thief.get(f"{survey(booking, kind)}sent/").status_code == 404
        assert thief.get(f"{path_of(booking)}supervision/").status_code == 404

    def test_opens_it_after_the_evaluation_was_typed_in_and_does_not_read_the_plan(
        self, partnership, booking, team
    ) -> None:
        invitation = asked(booking)
        answers = answers_to(invitation, pledge=PLAN)
        save_answers(actor=actor_for(team), invitation=invitation, answers=answers)
        submit_answers(actor=actor_for(team), invitation=invitation)
        ask_about_impact(partnership, timezone.now())
        thief = opened(booking)
        for page in ("", "1/"):
            assert PLAN not in told_by(thief.get(f"{survey(booking, 'impact')}{page}"))

    def test_opens_it_first_and_reads_nothing_of_what_is_said_on_the_telephone_afterwards(
        self, partnership, booking, team
    ) -> None:
        thief, actor, invitation = opened(booking), actor_for(team), asked(booking)
        thief.post(f"{survey(booking)}1/", FIRST)
        save_answers(actor=actor, invitation=invitation, answers=answers_to(invitation, pledge=PLAN))
        for page in ("", "1/", "check/", "sent/"):
            assert thief.get(f"{survey(booking)}{page}").status_code == 404
        assert thief.post(f"{survey(booking)}1/", FIRST).status_code == 404
        submit_answers(actor=actor, invitation=invitation)
        assert thief.get(path_of(booking)).status_code == 404
        assert thief.get(f"{path_of(booking)}supervision/").status_code == 404
        # Nor by a new code: what was begun before it is not in it.
        assert PLAN not in told_by(opened(booking, 1).get(path_of(booking, 1)))

    def test_the_managers_form_on_the_telephone_closes_no_code(self, partnership, booking, team) -> None:
        phone = opened(booking)
        form = Invitation(kind="line_manager", booking=booking, partnership=partnership)
        close_code(actor=actor_for(team), invitation=form)
        assert phone.get(f"{survey(booking)}1/").status_code == 200

    def test_sees_the_codes_until_the_day_is_over_and_the_team_afterwards(
        self, partnership, booking, trainer, team, sign_in
    ) -> None:
        page = reverse("evaluations:codes", args=[partnership.slug, booking.session_id])
        code = path_of(booking)
        after = told_by(sign_in(trainer).get(page))
        assert code not in after and "The day of the session is over" in after
        assert "<svg" not in after
        assert code in told_by(sign_in(team).get(page))
        session = booking.session
        move(session, timezone.now() - session.starts_at)
        on_the_day = told_by(sign_in(trainer).get(page))
        assert code in on_the_day and f'href="{code}' not in on_the_day
        assert "/s/survey-" not in on_the_day
        assert "Make a new code" not in on_the_day
        assert sign_in(make_person(partnership, Role.TRAINER)).get(page).status_code == 404


class TestTeam:
    def test_makes_a_new_code_when_the_phone_is_lost(self, partnership, booking, team, sign_in) -> None:
        lost = opened(booking)
        send(booking, "evaluation", pledge=PLAN)
        client = sign_in(team)
        page = reverse("evaluations:code_new", args=[partnership.slug, booking.pk])
        assert "What is begun and not sent is deleted" in told_by(client.get(page))
        codes = client.post(page, follow=True)
        assert path_of(booking, 1) in told_by(codes)
        assert lost.get(path_of(booking)).status_code == 404
        phone = opened(booking, 1)
        landed = told_by(phone.get(path_of(booking, 1)))
        assert "/s/certificate-" in landed
        # Whoever opens the new one is not sure to be whoever answered.
        assert "sent/" not in landed

    def test_nobody_else_makes_one(self, partnership, booking, trainer, sign_in) -> None:
        page = reverse("evaluations:code_new", args=[partnership.slug, booking.pk])
        assert sign_in(trainer).post(page).status_code == 403
        with pytest.raises(PermissionDenied):
            make_new_code(actor=actor_for(trainer), booking=booking)
        assert not HandedCode.objects.exists()

    def test_a_code_of_somebody_with_an_address_is_not_opened_or_made(
        self, partnership, booking, team
    ) -> None:
        Person.objects.filter(pk=booking.person_id).update(email="chris@example.org")
        booking.refresh_from_db()
        refused = Client().post(path_of(booking))
        assert refused.status_code == 404 and "by email now" in told_by(refused)
        with pytest.raises(DomainError, match="needs no code"):
            make_new_code(actor=actor_for(team), booking=booking)


def test_only_whoever_holds_the_code_opens_it(booking, trainer, team) -> None:
    for actor in (actor_for(trainer), actor_for(team), holder_of(asked(booking))):
        with pytest.raises(PermissionDenied):
            open_code(actor=actor, booking=booking, number=0)
    open_code(actor=holder_of_booking(booking), booking=booking, number=0)
    with pytest.raises(OpenedElsewhere):
        open_code(actor=holder_of_booking(booking), booking=booking, number=0, browser="another")


def test_whoever_came_by_an_earlier_code_saves_nothing_any_more(booking, team) -> None:
    opened(booking)
    invitation = asked(booking)
    actor = holder_of_code(invitation, HandedCode.objects.get())
    make_new_code(actor=actor_for(team), booking=booking)
    with pytest.raises(PermissionDenied):
        save_answers(actor=actor, invitation=invitation, answers=answers_to(invitation))


def test_agrees_to_be_quoted_where_it_was_written_and_nowhere_else(booking, trainer, team, sign_in) -> None:
    phone, sent = opened(booking), f"{survey(booking)}sent/"
    send(booking, "evaluation", pledge=PLAN)
    assert "Quote me without my name" in told_by(phone.get(sent))
    for other in (Client(), sign_in(trainer), sign_in(team)):
        assert other.post(sent, {"agree": "yes"}).status_code in {403, 404}
    linked = reverse("evaluations:survey_sent", args=[booking.partnership.slug, survey_token(asked(booking))])
    assert Client().post(linked, {"agree": "yes"}).status_code == 404, "nobody was sent this link"
    make_new_code(actor=actor_for(team), booking=booking)
    newer = f"{path_of(booking, 1)}{asked(booking).pk}/sent/"
    assert opened(booking, 1).post(newer, {"agree": "yes"}).status_code == 404
    assert asked(booking).quoting_agreed_at is None


def test_agrees_to_be_quoted_by_the_code(booking) -> None:
    phone, sent = opened(booking), f"{survey(booking)}sent/"
    send(booking, "evaluation", pledge=PLAN)
    page = told_by(phone.post(sent, {"agree": "yes"}, follow=True))
    assert "Do not quote me any more" in page
    assert asked(booking).quoting_agreed_at is not None
