"""Reads calendar files back out of queued messages."""

import base64

from icalendar import Calendar, Event

from notifications.models import Message


def events_of(message: Message) -> list[tuple[Event, str]]:
    """Each event with its file's method, in the order of the attachments."""
    found = []
    for row in message.attachments:
        calendar = Calendar.from_ical(base64.b64decode(row["content"]))
        assert f"method={calendar['method']}" in row["content_type"]
        found += [(event, str(calendar["method"])) for event in calendar.walk("VEVENT")]
    return found
