"""An attacker with every page and file of a role tries to single out an answer, by itself and by subtraction.

In the data somebody gives an answer that nobody else gives. The attacker knows how many people were asked and which
session belongs to which course and quarter, reads every figure that the role can see, and looks for a figure of one to
four people: shown as such, or what is left when one figure is taken from another.
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from io import BytesIO
from itertools import permutations

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from compliance.services.reports import build_report, publish_report, request_report
from compliance.views import subgroup
from courses.models import SessionTrainer
from evaluations import disclosure
from evaluations.disclosure import FEWEST, averaged, known_already, of_several, publishable, shown_of, totals
from evaluations.disclosure import shown as shown_counts
from evaluations.jobs import ask_about_impact, ask_before_courses, ask_for_evaluations
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.models import Invitation, Question, Questionnaire, QuestionnaireVersion
from evaluations.queries import evaluation_summary, own_words
from evaluations.queries.analysis import conditions, questions, responses
from evaluations.queries.analysis.figures import Count, QuestionFigures
from evaluations.services import counting
from evaluations.services.themes import add_theme
from partnership_portal.charts import NOT_SHOWN
from partnership_portal.working_days import quarter_of, uk_date
from partnerships.permissions import Role
from partnerships.policy import PreCourseRule
from tests.evaluations.made import analysis_of, answer, booked, closed, counted, held
from tests.evaluations.test_analysis import followed_up
from tests.evaluations.test_own_words import tick, wrote
from tests.evaluations.test_summaries import evaluated, rated
from tests.factories import actor_for, adopt, job, make_course, make_person, policy

RELEVANCE = "How relevant was the course to your work?"


@dataclass(frozen=True)
class Figure:
    """A mean that the attacker has read: whose answers, how many they are, and what they add up to."""

    where: str
    sessions: frozenset[int]
    people: int
    mean: float

    @property
    def total(self) -> float:
        """The sum of the answers behind the mean."""
        return self.mean * self.people


def cells(page: str) -> list[list[str]]:
    """The rows of every table of a page."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.DOTALL)
    return [
        [
            " ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split())
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in rows
    ]


def workbook(response) -> list[list[str]]:
    """The rows of every sheet of a spreadsheet."""
    book = CalamineWorkbook.from_filelike(BytesIO(b"".join(response)))
    return [
        [str(cell) for cell in row]
        for name in book.sheet_names
        for row in book.get_sheet_by_name(name).to_python()
    ]


def mean_in(where: str, sessions: frozenset[int], rows: list[list[str]]) -> list[Figure]:
    """The mean relevance of a session's report, as its table of means has it."""
    return [
        Figure(where, sessions, int(float(row[1])), float(row[2]))
        for row in rows
        if len(row) == 5 and row[0] == RELEVANCE and re.fullmatch(r"[\d.]+", row[2])
    ]


def small_counts(rows: list[list[str]]) -> list[list[str]]:
    """Rows that say how few chose an answer, of the answers' charts and of the sheet with every count."""
    answers = re.compile(r"[1-5]( – .*)?")
    found = []
    for row in rows:
        labels = [cell for cell in row[:-1] if answers.fullmatch(cell)]
        number = row[3] if len(row) == 8 else row[-1] if len(row) == 2 else ""
        if labels and re.fullmatch(r"[1-4](\.0)?", number):
            found.append(row)
    return found


def singled_out(figures: list[Figure]) -> list[str]:
    """Which of the figures, or of the differences of two, are those of one to four people."""
    found = [f"{one.where}: {one.people} people" for one in figures if 0 < one.people < FEWEST]
    for larger, smaller in permutations(figures, 2):
        rest = larger.people - smaller.people
        if smaller.sessions <= larger.sessions and 0 < rest < FEWEST:
            said = (larger.total - smaller.total) / rest
            found.append(f"{larger.where} less {smaller.where}: {rest} people said {said:.1f}")
    return found


@pytest.fixture
def quarter(partnership):
    """A quarter with one course in three sessions, of six, five and one answer; the last is unlike all others."""
    trainer = make_person(partnership, Role.TRAINER, Role.SUBGROUP_MEMBER)
    course = make_course(partnership, title="Neglect")
    sessions = []
    for answers in (
        [rated(4, 3, 7)] * 6,
        [rated(4, 3, 7)] * 5,
        [rated(1, 9, 2)],
    ):
        session = held(partnership, course=course, days_ago=1, trainers=(trainer,))
        evaluated(partnership, session, answers)
        sessions.append(session)
    return trainer, sessions


def read_by_trainer(partnership, client, sessions) -> tuple[list[Figure], list[list[str]]]:
    """All figures of the reports of the trainer's sessions, from page and spreadsheet."""
    figures, counts = [], []
    for number, session in enumerate(sessions):
        args = [partnership.slug, session.pk]
        page = client.get(reverse("evaluations:trainer_evaluation", args=args)).content.decode()
        sheet = client.get(reverse("evaluations:trainer_evaluation_file", args=[*args, "xlsx"]))
        for kind, rows in (("page", cells(page)), ("file", workbook(sheet))):
            figures += mean_in(f"{kind} of session {number}", frozenset({session.pk}), rows)
            counts += small_counts(rows)
    return figures, counts


def read_by_subgroup(partnership, client, sessions) -> list[Figure]:
    """The figures of the published report, from page and spreadsheet; the course is the whole of the quarter."""
    coordinator = actor_for(make_person(partnership, Role.TEAM))
    starts_on, ends_on = quarter_of(uk_date(sessions[0].ends_at))
    report = request_report(actor=coordinator, starts_on=starts_on, ends_on=ends_on)
    build_report(actor=job(partnership), report_id=report.pk, now=timezone.now())
    report.refresh_from_db()
    publish_report(actor=coordinator, report=report)
    everybody = frozenset(one.pk for one in sessions)
    page = client.get(reverse("compliance:report", args=[partnership.slug, report.pk])).content.decode()
    sheet = client.get(reverse("compliance:report_file", args=[partnership.slug, report.pk, "xlsx"]))
    matched = re.search(r"in the (\d+) evaluations that gave both", page)
    figures = []
    for kind, rows in (("page", cells(page)), ("file", workbook(sheet))):
        for row in rows:
            if row[:1] == ["Neglect"] and len(row) == 5 and " of " in row[1] and row[2] != NOT_SHOWN:
                people = int(matched.group(1)) if matched else 0
                figures.append(Figure(f"report, {kind}", everybody, people, float(row[2])))
    return figures


def read_live(partnership, client, sessions) -> list[Figure]:
    """The figures of the sub-group's live page: of the period, of the course, and of the periods beside it."""
    everybody = frozenset(one.pk for one in sessions)
    page = client.get(reverse("compliance:live", args=[partnership.slug])).content.decode()
    matched = re.search(r"in the (\d+) evaluations that gave both", page)
    figures = []
    for row in cells(page):
        shown = [cell for cell in row if re.fullmatch(r"[1-5]\.\d", cell)]
        if len(row) == 5 and row[0] == "Neglect" and shown:
            figures.append(
                Figure("live, course", everybody, int(matched.group(1)) if matched else 0, float(row[2]))
            )
        if len(row) in {7, 8} and shown and row[-3].isdecimal():
            figures.append(Figure("live, period", everybody, int(row[-3]), float(row[-4])))
    return figures


class TestAttack:
    def test_trainer_in_the_subgroup_cannot_single_out_an_answer(self, partnership, quarter, sign_in):
        person, sessions = quarter
        closed(partnership)
        client = sign_in(person)
        figures, counts = read_by_trainer(partnership, client, sessions)
        figures += read_by_subgroup(partnership, client, sessions)
        figures += (live := read_live(partnership, client, sessions))
        assert len(figures) >= 7 and live, "the attacker must have read something"
        assert singled_out(figures) == []
        assert counts == []
        assert not [one for one in figures if one.mean != 4.0]

    def test_control_the_same_attack_succeeds_without_the_rule(
        self, partnership, quarter, sign_in, monkeypatch
    ):
        for module in (disclosure, questions, responses, counting):
            monkeypatch.setattr(module, "FEWEST", 1)
        person, sessions = quarter
        closed(partnership)
        client = sign_in(person)
        figures, counts = read_by_trainer(partnership, client, sessions)
        reported = read_by_subgroup(partnership, client, sessions)
        assert any(one.people == 12 for one in read_live(partnership, client, sessions))
        assert any(one.people == 1 and one.mean == 1.0 for one in figures)
        assert counts
        # The report alone gives it away too: the quarter less the sessions that have five or more.
        large = [one for one in figures if one.people >= 5 and one.where.startswith("page")]
        rest = reported[0].people - sum(one.people for one in large)
        assert rest == 1
        assert round(reported[0].total - sum(one.total for one in large)) in {0, 1, 2}

    def test_watching_for_one_more_answer_tells_nothing(self, partnership, quarter, sign_in):
        person, sessions = quarter
        client = sign_in(person)
        before, _ = read_by_trainer(partnership, client, sessions)
        before += read_live(partnership, client, sessions)
        evaluated(partnership, sessions[1], [rated(1, 9, 2)])
        after, _ = read_by_trainer(partnership, client, sessions)
        after += read_live(partnership, client, sessions)
        assert singled_out(before + after) == []
        assert [one.mean for one in before] == [one.mean for one in after]

    @pytest.mark.parametrize(("fewest", "found"), [(FEWEST, {4.0}), (1, {4.0, 4.4, 4.8})])
    def test_a_mean_near_the_end_is_in_no_page_file_or_total(
        self, partnership, sign_in, monkeypatch, fewest, found
    ):
        for module in (disclosure, questions, responses, counting):
            monkeypatch.setattr(module, "FEWEST", fewest)
        trainer = make_person(partnership, Role.TRAINER, Role.SUBGROUP_MEMBER)
        course = make_course(partnership, title="Neglect")
        sessions = [held(partnership, course=course, days_ago=1, trainers=(trainer,)) for _ in range(2)]
        evaluated(partnership, sessions[0], [rated(4, 3, 7)] * 5)
        evaluated(partnership, sessions[1], [rated(5, 3, 7)] * 4 + [rated(4, 3, 7)])
        client = sign_in(trainer)
        figures, _ = read_by_trainer(partnership, client, sessions)
        figures += read_by_subgroup(partnership, client, sessions)
        assert {round(one.mean, 1) for one in figures} == found

    def _choices(self, partnership, client, session) -> dict[str, int]:
        """How many chose each answer about a session, as the trainer's spreadsheet has it."""
        args = [partnership.slug, session.pk, "xlsx"]
        rows = workbook(client.get(reverse("evaluations:trainer_evaluation_file", args=args)))
        return {
            f"{row[1]}: {row[2]}": int(float(row[3]))
            for row in rows
            if len(row) == 8 and re.fullmatch(r"[\d.]+", row[3]) and row[2] != "Mean"
        }

    @pytest.mark.parametrize("fewest", [FEWEST, 1])
    def test_nobody_finds_how_few_chose_both(self, partnership, sign_in, monkeypatch, fewest):
        trainer = make_person(partnership, Role.TRAINER)
        client = sign_in(trainer)
        found = []
        # Of fifteen, two chose both; of others, five did.
        for time, manager, both in ((6, 7, 2), (5, 5, 5)):
            session = held(partnership, days_ago=1, trainers=(trainer,))
            chosen = [["time"]] * time + [["manager"]] * manager + [["time", "manager"]] * both
            evaluated(partnership, session, [{**rated(4, 3, 7), "barriers": one} for one in chosen])
            closed(partnership)
            with monkeypatch.context() as patched:
                # Without the rule: it is what the counts are more than those who chose that must not be few.
                patched.setattr(
                    questions, "of_several", of_several if fewest == FEWEST else lambda counts, of: counts
                )
                said = self._choices(partnership, client, session)
            counts = [count for one, count in said.items() if "barriers" in one or "stop" in one]
            found.append(sum(counts) - len(chosen) if counts else 0)
        assert found == ([0, 5] if fewest == FEWEST else [2, 5])

    @pytest.mark.parametrize("again", [["time"] * 2 + ["manager"] * 3, ["time"] * 5, ["manager"]])
    @pytest.mark.parametrize("frozen", [True, False])
    def test_a_survey_that_is_opened_again_gives_nobody_away(self, partnership, sign_in, again, frozen):
        trainer = make_person(partnership, Role.TRAINER)
        session = held(partnership, days_ago=1, trainers=(trainer,))
        said = [{**rated(4, 3, 7), "barriers": [one]} for one in ["time"] * 5 + ["manager"] * 5]
        evaluated(partnership, session, said)
        closed(partnership)
        client = sign_in(trainer)
        first = self._choices(partnership, client, session)
        assert max(first.values()) >= 5
        evaluated(partnership, session, [{**rated(2, 3, 7), "barriers": [one]} for one in again])
        if frozen:
            closed(partnership)
        else:
            # What the rule is there against: the later block is added to counts that were shown.
            counted = Invitation.objects.filter(counted_at__isnull=False, choices_counted_at__isnull=True)
            counted.update(choices_counted_at=timezone.now())
        later = self._choices(partnership, client, session)
        found = [one for one, count in later.items() if one in first and 0 < abs(count - first[one]) < FEWEST]
        assert bool(found) == (not frozen and again == ["time"] * 2 + ["manager"] * 3)
        if frozen:
            assert {one: count for one, count in later.items() if "barriers" in one or "stop" in one} == {
                one: count for one, count in first.items() if "barriers" in one or "stop" in one
            }

    def test_what_was_counted_stays_counted_whatever_becomes_of_the_booking(self, partnership, sign_in):
        trainer = make_person(partnership, Role.TRAINER)
        session = held(partnership, days_ago=1, trainers=(trainer,))
        evaluated(partnership, session, [rated(4, 3, 7)] * 6 + [rated(2, 3, 7)] * 4)
        closed(partnership)
        client = sign_in(trainer)
        first, _ = read_by_trainer(partnership, client, [session])
        session.bookings.update(state="did_not_attend")
        later, _ = read_by_trainer(partnership, client, [session])
        assert first == later
        counted = Invitation.objects.filter(session=session, counted_at__isnull=False)
        for change in (
            {"counted_at": None, "choices_counted_at": None},
            {"choices_counted_at": timezone.now()},
            {"state": "closed"},
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                counted.update(**change)

    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.TEAM])
    def test_nobody_else_opens_an_analysis_or_raw_answers(self, partnership, quarter, sign_in, role):
        client = sign_in(make_person(partnership, role))
        _, sessions = quarter
        wanted = {"names": "without", "ending": "xlsx"}
        raw = reverse("evaluations:raw_answers", args=[partnership.slug])
        assert client.get(raw).status_code in {403, 404}
        assert client.post(raw, wanted).status_code in {403, 404}
        for name, args in (
            ("analysis", []),
            ("analysis_file", ["xlsx"]),
            ("session_evaluation", [sessions[0].pk]),
            ("session_evaluation_file", [sessions[0].pk, "xlsx"]),
            ("trainer_evaluation", [sessions[0].pk]),
            ("trainer_evaluation_file", [sessions[0].pk, "pdf"]),
        ):
            response = client.get(reverse(f"evaluations:{name}", args=[partnership.slug, *args]))
            assert response.status_code in {403, 404}, name
        live = client.get(reverse("compliance:live", args=[partnership.slug]))
        assert live.status_code == (200 if role in {Role.SUBGROUP_MEMBER, Role.SUBGROUP_CHAIR} else 403)


