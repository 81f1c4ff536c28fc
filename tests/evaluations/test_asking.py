"""Who is asked what and when, by policy; reminders on working days; closing."""

from datetime import date, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.models import SessionTrainer
from evaluations import jobs
from evaluations.jobs import ask_about_impact, ask_for_evaluations, ask_trainers, remind_and_close
from evaluations.kinds import QuestionnaireKind
from evaluations.links import survey_token
from evaluations.models import Invitation
from evaluations.periods import impact_opens_and_closes
from evaluations.queries import response_rates, to_do
from evaluations.services.answers import SurveyClosed
from notifications.models import Message
from partnership_portal.working_days import add_working_days, uk_date, uk_moment
from partnerships.permissions import Role
from partnerships.policy import Window
from tests.evaluations.made import answer, at, booked, held
from tests.factories import actor_for, adopt, job, make_course, make_person, policy

HELD = at("2026-03-02 10:00")

WINDOWS = [
    pytest.param(
        "2026-03-02 13:00", "months", 3, 6, "2026-06-02 13:00", "2026-09-02 13:00", id="Herefordshire §8.3: 3–6 months"
    ),
    pytest.param(
        "2026-02-16 13:00", "weeks", 6, 8, "2026-03-30 13:00", "2026-04-13 13:00", id="Harrow: 6–8 weeks to summer"
    ),
    pytest.param(
        "2026-09-14 16:00", "weeks", 6, 8, "2026-10-26 16:00", "2026-11-09 16:00", id="Harrow: 6–8 weeks to winter"
    ),
    pytest.param(
        "2025-11-30 12:00", "months", 3, 6, "2026-02-28 12:00", "2026-05-30 12:00", id="30 November to 28 February"
    ),
    pytest.param(
        "2026-08-31 09:00", "months", 3, 6, "2026-11-30 09:00", "2027-02-28 09:00", id="a month without a 31st"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("ended", "unit", "first", "last", "opens", "closes"), WINDOWS)
def test_impact_window_keeps_the_hour_by_uk_clocks(ended, unit, first, last, opens, closes):
    window = Window(first=first, last=last, unit=unit)
    assert impact_opens_and_closes(at(ended), window) == (at(opens), at(closes))


def test_those_who_attended_are_asked_the_same_day(partnership):
    session = held(partnership, starts_at=HELD)
    came = booked(session)
    for state in ("did_not_attend", "partly_attended", "confirmed", "cancelled"):
        booked(session, state=state)
    ask_for_evaluations(partnership, at("2026-03-02 12:59"))
    assert not Invitation.objects.exists()
    ask_for_evaluations(partnership, at("2026-03-02 13:00"))
    assert [one.booking for one in Invitation.objects.all()] == [came]
    message = Message.objects.get()
    assert message.to_email == came.person.email
    assert f"/{partnership.slug}/s/survey-" in message.text
    assert "Your certificate is issued as soon as you send your answers." in message.text


@pytest.mark.parametrize(
    ("starts", "marked", "reminded", "morning"),
    [
        pytest.param(
            "2026-03-07 10:00", "2026-03-07 13:02", "2026-03-13 20:30", "2026-03-16 07:00", id="a Saturday course"
        ),
        pytest.param(
            "2026-03-04 17:00", "2026-03-04 20:05", "2026-03-11 06:30", "2026-03-11 07:00", id="an evening course"
        ),
    ],
)  # fmt: skip
def test_they_hear_of_it_the_same_day_whatever_the_quiet_hours_and_of_reminders_within_them(
    partnership, settings, monkeypatch, starts, marked, reminded, morning
):
    settings.PORTAL_QUIET_HOURS = True
    trainer = make_person(partnership)
    booked(held(partnership, starts_at=at(starts), trainers=(trainer,)))
    adopt(partnership, policy(trainers__feedback_after_session="all_courses"), at=at("2026-01-01"))

    monkeypatch.setattr(timezone, "now", lambda: at(marked))
    ask_for_evaluations(partnership, at(marked))
    assert Message.objects.get().not_before is None
    ask_trainers(partnership, at(marked))
    assert Message.objects.get(purpose="survey-trainer_feedback").not_before > at(marked)

    monkeypatch.setattr(timezone, "now", lambda: at(reminded))
    remind_and_close(partnership, at(reminded))
    reminders = Message.objects.filter(purpose="survey-reminder")
    assert {one.not_before for one in reminders} == {at(morning)}


def test_nobody_is_asked_about_a_session_that_was_cancelled(partnership):
    booked(held(partnership, starts_at=HELD, status="cancelled"))
    ask_for_evaluations(partnership, at("2026-03-02 13:00"))
    assert not Invitation.objects.exists()


def test_whoever_is_marked_present_late_is_asked_too(partnership):
    booking = booked(held(partnership, starts_at=HELD), state="confirmed")
    ask_for_evaluations(partnership, at("2026-03-02 14:00"))
    booking.state = "attended"
    booking.save()
    ask_for_evaluations(partnership, at("2026-04-20 14:00"))
    assert Invitation.objects.get().closes_at == at("2026-06-19 23:59")


def test_impact_is_asked_in_its_window_only(partnership):
    booked(held(partnership, starts_at=HELD))
    for day, count in [("2026-06-02 06:30", 0), ("2026-06-03 06:30", 1), ("2026-06-04 06:30", 1)]:
        ask_about_impact(partnership, at(day))
        assert Invitation.objects.count() == count
    assert Invitation.objects.get().closes_at == at("2026-09-02 13:00")


def test_impact_that_is_too_late_is_asked_only_where_the_certificate_waits_for_it(partnership):
    booked(held(partnership, starts_at=HELD))
    ask_about_impact(partnership, at("2026-09-10 06:30"))
    assert not Invitation.objects.exists()
    waits = policy(certificate__release="after_impact")
    adopt(partnership, waits, at=at("2026-01-01"))
    ask_about_impact(partnership, at("2026-09-10 06:30"))
    assert Invitation.objects.get().closes_at == at("2026-09-24 23:59")


@pytest.mark.parametrize(
    ("asked", "closes"),
    [
        ("2026-04-15 06:30", "2026-04-28 13:00"),
        ("2026-04-16 06:30", "2026-04-28 13:00"),
        ("2026-04-18 06:30", "2026-05-02 23:59"),
        ("2026-04-28 12:59", "2026-05-12 23:59"),
        ("2026-04-28 13:00", "2026-05-12 23:59"),
    ],
)
def test_whoever_is_asked_late_has_time_to_earn_the_certificate(asked, closes, partnership):
    window = {"first": 6, "last": 8, "unit": "weeks"}
    waits = policy(certificate__release="after_impact", impact__window=window)
    adopt(partnership, waits, at=at("2026-01-01"))
    booked(held(partnership, starts_at=at("2026-03-03 10:00")))
    ask_about_impact(partnership, at(asked))
    assert Invitation.objects.get(kind="impact").closes_at == at(closes)


@pytest.mark.parametrize("asked", ["2026-04-18 06:30", "2026-04-28 12:59"])
def test_where_nothing_waits_for_it_the_window_is_the_window(asked, partnership):
    adopt(partnership, policy(impact__window={"first": 6, "last": 8, "unit": "weeks"}), at=at("2026-01-01"))
    booked(held(partnership, starts_at=at("2026-03-03 10:00")))
    ask_about_impact(partnership, at(asked))
    assert Invitation.objects.get(kind="impact").closes_at == at("2026-04-28 13:00")


def test_courses_that_do_not_ask_for_impact_are_left_alone_where_the_policy_says_so(partnership):
    adopt(partnership, policy(impact__learners="courses_that_ask"), at=at("2026-01-01"))
    asked = booked(held(partnership, starts_at=HELD, course=make_course(partnership, asks_impact=True)))
    booked(held(partnership, starts_at=HELD, course=make_course(partnership, asks_impact=False)))
    ask_about_impact(partnership, at("2026-06-03 06:30"))
    assert [one.booking for one in Invitation.objects.all()] == [asked]


class TestLineManager:
    """§8.3: the form goes to the line manager for the courses that ask, also without an account."""

    @pytest.fixture
    def course(self, partnership):
        return make_course(partnership, asks_line_manager=True)

    def _asked(self, partnership) -> list[str]:
        ask_about_impact(partnership, at("2026-06-03 06:30"))
        return [one.respondent_email for one in Invitation.objects.filter(kind="line_manager")]

    def test_named_with_an_address_only(self, partnership, course):
        learner = make_person(partnership, line_manager_name="Meg", line_manager_email="meg@nursery.example")
        booked(held(partnership, starts_at=HELD, course=course), person=learner)
        assert self._asked(partnership) == ["meg@nursery.example"]
        message = Message.objects.get(to_email="meg@nursery.example")
        assert learner.name in message.title
        assert message.person is None

    def test_a_person_of_the_partnership(self, partnership, course):
        manager = make_person(partnership)
        booked(
            held(partnership, starts_at=HELD, course=course),
            person=make_person(partnership, line_manager=manager),
        )
        assert self._asked(partnership) == [manager.email]
        assert Invitation.objects.get(kind="line_manager").respondent == manager

    def test_nobody_without_a_manager(self, partnership, course):
        booked(held(partnership, starts_at=HELD, course=course))
        assert self._asked(partnership) == []

    def test_not_for_a_course_that_does_not_ask(self, partnership):
        learner = make_person(partnership, line_manager_email="meg@nursery.example")
        booked(held(partnership, starts_at=HELD), person=learner)
        assert self._asked(partnership) == []

    @pytest.mark.parametrize("rule", ["never", "dip_sample"])
    def test_not_where_the_policy_says_otherwise(self, partnership, course, rule):
        adopt(partnership, policy(impact__line_manager=rule), at=at("2026-01-01"))
        learner = make_person(partnership, line_manager_email="meg@nursery.example")
        booked(held(partnership, starts_at=HELD, course=course), person=learner)
        assert self._asked(partnership) == []


def test_trainers_are_asked_where_the_policy_wants_their_feedback(partnership):
    trainer = make_person(partnership)
    session = held(partnership, starts_at=HELD, trainers=(trainer,))
    ask_trainers(partnership, at("2026-03-02 14:00"))
    assert not Invitation.objects.exists()
    adopt(partnership, policy(trainers__feedback_after_session="all_courses"), at=at("2026-01-01"))
    for _ in range(2):
        ask_trainers(partnership, at("2026-03-02 14:00"))
    invitation = Invitation.objects.get()
    assert (invitation.session, invitation.respondent, invitation.kind) == (
        session,
        trainer,
        "trainer_feedback",
    )


def test_whoever_is_no_trainer_any_more_is_neither_reminded_nor_let_in(partnership, sign_in):
    adopt(partnership, policy(trainers__feedback_after_session="all_courses"), at=at("2026-01-01"))
    trainer, other = make_person(partnership), make_person(partnership)
    session = held(partnership, trainers=(trainer, other))
    ask_trainers(partnership, timezone.now())
    session.trainer_links.filter(person=trainer).delete()
    remind_and_close(partnership, uk_moment(add_working_days(uk_date(timezone.now()), 6), time(9)))
    assert list(Message.objects.filter(purpose="survey-reminder").values_list("to_email", flat=True)) == [
        other.email
    ]
    lapsed = Invitation.objects.get(respondent=trainer)
    assert to_do(actor_for(trainer)) == [] and len(to_do(actor_for(other))) == 1
    with pytest.raises(SurveyClosed, match="not named as a trainer"):
        answer(lapsed)
    link = reverse("evaluations:survey", args=[partnership.slug, survey_token(lapsed)])
    assert "not named as a trainer" in Client().get(link).content.decode()
    assert [one["invited"] for one in response_rates(partnership)] == [1]
    team = make_person(partnership, Role.TEAM)
    asked = reverse("evaluations:asked", args=[partnership.slug, lapsed.pk])
    assert "not a trainer of this session" in sign_in(team).get(asked).content.decode()
    # Named again, it is open again by itself.
    SessionTrainer.objects.create(partnership=partnership, session=session, person=trainer)
    answer(Invitation.objects.get(pk=lapsed.pk))
    session.trainer_links.filter(person=trainer).delete()
    # What a trainer had answered by then stays and counts.
    assert [(one["invited"], one["answered"]) for one in response_rates(partnership)] == [(2, 1)]


class TestReminders:
    """At most as many as the policy has, on working days only, to those who have not answered."""

    def _days(self, partnership, first: str, count: int) -> list[date]:
        """Run the daily job on each day; give the days on which a reminder was queued."""
        found = []
        for number in range(count):
            now = at(f"{first} 06:30") + timedelta(days=number)
            before = Message.objects.filter(purpose="survey-reminder").count()
            remind_and_close(partnership, now)
            remind_and_close(partnership, now)
            if Message.objects.filter(purpose="survey-reminder").count() > before:
                found.append(uk_date(now))
        return found

    def test_two_reminders_five_working_days_apart_over_easter_and_the_clock_change(self, partnership):
        # Summer time begins on 29 March; Good Friday is 3 April 2026, Easter Monday 6 April.
        booked(held(partnership, starts_at=at("2026-03-27 10:00")))
        ask_for_evaluations(partnership, at("2026-03-27 13:00"))
        assert self._days(partnership, "2026-03-28", 40) == [date(2026, 4, 7), date(2026, 4, 14)]

    def test_none_at_christmas(self, partnership):
        booked(held(partnership, starts_at=at("2026-12-21 10:00")))
        ask_for_evaluations(partnership, at("2026-12-21 13:00"))
        # 22, 23, 24, 29 and 30 December are the working days; 28 December stands for Boxing Day.
        assert self._days(partnership, "2026-12-22", 9) == [date(2026, 12, 30)]

    @pytest.mark.parametrize(
        ("held_on", "first", "rules", "days"),
        [
            pytest.param(
                "2026-08-27", "2026-08-28", (2, 2), ["2026-09-01", "2026-09-03"], id="summer bank holiday"
            ),
            pytest.param(
                "2026-10-23",
                "2026-10-24",
                (3, 1),
                ["2026-10-26", "2026-10-27", "2026-10-28"],
                id="clocks back",
            ),
            pytest.param("2026-05-01", "2026-05-02", (1, 1), ["2026-05-05"], id="early May bank holiday"),
            pytest.param("2026-10-23", "2026-10-24", (0, 1), [], id="a policy without reminders"),
        ],
    )
    def test_as_many_and_as_far_apart_as_the_policy_says(self, partnership, held_on, first, rules, days):
        most, apart = rules
        changed = policy(evaluation__reminders=most, evaluation__reminder_working_days=apart)
        adopt(partnership, changed, at=at("2026-01-01"))
        booked(held(partnership, starts_at=at(f"{held_on} 10:00")))
        ask_for_evaluations(partnership, at(f"{held_on} 13:00"))
        assert [one.isoformat() for one in self._days(partnership, first, 12)] == days

    def test_none_to_those_who_have_answered(self, partnership):
        booked(held(partnership))
        ask_for_evaluations(partnership, timezone.now())
        answer(Invitation.objects.get())
        assert self._days(partnership, (uk_date(timezone.now()) + timedelta(days=1)).isoformat(), 30) == []

    def test_closed_surveys_are_closed_and_not_reminded(self, partnership):
        booked(held(partnership, starts_at=HELD))
        ask_for_evaluations(partnership, at("2026-03-02 14:00"))
        remind_and_close(partnership, at("2026-05-01 23:58"))
        assert Invitation.objects.get().state == "open"
        remind_and_close(partnership, at("2026-05-01 23:59"))
        assert Invitation.objects.get().state == "closed"
        count = Message.objects.count()
        remind_and_close(partnership, at("2026-05-20 06:30"))
        assert Message.objects.count() == count


def test_one_item_that_fails_does_not_keep_the_others_waiting(partnership, monkeypatch):
    session = held(partnership, starts_at=HELD)
    bookings = [*(booked(session) for _ in range(3)), booked(held(partnership, starts_at=HELD))]
    real = jobs.ask_about_bookings

    def fails_once(**given):
        if bookings[0].pk in given["bookings"]:
            raise RuntimeError("the disk is full")
        return real(**given)

    monkeypatch.setattr(jobs, "ask_about_bookings", fails_once)
    ask_for_evaluations(partnership, at("2026-03-02 14:00"))
    assert {one.booking for one in Invitation.objects.all()} == set(bookings[1:])
    monkeypatch.undo()
    ask_for_evaluations(partnership, at("2026-03-02 14:02"))
    assert Invitation.objects.count() == 4


@pytest.mark.parametrize("kind", ["evaluation", "line_manager"])
@pytest.mark.parametrize("people", [1, 5])
def test_a_session_is_asked_about_with_as_many_queries_for_one_and_five(
    partnership, kind, people, django_assert_num_queries
):
    session = held(partnership, starts_at=HELD, course=make_course(partnership, asks_line_manager=True))
    boss = make_person(partnership)
    bookings = [booked(session, person=make_person(partnership, line_manager=boss)) for _ in range(people)]
    now = at("2026-06-20 12:00") if kind == "line_manager" else at("2026-03-02 14:00")
    actor, asked = job(partnership), QuestionnaireKind(kind)
    _ = partnership.policy()
    with django_assert_num_queries(QUERIES[kind]):
        found = jobs.ask_about_bookings(
            actor=actor, session=session, bookings=[one.pk for one in bookings], kind=asked, now=now
        )
    assert {one.booking_id for one in found} == {one.pk for one in bookings}
    if kind == "line_manager":
        assert {one.respondent for one in found} == {boss}
    # Each has a link of their own, and is written to once.
    assert len(set(Message.objects.values_list("text", flat=True))) == people
    assert not jobs.ask_about_bookings(
        actor=actor, session=session, bookings=[one.pk for one in bookings], kind=asked, now=now
    )


QUERIES = {"evaluation": 10, "line_manager": 11}
