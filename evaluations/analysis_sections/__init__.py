"""An analysis in words, key figures, charts and tables: the same for page, PDF and spreadsheet."""

from evaluations.analysis_sections.answers import answer_sheet, answers
from evaluations.analysis_sections.confidence import confidence
from evaluations.analysis_sections.groups import groups
from evaluations.analysis_sections.practice import practice
from evaluations.analysis_sections.reading import reading
from evaluations.analysis_sections.responses import responses
from evaluations.queries.analysis import Analysis
from partnership_portal.sections import Section

__all__ = ["analysis_sections", "answer_sheet"]


def analysis_sections(analysis: Analysis, brand: str, *, for_team: bool) -> list[Section]:
    """The sections that have something to say."""
    if not analysis.responses:
        return []
    sections = [
        responses(analysis, brand),
        reading(analysis),
        confidence(analysis, brand),
        practice(analysis, brand),
        *answers(analysis, brand, for_team=for_team),
        *(groups(name, found, brand) for name, found in analysis.groups.items() if len(found) > 1),
    ]
    return [one for one in sections if one.words or one.tables or one.charts or one.figures]