class TestLiveImpact:
    """What learners have done since and how confident they are now, on the sub-group's page and the trainer's."""

    LIVE = ("Did what they had planned", "Did part of it", "Not yet")

    @pytest.fixture
    def sessions(self, partnership, monkeypatch):
        """Fifteen, six and one were followed up; whoever is left over says what nobody else says there."""
        trainer = make_person(partnership, Role.TRAINER, Role.SUBGROUP_MEMBER)
        made = []
        for codes in (
            ["done"] * 5 + ["partly"] * 5 + ["not_yet"] * 5,
            ["done"] * 5 + ["odd"],
            ["odd"],
        ):
            said = {code: {"done": [code], "confidence_now": 7} for code in ("done", "partly", "not_yet")}
            said["odd"] = {"done": ["not_yet"], "confidence_now": 1}
            session = followed_up(partnership, [{"impact": said[code]} for code in codes])
            SessionTrainer.objects.create(partnership=partnership, session=session, person=trainer)
            made.append(session)
        monkeypatch.setattr(subgroup, "uk_today", lambda: uk_date(made[0].ends_at))
        return trainer, made

    def _live(self, partnership, client) -> tuple[list[int | None], float]:
        """The counts and the mean of the live page, in which nothing is shown as “not shown”."""
        page = client.get(reverse("compliance:live", args=[partnership.slug])).content.decode()
        counts = {row[0]: row[1] for row in cells(page) if len(row) == 2 and row[0] in self.LIVE}
        now = re.search(r"Their confidence is now ([\d.]+) out of 10", page.replace("\xa0", " "))
        return [int(counts[one]) if counts[one].isdecimal() else None for one in self.LIVE], float(now[1])

    def _own(self, partnership, client, session) -> list[int]:
        """The counts of the trainer's own session; nothing where they are left out."""
        args = [partnership.slug, session.pk, "xlsx"]
        rows = workbook(client.get(reverse("evaluations:trainer_evaluation_file", args=args)))
        counts = [row[3] for row in rows if len(row) == 8 and "planned to do" in row[1]]
        return [int(float(one)) if re.fullmatch(r"[\d.]+", one) else 0 for one in counts] or [0, 0, 0]

    def _read(self, partnership, client, sessions) -> tuple[list[list[int]], float]:
        """Every count, by itself and what is left of the live page's when the sessions' own are taken from it."""
        live, confidence = self._live(partnership, client)
        own = [self._own(partnership, client, one) for one in sessions]
        assert len(live) == 3 and [5, 5, 5] in own, "the attacker must have read something"
        rest = [count - sum(of) for count, *of in zip(live, *own, strict=True)]
        return [live, rest, *own], confidence

    def test_nobody_is_singled_out(self, partnership, sessions, sign_in):
        trainer, made = sessions
        closed(partnership)
        client = sign_in(trainer)
        counts, confidence = self._read(partnership, client, made)
        assert [one for of in counts for one in of if 0 < one < FEWEST] == []
        assert (counts[0], confidence) == ([10, 5, 5], 7.0)
        # Nor by one who answers later.
        (late,) = Invitation.objects.filter(session=made[2], kind="evaluation")
        answer(late, **rated(1, 9, 2))
        closed(partnership)
        assert self._read(partnership, client, made) == (counts, confidence)

    def test_control_the_attack_succeeds_without_the_rule(self, partnership, sessions, sign_in, monkeypatch):
        for module in (disclosure, questions, responses, counting):
            monkeypatch.setattr(module, "FEWEST", 1)
        trainer, made = sessions
        closed(partnership)
        counts, confidence = self._read(partnership, sign_in(trainer), made)
        assert counts[0] == [10, 5, 7] and [0, 0, 1] in counts
        assert confidence < 7.0


