"""Reads the messages that the demonstration has kept, newest first."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings
from django.http import Http404

_NAME = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]{6}-[0-9a-f]{8}")


@dataclass(frozen=True)
class Letter:
    """One message that was sent."""

    name: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        """What it is about."""
        return str(self.message["Subject"] or "No subject")

    @property
    def to(self) -> str:
        """To whom."""
        return str(self.message["To"] or "")

    @property
    def sender(self) -> str:
        """From whom."""
        return str(self.message["From"] or "")

    @property
    def sent_at(self) -> datetime:
        """When."""
        return parsedate_to_datetime(str(self.message["Date"]))

    @property
    def text(self) -> str:
        """The plain text."""
        body = self.message.get_body(("plain",))
        return str(body.get_content()) if body is not None else ""

    @property
    def html(self) -> str:
        """The HTML, as it was sent."""
        body = self.message.get_body(("html",))
        return str(body.get_content()) if body is not None else ""

    @property
    def attachments(self) -> list[tuple[str, str, bytes]]:
        """Name, type and content of each attachment."""
        return [
            (part.get_filename() or f"attachment-{number}", part.get_content_type(), _content(part))
            for number, part in enumerate(self.message.iter_attachments(), start=1)
        ]


def names() -> list[str]:
    """The names of every message, newest first."""
    folder = settings.DEMO_MAILBOX_DIR
    return sorted((path.stem for path in folder.glob("*.eml")), reverse=True) if folder.is_dir() else []


def letter(name: str) -> Letter:
    """One message by its name."""
    path: Path = settings.DEMO_MAILBOX_DIR / f"{name}.eml"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise Http404
    return Letter(name, message_from_bytes(path.read_bytes(), policy=policy.default))


def _content(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""
