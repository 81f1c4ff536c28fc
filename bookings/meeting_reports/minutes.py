"""How long somebody was there during a session's date, at least and at most."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bookings.meeting_reports.report import Attendee, Interval


@dataclass(frozen=True)
class Presence:
    """The seconds of a date that somebody was certainly there, and the most that the report leaves possible."""

    least: int
    most: int

    def decided(self, seconds_needed: int) -> bool | None:
        """Present, absent, or nothing where the report does not settle it."""
        if self.least >= seconds_needed:
            return True
        return False if self.most < seconds_needed else None


def union(intervals: Iterable[Interval]) -> list[tuple[datetime, datetime]]:
    """The intervals as stretches that don't overlap, so that nobody counts twice on two devices."""
    stretches: list[tuple[datetime, datetime]] = []
    for joined, left in sorted((one.joined, one.left) for one in intervals):
        if stretches and joined <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(stretches[-1][1], left))
        else:
            stretches.append((joined, left))
    return stretches


def overlap_of(intervals: Iterable[Interval]) -> timedelta:
    """For how long more than one connection was open."""
    found = list(intervals)
    apart = sum((one.left - one.joined for one in found), timedelta())
    return apart - sum((end - start for start, end in union(found)), timedelta())


def presence_of(parts: Iterable[Attendee], starts_at: datetime, ends_at: datetime) -> Presence:
    """What all the entries of one person add up to between two moments.

    Rejoins are merged and everything is clipped. Where a report gives only a sum, what was outside the two moments may
    all have been outside them, or none of it.
    """
    people = list(parts)
    intervals = [one for person in people for one in person.intervals]
    least = _seconds(intervals, starts_at, ends_at)
    most = _seconds([_widest(one, starts_at, ends_at) for one in intervals], starts_at, ends_at)
    for person in people:
        if person.within is None:
            continue
        span = (person.within.left - person.within.joined).total_seconds()
        clipped = _seconds([person.within], starts_at, ends_at)
        known = person.seconds
        least = max(least, 0 if known is None else int(max(0, clipped - (span - known))))
        most += clipped if known is None else min(clipped, known)
    length = int((ends_at - starts_at).total_seconds())
    return Presence(least, max(least, min(most, length)))


def _widest(one: Interval, starts_at: datetime, ends_at: datetime) -> Interval:
    joined = min(one.joined, starts_at) if one.open_start else one.joined
    return Interval(joined, max(one.left, ends_at) if one.open_end else one.left)


def _seconds(intervals: list[Interval], starts_at: datetime, ends_at: datetime) -> int:
    clipped = [
        Interval(max(one.joined, starts_at), min(one.left, ends_at))
        for one in intervals
        if one.joined < ends_at and one.left > starts_at
    ]
    return int(sum((end - start).total_seconds() for start, end in union(clipped)))
