"""Training done elsewhere: who may record it for whom, once, and how a mistake is withdrawn."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import ProgrammingError, transaction

from compliance.models import TrainingRecord
from compliance.queries.record import record_of
from compliance.services.training import add_training, record_training_for_many, withdraw_training
from partnership_portal.working_days import uk_today
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from tests.compliance.world import attend, need, two_organisations
from tests.factories import actor_for, make_course, make_person

FACTS = {"title": "Induction", "provider": "Surgery", "completed_on": date(2026, 3, 2)}


@pytest.fixture
def people(partnership):
    surgery, school = two_organisations(partnership)
    manager = make_person(partnership, organisation=surgery)
    return {
        "lead": make_person(partnership, Role.ORGANISATION_LEAD, organisation=surgery),
        "nurse": make_person(partnership, organisation=surgery, line_manager=manager),
        "manager": manager,
        "teacher": make_person(partnership, organisation=school),
        "trainer": make_person(partnership, Role.TRAINER, organisation=school),
        "team": make_person(partnership, Role.TEAM, organisation=school),
    }


@pytest.mark.parametrize(
    ("who", "whose", "allowed"),
    [
        ("nurse", "nurse", True),
        ("lead", "nurse", True),
        ("lead", "lead", True),
        ("team", "nurse", True),
        ("team", "teacher", True),
        ("nurse", "lead", False),
        ("lead", "teacher", False),
        ("manager", "nurse", False),
        ("trainer", "nurse", False),
    ],
)
def test_who_may_record_for_whom(people, who, whose, allowed):
    actor = actor_for(people[who])
    if allowed:
        assert add_training(actor=actor, person=people[whose], **FACTS).recorded_by == people[who]
    else:
        with pytest.raises(PermissionDenied):
            add_training(actor=actor, person=people[whose], **FACTS)
        assert not TrainingRecord.objects.exists()


def test_the_same_training_is_recorded_once(people):
    actor = actor_for(people["nurse"])
    first = add_training(actor=actor, person=people["nurse"], **FACTS)
    assert add_training(actor=actor, person=people["nurse"], **FACTS) == first
    assert AuditEntry.objects.filter(action="compliance.add_training").count() == 1


def test_the_same_training_does_not_change_what_it_counts_for(partnership, people):
    actor = actor_for(people["nurse"])
    add_training(actor=actor, person=people["nurse"], **FACTS)
    with pytest.raises(DomainError, match="already on"):
        add_training(actor=actor, person=people["nurse"], **FACTS, requirement=need(partnership, "Induction"))


def test_for_many_it_is_all_or_nothing(people):
    actor = actor_for(people["lead"])
    assert len(record_training_for_many(actor=actor, people=[people["lead"], people["nurse"]], **FACTS)) == 2
    with pytest.raises(PermissionDenied):
        record_training_for_many(
            actor=actor, people=[people["nurse"], people["teacher"]], **{**FACTS, "title": "Prevent"}
        )
    assert TrainingRecord.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"completed_on": uk_today() + timedelta(days=1)}, "today or earlier"),
        ({"completed_on": date(202, 3, 2)}, "Check the year"),
        ({"title": "  "}, "title"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(people, change, words):
    with pytest.raises(DomainError, match=words):
        add_training(actor=actor_for(people["nurse"]), person=people["nurse"], **{**FACTS, **change})


def test_only_the_partnerships_course_meets_a_strict_requirement(partnership, people):
    strict = need(partnership, "Working Together", make_course(partnership))
    with pytest.raises(DomainError, match="own course"):
        add_training(actor=actor_for(people["nurse"]), person=people["nurse"], **FACTS, requirement=strict)


def test_a_withdrawn_mistake_stays_for_the_team_to_see(people):
    nurse = people["nurse"]
    record = add_training(actor=actor_for(nurse), person=nurse, **FACTS)
    withdraw_training(actor=actor_for(nurse), record=record, reason="Wrong year")
    assert record_of(nurse, actor_for(nurse)) == []
    (seen,) = record_of(nurse, actor_for(people["team"]))
    assert seen.is_withdrawn
    assert seen.training.withdrawn_reason == "Wrong year"
    assert add_training(actor=actor_for(nurse), person=nurse, **FACTS) != record


def test_one_does_not_withdraw_what_the_lead_recorded(people):
    record = add_training(actor=actor_for(people["lead"]), person=people["nurse"], **FACTS)
    with pytest.raises(PermissionDenied):
        withdraw_training(actor=actor_for(people["nurse"]), record=record, reason="Not mine")
    withdraw_training(actor=actor_for(people["lead"]), record=record, reason="Wrong person")


def test_the_database_keeps_every_record(people):
    record = add_training(actor=actor_for(people["nurse"]), person=people["nurse"], **FACTS)
    with pytest.raises(ProgrammingError, match="Cannot"), transaction.atomic():
        record.delete()
    with pytest.raises(ProgrammingError, match="Cannot"), transaction.atomic():
        TrainingRecord.objects.filter(pk=record.pk).update(completed_on=date(2020, 1, 1))


def test_a_record_holds_what_was_attended_and_what_was_done_elsewhere(partnership, people):
    nurse, course = people["nurse"], make_course(partnership)
    attend(nurse, course, date(2026, 5, 4))
    attend(nurse, course, date(2026, 6, 4), "did_not_attend")
    attend(nurse, course, date(2026, 7, 4), "partly_attended")
    add_training(actor=actor_for(nurse), person=nurse, **FACTS)
    assert [(one.on, one.title, one.is_partial) for one in record_of(nurse, actor_for(nurse))] == [
        (date(2026, 7, 4), course.title, True),
        (date(2026, 5, 4), course.title, False),
        (date(2026, 3, 2), "Induction", False),
    ]
