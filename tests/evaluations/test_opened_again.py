"""Whoever attended and missed the time is let in again by the team, and gets the certificate after all."""

import threading
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bookings.querysets import BookingQuerySet
from courses.models import SessionTrainer
from evaluations.jobs import (
    ask_about_impact,
    ask_for_evaluations,
    ask_trainers,
    follow_observations,
    remind_and_close,
)
from evaluations.links import holder_of, survey_token
from evaluations.models import Certificate, Invitation, Reopening
from evaluations.periods import LONGEST_OPEN_AGAIN, impact_opens_and_closes, last_minute_of
from evaluations.querysets import InvitationQuerySet
from evaluations.services import reopening
from evaluations.services.answers import save_answers, submit_answers
from evaluations.services.notices import say_left, say_not_manager, settle_notice
from evaluations.services.observations import observe_session, release_observation
from evaluations.services.reopening import open_again
from evaluations.services.retention import forget_answers
from notifications.models import Message
from partnership_portal.working_days import uk_today
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.policy import Window
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt as adopt_questionnaires
from tests.evaluations.made import answer, answers_to, at, booked, held
from tests.evaluations.test_races import together
from tests.factories import actor_for, adopt, job, make_course, make_partnership, make_person, policy

WHY = "Was away with a broken leg"
WEEKS = {"first": 6, "last": 8, "unit": "weeks"}


@pytest.fixture
def person(partnership):
    return make_person(partnership, Role.TEAM, name="Tess Team")


@pytest.fixture
def team(person):
    return actor_for(person)


@pytest.fixture
def booking(partnership):
    """Attended a hundred days ago, and has not answered the evaluation in sixty; nor has the manager in six weeks."""
    adopt(partnership, policy(impact__window=WEEKS), at=at("2019-01-01"))
    learner = make_person(
        partnership, name="Lee", line_manager_name="Meg", line_manager_email="meg@nursery.example"
    )
    course = make_course(partnership, asks_line_manager=True, title="Neglect")
    booking = booked(held(partnership, days_ago=100, course=course), person=learner)
    asked_and_closed(partnership, booking)
    return booking


def asked_and_closed(partnership, booking) -> None:
    ask_for_evaluations(partnership, booking.session.ends_at)
    opens, _ = impact_opens_and_closes(booking.session.ends_at, Window(**WEEKS))
    ask_about_impact(partnership, opens)
    remind_and_close(partnership, timezone.now())


def of(booking, kind: str = "evaluation") -> Invitation:
    return Invitation.objects.for_answering().get(booking=booking, kind=kind)


def in_days(number: int) -> date:
    return uk_today() + timedelta(days=number)


def told() -> list[str]:
    return list(
        Message.objects.filter(purpose="survey-opened_again")
        .order_by("pk")
        .values_list("to_email", flat=True)
    )


def desk(name: str, *more: object) -> str:
    return reverse(f"evaluations:{name}", args=["alphashire", *more])


def survey(invitation: Invitation) -> str:
    return reverse("evaluations:survey", args=["alphashire", survey_token(invitation)])


@pytest.mark.parametrize(
    ("release", "kind"), [("after_evaluation", "evaluation"), ("after_impact", "impact")]
)
def test_whoever_missed_what_the_certificate_waits_for_gets_it_after_all(
    partnership, team, release, kind
) -> None:
    adopt(partnership, policy(impact__window=WEEKS, certificate__release=release), at=at("2019-01-01"))
    booking = booked(held(partnership, days_ago=100))
    asked_and_closed(partnership, booking)
    missed = of(booking, kind)
    assert missed.state == "closed"
    refused = Client().get(survey(missed))
    assert (
        refused.status_code == 410 and "If you still want to answer it, tell us." in refused.content.decode()
    )

    open_again(actor=team, invitation=missed, until=in_days(10), reason=WHY)
    (message,) = Message.objects.filter(purpose="survey-opened_again")
    assert message.to_email == booking.person.email and WHY not in message.text
    assert survey(missed) in message.text and "Your certificate is issued as soon as" in message.text
    assert Client().get(survey(missed)).status_code == 200
    assert not Certificate.objects.exists()
    answer(of(booking, kind))
    assert Certificate.objects.get().booking == booking
    assert of(booking, kind).is_late
    assert Message.objects.filter(purpose="certificate").count() == 1


