"""What was said of people on the check page comes back with the list, and a text without sense says nothing."""

import pytest

from bookings.colleagues import Wanted
from bookings.said_before import in_one_text, said_again

ANN = Wanted(name="Ann Smith", email="ann@oak.example", audience_reason="Stands in for the lead")


def test_it_comes_back_with_the_same_people_alone() -> None:
    again = said_again(
        [Wanted(name="Ann Smith", email="ann@oak.example"), Wanted(name="Bob")], in_one_text([ANN])
    )
    assert [one.audience_reason for one in again] == ["Stands in for the lead", ""]


@pytest.mark.parametrize(
    "text", ["", "no list", "{}", "[[1]]", "[" * 100_000, '[["", null, null, "x", "y"]]']
)
def test_a_text_without_sense_says_nothing(text) -> None:
    assert said_again([Wanted(name="Bob")], text) == [Wanted(name="Bob")]
