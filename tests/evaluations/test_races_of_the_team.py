"""Two of the team do the same at once, or the opposite: it is done once, and controls show what else there would be."""

import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone

from courses.models import Session
from evaluations.jobs import ask_about_impact, ask_for_evaluations, issue_certificates
from evaluations.links import holder_of, survey_token
from evaluations.models import (
    Answer,
    Certificate,
    DipContact,
    DipSample,
    EarlierEdition,
    Invitation,
    Quote,
)
from evaluations.services import corrections, dip_samples, line_managers, notices, observations, quotes
from evaluations.services.answers import save_answers, submit_answers
from evaluations.services.corrections import reissue_certificate, revoke_certificate
from evaluations.services.dip_samples import Draw, draw_sample
from evaluations.services.line_managers import follow_line_manager
from evaluations.services.notices import ask_other_manager
from evaluations.services.observations import observe_session
from evaluations.services.quotes import agree_to_be_quoted, mark_quote, stop_quoting
from evaluations.services.retention import forget_answers
from notifications.models import Message
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import AuditEntry, Membership, Partnership
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt, answers_to, at, booked, held
from tests.evaluations.test_races import together
from tests.factories import actor_for, job, make_course, make_partnership, make_person, make_session

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@dataclass
class Raced:
    """A partnership in the database for every connection, and one of its team."""

    partnership: Partnership
    team: Actor

    def at_once(self, *acts) -> list[object]:
        """Do all of these at the same moment; give what each returned or raised."""
        waiting = list(acts)

        def act() -> object:
            mine = waiting.pop()
            with acting_in(self.partnership):
                return mine()

        return together(len(acts), act)


@pytest.fixture
def raced(settings) -> Raced:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    partnership = make_partnership("raceshire", certificate__release="after_attendance")
    with acting_in(partnership):
        adopt(partnership)
        return Raced(partnership, actor_for(make_person(partnership, Role.TEAM)))


def together_before(monkeypatch, module, name: str, *, locks: bool = False) -> None:
    """Have two wait for each other before they call this, without the locks unless told otherwise."""
    barrier, inner = threading.Barrier(2), getattr(module, name)

    def waiting(*given, **named):
        barrier.wait(20)
        return inner(*given, **named)

    monkeypatch.setattr(module, name, waiting)
    if not locks:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **given: self)


def refused(outcomes: list[object], by: type[Exception]) -> int:
    return sum(isinstance(one, by) for one in outcomes)


@pytest.fixture
def observers(raced):
    """A session that two observers want to observe."""
    with acting_in(raced.partnership):
        session = make_session(raced.partnership)
        people = [actor_for(make_person(raced.partnership, Role.OBSERVER)) for _ in range(2)]
    return session, [lambda one=one: observe_session(actor=one, session=session) for one in people]


def observed_by(raced: Raced, session: Session) -> int:
    with acting_in(raced.partnership):
        return session.invitations.filter(kind="observation").count()


def test_of_two_observers_one_takes_the_session(raced, observers):
    session, acts = observers
    outcomes = raced.at_once(*acts)
    assert refused(outcomes, DomainError) == 1 and refused(outcomes, Exception) == 1
    assert observed_by(raced, session) == 1


def test_control_without_the_lock_the_database_refuses_the_second_observer(raced, observers, monkeypatch):
    session, acts = observers
    together_before(monkeypatch, observations, "version_in_use")
    outcomes = raced.at_once(*acts)
    (error,) = [one for one in outcomes if isinstance(one, Exception)]
    assert isinstance(error, IntegrityError) and "one_observer_a_session" in str(error)
    assert observed_by(raced, session) == 1


def test_a_session_that_was_given_back_is_taken_by_another(raced, observers):
    session, acts = observers
    with acting_in(raced.partnership):
        first = acts[0]()
        observations.release_observation(actor=raced.team, observation=first)
        acts[1]()
        assert sorted(session.invitations.values_list("state", flat=True)) == ["closed", "open"]
        with pytest.raises(IntegrityError, match="one_observer_a_session"):
            Invitation.objects.filter(pk=first.pk).update(state="open", closed_because="")


@pytest.fixture
def drawing(raced):
    """The same form, sent once more."""
    with acting_in(raced.partnership):
        session = held(raced.partnership, starts_at=at("2026-03-02 10:00"))
        for _ in range(5):
            booked(session)
    key, wanted = uuid4(), Draw(date(2026, 3, 1), date(2026, 3, 31), size=2)
    return lambda: draw_sample(actor=raced.team, key=key, wanted=wanted)