def test_the_team_can_type_it_in_too(booking, team) -> None:
    missed = of(booking)
    with pytest.raises(DomainError, match="time to answer it is over"):
        save_answers(actor=team, invitation=missed, answers={})
    open_again(actor=team, invitation=missed, until=in_days(0), reason=WHY)
    save_answers(actor=team, invitation=missed, answers=answers_to(missed))
    submit_answers(actor=team, invitation=of(booking))
    assert of(booking).typed_in_by == team.person and Certificate.objects.exists()


def test_before_the_job_has_closed_it_too(booking, team) -> None:
    Invitation.objects.filter(kind="evaluation").update(state="open")
    open_again(actor=team, invitation=of(booking), until=in_days(3), reason=WHY)
    assert of(booking).closes_at == last_minute_of(in_days(3))


def test_done_twice_is_done_once_and_after_closing_anew(partnership, booking, team) -> None:
    for _ in range(2):
        open_again(actor=team, invitation=of(booking), until=in_days(3), reason=WHY)
    assert told() == [booking.person.email] and Reopening.objects.count() == 1
    assert AuditEntry.objects.filter(action="evaluations.open_again").count() == 1
    with pytest.raises(DomainError, match="It is open until"):
        open_again(actor=team, invitation=of(booking), until=in_days(4), reason=WHY)
    remind_and_close(partnership, last_minute_of(in_days(3)))
    assert of(booking).state == "closed"
    later = last_minute_of(in_days(4))
    open_again(actor=team, invitation=of(booking), until=in_days(8), reason=WHY, now=later)
    assert told() == 2 * [booking.person.email] and Reopening.objects.count() == 2


def test_the_trail_says_until_when_and_not_why(booking, team) -> None:
    open_again(actor=team, invitation=of(booking), until=in_days(3), reason=WHY)
    entry = AuditEntry.objects.get(action="evaluations.open_again")
    assert (entry.before["state"], entry.after["state"], entry.person) == ("closed", "open", team.person)
    assert "leg" not in str(list(AuditEntry.objects.values()))
    found = Reopening.objects.get()
    assert (found.reason, found.opened_by) == (WHY, team.person)


@pytest.mark.parametrize("state", ["confirmed", "partly_attended", "did_not_attend"])
def test_only_for_those_who_attended(booking, team, state) -> None:
    type(booking).objects.filter(pk=booking.pk).update(state=state)
    for kind in ("evaluation", "impact", "line_manager"):
        with pytest.raises(DomainError, match="Put the register right first"):
            open_again(actor=team, invitation=of(booking, kind), until=in_days(3), reason=WHY)
    assert not Reopening.objects.exists() and not told()


@pytest.mark.parametrize(
    ("days", "reason", "sentence"),
    [
        (-1, WHY, "Choose today or a later day"),
        (LONGEST_OPEN_AGAIN.days + 1, WHY, "Choose a day until"),
        (3, " ", "Enter why"),
    ],
)
def test_for_a_while_and_with_a_reason(booking, team, days, reason, sentence) -> None:
    with pytest.raises(DomainError, match=sentence):
        open_again(actor=team, invitation=of(booking), until=in_days(days), reason=reason)
    assert of(booking).state == "closed"


def test_not_what_was_answered_or_is_asked_before(booking, team) -> None:
    open_again(actor=team, invitation=of(booking), until=in_days(3), reason=WHY)
    answer(of(booking))
    with pytest.raises(DomainError, match="answered already"):
        open_again(actor=team, invitation=of(booking), until=in_days(3), reason=WHY)
    Invitation.objects.filter(kind="impact").update(kind="pre_course")
    with pytest.raises(DomainError, match="Only what is asked after"):
        open_again(actor=team, invitation=of(booking, "pre_course"), until=in_days(3), reason=WHY)


