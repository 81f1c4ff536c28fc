"""Letting an organisation off a charge: waived before finance has it, credited afterwards."""

from django.db import transaction
from django.utils import timezone

from bookings.models import Charge
from bookings.services.charges import take_back
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import Permission, require


def waive_charge(*, actor: Actor, charge: Charge, reason: str) -> Charge:
    """Waive a charge that finance doesn't have yet, with the reason; whoever does it is kept as the approver.

    Nobody waives a charge of an organisation that they belong to. Locks the charge; done twice is done once.
    """
    require(actor, Permission.MANAGE_CHARGES)
    with transaction.atomic():
        charge, reason = _decided(actor, charge, reason)
        if charge.state == Charge.State.WAIVED:
            return charge
        if charge.state != Charge.State.OPEN:
            raise DomainError("Only an open charge can be waived. Credit one that was sent to finance.")
        charge.state, charge.reason = Charge.State.WAIVED, reason
        charge.decided_by, charge.decided_at = actor.person, timezone.now()
        charge.save(update_fields=["state", "reason", "decided_by", "decided_at"])
        after = {"state": charge.state, "pence": charge.pence}
        audit.record(actor, "bookings.waive_charge", charge, before={"state": "open"}, after=after)
    return charge


def credit_charge(*, actor: Actor, charge: Charge, reason: str) -> Charge:
    """Take back the whole of a charge that finance has, by a credit note in the next batch; gives the credit note.

    Nobody credits a charge of an organisation that they belong to. Locks the charge; done twice is done once.
    """
    require(actor, Permission.MANAGE_CHARGES)
    with transaction.atomic():
        charge, reason = _decided(actor, charge, reason)
        if charge.state == Charge.State.CREDITED:
            return charge.credit_note
        if charge.state != Charge.State.BATCHED:
            raise DomainError("Only a charge that was sent to finance can be credited. Waive an open one.")
        note = take_back(actor=actor, charge=charge, reason=reason, now=timezone.now())
    assert note is not None  # noqa: S101 - a batched charge always gets one
    return note


def is_own(actor: Actor, charge: Charge) -> bool:
    """Tell whether the actor belongs to the organisation that is charged."""
    return charge.organisation_id in {one.organisation_id for one in actor.memberships}


def _decided(actor: Actor, charge: Charge, reason: str) -> tuple[Charge, str]:
    reason = reason.strip()[:250]
    if not reason:
        raise DomainError("Give the reason. The organisation can read it.")
    charges = Charge.objects.visible_to(actor).select_for_update(of=("self",)).select_related("organisation")
    charge = charges.get(pk=charge.pk)
    if actor.person is None:
        raise DomainError("A person must decide this.")
    if is_own(actor, charge):
        raise DomainError(
            f"You belong to {charge.organisation.name}, so somebody else in the team must decide this."
        )
    if charge.is_credit_note:
        raise DomainError("A credit note can’t be waived or credited.")
    return charge, reason