def drawn(raced: Raced) -> tuple[int, int]:
    with acting_in(raced.partnership):
        return DipSample.objects.count(), DipContact.objects.count()


def test_the_same_form_sent_three_times_at_once_draws_once(raced, drawing):
    outcomes = raced.at_once(*[drawing] * 3)
    assert len({one.pk for one in outcomes}) == 1
    assert drawn(raced) == (1, 4)


def test_control_without_the_lock_the_database_refuses_the_second_draw(raced, drawing, monkeypatch):
    together_before(monkeypatch, dip_samples, "frame_of")
    outcomes = raced.at_once(drawing, drawing)
    assert refused(outcomes, IntegrityError) == 1
    assert drawn(raced) == (1, 4)


@pytest.fixture
def certificate(raced):
    with acting_in(raced.partnership):
        booked(held(raced.partnership, starts_at=at("2026-03-02 10:00")))
        issue_certificates(raced.partnership, at("2026-03-03 10:00"))
        return Certificate.objects.get()


def written(raced: Raced, what: str) -> tuple[int, int]:
    """How often it stands in the trail, and how often the learner was told."""
    with acting_in(raced.partnership):
        return (
            AuditEntry.objects.filter(action=f"evaluations.{what}_certificate").count(),
            Message.objects.filter(purpose__startswith=f"certificate_{what}").count(),
        )


def test_issued_again_and_revoked_twice_at_once_it_is_so_once(raced, certificate):
    def reissue():
        name = "Lena Learner-Lane"
        return reissue_certificate(actor=raced.team, certificate=certificate, name=name, reason="Married")

    def revoke():
        return revoke_certificate(actor=raced.team, certificate=certificate, reason="Not there after all")

    assert refused(raced.at_once(reissue, reissue, reissue), Exception) == 0
    with acting_in(raced.partnership):
        assert Certificate.objects.get().edition == 2
        assert EarlierEdition.objects.count() == 1
    assert written(raced, "reissue") == (1, 1)
    assert refused(raced.at_once(revoke, revoke, revoke), Exception) == 0
    assert written(raced, "revoke") == (1, 1)


@pytest.mark.parametrize("what", ["reissue", "revoke"])
def test_control_without_the_lock_both_would_do_it(raced, certificate, monkeypatch, what):
    barrier = threading.Barrier(2)

    def unlocked(actor, certificate):
        found = Certificate.objects.select_related("partnership", "booking__person").get(pk=certificate.pk)
        barrier.wait(20)
        return found

    monkeypatch.setattr(corrections, "_locked", unlocked)
    given = {"actor": raced.team, "certificate": certificate, "reason": "A reason"}

    def act():
        if what == "revoke":
            return revoke_certificate(**given)
        return reissue_certificate(**given, name="Lena Learner-Lane")

    outcomes = raced.at_once(act, act)
    if what == "revoke":
        assert written(raced, "revoke") == (2, 2)
    else:
        # There the database stands behind the lock.
        assert refused(outcomes, IntegrityError) == 1


@pytest.fixture
def form(raced) -> Invitation:
    """The form of a line manager who is nobody here."""
    with acting_in(raced.partnership):
        learner = make_person(
            raced.partnership, line_manager_name="Meg", line_manager_email="meg@nursery.example"
        )
        course = make_course(raced.partnership, asks_line_manager=True)
        session = held(raced.partnership, course=course, starts_at=at("2026-03-02 10:00"))
        booked(session, person=learner)
        ask_about_impact(raced.partnership, at("2026-06-10 14:00"))
        Invitation.objects.update(closes_at=at("2099-01-01"))
        return Invitation.objects.for_answering().get(kind="line_manager")


def ask_two_others(raced: Raced, form: Invitation) -> list[object]:
    """Two of the team send the form to another manager, each to another one."""
    with acting_in(raced.partnership):
        people = [actor_for(make_person(raced.partnership, Role.TEAM)) for _ in range(2)]
    names = zip(people, ("mia", "moe"), strict=True)
    return raced.at_once(
        *(
            lambda who=who, name=name: ask_other_manager(
                actor=who, invitation=form, name=name.title(), email=f"{name}@nursery.example"
            )
            for who, name in names
        )
    )


