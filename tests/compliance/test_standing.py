"""Where people stand: options, equivalents, foundations, lapses and renewals."""

from datetime import date

import pytest
from django.utils import timezone

from compliance.models import TrainingRecord
from compliance.queries import Status, standing_in, standing_of, standings_of
from partnerships.models import CompetencyGroup, Membership
from partnerships.tenancy import acting_in
from tests.compliance.world import attend, learn_elsewhere, need
from tests.factories import actor_for, make_course, make_organisation, make_person

TODAY = date(2026, 11, 21)


def only(person, on=TODAY):
    (one,) = standing_of(person, on=on).requirements
    return one


def test_nothing_done_is_missing_and_lacking(partnership):
    course = make_course(partnership)
    need(partnership, "Working Together", course)
    standing = standing_of(make_person(partnership), on=TODAY)
    assert standing.required[0].status is Status.MISSING
    assert standing.lacking_course_ids == standing.required_course_ids == {course.pk}
    assert (standing.met_count, standing.required_count, standing.status) == (0, 1, Status.MISSING)


@pytest.mark.parametrize(
    ("on", "status"),
    [
        (date(2026, 8, 22), Status.MET),
        (date(2026, 8, 23), Status.LAPSING),
        (date(2026, 11, 20), Status.LAPSING),
        (date(2026, 11, 21), Status.LAPSED),
    ],
)
def test_it_lapses_on_the_day(partnership, on, status):
    course, person = make_course(partnership), make_person(partnership)
    need(partnership, "Working Together", course)
    attend(person, course, date(2023, 11, 21))
    one = only(person, on)
    assert (one.status, one.met_on, one.lapses_on) == (status, date(2023, 11, 21), date(2026, 11, 21))
    assert one.met_by == course.title


@pytest.mark.parametrize("state", ["waiting", "confirmed", "cancelled", "partly_attended", "did_not_attend"])
def test_only_whole_attendance_counts(partnership, state):
    course, person = make_course(partnership), make_person(partnership)
    need(partnership, "Working Together", course)
    attend(person, course, date(2026, 1, 5), state)
    assert only(person).status is Status.MISSING


def test_any_option_meets_it(partnership):
    one, other, person = make_course(partnership), make_course(partnership), make_person(partnership)
    need(partnership, "Exploitation", one, other)
    attend(person, other, date(2026, 1, 5))
    assert only(person).status is Status.MET
    assert standing_of(person, on=TODAY).required_course_ids == {one.pk, other.pk}
    assert standing_of(person, on=TODAY).lacking_course_ids == frozenset()


def renewable(partnership, **fields):
    """A requirement with the course that meets it, and the one that only renews it."""
    core, refresher = make_course(partnership, title="Advanced"), make_course(partnership, title="Refresher")
    requirement = need(
        partnership, "HSCB Advanced", core, renewed_by=[refresher], refresher_months=36, **fields
    )
    return requirement, core, refresher


def test_a_renewal_alone_meets_nothing(partnership):
    _, core, refresher = renewable(partnership)
    person = make_person(partnership)
    attend(person, refresher, date(2026, 5, 1))
    standing = standing_of(person, on=TODAY)
    assert (standing.met_count, standing.required_count) == (0, 1)
    assert standing.required[0].status is Status.MISSING
    # The refresher is not what they need now.
    assert standing.lacking_course_ids == standing.required_course_ids == {core.pk}
    assert standing.last_training == date(2026, 5, 1)


@pytest.mark.parametrize(
    ("learnt", "renewed", "lapse", "by"),
    [
        pytest.param(date(2024, 5, 1), date(2026, 5, 1), date(2029, 5, 1), "Refresher", id="renewed"),
        pytest.param(date(2020, 5, 1), date(2026, 5, 1), date(2029, 5, 1), "Refresher", id="renewed late"),
        pytest.param(
            date(2026, 5, 1), date(2024, 5, 1), date(2029, 5, 1), "Advanced", id="the day came before"
        ),
        pytest.param(date(2026, 5, 1), date(2026, 5, 1), date(2029, 5, 1), "Advanced", id="on one day"),
    ],
)
def test_a_renewal_lengthens_what_was_met_before(partnership, learnt, renewed, lapse, by):
    _, core, refresher = renewable(partnership)
    person = make_person(partnership)
    attend(person, core, learnt)
    attend(person, refresher, renewed)
    one = only(person)
    assert (one.status, one.lapses_on, one.met_by) == (Status.MET, lapse, by)
    assert {course.pk for course in one.courses} == {core.pk, refresher.pk}


