"""Which charges, batches and statements somebody may see."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q

from partnerships.permissions import Permission

if TYPE_CHECKING:
    from partnerships.actors import Actor


class ChargeQuerySet(models.QuerySet):
    """Charges and credit notes of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees all; a lead those of the organisation."""
        charges = self.filter(partnership=actor.partnership)
        if actor.may(Permission.MANAGE_CHARGES):
            return charges
        return charges.filter(organisation__in=actor.led_organisation_ids)

    def standing(self) -> Self:
        """Charges that were not taken back, without credit notes; at most one for each booking and kind."""
        return self.filter(state__in=("open", "waived", "batched"), credits__isnull=True)

    def decided(self) -> Self:
        """The standing ones and those that a person has credited: neither is raised again for the same booking."""
        by_hand = Q(state="credited", decided_by__isnull=False, credits__isnull=True)
        return self.filter(by_hand | Q(state__in=("open", "waived", "batched"), credits__isnull=True))

    def owed(self) -> Self:
        """What counts when it is added up: everything but what was waived or withdrawn before finance had it."""
        return self.exclude(state__in=("waived", "withdrawn"))


class PriceBasisQuerySet(models.QuerySet):
    """What the charges of sessions were last worked out from."""

    def outdated(self) -> Self:
        """Those whose session is not like that any more."""
        return self.filter(
            _differs("cost_pence")
            | _differs("single_agency_for")
            | _differs("opened_to_others")
            | _differs("status")
        )


class BatchQuerySet(models.QuerySet):
    """Batches of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees all, nobody else any: a batch names every organisation."""
        batches = self.filter(partnership=actor.partnership)
        return batches if actor.may(Permission.MANAGE_CHARGES) else batches.none()


class StatementQuerySet(models.QuerySet):
    """Statements of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees all; a lead those of the organisation."""
        statements = self.filter(partnership=actor.partnership)
        if actor.may(Permission.MANAGE_CHARGES):
            return statements
        return statements.filter(organisation__in=actor.led_organisation_ids)


def _differs(name: str) -> Q:
    """Nothing there and nothing here is no difference."""
    both_empty = Q(**{f"{name}__isnull": True, f"session__{name}__isnull": True})
    return ~Q(**{name: F(f"session__{name}")}) & ~both_empty
