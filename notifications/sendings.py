"""The name that each sending of a message goes under, signed: a mail server that returns it says which one it was.

It is in the Message-ID and in a header of ours, since some relays write their own Message-ID. Nobody who has not had
the message can name it, and who has had it can only say that it came back.
"""

import re
import secrets
from dataclasses import dataclass

from partnerships.errors import DomainError
from partnerships.links import read_token, token_for
from partnerships.models import Partnership

HEADER = "X-Portal-Message"
_PURPOSE = "sent"
_NAME = re.compile(r"sent-(\d{1,18})\.\d{1,18}\.[0-9a-f]{12}~[\w-]+", re.ASCII)


@dataclass(frozen=True)
class Sending:
    """One sending of one message of a partnership."""

    partnership: Partnership
    message_id: int
    number: str


def new_sending() -> str:
    """The number of another sending; what comes back of an earlier one is then not about this one."""
    return secrets.token_hex(6)


def name_of(partnership: Partnership, message_id: int, number: str) -> str:
    """The signed name of a sending, fit for a Message-ID."""
    return token_for(partnership, _PURPOSE, message_id, nonce=number)


def sending_in(text: str) -> Sending | None:
    """The first sending that a text names, if any name in it is genuine."""
    for found in _NAME.finditer(text):
        partnership = Partnership.objects.filter(pk=int(found[1])).first()
        if partnership is None:
            continue
        try:
            return Sending(partnership, *read_token(partnership, _PURPOSE, found[0]))
        except DomainError:
            continue
    return None
