"""What was said of people on the check page comes back with the list, and a text without sense says nothing."""

from uuid import uuid4

import pytest

from bookings.colleagues import Wanted
from bookings.said_before import in_one_text, said_again

ANN = Wanted(name="Ann Smith", email="ann@oak.example", audience_reason="Stands in for the lead")


def test_it_comes_back_with_the_same_people_alone() -> None:
    again = said_again(
        [Wanted(name="Ann Smith", email="ann@oak.example"), Wanted(name="Bob")], in_one_text([ANN])
    )
    assert [one.audience_reason for one in again] == ["Stands in for the lead", ""]


def test_two_lines_of_one_name_keep_what_was_said_of_each() -> None:
    files = [str(uuid4()), str(uuid4())]
    twins = [
        Wanted(name="Bob", same_as="7", evidence=files[0]),
        Wanted(name="Bob", same_as="new", evidence=files[1]),
    ]
    again = said_again(
        [Wanted(name="Ann"), Wanted(name="Bob"), Wanted(name="Bob"), Wanted(name="Bob")], in_one_text(twins)
    )
    assert again == [Wanted(name="Ann"), *twins, Wanted(name="Bob")]


@pytest.mark.parametrize(
    "text", ["", "no list", "{}", "[[1]]", "[" * 100_000, '[["", null, null, "x", "y", "z"]]']
)
def test_a_text_without_sense_says_nothing(text) -> None:
    assert said_again([Wanted(name="Bob")], text) == [Wanted(name="Bob")]
