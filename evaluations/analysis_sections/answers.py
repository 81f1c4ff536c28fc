"""How each question was answered, questionnaire by questionnaire."""

from collections.abc import Iterator
from typing import Any

from evaluations.analysis_sections.drawn import drawn
from evaluations.analysis_sections.practice import TOLD
from evaluations.analysis_sections.written import rounded, span
from evaluations.disclosure import FEWEST
from evaluations.kinds import QuestionKind
from evaluations.queries.analysis import Analysis
from partnership_portal.charts import NOT_SHOWN, WHY_NOT_SHOWN
from partnership_portal.sections import Cell, Section, numbers
from partnership_portal.tables import Sheet


def answers(analysis: Analysis, brand: str, *, for_team: bool) -> Iterator[Section]:
    """A section for each questionnaire; others than the team are told what is left out."""
    for response in analysis.responses:
        found = [one for one in analysis.questions if one.kind == response.kind]
        words = []
        if not found and response.answered and not for_team:
            words.append(
                f"{WHY_NOT_SHOWN} There are figures once {FEWEST} people have answered about one session."
            )
        elif not for_team and found and found[0].counted < response.answered:
            words.append(
                "Answers are confidential. They are added up five at a time for each session, so that nobody can "
                "be told by what a later answer changes, and counts appear when nobody can answer any more. A question "
                "that only some were asked is left out where the number of its answers would tell who they are."
            )
        # A mean that only the team may see is named, so that nobody looks for it.
        rated = [one for one in found if one.mean is not None or (one.is_scale and not for_team)]
        rows: list[list[Cell]] = [
            [
                one.words,
                one.mean.n if one.mean else one.counted,
                rounded(one.mean.value, 1) if one.mean else None,
                span(one.mean.interval, 1) if one.mean else None,
                "0 to 10" if one.answered_by == QuestionKind.CONFIDENCE else "1 to 5",
            ]
            for one in rated
        ]
        tables = [
            numbers(
                f"Means: {response.kind.label}",
                ["Question", "Answers", "Mean", "Likely range", "Scale"],
                rows,
            )
        ]
        charts = [drawn(one, brand) for one in found if one.counts and one.key not in TOLD]
        yield Section(
            f"answers-{response.kind}",
            f"{response.kind.label}: the answers",
            words,
            charts=charts,
            tables=tables if rows else [],
        )


def answer_sheet(analysis: Analysis) -> Sheet:
    """Every count and mean of every question, for whoever goes on with them."""
    return Sheet("Answers", _ANSWER_HEADERS, list(_answer_rows(analysis)), [22, 60, 44, 10, 10, 10, 14, 14])


_ANSWER_HEADERS = [
    "Survey",
    "Question",
    "Answer",
    "Number",
    "Of",
    "Mean",
    "Likely range from",
    "Likely range to",
]


def _answer_rows(analysis: Analysis) -> Iterator[list[Any]]:
    for one in analysis.questions:
        start = [str(one.kind.label), one.words]
        for _, label, count in one.counts:
            yield [*start, label, NOT_SHOWN if count is None else count, one.counted, None, None, None]
        if one.mean is not None:
            span = one.mean.interval
            ends = [round(span.low, 2), round(span.high, 2)] if span else [None, None]
            yield [*start, "Mean", one.mean.n, one.counted, round(one.mean.value, 2), *ends]
