"""An analysis in words, key figures, charts and tables: the same for page, PDF and spreadsheet."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from evaluations.disclosure import FEWEST
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.queries.analysis import Analysis, Group, QuestionFigures
from evaluations.statistics import Change, Interval, share, size_in_words
from partnership_portal.charts import NOT_SHOWN, WHY_NOT_SHOWN, Chart, bars, before_after, columns, stacked
from partnership_portal.sections import Cell, Section, numbers
from partnership_portal.tables import Sheet
from partnership_portal.templatetags.portal import of_people, uk_date

_K = QuestionnaireKind
MOST_BARS = 12
_LEARNERS = (_K.PRE_COURSE, _K.EVALUATION, _K.IMPACT)
CHANGES = {
    "after": "Before and after the course",
    "later": "Before the course and months later",
    "kept": "After the course and months later",
}
GROUPINGS = {"course": "Course", "session": "Session", "priority": "Priority", "sector": "Sector"}


def analysis_sections(analysis: Analysis, brand: str, *, for_team: bool) -> list[Section]:
    """The sections that have something to say."""
    if not analysis.responses:
        return []
    sections = [
        _response(analysis, brand),
        _confidence(analysis, brand),
        _practice(analysis, brand),
        *_answers(analysis, brand, for_team=for_team),
        *(_groups(name, found, brand) for name, found in analysis.groups.items() if len(found) > 1),
    ]
    return [one for one in sections if one.words or one.tables or one.charts or one.figures]


def answer_sheet(analysis: Analysis) -> Sheet:
    """Every count and mean of every question, for whoever goes on with them."""
    return Sheet("Answers", _ANSWER_HEADERS, list(_answer_rows(analysis)), [22, 60, 44, 10, 10, 10, 14, 14])


_ANSWER_HEADERS = ["Survey", "Question", "Answer", "Number", "Of", "Mean", "Interval from", "Interval to"]


def _answer_rows(analysis: Analysis) -> Iterator[list[Any]]:
    for one in analysis.questions:
        start = [str(one.kind.label), one.words]
        for _, label, count in one.counts:
            yield [*start, label, NOT_SHOWN if count is None else count, one.counted, None, None, None]
        if one.mean is not None:
            span = one.mean.interval
            ends = [round(span.low, 2), round(span.high, 2)] if span else [None, None]
            yield [*start, "Mean", one.mean.n, one.counted, round(one.mean.value, 2), *ends]


def _response(analysis: Analysis, brand: str) -> Section:
    rows: list[list[Cell]] = [
        [
            str(one.kind.label),
            one.invited,
            of_people(one.opened, one.invited),
            of_people(one.answered, one.invited),
            of_people(one.answered, one.opened) if one.opened else "–",
            one.late,
            one.waiting,
        ]
        for one in analysis.responses
    ]
    parts = [
        (str(one.kind.label), (one.answered, one.opened - one.answered, one.invited - one.opened))
        for one in analysis.responses
    ]
    words = []
    tables = [
        numbers(
            "From asking to answering",
            ["Survey", "Asked", "Opened", "Answered", "Of those who opened", "Late", "Can still answer"],
            rows,
        )
    ]
    silent = sum(count or 0 for _, _, count in analysis.silent)
    asked = analysis.response(_K.EVALUATION)
    if asked and asked.answered < asked.invited:
        words.append(
            f"{asked.invited - asked.answered:,} of the {asked.invited:,} people who were asked for an evaluation have "
            "not answered. The figures are of those who have; what the others would have said is not known."
        )
    if silent or any(count is None for _, _, count in analysis.silent):
        tables.append(
            numbers(
                "Evaluations not answered, by sector",
                ["Sector", "Asked", "Not answered"],
                [[name, invited, count] for name, invited, count in analysis.silent],
            )
        )
    chart = stacked(
        "Answered, opened only, not opened",
        ["Answered", "Opened only", "Not opened"],
        parts,
        brand=brand,
        heading="Survey",
    )
    return Section("response", "Who answered", words, charts=[chart], tables=tables)


def _confidence(analysis: Analysis, brand: str) -> Section:
    found = [(CHANGES[name], change) for name, change in analysis.changes.items() if change]
    if not found:
        return Section("confidence", "Confidence")
    drawn = [
        (f"{words} ({change.n} people)", change.before, change.after)
        for words, change in found
        if change.before is not None and change.after is not None
    ]
    chart = before_after("Confidence of the same people, out of 10", drawn, lowest=0, highest=10, brand=brand)
    rows: list[list[Cell]] = [
        [
            words,
            change.n,
            _rounded(change.before, 1),
            _rounded(change.after, 1),
            _signed(change.difference),
            _span(change.interval, 1),
            _rounded(change.effect, 1),
            _span(change.effect_interval, 1),
        ]
        for words, change in found
    ]
    table = numbers(
        "How much the same people changed",
        [
            "Compared",
            "People",
            "First",
            "Second",
            "Difference",
            "95% interval",
            "Cohen’s d",
            "95% interval of d",
        ],
        rows,
    )
    return Section(
        "confidence",
        "Confidence",
        [*(change_in_words(words, change) for words, change in found), *_method(found)],
        charts=[chart] if drawn else [],
        tables=[table],
    )


def _method(found: list[tuple[str, Change]]) -> Iterator[str]:
    yield "Only people who said both are compared."
    if any(change.effect is not None for _, change in found):
        yield (
            "Cohen’s d is the mean difference over the standard deviation of the differences; from 0.2 it is called "
            "small, from 0.5 medium, from 0.8 large."
        )


def change_in_words(words: str, change: Change) -> str:
    """One comparison as a sentence or two."""
    moved = "rose" if change.difference > 0 else "fell" if change.difference < 0 else "stayed the same"
    by = f" by {abs(change.difference):.1f}" if change.difference else ""
    from_to = (
        f", from {change.before:.1f} to {change.after:.1f} out of 10"
        if change.before is not None and change.after is not None
        else " out of 10"
    )
    interval = f" (95% interval {_span(change.interval, 1)})" if change.interval else ""
    effect = (
        f" This is {size_in_words(change.effect)} (d = {_rounded(change.effect, 1)})."
        if change.effect is not None
        else ""
    )
    return f"{words}: confidence of {change.n:,} people {moved}{by}{from_to}{interval}.{effect}"


def _practice(analysis: Analysis, brand: str) -> Section:
    words, charts, tables = [], [], []
    done = analysis.of(_K.IMPACT, "done")
    if done is not None and done.counts:
        charts.append(_drawn(done, brand))
        did = next((count for code, _, count in done.counts if code == "done"), None)
        if did is not None and (found := share(did, done.counted)):
            words.append(
                f"{of_people(did, done.counted)} have done what they pledged "
                f"(95% interval {_percents(found.interval)})."
            )
    expected, met = analysis.of(_K.EVALUATION, "barriers"), analysis.of(_K.IMPACT, "stopped_by")
    if (expected and expected.counts) or (met and met.counts):
        rows = _barriers(expected, met)
        tables.append(numbers("What could stop people, and what did", ["Barrier", "Expected", "Met"], rows))
        counted = [f"{one.counted:,} {when}" for one, when in ((expected, "before"), (met, "later")) if one]
        words.append(f"Barriers are those of the people who were asked about them: {' and '.join(counted)}.")
    agreement = analysis.agreement
    if agreement is not None:
        if agreement.share is not None:
            words.append(
                f"Learner and manager agree in {of_people(agreement.share.count, agreement.share.of)} of the bookings "
                f"about which both have said something (95% interval {_percents(agreement.share.interval)})."
            )
        cells: list[list[Cell]] = [
            ["Both say that something has changed", agreement.both],
            ["The learner says so, the manager has not seen it", agreement.learner_only],
            ["The manager has seen it, the learner has not done it yet", agreement.manager_only],
            ["Neither", agreement.neither],
            ["The manager cannot say", agreement.cannot_say],
        ]
        tables.append(numbers("Learner and line manager about the same booking", ["Pair", "Bookings"], cells))
    return Section("practice", "What changed in practice", words, charts=charts, tables=tables)


def _barriers(expected: QuestionFigures | None, met: QuestionFigures | None) -> list[list[Cell]]:
    labels: dict[str, str] = {}
    counts: list[dict[str, int | None]] = []
    for one in (expected, met):
        given = one.counts if one else []
        labels |= {code: label for code, label, _ in given if code not in labels}
        counts.append({code: count for code, _, count in given})
    return [[label, *(found.get(code, "not asked") for found in counts)] for code, label in labels.items()]


def _answers(analysis: Analysis, brand: str, *, for_team: bool) -> Iterator[Section]:
    told = {"done", "barriers", "stopped_by"}
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
                "be told by what a later answer changes, and counts appear when nobody can answer any more."
            )
        # A mean that only the team may see is named, so that nobody looks for it.
        rated = [one for one in found if one.mean is not None or (one.is_scale and not for_team)]
        rows: list[list[Cell]] = [
            [
                one.words,
                one.mean.n if one.mean else one.counted,
                _rounded(one.mean.value, 1) if one.mean else None,
                _span(one.mean.interval, 1) if one.mean else None,
                "0 to 10" if one.question.kind == QuestionKind.CONFIDENCE else "1 to 5",
            ]
            for one in rated
        ]
        tables = [
            numbers(
                f"Means: {response.kind.label}",
                ["Question", "Answers", "Mean", "95% interval", "Scale"],
                rows,
            )
        ]
        charts = [_drawn(one, brand) for one in found if one.counts and one.question.key not in told]
        yield Section(
            f"answers-{response.kind}",
            f"{response.kind.label}: the answers",
            words,
            charts=charts,
            tables=tables if rows else [],
        )


def _drawn(one: QuestionFigures, brand: str) -> Chart:
    title = f"{one.words} ({one.counted} answers)"
    if one.question.kind == QuestionKind.CONFIDENCE:
        numbered = [(code, count) for code, _, count in one.counts]
        return columns(title, numbered, brand=brand, heading="Confidence", measure="People")
    data = [(label, count) for _, label, count in one.counts]
    return bars(title, data, brand=brand, heading="Answer", measure="People")


def _groups(name: str, groups: Sequence[Group], brand: str) -> Section:
    title = GROUPINGS[name]
    rows: list[list[Cell]] = [
        [
            _named(one),
            of_people(one.answered, one.invited),
            _rounded(one.relevance, 1) if one.relevance is not None else "–",
            one.change.n if one.change else 0,
            _rounded(one.change.before, 1) if one.change else "–",
            _rounded(one.change.after, 1) if one.change else "–",
            _rounded(one.change.effect, 1) if one.change and one.change.effect is not None else "–",
        ]
        for one in groups
    ]
    headers = [title, "Answered", "Relevance (1 to 5)", "Said both", "Before", "After", "Cohen’s d"]
    largest = sorted((one for one in groups if one.change), key=lambda one: -one.answered)[:MOST_BARS]
    drawn = [
        (_named(one), one.change.before, one.change.after)
        for one in largest
        if one.change and one.change.before is not None and one.change.after is not None
    ]
    chart = before_after(
        f"Confidence before and after the course, by {title.lower()}, out of 10",
        drawn,
        lowest=0,
        highest=10,
        brand=brand,
        heading=title,
    )
    return Section(
        f"by-{name}",
        f"By {title.lower()}",
        charts=[chart] if drawn else [],
        tables=[numbers(f"Evaluations by {title.lower()}", headers, rows)],
    )


def _named(group: Group) -> str:
    return uk_date(group.name) if isinstance(group.name, datetime) else str(group.name)


def _rounded(value: float | None, digits: int) -> str | None:
    # Not −0.0, and a minus that screen readers read as one.
    return None if value is None else f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def _signed(value: float) -> str:
    return f"{round(value, 1) + 0.0:+.1f}".replace("-", "−")


def _span(interval: Interval | None, digits: int) -> str | None:
    return f"{_rounded(interval.low, digits)} to {_rounded(interval.high, digits)}" if interval else None


def _percents(interval: Interval) -> str:
    return f"{interval.low * 100:.0f}% to {interval.high * 100:.0f}%"