def test_the_first_achievement_decides_whether_a_renewal_came_later(partnership):
    _, core, refresher = renewable(partnership)
    person = make_person(partnership)
    for day in (date(2019, 5, 1), date(2025, 2, 3)):
        attend(person, core, day)
    attend(person, refresher, date(2026, 5, 1))
    attend(person, refresher, date(2018, 5, 1))
    assert only(person).lapses_on == date(2029, 5, 1)


def test_what_has_lapsed_is_met_again_by_course_or_renewal(partnership):
    _, core, refresher = renewable(partnership)
    person = make_person(partnership)
    attend(person, core, date(2020, 5, 1))
    standing = standing_of(person, on=TODAY)
    assert standing.required[0].status is Status.LAPSED
    assert standing.lacking_course_ids == {core.pk, refresher.pk}


@pytest.mark.parametrize(
    ("equivalent", "status"),
    [(date(2024, 1, 5), Status.MET), (date(2026, 11, 20), Status.MET), (None, Status.MISSING)],
)
def test_an_accepted_equivalent_is_renewed_like_the_course(partnership, equivalent, status):
    requirement, _, refresher = renewable(partnership, accepts_equivalent=True)
    person = make_person(partnership)
    if equivalent:
        learn_elsewhere(person, equivalent, requirement)
    attend(person, refresher, date(2026, 5, 1))
    one = only(person)
    assert one.status is status
    assert one.met_by == {date(2024, 1, 5): "Refresher", None: ""}.get(
        equivalent, "In-house course, Wye Valley NHS Trust"
    )


def test_an_equivalent_that_is_not_accepted_is_not_renewed_either(partnership):
    requirement, _, refresher = renewable(partnership)
    person = make_person(partnership)
    learn_elsewhere(person, date(2024, 1, 5), requirement)
    attend(person, refresher, date(2026, 5, 1))
    assert only(person).status is Status.MISSING


def test_what_an_organisation_sees_to_can_be_renewed_by_a_course(partnership):
    refresher = make_course(partnership)
    induction = need(partnership, "Induction", renewed_by=[refresher], refresher_months=12)
    person, other = make_person(partnership), make_person(partnership)
    learn_elsewhere(person, date(2020, 1, 5), induction)
    for one in (person, other):
        attend(one, refresher, date(2026, 5, 1))
    assert (only(person).status, only(other).status) == (Status.MET, Status.MISSING)


def test_an_equivalent_counts_where_the_strategy_accepts_it(partnership):
    person = make_person(partnership)
    accepting = need(partnership, "Open", make_course(partnership), accepts_equivalent=True)
    strict = need(partnership, "Strict", make_course(partnership), position=1)
    induction = need(partnership, "Induction", position=2)
    for number, requirement in enumerate((accepting, strict, induction)):
        learn_elsewhere(person, date(2026, 1, 5), requirement, title=f"Course {number}")
    found = {one.requirement.title: one.status for one in standing_of(person, on=TODAY).required}
    assert found == {"Open": Status.MET, "Strict": Status.MISSING, "Induction": Status.MET}


def test_withdrawn_training_does_not_count(partnership):
    person = make_person(partnership)
    record = learn_elsewhere(person, date(2026, 1, 5), need(partnership, "Induction"))
    TrainingRecord.objects.filter(pk=record.pk).update(
        withdrawn_at=timezone.now(), withdrawn_reason="Wrong person"
    )
    assert only(person).status is Status.MISSING


def test_renewal_lengthens_and_never_shortens(partnership):
    course, person = make_course(partnership), make_person(partnership)
    requirement = need(partnership, "Working Together", course, accepts_equivalent=True)
    attend(person, course, date(2026, 6, 1))
    learn_elsewhere(person, date(2024, 1, 5), requirement)
    attend(person, course, date(2023, 1, 5))
    assert only(person).lapses_on == date(2029, 6, 1)
    attend(person, course, date(2026, 12, 1), "confirmed")
    assert only(person).lapses_on == date(2029, 6, 1)


def test_the_requirements_own_months_come_before_the_groups(partnership):
    course, person = make_course(partnership), make_person(partnership)
    need(partnership, "Yearly", course, refresher_months=12)
    attend(person, course, date(2026, 1, 31))
    assert only(person).lapses_on == date(2027, 1, 31)


