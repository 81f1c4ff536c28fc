"""Puts together the people of a report from its tables, all connections of one person under one name."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from bookings.meeting_reports.headings import (
    Column,
    action_of,
    is_about_hosts,
    is_organiser,
    says_no,
    says_utc,
    says_yes,
)
from bookings.meeting_reports.minutes import overlap_of, union
from bookings.meeting_reports.moments import Order, Stamp, is_nothing, seconds_of, stamp_of
from bookings.meeting_reports.report import Attendee, Interval
from bookings.meeting_reports.tables import Table
from bookings.meeting_reports.text import Line
from bookings.meeting_reports.words import plain
from partnerships.errors import DomainError

C = Column
MOST_PEOPLE = 1_000
LONGEST_NAME, LONGEST_EMAIL = 200, 254
# Programs round and cut durations; more than this is a contradiction.
_LEEWAY = 120
_CONTRADICTION = "The times in the report don’t fit the minutes that it gives."


@dataclass(frozen=True)
class Times:
    """How this report's dates and times are to be read."""

    order: Order
    clock: tzinfo

    def moment(self, stamp: Stamp) -> datetime | None:
        """The moment of a stamp in UTC."""
        return stamp.at(self.order, self.clock)

    def read(self, cell: str) -> datetime | None:
        """The moment that a cell says, or nothing."""
        stamp = stamp_of(cell)
        return self.moment(stamp) if stamp else None


@dataclass
class _Person:
    name: str
    email: str
    is_host: bool = False
    intervals: list[Interval] = field(default_factory=list)
    sums: list[tuple[Interval, int | None]] = field(default_factory=list)
    stated: int | None = None
    doubt: str = ""


def attendees_of(
    tables: list[Table], times: Times, started: datetime | None, ended: datetime | None
) -> tuple[Attendee, ...]:
    """Everybody whom the tables name, in the order of the file."""
    people: dict[str, _Person] = {}
    connected = [table for table in tables if table.has(C.JOINED) or table.has(C.MOMENT)]
    for table in connected:
        if table.has(C.MOMENT, C.ACTION):
            _read_actions(people, table, times, ended)
        else:
            _read_connections(people, table, times)
    for table in tables:
        if table not in connected:
            _read_sums(people, table, times, started, ended)
    return tuple(_attendee(person) for person in people.values())


def _read_connections(people: dict[str, _Person], table: Table, times: Times) -> None:
    """A line for each connection: joined, left."""
    for line in _lines(table):
        if says_no(table.cell(line, C.ATTENDED)):
            continue
        person = _person(people, table, line)
        joined, left = (_moment(table, line, column, times) for column in (C.JOINED, C.LEFT))
        if says_yes(table.cell(line, C.WAITING)):
            continue  # waited outside and was not let in by this connection
        if joined is None:
            person.doubt = person.doubt or ("The report does not say when they joined." if left else "")
            continue
        if left is None:
            person.intervals.append(Interval(joined, joined, open_end=True))
            continue
        if left < joined:
            left = _after_the_clocks_went_back(table, line, times, joined) or left
        if left < joined:
            person.doubt = "The report says that they left before they joined."
            continue
        person.intervals.append(Interval(joined, left))
        stated = _seconds(table, line)
        if stated is not None and abs(stated - (left - joined).total_seconds()) > _LEEWAY:
            person.doubt = _CONTRADICTION


def _read_actions(people: dict[str, _Person], table: Table, times: Times, ended: datetime | None) -> None:
    """A line for each coming and each going, in any order."""
    events: dict[str, list[tuple[datetime, str, bool]]] = defaultdict(list)
    for line in _lines(table):
        action = action_of(table.cell(line, C.ACTION))
        moment = _moment(table, line, C.MOMENT, times)
        if action is None or moment is None:
            raise DomainError(
                f"Line {line.number} of the report should say who joined or left and when, and says "
                f"“{', '.join(cell[:40] for cell in line.filled)}”."
            )
        _person(people, table, line)
        events[_key(table, line)].append((moment, *action))
    for key, found in events.items():
        _connect(people[key], sorted(found, key=lambda event: (event[0], event[1] == "left")), ended)


def _connect(person: _Person, events: list[tuple[datetime, str, bool]], ended: datetime | None) -> None:
    """Pair comings with goings; whoever is on two devices is there until the last of them has gone."""
    since: list[tuple[datetime, bool]] = []
    for moment, action, before in events:
        if action == "joined":
            since.append((moment, before))
        elif since:
            joined, was_there = since.pop()
            person.intervals.append(Interval(joined, moment, open_start=was_there))
        else:
            person.doubt = "The report says that they left, and not when they had joined."
    for joined, was_there in since:
        person.intervals.append(
            Interval(joined, max(joined, ended or joined), open_start=was_there, open_end=True)
        )


def _read_sums(
    people: dict[str, _Person],
    table: Table,
    times: Times,
    started: datetime | None,
    ended: datetime | None,
) -> None:
    """A line for each person, with the first joining and the last leaving, or no times at all, and a sum."""
    known = set(people)
    alike = _alike(table, known)
    for line in _lines(table):
        if says_no(table.cell(line, C.ATTENDED)) or says_yes(table.cell(line, C.WAITING)):
            continue
        key, stated = _link(table, line, known), _seconds(table, line)
        if key in alike:
            key = _account(table, line) or f"{key} {line.number}"
        person = _person(people, table, line, key)
        if key in known:
            person.stated = (person.stated or 0) + stated if stated is not None else person.stated
            continue
        first, last = (_moment(table, line, column, times) for column in (C.FIRST_JOINED, C.LAST_LEFT))
        first, last = first or started, last or ended
        if first is None or last is None or last < first:
            person.doubt = "The report does not say when they were there."
        elif stated is not None and abs((last - first).total_seconds() - stated) <= 1:
            person.intervals.append(Interval(first, last))
        elif stated is not None and stated > (last - first).total_seconds() + _LEEWAY:
            person.doubt = _CONTRADICTION
        else:
            person.sums.append((Interval(first, last), stated))
    for key in alike & known:
        people.pop(key)


