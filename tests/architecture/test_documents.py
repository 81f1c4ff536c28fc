"""What the documents say about the code is true."""

import ast
import re
from pathlib import Path

from django.conf import settings

from bookings.states import STEPS, BookingState

_ROOT = Path(settings.BASE_DIR)
_STEP = re.compile(r"^    (\w+) --> (\w+):", re.M)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
# What is reported of systems that are used for this job today.
_COMPLAINTS = {
    "Waiting list": [
        "a place frees up and nobody is promoted",
        "a newcomer jumps the queue",
        "promoted but never told",
        "promoted after the session has started",
        "free seats and yet people are put on the waiting list",
        "raising the capacity slips past the approval step",
        "an expired offer blocks its place for ever",
        "one person gets two offers",
        "nobody can leave the list",
        "two people take the last place from stale pages",
    ],
    "Attendance": [
        "a meeting report's columns or date format change and the import breaks",
        "a person who left and rejoined is counted twice or half",
        "guests without an email address are lost",
        "walk-ins can't be given a certificate",
        "a two-day course counts as attended after day one",
        "the register prints the wrong hour in summer",
    ],
    "Certificates": [
        "issued to everybody enrolled",
        "issued without the evaluation",
        "not issued until somebody opens a page",
        "emailed twice or marked as emailed and never sent",
        "invalidated by merely looking at them",
        "they lose which session they were for",
    ],
    "Evaluations": [
        "“anonymous” answers that show names",
        "answers that can be worked out from the time or from a group of two",
        "reminders to those who have answered",
        "all the answers to an edited questionnaire lost",
    ],
    "Managers": [
        "people without a recorded manager can't book",
        "one-click approval links that a mail scanner clicks",
        "managers must make an account to answer two questions",
    ],
    "Calendar": [
        "an edited session sends a second invitation instead of an update",
        "a cancelled one stays in the diary",
        "the diary entry is an hour off",
    ],
    "Organisations": [
        "nobody can book for colleagues",
        "choosing the wrong organisation at sign-up leads to wrong charges",
        "an import wipes history",
    ],
    "Refreshers": [
        "nobody can tell when a certificate lapses",
        "opening the renewal window resets what was achieved",
        "only one fixed refresher course counts instead of a choice",
    ],
    "Charges": [
        "rules on paper, worked by hand",
        "no purchase-order number",
        "no waiver with a reason",
    ],
    "Reports": [
        "a quarter’s figures change after they were reported",
        "no comparison with last quarter or last year",
        "percentages without the number of people behind them",
    ],
}


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
    found: dict[str, list[str]] = {}
    rows = [line.split(" | ") for line in document.splitlines() if line.startswith("| ")][1:]
    for complaint, tests in rows:
        if heading := re.fullmatch(r"\| \*\*(.+)\*\*", complaint):
            found[heading[1]] = []
        else:
            assert _TEST.search(tests), complaint
            found[list(found)[-1]].append(complaint.removeprefix("| "))
    assert found == _COMPLAINTS
    missing = [f"{path}::{name}" for path, name in _TEST.findall(document) if name not in _tests_in(path)]
    assert missing == []


def _tests_in(path: str) -> set[str]:
    tree = ast.parse((_ROOT / path).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
