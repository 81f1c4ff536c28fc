"""The sub-group's live figures in words, charts and tables."""

from collections import defaultdict
from collections.abc import Iterable

from compliance.periods import Period
from compliance.queries.live import LiveFigures
from compliance.sections import section_of
from evaluations.analysis_sections.dip_sample import dip_rates
from evaluations.analysis_sections.own_words import AT_LEAST, IN_THEIR_WORDS
from evaluations.kinds import QuestionnaireKind
from evaluations.queries.analysis.figures import DipStrand, Response
from evaluations.queries.own_words import ReportedThemes
from evaluations.queries.summaries import Evaluated
from partnership_portal.charts import before_after
from partnership_portal.sections import Cell, Section, numbers
from partnership_portal.templatetags.portal import of_people
from partnerships.policy import ReportLine

_MEASURES = ["Answered", "Late", "Relevance (1 to 5)", "Said both", "Confidence before", "Confidence after"]


def live_sections(found: LiveFigures, brand: str) -> list[Section]:
    """The sections that have something to say."""
    asked = {one.kind for one in found.responses}
    lines = {
        ReportLine.EVALUATION: {QuestionnaireKind.EVALUATION},
        ReportLine.IMPACT: {QuestionnaireKind.IMPACT, QuestionnaireKind.LINE_MANAGER},
    }
    sections = [
        _responses(found.responses),
        *(section_of(line, found.report, brand) for line, kinds in lines.items() if kinds & asked),
        _themes(found.themes),
        _dip_sample(found.dip_sample),
        _over_time(found, brand),
    ]
    return [one for one in sections if one.words or one.tables or one.charts]


def _responses(found: list[Response]) -> Section:
    rows: list[list[Cell]] = [
        [
            str(one.kind.label),
            one.invited,
            of_people(one.opened, one.invited),
            of_people(one.answered, one.invited),
            of_people(one.late, one.answered) if one.answered else "–",
            one.waiting,
        ]
        for one in found
    ]
    headers = ["Survey", "Asked", "Opened", "Answered", "Late", "Can still answer"]
    words = [] if rows else ["Nobody has been asked about the sessions of this period yet."]
    tables = [numbers("From asking to answering", headers, rows)] if rows else []
    return Section("responses", "Who answered", words, tables=tables)


def _themes(found: list[tuple[Period, list[ReportedThemes]]]) -> Section:
    """The periods side by side, newest first, a theme of each question in a row."""
    title = "What they wrote about"
    if not found:
        return Section("themes", title)
    counts: dict[tuple[str, str], dict[Period, int]] = defaultdict(dict)
    for period, questions in found:
        for one in questions:
            for theme in one.themes:
                counts[f"{one.kind}: {one.name}", theme.theme][period] = theme.answers
    periods = [period for period, _ in found]
    rows: list[list[Cell]] = [
        [question, theme, *(said.get(period, "–") for period in periods)]
        for (question, theme), said in sorted(
            counts.items(), key=lambda one: (one[0][0], -max(one[1].values()), one[0][1])
        )
    ]
    words = [
        IN_THEIR_WORDS,
        AT_LEAST,
        "Themes come from the published reports, the newest on each period: until a report on it is published, "
        "nothing stands here about a period.",
    ]
    headers = ["Question", "Theme", *(period.name for period in periods)]
    return Section(
        "themes", title, words, tables=[numbers("Themes by period, answers at least", headers, rows, 2)]
    )


def _dip_sample(found: list[DipStrand]) -> Section:
    words = ["People drawn at random were rung about the sessions of this period."] if found else []
    return Section("dip-sample", "Dip sample", words, tables=[dip_rates(found)] if found else [])


def _over_time(found: LiveFigures, brand: str) -> Section:
    held = [(period, one) for period, one in found.periods if one.invited]
    if not held:
        return Section("trend", "Over time")
    drawn = [
        (period.name, one.change.before, one.change.after)
        for period, one in reversed(held)
        if one.change and one.change.before is not None and one.change.after is not None
    ]
    chart = before_after(
        "Confidence before and after the course, out of 10",
        drawn,
        lowest=0,
        highest=10,
        brand=brand,
        heading="Period",
    )
    tables = [
        numbers(
            "Evaluations by period", ["Period", *_MEASURES], [[p.name, *_measured(one)] for p, one in held]
        )
    ]
    for caption, head, named in (
        ("Evaluations by priority and period", "Priority", found.priorities),
        ("Evaluations by course, now and a year ago", "Course", found.courses),
    ):
        rows = [[name, period.name, *_measured(one)] for name, period, one in named]
        if rows:
            tables.append(numbers(caption, [head, "Period", *_MEASURES], rows, 2))
    words = ["A session belongs to the period in which it ended. The current period is not over yet."]
    return Section("trend", "Over time", words, charts=[chart] if drawn else [], tables=tables)


def _measured(one: Evaluated) -> Iterable[Cell]:
    change = one.change
    return (
        of_people(one.answered, one.invited),
        of_people(one.late, one.answered) if one.answered else "–",
        _decimal(one.relevance.value if one.relevance else None),
        change.n if change else None,
        _decimal(change.before if change else None),
        _decimal(change.after if change else None),
    )


def _decimal(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f}"
