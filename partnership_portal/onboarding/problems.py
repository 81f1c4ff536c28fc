"""What is wrong with a partnership's file: where in the file, and what was expected there instead."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from partnerships.errors import DomainError
from partnerships.profile import Profile

# What a pattern of the schema asks for, in words.
_PATTERNS = {
    "^#": "a colour as # and six figures or small letters, such as #1d70b8",
    "^[a-z0-9]+(-": "small letters and figures with hyphens between them",
    "^[a-z][a-z0-9-]*": "small letters and figures with hyphens, beginning with a letter",
    "^[^@": "an email address",
    "^(https?": "an address that begins with https://",
}
_EXPECTED = {
    "string_type": "text in quotes",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "tuple_type": "a list in square brackets",
    "dict_type": "a table of keys and values",
    "model_type": "a table of keys and values",
    "model_attributes_type": "a table of keys and values",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "finite_number": "a number",
    "decimal_max_places": "a number with at most 2 decimal places",
    "decimal_max_digits": "a shorter number",
    "decimal_whole_digits": "a shorter number",
    "date_type": "a date such as 2023-04-01",
    "date_parsing": "a date such as 2023-04-01",
    "date_from_datetime_parsing": "a date such as 2023-04-01",
    "date_from_datetime_inexact": "a date such as 2023-04-01, without a time",
}
# Reported by the checks across the file, which also find them where another value of the same table is wrong.
FOUND_ACROSS = frozenset({"source", "whole", "reserved"})


@dataclass(frozen=True, order=True)
class Problem:
    """One error: the key's path as it stands in the file, and a sentence."""

    path: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}: {self.sentence}" if self.path else self.sentence


class ProfileRefused(DomainError):
    """A partnership's file can't be loaded; ``problems`` has every reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def path_of(parts: Iterable[str | int]) -> str:
    """The path as it is written: ``courses[3].theme``, lists counted from 0."""
    path = ""
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            key = part if part.replace("-", "").replace("_", "").isalnum() else f'"{part}"'
            path += f".{key}" if path else key
    return path


def got(value: Any) -> str:
    """A value as it stands in the file, shortened."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 60 else f'"{value[:57]}…"'
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, dict):
        return "a table"
    # A number of thousands of digits can't be written out.
    return "a very long number" if isinstance(value, int) and abs(value) > 10**30 else str(value)


def in_file(document: dict[str, Any], errors: Sequence[Any]) -> list[Problem]:
    """The validator's errors as problems of the file; what several branches of one value expected, in one line."""
    errors = [error for error in errors if error["type"] not in FOUND_ACROSS] or list(errors)
    expected: dict[tuple[str | int, ...], list[str]] = {}
    sentences: dict[tuple[str | int, ...], str] = {}
    values: dict[tuple[str | int, ...], Any] = {}
    for error in errors:
        place = _place(document, error)
        sentence, expectation = _read(error)
        if sentence:
            sentences.setdefault(place, sentence)
        else:
            expected.setdefault(place, []).append(expectation)
            values[place] = error["input"]
    for place, expectations in expected.items():
        wanted = " or ".join(dict.fromkeys(expectations))
        sentences.setdefault(place, f"expected {wanted}; got {got(values[place])}")
    return [
        Problem(path_of(place), sentence + whose(document, place)) for place, sentence in sentences.items()
    ]


def whose(document: dict[str, Any], place: Sequence[str | int]) -> str:
    """Name the item of a list that the place lies in, so that nobody need count."""
    found, item = "", document
    for part in place:
        item = _child(item, part)
        if isinstance(part, int) and isinstance(item, dict):
            name = next((item[key] for key in ("title", "name", "slug", "code") if item.get(key)), None)
            found = f" (in “{name}”)" if isinstance(name, str) and len(name) <= 100 else ""
    return found


def _place(document: dict[str, Any], error: Any) -> tuple[str | int, ...]:
    # The validator's own location also names the branches that it tried, which the file does not have.
    place: list[str | int] = []
    item: Any = document
    for part in error["loc"]:
        child = _child(item, part)
        if child is not None:
            place.append(part)
            item = child
        elif error["type"] == "missing" and part == error["loc"][-1]:
            place.append(part)
    return tuple(place)


def _child(item: Any, part: str | int) -> Any:
    if isinstance(item, dict):
        return item.get(part)
    if isinstance(item, list) and isinstance(part, int) and part < len(item):
        return item[part]
    return None


def _read(error: Any) -> tuple[str, str]:
    """A whole sentence, or what was expected."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "missing":
        return "is missing", ""
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(error["loc"][-1]), _KEYS, n=1, cutoff=0.75)
        return "is not a key that the portal knows" + (f"; did you mean {near[0]}?" if near else ""), ""
    if kind in {"enum", "literal_error"}:
        choices = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return "", f"one of {', '.join(choices)}" if len(choices) > 1 else f'"{choices[0]}"'
    if kind == "string_pattern_mismatch":
        return "", next(
            (words for start, words in _PATTERNS.items() if context["pattern"].startswith(start)), "text"
        )
    if kind == "string_too_short":
        return "is empty", ""
    if kind == "string_too_long":
        return "", f"at most {context['max_length']} characters"
    if kind == "too_short":
        return f"expected at least {context['min_length']}, and there is none", ""
    if kind == "greater_than_equal":
        return "", f"{context['ge']} or more"
    if kind == "less_than_equal":
        return "", f"{context['le']} or less"
    if kind in _EXPECTED:
        return "", _EXPECTED[kind]
    return error["msg"], ""


def _keys(model: type[BaseModel]) -> set[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        found.add(name)
        pending = [field.annotation]
        while pending:
            annotation = pending.pop()
            pending.extend(getattr(annotation, "__args__", ()))
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                found |= _keys(annotation)
    return found


_KEYS = sorted(_keys(Profile))
