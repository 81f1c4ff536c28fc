"""Finds the tables of a report: each begins with a line of headings, wherever in the file that line stands."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from bookings.meeting_reports.headings import Column, column_of, is_known
from bookings.meeting_reports.moments import stamp_of
from bookings.meeting_reports.text import DELIMITERS, Line, lines_of
from bookings.meeting_reports.words import plain
from partnerships.errors import DomainError

C = Column
_TELLS_PEOPLE = {
    C.EMAIL,
    C.ROLE,
    C.MOMENT,
    C.JOINED,
    C.LEFT,
    C.FIRST_JOINED,
    C.LAST_LEFT,
    C.DURATION,
    C.ACCOUNT,
}
_SECTION = re.compile(r"\d{1,2}\.\s+\S.*")
_SECTION_WORDS = ("details", "other attended")
_USUAL_EMAIL = {"email", "e mail", "user email", "email address"}
_EXPECTED = (
    "This is not an attendance report that the portal knows. It expects the CSV file that Microsoft Teams or Zoom "
    "gives for a meeting, with headings such as “Name, Join Time, Leave Time, Email”, and found {}."
)

_MEANS = {
    C.JOINED: "when people joined",
    C.FIRST_JOINED: "when people first joined",
    C.LEFT: "when people left",
    C.LAST_LEFT: "when people last left",
    C.MOMENT: "the time",
    C.ACTION: "who joined or left",
}


@dataclass
class Table:
    """One table: where its columns are, under which section title it stands, and its lines."""

    columns: dict[Column, int]
    headings: tuple[str, ...]
    section: str
    lines: list[Line] = field(default_factory=list)

    def has(self, *columns: Column) -> bool:
        """Tell whether it has all of these columns."""
        return all(column in self.columns for column in columns)

    def cell(self, line: Line, column: Column) -> str:
        """What a line says in a column; nothing where there is no such column."""
        return line.at(self.columns.get(column))

    def heading(self, column: Column) -> str:
        """The heading of a column as written."""
        return self.headings[self.columns[column]] if column in self.columns else ""


@dataclass
class Sheet:
    """The whole file: tables of people, and the facts about the meeting, each under what it announces."""

    people: list[Table]
    facts: dict[Column, str]

    @property
    def headings(self) -> str:
        """All headings of the tables of people as one text."""
        return plain(" ".join(heading for table in self.people for heading in table.headings))


def sheet_of(text: str) -> Sheet:
    """Read the file with whichever delimiter brings tables of people to light."""
    read = [lines for lines in (lines_of(text, delimiter) for delimiter in DELIMITERS) if lines is not None]
    sheets = [_sheet(lines) for lines in read]
    best = max(sheets, key=lambda sheet: sum(len(table.columns) for table in sheet.people), default=None)
    if best is None or not best.people:
        raise DomainError(_EXPECTED.format(_found(read)))
    for table in best.people:
        _check_times(table)
    return best


def _check_times(table: Table) -> None:
    """Refuse a table of which only half is understood: minutes worked out from it would be wrong, and look right."""
    for one, other in ((C.JOINED, C.LEFT), (C.FIRST_JOINED, C.LAST_LEFT), (C.MOMENT, C.ACTION)):
        if (one in table.columns) != (other in table.columns):
            there, lacking = (one, other) if one in table.columns else (other, one)
            raise DomainError(
                f"The report has a column “{table.heading(there)[:40]}”, and the portal finds none for "
                f"{_MEANS[lacking]} among “{', '.join(heading[:30] for heading in table.headings[:10] if heading)}”."
            )
    if {C.JOINED, C.FIRST_JOINED, C.MOMENT} & set(table.columns):
        return
    for position, heading in enumerate(table.headings):
        if not is_known(heading) and any(stamp_of(line.at(position)) for line in table.lines):
            raise DomainError(
                f"The report has times under “{heading[:40]}”, and the portal doesn’t know what they are. It expects "
                "headings such as “Join Time” and “Leave Time”."
            )


def _found(read: list[list[Line]]) -> str:
    if not read:
        return "quotation marks that don’t fit together"
    widest = max(
        (line for lines in read for line in lines[:40]), key=lambda line: len(line.filled), default=None
    )
    if widest is None or not widest.filled:
        return "nothing in it"
    return "“" + ", ".join(cell[:30] for cell in widest.filled[:6]) + "”"


def _sheet(lines: list[Line]) -> Sheet:
    people: list[Table] = []
    facts: dict[Column, str] = {}
    table: Table | None = None
    section = ""
    for line, following in _with_following(lines):
        if not line.filled:
            table = None
        elif (columns := _header(line)) is not None:
            table = Table(columns, line.cells, section)
            if _tells_people(columns):
                people.append(table)
        elif _is_section(line, following):
            table, section = None, line.filled[0]
        elif table is None:
            _note_fact(facts, line)
        else:
            table.lines.append(line)
            _note_facts_of(facts, table, line)
    return Sheet(people, facts)


def _with_following(lines: list[Line]) -> Iterator[tuple[Line, Line | None]]:
    """Each line with the next one that is not empty."""
    following: list[Line | None] = [None] * len(lines)
    after: Line | None = None
    for position in range(len(lines) - 1, -1, -1):
        following[position] = after
        if lines[position].filled:
            after = lines[position]
    return zip(lines, following, strict=True)


def _header(line: Line) -> dict[Column, int] | None:
    if len(line.filled) < 2 or any("@" in cell or stamp_of(cell) for cell in line.cells):
        return None
    found = [(column, position) for position, cell in enumerate(line.cells) if (column := column_of(cell))]
    kinds = {column for column, _ in found}
    about_people = C.NAME in kinds or {C.FIRST_NAME, C.LAST_NAME} <= kinds
    about_meeting = C.TITLE in kinds and bool({C.STARTED, C.ENDED} & kinds)
    if not (about_people and _TELLS_PEOPLE & kinds) and not about_meeting:
        return None
    return _one_of_each(line, found)


def _tells_people(columns: dict[Column, int]) -> bool:
    return C.NAME in columns or C.FIRST_NAME in columns


def _one_of_each(line: Line, found: list[tuple[Column, int]]) -> dict[Column, int]:
    counts = Counter(column for column, _ in found)
    columns = {column: position for column, position in found if counts[column] == 1}
    for column in (column for column, count in counts.items() if count > 1):
        positions = [position for one, position in found if one is column]
        if column in {C.DURATION, C.ROLE, C.GUEST, C.TITLE, C.ACTION}:
            continue  # only a second opinion: without it, no harm is done
        usual = [position for position in positions if plain(line.cells[position]) in _USUAL_EMAIL]
        if column is not C.EMAIL or len(usual) != 1:
            two = "” and “".join(line.cells[position][:40] for position in positions[:2])
            raise DomainError(
                f"Two columns of this report say the same: “{two}”. Download the report again, and don’t change it."
            )
        columns[column] = usual[0]
    return columns


def _is_section(line: Line, following: Line | None) -> bool:
    if len(line.filled) != 1 or not line.cells[0]:
        return False
    title = line.filled[0]
    if _SECTION.fullmatch(title) or plain(title).endswith(_SECTION_WORDS):
        return True
    return following is not None and len(following.filled) > 1 and _header(following) is not None


def _note_fact(facts: dict[Column, str], line: Line) -> None:
    if len(line.filled) == 2 and (column := column_of(line.filled[0])) in {C.TITLE, C.STARTED, C.ENDED}:
        facts.setdefault(column, line.filled[1])


def _note_facts_of(facts: dict[Column, str], table: Table, line: Line) -> None:
    """A table about the meeting itself, or one that repeats its facts in every line."""
    for column in (C.TITLE, C.STARTED, C.ENDED):
        if cell := table.cell(line, column):
            facts.setdefault(column, cell)
    if not _tells_people(table.columns) and C.DURATION in table.columns:
        facts.setdefault(C.DURATION, table.cell(line, C.DURATION))
