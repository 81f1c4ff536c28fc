"""Messages as a spreadsheet: who was written to about what, and never the text, whose links act."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from notifications.kinds import kind_of
from notifications.models import Message
from partnership_portal.tables import Sheet

_COLUMNS = {
    "Kind": "purpose",
    "Title": "title",
    "To": "to_name",
    "Email": "to_email",
    "State": "state",
    "Written": "created_at",
    "Sent": "sent_at",
    "Attempts": "attempts",
    "Problem": "error",
}
_WIDTHS = (26, 44, 26, 34, 20, 18, 18, 10, 50)


def messages_sheet(messages: QuerySet[Message]) -> Sheet:
    """One sheet of these messages, in their order."""
    return Sheet("Messages", list(_COLUMNS), _rows(messages), _WIDTHS)


def _rows(messages: QuerySet[Message]) -> Iterator[list[Any]]:
    for purpose, *values in messages.values_list(*_COLUMNS.values()).iterator(chunk_size=2000):
        kind = kind_of(purpose)
        values[3] = Message.State(values[3]).label
        yield [kind.name if kind else purpose, *values]
