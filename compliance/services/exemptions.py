"""Exempting somebody from a requirement in one job, where the strategy does, and ending that."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from compliance.models import Exemption
from compliance.queries.standing import standing_in
from courses.models import Requirement
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Membership
from partnerships.permissions import Permission


def may_exempt(actor: Actor, membership: Membership) -> bool:
    """Tell whether the actor may say that somebody is exempt in this job: the organisation's lead, or the team."""
    if actor.may(Permission.MANAGE_PEOPLE):
        return True
    return actor.may(Permission.SEE_ORGANISATION) and membership.organisation_id in actor.led_organisation_ids


def record_exemption(
    *, actor: Actor, membership: Membership, requirement: Requirement, reason: str
) -> Exemption:
    """Record that somebody need not meet a requirement in this job, for one of the reasons that the strategy names.

    Locks the membership, so that two who record it at once write one exemption.
    """
    if not may_exempt(actor, membership):
        raise PermissionDenied("This is not one of your people.")
    with transaction.atomic():
        membership = (
            Membership.objects.select_for_update(of=("self",))
            .select_related("person")
            .get(partnership=actor.partnership, pk=membership.pk)
        )
        name = membership.person.name
        if membership.ended_on is not None:
            raise DomainError(f"{name} no longer belongs to this organisation.")
        there = Exemption.objects.live().filter(
            partnership=actor.partnership, membership=membership, requirement=requirement
        )
        for exemption in there:
            if exemption.reason == reason:
                return exemption
            raise DomainError(f"{name} is exempt from “{requirement.title}” already. End that first.")
        if requirement not in [one.requirement for one in standing_in([membership]).required]:
            raise DomainError(f"“{requirement.title}” is not required of {name}.")
        if reason not in requirement.exempt_reasons:
            raise DomainError("Choose one of the reasons that the strategy names.")
        exemption = Exemption.objects.create(
            partnership=actor.partnership,
            membership=membership,
            requirement=requirement,
            reason=reason,
            recorded_by=actor.person,
            recorded_at=timezone.now(),
        )
        audit.record(
            actor,
            "compliance.record_exemption",
            exemption,
            after={"membership": membership.pk, "requirement": requirement.pk, "reason": reason},
        )
    return exemption


def end_exemption(*, actor: Actor, exemption: Exemption) -> Exemption:
    """Let the requirement count again for somebody who was exempt; the row stays (locks the exemption)."""
    if not may_exempt(actor, exemption.membership):
        raise PermissionDenied("This is not one of your people.")
    with transaction.atomic():
        exemption = Exemption.objects.select_for_update().get(partnership=actor.partnership, pk=exemption.pk)
        if exemption.ended_at is not None:
            return exemption
        exemption.ended_at = timezone.now()
        exemption.save(update_fields=["ended_at"])
        audit.record(
            actor,
            "compliance.end_exemption",
            exemption,
            before={"membership": exemption.membership_id, "reason": exemption.reason},
            after={"ended_at": exemption.ended_at.isoformat()},
        )
    return exemption
