"""Writing to the people of a selection of bookings: asked for once, sent by a job that may die and go on."""

import logging
import traceback
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from bookings.bulk_messages import (
    MOST_BOOKINGS,
    Recipient,
    Selection,
    audience_of,
    recipients_of,
    subject_of,
)
from bookings.models import BulkMessage
from bookings.tasks import send_bulk_message_task
from notifications.kinds import MessageKind, known_kind
from notifications.models import Message
from notifications.outbox import queue_message
from notifications.wording import Wording, problems_of
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Partnership
from partnerships.permissions import Permission, require
from partnerships.services.locks import locked_partnership
from partnerships.tenancy import acting_in

log = logging.getLogger(__name__)

STUCK_AFTER = timedelta(minutes=3)
# So many people get their message in one transaction, which also says how far it is.
_AT_ONCE = 20
# Whoever has so little time left before the session hears of it at night too.
_SOON = timedelta(days=2)


def send_bulk_message(
    *, actor: Actor, selection: Selection, kind: MessageKind, wording: Wording
) -> BulkMessage:
    """Write to everybody of a selection, each once; a job queues the messages.

    The partnership's row keeps two presses of the button apart; the selection's key makes the second one find what
    the first one has sent. Bookings that the actor can't see are left out.
    """
    require(actor, Permission.MANAGE_BOOKINGS)
    for problem in problems_of(kind, wording).values():
        raise DomainError(problem)
    if len(selection.bookings) > MOST_BOOKINGS:
        raise DomainError(f"Select at most {MOST_BOOKINGS:,} bookings.")
    with transaction.atomic():
        locked_partnership(actor)
        sent = BulkMessage.objects.filter(partnership=actor.partnership, key=selection.key).first()
        if sent is not None:
            return sent
        found = audience_of(actor, selection.bookings, kind)
        if not found.recipients:
            raise DomainError("Nobody of this selection can get the message.")
        everybody = [*found.recipients, *found.without_email, *found.unwanted]
        now = timezone.now()
        message = BulkMessage.objects.create(
            partnership=actor.partnership,
            key=selection.key,
            purpose=kind.purpose,
            title=wording.title,
            text=wording.opening,
            bookings=sorted(booking.pk for one in everybody for booking in one.bookings),
            people=[one.person.pk for one in found.recipients],
            without_email=len(found.without_email),
            unwanted=len(found.unwanted),
            written_by=actor.person,
            asked_at=now,
            touched_at=now,
        )
        # The trail can't forget, so it keeps neither the words nor the people.
        audit.record(
            actor,
            "bookings.send_bulk_message",
            message,
            after={"kind": kind.purpose, "bookings": len(message.bookings), "people": message.total},
        )
        # When the broker is away the message waits for ``requeue_stuck_bulk_messages``.
        transaction.on_commit(
            lambda: send_bulk_message_task.delay(actor.partnership.pk, message.pk), robust=True
        )
    return message


def go_on_sending(*, actor: Actor, message_id: int) -> None:
    """Queue the messages of a bulk message, some people at a time, and say after each lot how far it is.

    Locks the bulk message, so that two workers take turns; a killed one leaves the rest to the next. Somebody to whom
    it can't be written keeps nobody else from theirs; who that is and why is kept for the team. Nobody gets it twice:
    the outbox has one message for each bulk message and address.
    """
    while _send_next(actor, message_id):
        pass


def requeue_stuck_bulk_messages(partnership: Partnership, now: datetime) -> None:
    """Job: queue again the bulk messages that have told nothing for some minutes."""
    with acting_in(partnership):
        stuck = list(
            BulkMessage.objects.filter(
                partnership=partnership, state=BulkMessage.State.SENDING, touched_at__lt=now - STUCK_AFTER
            ).values_list("pk", flat=True)
        )
    for message_id in stuck:
        send_bulk_message_task.delay(partnership.pk, message_id)


def _send_next(actor: Actor, message_id: int) -> bool:
    with acting_in(actor.partnership):
        message = (
            BulkMessage.objects.select_for_update()
            .filter(partnership=actor.partnership, pk=message_id, state=BulkMessage.State.SENDING)
            .first()
        )
        if message is None:
            return False
        lot = message.people[message.done : message.done + _AT_ONCE]
        found = {one.person.pk: one for one in recipients_of(actor, message.bookings, lot)}
        for key in lot:
            why = _missed(actor.partnership, message, found.get(key))
            if why is not None:
                message.missed.append([key, why.value])
        message.done += len(lot)
        message.touched_at = timezone.now()
        if message.done >= message.total:
            message.state = BulkMessage.State.SENT
            after = {"state": message.state, "missed": len(message.missed)}
            audit.record(actor, "bookings.go_on_sending", message, after=after)
        message.save(update_fields=["done", "missed", "state", "touched_at"])
        return message.state == BulkMessage.State.SENDING


def _missed(
    partnership: Partnership, message: BulkMessage, recipient: Recipient | None
) -> BulkMessage.Missed | None:
    """Write to one of the people; says why, where that can't be done, so that the others get theirs all the same."""
    if recipient is None:
        return BulkMessage.Missed.GONE
    if not recipient.person.email:
        return BulkMessage.Missed.NO_ADDRESS
    try:
        with transaction.atomic():
            queued = _queue(partnership, message, recipient)
    except (InterfaceError, OperationalError):
        # The database is away, which is nobody's message: the whole lot comes again.
        raise
    except Exception as error:
        # Not with its words, which may name the person.
        where = traceback.extract_tb(error.__traceback__)[-1]
        log.error(
            "Bulk message %s: one message could not be written: %s at %s:%s.",
            *(message.pk, type(error).__name__, where.filename, where.lineno),
        )
        return BulkMessage.Missed.FAILED
    return None if queued else BulkMessage.Missed.UNWANTED


def _queue(partnership: Partnership, message: BulkMessage, recipient: Recipient) -> Message | None:
    kind = known_kind(message.purpose)
    coming = recipient.first_coming(timezone.now()) if kind.essential else None
    return queue_message(
        partnership=partnership,
        purpose=message.purpose,
        subject_key=subject_of(message),
        person=recipient.person,
        values=recipient.values,
        facts=recipient.facts(kind),
        no_later_than=coming - _SOON if coming else None,
        wording=Wording(message.title, message.text),
    )
