"""Observation: who is asked to observe, never a trainer, who reads it, and what is agreed afterwards."""

from datetime import date, time, timedelta
from threading import Barrier, Thread

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from courses.models import Session, SessionTrainer
from courses.plans import SessionPlan, Slot
from courses.refusals import PlanRefused
from courses.services.sessions import change_session
from evaluations.jobs import follow_observations, remind_of_actions
from evaluations.models import Invitation, ObservationAction
from evaluations.observation_messages import tell_shared
from evaluations.queries import courses_to_observe
from evaluations.querysets import ObservationActionQuerySet
from evaluations.services import observation_actions
from evaluations.services.observation_actions import (
    Agreed,
    agree_action,
    change_action,
    finish_action,
    reopen_action,
)
from evaluations.services.observations import assign_observer, observe_session, release_observation
from notifications.models import Message
from partnership_portal.working_days import uk_moment, uk_today
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.services.memberships import end_membership, revoke_role
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt, answer
from tests.evaluations.test_races import together
from tests.factories import actor_for, make_organisation, make_partnership, make_person, make_session, policy
from tests.factories import adopt as adopt_policy

SEEN = "The case study was about a boy of nine."


def observed(session: Session, observer, **given) -> Invitation:
    """An observation that was sent."""
    one = observe_session(actor=actor_for(observer), session=session)
    answer(one, **{"strengths": SEEN, **given})
    return Invitation.objects.get(pk=one.pk)


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM)


@pytest.fixture
def observer(partnership):
    return make_person(partnership, Role.OBSERVER, name="Olive Observer")


@pytest.fixture
def trainer(partnership):
    return make_person(partnership, Role.TRAINER, name="Tess Trainer")


@pytest.fixture
def session(partnership, trainer):
    return make_session(partnership, starts_at=timezone.now() - timedelta(hours=1), trainers=(trainer,))