class TestSaidTwice:
    """Confidence before is asked before the course and in the evaluation; which of both counts never changes."""

    def test_an_evaluation_that_comes_later_changes_no_pair(self, partnership, sign_in):
        long_ago = timezone.now() - timedelta(days=400)
        adopt(partnership, policy(pre_course__courses=PreCourseRule.ALL_COURSES), at=long_ago)
        trainer = make_person(partnership, Role.TRAINER)
        session = held(partnership, days_ago=100, trainers=(trainer,))
        for _ in range(10):
            booked(session, state="confirmed")
        ask_before_courses(partnership, session.starts_at - timedelta(days=1))
        self._answered(session, "pre_course", [{"confidence_before": 3}] * 9 + [{"confidence_before": 0}])
        session.bookings.update(state="attended")
        ask_for_evaluations(partnership, session.ends_at)
        ask_about_impact(partnership, timezone.now())
        self._answered(session, "impact", [{"confidence_now": 5}] * 9 + [{"confidence_now": 9}])
        client, args = sign_in(trainer), [partnership.slug, session.pk]

        def read() -> list[str]:
            page = client.get(reverse("evaluations:trainer_evaluation", args=args)).content.decode()
            return re.findall(r"Before the course and months later: [^<]*", page.replace("\xa0", " "))

        first = read()
        assert len(first) == 1 and "confidence of 10 people" in first[0]
        # The one who is unlike all others, then four more, so that a block is full, then the rest.
        for places in ([9], [0, 1, 2, 3], [4, 5, 6, 7, 8]):
            self._answered(session, "evaluation", [rated(4, 10, 10)] * 10, places)
            assert read() == first

    def test_trainers_and_reports_count_the_same_pairs(self, partnership):
        long_ago = timezone.now() - timedelta(days=400)
        adopt(partnership, policy(pre_course__courses=PreCourseRule.ALL_COURSES), at=long_ago)
        session = held(partnership, days_ago=2)
        for _ in range(10):
            booked(session, state="confirmed")
        ask_before_courses(partnership, session.starts_at - timedelta(days=1))
        # Two of the seven are left over: what they said before the course is counted nowhere.
        self._answered(session, "pre_course", [{"confidence_before": 1}] * 7, range(7))
        session.bookings.update(state="attended")
        ask_for_evaluations(partnership, session.ends_at)
        self._answered(session, "evaluation", [rated(4, 3, 7)] * 10)
        day = uk_date(session.ends_at)
        reported = evaluation_summary(partnership, day, day)
        after = analysis_of(Invitation.objects.filter(session=session), for_team=False).changes["after"]
        assert (after.n, after.before, after.after) == (10, 3, 7)
        assert (reported.matched, reported.mean_before, reported.mean_after) == (10, 3, 7)

    def _answered(self, session, kind: str, said: list[dict], places=range(10)) -> None:
        asked = Invitation.objects.filter(session=session, kind=kind).order_by("booking_id")
        asked.update(closes_at=timezone.now() + timedelta(days=1))
        every = list(asked.for_answering())
        for place in places:
            answer(every[place], **said[place])
        counted(session.partnership)


