"""A question's counts as a chart."""

from evaluations.kinds import QuestionKind
from evaluations.queries.analysis.figures import QuestionFigures
from partnership_portal.charts import Chart, bars, columns


def drawn(one: QuestionFigures, brand: str) -> Chart:
    """Its counts as columns or bars."""
    title = f"{one.words} ({one.counted:,} answers)"
    if one.answered_by == QuestionKind.CONFIDENCE:
        numbered = [(code, count) for code, _, count in one.counts]
        return columns(title, numbered, brand=brand, heading="Confidence", measure="People")
    data = [(label, count) for _, label, count in one.counts]
    return bars(title, data, brand=brand, heading="Answer", measure="People")
