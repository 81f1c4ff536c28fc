"""How evaluations went over time."""

from evaluations.analysis_sections.confidence import confidence_by
from evaluations.analysis_sections.written import rounded, signed
from evaluations.queries.analysis import Analysis
from partnership_portal.sections import Cell, Section, numbers
from partnership_portal.templatetags.portal import of_people

MOST_BARS = 12
PERIODS = {"month": "Month", "quarter": "Quarter", "year": "Year"}


def trend(analysis: Analysis, brand: str, period: str) -> Section:
    """Each month, quarter or year with sessions, the oldest first; nothing where there is but one."""
    found = analysis.trend.get(period, [])
    title = PERIODS[period]
    if len(found) < 2:
        return Section("trend", "Over time")
    rows: list[list[Cell]] = [
        [
            one.name,
            of_people(one.answered, one.invited),
            of_people(one.late, one.answered) if one.answered else "–",
            rounded(one.relevance, 1) if one.relevance is not None else "–",
            one.change.n if one.change else 0,
            rounded(one.change.before, 1) if one.change else "–",
            rounded(one.change.after, 1) if one.change else "–",
            signed(one.change.difference) if one.change else "–",
        ]
        for one in found
    ]
    headers = [
        title,
        "Answered",
        "Of these, late",
        "Relevance (1 to 5)",
        "People who said both",
        "Before",
        "After",
        "Difference",
    ]
    if not any(one.relevance is not None or one.change for one in found):
        headers, rows = headers[:3], [row[:3] for row in rows]
    return Section(
        "trend",
        "Over time",
        ["A session belongs to the day on which it ended."],
        charts=confidence_by(title, found[-MOST_BARS:], brand),
        tables=[numbers(f"Evaluations by {title.lower()}", headers, rows)],
    )
