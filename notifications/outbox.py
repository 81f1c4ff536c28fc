"""Queues messages: each is a row before it is sent, and exists once per purpose, subject and address."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.template.loader import render_to_string

from notifications.models import Message
from notifications.tasks import send_message
from partnerships.models import Partnership, Person


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    content_type: str
    content: bytes


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
    nothing where the person has no address, and the row that is already there when it was queued before.
    """
    name, email = (person.name, person.email) if person is not None else (to_name, to_email)
    if not email:
        return None
    context = {"partnership": partnership, "name": name, **context}
    message, made = Message.objects.get_or_create(
        partnership=partnership,
        purpose=purpose,
        subject_key=subject_key,
        to_email=email,
        defaults={
            "person": person,
            "to_name": name,
            "from_name": partnership.coordinator_name,
            "reply_to": partnership.coordinator_email,
            "title": " ".join(render_to_string(f"messages/{template}/title.txt", context).split())[:250],
            "text": render_to_string(f"messages/{template}/body.txt", context).strip() + "\n",
            "html": render_to_string(f"messages/{template}/body.html", context),
            "attachments": [
                {
                    "name": one.name,
                    "content_type": one.content_type,
                    "content": base64.b64encode(one.content).decode(),
                }
                for one in attachments
            ],
        },
    )
    if made:
        transaction.on_commit(lambda: send_message.delay(partnership.pk, message.pk))
    return message
