"""Messages that could not be delivered: correct the address and send them again, or let them go."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from notifications.models import Message
from notifications.outbox import hand_over
from notifications.sendings import new_sending
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import Permission, require
from partnerships.services.people import change_person


def send_again(*, actor: Actor, message: Message, email: str, correct_person: bool = False) -> Message:
    """Send a message that failed once more, to the same or a corrected address; locks the message.

    With ``correct_person`` the address is corrected in the person's details too, if it is the one that failed.
    Refuses an address to which this message went already, and a message whose words are gone. Done twice is done once:
    only failed messages are sent.
    """
    require(actor, Permission.MANAGE_BOOKINGS)
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise DomainError("Enter an email address, such as name@example.com.") from error
    with transaction.atomic():
        message = _locked(actor, message)
        if message.state != Message.State.FAILED:
            raise DomainError("This message is not one that failed. Look at the list again.")
        if not message.text:
            raise DomainError("The words of this message are not kept any more, so it can’t be sent again.")
        before = message.to_email
        same = Message.objects.filter(
            partnership=actor.partnership,
            purpose=message.purpose,
            subject_key=message.subject_key,
            to_email=email,
        )
        if same.exclude(pk=message.pk).exists():
            raise DomainError("This message went to that address already.")
        if correct_person:
            _correct(actor, message, email)
        message.to_email, message.state, message.error = email, Message.State.QUEUED, ""
        message.attempts, message.claimed_at, message.not_before = 0, None, None
        message.sending = new_sending()
        message.save(
            update_fields=["to_email", "state", "error", "attempts", "claimed_at", "not_before", "sending"]
        )
        # The trail can't forget, so it keeps no address.
        audit.record(
            actor,
            "notifications.send_again",
            message,
            before={"state": Message.State.FAILED.value},
            after={"state": message.state, "other_address": before != email},
        )
        hand_over(message)
    return message


def let_go(*, actor: Actor, message: Message) -> Message:
    """Say of a message that failed that nobody needs it any more; locks the message, done twice is done once."""
    require(actor, Permission.MANAGE_BOOKINGS)
    with transaction.atomic():
        message = _locked(actor, message)
        if message.state == Message.State.DROPPED:
            return message
        if message.state != Message.State.FAILED:
            raise DomainError("This message is not one that failed. Look at the list again.")
        message.state = Message.State.DROPPED
        message.save(update_fields=["state"])
        before = {"state": Message.State.FAILED.value}
        audit.record(actor, "notifications.let_go", message, before=before, after={"state": message.state})
    return message


def _locked(actor: Actor, message: Message) -> Message:
    return (
        Message.objects.select_for_update(of=("self",))
        .select_related("person")
        .get(partnership=actor.partnership, pk=message.pk)
    )


def _correct(actor: Actor, message: Message, email: str) -> None:
    person = message.person
    if person is None or person.email.lower() != message.to_email.lower() or email == person.email:
        return
    if person.user_id is not None:
        raise DomainError("This person has an account, and only they can change the address of it.")
    change_person(actor=actor, person=person, name=person.name, email=email, phone=person.phone)
