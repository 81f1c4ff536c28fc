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


def shown_of(count: int, of: int) -> int | None:
    """How many of so many chose something, unless those who did or those who did not are 1 to 4."""
    return None if withheld([count, of - count]) or of < FEWEST else count


def with_totals(rows: Sequence[Sequence[int]]) -> tuple[list[list[int | None]], list[int | None]]:
    """The counts of each row and their totals, with nothing in the place of those to leave out.

    Who reads a total may know some of its rows: where what the rows leave over is 1 to 4, the total would give it
    away, so it is left out too, and another total with it.
    """
    each = [shown(row) for row in rows]
    sums = [sum(column) for column in zip(*rows, strict=True)]
    known = [sum(count or 0 for count in column) for column in zip(*each, strict=True)]
    totals = shown(sums)
    # The rows' rest is what must not be found; where it is small it counts as small.
    rests = [total - count for total, count in zip(sums, known, strict=True)]
    risky = {place for place, rest in enumerate(rests) if 0 < rest < FEWEST}
    if risky:
        more = sorted((total, place) for place, total in enumerate(sums) if total and place not in risky)
        left_out = risky | {place for place, total in enumerate(totals) if total is None}
        while more and (len(left_out) < 2 or sum(sums[place] for place in left_out) < FEWEST):
            left_out.add(more.pop(0)[1])
        totals = [None if place in left_out else total for place, total in enumerate(totals)]
    return each, totals


def whole_blocks(number: int) -> int:
    """How many of so many answers about one session may be counted: five at a time, in the order they came."""
    return number - number % FEWEST
