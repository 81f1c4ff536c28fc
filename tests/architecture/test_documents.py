"""What the documents say about the code is true."""

import ast
import re
from pathlib import Path

from django.conf import settings

from bookings.states import STEPS, BookingState

_ROOT = Path(settings.BASE_DIR)
_STEP = re.compile(r"^    (\w+) --> (\w+):", re.M)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_the_drawn_life_of_a_booking_is_the_one_that_is_lived() -> None:
    drawn = _STEP.findall((_ROOT / "docs/bookings.md").read_text("utf-8"))
    lived = [(here.value, there.value) for here, steps in STEPS.items() for there in steps]
    assert sorted(drawn) == sorted(lived)


def test_every_first_state_is_drawn() -> None:
    document = (_ROOT / "docs/bookings.md").read_text("utf-8")
    drawn = set(re.findall(r"^    \[\*\] --> (\w+):", document, re.M))
    assert drawn == {BookingState.REQUESTED, BookingState.WAITING, BookingState.CONFIRMED}


def test_every_complaint_has_a_test_that_is_there() -> None:
    document = (_ROOT / "docs/complaints.md").read_text("utf-8")
    rows = [line for line in document.splitlines() if line.startswith("| ") and "**" not in line][1:]
    assert [row for row in rows if not _TEST.search(row)] == []
    missing = [f"{path}::{name}" for path, name in _TEST.findall(document) if name not in _tests_in(path)]
    assert missing == []


def _tests_in(path: str) -> set[str]:
    tree = ast.parse((_ROOT / path).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