class TestAssigning:
    def test_observer_is_written_to_once(self, partnership, team, observer):
        session = make_session(partnership)
        for _ in range(2):
            assign_observer(actor=actor_for(team), session=session, observer=observer)
        follow_observations(partnership, timezone.now())
        message = Message.objects.get(purpose="observation_assigned")
        assert message.to_email == observer.email and session.course.title in message.title

    def test_nobody_else_while_somebody_observes(self, partnership, team, observer):
        session = make_session(partnership)
        one = assign_observer(actor=actor_for(team), session=session, observer=observer)
        other = make_person(partnership, Role.OBSERVER)
        with pytest.raises(DomainError, match="Olive Observer observes this session already"):
            assign_observer(actor=actor_for(team), session=session, observer=other)
        with pytest.raises(DomainError, match="observes this session already"):
            observe_session(actor=actor_for(other), session=session)
        release_observation(actor=actor_for(team), observation=one)
        assign_observer(actor=actor_for(team), session=session, observer=other)
        told = Message.objects.filter(purpose="observation_released").values_list("to_email", flat=True)
        assert list(told) == [observer.email]

    def test_given_back_and_taken_on_again_is_told_again(self, partnership, team, observer):
        session = make_session(partnership)
        one = observe_session(actor=actor_for(observer), session=session)
        release_observation(actor=actor_for(observer), observation=one)
        assert not Message.objects.filter(purpose="observation_released").exists()
        Invitation.objects.filter(pk=one.pk).update(invited_at=timezone.now() - timedelta(days=1))
        again = assign_observer(actor=actor_for(team), session=session, observer=observer)
        assert again.pk == one.pk and again.state == "open"

    @pytest.mark.parametrize("who", ["trainer", "practitioner"])
    def test_refuses_whoever_may_not_observe(self, partnership, team, who):
        person = make_person(partnership, *([Role.TRAINER, Role.OBSERVER] if who == "trainer" else []))
        session = make_session(partnership, trainers=(person,) if who == "trainer" else ())
        said = "trains this session" if who == "trainer" else "is not an observer"
        with pytest.raises(DomainError, match=said):
            assign_observer(actor=actor_for(team), session=session, observer=person)

    def test_observers_are_not_told_of_each_other(self, partnership, observer, sign_in):
        session = make_session(partnership)
        observe_session(actor=actor_for(observer), session=session)
        other = make_person(partnership, Role.OBSERVER)
        address = reverse("evaluations:observations", args=[partnership.slug])
        page = sign_in(other).get(address).content.decode()
        assert "somebody observes it" in page and "Olive" not in page
        assert "you observe it" in sign_in(observer).get(address).content.decode()
        with pytest.raises(DomainError, match="Somebody observes"):
            observe_session(actor=actor_for(other), session=session)

    def test_only_by_the_team(self, partnership, observer):
        with pytest.raises(PermissionDenied):
            assign_observer(actor=actor_for(observer), session=make_session(partnership), observer=observer)

    def test_others_cannot_give_it_back(self, partnership, observer):
        one = observe_session(actor=actor_for(observer), session=make_session(partnership))
        with pytest.raises(PermissionDenied):
            release_observation(actor=actor_for(make_person(partnership, Role.OBSERVER)), observation=one)

    def test_what_was_sent_is_not_given_back(self, session, observer):
        with pytest.raises(DomainError, match="was sent"):
            release_observation(actor=actor_for(observer), observation=observed(session, observer))

    def test_plan_shows_due_planned_and_sessions(self, partnership, team, observer, sign_in):
        session = make_session(partnership)
        plan = reverse("evaluations:observation_plan", args=[partnership.slug])
        client = sign_in(team)
        assert "1 of 1 course is due" in client.get(plan).content.decode()
        address = reverse("evaluations:assign_observer", args=[partnership.slug, session.pk])
        assert "Olive Observer" in client.get(address).content.decode()
        client.post(address, {"observer": observer.pk})
        page = client.get(plan).content.decode()
        assert "Planned" in page and "Olive Observer" in page and "0 of 1 course are due" in page

    def test_follows_a_session_that_moves_or_is_cancelled(self, partnership, observer):
        session = make_session(partnership)
        one = observe_session(actor=actor_for(observer), session=session)
        later = timedelta(days=7)
        Session.objects.filter(pk=session.pk).update(
            starts_at=session.starts_at + later, ends_at=session.ends_at + later
        )
        for _ in range(2):
            follow_observations(partnership, timezone.now())
        assert Message.objects.filter(purpose="observation_assigned").count() == 2
        assert Invitation.objects.get().closes_at > one.closes_at
        Session.objects.filter(pk=session.pk).update(status="cancelled")
        for _ in range(2):
            follow_observations(partnership, timezone.now())
        assert Message.objects.filter(purpose="observation_released").count() == 1
        assert Invitation.objects.get().state == "closed"

    def test_told_again_when_moved_back_or_elsewhere(self, partnership, observer):
        session = make_session(partnership)
        observe_session(actor=actor_for(observer), session=session)
        told = Message.objects.filter(purpose="observation_assigned")
        later = timedelta(days=7)
        first = {"starts_at": session.starts_at, "ends_at": session.ends_at}
        second = {name: moment + later for name, moment in first.items()}
        other = make_session(partnership).venue
        assert other != session.venue
        moves = [second, first, {"venue": other}, {"venue": session.venue}]
        for number, moved in enumerate(moves, start=2):
            Session.objects.filter(pk=session.pk).update(**moved)
            for _ in range(2):
                follow_observations(partnership, timezone.now())
            assert told.count() == number

    def test_keeps_the_policy_of_the_day_on_which_it_begins(self, partnership, observer, team, sign_in):
        trainer = make_person(partnership, Role.TRAINER)
        session = make_session(partnership, trainers=(trainer,))
        first = observe_session(actor=actor_for(observer), session=session).policy_version
        rules = policy(observation__shared_with_trainers=False, evaluation__open_days=14)
        second = adopt_policy(partnership, rules, at=session.starts_at + timedelta(days=3))
        follow_observations(partnership, timezone.now())
        assert Invitation.objects.get().policy_version == first
        later = {name: getattr(session, name) + timedelta(days=7) for name in ("starts_at", "ends_at")}
        Session.objects.filter(pk=session.pk).update(**later)
        follow_observations(partnership, timezone.now())
        one = Invitation.objects.get()
        assert one.policy_version == second
        assert one.closes_at - later["ends_at"] < timedelta(days=15)
        # What the page says and who reads it go by the same rules.
        Invitation.objects.update(state="answered", answered_at=timezone.now())
        page = reverse("evaluations:observation", args=[partnership.slug, one.pk])
        assert sign_in(trainer).get(page).status_code == 404
        said = sign_in(team).get(page).content.decode()
        assert "Shared with the group that steers training." in said

    def test_follows_rules_that_begin_before_its_session_does(self, partnership, observer):
        session = make_session(partnership)
        observe_session(actor=actor_for(observer), session=session)
        rules = policy(observation__shared_with_trainers=False)
        newer = adopt_policy(partnership, rules, at=session.starts_at - timedelta(days=3))
        for _ in range(2):
            follow_observations(partnership, timezone.now())
        assert Invitation.objects.get().policy_version == newer
        assert Message.objects.filter(purpose="observation_assigned").count() == 1
        followed = AuditEntry.objects.filter(action="evaluations.follow_observed_session")
        assert followed.count() == 1

    def test_the_page_states_the_rule_that_is_applied(self, partnership, session, observer, team, sign_in):
        one = observed(session, observer)
        rules = policy(observation__shared_with_trainers=False, observation__shared_with_group=False)
        adopt_policy(partnership, rules, at=session.starts_at - timedelta(hours=1))
        page = reverse("evaluations:observation", args=[partnership.slug, one.pk])
        assert "Shared with the trainers of the session" in sign_in(team).get(page).content.decode()

    @pytest.mark.parametrize("how", ["left", "lost the role"])
    def test_given_back_by_whoever_observes_no_more(self, partnership, observer, team, sign_in, how):
        ahead = make_session(partnership)
        course = ahead.course
        over = make_session(partnership, course=course, starts_at=timezone.now() - timedelta(days=1))
        for session in (ahead, over):
            observe_session(actor=actor_for(observer), session=session)
        membership = observer.memberships.get()
        if how == "left":
            end_membership(actor=actor_for(team), membership=membership)
        else:
            revoke_role(actor=actor_for(team), membership=membership, role=Role.OBSERVER)
        (found,) = courses_to_observe(actor_for(team), timezone.now())
        assert found.is_due and not found.planned and len(found.left) == 2
        plan = sign_in(team).get(reverse("evaluations:observation_plan", args=[partnership.slug]))
        assert "is no observer any more" in plan.content.decode()
        for _ in range(2):
            follow_observations(partnership, timezone.now())
        states = dict(Invitation.objects.values_list("session", "state"))
        # Who was there may still send what they saw.
        assert states == {ahead.pk: "closed", over.pk: "open"}
        told = Message.objects.filter(purpose="observation_released")
        assert told.get().to_email == observer.email
        other = make_person(partnership, Role.OBSERVER)
        assign_observer(actor=actor_for(team), session=ahead, observer=other)
        (found,) = courses_to_observe(actor_for(team), timezone.now())
        assert not found.is_due and [one.respondent for one in found.planned] == [other]

    @pytest.mark.parametrize("rows", [1, 5])
    def test_plan_takes_the_same_number_of_queries(
        self, partnership, team, observer, sign_in, rows, django_assert_num_queries
    ):
        for _ in range(rows):
            session = make_session(partnership)
            make_session(partnership, course=session.course)
            assign_observer(actor=actor_for(team), session=session, observer=observer)
        client = sign_in(team)
        plan = reverse("evaluations:observation_plan", args=[partnership.slug])
        client.get(plan)
        with django_assert_num_queries(12):
            client.get(plan)


