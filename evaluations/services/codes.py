"""The code of somebody without an email address: opened in one browser, and made anew by the team."""

from secrets import token_urlsafe

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from bookings.models import Booking
from evaluations.links import holder_of_booking
from evaluations.models import Answer, HandedCode, Invitation
from evaluations.queries.codes import OWN, code_of, drafts_of_code
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import Permission, require


class OpenedElsewhere(DomainError):
    """The code belongs to another browser."""


def open_code(*, actor: Actor, booking: Booking, number: int, browser: str = "") -> HandedCode:
    """Let this browser, and no other from now on, read and write what the code leads to.

    ``browser`` is what its cookie carries, if it has one; ``number`` the code's own. Locks the booking. Done twice in
    the same browser is done once.
    """
    if actor.label != holder_of_booking(booking).label:
        raise PermissionDenied("This code is for somebody else.")
    with transaction.atomic():
        booking = (
            Booking.objects.select_for_update(no_key=True, of=("self",))
            .select_related("person")
            .get(pk=booking.pk)
        )
        code = code_of(booking)
        refuse_unless_newest(code, number)
        if code.opened_at is not None:
            refuse_unless_of(code, browser)
            return code
        if booking.person.email:
            raise DomainError("We write to you by email now. Use the link in our message to you.")
        code.browser, code.opened_at = token_urlsafe(24), timezone.now()
        code.save()
        audit.record(actor, "evaluations.open_code", booking, after={"number": code.number})
        return code


def make_new_code(*, actor: Actor, booking: Booking) -> HandedCode:
    """Make the code that was handed out useless, and another one, for whoever has lost the phone or never opened it.

    What was begun and not sent goes, so that nobody reads it who opens the new one. Locks booking and surveys.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        booking = (
            Booking.objects.select_for_update(no_key=True, of=("self",))
            .select_related("person")
            .get(partnership=actor.partnership, pk=booking.pk)
        )
        if booking.person.email:
            raise DomainError(f"{booking.person} has an email address by now, and needs no code.")
        drafts = list(drafts_of_code(booking).select_for_update(no_key=True, of=("self",)).order_by("pk"))
        code = code_of(booking)
        code.number += 1
        code.browser, code.opened_at = "", None
        code.save()
        Answer.objects.filter(invitation__in=drafts).delete()
        for one in drafts:
            one.opened_at = None
            one.save(update_fields=["opened_at"])
        audit.record(actor, "evaluations.make_new_code", booking, after={"number": code.number})
        return code


def close_code(*, actor: Actor, invitation: Invitation) -> None:
    """Let a code that somebody has opened open nothing any more, for services where the team writes down what is said.

    Whoever has opened it may not be the one who is now on the telephone. Nothing that is written is lost; a new code
    leads to what is begun after it was opened. Locks the booking. Done twice is done once.
    """
    if invitation.booking_id is None or invitation.kind not in OWN:
        return
    booking = Booking.objects.select_for_update(no_key=True).get(pk=invitation.booking_id)
    code = code_of(booking)
    if code.opened_at is None:
        return
    code.number += 1
    code.browser, code.opened_at = "", None
    code.save()
    audit.record(actor, "evaluations.close_code", booking, after={"number": code.number})


def refuse_unless_newest(code: HandedCode, number: int) -> None:
    """Refuse a code that another one has taken the place of."""
    if code.number != number:
        raise DomainError("The partnership team has made a new code, so this one opens nothing any more.")


def refuse_unless_of(code: HandedCode, browser: str) -> None:
    """Refuse every browser but the one that the code was opened in."""
    if code.opened_at is None or browser != code.browser:
        raise OpenedElsewhere(
            "This code was opened on another phone or computer, or in another browser, and only there can anybody "
            "answer by it or read what was answered. If that was not you, or you do not have it any more, ask the "
            "partnership team: they can make a new code, or write down what you say on the telephone."
        )
