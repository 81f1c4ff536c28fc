"""Messages that came back after they were sent: marked as failed, so that the team's desk shows them."""

import logging
from collections import Counter
from enum import StrEnum

from django.db import transaction

from notifications.bounce_mailbox import open_mailbox
from notifications.bounces import Bounce, bounce_in
from notifications.models import Message
from notifications.sendings import Sending, sending_in
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.permissions import Permission, require
from partnerships.tenancy import acting_in

log = logging.getLogger(__name__)


class Fate(StrEnum):
    """What becomes of a mail in the mailbox for what comes back."""

    FAILED = "failed"
    KNOWN = "known"
    DELAYED = "delayed"
    EARLY = "early"
    NOT_OURS = "not ours"


def read_bounces(address: str) -> Counter[Fate]:
    """Read the mailbox, mark as failed what came back for good, and say how many mails were what.

    Each mail is dealt with in a transaction of its own and removed after its commit: read again by whoever was killed
    in between, it changes nothing. What is no report about a message of ours stays, as read, for a person.
    """
    read: Counter[Fate] = Counter()
    with open_mailbox(address) as letters:
        for letter in letters:
            fate = _take_in(letter.content)
            read[fate] += 1
            if fate is Fate.NOT_OURS:
                letter.keep()
            elif fate is not Fate.EARLY:
                letter.remove()
    if read:
        log.info("Read what came back: %s.", ", ".join(f"{number} {fate}" for fate, number in read.items()))
    return read


def fail_bounced(*, actor: Actor, sending: Sending, bounce: Bounce) -> Fate:
    """Mark a message as failed whose sending came back; done twice is done once. Locks the message.

    What comes back of an earlier sending, to an address that was corrected since, says nothing of this one.
    """
    require(actor, Permission.MANAGE_BOOKINGS)
    with transaction.atomic():
        message = (
            Message.objects.select_for_update(of=("self",))
            .filter(partnership=actor.partnership, pk=sending.message_id, sending=sending.number)
            .first()
        )
        if message is not None and message.state == Message.State.SENDING:
            # Whoever sends it has yet to write down that it went; the next look finds that.
            return Fate.EARLY
        if message is None or message.state != Message.State.SENT:
            return Fate.KNOWN
        message.state, message.error = Message.State.FAILED, bounce.reason
        message.save(update_fields=["state", "error"])
        audit.record(
            actor,
            "notifications.fail_bounced",
            message,
            before={"state": Message.State.SENT.value},
            after={"state": message.state},
        )
    return Fate.FAILED


def _take_in(content: bytes) -> Fate:
    try:
        bounce = bounce_in(content)
    except Exception as error:
        # Anybody may write to this address: one letter that can't be read must not keep those behind it waiting.
        log.warning("A mail that came back can’t be read: %s.", type(error).__name__)
        return Fate.NOT_OURS
    sending = sending_in(bounce.names) if bounce is not None else None
    if bounce is None or sending is None:
        return Fate.NOT_OURS
    if not bounce.is_final:
        return Fate.DELAYED
    with acting_in(sending.partnership):
        actor = system(sending.partnership, "read what came back")
        return fail_bounced(actor=actor, sending=sending, bounce=bounce)
