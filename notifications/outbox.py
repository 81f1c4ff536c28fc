"""Queues messages: each is a row before it is sent, and exists once per purpose, subject and address."""

import base64
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.template import Context
from django.template.loader import get_template

from notifications.models import Message
from notifications.tasks import send_message
from partnership_portal.colours import ink_on
from partnerships.models import Partnership, Person

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message; the type may have parameters (``text/calendar; method=REQUEST``)."""

    name: str
    content_type: str
    content: bytes

    def as_row(self) -> dict[str, str]:
        """The file as the message's row keeps it."""
        content = base64.b64encode(self.content).decode()
        return {"name": self.name, "content_type": self.content_type, "content": content}


def queue_message(
    *,
    partnership: Partnership,
    purpose: str,
    subject_key: str,
    template: str,
    context: dict[str, Any],
    person: Person | None = None,
    to_name: str = "",
    to_email: str = "",
    attachments: Sequence[Attachment] = (),
) -> Message | None:
    """Queue one message in the caller's transaction, in the coordinator's name; it is sent after the commit.

    ``template`` is the folder of ``title.txt``, ``body.txt`` and ``body.html`` under ``templates/messages/``. Gives
    nothing where the person has no address, and the row that is already there when it was queued before; the
    templates are then not even rendered. When the broker is away the row waits for ``sweep_outboxes``.
    """
    name, email = (person.name, person.email) if person is not None else (to_name, to_email)
    if not email:
        return None
    key = {"partnership": partnership, "purpose": purpose, "subject_key": subject_key, "to_email": email}
    queued = Message.objects.filter(**key).first()
    if queued is not None:
        return queued
    brand = partnership.brand_colour
    context = {"partnership": partnership, "name": name, "brand": brand, "ink": ink_on(brand), **context}
    message = Message(
        **key,
        person=person,
        to_name=name,
        from_name=partnership.coordinator_name,
        reply_to=partnership.coordinator_email,
        title=" ".join(_text(f"messages/{template}/title.txt", context).split())[:250],
        text=_text(f"messages/{template}/body.txt", context).strip() + "\n",
        html=get_template(f"messages/{template}/body.html").render(context),
        attachments=[attachment.as_row() for attachment in attachments],
    )
    # Whoever queued it since we looked wins; the row that is there then gives its key, and is sent once all the same.
    Message.objects.bulk_create(
        [message], update_conflicts=True, unique_fields=list(key), update_fields=["purpose"]
    )
    transaction.on_commit(partial(_hand_over, partnership.pk, message.pk), robust=True)
    return message


def already_queued(partnership: Partnership, purpose: str, subject_keys: Iterable[str]) -> set[str]:
    """Those of the subjects that somebody was written to about for this purpose: jobs leave them out (one query)."""
    found = Message.objects.filter(
        partnership=partnership, purpose=purpose, subject_key__in=list(subject_keys)
    )
    return set(found.values_list("subject_key", flat=True))


def _text(name: str, context: dict[str, Any]) -> str:
    # A plain text has no HTML to guard: O'Brien must stay O'Brien.
    template: Any = get_template(name)
    return template.template.render(Context(context, autoescape=False))


def _hand_over(partnership_id: int, message_id: int) -> None:
    try:
        send_message.delay(partnership_id, message_id)
    except send_message.OperationalError:
        log.warning("The broker is away; message %s waits for the sweep.", message_id)
