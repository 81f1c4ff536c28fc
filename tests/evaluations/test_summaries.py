"""Figures for the report and the trainers: right, and none that could single out an answer."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.disclosure import FEWEST, shown, withheld
from evaluations.jobs import ask_about_impact, ask_for_evaluations
from evaluations.models import Invitation
from evaluations.queries import evaluation_summary, impact_summary
from partnership_portal.working_days import uk_date
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt, answer, at, booked, closed, counted, held
from tests.factories import make_course, make_person


def evaluated(partnership, session, answers: list[dict], *, silent: int = 0) -> None:
    """Have as many people evaluate the session as there are answers, and some say nothing."""
    for _ in range(len(answers) + silent):
        booked(session)
    ask_for_evaluations(partnership, session.ends_at)
    waiting = Invitation.objects.filter(session=session, state="open").order_by("pk")
    for invitation, given_ in zip(waiting, answers, strict=False):
        answer(invitation, **given_)
    counted(partnership)


def rated(relevance: int, before: int, after: int) -> dict:
    return {"relevance": relevance, "confidence_before": before, "confidence_after": after}


class TestWithheld:
    @pytest.mark.parametrize(
        ("counts", "expected"),
        [
            ([5, 9], [5, 9]),
            ([3, 9], [None, None]),
            ([3, 9, 12], [None, None, 12]),
            ([2, 2, 8, 20], [None, None, None, 20]),
            ([3, 3, 8], [None, None, 8]),
            ([0, 6, 7], [0, 6, 7]),
            ([0, 2, 7, 9], [0, None, None, 9]),
            ([4], [None]),
            ([2, 2], [None, None]),
            ([], []),
        ],
    )
    def test_table(self, counts, expected):
        assert shown(counts) == expected

    @given(st.lists(st.integers(0, 40), min_size=1, max_size=8))
    def test_nothing_small_can_be_shown_or_found_by_subtraction(self, counts):
        result = shown(counts)
        assert not [count for count in result if count is not None and 0 < count < FEWEST]
        hidden = [count for count, one in zip(counts, result, strict=True) if one is None and count]
        if hidden and len(hidden) < sum(1 for count in counts if count):
            # What somebody could work out, the total less what is shown, stands for five people or more.
            assert len(hidden) >= 2
            assert sum(hidden) >= FEWEST

    def test_enough_is_shown(self):
        assert withheld([5, 5, 5]) == set()


class TestEvaluationSummary:
    def test_figures(self, partnership):
        session = held(partnership, days_ago=2)
        answers = [rated(5, 2, 8), rated(3, 4, 8), rated(4, 3, 7), rated(3, 5, 6), rated(5, 1, 9)]
        evaluated(partnership, session, answers, silent=3)
        day = uk_date(session.ends_at)
        summary = evaluation_summary(partnership, day, day)
        assert (summary.invited, summary.answered, summary.matched) == (8, 5, 5)
        assert (summary.mean_relevance, summary.mean_before, summary.mean_after) == (4.0, 3.0, 7.6)
        (course,) = summary.by_course
        assert (course.title, course.answered, course.mean_relevance) == (session.course.title, 5, 4.0)

    def test_period_is_that_of_the_session_by_uk_days(self, partnership):
        session = held(partnership, starts_at=at("2026-03-31 21:30"))
        booked(session)
        ask_for_evaluations(partnership, at("2026-04-01 08:00"))
        first, last = at("2026-04-01").date(), at("2026-04-30").date()
        assert evaluation_summary(partnership, first, last).invited == 1
        assert evaluation_summary(partnership, at("2026-03-01").date(), at("2026-03-31").date()).invited == 0

    def test_nothing_for_fewer_than_five(self, partnership):
        session = held(partnership, days_ago=2)
        evaluated(partnership, session, [rated(5, 2, 8)] * 4)
        day = uk_date(session.ends_at)
        summary = evaluation_summary(partnership, day, day)
        assert summary.answered == 4
        assert (summary.mean_relevance, summary.mean_before, summary.matched) == (None, None, None)

    def test_small_course_cannot_be_found_by_subtraction(self, partnership):
        courses = [make_course(partnership, title=title) for title in ("Large", "Middle", "Small")]
        for course, count in zip(courses, (8, 6, 3), strict=True):
            evaluated(partnership, held(partnership, course=course, days_ago=2), [rated(4, 3, 7)] * count)
        today = uk_date(held(partnership).ends_at)
        summary = evaluation_summary(partnership, today - timedelta(days=9), today)
        means = {course.title: course.mean_relevance for course in summary.by_course}
        # Of eight and six five are counted, of three none: whatever is taken from the total, five remain.
        assert means == {"Large": 4.0, "Middle": 4.0, "Small": None}
        assert (summary.answered, summary.matched) == (17, 10)

    def test_means_near_an_end_are_neither_shown_nor_in_a_total(self, partnership):
        near = [rated(5, 0, 10)] * 4 + [rated(4, 1, 9)]
        far = [rated(4, 3, 7)] * 5
        days = []
        for days_ago, answers in ((4, far), (2, near)):
            session = held(partnership, days_ago=days_ago)
            evaluated(partnership, session, answers)
            days.append(uk_date(session.ends_at))
        alone = evaluation_summary(partnership, days[1], days[1])
        assert (alone.mean_relevance, alone.mean_before, alone.mean_after) == (None, None, None)
        both = evaluation_summary(partnership, days[0], days[1])
        assert (both.mean_relevance, both.mean_before, both.mean_after, both.matched) == (4.0, 3.0, 7.0, 5)

    def test_a_mean_at_the_end_says_nothing_of_one(self, partnership):
        session = held(partnership, days_ago=2)
        evaluated(partnership, session, [rated(5, 0, 10)] * 5)
        day = uk_date(session.ends_at)
        assert evaluation_summary(partnership, day, day).mean_relevance == 5.0

    def test_neighbours_answers_do_not_count(self, partnership, neighbour):
        with acting_in(neighbour):
            adopt(neighbour)
            session = held(neighbour, days_ago=2)
            evaluated(neighbour, session, [rated(5, 5, 5)] * 5)
        day = uk_date(session.ends_at)
        assert evaluation_summary(partnership, day, day).invited == 0
        with acting_in(partnership):
            assert evaluation_summary(neighbour, day, day).invited == 0

    @pytest.mark.parametrize("sessions", [1, 5])
    def test_takes_five_statements(self, partnership, sessions, django_assert_num_queries):
        for _ in range(sessions):
            evaluated(partnership, held(partnership, days_ago=2), [rated(5, 5, 5)])
        today = uk_date(held(partnership).ends_at)
        with django_assert_num_queries(4):
            evaluation_summary(partnership, today - timedelta(days=9), today)


class TestImpactSummary:
    def _about(self, partnership, done: list[str], *, days_ago: int = 120):
        course = make_course(partnership, asks_line_manager=True)
        session = held(partnership, course=course, days_ago=days_ago)
        for _ in done:
            booked(session, person=make_person(partnership, line_manager_email="m@nursery.example"))
        ask_about_impact(partnership, session.ends_at + timedelta(days=100))
        asked = Invitation.objects.filter(session=session)
        for invitation, code in zip(asked.filter(kind="impact").order_by("pk"), done, strict=True):
            answer(invitation, done=[code], confidence_now=7)
        for invitation in asked.filter(kind="line_manager"):
            answer(invitation, saw_change=["some"])
        closed(partnership)
        return uk_date(session.ends_at)

    def _followed_up(self, partnership, done: list[str]):
        day = self._about(partnership, done)
        return impact_summary(partnership, day, day)

    def test_figures(self, partnership):
        summary = self._followed_up(partnership, ["done"] * 6 + ["partly"] * 5)
        assert (summary.invited, summary.answered) == (11, 11)
        # The eleventh is not counted before there are four more, so there are six and four.
        assert (summary.done_counted, summary.done_sessions) == (0, 0)
        assert (summary.done, summary.partly, summary.not_yet) == (None, None, None)
        assert summary.mean_confidence == 7.0
        assert (summary.managers_invited, summary.managers_answered) == (11, 11)
        assert summary.managers_saw_change == 10

    def test_a_session_with_a_small_count_is_left_out(self, partnership):
        summary = self._followed_up(partnership, ["done"] * 8 + ["partly"] * 5 + ["not_yet"] * 2)
        assert (summary.done, summary.partly, summary.not_yet) == (None, None, None)

    def test_a_hidden_period_is_not_the_difference_of_two(self, partnership):
        whole = self._about(partnership, ["done"] * 5 + ["partly"] * 5, days_ago=122)
        hidden = self._about(partnership, ["done"] * 3 + ["partly"] * 7, days_ago=120)
        alone, both = (impact_summary(partnership, start, hidden) for start in (hidden, whole))
        assert (alone.done, alone.partly, alone.done_sessions) == (None, None, 0)
        assert (both.done, both.partly, both.not_yet) == (5, 5, 0)
        assert (both.answered, both.done_counted, both.done_sessions) == (20, 10, 1)
        # Nobody is hidden among the managers' answers.
        assert (both.managers_saw_change, both.managers_counted, both.managers_sessions) == (20, 20, 2)
