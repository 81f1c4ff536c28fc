"""Small numbers: which figures must be left out so that nobody's answer can be singled out."""

from collections.abc import Sequence

# Answers are confidential: no figure for fewer respondents than this, except for the team (design rule 7).
FEWEST = 5


def withheld(counts: Sequence[int]) -> set[int]:
    """Positions of the counts to leave out: those of 1 to 4, and as many more as keep the rest from being worked out.

    The total is taken to be known. What is left out must be at least two counts that add up to ``FEWEST``, or a
    subtraction would give it away; nothing is said of nobody, so a count of 0 may be shown.
    """
    left_out = {position for position, count in enumerate(counts) if 0 < count < FEWEST}
    others = sorted(
        (count, position) for position, count in enumerate(counts) if count and position not in left_out
    )
    while left_out and others and (len(left_out) < 2 or sum(counts[one] for one in left_out) < FEWEST):
        left_out.add(others.pop(0)[1])
    return left_out


def shown(counts: Sequence[int]) -> list[int | None]:
    """The counts, with nothing in the place of those to leave out."""
    if sum(counts) < FEWEST:
        return [None for _ in counts]
    left_out = withheld(counts)
    return [None if position in left_out else count for position, count in enumerate(counts)]
