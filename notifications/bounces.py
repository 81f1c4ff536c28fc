"""Reads what mail servers send back when they could not deliver a message (delivery status notifications, RFC 3464)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

from notifications.sendings import HEADER

_STATUS = re.compile(r"\b([245])\.(\d{1,3}\.\d{1,3})\b", re.ASCII)
_THIS_TIME = "It could not be delivered this time; the address may be right, so send it again."
# By what follows the class of the status (RFC 3463); the first that fits.
_REASONS = (
    (r"1\.2|4\.4|4\.310", "The part after the @ belongs to no mail server"),
    (r"1\.\d+|4\.1", "Nobody has this address there"),
    (r"2\.1", "The mailbox is switched off"),
    (r"2\.2", "The mailbox is full"),
    (r"2\.3|3\.4", "The message is too large for the mailbox"),
    (r"4\.\d+", "The mail server could not be reached in time"),
    (r"7\.\d+", "The mail server did not want the message"),
)
# Where the class is 4 it has given up, but what kept it from delivering may pass: nothing is said of the address.
_PASSING = (
    (r"1\.\d+", "The mail server could not find out whether the address is right"),
    (r"2\.2", "The mailbox is full"),
    (r"2\.\d+", "The mailbox took no messages"),
    (r"3\.\d+", "The mail server took no messages"),
    (r"4\.\d+", "The mail server could not be reached in time"),
    (r"7\.\d+", "The mail server did not want the message yet"),
)


@dataclass(frozen=True)
class Bounce:
    """What a mail server says of a message: which one, whether it has given up, and its status."""

    names: str
    is_final: bool
    status: str

    @property
    def reason(self) -> str:
        """Why it came back, in plain words; and that it may arrive another time, where the status says so."""
        found = _STATUS.search(self.status)
        if found is None:
            return "It came back, and the mail server did not say why."
        may_pass = found[1] == "4"
        reasons = _PASSING if may_pass else _REASONS
        words = [words for pattern, words in reasons if re.fullmatch(pattern, found[2])]
        reason = f"{words[0] if words else 'It came back'} ({found[0]})."
        return f"{reason} {_THIS_TIME}" if may_pass else reason


def bounce_in(content: bytes) -> Bounce | None:
    """What a mail says of one of our messages; nothing where it is no delivery status notification.

    Only its parts in the standard's form are read, never its prose. ``names`` is all that it quotes of a message's
    headers. A server that has given up says ``failed``; one that still tries says ``delayed``.
    """
    mail = message_from_bytes(content)
    parts = [one for one in _parts(mail) if isinstance(one, Message)]
    reports = [
        block for one in parts if one.get_content_type() == "message/delivery-status" for block in _parts(one)
    ]
    if not reports:
        return None
    failed = [block for block in reports if _header(block, "Action").lower() == "failed"]
    quoted = [_header(mail, "In-Reply-To"), _header(mail, "References")]
    quoted += [_header(block, "X-Original-Message-ID") for block in reports]
    for returned in filter(None, map(_returned, parts)):
        # First what the message itself says.
        quoted = [_header(returned, HEADER), _header(returned, "Message-ID"), *quoted]
    return Bounce(
        names="\n".join(quoted),
        is_final=bool(failed),
        status=_header(failed[0], "Status") if failed else "",
    )


def _parts(mail: Message) -> Iterator[Message]:
    payload = mail.get_payload()
    return iter(payload if isinstance(payload, list) else [])


def _header(mail: Message, name: str) -> str:
    return " ".join(str(mail.get(name, "")).split())


def _returned(part: Message) -> Message | None:
    """The message that came back: whole, or its headers alone."""
    if part.get_content_type() == "message/rfc822":
        return next(_parts(part), None)
    if part.get_content_type() == "text/rfc822-headers":
        content = part.get_payload(decode=True)
        return message_from_bytes(content) if isinstance(content, bytes) else None
    return None
