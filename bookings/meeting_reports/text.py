"""From the bytes of an upload to lines of cells; says what to do where somebody drops in something else."""

import csv
import io
from dataclasses import dataclass

from partnerships.errors import DomainError

MOST_BYTES = 2 * 1024 * 1024
MOST_LINES = 5_000
DELIMITERS = ("\t", ",", ";")
_OTHER_FILES = {
    b"PK\x03\x04": "This is an Excel workbook. Open it, save it as “CSV UTF-8” and choose that file.",
    b"\xd0\xcf\x11\xe0": "This is an old Excel workbook. Open it, save it as “CSV UTF-8” and choose that file.",
    b"%PDF": "This is a PDF. Download the attendance report from Microsoft Teams or Zoom as CSV and choose that file.",
}
_NOT_TEXT = "This file is not text. Choose the CSV file that Microsoft Teams or Zoom gives for the meeting."


@dataclass(frozen=True)
class Line:
    """One line of the file, by its number, with its cells trimmed."""

    number: int
    cells: tuple[str, ...]

    @property
    def filled(self) -> list[str]:
        """The cells that are not empty."""
        return [cell for cell in self.cells if cell]

    def at(self, position: int | None) -> str:
        """The cell at a position; nothing where the line is shorter."""
        return self.cells[position] if position is not None and position < len(self.cells) else ""


def text_of(content: bytes) -> str:
    """Decode a report: UTF-16 as Teams writes it, UTF-8, or what Excel makes of it when saving again."""
    if not content.strip(b"\x00 \t\r\n"):
        raise DomainError("The file is empty.")
    if len(content) > MOST_BYTES:
        raise DomainError("The file is larger than 2 MB. Choose the attendance report of one meeting.")
    for start, sentence in _OTHER_FILES.items():
        if content.startswith(start):
            raise DomainError(sentence)
    text = _decoded(content)
    if "\x00" in text:
        raise DomainError(_NOT_TEXT)
    beginning = text[:500].lstrip("\ufeff \t\r\n").lower()
    if beginning.startswith("<"):
        raise DomainError(
            "This is a web page. Choose the CSV file that Microsoft Teams or Zoom gives for the meeting."
        )
    return text.removeprefix("\ufeff")


def lines_of(text: str, delimiter: str) -> list[Line] | None:
    """The lines of cells, or nothing where quotes don't fit together, since half a file must never pass for all."""
    lines = _lines(text, delimiter)
    if lines is None and delimiter == "\t":
        # Teams does not quote: a name may begin with a quotation mark.
        return _lines(text, delimiter, quoted=False)
    return lines


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _try(content, "utf-16") or _refuse()
    head = content[:400]
    if head[1::2].count(0) > len(head) // 4:
        return _try(content, "utf-16-le") or _refuse()
    if head[::2].count(0) > len(head) // 4:
        return _try(content, "utf-16-be") or _refuse()
    return _try(content, "utf-8-sig") or _try(content, "cp1252") or _refuse()


def _try(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return ""


def _refuse() -> str:
    raise DomainError(_NOT_TEXT)


def _lines(text: str, delimiter: str, *, quoted: bool = True) -> list[Line] | None:
    file = io.StringIO(text, newline="")
    if quoted:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
    else:
        reader = csv.reader(file, delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True)
    lines: list[Line] = []
    try:
        for cells in reader:
            lines.append(Line(reader.line_num, tuple(_cell(cell) for cell in cells)))
            if len(lines) > MOST_LINES:
                raise DomainError(
                    "The file has more than 5,000 lines. Choose the attendance report of one meeting."
                )
    except csv.Error:
        return None
    return lines


def _cell(cell: str) -> str:
    if not cell.isprintable():
        # Special spaces become spaces; marks that nobody sees go.
        cell = "".join(mark if mark.isprintable() else " " if mark.isspace() else "" for mark in cell)
    cell = " ".join(cell.split())
    # Spreadsheets keep a text from turning into a number or a formula by writing ="…".
    return cell[2:-1] if len(cell) > 3 and cell.startswith('="') and cell.endswith('"') else cell
