"""Queues messages: each is a row before it is sent, and exists once per purpose, subject and address."""

import base64
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from notifications.kinds import Fact, known_kind
from notifications.models import Message
from notifications.preferences import stop_link, wants
from notifications.quiet import next_allowed
from notifications.tasks import send_message
from notifications.wording import Fixed, Wording, letter, wording_for
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
    values: Mapping[str, str],
    facts: Sequence[Fact] = (),
    link: str = "",
    person: Person | None = None,
    to_name: str = "",
    to_email: str = "",
    attachments: Sequence[Attachment] = (),
    at_once: bool = False,
    no_later_than: datetime | None = None,
    now: datetime | None = None,
    wording: Wording | None = None,
    button: str = "",
) -> Message | None:
    """Queue one message in the caller's transaction, in the coordinator's name; it is sent after the commit.

    The purpose's kind (``notifications.kinds``) says which ``values`` the words may name and what stands on the button
    to ``link``; ``wording`` and ``button`` are for this message instead of those of its kind. Gives nothing where the
    person has no address or doesn't want such messages, and the row that is already there when it was queued before;
    nothing is then even rendered. In quiet hours it waits, unless its kind or the caller says that it goes at once, or
    it would wait beyond ``no_later_than``. When the broker is away the row waits for ``sweep_outboxes``.
    """
    kind = known_kind(purpose)
    name, email = (person.name, person.email) if person is not None else (to_name, to_email)
    if not email:
        return None
    key = {"partnership": partnership, "purpose": purpose, "subject_key": subject_key, "to_email": email}
    queued = Message.objects.filter(**key).first()
    if queued is not None:
        return queued
    if not wants(person, kind):
        return None
    fixed = Fixed(facts, button or kind.button, link, stop_link(person, kind))
    words = wording or wording_for(partnership, kind)
    written = letter(partnership, words, name=name, values=kind.checked(values), fixed=fixed)
    message = Message(
        **key,
        person=person,
        to_name=name,
        from_name=partnership.coordinator_name,
        reply_to=partnership.coordinator_email,
        title=written.title,
        text=written.text,
        html=written.html,
        attachments=[attachment.as_row() for attachment in attachments],
        not_before=None if at_once or kind.at_once else _held_until(partnership, now, no_later_than),
    )
    # Whoever queued it since we looked wins; the row that is there then gives its key, and is sent once all the same.
    Message.objects.bulk_create(
        [message], update_conflicts=True, unique_fields=list(key), update_fields=["purpose"]
    )
    if message.not_before is None:
        hand_over(message)
    return message


def hand_over(message: Message) -> None:
    """Give the message to a worker once the transaction is committed."""
    transaction.on_commit(partial(_hand_over, message.partnership_id, message.pk), robust=True)


def drop_unsent(partnership: Partnership, subject_key: str) -> None:
    """Drop what still waits to be sent about a subject, since it isn't true any more.

    A place that is announced in the morning and was given back at night would come back into the diary.
    """
    about = Q(subject_key=subject_key) | Q(subject_key__startswith=f"{subject_key}:")
    Message.objects.filter(about, partnership=partnership, state=Message.State.QUEUED).update(
        state=Message.State.DROPPED
    )


def already_queued(partnership: Partnership, purpose: str, subject_keys: Iterable[str]) -> set[str]:
    """Those of the subjects that somebody was written to about for this purpose: jobs leave them out (one query)."""
    found = Message.objects.filter(
        partnership=partnership, purpose=purpose, subject_key__in=list(subject_keys)
    )
    return set(found.values_list("subject_key", flat=True))


def told_in_order(partnership: Partnership, purpose: str, subjects: Iterable[str]) -> dict[str, list[str]]:
    """Of each subject the keys of what was written about it for this purpose, in their order (one query)."""
    found: dict[str, list[str]] = {subject: [] for subject in subjects}
    about = Q(pk__in=[])
    for subject in found:
        about |= Q(subject_key__startswith=f"{subject}:")
    messages = Message.objects.filter(about, partnership=partnership, purpose=purpose).order_by("pk")
    for key in messages.values_list("subject_key", flat=True):
        for subject in found:
            if key.startswith(f"{subject}:"):
                found[subject].append(key)
    return found


def told_since(
    partnership: Partnership, purposes: Iterable[str], subject_keys: Iterable[str], since: datetime
) -> set[str]:
    """Those of the subjects that somebody was written to about for these purposes since a moment (one query)."""
    found = Message.objects.filter(
        partnership=partnership,
        purpose__in=list(purposes),
        subject_key__in=list(subject_keys),
        created_at__gte=since,
    )
    return set(found.values_list("subject_key", flat=True))


def _hand_over(partnership_id: int, message_id: int) -> None:
    try:
        send_message.delay(partnership_id, message_id)
    except send_message.OperationalError:
        log.warning("The broker is away; message %s waits for the sweep.", message_id)


def _held_until(
    partnership: Partnership, now: datetime | None, no_later_than: datetime | None
) -> datetime | None:
    """Until when a message waits; nothing if it goes at once."""
    if not settings.PORTAL_QUIET_HOURS:
        return None
    now = now or timezone.now()
    allowed = next_allowed(partnership.policy(now).messages, now)
    if allowed <= now or (no_later_than is not None and no_later_than < allowed):
        return None
    return allowed