def test_what_never_lapses_has_no_day(partnership):
    CompetencyGroup.objects.update(refresher_months=None)
    course, person = make_course(partnership), make_person(partnership)
    need(partnership, "Once", course)
    attend(person, course, date(2001, 1, 5))
    assert (only(person).status, only(person).lapses_on) == (Status.MET, None)


def test_a_level_asks_for_the_levels_below_it(partnership):
    second = CompetencyGroup.objects.get()
    first = CompetencyGroup.objects.create(
        partnership=partnership, code="1", title="Level 1", who="All", position=1
    )
    CompetencyGroup.objects.filter(pk=second.pk).update(builds_on=first, position=2)
    third = CompetencyGroup.objects.create(
        partnership=partnership, code="3", title="Level 3", who="Leads", builds_on=second, position=3
    )
    for group, title in ((first, "One"), (second, "Two"), (third, "Three")):
        need(partnership, title, group=group)
    lead, worker = (
        make_person(partnership, competency_group=third),
        make_person(partnership, competency_group=second),
    )
    assert [one.requirement.title for one in standing_of(lead).required] == ["One", "Two", "Three"]
    assert [one.requirement.title for one in standing_of(worker).required] == ["One", "Two"]
    assert [group.title for group in standing_of(lead).groups] == ["Level 3"]


def test_recommended_is_told_apart(partnership):
    course, other = make_course(partnership), make_course(partnership)
    need(partnership, "Must", course)
    need(partnership, "Should", course, other, kind="recommended")
    standing = standing_of(actor_for(make_person(partnership)), on=TODAY)
    assert standing.recommended_course_ids == {other.pk}
    assert standing.lacking_course_ids == {course.pk}


def test_two_memberships_ask_for_both_groups_and_an_organisation_for_its_own(partnership):
    other = CompetencyGroup.objects.create(
        partnership=partnership, code="9", title="Leads", who="Leads", position=9
    )
    need(partnership, "Two")
    need(partnership, "Nine", group=other)
    person, second_job = make_person(partnership), make_organisation(partnership)
    Membership.objects.create(
        partnership=partnership,
        person=person,
        organisation=second_job,
        competency_group=other,
        started_on=date(2024, 1, 1),
    )
    assert len(standing_of(person).required) == 2
    there = standing_in(person.memberships.filter(organisation=second_job))
    assert [one.requirement.title for one in there.required] == ["Nine"]


def test_the_last_training_is_the_newest_whether_or_not_it_is_required(partnership):
    required, other = make_course(partnership), make_course(partnership)
    need(partnership, "Two", required)
    person, nobody = make_person(partnership), make_person(partnership)
    attend(person, required, date(2026, 1, 5))
    assert standing_of(person).last_training == date(2026, 1, 5)
    attend(person, other, date(2026, 3, 2))
    assert standing_of(person).last_training == date(2026, 3, 2)
    learn_elsewhere(person, date(2026, 5, 4))
    assert standing_of(person).last_training == date(2026, 5, 4)
    assert standing_of(nobody).last_training is None


def test_somebody_without_a_group_stands_at_nothing(partnership):
    need(partnership, "Two")
    standing = standing_of(make_person(partnership, competency_group=None))
    assert standing.requirements == ()
    assert standing.status is Status.MET


def test_the_neighbours_courses_and_people_do_not_count(partnership, neighbour):
    with acting_in(neighbour):
        theirs = make_person(neighbour)
        course = make_course(neighbour)
        need(neighbour, "Theirs", course)
        attend(theirs, course, date(2026, 1, 5))
    need(partnership, "Ours", make_course(partnership))
    standing = standing_of(make_person(partnership))
    assert [one.requirement.title for one in standing.required] == ["Ours"]


@pytest.mark.parametrize("count", [1, 5])
def test_tables_ask_six_questions(partnership, django_assert_num_queries, count):
    courses = [make_course(partnership) for _ in range(count)]
    for number, course in enumerate(courses):
        need(partnership, f"Requirement {number}", course, accepts_equivalent=True)
    people = [make_person(partnership) for _ in range(count)]
    for person in people:
        for course in courses:
            attend(person, course, date(2026, 1, 5))
    with django_assert_num_queries(6):
        standings = standings_of(people)
    assert all(one.met_count == count for one in standings.values())
