"""Two windows on one survey: an older page must not undo what a newer one has saved.

Each page carries a mark of every answer that it showed. Where an answer has been saved elsewhere since, and this page
sends what it had shown before, the saved one stays. Where both have changed it, the last one sent counts.
"""

import hashlib
from collections.abc import Iterable, Mapping

from django.http import QueryDict

from evaluations.answering import Value, WithWords
from evaluations.kinds import QuestionKind
from evaluations.models import Question

FIELD = "shown"
_Posted = dict[str, list[str]]


def marks(questions: Iterable[Question], saved: Mapping[str, Value]) -> list[str]:
    """A mark of each answer as the page shows it."""
    return [f"{one.key}:{_mark(_posted(one, saved.get(one.key)))}" for one in questions]


def with_newer(questions: Iterable[Question], saved: Mapping[str, Value], data: QueryDict) -> QueryDict:
    """What was sent, but with the saved answers in place of those that only this page has not heard of."""
    shown = dict(mark.rsplit(":", 1) for mark in data.getlist(FIELD) if ":" in mark)
    data = data.copy()
    for question in questions:
        newer = _posted(question, saved.get(question.key))
        was = shown.get(question.key)
        sent = {name: data.getlist(name) for name in newer}
        if was is not None and _mark(sent) == was != _mark(newer):
            for name, values in newer.items():
                data.setlist(name, values)
    return data


def carried(questions: Iterable[Question], saved: Mapping[str, Value], data: QueryDict) -> list[str]:
    """The marks of those answers that are saved just as the page sent them: it has seen them by now."""
    found = []
    for question in questions:
        now = _posted(question, saved.get(question.key))
        if (mark := _mark(now)) == _mark({name: data.getlist(name) for name in now}):
            found.append(f"{question.key}:{mark}")
    return found


def _mark(posted: _Posted) -> str:
    plain = {
        name: [value.replace("\r\n", "\n").strip() for value in values if value.strip()]
        for name, values in posted.items()
    }
    return hashlib.sha256(repr(sorted(plain.items())).encode()).hexdigest()[:12]


def _posted(question: Question, value: Value) -> _Posted:
    """The fields of an answer as a browser sends them, by their names in ``QuestionPageForm``."""
    key = question.key
    match QuestionKind(question.kind):
        case QuestionKind.MATRIX:
            given = dict(mark.rsplit(":", 1) for mark in (value if isinstance(value, list) else []))
            return {
                f"{key}--{row['value']}": [given[row["value"]]] if row["value"] in given else []
                for row in question.rows
            }
        case QuestionKind.DATE:
            year, month, day = str(value).split("-") if value else ("", "", "")
            parts = {"day": day, "month": month, "year": year}
            return {f"{key}_{part}": [number.lstrip("0")] for part, number in parts.items()}
        case QuestionKind.YES_NO:
            code = value.code if isinstance(value, WithWords) else value[0] if isinstance(value, list) else ""
            words = value.text if isinstance(value, WithWords) else ""
            fields = {key: [code]} | ({f"{key}--more": [words]} if question.follow_up else {})
            return {name: [one for one in values if one] for name, values in fields.items()}
        case _:
            if isinstance(value, list):
                return {key: value}
            return {key: [] if value is None else [str(value)]}
