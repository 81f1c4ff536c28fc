"""An analysis in words, key figures, charts and tables: the same for page, PDF and spreadsheet."""

from evaluations.analysis_sections.answers import answer_sheet, answers
from evaluations.analysis_sections.confidence import confidence
from evaluations.analysis_sections.dip_sample import dip_sample
from evaluations.analysis_sections.groups import GROUPINGS, groups
from evaluations.analysis_sections.practice import practice
from evaluations.analysis_sections.reading import reading
from evaluations.analysis_sections.responses import responses
from evaluations.analysis_sections.trend import trend
from evaluations.queries.analysis import Analysis
from partnership_portal.sections import Section

__all__ = ["analysis_sections", "answer_sheet"]


def analysis_sections(
    analysis: Analysis, brand: str, *, for_team: bool, period: str = "quarter", deleted: str = ""
) -> list[Section]:
    """The sections that have something to say; ``period`` is by what time is divided, ``deleted`` what is not kept."""
    if not analysis.responses and not analysis.dip_sample:
        return []
    sections = [
        responses(analysis, brand, deleted),
        reading(analysis),
        confidence(analysis, brand),
        practice(analysis, brand),
        dip_sample(analysis.dip_sample),
        trend(analysis, brand, period),
        *answers(analysis, brand, for_team=for_team),
        *(groups(name, analysis.groups.get(name, []), brand) for name in GROUPINGS),
    ]
    return [one for one in sections if one.words or one.tables or one.charts or one.figures]