class TestConditions:
    """What got in the way is asked only of those who have not done all of it: how many says who has."""

    def _followed_up(self, partnership, counts: tuple[int, int, int]):
        people = [
            {"impact": {"done": [code], "confidence_now": 6}}
            for code, count in zip(("done", "partly", "not_yet"), counts, strict=True)
            for _ in range(count)
        ]
        session = followed_up(partnership, people)
        closed(partnership)
        trainer = make_person(partnership, Role.TRAINER)
        SessionTrainer.objects.create(partnership=partnership, session=session, person=trainer)
        return session, trainer

    @pytest.mark.parametrize(
        ("counts", "told"),
        [((2, 6, 2), None), ((7, 3, 5), 8), ((5, 3, 7), None), ((5, 5, 0), 5), ((5, 5, 5), 10)],
    )
    def test_nobody_learns_how_many_were_asked(self, partnership, sign_in, counts, told):
        session, trainer = self._followed_up(partnership, counts)
        client, args = sign_in(trainer), [partnership.slug, session.pk]
        page = client.get(reverse("evaluations:trainer_evaluation", args=args)).content.decode()
        sheet = client.get(reverse("evaluations:trainer_evaluation_file", args=[*args, "xlsx"]))
        rows = workbook(sheet)
        shown = {row[2]: row[3] for row in rows if "planned to do" in row[1] and len(row) == 8}
        assert len(shown) == 3, "the attacker must have read something"
        of = {
            int(float(row[4])) for row in rows if len(row) == 8 and row[1].startswith("What got in the way")
        }
        assert of == ({told} if told else set())
        assert ("later." in page) == bool(told)
        if told is None:
            assert "Met" not in [cell for row in cells(page) for cell in row]
            assert "got in the way" not in page

    def test_control_the_attack_succeeds_without_the_rule(self, partnership, sign_in, monkeypatch):
        monkeypatch.setattr(conditions, "known_already", lambda *args, **kwargs: True)
        session, trainer = self._followed_up(partnership, (2, 6, 2))
        args = [partnership.slug, session.pk, "xlsx"]
        rows = workbook(sign_in(trainer).get(reverse("evaluations:trainer_evaluation_file", args=args)))
        of = {
            int(float(row[4])) for row in rows if len(row) == 8 and row[1].startswith("What got in the way")
        }
        assert of == {8}

    def test_the_team_reads_it(self, partnership):
        session, _ = self._followed_up(partnership, (2, 6, 2))
        found = analysis_of(Invitation.objects.filter(session=session), for_team=True)
        assert found.of(QuestionnaireKind.IMPACT, "stopped_by").counted == 8

    @given(
        st.lists(st.integers(0, 12), min_size=2, max_size=5),
        st.sets(st.integers(0, 4), min_size=1, max_size=4),
    )
    def test_whatever_is_chosen_nothing_hidden_is_cut_through(self, counts, places):
        codes = {str(place) for place in places if place < len(counts)}
        found = {str(place): count for place, count in enumerate(shown_counts(counts))}
        if sum(counts) < FEWEST or not codes or not known_already(found, codes, several=False):
            return
        hidden = {code for code, count in found.items() if count is None}
        for part in (hidden & codes, hidden - codes):
            assert sum(counts[int(code)] for code in part) == 0 or (
                len(part) >= 2 and sum(counts[int(code)] for code in part) >= FEWEST
            )

    def test_of_several_choices_one_code_alone(self):
        counts = {"a": 10, "b": 10, "c": None}
        assert known_already(counts, {"a"}, several=True)
        for codes in ({"a", "b"}, {"c"}, {"d"}):
            assert not known_already(counts, codes, several=True)

    def test_versions_that_ask_otherwise_are_not_told(self):
        def question(version: int, key: str, condition: dict | None) -> Question:
            form = QuestionnaireVersion(pk=version, questionnaire=Questionnaire(kind="impact"))
            return Question(version=form, key=key, kind="choice", shown_if=condition)

        def tell(*questions: Question) -> bool:
            earlier, which = ("impact", "done", "choice"), ("impact", "why", "choice")
            counts = [Count("done", "Done", 7), Count("partly", "Partly", 8)]
            kinds = QuestionnaireKind.IMPACT, "done", QuestionKind.CHOICE, "Done?"
            return conditions.Conditions(questions).tell_nothing_new(
                which, {earlier: QuestionFigures(*kinds, 15, counts)}
            )

        needs = {"key": "done", "values": ["partly"]}
        asked = [question(1, "done", None), question(1, "why", needs)]
        assert tell(*asked)
        assert tell(*asked, question(2, "done", None), question(2, "why", needs))
        assert not tell(*asked, question(2, "done", None), question(2, "why", None))
        assert not tell(*asked, question(2, "done", None), question(2, "why", {**needs, "values": ["done"]}))
        assert not tell(*asked, question(2, "done", None))


