"""Courses, sessions, priorities or sectors side by side."""

from collections.abc import Sequence

from evaluations.analysis_sections.confidence import confidence_by
from evaluations.analysis_sections.written import rounded
from evaluations.queries.analysis.figures import Group
from partnership_portal.sections import Cell, Section, numbers
from partnership_portal.templatetags.portal import of_people

MOST_BARS = 12
GROUPINGS = {"course": "Course", "session": "Session", "priority": "Priority", "sector": "Sector"}


def groups(name: str, found: Sequence[Group], brand: str) -> Section:
    """How each group evaluated its courses; nothing where there is but one."""
    title = GROUPINGS[name]
    if len(found) < 2:
        return Section(f"by-{name}", f"By {title.lower()}")
    rows: list[list[Cell]] = [
        [
            one.name,
            of_people(one.answered, one.invited),
            rounded(one.relevance, 1) if one.relevance is not None else "–",
            one.change.n if one.change else 0,
            rounded(one.change.before, 1) if one.change else "–",
            rounded(one.change.after, 1) if one.change else "–",
            rounded(one.change.effect, 1) if one.change and one.change.effect is not None else "–",
        ]
        for one in found
    ]
    headers = [
        title,
        "Answered",
        "Relevance (1 to 5)",
        "People who said both",
        "Before",
        "After",
        "Size of change (d)",
    ]
    if not any(one.relevance is not None or one.change for one in found):
        # Of answers that are deleted, or never asked so: only how many there were.
        headers, rows = headers[:2], [row[:2] for row in rows]
    largest = sorted((one for one in found if one.change), key=lambda one: -one.answered)[:MOST_BARS]
    return Section(
        f"by-{name}",
        f"By {title.lower()}",
        charts=confidence_by(title, largest, brand),
        tables=[numbers(f"Evaluations by {title.lower()}", headers, rows)],
    )
