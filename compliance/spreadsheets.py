"""Records and people as the rows of spreadsheets."""

from collections.abc import Iterable, Iterator
from typing import Any

from compliance.queries.people import PersonRow
from compliance.queries.record import RecordEntry
from compliance.queries.standing import Standing
from partnership_portal.tables import Sheet

RECORD_HEADERS = ["Completed on", "Training", "Provider", "Hours", "Where", "Counts for", "Certificate"]
STANDING_HEADERS = ["Training", "Kind", "Status", "Met on", "Lapses on", "Met by"]
PEOPLE_HEADERS = [
    "Name",
    "Job role",
    "Group",
    "Required training met",
    "Required training",
    "Next lapse",
    "Last training",
]


def record_rows(entries: Iterable[RecordEntry]) -> Iterator[list[Any]]:
    """The lines of a record that stand."""
    for one in entries:
        if not one.is_withdrawn:
            title = f"{one.title} (partly attended)" if one.is_partial else one.title
            yield [one.on, title, one.provider, one.hours, one.where, one.counts_for, one.certificate]


def standing_rows(standing: Standing) -> Iterator[list[Any]]:
    """What is required of and recommended to somebody."""
    for one in standing.requirements:
        kind = one.requirement.get_kind_display()
        yield [one.requirement.title, kind, one.in_words, one.met_on, one.lapses_on, one.met_by]


def record_sheets(entries: Iterable[RecordEntry], standing: Standing) -> list[Sheet]:
    """A record, and where its person stands."""
    return [
        Sheet("Training", RECORD_HEADERS, record_rows(entries), [14, 44, 34, 8, 24, 30, 20]),
        Sheet(
            "Required and recommended", STANDING_HEADERS, standing_rows(standing), [44, 14, 14, 14, 14, 44]
        ),
    ]


def people_sheets(rows: list[PersonRow]) -> list[Sheet]:
    """An organisation's people, and each requirement of each."""
    return [
        Sheet("People", PEOPLE_HEADERS, _people_rows(rows), [30, 30, 34, 12, 12, 14, 14]),
        Sheet(
            "Requirements",
            ["Name", *STANDING_HEADERS],
            ([row.membership.person.name, *line] for row in rows for line in standing_rows(row.standing)),
            [30, 44, 14, 14, 14, 14, 44],
        ),
    ]


def _people_rows(rows: Iterable[PersonRow]) -> Iterator[list[Any]]:
    for row in rows:
        group = row.membership.competency_group
        yield [
            row.membership.person.name,
            row.membership.job_role,
            group.title if group else "",
            row.standing.met_count,
            row.standing.required_count,
            row.standing.next_lapse,
            row.standing.last_training,
        ]
