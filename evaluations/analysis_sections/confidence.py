"""How confidence changed, of the same people."""

from collections.abc import Sequence

from evaluations.analysis_sections.written import rounded, signed, span
from evaluations.queries.analysis import Analysis
from evaluations.queries.analysis.figures import Group, PeriodFigures
from evaluations.statistics import Change, size_in_words
from partnership_portal.charts import Chart, before_after
from partnership_portal.sections import Cell, Section, numbers

CHANGES = {
    "after": "Before and after the course",
    "later": "Before the course and months later",
    "kept": "After the course and months later",
}


def confidence(analysis: Analysis, brand: str) -> Section:
    """Each comparison in words, drawn, and in figures."""
    found = [(words, change) for name, words in CHANGES.items() if (change := analysis.changes.get(name))]
    if not found:
        return Section("confidence", "Confidence")
    drawn = [
        (f"{words} ({change.n:,} people)", change.before, change.after)
        for words, change in found
        if change.before is not None and change.after is not None
    ]
    chart = before_after("Confidence of the same people, out of 10", drawn, lowest=0, highest=10, brand=brand)
    rows: list[list[Cell]] = [
        [
            words,
            change.n,
            rounded(change.before, 1),
            rounded(change.after, 1),
            signed(change.difference),
            span(change.interval, 1),
            rounded(change.effect, 1),
            span(change.effect_interval, 1),
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
            "Likely range",
            "Size (d)",
            "Likely range of d",
        ],
        rows,
    )
    return Section(
        "confidence",
        "Confidence",
        [
            *(change_in_words(words, change) for words, change in found),
            "Only people who said both are compared."
            + (
                " Whoever did so about several sessions is counted once, with the mean of what they said."
                if any(change.pairs for _, change in found)
                else ""
            ),
        ],
        charts=[chart] if drawn else [],
        tables=[table],
    )


def change_in_words(words: str, change: Change) -> str:
    """One comparison as a sentence or two."""
    difference = round(change.difference, 1)
    moved = "rose" if difference > 0 else "fell" if difference < 0 else "stayed the same"
    by = f" by {abs(difference):.1f}" if difference else ""
    from_to = (
        f", from {change.before:.1f} to {change.after:.1f} out of 10"
        if change.before is not None and change.after is not None
        else " out of 10"
    )
    interval = f" (likely range {span(change.interval, 1)})" if change.interval else ""
    effect = (
        f" This is {size_in_words(change.effect)} (d = {rounded(change.effect, 1)})."
        if change.effect is not None
        else ""
    )
    several = f", who said both {change.pairs:,} times," if change.pairs else ""
    return f"{words}: confidence of {change.n:,} people{several} {moved}{by}{from_to}{interval}.{effect}"


def confidence_by(title: str, found: Sequence[Group] | Sequence[PeriodFigures], brand: str) -> list[Chart]:
    """Confidence before and after the course of each group or period that may be shown; nothing where none may."""
    drawn = [
        (one.name, one.change.before, one.change.after)
        for one in found
        if one.change and one.change.before is not None and one.change.after is not None
    ]
    if not drawn:
        return []
    words = f"Confidence before and after the course, by {title.lower()}, out of 10"
    return [before_after(words, drawn, lowest=0, highest=10, brand=brand, heading=title)]
