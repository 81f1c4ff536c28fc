"""What people wrote: themes and quotes."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from evaluations.disclosure import FEWEST
from evaluations.models import Invitation
from evaluations.queries.own_words import (
    Quotation,
    ReportedThemes,
    ThemeFigures,
    quotations,
    reported_from,
    themes_by_course,
    themes_by_question,
)
from partnership_portal.charts import NOT_SHOWN, Chart, bars
from partnership_portal.sections import Cell, Section, Table, numbers
from partnership_portal.tables import Sheet
from partnership_portal.templatetags.portal import uk_date

IN_THEIR_WORDS = (
    "What people wrote in their own words, as the team sorts it. An answer may be about several themes."
)
AT_LEAST = (
    f"A theme is counted only in sessions where {FEWEST} people or more wrote about it, so that nobody is singled "
    "out. At least as many wrote about it as the figures say."
)
# As many as a printed page is wide.
_MOST_THEMES = 6


@dataclass(frozen=True)
class OwnWords:
    """The sections that have something to say, and the counts behind them as a sheet."""

    sections: list[Section]
    sheet: Sheet


def own_words(chosen: QuerySet[Invitation], brand: str, *, for_team: bool) -> OwnWords:
    """What people wrote whose answers count, worked out now (four queries, for the team nine at most)."""
    invitations: Any = chosen
    counted = invitations.that_count_for(team=for_team)
    questions = themes_by_question(counted, for_team=for_team)
    courses = themes_by_course(counted) if for_team and questions else []
    sections = [_themes(questions, courses, brand), _quotes(map(_quotation, quotations(counted)))]
    return OwnWords([one for one in sections if one.words], _sheet(questions))


def reported_words(figures: Mapping[str, Any], brand: str) -> list[Section]:
    """What people wrote, as a report keeps it; nothing where it says nothing."""
    themes = reported_from(figures["themes"])
    quotes = [_in_words(one["words"], one["speaker"], one["course"]) for one in figures["quotes"]]
    days = Counter(date.fromisoformat(day) for day in figures.get("taken_out", []))
    quotes += [_taken_out(number, day) for day, number in sorted(days.items())]
    sections = [_reported_themes(themes, brand), _quotes(quotes)]
    return [one for one in sections if one.words]


def _reported_themes(found: list[ReportedThemes], brand: str) -> Section:
    title = "What they wrote about"
    questions = [one for one in found if not one.course]
    if not questions:
        return Section("themes", title)
    words = [
        IN_THEIR_WORDS,
        AT_LEAST,
    ]
    charts = [
        bars(
            f"{one.name} ({one.kind.lower()}, {one.read:,} answers about {_sessions(one.sessions)})",
            [(theme.theme, theme.answers) for theme in one.themes],
            brand=brand,
            heading="Theme",
            measure="Answers, at least",
        )
        for one in questions
    ]
    courses = {one.course for one in found if one.course}
    rows: list[list[Cell]] = [
        [one.course or "All courses", one.name, theme.theme, theme.answers, theme.sessions, one.read]
        for one in found
        # Of one course there is nothing to add up.
        if one.course or len(courses) > 1
        for theme in one.themes
    ]
    headers = ["Course", "Question", "Theme", "Answers, at least", "In sessions", "Answers read"]
    tables = [numbers("Themes by course", headers, rows, 3)]
    return Section("themes", title, words, charts=charts, tables=tables)


def _sessions(number: int) -> str:
    return "one session" if number == 1 else f"{number:,} sessions"


def _sheet(questions: list[ThemeFigures]) -> Sheet:
    rows = [
        [one.kind, one.name, theme, NOT_SHOWN if count is None else count, one.read]
        for one in questions
        for theme, count in one.counts
    ]
    return Sheet(
        "Themes", ["Survey", "Question", "Theme", "Answers", "Of those read"], rows, [22, 60, 30, 10, 14]
    )


def _themes(questions: list[ThemeFigures], courses: list[ThemeFigures], brand: str) -> Section:
    title = "What they wrote about"
    if not questions:
        return Section("themes", title)
    words = [IN_THEIR_WORDS]
    read, written = (sum(getattr(one, name) for one in questions) for name in ("read", "written"))
    if read < written:
        words.append(f"{read:,} of the {written:,} answers to these questions have been read so far.")
    charts = [_drawn(one, brand) for one in questions]
    return Section("themes", title, words, charts=charts, tables=[_by_course(courses)] if courses else [])


def _by_course(courses: list[ThemeFigures]) -> Table:
    """The courses side by side, with the themes that most answers are about."""
    total: Counter[str] = Counter()
    for one in courses:
        total.update({theme: count or 0 for theme, count in one.counts})
    themes = [theme for theme, _ in total.most_common(_MOST_THEMES)]
    rows: list[list[Cell]] = [
        [one.name, one.read, *(dict(one.counts).get(theme, 0) for theme in themes)] for one in courses
    ]
    return numbers("The most frequent themes, by course", ["Course", "Answers read", *themes], rows)


def _drawn(figures: ThemeFigures, brand: str) -> Chart:
    title = f"{figures.name} ({figures.read} answers)"
    return bars(title, figures.counts, brand=brand, heading="Theme", measure="Answers")


def _quotes(found: Iterable[str]) -> Section:
    return Section("quotes", "Quotes", list(found))


def _taken_out(number: int, day: date) -> str:
    return f"{'A quote was' if number == 1 else f'{number} quotes were'} taken out on {uk_date(day)}."


def _quotation(one: Quotation) -> str:
    return _in_words(one.words, one.speaker, one.course, uk_date(one.session))


def _in_words(words: str, *about: str) -> str:
    return f"“{words}” ({', '.join(part for part in about if part)})"
