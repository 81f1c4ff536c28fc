"""Joining instructions and reminders: some working days before, once, to those who don't know it yet."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.utils import timezone

from bookings.services.changes import tell_of_changed_sessions
from bookings.services.joining import remind_of_sessions, send_joining_instructions
from bookings.services.merging import merge_sessions
from bookings.services.moving import take_another_session
from bookings.services.places import give_up
from courses.models import Session
from notifications.models import Message
from partnership_portal.working_days import UK, add_working_days, uk_date
from partnerships.permissions import Role
from tests.bookings.moving import move
from tests.factories import actor_for, adopt, make_course, make_person, make_session, policy

# A Wednesday in June 2030; booked today, so that every confirmation is old by then.
START = datetime(2030, 6, 12, 8, 30, tzinfo=UTC)


def sent(purpose: str) -> list[Message]:
    return list(Message.objects.filter(purpose=purpose))


@pytest.fixture
def booked(partnership, book):
    session = make_session(partnership, starts_at=START, capacity=2)
    Session.objects.filter(pk=session.pk).update(joining_instructions="Ask for room 3.")
    return book(make_person(partnership), session)


@pytest.mark.parametrize(
    ("moment", "count"),
    [
        (datetime(2030, 6, 4, 22, 59, tzinfo=UTC), 0),
        # Five working days before is Wednesday 5 June, from midnight by UK clocks.
        (datetime(2030, 6, 4, 23, 0, tzinfo=UTC), 1),
        (datetime(2030, 6, 12, 8, 29, tzinfo=UTC), 1),
        (START, 0),
    ],
)
def test_joining_instructions_go_five_working_days_before(partnership, booked, moment, count) -> None:
    for _ in range(2):
        send_joining_instructions(partnership, moment)
    assert len(sent("session_joining")) == count
    assert all("Ask for room 3." in one.text for one in sent("session_joining"))


def test_the_policy_says_how_long_before_and_whether_at_all(partnership, booked) -> None:
    document = policy().model_dump(mode="json")
    document["messages"]["joining_working_days"]["value"] = 0
    document["messages"]["reminder_working_days"]["value"] = 3
    adopt(partnership, type(policy()).model_validate(document), at=datetime(2030, 1, 1, tzinfo=UTC))
    moment = datetime(2030, 6, 7, 6, 30, tzinfo=UTC)
    send_joining_instructions(partnership, moment)
    remind_of_sessions(partnership, moment)
    assert (len(sent("session_joining")), len(sent("session_reminder"))) == (0, 1)


def test_those_who_wait_have_cancelled_or_have_just_booked_get_none(partnership, book, booked) -> None:
    gone = book(make_person(partnership), booked.session)
    give_up(actor=actor_for(gone.person), booking=gone)
    late = book(make_person(partnership), booked.session)
    waiting = book(make_person(partnership), booked.session)
    assert waiting.state == "waiting"
    moment = datetime(2030, 6, 6, 6, 30, tzinfo=UTC)
    Message.objects.filter(person=late.person).update(created_at=moment - timedelta(hours=1))
    send_joining_instructions(partnership, moment)
    assert [one.person for one in sent("session_joining")] == [booked.person]


def test_a_session_that_moves_is_announced_again_and_a_cancelled_one_not(partnership, booked) -> None:
    send_joining_instructions(partnership, START - timedelta(days=2))
    session = move(booked.session, timedelta(days=28))
    tell_of_changed_sessions(partnership, START - timedelta(days=2))
    send_joining_instructions(partnership, session.starts_at - timedelta(days=2))
    assert len(sent("session_joining")) == 2
    Session.objects.filter(pk=session.pk).update(status="cancelled")
    Message.objects.all().delete()
    for job in (send_joining_instructions, remind_of_sessions):
        job(partnership, session.starts_at - timedelta(hours=20))
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("told", "purpose"),
    [
        ("moved", "session_changed"),
        ("another room", "session_joining_changed"),
        ("merged", "session_merged"),
        ("taken instead", "booking_transferred"),
    ],
)
@pytest.mark.parametrize("days_before", [4, 10])
def test_whoever_has_just_been_told_all_of_it_is_not_told_the_same_next_morning(
    partnership, book, monkeypatch, told, purpose, days_before
) -> None:
    today = START - timedelta(days=40)
    monkeypatch.setattr(timezone, "now", lambda: today)
    near = datetime.combine(add_working_days(uk_date(today), days_before), time(9, 30), tzinfo=UK)
    course = make_course(partnership)
    # Both are so near that the instructions would be due, or both are not.
    stays = told == "another room"
    first = make_session(partnership, course=course, starts_at=near if stays else today + timedelta(days=60))
    second = make_session(partnership, course=course, starts_at=near)
    monkeypatch.setattr(timezone, "now", lambda: today - timedelta(days=90))
    booking = book(make_person(partnership), first)
    monkeypatch.setattr(timezone, "now", lambda: today)
    team = actor_for(make_person(partnership, Role.TEAM))
    if told == "moved":
        move(first, near - first.starts_at)
    elif told == "another room":
        Session.objects.filter(pk=first.pk).update(joining_instructions="Ask for room 7.")
    elif told == "merged":
        merge_sessions(actor=team, emptied=first, kept=second, reason="Too few people had booked.")
    else:
        take_another_session(actor=team, booking=booking, session=second)
    tell_of_changed_sessions(partnership, today)
    assert len(sent(purpose)) == 1
    tomorrow = datetime.combine(add_working_days(uk_date(today), 1), time(6, 30), tzinfo=UK)
    send_joining_instructions(partnership, tomorrow)
    assert not sent("session_joining")
    # Whoever was told long before the day gets them when the day is near.
    send_joining_instructions(partnership, near - timedelta(days=1))
    assert len(sent("session_joining")) == (days_before == 10)


@pytest.mark.parametrize("told", ["merged", "taken instead"])
def test_whoever_has_just_come_from_another_session_needs_no_reminder(
    partnership, book, monkeypatch, told
) -> None:
    course = make_course(partnership)
    first = make_session(partnership, course=course, starts_at=START + timedelta(days=9))
    second = make_session(
        partnership, course=course, starts_at=START, booking_closes_at=START - timedelta(hours=1)
    )
    booking = book(make_person(partnership), first)
    today = START - timedelta(hours=20)
    monkeypatch.setattr(timezone, "now", lambda: today)
    team = actor_for(make_person(partnership, Role.TEAM))
    if told == "merged":
        merge_sessions(actor=team, emptied=first, kept=second, reason="Too few people had booked.")
    else:
        take_another_session(actor=team, booking=booking, session=second)
    remind_of_sessions(partnership, today + timedelta(hours=10))
    assert not sent("session_reminder")


def test_the_reminder_goes_the_working_day_before_unless_something_just_did(partnership, booked) -> None:
    remind_of_sessions(partnership, START - timedelta(days=2))
    assert not sent("session_reminder")
    moment = START - timedelta(hours=26)
    Message.objects.update(purpose="session_changed", subject_key=f"booking:{booked.pk}:0", created_at=moment)
    remind_of_sessions(partnership, moment)
    assert not sent("session_reminder")
    Message.objects.update(created_at=moment - timedelta(days=30))
    for _ in range(2):
        remind_of_sessions(partnership, moment)
    (reminder,) = sent("session_reminder")
    assert "/s/stop-" in reminder.text and "Reminder:" in reminder.title
