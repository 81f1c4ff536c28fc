"""Names and addresses as people paste them: one person a line, from a list, a mail program or a spreadsheet."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

MOST_NAME, MOST_EMAIL, MOST_JOB = 200, 254, 200

_LINES = re.compile("\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_IN_ANGLES = re.compile(r"<\s*(?:mailto:)?([^<>]*@[^<>]*)>")
_NUMBERING = re.compile(r"^\s*(?:\d+[.)]|[-–—•*·])\s+")
_AROUND = ' \t"“”<>()[],;:'
_HEADINGS = {
    *("name", "full name", "first name", "last name", "forename", "surname", "names", "staff"),
    *(
        "email",
        "e-mail",
        "email address",
        "e-mail address",
        "job",
        "job role",
        "job title",
        "role",
        "position",
    ),
}


@dataclass(frozen=True)
class PastedLine:
    """One person as a line names them; each part may be missing."""

    name: str = ""
    email: str = ""
    job_role: str = ""


def read_pasted(text: str) -> list[PastedLine]:
    """Read every line that says anything; headings of a spreadsheet are left out, nobody else is."""
    return [_read(line) for line in _people(text)]


def problem_with(line: PastedLine) -> str:
    """Say why nobody can be booked by this line as it stands; an empty text where there is nothing wrong."""
    if "@" in line.name:
        return "Write one person on each line, with one email address."
    if line.email and not _is_address(line.email):
        return f"“{line.email}” is not an email address."
    if not line.email and not any(letter.isalpha() for letter in line.name):
        return "There is no name in this line."
    if len(line.name) > MOST_NAME or len(line.job_role) > MOST_JOB or len(line.email) > MOST_EMAIL:
        return "This line is too long for one person."
    return ""


def _people(text: str) -> Iterator[str]:
    for line in _LINES.split(text):
        clean = _NUMBERING.sub("", _CONTROL.sub(" ", line))
        if any(letter.isalnum() for letter in clean) and not _is_heading(clean):
            yield from _several(clean)


def _several(line: str) -> list[str]:
    """The people of a line as a mail program writes a list of addresses, if it is one."""
    for separator in ";,":
        parts = [part for part in line.split(separator) if part.strip(_AROUND)]
        if len(parts) > 1 and all(part.count("@") == 1 for part in parts):
            return parts
    return [line]


def _is_heading(line: str) -> bool:
    cells = [_tidy(cell).lower() for cell in re.split("[\t,;]", line)]
    return all(cell in _HEADINGS for cell in cells if cell)


def _read(line: str) -> PastedLine:
    if line.count("@") > 1:
        return PastedLine(name=_tidy(line))
    angles = _IN_ANGLES.search(line)
    if angles is not None:
        before, email, after = _cells(line[: angles.start()]), angles[1], _cells(line[angles.end() :])
    else:
        before, email, after = _around_address(_cells(line))
    if not before and after:
        # The address came first.
        before, after = after[:1], after[1:]
    name, job_role = _name_and_job(before, by_comma="\t" not in line)
    return PastedLine(name, _tidy(email), ", ".join(part for part in (job_role, *after) if part))


def _cells(text: str) -> list[str]:
    cells = re.split("\t" if "\t" in text else "[,;]", text)
    return [tidy for cell in cells if (tidy := _tidy(cell))]


def _around_address(cells: list[str]) -> tuple[list[str], str, list[str]]:
    """What stands before the address, the address, and what stands after it."""
    for place, cell in enumerate(cells):
        words = cell.split()
        for number, word in enumerate(words):
            if "@" in word:
                left, right = " ".join(words[:number]), " ".join(words[number + 1 :])
                before = [*cells[:place], *([left] if left else [])]
                after = [*([right] if right else []), *cells[place + 1 :]]
                return before, word.removeprefix("mailto:"), after
    return cells, "", []


def _name_and_job(cells: Sequence[str], *, by_comma: bool) -> tuple[str, str]:
    """A name in one cell or in two, then the job: "Smith, Ann" turns round, a spreadsheet's columns don't."""
    if len(cells) > 1 and all(" " not in cell for cell in cells[:2]):
        first, last = (cells[1], cells[0]) if by_comma else cells[:2]
        return f"{first} {last}", ", ".join(cells[2:])
    return (cells[0] if cells else ""), ", ".join(cells[1:])


def _tidy(text: str) -> str:
    return " ".join(text.split()).strip(_AROUND)


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
