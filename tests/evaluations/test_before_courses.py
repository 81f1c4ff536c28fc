"""The questionnaire before a course: who is asked and when by policy, once, and nobody who has lost their place."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookings.models import Booking
from bookings.querysets import BookingQuerySet
from evaluations import jobs
from evaluations.jobs import ask_before_courses, ask_for_evaluations, remind_and_close
from evaluations.kinds import QuestionnaireKind
from evaluations.links import holder_of, survey_token
from evaluations.models import Invitation
from evaluations.queries import to_do
from evaluations.services import invitations
from evaluations.services.answers import SurveyClosed, submit_answers
from evaluations.services.invitations import ask_about_bookings
from evaluations.services.reminders import remind
from notifications.models import Message
from partnership_portal.working_days import add_working_days, uk_date
from partnerships.policy import PreCourseRule
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt as adopt_library
from tests.evaluations.made import answer, at, booked
from tests.evaluations.test_races import together
from tests.factories import actor_for, adopt, job, make_course, make_partnership, make_session, policy

# Easter 2026: Good Friday is 3 April, Easter Monday 6 April; ten working days before the 14th is 27 March.
STARTS = at("2026-04-14 10:00")
OPENS = at("2026-03-27 06:30")
ALL = {"courses": PreCourseRule.ALL_COURSES}


def ruled(partnership, **values) -> None:
    """Put a rule in force from long ago."""
    rules = {f"pre_course__{name}": value for name, value in {**ALL, **values}.items()}
    adopt(partnership, policy(**rules), at=at("2026-01-01"))


def place(partnership, *, state: str = "confirmed", starts_at=STARTS, **course):
    """A booking of a coming session."""
    session = make_session(partnership, starts_at=starts_at, course=make_course(partnership, **course))
    return booked(session, state=state)


DUE = [
    pytest.param({}, "2026-03-26 06:30", False, id="eleven working days before"),
    pytest.param({}, "2026-03-27 06:30", True, id="ten working days before, over Easter"),
    pytest.param({}, "2026-04-14 06:30", True, id="on the morning of the day, booked late"),
    pytest.param({}, "2026-04-14 09:59", True, id="a minute before the start"),
    pytest.param({}, "2026-04-14 10:00", False, id="when it starts"),
    pytest.param({}, "2026-04-20 06:30", False, id="afterwards"),
    pytest.param({"opens_working_days": 1}, "2026-04-12 06:30", False, id="one working day: not on Sunday"),
    pytest.param({"opens_working_days": 1}, "2026-04-13 06:30", True, id="one working day: on Monday"),
    pytest.param({"opens_working_days": 30}, "2026-02-27 06:30", True, id="thirty working days"),
    pytest.param({"courses": "none"}, "2026-04-10 06:30", False, id="the policy asks nobody"),
    pytest.param({"courses": "courses_that_ask"}, "2026-04-10 06:30", False, id="the course does not ask"),
]


@pytest.mark.parametrize(("rules", "now", "due"), DUE)
def test_when_people_are_asked(partnership, rules, now, due) -> None:
    ruled(partnership, **rules)
    booking = place(partnership)
    ask_before_courses(partnership, at(now))
    assert [one.booking for one in Invitation.objects.all()] == ([booking] if due else [])
    assert all(one.closes_at == STARTS for one in Invitation.objects.all())


def test_courses_that_ask_are_asked_about(partnership) -> None:
    ruled(partnership, courses="courses_that_ask")
    asking = place(partnership, asks_pre_course=True)
    place(partnership)
    ask_before_courses(partnership, OPENS)
    assert Invitation.objects.get().booking == asking


@pytest.mark.parametrize("state", ["requested", "waiting", "cancelled", "withdrawn", "attended"])
def test_only_those_with_a_place_are_asked(partnership, state) -> None:
    ruled(partnership)
    place(partnership, state=state)
    ask_before_courses(partnership, OPENS)
    assert not Invitation.objects.exists()


def test_nobody_is_asked_about_a_cancelled_session(partnership) -> None:
    ruled(partnership)
    booking = place(partnership)
    booking.session.status = "cancelled"
    booking.session.save()
    ask_before_courses(partnership, OPENS)
    assert not Invitation.objects.exists()


def test_a_place_lost_between_finding_and_asking_is_not_asked(partnership, monkeypatch) -> None:
    ruled(partnership)
    booking = place(partnership)
    ask = jobs.ask_about_bookings

    def lost_and_asked(**given):
        assert given["bookings"] == [booking.pk]
        type(booking).objects.filter(pk=booking.pk).update(state="cancelled")
        return ask(**given)

    monkeypatch.setattr(jobs, "ask_about_bookings", lost_and_asked)
    ask_before_courses(partnership, OPENS)
    assert not Invitation.objects.exists()
    assert not Message.objects.exists()


def test_it_is_asked_once_and_says_what_it_is(partnership) -> None:
    ruled(partnership)
    booking = place(partnership)
    for day in range(5):
        ask_before_courses(partnership, OPENS + timedelta(days=day))
    message = Message.objects.get()
    assert (message.purpose, message.to_email) == ("survey-pre_course", booking.person.email)
    assert booking.session.course.title in message.title
    assert "until the session starts: Tuesday 14 April 2026" in message.text
    assert f"/{partnership.slug}/s/survey-" in message.text


def test_reminders_follow_the_policy_and_stop_when_the_place_is_lost(partnership) -> None:
    ruled(partnership, reminders=2, reminder_working_days=3)
    stays, leaves = place(partnership), place(partnership)
    ask_before_courses(partnership, OPENS)
    type(leaves).objects.filter(pk=leaves.pk).update(state="cancelled")
    days = set()
    for number in range(1, 25):
        now = OPENS + timedelta(days=number)
        before = Message.objects.filter(purpose="survey-reminder").count()
        remind_and_close(partnership, now)
        if Message.objects.filter(purpose="survey-reminder").count() > before:
            days.add(uk_date(now).isoformat())
    assert days == {"2026-04-01", "2026-04-08"}
    told = Message.objects.filter(purpose="survey-reminder")
    assert {one.to_email for one in told} == {stays.person.email}
    assert Invitation.objects.get(booking=stays).state == "closed"


@pytest.fixture
def coming(partnership):
    """A booking whose questionnaire can be answered at this moment."""
    ruled(partnership)
    day = add_working_days(uk_date(timezone.now()), 5)
    booking = place(partnership, starts_at=at(f"{day.isoformat()} 10:00"))
    ask_before_courses(partnership, timezone.now())
    return booking


def test_it_is_answered_before_the_session_and_the_evaluation_is_asked_all_the_same(
    partnership, coming
) -> None:
    actor = actor_for(coming.person)
    assert [one.title for one in to_do(actor)] == [
        f"Answer a few questions before {coming.session.course.title}"
    ]
    assert answer(Invitation.objects.get()) is None
    assert to_do(actor) == []
    type(coming).objects.filter(pk=coming.pk).update(state="attended")
    ask_for_evaluations(partnership, coming.session.ends_at)
    assert sorted(Invitation.objects.values_list("kind", flat=True)) == ["evaluation", "pre_course"]


def test_who_has_lost_the_place_is_neither_asked_nor_let_in(partnership, coming) -> None:
    type(coming).objects.filter(pk=coming.pk).update(state="cancelled")
    invitation = Invitation.objects.select_related("partnership", "respondent").get()
    assert to_do(actor_for(coming.person)) == []
    link = reverse("evaluations:survey", args=[partnership.slug, survey_token(invitation)])
    response = Client().get(link)
    assert response.status_code == 410
    assert "You have no place on this session any more" in response.content.decode()
    with pytest.raises(SurveyClosed):
        submit_answers(actor=holder_of(invitation), invitation=invitation)
    for _ in range(2):
        ask_before_courses(partnership, timezone.now())
    assert Invitation.objects.get().state == "closed"


def test_who_came_is_told_only_that_it_is_over(partnership, coming) -> None:
    type(coming).objects.filter(pk=coming.pk).update(state="attended")
    Invitation.objects.update(closes_at=timezone.now())
    link = reverse("evaluations:survey", args=[partnership.slug, survey_token(Invitation.objects.get())])
    assert "The time to answer it is over" in Client().get(link).content.decode()


def test_it_closes_when_a_moved_session_starts(partnership, coming) -> None:
    coming.session.starts_at += timedelta(days=7)
    coming.session.ends_at += timedelta(days=7)
    coming.session.save()
    ask_before_courses(partnership, timezone.now())
    assert Invitation.objects.get().closes_at == coming.session.starts_at


@pytest.mark.parametrize(("courses", "state"), [("all_courses", "open"), ("none", "closed")])
def test_a_session_moved_to_another_policy_has_its_rules(partnership, coming, courses, state) -> None:
    rules = {"pre_course__courses": courses, "pre_course__reminders": 0, "evaluation__answers_kept_years": 2}
    later = adopt(partnership, policy(**rules), at=coming.session.starts_at + timedelta(days=3))
    coming.session.starts_at += timedelta(days=7)
    coming.session.ends_at += timedelta(days=7)
    coming.session.save()
    for _ in range(2):
        ask_before_courses(partnership, timezone.now())
    one = Invitation.objects.get()
    assert (one.state, one.policy_version) == (state, later)
    in_two_weeks = add_working_days(uk_date(timezone.now()), 10)
    assert not remind(actor=job(partnership), invitation=one, now=at(f"{in_two_weeks} 06:30"))


def test_neighbours_are_not_asked(partnership, neighbour) -> None:
    ruled(partnership)
    own = place(partnership)
    with acting_in(neighbour):
        adopt_library(neighbour)
        ruled(neighbour)
        place(neighbour)
    ask_before_courses(partnership, OPENS)
    assert Invitation.objects.get().booking == own
    with acting_in(neighbour):
        assert not Invitation.objects.exists()
        assert not Message.objects.exists()


def test_the_database_wants_a_booking(partnership, coming) -> None:
    with pytest.raises(IntegrityError, match="about_a_booking"), transaction.atomic():
        Invitation.objects.update(booking=None)


PEOPLE = 6


@pytest.fixture
def raced(settings):
    """A partnership in the database for every connection, with people who have a place."""
    settings.CELERY_TASK_ALWAYS_EAGER = True
    partnership = make_partnership("raceshire")
    with acting_in(partnership):
        adopt_library(partnership)
        ruled(partnership)
        for _ in range(PEOPLE):
            booked(make_session(partnership, starts_at=STARTS), state="confirmed")
    return partnership


def asked(partnership) -> tuple[int, int]:
    with acting_in(partnership):
        return Invitation.objects.count(), Message.objects.filter(purpose="survey-pre_course").count()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_ask_everybody_once(raced, caplog) -> None:
    assert together(2, lambda: ask_before_courses(raced, OPENS)) == [None, None]
    assert [one for one in caplog.records if one.exc_info] == []
    assert asked(raced) == (PEOPLE, PEOPLE)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_control_without_the_locks_the_database_has_to_refuse_one_of_two(raced, monkeypatch) -> None:
    barrier, invite = threading.Barrier(2), invitations._invite

    def invite_together(*given):
        barrier.wait(20)
        return invite(*given)

    monkeypatch.setattr(invitations, "_invite", invite_together)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **given: self)
    with acting_in(raced):
        booking = Booking.objects.select_related("session").first()

    def ask() -> None:
        with acting_in(raced):
            which = {"session": booking.session, "bookings": [booking.pk]}
            ask_about_bookings(actor=job(raced), **which, kind=QuestionnaireKind.PRE_COURSE, now=OPENS)

    outcomes = together(2, ask)
    assert sum(isinstance(one, IntegrityError) for one in outcomes) == 1
    assert asked(raced) == (1, 1)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_job_that_dies_in_the_middle_goes_on_where_it_was(raced, monkeypatch) -> None:
    queue, count = invitations.queue_messages, 0

    def queue_and_die(**given):
        nonlocal count
        count += 1
        if count == 3:
            raise SystemExit
        return queue(**given)

    monkeypatch.setattr(invitations, "queue_messages", queue_and_die)
    with pytest.raises(SystemExit):
        ask_before_courses(raced, OPENS)
    assert asked(raced) == (2, 2)
    monkeypatch.undo()
    ask_before_courses(raced, OPENS)
    assert asked(raced) == (PEOPLE, PEOPLE)


def reminded_while_the_place_is_given_up(partnership, *, patience: float) -> bool:
    """The job comes to a reminder while the learner, who is slow, gives the place up; tells whether it reminds."""
    ask_before_courses(partnership, OPENS)
    later, locked, done = OPENS + timedelta(days=20), threading.Event(), threading.Event()
    with acting_in(partnership):
        invitation = Invitation.objects.first()
        Invitation.objects.update(closes_at=later + timedelta(days=1))

    def give_up() -> None:
        try:
            with acting_in(partnership), transaction.atomic():
                booking = Booking.objects.select_for_update().get(pk=invitation.booking_id)
                locked.set()
                done.wait(patience)
                Booking.objects.filter(pk=booking.pk).update(state="cancelled")
        finally:
            connection.close()

    leaving = threading.Thread(target=give_up)
    leaving.start()
    locked.wait(5)
    with acting_in(partnership):
        is_reminded = remind(actor=job(partnership), invitation=invitation, now=later)
    done.set()
    leaving.join()
    return is_reminded


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_nobody_is_reminded_of_a_place_that_is_given_up_in_the_same_moment(raced) -> None:
    assert not reminded_while_the_place_is_given_up(raced, patience=0.5)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_they_are_reminded_of_it(raced, monkeypatch) -> None:
    monkeypatch.setattr(BookingQuerySet, "select_for_update", lambda self, **given: self)
    assert reminded_while_the_place_is_given_up(raced, patience=20)
