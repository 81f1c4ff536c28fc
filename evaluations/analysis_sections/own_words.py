"""What people wrote: themes and quotes."""

from collections.abc import Iterable

from django.db.models import QuerySet

from evaluations.models import Invitation
from evaluations.queries.own_words import (
    Quotation,
    ThemeFigures,
    quotations,
    themes_by_course,
    themes_by_question,
)
from partnership_portal.charts import Chart, bars
from partnership_portal.sections import Cell, Section, numbers
from partnership_portal.templatetags.portal import uk_date


def own_words(invitations: QuerySet[Invitation], brand: str, *, for_team: bool) -> list[Section]:
    """The sections that have something to say, worked out now (four queries, for the team seven)."""
    questions = themes_by_question(invitations, for_team=for_team)
    courses = themes_by_course(invitations) if for_team and questions else []
    sections = [_themes(questions, courses, brand), _quotes(quotations(invitations))]
    return [one for one in sections if one.words or one.tables]


def _themes(questions: list[ThemeFigures], courses: list[ThemeFigures], brand: str) -> Section:
    title = "What they wrote about"
    if not questions:
        return Section("themes", title)
    words = [
        "What people wrote in their own words, as the team sorts it. An answer may be about several themes."
    ]
    read, written = (sum(getattr(one, name) for one in questions) for name in ("read", "written"))
    if read < written:
        words.append(f"{read:,} of the {written:,} answers to these questions have been read so far.")
    tables = [
        numbers(
            "Themes by question",
            ["Survey", "Question", "Theme", "Answers", "Of those read"],
            [[one.kind, one.name, *row] for one in questions for row in _rows(one)],
            texts=3,
        )
    ]
    if courses:
        rows = [[one.name, *row] for one in courses for row in _rows(one)]
        tables.append(
            numbers("Themes by course", ["Course", "Theme", "Answers", "Of those read"], rows, texts=2)
        )
    charts = [_drawn(one, brand) for one in questions]
    return Section("themes", title, words, charts=charts, tables=tables)


def _rows(figures: ThemeFigures) -> Iterable[list[Cell]]:
    return ([theme, count, figures.read] for theme, count in figures.counts)


def _drawn(figures: ThemeFigures, brand: str) -> Chart:
    title = f"{figures.name} ({figures.read} answers)"
    return bars(title, figures.counts, brand=brand, heading="Theme", measure="Answers")


def _quotes(found: list[Quotation]) -> Section:
    return Section("quotes", "Quotes", [_in_words(one) for one in found])


def _in_words(one: Quotation) -> str:
    about = [one.speaker, one.course, uk_date(one.session) if one.session else ""]
    return f"“{one.words}” ({', '.join(part for part in about if part)})"
