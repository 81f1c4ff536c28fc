"""How exactly others than the team may read a figure: one decimal, and a spread only of enough people."""

from evaluations.statistics import Interval

# From so many on, an interval or an effect size says nothing of one of them (docs/analysis.md).
ENOUGH_FOR_SPREAD = 20


def rounded(interval: Interval | None) -> Interval | None:
    """An interval to one decimal."""
    return Interval(round(interval.low, 1), round(interval.high, 1)) if interval else None