def test_of_two_managers_asked_at_once_the_last_has_the_only_link(raced, form):
    assert refused(ask_two_others(raced, form), Exception) == 0
    with acting_in(raced.partnership):
        found = Invitation.objects.get(pk=form.pk)
        assert found.link_number == 2
        live = f"/s/survey-{survey_token(found)}"
        (told,) = Message.objects.filter(purpose="survey-line_manager", text__contains=live)
        manager = Membership.objects.get(person=found.booking.person).line_manager_email
        assert told.to_email == found.respondent_email == manager


def test_control_without_the_lock_one_of_two_managers_is_lost(raced, form, monkeypatch):
    barrier, locked = threading.Barrier(2), notices._locked

    def look_together(invitation):
        found = locked(invitation)
        barrier.wait(20)
        return found

    monkeypatch.setattr(notices, "_locked", look_together)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **given: self)
    ask_two_others(raced, form)
    with acting_in(raced.partnership):
        assert Invitation.objects.get(pk=form.pk).link_number == 1


def follow(raced: Raced, form: Invitation) -> bool:
    """What the job does once another line manager is recorded."""
    return follow_line_manager(actor=job(raced.partnership), invitation=form, now=at("2026-06-11 14:00"))


@pytest.fixture
def changed(raced, form) -> Invitation:
    """The form of somebody who is no longer the line manager."""
    with acting_in(raced.partnership):
        Membership.objects.filter(person=form.booking.person).update(line_manager_email="mia@nursery.example")
    return form


def sent_on(raced: Raced) -> int:
    with acting_in(raced.partnership):
        return AuditEntry.objects.filter(action="evaluations.follow_line_manager").count()


def test_two_workers_at_once_send_the_form_on_once(raced, changed):
    outcomes = raced.at_once(*2 * [lambda: follow(raced, changed)])
    assert sorted(outcomes) == [False, True] and sent_on(raced) == 1
    with acting_in(raced.partnership):
        assert Invitation.objects.get(pk=changed.pk).link_number == 1
        assert Message.objects.filter(to_email="mia@nursery.example").count() == 1


def test_control_without_the_lock_both_send_it_on(raced, changed, monkeypatch):
    together_before(monkeypatch, line_managers, "line_manager_of")
    raced.at_once(*2 * [lambda: follow(raced, changed)])
    assert sent_on(raced) == 2


def test_a_form_that_is_sent_while_the_manager_changes_is_answered_or_goes_on(raced, changed):
    with acting_in(raced.partnership):
        former, answers = holder_of(changed), answers_to(changed)
        save_answers(actor=former, invitation=changed, answers=answers)
    outcomes = raced.at_once(
        lambda: submit_answers(actor=former, invitation=changed), lambda: follow(raced, changed)
    )
    with acting_in(raced.partnership):
        found = Invitation.objects.get(pk=changed.pk)
        if found.state == "answered":
            assert found.respondent_email == "meg@nursery.example" and False in outcomes
            assert Answer.objects.filter(invitation=found).count() == len(answers)
        else:
            assert found.respondent_email == "mia@nursery.example"
            assert refused(outcomes, Exception) == 1 and not Answer.objects.filter(invitation=found).exists()


def sent_words(raced: Raced, *, may_quote: bool) -> Answer:
    """Words of somebody who has agreed to be quoted, or not."""
    with acting_in(raced.partnership):
        booked(held(raced.partnership, starts_at=at("2026-03-02 10:00")))
        ask_for_evaluations(raced.partnership, at("2026-03-02 14:00"))
        Invitation.objects.update(closes_at=timezone.now() + timedelta(days=1))
        invitation = Invitation.objects.for_answering().get(kind="evaluation")
        actor = holder_of(invitation)
        save_answers(
            actor=actor, invitation=invitation, answers=answers_to(invitation, pledge="Listen first")
        )
        submit_answers(actor=actor, invitation=invitation, may_quote=may_quote)
        return Answer.objects.select_related("invitation__session").get(question__key="pledge")


@pytest.fixture
def said(raced) -> Answer:
    """Words whose giver agreed to be quoted."""
    return sent_words(raced, may_quote=True)


def mark_while_consent_goes(raced: Raced, said: Answer, monkeypatch, *, patience: float) -> list[object]:
    """The team marks a quote while its giver takes the consent back, as soon as the team has looked for it."""
    looked, taken_back, parts_of = threading.Event(), threading.Event(), quotes.parts_of

    def wait_for_it(*given):
        looked.set()
        taken_back.wait(patience)
        return parts_of(*given)

    monkeypatch.setattr(quotes, "parts_of", wait_for_it)

    def stop() -> None:
        looked.wait(20)
        stop_quoting(actor=holder_of(said.invitation), invitation=said.invitation)
        taken_back.set()

    return raced.at_once(lambda: mark_quote(actor=raced.team, answer=said, words=said.text), stop)