def _link(table: Table, line: Line, known: set[str]) -> str:
    """The key under which the connections of this line's person were read, or a new one."""
    keys = [_email(table, line), _account(table, line), _key(table, line), plain(_name(table, line))]
    return next((key for key in keys if key in known), next(key for key in keys if key))


def _alike(table: Table, known: set[str]) -> set[str]:
    """Names that several lines of a list of people share without an address: these are several people."""
    counts = Counter(_link(table, line, known) for line in _lines(table))
    return {key for key, count in counts.items() if count > 1 and "@" not in key}


def _lines(table: Table) -> Iterator[Line]:
    """The lines that tell of somebody, if only by a time."""
    telling = (C.NAME, C.FIRST_NAME, C.LAST_NAME, C.EMAIL, C.ACCOUNT, C.JOINED, C.FIRST_JOINED, C.MOMENT)
    for line in table.lines:
        if any(table.cell(line, column) for column in telling):
            yield line


def _person(people: dict[str, _Person], table: Table, line: Line, key: str = "") -> _Person:
    email = _email(table, line) or _account(table, line)
    person = people.setdefault(
        key or _key(table, line), _Person(_name(table, line) or email or "No name", email)
    )
    person.email = person.email or email
    person.is_host = person.is_host or is_about_hosts(table.section) or is_organiser(table.cell(line, C.ROLE))
    return person


def _key(table: Table, line: Line) -> str:
    name = _name(table, line)
    return _email(table, line) or plain(name) or name or f"line {line.number}"


def _name(table: Table, line: Line) -> str:
    name = table.cell(line, C.NAME)
    if not name:
        name = f"{table.cell(line, C.FIRST_NAME)} {table.cell(line, C.LAST_NAME)}".strip()
    return name[:LONGEST_NAME] if name.strip("-–—. ") else ""


def _email(table: Table, line: Line) -> str:
    return _address(table.cell(line, C.EMAIL))


def _account(table: Table, line: Line) -> str:
    """The address in an account's name; that of a guest is folded into the host's: ann_example.org#EXT#@host."""
    account = table.cell(line, C.ACCOUNT)
    guest, mark, _ = account.partition("#EXT#")
    if mark:
        local, underscore, domain = guest.rpartition("_")
        account = f"{local}@{domain}" if underscore else ""
    return _address(account)


def _address(cell: str) -> str:
    local, at, domain = cell.strip().lower().partition("@")
    fits = local and at and "." in domain and "@" not in domain and " " not in cell.strip()
    return cell.strip().lower() if fits and len(cell) <= LONGEST_EMAIL else ""


def _moment(table: Table, line: Line, column: Column, times: Times) -> datetime | None:
    cell = table.cell(line, column)
    if is_nothing(cell):
        return None
    stamp = stamp_of(cell, utc=says_utc(table.heading(column)))
    moment = times.moment(stamp) if stamp else None
    if moment is None:
        raise DomainError(
            f"Line {line.number} of the report has “{cell[:40]}” under “{table.heading(column)[:40]}”, where a date "
            "and a time are expected, such as 21/11/2026, 09:30:00 or 11/21/26, 9:30:00 AM."
        )
    return moment


def _after_the_clocks_went_back(table: Table, line: Line, times: Times, joined: datetime) -> datetime | None:
    stamp = stamp_of(table.cell(line, C.LEFT), utc=says_utc(table.heading(C.LEFT)))
    later = stamp.later_at(times.order, times.clock) if stamp else None
    return later if later is not None and later >= joined else None


def _seconds(table: Table, line: Line) -> int | None:
    in_seconds = "second" in plain(table.heading(C.DURATION))
    return seconds_of(table.cell(line, C.DURATION), unit=1 if in_seconds else 60)


def _attendee(person: _Person) -> Attendee:
    doubt = person.doubt
    if person.stated is not None and not any(one.open_end for one in person.intervals):
        # The sum may count somebody on two devices twice.
        least = sum((end - start).total_seconds() for start, end in union(person.intervals))
        most = sum((one.left - one.joined).total_seconds() for one in person.intervals)
        fits = least - _LEEWAY <= person.stated <= most + _LEEWAY
        doubt = doubt or ("" if fits else _CONTRADICTION)
    within, seconds = _together(person.sums)
    return Attendee(
        name=person.name,
        email=person.email,
        is_host=person.is_host,
        intervals=tuple(sorted(person.intervals, key=lambda one: one.joined)),
        within=within,
        seconds=seconds,
        doubt=doubt,
        overlaps=not person.email and overlap_of(person.intervals) > timedelta(minutes=1),
    )


def _together(sums: Iterable[tuple[Interval, int | None]]) -> tuple[Interval | None, int | None]:
    """Several lines of one person that give sums only, as one."""
    found = list(sums)
    if not found:
        return None, None
    within = Interval(min(one.joined for one, _ in found), max(one.left for one, _ in found))
    known = [seconds for _, seconds in found if seconds is not None]
    length = int((within.left - within.joined).total_seconds())
    return within, min(sum(known), length) if len(known) == len(found) else None
