"""Which people, memberships and requests somebody may see."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from partnerships.permissions import Permission, Role

if TYPE_CHECKING:
    from partnerships.actors import Actor


class PersonQuerySet(models.QuerySet):
    """People of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees everybody; a lead the organisation's people; a manager their own; each person themselves."""
        people = self.filter(partnership=actor.partnership)
        if actor.may(Permission.MANAGE_PEOPLE):
            return people
        if actor.person is None:
            return people.none()
        live = Q(memberships__ended_on__isnull=True)
        seen = Q(pk=actor.person.pk) | (live & Q(memberships__organisation__in=actor.led_organisation_ids))
        if actor.may(Permission.SEE_TEAM):
            seen |= live & Q(memberships__line_manager=actor.person)
        return people.filter(seen).distinct()

    def leading(self, organisation: int) -> Self:
        """Those who lead an organisation and can be written to."""
        led = self.filter(
            memberships__organisation=organisation,
            memberships__ended_on__isnull=True,
            memberships__granted_roles__role=Role.ORGANISATION_LEAD,
        )
        return led.exclude(email="").distinct()


class MembershipQuerySet(models.QuerySet):
    """Memberships of one partnership."""

    def live(self) -> Self:
        """Memberships that have not ended."""
        return self.filter(ended_on__isnull=True)

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees all; a lead those in the organisation; a manager those they manage; each person their own."""
        memberships = self.filter(partnership=actor.partnership)
        if actor.may(Permission.MANAGE_PEOPLE):
            return memberships
        if actor.person is None:
            return memberships.none()
        seen = Q(person=actor.person) | Q(organisation__in=actor.led_organisation_ids)
        if actor.may(Permission.SEE_TEAM):
            seen |= Q(line_manager=actor.person)
        return memberships.filter(seen)

    def managed_by(self, actor: "Actor") -> Self:
        """Live memberships whose line manager is the actor."""
        if not actor.may(Permission.SEE_TEAM):
            return self.none()
        return self.live().filter(partnership=actor.partnership, line_manager=actor.person)

    def led_by(self, actor: "Actor") -> Self:
        """Live memberships in the organisations that the actor leads."""
        return self.live().filter(partnership=actor.partnership, organisation__in=actor.led_organisation_ids)


class JoinRequestQuerySet(models.QuerySet):
    """Requests to join an organisation."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees all; a lead those for the organisation; an account its own."""
        requests = self.filter(partnership=actor.partnership)
        if actor.may(Permission.MANAGE_PEOPLE):
            return requests
        mine = Q(user=actor.user) if actor.user else Q(pk__in=[])
        return requests.filter(mine | Q(organisation__in=actor.led_organisation_ids))
