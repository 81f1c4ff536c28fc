"""Shares, means and changes with their 95% intervals; the quantiles are SciPy's, which is read when first needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, sqrt

_TAIL = 0.975
_NOTHING = 1e-9
# Student's t up to which SciPy finds the noncentrality; of a million and more it searches without end.
_FARTHEST = 100_000


@dataclass(frozen=True)
class Interval:
    """From the lowest to the highest value that the answers are compatible with."""

    low: float
    high: float


@dataclass(frozen=True)
class Share:
    """How many of how many, with Wilson's interval for the share from 0 to 1."""

    count: int
    of: int
    interval: Interval

    @property
    def value(self) -> float:
        """The share, from 0 to 1."""
        return self.count / self.of


@dataclass(frozen=True)
class Mean:
    """A mean with Student's interval; none from one number."""

    n: int
    value: float
    interval: Interval | None


@dataclass(frozen=True)
class Change:
    """The same people twice: both means, the mean difference, and its size as Cohen's d for paired samples.

    d is the mean difference over the standard deviation of the differences; its interval inverts the noncentral t.
    Neither where everybody changed by the same, no interval where it can't be reckoned; no means where they are not to
    be shown. ``pairs`` says how many pairs of answers there are where somebody gave several.
    """

    n: int
    before: float | None
    after: float | None
    difference: float
    interval: Interval | None = None
    effect: float | None = None
    effect_interval: Interval | None = None
    pairs: int | None = None


def share(count: int, of: int) -> Share | None:
    """A share with Wilson's score interval (Newcombe 1998, method 3); nothing of nobody."""
    if not of:
        return None
    from scipy.special import ndtri

    z, p = float(ndtri(_TAIL)), count / of
    middle, spread = 2 * count + z * z, z * sqrt(z * z + 4 * count * (1 - p))
    # Rounding must not carry an interval beyond what a share can be.
    low, high = (max(0.0, min(1.0, (middle + sign * spread) / (2 * (of + z * z)))) for sign in (-1, 1))
    return Share(count, of, Interval(low, high))


def mean_of(counts: Mapping[int, int]) -> Mean | None:
    """The mean of numbers that were each given so often."""
    n = sum(counts.values())
    if not n:
        return None
    value = sum(number * count for number, count in counts.items()) / n
    if n == 1:
        return Mean(n, value, None)
    variance = sum(count * (number - value) ** 2 for number, count in counts.items()) / (n - 1)
    return Mean(n, value, _around(value, sqrt(variance), n))


def change_of(pairs: Mapping[tuple[float, float], int]) -> Change | None:
    """How much the same people changed from the first to the second number, by how often each pair was given."""
    n = sum(pairs.values())
    if not n:
        return None
    first = sum(before * count for (before, _), count in pairs.items()) / n
    second = sum(after * count for (_, after), count in pairs.items()) / n
    difference = sum((after - before) * count for (before, after), count in pairs.items()) / n
    squares = sum(count * (after - before - difference) ** 2 for (before, after), count in pairs.items())
    deviation = sqrt(squares / (n - 1)) if n > 1 else 0.0
    # Where everybody changed by the same, rounding leaves a trace of a spread.
    if deviation < _NOTHING:
        return Change(n, first, second, difference)
    effect = difference / deviation
    around = _around(difference, deviation, n)
    return Change(n, first, second, difference, around, effect, _around_effect(effect, n))


def size_in_words(effect: float) -> str:
    """Cohen's words for the size of an effect: from 0.2 small, from 0.5 medium, from 0.8 large."""
    sizes = ((0.8, "a large change"), (0.5, "a medium change"), (0.2, "a small change"))
    return next((words for least, words in sizes if abs(effect) >= least), "hardly any change")


def _around(value: float, deviation: float, n: int) -> Interval:
    from scipy.special import stdtrit

    spread = float(stdtrit(n - 1, _TAIL)) * deviation / sqrt(n)
    return Interval(value - spread, value + spread)


def _around_effect(effect: float, n: int) -> Interval | None:
    from scipy.special import nctdtrinc

    root = sqrt(n)
    if abs(effect) * root > _FARTHEST:
        return None
    low, high = (float(nctdtrinc(n - 1, tail, effect * root)) / root for tail in (_TAIL, 1 - _TAIL))
    return Interval(low, high) if isfinite(low) and isfinite(high) else None