class TestWhoeverTrainedOrObserved:
    """What an observer or a trainer wrote and did not send in time is not lost."""

    @pytest.fixture
    def session(self, partnership):
        return held(partnership, days_ago=100, trainers=(make_person(partnership, name="Tom Trainer"),))

    @pytest.fixture
    def observation(self, partnership, session, monkeypatch):
        """Filled in but for the last answer, then the time was over."""
        observer = make_person(partnership, Role.OBSERVER, name="Olive Observer")
        with monkeypatch.context() as then:
            then.setattr(timezone, "now", lambda: session.ends_at)
            one = observe_session(actor=actor_for(observer), session=session)
            every = answers_to(one)
            save_answers(actor=holder_of(one), invitation=one, answers=dict(list(every.items())[:-1]))
        remind_and_close(partnership, timezone.now())
        one.refresh_from_db()
        assert one.state == "closed" and one.answers.exists()
        return one

    @pytest.fixture
    def feedback(self, partnership, session):
        adopt(partnership, policy(trainers__feedback_after_session="all_courses"), at=at("2019-01-01"))
        ask_trainers(partnership, session.ends_at)
        remind_and_close(partnership, timezone.now())
        return Invitation.objects.get(kind="trainer_feedback")

    def test_the_observer_goes_on_where_they_were(self, partnership, observation, person, sign_in) -> None:
        client = sign_in(person)
        listed = client.get(desk("chase", observation.session_id)).content.decode()
        assert desk("asked", observation.pk) in listed.split("Who missed it")[1]
        page = client.get(desk("asked_open_again", observation.pk)).content.decode()
        assert "What they wrote before is still there." in page
        kept = observation.answers.count()
        open_again(actor=actor_for(person), invitation=observation, until=in_days(10), reason=WHY)
        assert told() == [observation.respondent.email]
        follow_observations(partnership, timezone.now())
        one = Invitation.objects.get(pk=observation.pk)
        assert one.answers.count() == kept and one.closes_at == last_minute_of(in_days(10))
        answer(one)
        one.refresh_from_db()
        assert one.state == "answered" and one.is_late

    def test_not_what_was_given_back_is_observed_by_another_or_trained_by_now(
        self, partnership, session, observation, team
    ) -> None:
        def refused(sentence: str) -> None:
            with pytest.raises(DomainError, match=sentence):
                open_again(actor=team, invitation=observation, until=in_days(3), reason=WHY)

        other = make_person(partnership, Role.OBSERVER)
        taken = Invitation.objects.get(pk=observation.pk)
        taken.pk, taken.respondent, taken.state = None, other, "open"
        taken.save()
        refused("Somebody else observes this session")
        release_observation(actor=team, observation=taken)
        assert list(Invitation.objects.missed(timezone.now())) == [observation]
        with pytest.raises(DomainError, match="has given it back"):
            open_again(actor=team, invitation=taken, until=in_days(3), reason=WHY)
        link = SessionTrainer.objects.create(
            partnership=partnership, session=session, person=observation.respondent
        )
        refused("trains this session")
        link.delete()
        open_again(actor=team, invitation=observation, until=in_days(3), reason=WHY)

    def test_the_trainer_answers_after_all(self, feedback, team) -> None:
        open_again(actor=team, invitation=feedback, until=in_days(3), reason=WHY)
        answer(Invitation.objects.get(pk=feedback.pk))
        feedback.refresh_from_db()
        assert feedback.state == "answered" and feedback.is_late

    def test_not_whoever_is_no_trainer_any_more(self, session, feedback, team) -> None:
        assert list(Invitation.objects.missed(timezone.now())) == [feedback]
        session.trainer_links.all().delete()
        assert not Invitation.objects.missed(timezone.now()).exists()
        with pytest.raises(DomainError, match="Tom Trainer is not a trainer of this session any more"):
            open_again(actor=team, invitation=feedback, until=in_days(3), reason=WHY)

    def test_locks_the_session_first(self, observation, team) -> None:
        with CaptureQueriesContext(connection) as queries:
            open_again(actor=team, invitation=observation, until=in_days(3), reason=WHY)
        locks = [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
        tables = [sql.split('FROM "')[1].split('"')[0] for sql in locks]
        assert tables.index("courses_session") < tables.index("evaluations_invitation")


def test_what_was_said_instead_is_settled_first(booking, team) -> None:
    Invitation.objects.update(state="open", closes_at=timezone.now() + timedelta(hours=1))
    invitation, form = of(booking), of(booking, "line_manager")
    notice = say_left(actor=holder_of(invitation), invitation=invitation)
    say_not_manager(actor=holder_of(form), invitation=form)
    later = timezone.now() + timedelta(hours=2)
    with pytest.raises(DomainError, match="First settle"):
        open_again(actor=team, invitation=invitation, until=in_days(3), reason=WHY, now=later)
    with pytest.raises(DomainError, match="Meg is not the line manager"):
        open_again(actor=team, invitation=form, until=in_days(3), reason=WHY, now=later)
    settle_notice(actor=team, notice=notice, outcome=notice.Outcome.NOTED)
    open_again(actor=team, invitation=invitation, until=in_days(3), reason=WHY, now=later)
    answer(of(booking))
    assert Certificate.objects.exists()


class TestKeptAsPromised:
    """Three years after the session everything goes; nobody is asked for more by then, nor after it."""

    def gone_on(self, booking):
        ended = booking.session.ends_at
        return ended.replace(year=ended.year + 3)

    def test_not_beyond_the_day_on_which_answers_go(self, booking, team) -> None:
        now = self.gone_on(booking) - timedelta(days=3)
        last = self.gone_on(booking).date() - timedelta(days=1)
        with pytest.raises(DomainError, match="Choose a day until"):
            open_again(
                actor=team, invitation=of(booking), until=last + timedelta(days=1), reason=WHY, now=now
            )
        open_again(actor=team, invitation=of(booking), until=last, reason=WHY, now=now)

    def test_not_when_they_are_gone(self, partnership, booking, team) -> None:
        open_again(actor=team, invitation=of(booking), until=in_days(1), reason=WHY)
        remind_and_close(partnership, timezone.now() + timedelta(days=2))
        now = self.gone_on(booking) + timedelta(days=2)
        for _ in range(2):
            with pytest.raises(DomainError, match="kept no longer"):
                open_again(
                    actor=team,
                    invitation=of(booking),
                    until=now.date() + timedelta(days=3),
                    reason=WHY,
                    now=now,
                )
            forget_answers(actor=job(partnership), session=booking.session, now=now)
        assert of(booking).forgotten_at is not None and not Reopening.objects.exists()
        assert not told()


class TestPages:
    def test_from_the_list_to_the_survey_and_back(self, booking, person, sign_in) -> None:
        client, missed = sign_in(person), of(booking)
        listed = client.get(desk("chase", booking.session_id)).content.decode()
        assert "Who missed it" in listed and desk("asked", missed.pk) in listed
        assert "Nobody is left to ask" in listed
        page = desk("asked_open_again", missed.pk)
        assert page in client.get(desk("asked", missed.pk)).content.decode()
        assert booking.person.email in client.get(page).content.decode()
        wrong = client.post(page, {"reason": ""}).content.decode()
        assert "Enter the reason" in wrong and "Enter the last day on which they can answer" in wrong
        far = in_days(LONGEST_OPEN_AGAIN.days + 1)
        given = {"until_day": far.day, "until_month": far.month, "until_year": far.year, "reason": WHY}
        assert "Choose a day until" in client.post(page, given).content.decode()
        assert of(booking).state == "closed"
        day = in_days(5)
        given |= {"until_day": day.day, "until_month": day.month, "until_year": day.year}
        done = client.post(page, given, follow=True).content.decode()
        assert "It is open again until" in done and WHY in done and "Type in what they say" in done
        assert page not in done
        listed = client.get(desk("chase", booking.session_id)).content.decode()
        assert desk("asked", missed.pk) in listed.split("Who missed it")[0]
        # Whoever comes with an old page is told how it stands.
        assert "It is open until" in client.get(page).content.decode()

    def test_the_record_leads_the_team_there_and_nobody_else(
        self, partnership, booking, person, sign_in
    ) -> None:
        asked = desk("asked", of(booking).pk)
        lead = make_person(
            partnership, Role.ORGANISATION_LEAD, organisation=booking.person.memberships.get().organisation
        )
        record = reverse("compliance:organisation_person", args=["alphashire", booking.person_id])
        for who, is_led in ((person, True), (lead, False)):
            page = sign_in(who).get(record)
            assert page.status_code == 200
            assert (asked in page.content.decode()) is is_led
            assert "Not issued yet" in page.content.decode()

    def test_only_the_team_and_only_its_own(self, partnership, neighbour, booking, sign_in) -> None:
        missed = of(booking)
        for role in (Role.TRAINER, Role.ORGANISATION_LEAD, Role.OBSERVER):
            other = make_person(partnership, role)
            client = sign_in(other)
            assert client.get(desk("asked_open_again", missed.pk)).status_code == 403
            assert client.post(desk("asked_open_again", missed.pk)).status_code == 403
            with pytest.raises(PermissionDenied):
                open_again(actor=actor_for(other), invitation=missed, until=in_days(3), reason=WHY)
        with acting_in(neighbour):
            stranger = make_person(neighbour, Role.TEAM)
            client = sign_in(stranger)
        address = reverse("evaluations:asked_open_again", args=[neighbour.slug, missed.pk])
        assert client.get(address).status_code == client.post(address).status_code == 404
        with acting_in(neighbour), pytest.raises(Invitation.DoesNotExist):
            open_again(actor=actor_for(stranger), invitation=missed, until=in_days(3), reason=WHY)
        assert of(booking).state == "closed"

    @pytest.mark.parametrize("rows", [1, 5])
    def test_as_many_queries_however_many_missed_it(
        self, partnership, person, sign_in, rows, django_assert_num_queries
    ) -> None:
        session = held(partnership, days_ago=100)
        for _ in range(rows):
            booked(session)
        ask_for_evaluations(partnership, session.ends_at)
        remind_and_close(partnership, timezone.now())
        client = sign_in(person)
        client.get(desk("chase", session.pk))
        with django_assert_num_queries(12):
            page = client.get(desk("chase", session.pk)).content.decode()
        assert page.count("/desk/surveys/asked/") == rows


@pytest.fixture
def raced(settings):
    """A partnership for every connection; its learner has written the evaluation, which closes within the hour."""
    settings.CELERY_TASK_ALWAYS_EAGER = True
    partnership = make_partnership("raceshire")
    with acting_in(partnership):
        adopt_questionnaires(partnership)
        booking = booked(held(partnership))
        person = make_person(partnership, Role.TEAM)
    ask_for_evaluations(partnership, timezone.now())
    with acting_in(partnership):
        Invitation.objects.update(closes_at=timezone.now() + timedelta(hours=1))
        invitation = of(booking)
        save_answers(actor=holder_of(invitation), invitation=invitation, answers=answers_to(invitation))
    later = timezone.now() + timedelta(hours=2)

    def open_it() -> None:
        with acting_in(partnership):
            open_again(
                actor=actor_for(person), invitation=invitation, until=in_days(9), reason=WHY, now=later
            )

    def send_it() -> None:
        with acting_in(partnership):
            submit_answers(actor=holder_of(invitation), invitation=invitation)

    return partnership, open_it, send_it


def without_locks(monkeypatch) -> None:
    for rows in (BookingQuerySet, InvitationQuerySet):
        monkeypatch.setattr(rows, "select_for_update", lambda self, **given: self)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_of_the_team_at_once_open_it_once(raced) -> None:
    partnership, open_it, _ = raced
    assert together(2, open_it) == [None, None]
    with acting_in(partnership):
        assert Reopening.objects.count() == len(told()) == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_control_without_the_locks_they_write_twice(raced, monkeypatch) -> None:
    partnership, open_it, _ = raced
    both_have_looked, look = threading.Barrier(2), reopening._refuse_day

    def look_together(*given) -> None:
        look(*given)
        both_have_looked.wait(timeout=20)

    without_locks(monkeypatch)
    monkeypatch.setattr(reopening, "_refuse_day", look_together)
    assert together(2, open_it) == [None, None]
    with acting_in(partnership):
        assert Reopening.objects.count() == len(told()) == 2


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_what_is_sent_while_it_is_opened_again_stays_answered(raced) -> None:
    partnership, *acts = raced
    outcomes = together(2, lambda: acts.pop()())
    assert [one for one in outcomes if one is not None and not isinstance(one, DomainError)] == []
    with acting_in(partnership):
        assert Invitation.objects.get().state == "answered"
        assert Certificate.objects.count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_control_without_the_locks_the_database_has_to_refuse_it(raced, monkeypatch) -> None:
    partnership, open_it, send_it = raced
    has_looked, is_sent, look = threading.Event(), threading.Event(), reopening._refuse_day

    def look_and_wait(*given) -> None:
        look(*given)
        has_looked.set()
        is_sent.wait(timeout=20)

    def send_meanwhile() -> None:
        has_looked.wait(timeout=20)
        send_it()
        is_sent.set()

    acts = [open_it, send_meanwhile]
    without_locks(monkeypatch)
    monkeypatch.setattr(reopening, "_refuse_day", look_and_wait)
    outcomes = together(2, lambda: acts.pop()())
    assert sum(isinstance(one, IntegrityError) for one in outcomes) == 1
    with acting_in(partnership):
        assert Invitation.objects.get().state == "answered"
