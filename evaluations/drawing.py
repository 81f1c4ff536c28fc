"""Drawing at random so that anybody can draw again and find the same: no clock, no database, no secret.

The procedure, with a frame of strata (label, ids), a number and a seed:

1. Strata are put in the order of their labels, the ids of each in ascending order.
2. Each stratum gets its share of the number by the largest remainder: number × its size ÷ the size of all, rounded
   down; what is left goes one by one to the strata with the largest remainders, the first in order where two are equal.
3. ``random.Random(seed)`` gives each id of the frame, in that order, one number by ``random()``. Python promises that
   this sequence stays the same from version to version, which it does not of ``sample``.
4. In each stratum those with the smallest numbers are drawn, the smallest first.
"""

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from random import Random

Frame = list[tuple[str, list[int]]]


def in_order(strata: Iterable[tuple[str, Iterable[int]]]) -> Frame:
    """The frame in the order in which it is drawn from."""
    return sorted((label, sorted(ids)) for label, ids in strata)


def fingerprint(frame: Frame) -> str:
    """SHA-256 of the frame, by which two can be told apart without showing who is in them."""
    written = json.dumps([[label, ids] for label, ids in frame], ensure_ascii=False, separators=(",", ":"))
    return sha256(written.encode()).hexdigest()


def shares(sizes: Sequence[int], number: int) -> list[int]:
    """How many of each stratum are drawn, in proportion to its size, by the largest remainder."""
    whole = sum(sizes)
    if not 0 <= number <= whole:
        raise ValueError("No more can be drawn than there are.")
    if not whole:
        return [0] * len(sizes)
    found = [number * size // whole for size in sizes]
    by_remainder = sorted(range(len(sizes)), key=lambda place: (-(number * sizes[place] % whole), place))
    for place in by_remainder[: number - sum(found)]:
        found[place] += 1
    return found


def draw(frame: Frame, number: int, seed: int) -> Frame:
    """The ids drawn from each stratum, in the order in which they were drawn."""
    random = Random(seed)  # noqa: S311 - fair and repeatable, not a secret
    tickets = [[(random.random(), one) for one in ids] for _, ids in frame]
    allotted = shares([len(ids) for _, ids in frame], number)
    return [
        (label, [one for _, one in sorted(drawn)[:share]])
        for (label, _), drawn, share in zip(frame, tickets, allotted, strict=True)
    ]