ROWS = st.lists(st.lists(st.integers(0, 12), min_size=3, max_size=3), max_size=4)


class TestTotals:
    @pytest.mark.parametrize(
        ("rows", "expected"),
        [
            # Whoever knows one row must not find the other in the total.
            ([[5, 10], [2, 8]], ([5, 10], 1)),
            ([[10, 10, 5], [3, 7, 0]], ([10, 10, 5], 1)),
            ([[5, 10], [6, 8]], ([11, 18], 2)),
            ([[0, 9], [0, 7]], ([0, 16], 2)),
            ([[2, 3], [3, 2]], ([None, None], 0)),
            ([[4, 6, 0], [4, 6, 0]], ([None, None, None], 0)),
            ([], ([], 0)),
        ],
    )
    def test_table(self, rows, expected):
        assert totals(rows) == expected

    @given(st.lists(ROWS, min_size=1, max_size=4))
    def test_a_quarter_less_than_the_year_leaves_nothing_small(self, quarters):
        year, _ = totals([row for quarter in quarters for row in quarter])
        known = [totals(quarter)[0] for quarter in quarters]
        for place, total in enumerate(year):
            rest = (total or 0) - sum((quarter[place] or 0) if quarter else 0 for quarter in known[:-1])
            assert rest == 0 or rest >= FEWEST

    @given(ROWS, ROWS)
    def test_a_later_version_less_the_earlier_leaves_whole_rows(self, rows, later):
        first, _ = totals(rows)
        second, _ = totals([*rows, *later])
        whole = [row for row in later if publishable(row)]
        for place, total in enumerate(second):
            rest = (total or 0) - ((first[place] or 0) if first else 0)
            assert rest == sum(row[place] for row in whole)
            assert rest == 0 or rest >= FEWEST

    @pytest.mark.parametrize(
        ("count", "of", "expected"), [(9, 10, None), (5, 10, 5), (10, 10, 10), (0, 4, None), (1, 9, None)]
    )
    def test_neither_those_who_chose_nor_those_who_did_not(self, count, of, expected):
        assert shown_of(count, of) == expected

    @given(st.lists(st.sets(st.sampled_from("abc"), min_size=1), min_size=FEWEST, max_size=40))
    def test_counts_of_several_do_not_add_up_to_how_few_chose_more_than_one(self, chosen):
        exact = [sum(one in some for some in chosen) for one in "abc"]
        found = of_several([shown_of(count, len(chosen)) for count in exact], len(chosen))
        if None not in found:
            more = sum(found) - len(chosen)
            assert more == 0 or more >= FEWEST
        assert all(count in (None, known) for count, known in zip(found, exact, strict=True))


