"""Organisations of a partnership."""

from typing import Any

from django.db import transaction

from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Organisation, Sector
from partnerships.permissions import Permission, require
from partnerships.services.locks import locked_partnership


def create_organisation(*, actor: Actor, name: str, sector: Sector, charging_class: str = "") -> Organisation:
    """Add an organisation to the partnership."""
    require(actor, Permission.MANAGE_PEOPLE)
    with transaction.atomic():
        locked_partnership(actor)
        _name_is_free(actor, name)
        organisation = Organisation.objects.create(
            partnership=actor.partnership, name=name.strip(), sector=sector, charging_class=charging_class
        )
        audit.record(actor, "partnerships.create_organisation", organisation, after=_facts(organisation))
    return organisation


def change_organisation(
    *,
    actor: Actor,
    organisation: Organisation,
    name: str,
    sector: Sector,
    charging_class: str,
    is_active: bool,
) -> Organisation:
    """Change an organisation; one that is not active takes no new members."""
    require(actor, Permission.MANAGE_PEOPLE)
    with transaction.atomic():
        locked_partnership(actor)
        organisation = Organisation.objects.select_for_update().get(
            partnership=actor.partnership, pk=organisation.pk
        )
        before = _facts(organisation)
        if name.strip().lower() != organisation.name_key:
            _name_is_free(actor, name)
        organisation.name, organisation.sector = name.strip(), sector
        organisation.charging_class, organisation.is_active = charging_class, is_active
        if _facts(organisation) != before:
            organisation.save(update_fields=["name", "sector", "charging_class", "is_active"])
            audit.record(
                actor,
                "partnerships.change_organisation",
                organisation,
                before=before,
                after=_facts(organisation),
            )
    return organisation


def keep_purchase_order(*, actor: Actor, organisation: Organisation, purchase_order: str) -> Organisation:
    """Keep what charges of the organisation quote: by its lead, or the team."""
    require(actor, Permission.SEE_ORGANISATION)
    if organisation.pk not in actor.led_organisation_ids:
        require(actor, Permission.MANAGE_PEOPLE)
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update().get(
            partnership=actor.partnership, pk=organisation.pk
        )
        before, after = organisation.purchase_order, purchase_order.strip()[:60]
        if after != before:
            organisation.purchase_order = after
            organisation.save(update_fields=["purchase_order"])
            audit.record(
                actor,
                "partnerships.keep_purchase_order",
                organisation,
                before={"purchase_order": before},
                after={"purchase_order": after},
            )
    return organisation


def _name_is_free(actor: Actor, name: str) -> None:
    if Organisation.objects.filter(partnership=actor.partnership, name_key=name.strip().lower()).exists():
        raise DomainError(f"There is an organisation called “{name.strip()}” already.")


def _facts(organisation: Organisation) -> dict[str, Any]:
    return {
        "name": organisation.name,
        "sector": organisation.sector_id,
        "charging_class": organisation.charging_class,
        "is_active": organisation.is_active,
    }
