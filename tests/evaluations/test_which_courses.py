"""Which kinds of questionnaire are asked about which courses: by the policy, and by the course where it leaves it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from bookings.services.register import mark_attendance
from bookings.services.walk_ins import Newcomer, add_walk_in
from compliance.queries.record import record_of
from courses.expectations import certificate_rule, expectations
from evaluations.jobs import (
    ask_about_impact,
    ask_before_courses,
    ask_for_evaluations,
    ask_trainers,
    remind_and_close,
)
from evaluations.kinds import QuestionnaireKind
from evaluations.links import learner_link
from evaluations.models import Certificate, Invitation
from evaluations.queries import to_do
from evaluations.queries.due import sessions_to_ask_about, trainers_to_ask
from evaluations.queries.surveys import course_rates, response_rates
from evaluations.services.invitations import ask_about_bookings, ask_trainer
from notifications.models import Message
from partnerships.permissions import Role
from tests.bookings.moving import begun
from tests.evaluations.made import at, booked, held
from tests.factories import actor_for, adopt, job, make_course, make_person, make_session, policy

HELD = at("2026-03-02 10:00")
K = QuestionnaireKind
# By kind: the policy's clause and the course's tick.
CLAUSES = {
    K.PRE_COURSE: ("pre_course__courses", "asks_pre_course"),
    K.EVALUATION: ("evaluation__courses", "asks_evaluation"),
    K.IMPACT: ("impact__learners", "asks_impact"),
    K.LINE_MANAGER: ("impact__line_manager", "asks_line_manager"),
    K.TRAINER_FEEDBACK: ("trainers__feedback_after_session", "asks_trainer_feedback"),
}
ATTENDED, EVALUATED, IMPACT = "after_attendance", "after_evaluation", "after_impact"
# Kind, what the policy says, what the certificate waits for: asked where the course ticks it, and where it doesn't.
RULES = [
    (K.PRE_COURSE, "none", ATTENDED, False, False),
    (K.PRE_COURSE, "courses_that_ask", ATTENDED, True, False),
    (K.PRE_COURSE, "all_courses", ATTENDED, True, True),
    (K.EVALUATION, "courses_that_ask", ATTENDED, True, False),
    (K.EVALUATION, "courses_that_ask", IMPACT, True, False),
    # A file that says so is refused; were it stored all the same, nobody could earn a certificate otherwise.
    (K.EVALUATION, "courses_that_ask", EVALUATED, True, True),
    (K.EVALUATION, "all_courses", ATTENDED, True, True),
    (K.EVALUATION, "all_courses", EVALUATED, True, True),
    (K.IMPACT, "courses_that_ask", ATTENDED, True, False),
    (K.IMPACT, "courses_that_ask", EVALUATED, True, False),
    (K.IMPACT, "courses_that_ask", IMPACT, True, True),
    (K.IMPACT, "all_learners", ATTENDED, True, True),
    (K.LINE_MANAGER, "never", ATTENDED, False, False),
    (K.LINE_MANAGER, "dip_sample", ATTENDED, False, False),
    (K.LINE_MANAGER, "courses_that_ask", ATTENDED, True, False),
    (K.TRAINER_FEEDBACK, "none", ATTENDED, False, False),
    (K.TRAINER_FEEDBACK, "courses_that_ask", ATTENDED, True, False),
    (K.TRAINER_FEEDBACK, "all_courses", ATTENDED, True, True),
]
CASES = [
    pytest.param(
        kind, rule, release, tick, asked, id=f"{kind} {rule} {release} {'ticked' if tick else 'not'}"
    )
    for kind, rule, release, ticked, unticked in RULES
    for tick, asked in ((True, ticked), (False, unticked))
]


@pytest.mark.parametrize(("kind", "rule", "release", "tick", "asked"), CASES)
def test_who_is_asked_about_a_course(partnership, kind, rule, release, tick, asked) -> None:
    """The tick of a kind decides about that kind alone: all others of the course say the opposite."""
    clause, own = CLAUSES[kind]
    adopt(partnership, policy(certificate__release=release, **{clause: rule}), at=at("2026-01-01"))
    course = make_course(partnership, **{name: (name == own) is tick for _, name in CLAUSES.values()})
    learner = make_person(partnership, line_manager_name="Meg", line_manager_email="meg@nursery.example")
    session = held(partnership, starts_at=HELD, course=course, trainers=(make_person(partnership),))
    booking = booked(session, person=learner, state="confirmed")
    ask_before_courses(partnership, at("2026-02-26 06:30"))
    type(booking).objects.update(state="attended")
    for now in ("2026-03-02 13:00", "2026-03-20 06:30"):
        ask_for_evaluations(partnership, at(now))
        ask_trainers(partnership, at(now))
    ask_about_impact(partnership, at("2026-06-03 06:30"))
    assert Invitation.objects.filter(kind=kind).count() == asked
    assert Message.objects.filter(purpose=f"survey-{kind}").count() == asked


def leaves_it(partnership, **more) -> None:
    """Let courses say whether they are evaluated, and trainers asked; certificates wait for attendance alone."""
    rules = {
        "certificate__release": ATTENDED,
        "evaluation__courses": "courses_that_ask",
        "trainers__feedback_after_session": "courses_that_ask",
        "impact__learners": "courses_that_ask",
        **more,
    }
    adopt(partnership, policy(**rules), at=at("2026-01-01"))


@pytest.fixture
def unasked(partnership):
    """A course about which nobody is asked anything, though others of the partnership are evaluated."""
    leaves_it(partnership)
    return make_course(partnership, title="Seven minutes", asks_evaluation=False, asks_impact=False)


def ask_everybody(partnership, now) -> None:
    ask_before_courses(partnership, now)
    ask_for_evaluations(partnership, now)
    ask_trainers(partnership, now)
    ask_about_impact(partnership, now)
    remind_and_close(partnership, now)


@pytest.mark.parametrize("way", ["in time", "late register", "walk-in", "walk-in by code"])
def test_nobody_is_asked_whatever_way_they_come_on_the_register_and_the_certificate_comes(
    partnership, unasked, way
) -> None:
    trainer = make_person(partnership, Role.TRAINER)
    days_ago = 40 if way == "late register" else 1
    session = held(partnership, course=unasked, days_ago=days_ago, trainers=(trainer,))
    date = session.dates.get()
    if way.startswith("walk-in"):
        team = actor_for(make_person(partnership, Role.TEAM))
        email = "" if way.endswith("code") else "nell@nursery.example"
        organisation = make_person(partnership).memberships.get().organisation
        newcomer = Newcomer("Nell Newcomer", email, organisation)
        booking = add_walk_in(actor=team, session_date=date, newcomer=newcomer, key=uuid4())
    else:
        booking = booked(session, state="confirmed")
        mark_attendance(actor=job(partnership), session_date=date, marks={booking.pk: "present"})
    for later in (0, 1, 100, 150):
        ask_everybody(partnership, timezone.now() + timedelta(days=later))
    assert not Invitation.objects.exists()
    assert not Message.objects.filter(purpose__startswith="survey-").exists()
    assert Certificate.objects.get().booking == booking


def test_a_session_follows_the_rule_in_force_when_it_began(partnership) -> None:
    leaves_it(partnership)
    adopt(partnership, policy(trainers__feedback_after_session="all_courses"), at=at("2026-03-10"))
    adopt(partnership, policy(trainers__feedback_after_session="none"), at=at("2026-03-12"))
    course = make_course(partnership, asks_evaluation=False)
    sessions = [
        held(partnership, starts_at=at(day), course=course, trainers=(make_person(partnership),))
        for day in ("2026-03-09 10:00", "2026-03-11 10:00", "2026-03-13 10:00")
    ]
    for one in sessions:
        booked(one)
    for _ in range(2):
        ask_for_evaluations(partnership, at("2026-03-14 09:00"))
        ask_trainers(partnership, at("2026-03-14 09:00"))
    asked = {(one.session, one.kind) for one in Invitation.objects.select_related("session")}
    _, second, third = sessions
    assert asked == {(second, "evaluation"), (second, "trainer_feedback"), (third, "evaluation")}


def test_a_tick_taken_away_in_the_meantime_counts_under_the_lock(partnership) -> None:
    leaves_it(partnership)
    course = make_course(partnership, asks_trainer_feedback=True)
    trainer = make_person(partnership)
    session = held(partnership, starts_at=HELD, course=course, trainers=(trainer,))
    booking, now = booked(session), at("2026-03-03 09:00")
    assert sessions_to_ask_about(partnership, K.EVALUATION, now) == [session]
    assert trainers_to_ask(partnership, now) == [(session, trainer)]
    type(course).objects.update(asks_evaluation=False, asks_trainer_feedback=False)
    actor = job(partnership)
    which = {"session": session, "bookings": [booking.pk]}
    assert ask_about_bookings(actor=actor, **which, kind=K.EVALUATION, now=now) == []
    assert ask_trainer(actor=actor, session=session, person=trainer, now=now) == []
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("number", [1, 5])
def test_looking_costs_the_same_however_many_are_not_asked(
    partnership, unasked, number, django_assert_num_queries
) -> None:
    trainer = make_person(partnership)
    for _ in range(number):
        booked(held(partnership, starts_at=HELD, course=unasked, trainers=(trainer,)))
    partnership.policy()
    # Of each of the two versions of the policy.
    with django_assert_num_queries(2):
        assert sessions_to_ask_about(partnership, K.EVALUATION, at("2026-03-03 09:00")) == []
    with django_assert_num_queries(1):
        assert trainers_to_ask(partnership, at("2026-03-03 09:00")) == []


def test_nothing_is_promised_that_will_not_come(partnership, unasked, sign_in) -> None:
    trainer = make_person(partnership, Role.TRAINER)
    session = held(partnership, course=unasked, trainers=(trainer,))
    booking, coming = booked(session), make_session(partnership, course=unasked)
    ask_everybody(partnership, timezone.now())
    assert to_do(actor_for(booking.person)) == []
    team = make_person(partnership, Role.TEAM)
    assert [one.survey for one in record_of(booking.person, actor_for(team))] == [None]
    rules = partnership.policy(coming.starts_at)
    assert not [one for one in expectations(unasked, rules) if "evaluation" in one or "Tell us" in one]
    assert "evaluation" not in certificate_rule(rules)
    browser = sign_in(booking.person)
    for name, args in (("course", [unasked.slug]), ("session", [coming.pk])):
        page = browser.get(reverse(f"courses:{name}", args=[partnership.slug, *args])).content.decode()
        assert "evaluation" not in page.split("<main")[1].split("</main>")[0].lower(), name
    assert (
        "Waits for" not in browser.get(reverse("compliance:record", args=[partnership.slug])).content.decode()
    )


def test_rates_and_lists_count_only_those_who_were_asked(partnership, unasked) -> None:
    asked = held(partnership)
    booked(asked)
    booked(held(partnership, course=unasked))
    ask_everybody(partnership, timezone.now())
    assert [one["session_id"] for one in response_rates(partnership)] == [asked.pk]
    assert [one["session__course_id"] for one in course_rates(partnership)] == [asked.course_id]


def test_the_report_of_its_session_says_that_nobody_is_asked(partnership, unasked, sign_in) -> None:
    trainer = make_person(partnership, Role.TRAINER)
    other, own = (held(partnership, course=one, trainers=(trainer,)) for one in (None, unasked))
    browser = sign_in(trainer)
    for session, words in ((other, "Nobody was asked yet"), (own, "This course asks for no evaluation.")):
        page = browser.get(reverse("evaluations:trainer_evaluation", args=[partnership.slug, session.pk]))
        assert words in page.content.decode()


def test_whoever_marks_the_register_is_told_what_follows(partnership, unasked, sign_in) -> None:
    trainer = make_person(partnership, Role.TRAINER)
    booked(held(partnership, course=unasked, trainers=(trainer,)), state="confirmed")
    page = sign_in(trainer).get(reverse("pages:me", args=[partnership.slug])).content.decode()
    assert "It tells who attended." in page
    assert "Learners get their evaluation after this." not in page


@pytest.mark.parametrize(
    ("is_asked", "before", "after"),
    [
        (
            True,
            "Your evaluation opens here when the session is over",
            "The evaluation opens when the register",
        ),
        (False, "Your certificate will be here.", "You get your certificate when you have attended"),
    ],
)
def test_a_code_promises_what_comes(partnership, client, is_asked, before, after) -> None:
    leaves_it(partnership)
    course = make_course(partnership, asks_evaluation=is_asked)
    person = make_person(partnership, account=False)
    type(person).objects.filter(pk=person.pk).update(email="")
    for session, words in (
        (begun(make_session(partnership, course=course)), before),
        (held(partnership, course=course), after),
    ):
        booking = booked(session, person=person, state="confirmed")
        address = learner_link(booking).split("/", 3)[3]
        page = client.post(f"/{address}", follow=True).content.decode()
        assert words in page
        assert ("evaluation" in page.split("<main")[1].lower()) is is_asked
