"""Sends queued messages, one task each, and picks up those whose worker died or whose mail server was away."""

import logging
from datetime import timedelta
from email.mime.base import MIMEBase
from email.utils import formataddr

from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q, QuerySet
from django.utils import timezone

from notifications.bounce_mailbox import MailboxAway
from notifications.kinds import kind_of
from notifications.models import Message
from notifications.preferences import stop_link
from notifications.sendings import HEADER, name_of
from notifications.services.bounces import read_bounces
from partnerships.models import Partnership
from partnerships.tenancy import acting_in

log = logging.getLogger(__name__)

# How long to wait after each failed attempt: a mail server may be away for a whole day. Then a person must look.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 720))
MOST_ATTEMPTS = len(WAITS) + 1
_GIVEN_UP_AFTER = timedelta(minutes=10)
_UNTIL_NEXT_SWEEP = 60


@shared_task
def send_message(partnership_id: int, message_id: int) -> None:
    """Claim the message, send it, close it; a message that somebody else claimed is left to them.

    The claim is committed before sending. A worker that dies between sending and closing makes the message go out a
    second time: SMTP has no way to promise exactly once.
    """
    message = _claim(partnership_id, message_id)
    if message is None:
        return
    try:
        _as_email(message).send()
    except Exception as error:  # whatever the mail server says, the row must tell it
        log.warning("Message %s could not be sent: %s", message_id, type(error).__name__)
        _close(partnership_id, message, error=f"{type(error).__name__}: {error}"[:250])
        return
    _close(partnership_id, message, error="")


@shared_task
def sweep_outboxes() -> None:
    """Queue again what is waiting to be sent in any partnership.

    What no worker has taken until the next sweep expires: while the mail server is slow, tasks must not pile up.
    """
    for partnership_id in Partnership.objects.values_list("pk", flat=True):
        with acting_in(partnership_id):
            waiting = list(_to_send(partnership_id).order_by("pk").values_list("pk", flat=True)[:500])
        for message_id in waiting:
            send_message.apply_async((partnership_id, message_id), expires=_UNTIL_NEXT_SWEEP)


@shared_task
def read_what_came_back() -> None:
    """Mark as failed what mail servers have sent back; a mailbox that is away is looked at again next time."""
    if not settings.PORTAL_BOUNCES:
        return
    try:
        read_bounces(settings.PORTAL_BOUNCES)
    except MailboxAway as refusal:
        log.warning("%s", refusal.sentence)


def _to_send(partnership_id: int) -> "QuerySet[Message]":
    now = timezone.now()
    rested = Q(claimed_at__isnull=True)
    for attempts, wait in enumerate(WAITS, start=1):
        rested |= Q(attempts=attempts, claimed_at__lt=now - wait)
    due = Q(not_before__isnull=True) | Q(not_before__lte=now)
    died = Q(state=Message.State.SENDING, claimed_at__lt=now - _GIVEN_UP_AFTER)
    return Message.objects.filter(
        Q(state=Message.State.QUEUED) & rested & due | died, partnership=partnership_id
    )


def _claim(partnership_id: int, message_id: int) -> Message | None:
    with acting_in(partnership_id):
        # The person is read here and now: when the message is sent, no partnership's rows are to be seen.
        waiting = _to_send(partnership_id).select_related("person", "partnership")
        message = waiting.select_for_update(skip_locked=True, of=("self",)).filter(pk=message_id).first()
        if message is None:
            return None
        if message.attempts >= MOST_ATTEMPTS:
            # It killed its worker every time; it must not do so for ever.
            message.state, message.error = Message.State.FAILED, "The worker died each time it was sent."
            message.save(update_fields=["state", "error"])
            return None
        message.state = Message.State.SENDING
        message.claimed_at = timezone.now()
        message.attempts += 1
        message.save(update_fields=["state", "claimed_at", "attempts"])
        return message


def _close(partnership_id: int, message: Message, *, error: str) -> None:
    sent_at = None
    if not error:
        state, sent_at = Message.State.SENT, timezone.now()
    else:
        state = Message.State.FAILED if message.attempts >= MOST_ATTEMPTS else Message.State.QUEUED
    with acting_in(partnership_id):
        # Who took too long has been followed by another: what that one says counts, and what came back since.
        own = Message.objects.filter(
            partnership=partnership_id,
            pk=message.pk,
            state=Message.State.SENDING,
            attempts=message.attempts,
        )
        own.update(state=state, sent_at=sent_at, error=error)


def _as_email(message: Message) -> EmailMultiAlternatives:
    sender = settings.DEFAULT_FROM_EMAIL.rpartition("<")[2].rstrip(">")
    name = name_of(message.partnership, message.pk, message.sending)
    email = EmailMultiAlternatives(
        subject=message.title,
        body=message.text,
        from_email=formataddr((_one_line(message.from_name), sender)),
        to=[formataddr((_one_line(message.to_name), message.to_email))],
        reply_to=[message.reply_to],
        headers={
            "Message-ID": f"<{name}@{sender.rpartition('@')[2]}>",
            HEADER: name,
            "X-Portal-Purpose": message.purpose,
            "Auto-Submitted": "auto-generated",
            **_how_to_stop(message),
        },
    )
    email.attach_alternative(message.html, "text/html")
    for row in message.attachments:
        email.attach(_part(row))
    return email


def _how_to_stop(message: Message) -> dict[str, str]:
    # The page's address and nothing to press in one click: scanners and mail programs follow links by themselves.
    kind = kind_of(message.purpose)
    link = stop_link(message.person, kind) if kind is not None else ""
    return {"List-Unsubscribe": f"<{link}>"} if link else {}


def _one_line(name: str) -> str:
    return " ".join(name.split())


def _part(row: dict[str, str]) -> MIMEBase:
    # Django's own attach() would lose the parameters of the type, and without its method a mail program shows a
    # calendar file as a mere attachment.
    kind, *parameters = (part.strip() for part in row["content_type"].split(";"))
    main, _, sub = kind.partition("/")
    part = MIMEBase(main, sub)
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        part.set_param(name, value)
    part.set_payload(row["content"])
    part["Content-Transfer-Encoding"] = "base64"
    part.add_header("Content-Disposition", "attachment", filename=row["name"])
    return part
