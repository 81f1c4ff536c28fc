"""Messages as a spreadsheet: who was written to about what, and never the text, whose links act."""

from typing import Any

from notifications.kinds import kind_of
from notifications.models import Message
from partnership_portal.tables import Column, ListSheet


def _kind(purpose: str) -> str:
    kind = kind_of(purpose)
    return kind.name if kind else purpose


MESSAGES = ListSheet(
    "Messages",
    (
        Column("Kind", "purpose", 26, _kind),
        Column("Title", "title", 44),
        Column("To", "to_name", 26),
        Column("Email", "to_email", 34),
        Column("State", "state", 20, dict[Any, Any](Message.State.choices).get),
        Column("Written", "created_at", 18),
        Column("Sent", "sent_at", 18),
        Column("Attempts", "attempts", 10),
        Column("Problem", "error", 50),
    ),
)
