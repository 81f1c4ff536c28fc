"""In whose name a booking is: put right where somebody chose the wrong organisation."""

from django.db import transaction
from django.utils import timezone

from bookings.models import Booking
from bookings.models.booking import CHARGE_ANEW
from bookings.services.locks import locked_booking
from bookings.services.queue import allocate
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Membership, Organisation
from partnerships.permissions import Permission, require
from partnerships.querysets import MembershipQuerySet


def organisations_to_choose(actor: Actor, booking: Booking) -> MembershipQuerySet:
    """The person's memberships in other organisations, ended ones too: they may have worked there on the day."""
    memberships = Membership.objects.filter(partnership=actor.partnership, person=booking.person_id)
    return memberships.exclude(organisation=booking.organisation_id).select_related("organisation")


def correct_organisation(*, actor: Actor, booking: Booking, organisation: Organisation) -> Booking:
    """Say that the booking is another organisation's; its charges follow by the job that works them out.

    What the first one was charged is taken back, and the other is charged by its own class. Locks the session, whose
    queue is looked at again, since a place kept for a sector may now be somebody else's. Done twice is done once.
    """
    require(actor, Permission.MANAGE_BOOKINGS)
    with transaction.atomic():
        booking = locked_booking(actor, booking)
        before = booking.organisation_id
        if before == organisation.pk:
            return booking
        if not organisations_to_choose(actor, booking).filter(organisation=organisation).exists():
            raise DomainError(
                f"{booking.person.name} has never belonged to {organisation.name}. Add them to it first."
            )
        put_in_name_of(booking, organisation)
        change = {"before": {"organisation": before}, "after": {"organisation": organisation.pk}}
        audit.record(actor, "bookings.correct_organisation", booking, **change)
        allocate(booking.session, timezone.now())
    return booking


def put_in_name_of(booking: Booking, organisation: Organisation) -> None:
    """Make it the organisation's, to be charged anew; for services that hold the session's lock and write the audit."""
    # The other organisation's number is none of this one's.
    booking.organisation, booking.purchase_order = organisation, ""
    # What the other organisation was charged is taken back even if nobody is charged any more.
    booking.charged_as = CHARGE_ANEW if booking.charged_as else ""
    booking.save(update_fields=["organisation", "purchase_order", "charged_as"])
