"""The places where sessions are held."""

from dataclasses import asdict, dataclass

from django.db import transaction

from courses.models import Venue
from courses.refusals import PlanRefused
from partnerships import audit
from partnerships.actors import Actor
from partnerships.permissions import Permission, require
from partnerships.services.locks import locked_partnership


@dataclass(frozen=True)
class VenueDetails:
    """Where a venue is and how one gets in."""

    name: str
    address: str
    postcode: str
    access: str = ""


def write_venue(*, actor: Actor, details: VenueDetails) -> Venue:
    """Add a venue."""
    require(actor, Permission.PLAN_PROGRAMME)
    with transaction.atomic():
        locked_partnership(actor)
        _refuse_namesake(actor, details.name)
        venue = Venue.objects.create(partnership=actor.partnership, **asdict(details))
        audit.record(actor, "courses.write_venue", venue, after=asdict(details))
    return venue


def change_venue(*, actor: Actor, venue: Venue, details: VenueDetails) -> Venue:
    """Change a venue, for past and coming sessions alike."""
    require(actor, Permission.PLAN_PROGRAMME)
    with transaction.atomic():
        locked_partnership(actor)
        venue = Venue.objects.visible_to(actor).select_for_update().get(pk=venue.pk)
        _refuse_namesake(actor, details.name, but=venue.pk)
        after = asdict(details)
        before = {name: getattr(venue, name) for name in after}
        if after != before:
            for name, value in after.items():
                setattr(venue, name, value)
            venue.save()
            audit.record(actor, "courses.change_venue", venue, before=before, after=after)
    return venue


def _refuse_namesake(actor: Actor, name: str, but: int | None = None) -> None:
    others = Venue.objects.visible_to(actor).exclude(pk=but) if but else Venue.objects.visible_to(actor)
    if others.filter(name=name).exists():
        raise PlanRefused("There is already a venue with this name.", "name")
