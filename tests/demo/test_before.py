"""What the demonstration shows of tasks and of training that comes first: by the policy, never by a name."""

from datetime import timedelta
from random import Random

import pytest
from django.utils import timezone

from bookings.evidence import kind_of_evidence
from bookings.models import EvidenceFile, Prerequisite, TaskDone
from bookings.services.prerequisites import EarlierTraining
from courses.models import CourseTask
from partnership_portal.demo.before import TASKS, do_what_comes_before, write_tasks
from tests.bookings.conftest import book
from tests.factories import adopt, job, make_course, make_person, make_session, policy

__all__ = ["book"]


def rule(partnership, value: str) -> None:
    adopt(partnership, policy(booking__prerequisite=value), at=timezone.now() - timedelta(days=1))


def test_every_course_has_tasks_where_the_policy_asks_for_them(partnership) -> None:
    rule(partnership, "pre_course_tasks")
    courses = [make_course(partnership) for _ in range(3)]
    draft = make_course(partnership, status="draft")
    write_tasks(job(partnership))
    assert {one.tasks.count() for one in courses} == {len(TASKS)}
    assert not draft.tasks.exists()


def test_elsewhere_one_course_has_some(partnership) -> None:
    make_course(partnership)
    asking = make_course(partnership, before_you_come="Read the summary.")
    make_course(partnership, before_you_come="Read the summary.", title="Zebra")
    write_tasks(job(partnership))
    assert set(CourseTask.objects.values_list("course", flat=True)) == {asking.pk}


@pytest.mark.parametrize(("value", "declared"), [("single_agency_first", 3), ("none", 0)])
def test_those_who_come_have_done_some_of_it(value, declared, partnership, book) -> None:
    rule(partnership, value)
    session = make_session(partnership, course=make_course(partnership, before_you_come="Read the summary."))
    bookings = [
        book(make_person(partnership), session, earlier=EarlierTraining("x", timezone.now().date()))
        for _ in range(3)
    ]
    Prerequisite.objects.all().delete()
    write_tasks(job(partnership))
    do_what_comes_before(partnership, Random(3), timezone.now())
    assert 0 < TaskDone.objects.count() < len(bookings) * len(TASKS)
    assert Prerequisite.objects.count() == declared
    files = EvidenceFile.objects.all()
    assert [kind_of_evidence(bytes(one.content)) for one in files] == ["application/pdf"] * bool(declared)
