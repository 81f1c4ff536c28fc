"""How figures of an analysis are written."""

from evaluations.statistics import Interval


def rounded(value: float | None, digits: int) -> str | None:
    """A number with so many decimals."""
    # Not −0.0, and a minus that screen readers read as one.
    return None if value is None else f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def signed(value: float) -> str:
    """A difference with its sign."""
    return f"{round(value, 1) + 0.0:+.1f}".replace("-", "−")


def span(interval: Interval | None, digits: int) -> str | None:
    """From where to where an interval goes."""
    return f"{rounded(interval.low, digits)} to {rounded(interval.high, digits)}" if interval else None


def percents(interval: Interval) -> str:
    """From where to where the interval of a share goes."""
    return f"{interval.low * 100:.0f}% to {interval.high * 100:.0f}%"
