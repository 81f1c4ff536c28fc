"""The figures of an analysis: right, whole for the team, and in blocks of five for everybody else."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from evaluations.analysis_sections import analysis_sections, answer_sheet
from evaluations.drafts import Draft, DraftPage, DraftQuestion, Option
from evaluations.jobs import ask_about_impact, ask_for_evaluations
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.models import ConcernSign, Invitation, Questionnaire
from evaluations.queries import evaluation_summary
from evaluations.queries.analysis.pairs import PairTally, agreement_in
from evaluations.queries.blocks import GROUPINGS
from evaluations.queries.concerns import signs_in
from evaluations.services.counting import close_counts
from evaluations.statistics import change_of
from evaluations.versions import publish_version
from partnership_portal.working_days import uk_date
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt, analysis_of, answer, at, booked, closed, counted, held
from tests.evaluations.test_summaries import evaluated, rated
from tests.factories import make_course, make_organisation, make_person

K = QuestionnaireKind


def of(partnership, *, for_team=True, **choice):
    invitations = Invitation.objects.filter(partnership=partnership, **choice)
    return analysis_of(invitations, for_team=for_team, groupings=GROUPINGS if for_team else ())


def followed_up(partnership, people: list[dict], *, managers: list[str] = ()):
    """A course months ago: evaluated and followed up; each of the people by what they gave, by kind of survey."""
    course = make_course(partnership, asks_line_manager=True)
    session = held(partnership, course=course, days_ago=120)
    for _ in people:
        booked(session, person=make_person(partnership, line_manager_email="m@nursery.example"))
    ask_for_evaluations(partnership, session.ends_at)
    ask_about_impact(partnership, session.ends_at + timedelta(days=100))
    Invitation.objects.filter(session=session).update(closes_at=timezone.now() + timedelta(days=1))
    for place, given in enumerate(people):
        for kind, values in given.items():
            invitation = Invitation.objects.filter(session=session, kind=kind).order_by("booking_id")[place]
            answer(invitation, **values)
    counted(partnership)
    return session


class TestForTeam:
    def test_response_says_of_how_many(self, partnership):
        session = held(partnership)
        evaluated(partnership, session, [rated(5, 2, 8)] * 3, silent=2)
        opened = Invitation.objects.filter(state="open").order_by("pk").first()
        Invitation.objects.filter(pk=opened.pk).update(opened_at=session.ends_at)
        (found,) = of(partnership, session=session).responses
        assert (found.invited, found.opened, found.answered, found.waiting) == (5, 4, 3, 2)
        assert found.rate.value == 0.6

    def test_means_and_counts(self, partnership):
        session = held(partnership)
        evaluated(partnership, session, [rated(5, 2, 8), rated(4, 2, 8), rated(3, 2, 8)])
        found = of(partnership, session=session).of(K.EVALUATION, "relevance")
        assert found.mean.value == 4.0
        assert [count for _, _, count in found.counts] == [0, 0, 1, 1, 1]
        assert (round(found.mean.interval.low, 2), round(found.mean.interval.high, 2)) == (1.52, 6.48)

    def test_matched_people_are_joined_across_questionnaires(self, partnership):
        people = [
            {"evaluation": rated(4, 2, 6), "impact": {"confidence_now": 7}},
            {"evaluation": rated(4, 4, 7), "impact": {"confidence_now": 9}},
            # Whoever said only one of the two counts in neither mean.
            {"evaluation": rated(4, 0, 10)},
            {"impact": {"confidence_now": 0}},
        ]
        session = followed_up(partnership, people)
        changes = of(partnership, session=session).changes
        assert (changes["after"].n, changes["after"].before, changes["after"].after) == (
            3,
            2,
            pytest.approx(23 / 3),
        )
        assert (changes["later"].n, changes["later"].before, changes["later"].after) == (2, 3, 8)
        assert (changes["kept"].n, changes["kept"].difference) == (2, 1.5)

    def test_manager_against_self_report(self, partnership):
        said = [
            ("done", "yes"),
            ("partly", "some"),
            ("done", "no"),
            ("not_yet", "no"),
            ("done", "cannot_say"),
        ]
        people = [{"impact": {"done": [one]}, "line_manager": {"saw_change": [seen]}} for one, seen in said]
        found = of(partnership, session=followed_up(partnership, people)).agreement
        assert (found.both, found.learner_only, found.manager_only, found.neither) == (2, 1, 0, 1)
        assert (found.pairs, found.cannot_say, found.share.count, found.share.of) == (5, 1, 3, 4)

    def test_whoever_attended_several_sessions_is_one_person(self, partnership):
        people = [make_person(partnership) for _ in range(4)]
        for place, day in enumerate(("2026-04-14 09:00", "2026-05-12 09:00", "2026-07-07 09:00")):
            course = make_course(partnership, title=f"Course {place}")
            session = held(partnership, starts_at=at(day), course=course)
            # The last came to the first session only.
            for person in people[: 4 if place == 0 else 3]:
                booked(session, person=person)
            ask_for_evaluations(partnership, session.ends_at)
            asked = Invitation.objects.filter(session=session)
            asked.update(closes_at=timezone.now() + timedelta(days=1))
            for number, invitation in enumerate(asked.order_by("booking__person_id")):
                answer(invitation, **rated(4, 2 + number, 4 + 2 * number + place))
        found = of(partnership)
        by_person = {(2.0, 5.0): 1, (3.0, 7.0): 1, (4.0, 9.0): 1, (5.0, 10.0): 1}
        assert found.changes["after"] == replace(change_of(by_person), pairs=10)
        groups = {one.name: one.change for one in found.groups["course"]}
        assert [(groups[f"Course {place}"].n, groups[f"Course {place}"].pairs) for place in range(3)] == [
            (4, None),
            (3, None),
            (3, None),
        ]
        first, second = found.trend["quarter"]
        of_both = {(2.0, 4.5): 1, (3.0, 6.5): 1, (4.0, 8.5): 1, (5.0, 10.0): 1}
        assert first.change == replace(change_of(of_both), pairs=7)
        assert second.change.pairs is None
        (year,) = found.trend["year"]
        assert (year.change, year.relevance) == (found.changes["after"], 4)
        sections = analysis_sections(found, "#1d70b8", for_team=True)
        words = [words for one in sections for words in one.words]
        assert any("confidence of 4 people, who said both 10 times, rose by" in one for one in words)
        # Of others than the team nobody gets a range that takes answers for people.
        assert not any(one and one.interval for one in of(partnership, for_team=False).changes.values())

    def test_what_says_neither_yes_nor_no_is_no_agreement(self):
        """Choices that the team has added, such as “It no longer applies” or “Too early”."""
        said = {
            ("no_longer", "too_early"): 10,
            ("done", "too_early"): 2,
            ("no_longer", "no"): 1,
            ("done", "no"): 1,
        }
        found = agreement_in(PairTally({}, Counter(said), {}))
        assert (found.pairs, found.cannot_say, found.both, found.learner_only) == (14, 13, 0, 1)
        assert (found.share.count, found.share.of) == (0, 1)

    def test_barriers_and_pledges_by_code(self, partnership):
        people = [
            {
                "evaluation": {"barriers": ["time", "manager"]},
                "impact": {"done": ["not_yet"], "stopped_by": ["time"]},
            },
            {"evaluation": {"barriers": ["time"]}, "impact": {"done": ["done"]}},
        ]
        found = of(partnership, session=followed_up(partnership, people))
        barriers = {code: count for code, _, count in found.of(K.EVALUATION, "barriers").counts}
        assert (barriers["time"], barriers["manager"], barriers["partners"]) == (2, 1, 0)
        assert [count for _, _, count in found.of(K.IMPACT, "done").counts] == [1, 0, 1]
        assert found.of(K.IMPACT, "stopped_by").counted == 1

    def test_who_did_not_answer_by_sector(self, partnership):
        session = held(partnership)
        evaluated(partnership, session, [rated(5, 2, 8)], silent=2)
        found = of(partnership, session=session).silent
        assert sum(count for _, _, count in found) == 2
        assert sum(invited for _, invited, _ in found) == 3

    def test_groups_side_by_side(self, partnership):
        for title, relevance in (("Neglect", 5), ("Exploitation", 3)):
            session = held(partnership, course=make_course(partnership, title=title))
            evaluated(partnership, session, [rated(relevance, 2, 6)] * 2)
        groups = {one.name: one for one in of(partnership).groups["course"]}
        assert (groups["Neglect"].relevance, groups["Exploitation"].relevance) == (5, 3)
        assert groups["Neglect"].change.difference == 4

    def test_month_by_month_by_the_day_of_the_session_and_late_answers_as_such(self, partnership):
        # Late in the evening of the last day of March it is still March by UK clocks.
        for day, relevance in (("2026-03-31 20:30", 5), ("2026-04-01 09:00", 3), ("2026-07-01 09:00", 4)):
            session = held(partnership, starts_at=at(day))
            for _ in range(2):
                booked(session)
            ask_for_evaluations(partnership, session.ends_at)
            asked = Invitation.objects.filter(session=session)
            asked.update(closes_at=timezone.now() + timedelta(days=1))
            asked.filter(pk=asked.first().pk).update(due_at=timezone.now() + timedelta(hours=1))
            for one in asked:
                answer(one, **rated(relevance, 2, 6))
        trend = of(partnership).trend
        assert [(one.name, one.relevance) for one in trend["month"]] == [
            ("March 2026", 5),
            ("April 2026", 3),
            ("July 2026", 4),
        ]
        quarters = [(one.name, one.answered) for one in trend["quarter"]]
        assert quarters == [("Quarter 4, 2025/26", 2), ("Quarter 1, 2026/27", 2), ("Quarter 2, 2026/27", 2)]
        (before, year) = trend["year"]
        assert (before.name, year.name, year.invited, year.answered, year.late) == (
            "2025/26",
            "2026/27",
            4,
            4,
            2,
        )
        assert (year.relevance, year.change.n, year.change.difference) == (3.5, 4, 4)
        for period, rows in (("month", 3), ("quarter", 3), ("year", 2)):
            sections = analysis_sections(of(partnership), "#1d70b8", for_team=True, period=period)
            (section,) = [one for one in sections if one.key == "trend"]
            assert len(section.tables[0].rows) == rows
            assert section.tables[0].rows[0][2] == "1 of 2 (50%)"
        assert of(partnership, for_team=False).trend == {}

    def test_neighbours_answers_do_not_count(self, partnership, neighbour):
        with acting_in(neighbour):
            adopt(neighbour)
            evaluated(neighbour, held(neighbour), [rated(5, 5, 5)] * 5)
        assert of(partnership).responses == []

    @pytest.mark.parametrize("sessions", [1, 5])
    def test_as_many_queries_whatever_the_size(self, partnership, sessions, django_assert_num_queries):
        for _ in range(sessions):
            evaluated(partnership, held(partnership), [rated(5, 2, 5)])
        with django_assert_num_queries(11):
            of(partnership)

    def test_sections_and_sheet_say_it_all(self, partnership):
        people = [
            {
                "evaluation": {**rated(4, 2, 6 + place % 3), "barriers": ["time"]},
                "impact": {"confidence_now": 7, "done": ["done"]},
                "line_manager": {"saw_change": ["yes"]},
            }
            for place in range(12)
        ]
        found = of(partnership, session=followed_up(partnership, people))
        sections = analysis_sections(found, "#1d70b8", for_team=True)
        titles = [one.title for one in sections]
        assert titles[:4] == [
            "Who answered",
            "How to read the figures",
            "Confidence",
            "What changed in practice",
        ]
        assert len(sections[1].words) == 2
        words = [words for one in sections for words in one.words]
        assert any("confidence of 12 people rose by 5.0, from 2.0 to 7.0 out of 10" in one for one in words)
        assert any("12 of 12 (100%) have done what they pledged" in one for one in words)
        assert ["Evaluation", "How relevant was the course to your work?", "Mean"] in [
            row[:3] for row in answer_sheet(found).rows
        ]


class TestForOthers:
    def test_answers_are_counted_five_at_a_time_for_each_session(self, partnership):
        course = make_course(partnership)
        for relevance, count in ((5, 6), (1, 4), (4, 5)):
            evaluated(partnership, held(partnership, course=course), [rated(relevance, 2, 8)] * count)
        found = of(partnership, for_team=False, session__course=course).of(K.EVALUATION, "relevance")
        assert (found.counted, found.mean.value) == (10, 4.5)

    def test_counts_appear_when_nobody_can_answer_any_more(self, partnership):
        session = held(partnership)
        evaluated(partnership, session, [rated(5, 2, 8)] * 5, silent=1)
        assert of(partnership, for_team=False).of(K.EVALUATION, "relevance").counts == []
        Invitation.objects.filter(state="open").update(state="closed")
        # The register may still be put right.
        close_counts(partnership, timezone.now() + timedelta(days=13))
        assert of(partnership, for_team=False).of(K.EVALUATION, "relevance").counts == []
        closed(partnership)
        assert len(of(partnership, for_team=False).of(K.EVALUATION, "relevance").counts) == 5

    def test_confidence_is_that_of_pairs_alone(self, partnership):
        evaluated(partnership, held(partnership), [rated(5, 2, 8)] * 6)
        found = of(partnership, for_team=False)
        assert found.of(K.EVALUATION, "confidence_before") is None
        assert found.changes["after"].n == 5

    def test_over_several_sessions_there_is_no_interval_since_some_may_be_in_it_twice(self, partnership):
        for _ in range(2):
            given = [rated(1 + place % 4, place % 7, 8) for place in range(20)]
            evaluated(partnership, held(partnership, capacity=40), given)
        one = of(partnership, for_team=False, session=Invitation.objects.first().session).changes["after"]
        assert one.n == 20 and one.interval and one.effect_interval
        both = of(partnership, for_team=False).changes["after"]
        assert (both.n, both.interval, both.effect, both.effect_interval) == (40, None, None, None)

    def test_small_numbers_have_no_interval(self, partnership):
        evaluated(partnership, held(partnership), [rated(5, 2, 8), *[rated(4, 3, 8)] * 9])
        found = of(partnership, for_team=False)
        assert found.of(K.EVALUATION, "relevance").mean.interval is None
        assert found.changes["after"].effect is None

    def test_a_mean_near_an_end_is_withheld(self, partnership):
        session = held(partnership)
        evaluated(partnership, session, [rated(5, 1, 9), *[rated(5, 0, 10)] * 3, rated(4, 0, 10)])
        found = of(partnership, for_team=False, session=session)
        relevance = found.of(K.EVALUATION, "relevance")
        assert (relevance.mean, relevance.counts, found.changes["after"]) == (None, [], None)
        assert of(partnership, session=session).of(K.EVALUATION, "relevance").mean.value == 4.8
        # With the next five it is far enough from the end.
        evaluated(partnership, session, [rated(4, 3, 7)] * 5)
        later = of(partnership, for_team=False, session=session)
        mean = later.of(K.EVALUATION, "relevance").mean
        assert (mean.n, mean.value, later.changes["after"].n) == (10, 4.4, 10)

    def test_others_read_one_decimal_everywhere(self, partnership):
        session = held(partnership, capacity=40)
        evaluated(partnership, session, [rated(1 + place % 4, place % 7, 8) for place in range(35)])
        found = of(partnership, for_team=False)
        change, relevance = found.changes["after"], found.of(K.EVALUATION, "relevance").mean
        numbers = [relevance.value, relevance.interval.low, relevance.interval.high]
        numbers += [change.before, change.difference, change.interval.low, change.effect]
        assert numbers == [round(one, 1) for one in numbers]
        (row,) = [
            one for one in answer_sheet(found).rows if one[1].startswith("How relevant") and one[2] == "Mean"
        ]
        assert row[5:] == [round(one, 1) for one in row[5:]]

    def test_what_almost_everybody_ticked_is_left_out(self, partnership):
        given = [{**rated(4, 2, 6), "barriers": ["time"] if place else ["manager"]} for place in range(10)]
        evaluated(partnership, held(partnership), given)
        closed(partnership)
        counts = {
            code: count
            for code, _, count in of(partnership, for_team=False).of(K.EVALUATION, "barriers").counts
        }
        assert (counts["time"], counts["manager"], counts["partners"]) == (None, None, 0)

    def test_silence_of_small_sectors_is_left_out(self, partnership):
        organisations = [make_organisation(partnership) for _ in range(2)]
        session = held(partnership)
        for organisation, count in zip(organisations, (7, 2), strict=True):
            for _ in range(count):
                booked(session, person=make_person(partnership, organisation=organisation))
            ask_for_evaluations(partnership, session.ends_at)
        assert None not in [count for _, _, count in of(partnership).silent]


class TestQuestionsOfOneName:
    """A name alone does not make a question the one that is followed; and what only some offered is counted too."""

    def asks(self, partnership, *versions: tuple[DraftQuestion, ...]):
        """A questionnaire of its own for a course, once for each version; everybody answers as told."""
        form = Questionnaire.objects.create(partnership=partnership, kind=K.EVALUATION, title="Own")
        Questionnaire.objects.filter(kind=K.EVALUATION, is_default=True).update(is_default=False)
        Questionnaire.objects.filter(pk=form.pk).update(is_default=True)
        for number, questions in enumerate(versions):
            document = Draft(pages=(DraftPage(heading="One", questions=questions),))
            publish_version(form, document, by=None, now=timezone.now() + timedelta(seconds=number))
            yield

    def test_a_question_answered_in_another_way_is_in_no_figure(self, partnership):
        evaluated(partnership, held(partnership), [rated(4, 2, 6)] * 5)
        unlike = DraftQuestion(
            key="relevance", kind=QuestionKind.CONFIDENCE, text="Relevance?", ends=("Low", "High")
        )
        before = DraftQuestion(
            key="confidence_before", kind=QuestionKind.SCALE, text="Before?", ends=("Low", "High")
        )
        after = DraftQuestion(
            key="confidence_after", kind=QuestionKind.CONFIDENCE, text="After?", ends=("Low", "High")
        )
        concern = DraftQuestion(
            key="concern",
            kind=QuestionKind.CHOICE,
            text="Concern",
            options=(Option(value="yes", label="About a child"), Option(value="no", label="None")),
        )
        for _ in self.asks(partnership, (unlike, before, after, concern)):
            evaluated(partnership, held(partnership), [{**rated(10, 3, 10), "concern": ["yes"]}] * 5)
        today = uk_date(timezone.now())
        summary = evaluation_summary(partnership, today - timedelta(days=9), today)
        assert (summary.answered, summary.matched) == (10, 5)
        assert (summary.mean_relevance, summary.mean_before, summary.mean_after) == (4, 2, 6)
        found = of(partnership)
        assert (found.changes["after"].n, found.changes["after"].difference) == (5, 4)
        assert [one.relevance for one in found.trend["year"]] == [4]
        policy = partnership.policy().concerns
        found = signs_in(Invitation.objects.filter(state="answered"), policy)
        assert ConcernSign.SAID not in {sign for signs in found.values() for sign, _ in signs}

    def test_choices_and_rows_that_only_some_were_offered_are_counted(self, partnership):
        def questions(*codes: str) -> tuple[DraftQuestion, ...]:
            parts = tuple(Option(value=code, label=code.title()) for code in codes)
            return (
                DraftQuestion(key="which", kind=QuestionKind.CHOICE, text="Which?", options=parts),
                DraftQuestion(
                    key="rated", kind=QuestionKind.MATRIX, text="Rate", ends=("Low", "High"), rows=parts
                ),
            )

        first, second = (
            {"which": ["c"], "rated": ["a:1", "b:2", "c:5"]},
            {"which": ["a"], "rated": ["a:3", "b:2"]},
        )
        answers = iter([[first] * 2, [second]])
        for _ in self.asks(partnership, questions("a", "b", "c"), questions("a", "b")):
            evaluated(partnership, held(partnership), next(answers))
        found = of(partnership)
        which = found.of(K.EVALUATION, "which")
        counts = {code: count for code, _, count in which.counts}
        assert counts == {"a": 1, "b": 0, "c": 2}
        assert sum(counts.values()) == which.counted
        rows = {one.row: one.mean.value for one in found.questions if one.key == "rated"}
        assert rows["C"] == 5 and rows["A"] == pytest.approx(5 / 3)
