"""Words, key figures, charts and tables of a report: the same for page, PDF and spreadsheet."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from partnership_portal.charts import NOT_SHOWN, WHY_NOT_SHOWN, Chart
from partnership_portal.tables import Sheet

Cell = str | int | float | None
MOST_ROWS = 25
MOST_ON_PAGE = 100


@dataclass(frozen=True)
class Table:
    """A table in plain values; ``numeric`` names the columns that are numbers."""

    caption: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numeric: frozenset[int] = frozenset()

    @property
    def note(self) -> str:
        """Why figures are left out, if any is."""
        left_out = any(row[number] is None for row in self.rows for number in self.numeric)
        return WHY_NOT_SHOWN if left_out else ""

    @property
    def shown_headers(self) -> list[Any]:
        """The headers as the table components take them."""
        return [
            {"text": text, "numeric": True} if number in self.numeric else text
            for number, text in enumerate(self.headers)
        ]

    @property
    def shown_rows(self) -> list[list[Any]]:
        """The rows as the table components take them."""
        return [[self._cell(number, value) for number, value in enumerate(row)] for row in self.rows]

    @property
    def first_rows(self) -> list[list[Any]]:
        """As many rows as a printed page should hold."""
        return self.shown_rows[:MOST_ROWS]

    @property
    def page_rows(self) -> list[list[Any]]:
        """As many rows as a web page should hold."""
        return self.shown_rows[:MOST_ON_PAGE]

    @property
    def rest_of_page(self) -> int:
        """How many rows a web page leaves to the spreadsheet."""
        return max(len(self.rows) - MOST_ON_PAGE, 0)

    @property
    def rest(self) -> int:
        """How many rows are left to the spreadsheet."""
        return max(len(self.rows) - MOST_ROWS, 0)

    def _cell(self, number: int, value: Cell) -> Any:
        if number not in self.numeric:
            return str(value)
        if value is None:
            text = NOT_SHOWN
        else:
            # Short figures stay on one line, such as 7 of 12 (58%).
            text = f"{value:,}" if isinstance(value, int) else str(value).replace(" ", "\N{NO-BREAK SPACE}")
        return {"text": text, "numeric": True}


@dataclass(frozen=True)
class Section:
    """One part of a report."""

    key: str
    title: str
    words: list[str] = field(default_factory=list)
    figures: list[dict[str, Any]] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def numbers(caption: str, headers: Sequence[str], rows: Sequence[Sequence[Cell]], texts: int = 1) -> Table:
    """A table whose first columns are text and the others numbers."""
    return Table(caption, headers, rows, frozenset(range(texts, len(headers))))


def words_of(sections: Iterable[Section]) -> Iterator[list[Any]]:
    """What the sections say in words, and why figures are left out: the rows of a spreadsheet."""
    for section in sections:
        notes = [table.note for table in section.tables] + [chart.note for chart in section.charts]
        yield from ([section.title, words] for words in dict.fromkeys([*section.words, *notes]) if words)


def sheets_of(sections: Iterable[Section]) -> Iterator[Sheet]:
    """A sheet for each table, and for each chart of a section that has no table."""
    for section in sections:
        for table in section.tables:
            rows = [[NOT_SHOWN if value is None else value for value in row] for row in table.rows]
            yield Sheet(table.caption, list(table.headers), rows, [40] + [18] * (len(table.headers) - 1))
        for chart in section.charts:
            if not section.tables:
                headers = [head["text"] if isinstance(head, dict) else head for head in chart.headers]
                texts = [
                    [cell["text"] if isinstance(cell, dict) else cell for cell in row] for row in chart.rows
                ]
                yield Sheet(chart.title, headers, texts)
