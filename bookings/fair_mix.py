"""Who of the queue gets the free places of a session: in their order, with places held for a fair mix.

A pure function, so that every order of events can be tried in a test without a database.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class InLine:
    """Somebody in the queue, and to which organisation and sector their booking counts."""

    key: int
    organisation: int
    sector: int


@dataclass
class Share:
    """A quota as it stands: places for a sector or an organisation, how many are taken, whether it still holds."""

    places: int
    taken: int
    holds: bool
    sector: int | None = None
    organisation: int | None = None

    @property
    def open(self) -> int:
        """How many of its places nobody of that sector or organisation has taken yet."""
        return max(self.places - self.taken, 0)

    def suits(self, one: InLine) -> bool:
        """Tell whether somebody belongs to the sector or organisation."""
        return one.sector == self.sector or one.organisation == self.organisation


def next_in(line: Sequence[InLine], shares: Sequence[Share], free: int) -> list[InLine]:
    """Those of the queue who get one of the free places, in the order in which they get them.

    First whoever an unfilled quota wants, in their order; then everybody else in theirs, as long as there are places
    that no quota holds. Within one sector and organisation nobody ever overtakes anybody. Counts on in ``shares``.
    """
    chosen: list[InLine] = []
    for one in line:
        if free > len(chosen) and any(share.open and share.suits(one) for share in shares):
            chosen.append(_take(one, shares))
    for one in line:
        if one not in chosen and free - len(chosen) > _held(shares):
            chosen.append(_take(one, shares))
    return chosen


def _take(one: InLine, shares: Iterable[Share]) -> InLine:
    for share in shares:
        if share.suits(one):
            share.taken += 1
    return one


def _held(shares: Iterable[Share]) -> int:
    return sum(share.open for share in shares if share.holds)