class TestNeverATrainer:
    def test_database_refuses_an_observer_who_trains(self, partnership, session, trainer, observer):
        one = observe_session(actor=actor_for(observer), session=session)
        with pytest.raises(IntegrityError, match="whoever trains"), transaction.atomic():
            Invitation.objects.filter(pk=one.pk).update(respondent=trainer)

    def test_database_refuses_a_trainer_who_observes(self, partnership, session, observer):
        observe_session(actor=actor_for(observer), session=session)
        with pytest.raises(IntegrityError, match="whoever trains"), transaction.atomic():
            SessionTrainer.objects.create(partnership=partnership, session=session, person=observer)

    def test_given_back_it_may_be_trained(self, partnership, session, observer):
        one = observe_session(actor=actor_for(observer), session=session)
        release_observation(actor=actor_for(observer), observation=one)
        SessionTrainer.objects.create(partnership=partnership, session=session, person=observer)
        with pytest.raises(DomainError, match="You train this session"):
            observe_session(actor=actor_for(observer), session=session)

    def test_whoever_plans_is_told_so(self, partnership, team):
        both = make_person(partnership, Role.TRAINER, Role.OBSERVER)
        session = make_session(partnership)
        observe_session(actor=actor_for(both), session=session)
        plan = SessionPlan(
            slots=(Slot(session.starts_at, session.ends_at),),
            capacity=session.capacity,
            venue=session.venue,
            trainers=(both,),
        )
        with pytest.raises(PlanRefused, match="observes this session") as refusal:
            change_session(actor=actor_for(team), session=session, plan=plan)
        assert refusal.value.field == "trainers"
        assert not SessionTrainer.objects.exists()


