"""Pre-course tasks: written by the team, ticked off by whoever comes, seen by trainers, named in messages."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from bookings.message_kinds import JOINING, REMINDER
from bookings.models import Booking, TaskDone
from bookings.services.changes import tell_of_cancelled_sessions
from bookings.services.joining import remind_of_sessions, send_joining_instructions
from bookings.services.moving import take_another_session
from bookings.services.tasks import tick_task, untick_task
from courses.models import CourseTask, Session
from courses.refusals import PlanRefused
from courses.services.tasks import TaskDetails, change_task, move_task_up, remove_task, write_task
from notifications.models import Message
from partnerships.errors import DomainError
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.moving import begun
from tests.factories import (
    actor_for,
    adopt,
    make_course,
    make_person,
    make_session,
    make_task,
    policy,
)

READ = TaskDetails(kind="read", title="Chapter 1", minutes=20, link="https://guide.example/1")
REFLECT = TaskDetails(kind="reflect", title="A worry of yours", minutes=1, text="What did you notice?")


def url(name: str, *args) -> str:
    return reverse(name, args=["alphashire", *args])


def text_of(response) -> str:
    return response.content.decode()


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM)


@pytest.fixture
def tasks(partnership, team):
    """A course with two tasks."""
    course = make_course(partnership)
    return [write_task(actor=actor_for(team), course=course, details=one) for one in (READ, REFLECT)]


@pytest.fixture
def session(partnership, tasks):
    return make_session(partnership, course=tasks[0].course)


# The team's pages


def test_the_team_writes_changes_orders_and_removes_tasks(partnership, team, sign_in) -> None:
    course, client = make_course(partnership), sign_in(team)
    page = url("courses:desk_tasks", course.slug)
    assert page in text_of(client.get(url("courses:desk_course", course.slug)))
    assert "No tasks yet" in text_of(client.get(page))
    new = url("courses:desk_task_new", course.slug)
    refused = text_of(client.post(new, {"kind": "read", "title": "Chapter 1", "minutes": "20"}))
    assert "Give a link, or say in words what to do" in refused
    client.post(new, {"kind": "read", "title": "Chapter 1", "minutes": "20", "link": "guide.example/1"})
    client.post(new, {"kind": "watch", "title": "The film", "minutes": "5", "text": "All of it."})
    first, second = CourseTask.objects.filter(course=course)
    assert first.link == "https://guide.example/1"
    client.post(url("courses:desk_task_up", second.pk))
    client.post(url("courses:desk_task_up", second.pk))
    assert [one.title for one in CourseTask.objects.filter(course=course)] == ["The film", "Chapter 1"]
    edit = url("courses:desk_task", first.pk)
    assert 'value="Chapter 1"' in text_of(client.get(edit))
    client.post(edit, {"kind": "read", "title": "Chapter 2", "minutes": "7", "text": "x"})
    first.refresh_from_db()
    assert (first.title, first.minutes, first.link) == ("Chapter 2", 7, "")
    remove = url("courses:desk_task_remove", first.pk)
    assert "Do you want to remove this task?" in text_of(client.get(remove))
    client.post(remove)
    assert client.post(remove).status_code == 404
    assert CourseTask.objects.get().title == "The film"


def test_only_planners_write_tasks(partnership, tasks, neighbour) -> None:
    trainer = actor_for(make_person(partnership, Role.TRAINER))
    for step in (
        lambda actor: write_task(actor=actor, course=tasks[0].course, details=READ),
        lambda actor: change_task(actor=actor, task=tasks[0], details=REFLECT),
        lambda actor: move_task_up(actor=actor, task=tasks[1]),
        lambda actor: remove_task(actor=actor, task=tasks[0]),
    ):
        with pytest.raises(PermissionDenied):
            step(trainer)
    assert CourseTask.objects.count() == 2
    with acting_in(neighbour):
        assert not CourseTask.objects.exists()


def test_a_course_has_no_more_tasks_than_anybody_does(partnership, team) -> None:
    course = make_course(partnership)
    for _ in range(20):
        write_task(actor=actor_for(team), course=course, details=READ)
    with pytest.raises(PlanRefused, match="at most 20"):
        write_task(actor=actor_for(team), course=course, details=READ)


def test_the_database_holds_what_a_task_is(tasks, book, partnership, session) -> None:
    for change in ({"link": "", "text": ""}, {"minutes": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CourseTask.objects.filter(pk=tasks[0].pk).update(**change)
    person = make_person(partnership)
    booking = book(person, session)
    tick_task(actor=actor_for(person), booking=booking, task=tasks[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        TaskDone.objects.create(
            partnership=partnership, booking=booking, task=tasks[0], done_at=timezone.now()
        )


# Whoever comes


def test_tasks_are_named_when_booking_and_ticked_off_on_the_bookings_page(
    partnership, session, tasks, sign_in, book
) -> None:
    person = make_person(partnership)
    client = sign_in(person)
    text = text_of(client.get(url("bookings:book", session.pk)))
    assert "Read: Chapter 1 (20 minutes)" in text and "Reflect: A worry of yours (1 minute)" in text
    assert "will do the pre-course tasks before" in text
    booking = book(person, session)
    page = url("bookings:booking", booking.pk)
    assert text_of(client.get(page)).count("I have done this") == 2
    tick = url("bookings:tick", booking.pk, tasks[0].pk)
    assert client.get(tick).status_code == 405
    assert client.post(tick)["Location"] == f"{page}#task-{tasks[0].pk}"
    client.post(tick)
    assert TaskDone.objects.get().task == tasks[0]
    text = text_of(client.get(page))
    assert text.count("I have done this") == 1 and text.count("Not done after all") == 1
    client.post(tick, {"undo": "1"})
    client.post(tick, {"undo": "1"})
    assert not TaskDone.objects.exists()


def test_a_course_without_tasks_asks_for_none(partnership, sign_in, book) -> None:
    person, session = make_person(partnership), make_session(partnership)
    client = sign_in(person)
    assert "tasks" not in text_of(client.get(url("bookings:book", session.pk)))
    booking = book(person, session)
    assert "To do before" not in text_of(client.get(url("bookings:booking", booking.pk)))


def test_where_the_policy_wants_tasks_the_promise_names_them(partnership, sign_in) -> None:
    adopt(
        partnership,
        policy(booking__prerequisite="pre_course_tasks"),
        at=timezone.now() - timedelta(days=1),
    )
    session = make_session(partnership)
    text = text_of(sign_in(make_person(partnership)).get(url("bookings:book", session.pk)))
    assert "I can come to every date and will do the pre-course tasks before" in text


def test_nobody_ticks_off_for_others_or_of_other_courses_or_too_late(
    partnership, session, tasks, team, sign_in, book
) -> None:
    person = make_person(partnership)
    booking = book(person, session)
    for other in (team, make_person(partnership)):
        with pytest.raises(PermissionDenied):
            tick_task(actor=actor_for(other), booking=booking, task=tasks[0])
        assert sign_in(other).post(url("bookings:tick", booking.pk, tasks[0].pk)).status_code == 404
    foreign = write_task(actor=actor_for(team), course=make_course(partnership), details=READ)
    with pytest.raises(DomainError, match="another course"):
        tick_task(actor=actor_for(person), booking=booking, task=foreign)
    assert sign_in(person).post(url("bookings:tick", booking.pk, foreign.pk)).status_code == 404
    booking.state = "attended"
    booking.save(update_fields=["state"])
    for step in (tick_task, untick_task):
        with pytest.raises(DomainError, match="closed"):
            step(actor=actor_for(person), booking=booking, task=tasks[0])
    assert not TaskDone.objects.exists()


def test_ticks_come_along_to_another_session(partnership, session, tasks, book) -> None:
    person = make_person(partnership)
    booking = book(person, session)
    tick_task(actor=actor_for(person), booking=booking, task=tasks[0])
    other = make_session(partnership, course=session.course)
    Session.objects.filter(pk=session.pk).update(status="cancelled")
    tell_of_cancelled_sessions(partnership, timezone.now())
    again = take_another_session(actor=actor_for(person), booking=booking, session=other)
    assert [one.task for one in again.tasks_done.all()] == [tasks[0]]


# Trainers and messages


@pytest.mark.parametrize(("people", "page"), [(1, "trainer"), (5, "trainer"), (1, "desk"), (5, "desk")])
def test_trainers_and_the_team_see_who_has_done_how_many(
    people, page, partnership, session, tasks, team, sign_in, book, django_assert_num_queries
) -> None:
    trainer = make_person(partnership, Role.TRAINER)
    session.trainer_links.create(partnership=partnership, person=trainer)
    for number in range(people):
        person = make_person(partnership)
        booking = book(person, session)
        for task in tasks[: number % 3]:
            tick_task(actor=actor_for(person), booking=booking, task=task)
    name, reader, queries = {
        "trainer": ("bookings:training_session", trainer, QUERIES_TRAINER),
        "desk": ("bookings:desk_session", team, QUERIES_DESK),
    }[page]
    client = sign_in(reader)
    client.get(url(name, session.pk))
    with django_assert_num_queries(queries):
        text = text_of(client.get(url(name, session.pk)))
    assert "Tasks done" in text
    assert text.count("0 of 2") == len([one for one in range(people) if one % 3 == 0])
    assert text.count("2 of 2") == len([one for one in range(people) if one % 3 == 2])


QUERIES_TRAINER, QUERIES_DESK = 14, 15


def test_messages_before_the_session_name_what_is_left(partnership, session, tasks, book) -> None:
    done, lazy = (make_person(partnership) for _ in range(2))
    for person in (done, lazy):
        booking = book(person, session)
        for task in tasks if person == done else tasks[:1]:
            tick_task(actor=actor_for(person), booking=booking, task=task)
    Message.objects.all().delete()
    send_joining_instructions(partnership, session.starts_at - timedelta(days=2))
    remind_of_sessions(partnership, session.starts_at - timedelta(hours=20))

    def words(person, kind) -> str:
        return Message.objects.get(person=person, purpose=kind.purpose).text

    for kind in (JOINING, REMINDER):
        assert "A worry of yours" in words(lazy, kind) and "Chapter 1" not in words(lazy, kind)
        assert "To do before you come" not in words(done, kind)
    assert "not ticked off yet" in words(lazy, REMINDER)
    assert "not ticked off" not in words(done, REMINDER)


def test_once_the_session_has_begun_the_page_still_opens(partnership, session, tasks, sign_in, book) -> None:
    person = make_person(partnership)
    booking = book(person, session)
    begun(session)
    assert "Chapter 1" in text_of(sign_in(person).get(url("bookings:booking", booking.pk)))


def test_the_database_itself_keeps_a_ticked_task_to_the_course_that_is_booked(
    partnership, tasks, book
) -> None:
    """On either side: the tick that is written, and the booking that moves."""
    course = tasks[0].course
    booking = book(make_person(partnership), make_session(partnership, course=course))
    elsewhere = make_session(partnership)
    foreign = make_task(elsewhere.course)
    done = TaskDone.objects.create(
        partnership=partnership, booking=booking, task=tasks[0], done_at=timezone.now()
    )
    for breaks in (
        lambda: TaskDone.objects.create(
            partnership=partnership, booking=booking, task=foreign, done_at=timezone.now()
        ),
        lambda: TaskDone.objects.filter(pk=done.pk).update(task=foreign),
        lambda: Booking.objects.filter(pk=booking.pk).update(session=elsewhere),
    ):
        with pytest.raises(IntegrityError, match="one of the course that is booked"), transaction.atomic():
            breaks()
    Booking.objects.filter(pk=booking.pk).update(session=make_session(partnership, course=course))