SCALE = (1, 5)
# Answers that are mostly as good as can be, as they are in life.
SESSIONS = st.lists(st.lists(st.sampled_from([1, 3, 4, 5, 5, 5, 5]), max_size=23), min_size=1, max_size=4)


def shown_numbers(sessions: list[list[int]]) -> list[int]:
    """The numbers behind the mean of some sessions, each counted in blocks of five."""
    found: Counter[tuple[int, ...]] = Counter()
    for session in sessions:
        ends = range(FEWEST, len(session) + 1, FEWEST)
        found += averaged(
            [Counter((number,) for number in session[end - FEWEST : end]) for end in ends], SCALE
        )
    return [number for (number,) in found.elements()]


def says_nothing_of_few(numbers: int, total: int) -> bool:
    """Tell whether so many people with this sum are five or more, with no or five steps from either end."""
    steps = (total - numbers * SCALE[0], numbers * SCALE[1] - total)
    return numbers == 0 or (numbers >= FEWEST and not any(0 < one < FEWEST for one in steps))


class TestMeans:
    @pytest.mark.parametrize(
        ("numbers", "counted"),
        [
            ([5, 5, 5, 5, 4], 0),
            ([1, 1, 1, 1, 2], 0),
            ([5] * 5, 5),
            ([4] * 5, 5),
            ([4] * 4, 0),
            ([5, 5, 5, 5, 4, 4, 4, 4, 4, 4], 10),
            ([4] * 5 + [5, 5, 5, 5, 4], 5),
        ],
    )
    def test_table(self, numbers, counted):
        assert len(shown_numbers([numbers])) == counted

    @given(SESSIONS, st.data())
    def test_nothing_extreme_is_shown_or_found_by_subtraction(self, sessions, data):
        whole = shown_numbers(sessions)
        assert says_nothing_of_few(len(whole), sum(whole))
        # The sessions without the last, as quarters of a year; and all as they were when fewer had answered.
        earlier = [one[: data.draw(st.integers(0, len(one)))] for one in sessions]
        for part in (sessions[:-1], earlier):
            known = shown_numbers(part)
            assert says_nothing_of_few(len(whole) - len(known), sum(whole) - sum(known))


