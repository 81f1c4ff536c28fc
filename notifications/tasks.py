"""Sends queued messages, one task each, and picks up those whose worker died."""

import base64
from datetime import timedelta
from email.utils import formataddr

from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q, QuerySet
from django.utils import timezone

from notifications.models import Message
from partnerships.models import Partnership
from partnerships.tenancy import acting_in

_MOST_ATTEMPTS = 8
_GIVEN_UP_AFTER = timedelta(minutes=10)


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
        _close(partnership_id, message, error=f"{type(error).__name__}: {error}"[:250])
        return
    _close(partnership_id, message, error="")


@shared_task
def sweep_outboxes() -> None:
    """Queue again what is waiting to be sent in any partnership."""
    for partnership_id in Partnership.objects.values_list("pk", flat=True):
        with acting_in(partnership_id):
            waiting = list(_to_send(partnership_id).values_list("pk", flat=True)[:500])
        for message_id in waiting:
            send_message.delay(partnership_id, message_id)


def _to_send(partnership_id: int) -> "QuerySet[Message]":
    long_ago = timezone.now() - _GIVEN_UP_AFTER
    return Message.objects.filter(partnership=partnership_id).filter(
        Q(state="queued") & (Q(claimed_at__isnull=True) | Q(claimed_at__lt=timezone.now() - timedelta(minutes=1)))
        | Q(state="sending", claimed_at__lt=long_ago)
    )


def _claim(partnership_id: int, message_id: int) -> Message | None:
    with acting_in(partnership_id):
        message = _to_send(partnership_id).select_for_update(skip_locked=True).filter(pk=message_id).first()
        if message is None:
            return None
        message.state = Message.State.SENDING
        message.claimed_at = timezone.now()
        message.attempts += 1
        message.save(update_fields=["state", "claimed_at", "attempts"])
        return message


def _close(partnership_id: int, message: Message, *, error: str) -> None:
    with acting_in(partnership_id):
        if not error:
            message.state, message.sent_at = Message.State.SENT, timezone.now()
        else:
            given_up = message.attempts >= _MOST_ATTEMPTS
            message.state = Message.State.FAILED if given_up else Message.State.QUEUED
        message.error = error
        message.save(update_fields=["state", "sent_at", "error"])


def _as_email(message: Message) -> EmailMultiAlternatives:
    sender = settings.DEFAULT_FROM_EMAIL.rpartition("<")[2].rstrip(">")
    email = EmailMultiAlternatives(
        subject=message.title,
        body=message.text,
        from_email=formataddr((message.from_name, sender)),
        to=[formataddr((message.to_name, message.to_email))],
        reply_to=[message.reply_to],
        headers={"X-Portal-Purpose": message.purpose, "Auto-Submitted": "auto-generated"},
    )
    email.attach_alternative(message.html, "text/html")
    for one in message.attachments:
        email.attach(one["name"], base64.b64decode(one["content"]), one["content_type"])
    return email
