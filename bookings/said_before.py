"""What was said of people on the check page, kept while more are added to the list."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from bookings.colleagues import Wanted

_MOST_REASON, _MOST_TRAINING, _MOST_KEY = 300, 200, 20


def in_one_text(wanted: Sequence[Wanted]) -> str:
    """All that was said, for a hidden field."""
    return json.dumps(
        [
            [
                _who(one),
                one.audience_reason,
                one.training,
                one.trained_on and one.trained_on.isoformat(),
                one.evidence,
                one.same_as,
            ]
            for one in wanted
        ]
    )


def said_again(wanted: Sequence[Wanted], text: str) -> list[Wanted]:
    """These people, with what was said of those who were on the list; a text without sense says nothing."""
    said: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for who, words in filter(None, (_read(line) for line in _lines(text))):
        said[who].append(words)
    # Of two lines alike the first gets what was said of the first.
    return [replace(one, **(said[_who(one)].pop(0) if said[_who(one)] else {})) for one in wanted]


def _who(one: Wanted) -> str:
    return str(one.person) if one.person else "\t".join((one.name, one.email, one.job_role))


def _lines(text: str) -> list[Any]:
    try:
        lines = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return lines if isinstance(lines, list) else []


def _read(line: Any) -> tuple[str, dict[str, Any]] | None:
    try:
        who, reason, training, day, key, same_as = line
        return str(who), {
            "audience_reason": _text(reason)[:_MOST_REASON],
            "training": _text(training)[:_MOST_TRAINING],
            "trained_on": date.fromisoformat(day) if day else None,
            "evidence": str(UUID(key)) if key else "",
            "same_as": _text(same_as)[:_MOST_KEY],
        }
    except (ValueError, TypeError, AttributeError):
        return None


def _text(said: Any) -> str:
    return " ".join(str(said).replace("\x00", "").split())
