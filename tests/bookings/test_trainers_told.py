"""Trainers hear that they train a session, that it changes, and that they don't any more: once each."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bookings.models import TrainerNotice
from bookings.services.trainers import take_trainers_as_told, tell_trainers
from courses.models import SessionTrainer
from courses.plans import Slot
from courses.services.copies import plan_of
from courses.services.sessions import cancel_session, change_session
from notifications.models import Message
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.factories import actor_for, job, make_person, make_session


@pytest.fixture
def trainer(partnership):
    return make_person(partnership, Role.TRAINER, name="Tina Trainer")


@pytest.fixture
def planner(partnership):
    return actor_for(make_person(partnership, Role.TEAM))


def told(person):
    """The purposes of the messages to somebody, in order."""
    return list(Message.objects.filter(person=person).order_by("pk").values_list("purpose", flat=True))


def test_a_trainer_is_told_when_named_and_once(partnership, trainer, now):
    session = make_session(partnership, trainers=(trainer,))
    for _ in range(2):
        tell_trainers(partnership, now)
    message = Message.objects.get(person=trainer)
    assert message.purpose == "trainer_named"
    assert session.course.title in message.text and session.venue.name in message.text
    assert f"/training/sessions/{session.pk}/" in message.text


@pytest.mark.parametrize("status", ["draft", "cancelled"])
def test_nobody_is_told_of_a_draft_or_of_what_was_cancelled_before_they_knew(
    status, partnership, trainer, now
):
    make_session(partnership, trainers=(trainer,), status=status)
    tell_trainers(partnership, now)
    assert told(trainer) == []


def test_nobody_is_told_of_the_past(partnership, trainer, now):
    make_session(partnership, trainers=(trainer,), starts_at=now - timedelta(days=3))
    tell_trainers(partnership, now)
    assert told(trainer) == []


def test_a_changed_trainer_is_told_and_so_is_the_dropped_one_and_nobody_else(
    partnership, planner, trainer, now
):
    stays, new = (make_person(partnership, Role.TRAINER) for _ in range(2))
    session = make_session(partnership, trainers=(trainer, stays), venue=None, joining_link="https://meet/1")
    tell_trainers(partnership, now)
    plan = replace(plan_of(planner, session), trainers=(stays, new))
    change_session(actor=planner, session=session, plan=plan)
    for _ in range(2):
        tell_trainers(partnership, now)
    assert (told(trainer), told(stays), told(new)) == (
        ["trainer_named", "trainer_dropped"],
        ["trainer_named"],
        ["trainer_named"],
    )
    dropped = Message.objects.get(purpose="trainer_dropped")
    assert "no longer named" in dropped.text and "https://meet/1" not in dropped.text + dropped.html
    # Named again is told again.
    change_session(actor=planner, session=session, plan=replace(plan, trainers=(stays, trainer)))
    tell_trainers(partnership, now)
    assert told(trainer)[-1] == "trainer_named" and told(new) == ["trainer_named", "trainer_dropped"]


def test_a_move_is_told_and_so_is_the_move_back(partnership, planner, trainer, now):
    session = make_session(partnership, trainers=(trainer,))
    tell_trainers(partnership, now)
    plan = plan_of(planner, session)
    later = Slot(plan.slots[0].starts_at + timedelta(days=1), plan.slots[0].ends_at + timedelta(days=1))
    for slots in ((later,), plan.slots):
        change_session(actor=planner, session=session, plan=replace(plan, slots=slots))
        for _ in range(2):
            tell_trainers(partnership, now)
    assert told(trainer) == ["trainer_named", "trainer_changed", "trainer_changed"]


def test_a_cancelled_session_is_told_with_its_reason(partnership, planner, trainer, now):
    session = make_session(partnership, trainers=(trainer,))
    tell_trainers(partnership, now)
    cancel_session(actor=planner, session=session, reason="The room is flooded.")
    for _ in range(2):
        tell_trainers(partnership, now)
    assert told(trainer) == ["trainer_named", "trainer_cancelled"]
    assert "The room is flooded." in Message.objects.get(purpose="trainer_cancelled").text


def test_whoever_is_taken_as_told_hears_of_changes_only(partnership, planner, trainer, now):
    session = make_session(partnership, trainers=(trainer,))
    take_trainers_as_told(actor=job(partnership))
    tell_trainers(partnership, now)
    assert told(trainer) == []
    take_trainers_as_told(actor=job(partnership))
    plan = plan_of(planner, session)
    later = Slot(plan.slots[0].starts_at + timedelta(days=1), plan.slots[0].ends_at + timedelta(days=1))
    change_session(actor=planner, session=session, plan=replace(plan, slots=(later,)))
    tell_trainers(partnership, now)
    assert told(trainer) == ["trainer_changed"]


def test_who_was_known_and_is_dropped_before_the_first_run_is_told(partnership, trainer, now):
    make_session(partnership, trainers=(trainer,))
    take_trainers_as_told(actor=job(partnership))
    SessionTrainer.objects.all().delete()
    tell_trainers(partnership, now)
    assert told(trainer) == ["trainer_dropped"]


def test_the_neighbours_trainers_are_left_alone(partnership, neighbour, trainer, now):
    with acting_in(neighbour):
        theirs = make_person(neighbour, Role.TRAINER)
        make_session(neighbour, trainers=(theirs,))
    tell_trainers(partnership, now)
    with acting_in(neighbour):
        assert not Message.objects.exists() and not TrainerNotice.objects.exists()