def test_sending_locks_the_session_before_the_observation(session, observer) -> None:
    """As whoever releases or follows an observation does, so that the two never wait for each other."""
    one = observe_session(actor=actor_for(observer), session=session)
    with CaptureQueriesContext(connection) as queries:
        answer(one, strengths=SEEN)
    locks = [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
    tables = [sql.split('FROM "')[1].split('"')[0] for sql in locks]
    # Messages that need not be sent any more are dropped after both.
    rows = [one for one in tables if one != "notifications_message"]
    assert rows[-2:] == ["courses_session", "evaluations_invitation"]


@pytest.mark.django_db(transaction=True)
def test_observer_and_trainer_at_once() -> None:
    """One of two threads is refused, whichever comes first; without the lock both would be let in."""
    partnership = make_partnership("raceshire")
    with acting_in(partnership):
        adopt(partnership)
        person = make_person(partnership, Role.OBSERVER, Role.TRAINER)
        sessions = [make_session(partnership) for _ in range(5)]
    for session in sessions:
        barrier, refused = Barrier(2), []

        def observe(session=session, barrier=barrier, refused=refused) -> None:
            try:
                with acting_in(partnership):
                    actor = actor_for(person)
                    barrier.wait()
                    observe_session(actor=actor, session=session)
            except (DomainError, IntegrityError) as error:
                refused.append(error)
            finally:
                connection.close()

        def train(session=session, barrier=barrier, refused=refused) -> None:
            try:
                with acting_in(partnership):
                    barrier.wait()
                    SessionTrainer.objects.create(partnership=partnership, session=session, person=person)
            except IntegrityError as error:
                refused.append(error)
            finally:
                connection.close()

        threads = [Thread(target=observe), Thread(target=train)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(refused) == 1


class TestReading:
    @pytest.fixture
    def sent(self, partnership, session, observer):
        return observed(session, observer)

    def address(self, observation) -> str:
        return reverse("evaluations:observation", args=[observation.partnership.slug, observation.pk])

    def test_trainers_group_team_and_observer_read_it(
        self, partnership, sent, trainer, observer, team, sign_in
    ):
        chair = make_person(partnership, Role.SUBGROUP_CHAIR)
        for person, sees_name in ((trainer, False), (chair, False), (team, True), (observer, True)):
            page = sign_in(person).get(self.address(sent)).content.decode()
            assert SEEN in page
            # Design rule 7: no name beside an answer but for the team.
            assert ("Olive Observer" in page.split("<main")[1]) is sees_name
            listed = sign_in(person).get(reverse("evaluations:sent_observations", args=[partnership.slug]))
            assert self.address(sent) in listed.content.decode()

    def test_nobody_else_reads_it(self, partnership, neighbour, sent, sign_in):
        others = [make_person(partnership), make_person(partnership, Role.ORGANISATION_LEAD)]
        others += [make_person(partnership, Role.TRAINER), make_person(partnership, Role.OBSERVER)]
        for person in others:
            assert sign_in(person).get(self.address(sent)).status_code == 404
        with acting_in(neighbour):
            stranger = make_person(neighbour, Role.TEAM)
        address = reverse("evaluations:observation", args=[neighbour.slug, sent.pk])
        assert sign_in(stranger).get(address).status_code == 404

    def test_not_before_it_is_sent(self, partnership, session, trainer, observer, team, sign_in):
        one = observe_session(actor=actor_for(observer), session=session)
        assert sign_in(trainer).get(self.address(one)).status_code == 404
        assert "has not been sent yet" in sign_in(team).get(self.address(one)).content.decode()

    @pytest.mark.parametrize("group", ["trainers", "group"])
    def test_not_where_the_policy_does_not_share_it(self, db, group, sign_in):
        shire = make_partnership("closedshire", **{f"observation__shared_with_{group}": False})
        with acting_in(shire):
            adopt(shire)
            trainer, chair = make_person(shire, Role.TRAINER), make_person(shire, Role.SUBGROUP_CHAIR)
            session = make_session(shire, starts_at=timezone.now(), trainers=(trainer,))
            one = observed(session, make_person(shire, Role.OBSERVER))
            follow_observations(shire, timezone.now())
            told = Message.objects.filter(purpose="observation_shared").count()
            seen = {
                "trainers": sign_in(trainer).get(self.address(one)).status_code,
                "group": sign_in(chair).get(self.address(one)).status_code,
            }
        assert seen == {"trainers": 200, "group": 200} | {group: 404}
        assert told == (0 if group == "trainers" else 1)

    def test_the_team_alone_is_led_to_take_words_out(self, sent, trainer, observer, team, sign_in):
        words = sent.answers.get(text=SEEN)
        redact = reverse("evaluations:redact", args=[sent.partnership.slug, words.pk])
        for person, is_led in ((trainer, False), (observer, False), (team, True)):
            page = sign_in(person).get(self.address(sent)).content.decode()
            assert (redact in page) is is_led
        # What was chosen has no words.
        chosen = sent.answers.filter(text="").values_list("pk", flat=True)
        assert chosen
        page = sign_in(team).get(self.address(sent)).content.decode()
        for answer_id in chosen:
            assert reverse("evaluations:redact", args=[sent.partnership.slug, answer_id]) not in page
        sign_in(team).post(redact, {"reason": "Names a child"})
        assert SEEN not in sign_in(trainer).get(self.address(sent)).content.decode()

    def test_trainers_are_told_once(self, partnership, sent, trainer):
        for _ in range(2):
            follow_observations(partnership, timezone.now())
        message = Message.objects.get(purpose="observation_shared")
        assert message.to_email == trainer.email and SEEN not in message.text

    def test_a_second_trainer_is_told_where_the_first_was(self, partnership, observer, trainer):
        other = make_person(partnership, Role.TRAINER)
        session = make_session(partnership, starts_at=timezone.now(), trainers=(trainer, other))
        one = observed(session, observer)
        # A worker told the first and died.
        tell_shared(one, trainer)
        for _ in range(2):
            follow_observations(partnership, timezone.now())
        told = Message.objects.filter(purpose="observation_shared").values_list("to_email", flat=True)
        assert sorted(told) == sorted([trainer.email, other.email])

    @pytest.mark.parametrize("rows", [1, 5])
    def test_list_takes_the_same_number_of_queries(
        self, partnership, observer, team, sign_in, rows, django_assert_num_queries
    ):
        for _ in range(rows):
            observed(make_session(partnership, starts_at=timezone.now()), observer)
        client = sign_in(team)
        address = reverse("evaluations:sent_observations", args=[partnership.slug])
        client.get(address)
        with django_assert_num_queries(10):
            client.get(address)


class TestActions:
    @pytest.fixture
    def sent(self, partnership, session, observer):
        return observed(session, observer)

    def agreed(self, owner=None, days=10, text="Bring the slides up to date") -> Agreed:
        return Agreed(text, owner, uk_today() + timedelta(days=days))

    def test_observer_agrees_with_a_trainer_who_does_it(self, partnership, sent, observer, trainer):
        for _ in range(2):
            action = agree_action(actor=actor_for(observer), observation=sent, agreed=self.agreed(trainer))
        assert ObservationAction.objects.get() == action
        message = Message.objects.get(purpose="observation_action")
        assert message.to_email == trainer.email and "slides" not in message.text
        for _ in range(2):
            finish_action(actor=actor_for(trainer), action=action)
        action.refresh_from_db()
        assert action.done_by == trainer
        assert AuditEntry.objects.filter(action="evaluations.finish_action").count() == 1
        reopen_action(actor=actor_for(trainer), action=action)
        assert ObservationAction.objects.open().exists()
        trail = str(list(AuditEntry.objects.values_list("before", "after")))
        assert "slides" not in trail

    def test_put_off_and_passed_on(self, sent, team, trainer, observer):
        action = agree_action(actor=actor_for(team), observation=sent, agreed=self.agreed(trainer))
        change_action(actor=actor_for(team), action=action, agreed=self.agreed(observer, 20, "Other words"))
        action.refresh_from_db()
        assert (action.text, action.owner) == ("Other words", observer)
        states = dict(Message.objects.filter(purpose="observation_action").values_list("to_email", "state"))
        assert set(states) == {trainer.email, observer.email}
        finish_action(actor=actor_for(team), action=action)
        with pytest.raises(DomainError, match="is done"):
            change_action(actor=actor_for(team), action=action, agreed=self.agreed())

    def test_reworded_while_its_message_waits_it_is_still_told(self, sent, team, trainer, observer):
        action = agree_action(actor=actor_for(team), observation=sent, agreed=self.agreed(trainer))
        change_action(actor=actor_for(team), action=action, agreed=self.agreed(trainer, text="Other words"))
        told = Message.objects.filter(purpose="observation_action")
        assert told.exclude(state="dropped").get().to_email == trainer.email
        told.update(state="queued")
        for owner in (observer, trainer):
            change_action(actor=actor_for(team), action=action, agreed=self.agreed(owner))
        assert list(told.values_list("to_email", "state").order_by("pk")) == [
            (trainer.email, "dropped"),
            (observer.email, "dropped"),
            (trainer.email, "queued"),
        ]

    def on_the_day(self, action, *, days=0):
        return uk_moment(action.due_on + timedelta(days=days), time(6, 30))

    def reminded(self) -> list[str]:
        told = Message.objects.filter(purpose="observation_action_due")
        return list(told.order_by("pk").values_list("to_email", flat=True))

    def test_its_owner_hears_once_on_the_day(self, partnership, sent, trainer, team):
        action = agree_action(actor=actor_for(team), observation=sent, agreed=self.agreed(trainer))
        done = agree_action(actor=actor_for(team), observation=sent, agreed=self.agreed(trainer, text="Done"))
        finish_action(actor=actor_for(trainer), action=done)
        remind_of_actions(partnership, self.on_the_day(action, days=-1))
        assert self.reminded() == []
        # Not on the day, since the machine was down, but the next morning, and never again.
        for days in (1, 1, 2, 30):
            remind_of_actions(partnership, self.on_the_day(action, days=days))
        assert self.reminded() == [trainer.email]
        message = Message.objects.get(purpose="observation_action_due")
        assert "slides" not in message.text and "has left" not in message.text
        assert AuditEntry.objects.filter(action="evaluations.remind_of_action").count() == 1
        # Put off, it has another day.
        change_action(actor=actor_for(team), action=action, agreed=self.agreed(trainer, 40))
        action.refresh_from_db()
        for days in (-1, 0, 0):
            remind_of_actions(partnership, self.on_the_day(action, days=days))
        assert self.reminded() == [trainer.email] * 2

    def test_the_team_hears_of_its_own(self, partnership, sent, team):
        action = agree_action(actor=actor_for(team), observation=sent, agreed=self.agreed())
        remind_of_actions(partnership, self.on_the_day(action))
        assert self.reminded() == [partnership.coordinator_email]

    def test_done_while_it_waits_to_be_sent_it_is_dropped(self, partnership, sent, trainer, team):
        action = agree_action(actor=actor_for(team), observation=sent, agreed=self.agreed(trainer))
        remind_of_actions(partnership, self.on_the_day(action))
        Message.objects.update(state="queued")
        finish_action(actor=actor_for(trainer), action=action)
        assert Message.objects.get(purpose="observation_action_due").state == "dropped"

    def test_an_owner_who_has_left_is_marked_and_the_team_hears_of_it(
        self, partnership, sent, trainer, observer, team, sign_in
    ):
        action = agree_action(actor=actor_for(team), observation=sent, agreed=self.agreed(trainer))
        agree_action(actor=actor_for(team), observation=sent, agreed=self.agreed(observer))
        pages = [
            reverse("evaluations:observation_actions", args=[partnership.slug]),
            reverse("evaluations:actions_export", args=[partnership.slug, "csv"]),
            reverse("evaluations:observation", args=[partnership.slug, sent.pk]),
        ]
        for gone in (False, True):
            for page in pages:
                found = b"".join(sign_in(team).get(page)).decode()
                assert ("Tess Trainer (has left)" in found) is gone
                assert "Olive Observer" in found and "Olive Observer (has left)" not in found
            if not gone:
                end_membership(actor=actor_for(team), membership=trainer.memberships.get())
        remind_of_actions(partnership, self.on_the_day(action))
        told = Message.objects.get(purpose="observation_action_due", to_email=partnership.coordinator_email)
        assert "Tess Trainer was to do it and has left" in told.text
        assert sorted(self.reminded()) == sorted([observer.email, partnership.coordinator_email])

    def test_neighbours_hear_nothing(self, partnership, neighbour, sent, trainer, team):
        action = agree_action(actor=actor_for(team), observation=sent, agreed=self.agreed(trainer))
        with acting_in(neighbour):
            remind_of_actions(neighbour, self.on_the_day(action))
        assert self.reminded() == []

    def test_refusals(self, partnership, session, sent, trainer, team):
        with pytest.raises(PermissionDenied):
            agree_action(actor=actor_for(trainer), observation=sent, agreed=self.agreed())
        stranger = make_person(partnership, Role.TRAINER)
        with pytest.raises(DomainError, match="a trainer of the session"):
            agree_action(actor=actor_for(team), observation=sent, agreed=self.agreed(stranger))
        action = agree_action(actor=actor_for(team), observation=sent, agreed=self.agreed())
        with pytest.raises(PermissionDenied):
            finish_action(actor=actor_for(trainer), action=action)
        other = observe_session(
            actor=actor_for(make_person(partnership, Role.OBSERVER)), session=make_session(partnership)
        )
        with pytest.raises(DomainError, match="Send the observation first"):
            agree_action(actor=actor_for(team), observation=other, agreed=self.agreed())

    def test_list_and_pages_of_each_role(
        self, partnership, neighbour, sent, trainer, observer, team, sign_in
    ):
        action = agree_action(actor=actor_for(team), observation=sent, agreed=self.agreed(trainer, -1))
        actions = reverse("evaluations:observation_actions", args=[partnership.slug])
        chair = make_person(partnership, Role.SUBGROUP_CHAIR)
        for person in (trainer, observer, team, chair):
            page = sign_in(person).get(actions).content.decode()
            assert "Bring the slides" in page and "Overdue" in page
        assert "Bring the slides" not in sign_in(make_person(partnership)).get(actions).content.decode()
        change = reverse("evaluations:change_action", args=[partnership.slug, action.pk])
        assert sign_in(team).get(change).status_code == 200
        assert sign_in(trainer).get(change).status_code == 404
        assert sign_in(make_person(partnership)).get(change).status_code == 404
        done = reverse("evaluations:action_done", args=[partnership.slug, action.pk])
        assert sign_in(chair).post(done).status_code == 403
        assert sign_in(trainer).post(done, follow=True).status_code == 200
        assert not ObservationAction.objects.open().exists()
        with acting_in(neighbour):
            stranger = make_person(neighbour, Role.TEAM)
        foreign = sign_in(stranger).get(reverse("evaluations:observation_actions", args=[neighbour.slug]))
        assert "Bring the slides" not in foreign.content.decode()

    def test_observer_is_named_as_owner_to_the_team_and_themselves_alone(
        self, partnership, sent, trainer, observer, team, sign_in
    ):
        agree_action(actor=actor_for(team), observation=sent, agreed=self.agreed(observer, -1))
        agree_action(actor=actor_for(team), observation=sent, agreed=self.agreed(trainer))
        pages = [
            reverse("evaluations:observation_actions", args=[partnership.slug]),
            reverse("evaluations:actions_export", args=[partnership.slug, "csv"]),
            reverse("evaluations:observation", args=[partnership.slug, sent.pk]),
        ]
        chair = make_person(partnership, Role.SUBGROUP_CHAIR)
        for person, sees_name in ((trainer, False), (chair, False), (team, True), (observer, True)):
            for page in pages:
                found = b"".join(sign_in(person).get(page)).decode().split("<main")[-1]
                assert ("Olive Observer" in found) is sees_name
                assert ("The observer" in found) is not sees_name
                assert "Tess Trainer" in found

    def test_agreed_on_the_page(self, partnership, sent, trainer, team, sign_in):
        address = reverse("evaluations:agree_action", args=[partnership.slug, sent.pk])
        client = sign_in(team)
        assert "Say what is to be done" in client.post(address, {}).content.decode()
        given = {"text": "Later slides", "owner": trainer.pk}
        given |= {"due_on_day": "30", "due_on_month": "6", "due_on_year": "2030"}
        assert client.post(address, given).status_code == 302
        assert ObservationAction.objects.get().owner == trainer

    def test_what_was_typed_stays_where_somebody_finished_it_meanwhile(
        self, partnership, sent, trainer, team, sign_in
    ):
        agreed = Agreed("Later slides", trainer, date(2030, 6, 30))
        action = agree_action(actor=actor_for(team), observation=sent, agreed=agreed)
        finish_action(actor=actor_for(trainer), action=action)
        address = reverse("evaluations:change_action", args=[partnership.slug, action.pk])
        given = {"text": "Slides by Easter", "owner": trainer.pk}
        given |= {"due_on_day": "30", "due_on_month": "6", "due_on_year": "2030"}
        page = sign_in(team).post(address, given)
        assert page.status_code == 200
        words = page.content.decode()
        assert "This action is done. Open it again" in words and "Slides by Easter" in words

    def test_what_was_typed_stays_where_the_observation_is_not_sent(
        self, partnership, sent, trainer, team, sign_in
    ):
        Invitation.objects.filter(pk=sent.pk).update(state="open", answered_at=None)
        address = reverse("evaluations:agree_action", args=[partnership.slug, sent.pk])
        given = {"text": "Slides by Easter", "owner": trainer.pk}
        given |= {"due_on_day": "30", "due_on_month": "6", "due_on_year": "2030"}
        page = sign_in(team).post(address, given)
        assert page.status_code == 200
        assert "Send the observation first" in page.content.decode()
        assert "Slides by Easter" in page.content.decode()


@pytest.fixture
def due_action():
    """A partnership with an action whose day has come, and what each of two workers does about it."""
    partnership = make_partnership("raceshire")
    with acting_in(partnership):
        adopt(partnership)
        trainer, observer = make_person(partnership, Role.TRAINER), make_person(partnership, Role.OBSERVER)
        session = make_session(partnership, starts_at=timezone.now(), trainers=(trainer,))
        agreed = Agreed("Later slides", trainer, uk_today())
        agree_action(actor=actor_for(observer), observation=observed(session, observer), agreed=agreed)
    return partnership, lambda: remind_of_actions(partnership, timezone.now())


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_remind_of_it_once(due_action) -> None:
    partnership, work = due_action
    assert together(2, work) == [None, None]
    with acting_in(partnership):
        assert AuditEntry.objects.filter(action="evaluations.remind_of_action").count() == 1
        assert Message.objects.filter(purpose="observation_action_due").count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_both_say_that_they_did(due_action, monkeypatch) -> None:
    partnership, work = due_action
    both_have_looked, told = Barrier(2), observation_actions.already_queued

    def look_together(*given):
        found = told(*given)
        both_have_looked.wait(timeout=20)
        return found

    monkeypatch.setattr(ObservationActionQuerySet, "select_for_update", lambda self, **given: self)
    monkeypatch.setattr(observation_actions, "already_queued", look_together)
    assert together(2, work) == [None, None]
    with acting_in(partnership):
        assert AuditEntry.objects.filter(action="evaluations.remind_of_action").count() == 2
        assert Message.objects.filter(purpose="observation_action_due").count() == 1


def test_courses_planned_are_not_due(partnership, observer) -> None:
    session = make_session(partnership)
    make_organisation(partnership)
    observe_session(actor=actor_for(observer), session=session)
    (course,) = courses_to_observe(actor_for(observer), timezone.now())
    assert not course.is_due and course.planned and not course.sessions
