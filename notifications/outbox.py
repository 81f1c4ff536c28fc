"""Queues messages: each is a row before it is sent, and exists once per purpose, subject and address."""

import base64
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Self

from django.conf import settings
from django.db import transaction
from django.db.models import F, Func, Q, TextField
from django.utils import timezone

from notifications.kinds import Fact, known_kind
from notifications.models import Message
from notifications.preferences import stop_link, who_want_none
from notifications.quiet import next_allowed
from notifications.tasks import send_message
from notifications.wording import Fixed, Wording, letter, wording_for
from partnerships.models import Partnership, Person

log = logging.getLogger(__name__)
_UNIQUE = ["partnership", "purpose", "subject_key", "to_email"]


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

    @classmethod
    def from_row(cls, row: Mapping[str, str]) -> Self:
        """The file that a message's row keeps."""
        return cls(row["name"], row["content_type"], base64.b64decode(row["content"]))


@dataclass(frozen=True)
class Envelope:
    """One message of several: about what, to whom, with which facts, link and files."""

    subject_key: str
    values: Mapping[str, str]
    facts: Sequence[Fact] = ()
    link: str = ""
    person: Person | None = None
    to_name: str = ""
    to_email: str = ""
    attachments: Sequence[Attachment] = ()
    no_later_than: datetime | None = None

    @property
    def name(self) -> str:
        """The name of whoever gets it."""
        return self.person.name if self.person is not None else self.to_name

    @property
    def email(self) -> str:
        """The address that it goes to; nothing where there is none."""
        return self.person.email if self.person is not None else self.to_email

    @property
    def key(self) -> tuple[str, str]:
        """What it is one of a kind by, within its purpose."""
        return self.subject_key, self.email


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
    """Queue one message in the caller's transaction, as ``queue_messages`` does with several.

    Gives nothing where it is not sent, and the row that is already there when it was queued before.
    """
    envelope = Envelope(
        subject_key, values, facts, link, person, to_name, to_email, attachments, no_later_than
    )
    queued = queue_messages(
        partnership=partnership,
        purpose=purpose,
        envelopes=[envelope],
        at_once=at_once,
        now=now,
        wording=wording,
        button=button,
    )
    return queued.get(envelope.key)


def queue_messages(
    *,
    partnership: Partnership,
    purpose: str,
    envelopes: Iterable[Envelope],
    at_once: bool = False,
    now: datetime | None = None,
    wording: Wording | None = None,
    button: str = "",
) -> dict[tuple[str, str], Message]:
    """Queue messages of one purpose in the caller's transaction, in the coordinator's name; sent after the commit.

    The purpose's kind (``notifications.kinds``) says which ``values`` the words may name and what stands on the button
    to ``link``; ``wording`` and ``button`` are for these messages instead of those of their kind. Gives the rows by
    their keys: none where the person has no address or doesn't want such messages, and the row that is already there
    when it was queued before; nothing is then even rendered. In quiet hours they wait, unless their kind or the caller
    says that they go at once, or one would wait beyond its ``no_later_than``. When the broker is away the rows wait for
    ``sweep_outboxes``. Four queries at most, however many there are.
    """
    kind = known_kind(purpose)
    addressed = {one.key: one for one in envelopes if one.email}
    of_purpose = Message.objects.filter(partnership=partnership, purpose=purpose)
    there = of_purpose.filter(subject_key__in={subject for subject, _ in addressed})
    queued = {key: one for one in there if (key := (one.subject_key, one.to_email)) in addressed}
    wanted = [one for key, one in addressed.items() if key not in queued]
    unwilling = who_want_none([one.person for one in wanted if one.person is not None], kind)
    wanted = [one for one in wanted if one.person is None or one.person.pk not in unwilling]
    if not wanted:
        return queued
    words = wording or wording_for(partnership, kind)
    messages = []
    for one in wanted:
        fixed = Fixed(one.facts, button or kind.button, one.link, stop_link(one.person, kind))
        written = letter(partnership, words, name=one.name, values=kind.checked(one.values), fixed=fixed)
        goes_at_once = at_once or kind.at_once
        messages.append(
            Message(
                partnership=partnership,
                purpose=purpose,
                subject_key=one.subject_key,
                to_email=one.email,
                person=one.person,
                to_name=one.name,
                from_name=partnership.coordinator_name,
                reply_to=partnership.coordinator_email,
                title=written.title,
                text=written.text,
                html=written.html,
                attachments=[attachment.as_row() for attachment in one.attachments],
                not_before=None if goes_at_once else held_until(partnership, now, one.no_later_than),
            )
        )
    # Whoever queued one since we looked wins; the row that is there then gives its key, and is sent once all the same.
    Message.objects.bulk_create(
        messages, update_conflicts=True, unique_fields=_UNIQUE, update_fields=["purpose"]
    )
    for message in messages:
        if message.not_before is None:
            hand_over(message)
    return queued | {(one.subject_key, one.to_email): one for one in messages}


def hand_over(message: Message) -> None:
    """Give the message to a worker once the transaction is committed."""
    transaction.on_commit(partial(_hand_over, message.partnership_id, message.pk), robust=True)


def drop_unsent(partnership: Partnership, subject_key: str) -> list[Attachment]:
    """Drop what still waits to be sent about a subject, since it isn't true any more; gives the files of it, in order.

    A place that is announced in the morning and was given back at night would come back into the diary.
    """
    about = Q(subject_key=subject_key) | Q(subject_key__startswith=f"{subject_key}:")
    waiting = Message.objects.filter(about, partnership=partnership, state=Message.State.QUEUED)
    dropped = list(waiting.order_by("pk").select_for_update(no_key=True).only("attachments"))
    if dropped:
        Message.objects.filter(partnership=partnership, pk__in=[one.pk for one in dropped]).update(
            state=Message.State.DROPPED
        )
    return [Attachment.from_row(row) for one in dropped for row in one.attachments]


def delete_about(partnership: Partnership, subjects: Iterable[str]) -> None:
    """Delete what was written about these subjects altogether: nobody will ever be written to about them again.

    A subject is two parts, such as ``invitation:12``; what follows it in a key is the occasion.
    """
    first_two = "array_to_string((string_to_array(%(expressions)s, ':'))[1:2], ':')"
    subject = Func(F("subject_key"), template=first_two, output_field=TextField())
    Message.objects.alias(subject=subject).filter(
        partnership=partnership, subject__in=list(subjects)
    ).delete()


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


def held_until(
    partnership: Partnership, now: datetime | None, no_later_than: datetime | None
) -> datetime | None:
    """Until when a message waits; nothing if it goes at once.

    A job that compares what is with what people were told asks this first, and compares again in the morning: what
    is put right at night need not be told.
    """
    if not settings.PORTAL_QUIET_HOURS:
        return None
    now = now or timezone.now()
    allowed = next_allowed(partnership.policy(now).messages, now)
    if allowed <= now or (no_later_than is not None and no_later_than < allowed):
        return None
    return allowed


def _hand_over(partnership_id: int, message_id: int) -> None:
    try:
        send_message.delay(partnership_id, message_id)
    except send_message.OperationalError:
        log.warning("The broker is away; message %s waits for the sweep.", message_id)
