"""Answers go when they were kept as long as was promised: all that hangs on them, and nothing that is only counted."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from compliance.models import Report
from compliance.queries.record import record_of
from compliance.services.reports import build_report, publish_report, request_report
from courses.models import Session
from evaluations import jobs
from evaluations.analysis_documents import analysis_parts
from evaluations.answering import WithWords
from evaluations.jobs import ask_about_impact, ask_for_evaluations, forget_old_answers, watch_for_concerns
from evaluations.links import holder_of, supervision_token, survey_token
from evaluations.models import (
    Answer,
    Certificate,
    Concern,
    Invitation,
    Notice,
    ObservationAction,
    Redaction,
    Sharing,
    Theme,
    ThemeTag,
)
from evaluations.periods import kept_until, years_kept
from evaluations.queries import course_rates, response_rates
from evaluations.selections import Selection
from evaluations.services import retention
from evaluations.services.answers import save_answers
from evaluations.services.notices import say_left
from evaluations.services.observations import observe_session
from evaluations.services.redaction import redact_answer
from notifications.models import Message
from partnership_portal.working_days import quarter_of, uk_date
from partnerships.models import AuditEntry, Sector
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt, analysis_of, answer, answers_to, at, booked, held
from tests.evaluations.test_races import together
from tests.evaluations.test_redaction import tables_with
from tests.factories import (
    actor_for,
    job,
    make_course,
    make_organisation,
    make_partnership,
    make_person,
    policy,
)
from tests.factories import adopt as adopt_policy

SAID = "Zephyrine came back to school"
HELD = "2026-03-02 10:00"
# The session ends at one, and answers are kept for three years.
TOO_EARLY, IN_TIME = at("2029-03-02 06:30"), at("2029-03-03 06:30")

# What becomes of each row that names an answer or a response.
HANGS_ON_ANSWERS = {"ThemeTag": "deleted", "Quote": "deleted"}
HANGS_ON_RESPONSES = {
    "Answer": "deleted",
    "Redaction": "deleted",
    "Sharing": "deleted",
    "Notice": "deleted",
    "Reopening": "deleted",
    "Concern": "stays as what was done about a course; says no more what gave cause",
    "DipContact": "stays: who was drawn and rung, and nothing of what was said",
    "ObservationAction": "stays: what was agreed, and not what was seen",
}


def ask_all(partnership, session) -> None:
    """Everybody is asked everything about the session, and has time to answer."""
    ask_for_evaluations(partnership, session.ends_at)
    ask_about_impact(partnership, session.ends_at + timedelta(days=100))
    Invitation.objects.update(closes_at=at("2027-06-01"))


@pytest.fixture
def team(partnership):
    return actor_for(make_person(partnership, Role.TEAM, name="Tess Team"))


@pytest.fixture
def booking(partnership):
    """Everything was written about a booking: answers and a concern, shared, redacted, and a draft never sent."""
    learner = make_person(
        partnership, name="Lee", line_manager_name="Meg", line_manager_email="meg@nursery.example"
    )
    course = make_course(partnership, asks_line_manager=True, title="Neglect")
    session = held(partnership, course=course, starts_at=at(HELD))
    booking, other = booked(session, person=learner), booked(session)
    ask_all(partnership, session)
    evaluation = of(booking, "evaluation")
    answer(evaluation, share=True, pledge=SAID, comments=SAID, concern=WithWords("yes", SAID))
    answer(of(booking, "impact"), share=True, practice=SAID)
    answer(of(booking, "line_manager"), example=SAID)
    draft = of(other, "evaluation")
    save_answers(actor=holder_of(draft), invitation=draft, answers={"pledge": SAID})
    say_left(actor=holder_of(draft), invitation=draft)
    watch_for_concerns(partnership, timezone.now())
    team = actor_for(make_person(partnership, Role.TEAM))
    comment = Answer.objects.get(question__key="comments", invitation=evaluation)
    redact_answer(actor=team, answer=comment, reason="It named a child.", part="Zephyrine")
    ThemeTag.objects.create(
        partnership=partnership,
        answer=Answer.objects.get(question__key="pledge", invitation=evaluation),
        theme=Theme.objects.create(partnership=partnership, name="School", key="1"),
        tagged_at=timezone.now(),
        tagged_by=team.person,
    )
    return booking


def of(booking, kind: str) -> Invitation:
    return Invitation.objects.for_answering().get(booking=booking, kind=kind)


def what_is_left() -> list[int]:
    return [model.objects.count() for model in (Answer, Redaction, Sharing, Notice, ThemeTag)]


class TestWhen:
    def test_not_before_and_then_at_the_next_run(self, partnership, booking) -> None:
        Invitation.objects.filter(state="open").update(state="closed")
        assert years_kept(of(booking, "impact")) == 3
        assert kept_until(of(booking, "impact")) == at("2029-03-02 13:00")
        before = what_is_left()
        forget_old_answers(partnership, TOO_EARLY)
        assert what_is_left() == before and all(before)
        forget_old_answers(partnership, IN_TIME)
        assert what_is_left() == [0] * 5
        assert set(Invitation.objects.values_list("forgotten_at", flat=True)) == {IN_TIME}
        forget_old_answers(partnership, IN_TIME + timedelta(days=1))
        entry = AuditEntry.objects.get(action="evaluations.forget_answers")
        assert entry.after == {"responses": Invitation.objects.count(), "answers": before[0]}

    def test_on_the_last_day_of_february(self, partnership) -> None:
        booking = booked(held(partnership, starts_at=at("2028-02-29 10:00")))
        ask_for_evaluations(partnership, booking.session.ends_at)
        assert kept_until(of(booking, "evaluation")) == at("2031-02-28 13:00")

    def test_each_session_by_what_those_who_answered_were_told(self, partnership) -> None:
        first = booked(held(partnership, starts_at=at(HELD)))
        ask_all(partnership, first.session)
        adopt_policy(partnership, policy(evaluation__answers_kept_years=1), at=at("2026-04-01"))
        second = booked(held(partnership, starts_at=at("2026-05-04 10:00")))
        ask_all(partnership, second.session)
        for one in (first, second):
            answer(of(one, "evaluation"))
        Invitation.objects.filter(state="open").update(state="closed")
        forget_old_answers(partnership, at("2027-05-05 06:30"))
        assert {one.invitation.booking_id for one in Answer.objects.all()} == {first.pk}

    def test_all_about_a_session_at_once_with_the_first(self, partnership, booking) -> None:
        Invitation.objects.filter(state="open").update(state="closed")
        version = adopt_policy(partnership, policy(evaluation__answers_kept_years=1), at=at("2026-04-01"))
        Invitation.objects.filter(pk=of(booking, "impact").pk).update(policy_version=version)
        forget_old_answers(partnership, at("2027-03-03 06:30"))
        assert not Answer.objects.exists()

    def test_what_is_still_open_waits(self, partnership, booking) -> None:
        late = Invitation.objects.filter(state="open").first()
        save_answers(actor=holder_of(late), invitation=late, answers=answers_to(late))
        forget_old_answers(partnership, IN_TIME)
        assert set(Answer.objects.values_list("invitation", flat=True)) == {late.pk}
        Invitation.objects.filter(state="open").update(state="closed")
        forget_old_answers(partnership, IN_TIME)
        assert not Answer.objects.exists()

    def test_not_the_neighbours(self, partnership, neighbour, booking) -> None:
        with acting_in(neighbour):
            adopt(neighbour)
            theirs = booked(held(neighbour, starts_at=at(HELD)))
            ask_all(neighbour, theirs.session)
            answer(of(theirs, "evaluation"))
            before = Answer.objects.count()
        forget_old_answers(partnership, IN_TIME)
        with acting_in(neighbour):
            assert Answer.objects.count() == before > 0


class TestWhatGoes:
    def test_no_word_is_left_in_any_table(self, partnership, booking) -> None:
        assert tables_with("Zephyrine") == {"evaluations_answer"}
        Invitation.objects.filter(state="open").update(state="closed")
        forget_old_answers(partnership, IN_TIME)
        assert tables_with("Zephyrine") == tables_with("It named a child") == set()
        assert tables_with("meg@nursery.example") == {"partnerships_membership"}
        assert Concern.objects.get().signs == []

    def test_nor_any_message_with_a_link_to_it(self, partnership, booking) -> None:
        links = [f"/s/{kind}-" for kind in ("survey", "supervision")]
        assert all("notifications_message" in tables_with(link) for link in links)
        told = Message.objects.exclude(purpose__startswith="survey-")
        Invitation.objects.filter(state="open").update(state="closed")
        before = list(told.values_list("pk", "text"))
        forget_old_answers(partnership, IN_TIME)
        assert [tables_with(link) for link in links] == [set(), set()]
        assert list(told.values_list("pk", "text")) == before != []

    @pytest.mark.parametrize(
        ("model", "known"), [(Answer, HANGS_ON_ANSWERS), (Invitation, HANGS_ON_RESPONSES)]
    )
    def test_whatever_names_an_answer_is_thought_of(self, model, known) -> None:
        assert {one.related_model.__name__ for one in model._meta.related_objects} == known.keys()


class TestWhatStays:
    def test_certificate_record_and_rates(self, partnership, booking) -> None:
        def all_that_counts() -> list[object]:
            (certificate,) = Certificate.objects.values()
            check = reverse("evaluations:check", args=[partnership.slug])
            page = Client().get(check, {"number": certificate["number"], "code": certificate["check_code"]})
            # Groups come in any order.
            every = [rates(partnership) for rates in (response_rates, course_rates)]
            rows = [sorted(found, key=lambda one: one["kind"]) for found in every]
            record = [str(line) for line in record_of(booking.person, actor_for(booking.person))]
            return [certificate, "genuine" in page.content.decode().lower(), rows, record]

        Invitation.objects.filter(state="open").update(state="closed")
        before = all_that_counts()
        forget_old_answers(partnership, IN_TIME)
        assert all_that_counts() == before
        jobs.issue_certificates(partnership, IN_TIME)
        assert Certificate.objects.count() == 1

    def test_a_published_report(self, partnership, booking, team) -> None:
        starts_on, ends_on = quarter_of(uk_date(booking.session.ends_at), 4)
        report = request_report(actor=team, starts_on=starts_on, ends_on=ends_on)
        build_report(actor=team, report_id=report.pk, now=timezone.now())
        report.refresh_from_db()
        publish_report(actor=team, report=report)
        before = Report.objects.values().get()
        forget_old_answers(partnership, IN_TIME)
        assert Report.objects.values().get() == before

    def test_nobody_is_asked_reminded_or_warned_again(self, partnership, booking) -> None:
        Invitation.objects.filter(state="open").update(state="closed")
        forget_old_answers(partnership, IN_TIME)
        before = Message.objects.count()
        for run in (
            jobs.ask_for_evaluations,
            jobs.ask_about_impact,
            jobs.remind_and_close,
            watch_for_concerns,
        ):
            run(partnership, IN_TIME)
        assert Message.objects.count() == before and Concern.objects.count() == 1


class TestPages:
    def test_say_so(self, partnership, booking, sign_in) -> None:
        form = of(booking, "line_manager")
        learner = reverse(
            "evaluations:linked_supervision", args=[partnership.slug, supervision_token(booking, "learner")]
        )
        manager = reverse(
            "evaluations:linked_supervision",
            args=[partnership.slug, supervision_token(booking, f"form-{form.pk}-0")],
        )
        for address in (learner, manager):
            assert SAID in Client().get(address).content.decode()
        Invitation.objects.filter(state="open").update(state="closed")
        forget_old_answers(partnership, IN_TIME)
        page = Client().get(learner).content.decode()
        assert "What was written about this course is deleted" in page and "Share it" not in page
        assert Client().get(manager).status_code == 404
        for kind in ("evaluation", "impact", "line_manager"):
            link = reverse("evaluations:survey", args=[partnership.slug, survey_token(of(booking, kind))])
            response = Client().get(link)
            assert response.status_code == 410
            assert "we kept it as long as we said" in response.content.decode()
        desk = sign_in(make_person(partnership, Role.TEAM))
        for name, key, words in (
            ("asked", form.pk, "it was kept as long as we said"),
            ("session_evaluation", booking.session_id, "The answers about this session are deleted"),
            ("concern", Concern.objects.get().pk, "are not there any more"),
            ("desk_supervision", booking.pk, "What was written about this course is deleted"),
            ("chase", booking.session_id, "Lee"),
        ):
            response = desk.get(reverse(f"evaluations:{name}", args=[partnership.slug, key]))
            assert words in response.content.decode(), name


class TestAnalysis:
    """One line instead of columns in which nothing stands: on the page, in the document and in the spreadsheet."""

    def parts(self, partnership, **chosen):
        selection = Selection(**chosen)
        chosen = selection.invitations(partnership)
        figures = analysis_of(chosen, for_team=True, groupings=selection.groupings)
        return analysis_parts(partnership, figures, selection, period="month")

    def headers(self, parts) -> dict[str, list[str]]:
        return {one.key: list(one.tables[0].headers) for one in parts.sections if one.tables}

    @pytest.fixture
    def course(self, partnership):
        """Two sessions, each with learners of two sectors."""
        sectors = [
            Sector.objects.create(partnership=partnership, name=name, code=name.lower())
            for name in ("Choirs", "Stables")
        ]
        places = [make_organisation(partnership, sector=one) for one in sectors]
        course = make_course(partnership, title="Neglect")
        for starts_at in (HELD, "2026-05-04 10:00"):
            session = held(partnership, course=course, starts_at=at(starts_at))
            for place in places:
                booked(session, person=make_person(partnership, organisation=place))
            ask_for_evaluations(partnership, session.ends_at)
        Invitation.objects.update(closes_at=timezone.now() + timedelta(days=9))
        for invitation in Invitation.objects.for_answering():
            answer(invitation)
        return course

    def test_of_a_session(self, partnership, course) -> None:
        session = course.sessions.earliest("starts_at")
        whole = self.parts(partnership, session=session.pk)
        assert "Relevance (1 to 5)" in self.headers(whole)["by-sector"]
        assert not any("deleted" in words for one in whole.sections for words in one.words)
        forget_old_answers(partnership, IN_TIME)
        left = self.parts(partnership, session=session.pk)
        assert self.headers(left)["by-sector"] == ["Sector", "Answered"]
        said = [words for one in left.sections for words in one.words if "deleted" in words]
        assert len(said) == 1 and said[0].startswith("The answers about this session are deleted")

    def test_of_a_course_some_of_whose_sessions_are_older(self, partnership, course) -> None:
        forget_old_answers(partnership, IN_TIME)
        some = self.parts(partnership, course=course.pk)
        assert "Relevance (1 to 5)" in self.headers(some)["by-session"]
        said = [words for one in some.sections for words in one.words if "deleted" in words]
        assert len(said) == 1 and said[0].startswith("The answers about 1 session are deleted")
        forget_old_answers(partnership, at("2029-05-05 06:30"))
        none = self.parts(partnership, course=course.pk)
        assert self.headers(none)["by-session"] == ["Session", "Answered"]
        assert self.headers(none)["trend"] == ["Month", "Answered", "Of these, late"]


def test_an_observation_says_so_and_keeps_what_was_agreed(partnership, team, sign_in) -> None:
    observer = make_person(partnership, Role.OBSERVER)
    session = held(partnership, starts_at=timezone.now() + timedelta(days=1))
    observation = observe_session(actor=actor_for(observer), session=session)
    Session.objects.filter(pk=session.pk).update(
        starts_at=at(HELD), ends_at=at("2026-03-02 13:00"), booking_closes_at=at("2026-03-01")
    )
    answer(Invitation.objects.for_answering().get(pk=observation.pk))
    ObservationAction.objects.create(
        partnership=partnership,
        observation=observation,
        text="Later slides",
        due_on=at(HELD).date(),
        agreed_at=timezone.now(),
        agreed_by=observer,
    )
    forget_old_answers(partnership, IN_TIME)
    address = reverse("evaluations:observation", args=[partnership.slug, observation.pk])
    page = sign_in(observer).get(address).content.decode()
    assert "What was seen is deleted" in page and "Later slides" in page and "Not answered" not in page


class TestTheDatabase:
    @pytest.fixture
    def closed(self, booking):
        Invitation.objects.filter(state="open").update(state="closed")
        return Invitation.objects.filter(booking=booking)

    @pytest.mark.parametrize("years", [1, 2])
    def test_lets_nothing_go_before_its_time(self, closed, years) -> None:
        too_early = at(HELD) + timedelta(days=365 * years)
        with pytest.raises(DatabaseError, match="as long as was promised"), transaction.atomic():
            closed.update(forgotten_at=too_early)

    def test_brings_nothing_back(self, closed) -> None:
        closed.update(forgotten_at=IN_TIME)
        for moment in (None, IN_TIME + timedelta(days=1)):
            with pytest.raises(DatabaseError, match="stays forgotten"), transaction.atomic():
                closed.update(forgotten_at=moment)
        with pytest.raises(DatabaseError), transaction.atomic():
            closed.update(state="open", answered_at=None)

    def test_forgets_nothing_that_is_open(self, booking) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            Invitation.objects.filter(state="open").update(forgotten_at=IN_TIME)

    def test_keeps_what_was_done_to_an_answer_until_it_goes(self, closed) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            Redaction.objects.all().delete()
        closed.update(forgotten_at=IN_TIME)
        with pytest.raises(DatabaseError), transaction.atomic():
            Redaction.objects.update(reason="x")
        Redaction.objects.all().delete()
        assert not Redaction.objects.exists()


def three_sessions(partnership) -> None:
    for _ in range(3):
        booking = booked(held(partnership, starts_at=at(HELD)))
        ask_all(partnership, booking.session)
        answer(of(booking, "evaluation"))
    Invitation.objects.filter(state="open").update(state="closed")


def by_session() -> list[tuple[bool, bool]]:
    """Of each session whether it is forgotten, and whether answers are there."""
    found = Invitation.objects.filter(kind="evaluation").order_by("session_id")
    return [(one.forgotten_at is not None, one.answers.exists()) for one in found]


def test_killed_in_the_middle_it_goes_on_with_whole_sessions(partnership, monkeypatch) -> None:
    three_sessions(partnership)
    record, count = retention.audit.record, 0

    def record_and_die(*given, **named):
        nonlocal count
        count += 1
        if count == 2:
            raise SystemExit
        return record(*given, **named)

    monkeypatch.setattr(retention.audit, "record", record_and_die)
    with pytest.raises(SystemExit):
        forget_old_answers(partnership, IN_TIME)
    assert by_session() == [(True, False), (False, True), (False, True)]
    monkeypatch.undo()
    forget_old_answers(partnership, IN_TIME)
    assert by_session() == [(True, False)] * 3


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_forget_each_session_once(settings) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    partnership = make_partnership("forgetshire")
    with acting_in(partnership):
        adopt(partnership)
        three_sessions(partnership)
    assert together(3, lambda: forget_old_answers(partnership, IN_TIME)) == [None] * 3
    with acting_in(partnership):
        assert by_session() == [(True, False)] * 3
        assert AuditEntry.objects.filter(action="evaluations.forget_answers").count() == 3


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_both_say_in_the_trail_that_they_did(settings, monkeypatch) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    partnership = make_partnership("forgetshire")
    with acting_in(partnership):
        adopt(partnership)
        three_sessions(partnership)
        session = Session.objects.first()
    barrier, kept_until = threading.Barrier(2), retention.kept_until

    def look_together(response):
        barrier.wait(20)
        return kept_until(response)

    def forget() -> int:
        with acting_in(partnership):
            return retention.forget_answers(actor=job(partnership), session=session, now=IN_TIME)

    monkeypatch.setattr(retention, "kept_until", look_together)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **given: self)
    together(2, forget)
    with acting_in(partnership):
        assert AuditEntry.objects.filter(action="evaluations.forget_answers").count() == 2


@pytest.mark.parametrize("rows", [1, 5])
def test_the_job_asks_as_often_for_many_sessions(partnership, rows, django_assert_num_queries) -> None:
    for _ in range(rows):
        booked(held(partnership, starts_at=at(HELD)))
    ask_for_evaluations(partnership, at("2026-03-02 17:00"))
    Invitation.objects.update(state="closed")
    with acting_in(partnership):
        partnership.policy(IN_TIME)
        with django_assert_num_queries(1):
            assert len(jobs.sessions_to_forget(partnership, IN_TIME)) == rows
