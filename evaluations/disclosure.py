"""Small numbers: which figures must be left out so that nobody's answer can be singled out."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any, TypeVar

# Answers are confidential: no figure for fewer respondents than this, except for the team (design rule 7).
FEWEST = 5
Said = TypeVar("Said", bound=tuple[Any, ...])


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


def of_several(counts: Sequence[int | None], of: int) -> list[int | None]:
    """Counts of which each may be shown, where one may choose several and everybody chose one at least.

    Where every count is shown, what they are more than those who chose tells how many chose more than one: of two
    choices, seven and seven of twelve are two people who chose both. So none is shown then.
    """
    more = sum(count or 0 for count in counts) - of
    return [None for _ in counts] if 0 < more < FEWEST and None not in counts else list(counts)


def known_already(counts: Mapping[str, int | None], codes: Set[str], *, several: bool) -> bool:
    """Tell whether the counts that are shown say how many chose one of the codes, so that it may be said again.

    Nor may it cut through the counts that are left out, or it would tell them apart. Of choices of which ``several``
    may be chosen only one code can be asked for: how many chose both of two is not among the counts.
    """
    left_out = {code for code, count in counts.items() if count is None}
    if not codes <= counts.keys() or (several and len(codes) != 1):
        return False
    return not left_out & codes or (not several and left_out <= codes)


def publishable(row: Sequence[int]) -> bool:
    """Tell whether every count of a row may be shown by itself."""
    return sum(row) >= FEWEST and not withheld(row)


def totals(rows: Sequence[Sequence[int]]) -> tuple[list[int | None], int]:
    """The totals of the rows that may be shown whole, and how many rows these are; nothing where there is none.

    A row of which anything is hidden is in no total, of whatever period: then whatever totals and rows are taken from
    each other, what is left are sums of rows that may be shown.
    """
    whole = [row for row in rows if publishable(row)]
    if not whole:
        return [None for _ in rows[0]] if rows else [], 0
    return [sum(column) for column in zip(*whole, strict=True)], len(whole)


def whole_blocks(number: int) -> int:
    """How many of so many answers about one session may be counted: five at a time, in the order they came."""
    return number - number % FEWEST


def whole(blocks: Iterable[Counter[Said]]) -> Counter[Said]:
    """What was said in blocks of answers about one session that may be counted, by how often it was said.

    Not everybody of a block answers every question, so blocks are joined, in the order in which they were counted,
    until ``FEWEST`` have answered.
    """
    return _joined(blocks, lambda together: True)


def averaged(blocks: Iterable[Counter[Said]], *scales: tuple[int, int]) -> Counter[Said]:
    """The numbers of blocks of answers about one session that may stand behind a mean, by how often they were given.

    Five answers with a mean of 4.8 out of 5 can only be one 4 and four 5s. So blocks are joined until all together are
    either at the end of the scale or ``FEWEST`` steps and more away from it. What was shown once stays a part of
    whatever is shown later, of longer periods too, and the rest is of the same kind.
    """
    return _joined(blocks, lambda together: _far_enough(together, scales))


def _joined(blocks: Iterable[Counter[Said]], may_be_shown: Callable[[Counter[Said]], bool]) -> Counter[Said]:
    counted: Counter[Said] = Counter()
    together: Counter[Said] = Counter()
    for block in blocks:
        together += block
        if together.total() >= FEWEST and may_be_shown(together):
            counted += together
            together = Counter()
    return counted


def _far_enough(together: Counter[Said], scales: Sequence[tuple[int, int]]) -> bool:
    """Tell whether the steps from either end, all together, are none or too many to be counted back to people."""
    for place, (lowest, highest) in enumerate(scales):
        steps = [
            sum(abs(said[place] - end) * count for said, count in together.items())
            for end in (lowest, highest)
        ]
        if any(0 < one < FEWEST for one in steps):
            return False
    return True
