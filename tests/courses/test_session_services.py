"""Planning, changing, publishing, cancelling sessions: each rule with the case that breaks it."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from courses.models import Course, Session
from courses.plans import Slot, slot_on
from courses.recurrence import EveryWeeks
from courses.refusals import PlanRefused
from courses.services.series import plan_series
from courses.services.sessions import cancel_session, change_session, plan_session, publish_session
from partnership_portal.working_days import UK, uk_date
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.courses.conftest import day_in
from tests.factories import actor_for, adopt, make_course, make_person, make_session, policy


@pytest.fixture
def course(partnership):
    return make_course(partnership)


@pytest.fixture
def draft(planner, course, plan):
    return plan_session(actor=planner, course=course, plan=plan(30))


def test_a_planned_session_is_a_draft_with_its_dates_trainers_and_deadline(
    planner, partnership, course, plan
):
    trainer = make_person(partnership, Role.TRAINER)
    session = plan_session(actor=planner, course=course, plan=plan(37, 30, trainers=(trainer,)))
    assert session.status == Session.Status.DRAFT
    assert [uk_date(one.starts_at) for one in session.dates.all()] == [day_in(30), day_in(37)]
    assert (session.starts_at, session.ends_at) == (
        session.dates.all()[0].starts_at,
        session.dates.all()[1].ends_at,
    )
    assert session.trainer_links.get().person == trainer
    assert session.booking_closes_at < session.starts_at
    entry = AuditEntry.objects.get(action="courses.plan_session")
    assert (entry.subject_id, entry.person) == (session.pk, planner.person)


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.TEAM, Role.LINE_MANAGER}])
def test_only_the_team_plans(role, partnership, course, plan, draft):
    granted = () if role is Role.PRACTITIONER else (role,)
    actor = actor_for(make_person(partnership, *granted))
    with pytest.raises(PermissionDenied):
        plan_session(actor=actor, course=course, plan=plan())
    with pytest.raises(PermissionDenied):
        plan_series(actor=actor, course=course, plan=plan(), first_days=[day_in(30)])
    with pytest.raises(PermissionDenied):
        change_session(actor=actor, session=draft, plan=plan())
    with pytest.raises(PermissionDenied):
        publish_session(actor=actor, session=draft)
    with pytest.raises(PermissionDenied):
        cancel_session(actor=actor, session=draft, reason="No trainer")


def _slot(days: int, start: time, end: time) -> Slot:
    return slot_on(day_in(days), start, end)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"slots": ()}, "slots", "at least one date"),
        ({"slots": (_slot(-1, time(9), time(10)),)}, "slots", "in the future"),
        ({"slots": (_slot(-1, time(9), time(10)), _slot(9, time(9), time(10)))}, "slots", "in the future"),
        ({"slots": (_slot(9, time(10), time(9)),)}, "slots", "end after it starts"),
        ({"slots": (_slot(9, time(9), time(9)),)}, "slots", "end after it starts"),
        ({"slots": (_slot(9, time(9), time(12)), _slot(9, time(11), time(13)))}, "slots", "overlap"),
        ({"slots": (_slot(9, time(9), time(12)), _slot(9, time(9), time(12)))}, "slots", "overlap"),
        ({"capacity": 0}, "capacity", "at least 1 place"),
        ({"capacity": 5, "minimum": 6}, "minimum", "larger"),
    ],
    ids=[
        "no date",
        "past",
        "first past",
        "ends first",
        "no length",
        "overlap",
        "twice",
        "no place",
        "minimum",
    ],
)
def test_an_impossible_plan_is_refused_and_nothing_written(changes, field, words, planner, course, plan):
    with pytest.raises(PlanRefused, match=words) as refused:
        plan_session(actor=planner, course=course, plan=replace(plan(), **changes))
    assert refused.value.field == field
    assert not Session.objects.exists()


def test_two_dates_of_one_day_may_touch(planner, course, plan):
    slots = (_slot(9, time(9), time(12)), _slot(9, time(12), time(14)))
    assert plan_session(actor=planner, course=course, plan=replace(plan(), slots=slots)).dates.count() == 2


def test_the_policy_caps_class_size(planner, partnership, course, plan):
    adopt(partnership, policy(booking__class_size_cap=25), at=timezone.now() - timedelta(days=1))
    session = plan_session(actor=planner, course=course, plan=plan(capacity=25))
    assert session.capacity == 25
    lecture = make_course(partnership, method="conference")
    for door in (
        lambda: plan_session(actor=planner, course=course, plan=plan(capacity=26)),
        lambda: change_session(actor=planner, session=session, plan=plan(capacity=26)),
        lambda: plan_series(actor=planner, course=course, plan=plan(capacity=26), first_days=[day_in(30)]),
        # Neither the way of learning nor somebody's word makes a lecture where the policy knows no exception.
        lambda: plan_session(actor=planner, course=lecture, plan=plan(capacity=26)),
    ):
        with pytest.raises(PlanRefused, match="at most 25") as refused:
            door()
        assert refused.value.field == "capacity"
    with pytest.raises(PlanRefused, match="makes no exception") as refused:
        plan_session(
            actor=planner,
            course=lecture,
            plan=plan(capacity=26, lecture_style=True, lecture_style_reason="Talk"),
        )
    assert refused.value.field == "lecture_style"


def test_a_lecture_style_session_may_be_larger_with_a_reason_that_is_written_down(
    planner, partnership, course, plan
):
    rules = policy(booking__class_size_cap=25, booking__lecture_style_exempt=True)
    adopt(partnership, rules, at=timezone.now() - timedelta(days=1))
    with pytest.raises(PlanRefused, match="unless the session is lecture-style"):
        plan_session(actor=planner, course=course, plan=plan(capacity=200))
    with pytest.raises(PlanRefused, match="Say why") as refused:
        plan_session(actor=planner, course=course, plan=plan(capacity=200, lecture_style=True))
    assert refused.value.field == "lecture_style_reason"
    lecture = plan(capacity=200, lecture_style=True, lecture_style_reason="A talk with questions")
    session = plan_session(actor=planner, course=course, plan=lecture)
    assert (session.capacity, session.lecture_style) == (200, True)
    change_session(actor=planner, session=session, plan=replace(lecture, minimum=10))
    entry = AuditEntry.objects.get(action="courses.except_from_class_size")
    assert entry.after == {"lecture_style": True, "reason": "A talk with questions", "capacity": 200}
    with pytest.raises(PlanRefused, match="at most 25"):
        change_session(actor=planner, session=session, plan=plan(capacity=200))
    changed = change_session(actor=planner, session=session, plan=plan(capacity=25))
    assert (changed.lecture_style, changed.lecture_style_reason) == (False, "")
    assert AuditEntry.objects.filter(action="courses.except_from_class_size").count() == 2


def test_the_deadline_follows_the_policy_at_the_start(planner, partnership, course, plan):
    adopt(partnership, policy(booking__deadline_working_days=0), at=timezone.now() + timedelta(days=60))
    before, after = (plan_session(actor=planner, course=course, plan=plan(days)) for days in (30, 90))
    assert before.booking_closes_at < before.starts_at
    assert after.booking_closes_at == after.starts_at


def test_only_trainers_train(planner, partnership, course, plan):
    with pytest.raises(PlanRefused, match="trainer role") as refused:
        plan_session(actor=planner, course=course, plan=plan(trainers=(make_person(partnership),)))
    assert refused.value.field == "trainers"


def test_an_archived_course_gets_no_sessions(planner, partnership, plan):
    with pytest.raises(PlanRefused, match="no longer offered"):
        plan_session(actor=planner, course=make_course(partnership, status="archived"), plan=plan())


def test_the_neighbours_course_and_session_do_not_exist(planner, neighbour, plan):
    with acting_in(neighbour):
        theirs, session = make_course(neighbour), make_session(neighbour)
    with pytest.raises(Course.DoesNotExist):
        plan_session(actor=planner, course=theirs, plan=plan())
    with pytest.raises(Session.DoesNotExist):
        cancel_session(actor=planner, session=session, reason="Not ours")


def test_publishing_opens_a_session_once(planner, draft):
    assert publish_session(actor=planner, session=draft).status == Session.Status.PUBLISHED
    publish_session(actor=planner, session=draft)
    assert AuditEntry.objects.filter(action="courses.publish_session").count() == 1


def test_a_session_without_a_place_stays_a_draft(planner, course, plan):
    session = plan_session(actor=planner, course=course, plan=plan(venue=None))
    with pytest.raises(PlanRefused, match="venue or a joining link"):
        publish_session(actor=planner, session=session)
    change_session(
        actor=planner, session=session, plan=plan(venue=None, joining_link="https://meet.example/1")
    )
    assert publish_session(actor=planner, session=session).status == Session.Status.PUBLISHED


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_a_session_of_an_unpublished_course_stays_a_draft(status, planner, partnership, draft):
    Course.objects.update(status=status)
    with pytest.raises(PlanRefused, match="Publish the course first"):
        publish_session(actor=planner, session=draft)


def test_a_session_without_dates_stays_a_draft(planner, partnership):
    session = make_session(partnership, status="draft", days=0, ends_at=timezone.now() + timedelta(days=40))
    with pytest.raises(PlanRefused, match="at least one date"):
        publish_session(actor=planner, session=session)


def test_a_session_that_has_begun_is_not_published(planner, partnership):
    session = make_session(partnership, status="draft", starts_at=timezone.now() - timedelta(hours=1))
    with pytest.raises(PlanRefused, match="has passed"):
        publish_session(actor=planner, session=session)


def test_a_change_is_written_with_what_was_before(planner, draft, plan):
    changed = change_session(actor=planner, session=draft, plan=plan(44, 51, capacity=12))
    assert [uk_date(one.starts_at) for one in changed.dates.all()] == [day_in(44), day_in(51)]
    assert uk_date(changed.starts_at) == day_in(44)
    entry = AuditEntry.objects.get(action="courses.change_session")
    assert (entry.before["capacity"], entry.after["capacity"]) == (20, 12)
    assert len(entry.before["dates"]) == 1 and len(entry.after["dates"]) == 2


def test_saving_without_a_change_writes_nothing(planner, draft, plan):
    change_session(actor=planner, session=draft, plan=plan(30))
    assert not AuditEntry.objects.filter(action="courses.change_session").exists()


def test_a_date_that_stays_keeps_its_register(planner, draft, plan):
    register = draft.dates.get().pk
    change_session(actor=planner, session=draft, plan=plan(30, 37))
    assert draft.dates.first().pk == register


def test_the_deadline_stays_unless_the_start_moves(planner, partnership, draft, plan):
    closes = draft.booking_closes_at
    adopt(partnership, policy(booking__deadline_working_days=10), at=timezone.now() - timedelta(minutes=1))
    assert change_session(actor=planner, session=draft, plan=plan(30, capacity=9)).booking_closes_at == closes
    moved = change_session(actor=planner, session=draft, plan=plan(31))
    assert moved.booking_closes_at < moved.starts_at - timedelta(days=9)


def test_capacity_never_falls_below_the_places_taken(planner, draft, plan):
    Session.objects.update(places_taken=3)
    with pytest.raises(PlanRefused, match="fewer than 3, because 3 people hold a place") as refused:
        change_session(actor=planner, session=draft, plan=plan(capacity=2))
    assert refused.value.field == "capacity"
    assert change_session(actor=planner, session=draft, plan=plan(capacity=3)).capacity == 3


def test_a_published_session_keeps_a_place(planner, draft, plan):
    publish_session(actor=planner, session=draft)
    with pytest.raises(PlanRefused, match="venue or a joining link"):
        change_session(actor=planner, session=draft, plan=plan(venue=None))


def test_what_has_taken_place_keeps_its_time(planner, partnership, plan):
    start = (timezone.now() - timedelta(days=1)).replace(microsecond=0)
    session = make_session(partnership, starts_at=start, days=2)
    first, second = (Slot(one.starts_at, one.ends_at) for one in session.dates.all())
    moved = Slot(second.starts_at + timedelta(days=7), second.ends_at + timedelta(days=7))
    changed = change_session(actor=planner, session=session, plan=replace(plan(), slots=(first, moved)))
    assert changed.ends_at == moved.ends_at
    with pytest.raises(PlanRefused, match="already begun"):
        change_session(actor=planner, session=session, plan=replace(plan(), slots=(moved,)))
    earlier = Slot(first.starts_at - timedelta(days=2), first.ends_at - timedelta(days=2))
    with pytest.raises(PlanRefused, match="in the future"):
        change_session(actor=planner, session=session, plan=replace(plan(), slots=(earlier, first, moved)))


def test_trainers_are_exchanged_and_a_former_one_may_stay(planner, partnership, draft, plan):
    former, new = make_person(partnership, Role.TRAINER), make_person(partnership, Role.TRAINER)
    change_session(actor=planner, session=draft, plan=plan(trainers=(former,)))
    former.memberships.get().granted_roles.all().delete()
    change_session(actor=planner, session=draft, plan=plan(trainers=(former, new)))
    assert {link.person for link in draft.trainer_links.all()} == {former, new}
    change_session(actor=planner, session=draft, plan=plan(trainers=(new,)))
    assert draft.trainer_links.get().person == new
    with pytest.raises(PlanRefused):
        change_session(actor=planner, session=draft, plan=plan(trainers=(former,)))


def test_cancelling_says_when_and_why_once(planner, draft):
    cancelled = cancel_session(actor=planner, session=draft, reason=" The trainer is ill. ")
    at = cancelled.cancelled_at
    assert (cancelled.status, cancelled.cancelled_reason) == ("cancelled", "The trainer is ill.")
    again = cancel_session(actor=planner, session=draft, reason="Another reason")
    assert (again.cancelled_reason, again.cancelled_at) == ("The trainer is ill.", at)
    assert AuditEntry.objects.filter(action="courses.cancel_session").count() == 1


def test_a_draft_that_is_cancelled_stays_unseen(planner, partnership, draft):
    reader = actor_for(make_person(partnership))
    published = make_session(partnership)
    for session in (draft, published):
        cancel_session(actor=planner, session=session, reason="No trainer")
    assert list(Session.objects.visible_to(reader)) == [published]
    assert set(Session.objects.visible_to(planner)) == {draft, published}


def test_a_cancelled_session_is_neither_changed_nor_published(planner, draft, plan):
    cancel_session(actor=planner, session=draft, reason="No trainer")
    with pytest.raises(PlanRefused, match="was cancelled"):
        change_session(actor=planner, session=draft, plan=plan())
    with pytest.raises(PlanRefused, match="was cancelled"):
        publish_session(actor=planner, session=draft)


def test_cancelling_needs_a_reason_and_a_session_that_is_not_over(planner, partnership, draft):
    with pytest.raises(PlanRefused, match="reason"):
        cancel_session(actor=planner, session=draft, reason="  ")
    over = make_session(partnership, starts_at=timezone.now() - timedelta(days=2))
    with pytest.raises(PlanRefused, match="over"):
        cancel_session(actor=planner, session=over, reason="Too late")


def test_a_series_keeps_clock_times_over_the_change_of_clocks(planner, course, plan):
    year = timezone.now().year + 1
    first = date(year, 3, 15)
    slots = (slot_on(first, time(9, 30), time(12)), slot_on(first + timedelta(days=1), time(13), time(15)))
    days = EveryWeeks(first, 2).days()[:3]
    planned = plan_series(actor=planner, course=course, plan=replace(plan(), slots=slots), first_days=days)
    assert [uk_date(session.starts_at) for session in planned] == days
    assert {session.starts_at.astimezone(UK).time() for session in planned} == {time(9, 30)}
    assert {session.ends_at.astimezone(UK).time() for session in planned} == {time(15)}
    assert len({session.starts_at.time() for session in planned}) == 2
    assert {session.dates.count() for session in planned} == {2}
    assert len({session.series for session in planned}) == 1 and planned[0].series is not None


def test_a_series_is_planned_whole_or_not_at_all(planner, course, plan):
    with pytest.raises(PlanRefused, match="future"):
        plan_series(actor=planner, course=course, plan=plan(), first_days=[day_in(20), day_in(-20)])
    with pytest.raises(PlanRefused, match="first date"):
        plan_series(actor=planner, course=course, plan=plan(), first_days=[])
    with pytest.raises(PlanRefused, match="at most 60"):
        plan_series(
            actor=planner, course=course, plan=plan(), first_days=[day_in(days) for days in range(9, 70)]
        )
    assert not Session.objects.exists()


def test_the_database_refuses_a_published_session_without_a_place(partnership):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        make_session(partnership, venue=None)
        connection.check_constraints()


def test_slots_are_compared_as_moments(planner, draft):
    same = tuple(Slot(one.starts_at.astimezone(UK), one.ends_at.astimezone(UK)) for one in draft.dates.all())
    assert isinstance(same[0].starts_at, datetime)
    assert same[0] in {Slot(one.starts_at, one.ends_at) for one in draft.dates.all()}