def quoted(raced: Raced) -> tuple[int, bool]:
    with acting_in(raced.partnership):
        consent = Invitation.objects.filter(quoting_agreed_at__isnull=False).exists()
        return Quote.objects.count(), consent


def test_nobody_is_quoted_who_takes_it_back_while_the_team_marks(raced, said, monkeypatch):
    outcomes = mark_while_consent_goes(raced, said, monkeypatch, patience=0.5)
    assert refused(outcomes, Exception) == 0
    assert quoted(raced) == (0, False)


def test_control_without_the_lock_the_database_has_to_refuse_the_quote(raced, said, monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **given: self)
    outcomes = mark_while_consent_goes(raced, said, monkeypatch, patience=20)
    assert refused(outcomes, IntegrityError) == 1
    assert quoted(raced) == (0, False)


def agree_while_answers_go(raced: Raced, monkeypatch, *, patience: float) -> Invitation:
    """Somebody agrees to be quoted while the job deletes the answers, as soon as it was looked whether they may."""
    said = sent_words(raced, may_quote=False)
    looked, deleted, may_agree = threading.Event(), threading.Event(), quotes.may_agree_afterwards

    def wait_for_it(invitation):
        looked.set()
        deleted.wait(patience)
        return may_agree(invitation)

    monkeypatch.setattr(quotes, "may_agree_afterwards", wait_for_it)

    def forget() -> None:
        looked.wait(20)
        forget_answers(
            actor=job(raced.partnership), session=said.invitation.session, now=at("2029-03-03 06:30")
        )
        deleted.set()

    outcomes = raced.at_once(
        lambda: agree_to_be_quoted(actor=holder_of(said.invitation), invitation=said.invitation), forget
    )
    assert refused(outcomes, Exception) == 0
    with acting_in(raced.partnership):
        return Invitation.objects.get(pk=said.invitation_id)


def in_the_trail() -> list[str]:
    wanted = ["evaluations.agree_to_be_quoted", "evaluations.forget_answers"]
    return list(AuditEntry.objects.filter(action__in=wanted).order_by("pk").values_list("action", flat=True))


def test_nobody_agrees_to_what_is_deleted_meanwhile(raced, monkeypatch):
    """The job waits until they have agreed, so that the words were still there."""
    assert agree_while_answers_go(raced, monkeypatch, patience=0.5).forgotten_at is not None
    with acting_in(raced.partnership):
        assert in_the_trail() == ["evaluations.agree_to_be_quoted", "evaluations.forget_answers"]


def test_control_without_the_lock_somebody_agrees_to_nothing(raced, monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **given: self)
    assert agree_while_answers_go(raced, monkeypatch, patience=20).quoting_agreed_at is not None
    with acting_in(raced.partnership):
        assert in_the_trail() == ["evaluations.forget_answers", "evaluations.agree_to_be_quoted"]


def agree_twice(raced: Raced, monkeypatch, *, patience: float) -> int:
    """Agree in two windows at once; tell how often it stands in the trail."""
    said, both, may_agree = (
        sent_words(raced, may_quote=False),
        threading.Barrier(2),
        quotes.may_agree_afterwards,
    )

    def wait_for_the_other(invitation):
        with suppress(threading.BrokenBarrierError):
            both.wait(patience)
        return may_agree(invitation)

    monkeypatch.setattr(quotes, "may_agree_afterwards", wait_for_the_other)

    def agree() -> None:
        agree_to_be_quoted(actor=holder_of(said.invitation), invitation=said.invitation)

    assert refused(raced.at_once(agree, agree), Exception) == 0
    with acting_in(raced.partnership):
        assert Invitation.objects.get(pk=said.invitation_id).quoting_agreed_at is not None
        return AuditEntry.objects.filter(action="evaluations.agree_to_be_quoted").count()


def test_agreed_to_twice_at_once_is_agreed_to_once(raced, monkeypatch):
    assert agree_twice(raced, monkeypatch, patience=0.5) == 1


def test_control_without_the_lock_it_is_agreed_to_twice(raced, monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **given: self)
    assert agree_twice(raced, monkeypatch, patience=20) == 2
