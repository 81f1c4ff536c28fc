"""Claiming one's record: somebody who was booked without an email address gives one, and proves that it is theirs.

A sheet of paper names the person; a message to the address proves the address. Only both together change anything.
"""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from bookings.links import CLAIM, RECORD, holds_claim_of
from bookings.messages import tell_claim_to_settle, tell_claimed, tell_confirmed
from bookings.models import Booking
from bookings.states import BookingState
from notifications.models import Message
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Person
from partnerships.services.locks import locked_partnership
from partnerships.services.people import attach_email, person_with_email

CLAIM_STANDS = timedelta(days=2)
_TRIES_A_DAY = 5


def ask_to_claim(*, actor: Actor, person: Person, email: str) -> None:
    """Send a link to the address that attaches it to the person; for the holder of the person's joining sheet.

    An address that somebody else here has is not written to: the team settles it, and whoever asks sees no difference.
    Locks the partnership. A few tries a day, so that nobody sends messages to the whole world with a found sheet.
    """
    _check_holder(actor, person, CLAIM)
    with transaction.atomic():
        locked_partnership(actor)
        person = Person.objects.select_related("partnership").get(partnership=actor.partnership, pk=person.pk)
        if not can_be_claimed(person):
            raise DomainError(CLAIMED_ALREADY)
        now = timezone.now()
        _check_tries(person, now)
        other = person_with_email(actor, email)
        if other is not None:
            tell_claim_to_settle(person, other, day=now.date())
        else:
            tell_claimed(person, email.strip().lower(), until=now + CLAIM_STANDS, day=now.date())
        # Not the address: the trail keeps no personal data.
        audit.record(actor, "bookings.ask_to_claim", person, after={"to_settle": other is not None})


def claim_record(*, actor: Actor, person: Person, email: str, until: datetime) -> Person:
    """Attach the address to the person, and send what their places need; for whoever got the message.

    Refuses when the link has run out, or somebody here has the address by now: then the team settles it. Locks the
    partnership. Done twice is done once.
    """
    _check_holder(actor, person, RECORD)
    now = timezone.now()
    with transaction.atomic():
        locked_partnership(actor)
        person = Person.objects.select_related("partnership").get(partnership=actor.partnership, pk=person.pk)
        if person.email == email:
            return person
        if until <= now:
            raise DomainError(
                "This link has run out. Open the address on your joining sheet and ask for a new one."
            )
        if not can_be_claimed(person):
            raise DomainError(CLAIMED_ALREADY)
        if person_with_email(actor, email) is not None:
            raise DomainError("This address can’t be attached from here. Ask the partnership team.")
        person = attach_email(actor=actor, person=person, email=email)
        for booking in _coming(person, now):
            tell_confirmed(booking, now=now)
    return person


CLAIMED_ALREADY = "This record has been claimed already. If that was not you, tell the partnership team."


def can_be_claimed(person: Person) -> bool:
    """Tell whether somebody has neither an email address nor an account yet."""
    return not person.email and person.user_id is None


def _check_holder(actor: Actor, person: Person, purpose: str) -> None:
    if not holds_claim_of(actor, person, purpose):
        raise PermissionDenied("Only the link that was made for this opens this.")


def _check_tries(person: Person, now: datetime) -> None:
    tries = Message.objects.filter(
        partnership=person.partnership_id,
        subject_key__startswith=f"claim:{person.pk}:",
        created_at__gt=now - timedelta(days=1),
    )
    if tries.count() >= _TRIES_A_DAY:
        raise DomainError("Too many addresses were tried today. Ask the partnership team.")


def _coming(person: Person, now: datetime) -> list[Booking]:
    bookings = Booking.objects.filter(
        partnership=person.partnership_id,
        person=person,
        state=BookingState.CONFIRMED,
        session__starts_at__gt=now,
    )
    return list(
        bookings.select_related("partnership", "person", "booked_by", "organisation", "session__course")
        .select_related("session__venue", "session__partnership")
        .prefetch_related("session__dates")
    )