@dataclass(frozen=True)
class Sorted:
    """What somebody has read of the themes of one question: how many answers are about each, of how many."""

    where: str
    themes: dict[str, int]
    of: int | None

    @property
    def about_both(self) -> int:
        """How many are about both themes, where everything else is known."""
        return sum(self.themes.values()) - self.of if len(self.themes) == 2 and self.of else 0


class TestThemes:
    """An answer may be about several themes, so that counts add up to more than there are answers."""

    @pytest.fixture
    def scene(self, partnership):
        team = make_person(partnership, Role.TEAM)
        trainer = make_person(partnership, Role.TRAINER, Role.SUBGROUP_MEMBER)
        sharing, workload = (add_theme(actor=actor_for(team), name=name) for name in ("Sharing", "Workload"))
        course = make_course(partnership, title="Neglect")
        sessions, answers = [], []
        # Nine and eight of fifteen: two are about both. Ten and ten: five are.
        for until, since in ((9, 7), (10, 5)):
            session = held(partnership, course=course, days_ago=1, trainers=(trainer,))
            answers = wrote(partnership, 15, session=session)
            tick(team, answers[:until], sharing)
            tick(team, answers[since:], workload)
            sessions.append(session)
        closed(partnership)
        return team, trainer, sessions, answers, workload

    def publish(self, partnership, team, sessions):
        starts_on, ends_on = quarter_of(uk_date(sessions[0].ends_at))
        report = request_report(actor=actor_for(team), starts_on=starts_on, ends_on=ends_on)
        build_report(actor=job(partnership), report_id=report.pk, now=timezone.now())
        report.refresh_from_db()
        return publish_report(actor=actor_for(team), report=report)

    def live(self, partnership, client) -> dict[str, int]:
        page = client.get(reverse("compliance:live", args=[partnership.slug])).content.decode()
        rows = [row for row in cells(page) if len(row) == 3 and row[1] in {"Sharing", "Workload"}]
        return {row[1]: int(row[2]) for row in rows}

    def read(self, partnership, client, sessions, report) -> list[Sorted]:
        """The themes in the files about the sessions, in the report and on the live page."""
        found = []
        for number, session in enumerate(sessions):
            args = [partnership.slug, session.pk, "xlsx"]
            rows = workbook(client.get(reverse("evaluations:trainer_evaluation_file", args=args)))
            told = [row for row in rows if len(row) == 5 and row[2] in {"Sharing", "Workload"}]
            themes = {row[2]: int(float(row[3])) for row in told if row[3] != NOT_SHOWN}
            found.append(Sorted(f"session {number}", themes, int(float(told[0][4]))))
        address = reverse("compliance:report_file", args=[partnership.slug, report.pk, "xlsx"])
        told = [row for row in workbook(client.get(address)) if len(row) == 6 and row[0] == "Neglect"]
        themes = {row[2]: int(float(row[3])) for row in told}
        found.append(Sorted("report", themes, int(float(told[0][5]))))
        found.append(Sorted("live", self.live(partnership, client), found[-1].of))
        return found

    @pytest.mark.parametrize("fewest", [FEWEST, 1])
    def test_nobody_finds_how_few_are_about_both(self, partnership, sign_in, monkeypatch, scene, fewest):
        for module in (disclosure, counting, own_words):
            monkeypatch.setattr(module, "FEWEST", fewest)
        team, trainer, sessions, _, _ = scene
        found = self.read(partnership, sign_in(trainer), sessions, self.publish(partnership, team, sessions))
        few = [one.where for one in found if 0 < one.about_both < FEWEST]
        assert few == ([] if fewest == FEWEST else ["session 0"])
        alone, whole = found[1], found[-1]
        assert alone.themes == {"Sharing": 10, "Workload": 10}, "there must be something to read"
        for theme, count in whole.themes.items():
            # The whole less the session that is shown, which is the other one: nothing of it, or all.
            assert count - alone.themes[theme] == (0 if fewest == FEWEST else found[0].themes[theme])

    def test_what_the_team_changes_afterwards_tells_nobody_who_comes_back(self, partnership, sign_in, scene):
        team, trainer, sessions, answers, workload = scene
        client = sign_in(trainer)
        assert self.live(partnership, client) == {}, "nothing before it is published"
        self.publish(partnership, team, sessions)
        before = self.live(partnership, client)
        # Eleven of fifteen are about it now: four are not, so it is shown no more.
        tick(team, answers[:1], workload)
        assert self.live(partnership, client) == before == {"Sharing": 10, "Workload": 10}
        # The control: counted anew at each look, the page would have lost all ten.
        asked = Invitation.objects.filter(session__in=sessions)
        now = {theme.theme for one in own_words.reported_themes(asked) for theme in one.themes}
        assert now == {"Sharing"}
