"""A booking that moves to another session takes its pre-course questionnaire along, whoever moves it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookings.services.merging import merge_sessions
from bookings.services.moving import move_booking, take_another_session
from courses.models import Session
from evaluations.jobs import ask_before_courses, follow_bookings, remind_and_close
from evaluations.links import holder_of, survey_token
from evaluations.models import Invitation
from evaluations.queries import response_rates
from evaluations.services.answers import save_answers
from notifications.models import Message
from partnership_portal.templatetags.portal import uk_date
from partnership_portal.working_days import add_working_days, uk_today
from partnership_portal.working_days import uk_date as uk_date_of
from partnerships.permissions import Role
from partnerships.services.policies import version_in_force
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt as adopt_library
from tests.evaluations.made import answer, answers_to, at, booked
from tests.evaluations.test_before_courses import ruled
from tests.factories import actor_for, make_course, make_person, make_session


def two_sessions(partnership) -> tuple[Session, Session]:
    """Two sessions of a course in ten and in twenty days, both asked about; somebody has a place on the first."""
    ruled(partnership, opens_working_days=30, reminders=2, reminder_working_days=1)
    course = make_course(partnership)
    first, second = (
        make_session(partnership, course=course, starts_at=at(f"{uk_today() + timedelta(days=days)} 10:00"))
        for days in (10, 20)
    )
    booked(first, state="confirmed")
    ask_before_courses(partnership, timezone.now())
    return first, second


@pytest.fixture
def two(partnership):
    return two_sessions(partnership)


def merged(partnership, first, second) -> None:
    team = actor_for(make_person(partnership, Role.TEAM))
    merge_sessions(actor=team, emptied=first, kept=second, reason="Too few people had booked.")


def taken(partnership, first, second) -> None:
    """The first one goes on."""
    booking = first.bookings.get()
    first.bookings.update(change_told_at=timezone.now())
    booking.refresh_from_db()
    take_another_session(actor=actor_for(booking.person), booking=booking, session=second)


def the_one() -> Invitation:
    return Invitation.objects.for_answering().get()


def link(partnership) -> str:
    return reverse("evaluations:survey", args=[partnership.slug, survey_token(the_one())])


def asked() -> list[Message]:
    return list(Message.objects.filter(purpose="survey-pre_course").exclude(state="dropped").order_by("pk"))


def test_where_the_other_session_is_not_asked_about_yet_it_waits_until_it_is(partnership, two) -> None:
    first, second = two
    Message.objects.update(state="sent")
    Invitation.objects.update(reminders_sent=2)
    Session.objects.filter(pk=second.pk).update(
        starts_at=second.starts_at + timedelta(days=100),
        ends_at=second.ends_at + timedelta(days=100),
        booking_closes_at=second.booking_closes_at + timedelta(days=100),
    )
    second.refresh_from_db()
    taken(partnership, first, second)
    follow_bookings(partnership, timezone.now())
    one = the_one()
    assert (one.session, one.state, one.closes_at) == (second, "open", second.starts_at)
    assert len(asked()) == 1
    opens = add_working_days(uk_date_of(second.starts_at), -30)
    for day in (opens - timedelta(days=1), opens):
        assert not Message.objects.filter(purpose="survey-reminder").exists()
        remind_and_close(partnership, at(f"{day} 07:30"))
    assert Message.objects.filter(purpose="survey-reminder").count() == 1


@pytest.mark.parametrize("move", [merged, taken])
def test_it_goes_along_with_what_was_begun_and_says_so_once(partnership, two, move) -> None:
    first, second = two
    before = the_one()
    given = answers_to(before)
    save_answers(actor=holder_of(before), invitation=before, answers=given)
    Message.objects.update(state="sent")
    move(partnership, *two)
    # Also before the job has run nobody is told that the place is lost.
    assert Client().get(link(partnership)).status_code == 200
    for _ in range(2):
        follow_bookings(partnership, timezone.now())
        ask_before_courses(partnership, timezone.now())
    one = the_one()
    assert (one.pk, one.session, one.state, one.closes_at) == (before.pk, second, "open", second.starts_at)
    assert one.policy_version == version_in_force(partnership, second.starts_at)
    assert {answer.question.key for answer in one.answers.all()} == given.keys()
    page = Client().get(link(partnership)).content.decode()
    assert uk_date(second.starts_at, "full") in page and uk_date(first.starts_at, "full") not in page
    _, new = asked()
    assert f"on {uk_date(second.starts_at)}" in new.text and f"on {uk_date(first.starts_at)}" not in new.text
    assert [row["session_id"] for row in response_rates(partnership)] == [second.pk]


@pytest.mark.parametrize("move", [merged, taken])
def test_what_still_waits_to_be_sent_about_the_old_day_is_dropped(partnership, two, move) -> None:
    Message.objects.filter(purpose="survey-pre_course").update(state="queued")
    move(partnership, *two)
    follow_bookings(partnership, timezone.now())
    (left,) = asked()
    assert uk_date(two[1].starts_at) in left.text


def test_nobody_is_reminded_of_the_old_day_nor_is_it_closed_then(partnership, two) -> None:
    first, _ = two
    merged(partnership, *two)
    Invitation.objects.update(last_asked_on=uk_today() - timedelta(days=30))
    remind_and_close(partnership, at(f"{add_working_days(uk_today(), 1)} 10:00"))
    assert not Message.objects.filter(purpose="survey-reminder").exists()
    remind_and_close(partnership, first.starts_at)
    assert the_one().state == "open"
    follow_bookings(partnership, timezone.now())
    remind_and_close(partnership, at(f"{add_working_days(uk_today(), 2)} 10:00"))
    assert Message.objects.filter(purpose="survey-reminder").count() == 1


def test_moved_there_and_back_each_move_is_told(partnership, two) -> None:
    for session in (two[1], two[0], two[1]):
        booking = the_one().booking
        booking.partnership = partnership
        move_booking(booking, session, told_at=None)
        follow_bookings(partnership, timezone.now())
        assert the_one().session == session
    assert Message.objects.filter(purpose="survey-pre_course").count() == 4


def test_sent_before_the_job_has_run_it_is_about_the_session_they_come_to(partnership, two) -> None:
    merged(partnership, *two)
    answer(the_one())
    assert (the_one().session, the_one().state) == (two[1], "answered")


def test_what_was_answered_before_stays(partnership, two) -> None:
    answer(the_one())
    merged(partnership, *two)
    follow_bookings(partnership, timezone.now())
    ask_before_courses(partnership, timezone.now())
    assert (the_one().session, the_one().state) == (two[0], "answered")
    assert len(asked()) <= 1


def test_whoever_loses_the_place_on_the_way_is_told_so(partnership, two) -> None:
    merged(partnership, *two)
    two[1].bookings.update(state="cancelled")
    assert "You have no place on this session any more" in Client().get(link(partnership)).content.decode()
    follow_bookings(partnership, timezone.now())
    assert the_one().closed_because == "no_place"


def test_neighbours_keep_theirs(partnership, neighbour, two) -> None:
    with acting_in(neighbour):
        adopt_library(neighbour)
        theirs, _ = two_sessions(neighbour)
    merged(partnership, *two)
    for one in (partnership, neighbour):
        follow_bookings(one, timezone.now())
    assert the_one().session == two[1]
    with acting_in(neighbour):
        assert the_one().session == theirs and len(asked()) == 1
