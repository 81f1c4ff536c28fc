"""Finds out whom of a register the entries of a meeting report mean; settles nothing that a person should look at."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bookings.meeting_reports.minutes import overlap_of
from bookings.meeting_reports.names import SIMILAR, name_key, other_keys, similarity
from bookings.meeting_reports.report import Attendee

MOST_SUGGESTIONS = 5


class Match(StrEnum):
    """How sure it is whom an entry means."""

    MATCHED = "matched"
    PROBABLE = "probable"
    UNKNOWN = "unknown"
    TRAINER = "trainer"


@dataclass(frozen=True)
class Candidate:
    """Somebody whom an entry may mean, by the key of the booking, or of the person where it is a trainer."""

    key: int
    name: str
    email: str


@dataclass(frozen=True)
class Finding:
    """An entry, whom it means, or may mean, and why."""

    attendee: Attendee
    match: Match
    candidates: tuple[int, ...] = ()
    why: str = ""
    by_address: bool = False

    @property
    def booking(self) -> int | None:
        """The booking that it is, where that is sure."""
        return self.candidates[0] if self.match is Match.MATCHED else None


def find(
    attendees: Sequence[Attendee],
    *,
    booked: Sequence[Candidate],
    trainers: Sequence[Candidate] = (),
    elsewhere: frozenset[str] = frozenset(),
) -> list[Finding]:
    """One finding for each entry, in their order.

    An entry is matched by its email address, or by its name where that is on the register once. ``elsewhere`` are the
    addresses in the report that belong to other people of the partnership: a namesake is not the one who booked.
    """
    register = _Register(booked, trainers, elsewhere)
    return _without_double_claims([register.finding(attendee) for attendee in attendees])


class _Register:
    def __init__(
        self, booked: Sequence[Candidate], trainers: Sequence[Candidate], elsewhere: frozenset[str]
    ) -> None:
        self.by_email = {one.email.lower(): one for one in booked if one.email}
        self.by_name: Mapping[str, list[Candidate]] = _by_name(booked)
        self.trainers = {one.email.lower() for one in trainers if one.email}
        self.trainers |= {name_key(one.name) for one in trainers}
        self.elsewhere = elsewhere

    def finding(self, attendee: Attendee) -> Finding:
        key = name_key(attendee.name)
        named = self.by_name.get(key, [])
        holder = self.by_email.get(attendee.email) if attendee.email else None
        if holder is not None:
            others = [one for one in named if one != holder]
            if others and holder not in named:
                return _probable(
                    attendee, [holder, *others], "The address is one person’s, the name another’s."
                )
            return Finding(attendee, Match.MATCHED, (holder.key,), "Same email address.", by_address=True)
        if named:
            return self._named(attendee, named)
        if attendee.email in self.trainers or key in self.trainers:
            return Finding(attendee, Match.TRAINER, why="Trains this session.")
        alike = self._alike(attendee, key)
        return _probable(attendee, alike, "Similar name.") if alike else Finding(attendee, Match.UNKNOWN)

    def _named(self, attendee: Attendee, named: list[Candidate]) -> Finding:
        if len(named) > 1:
            return _probable(attendee, named, "More than one person of this name has a place.")
        if attendee.email in self.elsewhere:
            return _probable(attendee, named, "The address belongs to somebody else of this name.")
        if attendee.overlaps:
            return _probable(
                attendee,
                named,
                "Connected twice at once: one person on two devices, or two people of this name.",
            )
        return Finding(attendee, Match.MATCHED, (named[0].key,), "Same name.")

    def _alike(self, attendee: Attendee, key: str) -> list[Candidate]:
        keys = (key, *other_keys(attendee.name, attendee.email))
        scores: dict[Candidate, float] = {}
        for name, candidates in self.by_name.items():
            score = max(similarity(one, name) for one in keys)
            if score >= SIMILAR:
                scores |= dict.fromkeys(candidates, score)
        return sorted(scores, key=lambda one: (-scores[one], one.name, one.key))


def _by_name(booked: Sequence[Candidate]) -> Mapping[str, list[Candidate]]:
    found: dict[str, list[Candidate]] = defaultdict(list)
    for one in booked:
        found[name_key(one.name)].append(one)
    return dict(found)


def _probable(attendee: Attendee, candidates: list[Candidate], why: str) -> Finding:
    keys = tuple(one.key for one in candidates[:MOST_SUGGESTIONS])
    return Finding(attendee, Match.PROBABLE, keys, why)


def _without_double_claims(findings: list[Finding]) -> list[Finding]:
    """Let two entries be one person only where nothing speaks against it, and say so."""
    claims: dict[int, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.booking is not None:
            claims[finding.booking].append(finding)
    settled = {id(one): one for one in findings}
    for entries in (entries for entries in claims.values() if len(entries) > 1):
        for one, other in ((one, _other(one, entries)) for one in entries):
            settled[id(one)] = _settled(one, other)
    return [settled[id(one)] for one in findings]


def _other(one: Finding, entries: list[Finding]) -> Finding:
    """The entry to compare with: the one that is sure by its address, else the first of the others."""
    others = [entry for entry in entries if entry is not one]
    return next((entry for entry in others if entry.by_address), others[0])


def _settled(one: Finding, other: Finding) -> Finding:
    if one.by_address:
        return one
    same = not one.attendee.email and name_key(one.attendee.name) == name_key(other.attendee.name)
    if not other.by_address:
        same = same and not other.attendee.email and not _at_once(one.attendee, other.attendee)
    if not same:
        return replace(one, match=Match.PROBABLE, why=f"“{other.attendee.name}” has this place too.")
    return replace(one, why=f"Same name as “{other.attendee.name}”: their times are added together.")


def _at_once(one: Attendee, other: Attendee) -> bool:
    return overlap_of((*one.intervals, *other.intervals)).total_seconds() > 60
