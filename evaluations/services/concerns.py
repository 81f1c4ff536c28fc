"""Watching answers for something wrong with a course: noticed the same day, taken on, settled, opened again."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from evaluations.concern_messages import tell_concern
from evaluations.models import Concern, EarlierOutcome, Invitation
from evaluations.queries.concerns import Signs
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Person
from partnerships.permissions import Permission, require


def raise_concern(*, actor: Actor, response: Invitation, signs: Signs, now: datetime) -> None:
    """Put a response that gives cause before the team, once, and write to them without its words.

    Locks the response.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        response = (
            Invitation.objects.select_for_update(no_key=True, of=("self",))
            .select_related("partnership", "session__course")
            .get(pk=response.pk)
        )
        if response.watched_at is not None:
            return
        response.watched_at = now
        response.save(update_fields=["watched_at"])
        concern = Concern.objects.create(
            partnership=actor.partnership, response=response, signs=signs, noticed_at=now
        )
        tell_concern(concern)
        kinds = sorted({sign for sign, _ in signs})
        audit.record(actor, "evaluations.raise_concern", concern, after={"signs": kinds})


def pass_over(*, actor: Actor, responses: list[Invitation], now: datetime) -> None:
    """Note that these responses were looked through and give no cause."""
    require(actor, Permission.MANAGE_SURVEYS)
    # Nothing happened to anybody, so there is nothing for the trail.
    Invitation.objects.filter(pk__in=[one.pk for one in responses], watched_at__isnull=True).update(
        watched_at=now
    )


def acknowledge_concern(*, actor: Actor, concern: Concern) -> Concern:
    """Take a concern on, so that colleagues know; whoever was first stays. Locks the concern."""
    who = _team_member(actor)
    with transaction.atomic():
        concern = _locked(concern)
        if concern.acknowledged_at is None:
            concern.acknowledged_at, concern.acknowledged_by = timezone.now(), who
            concern.save(update_fields=["acknowledged_at", "acknowledged_by"])
            audit.record(actor, "evaluations.acknowledge_concern", concern, after={"by": who.pk})
        return concern


def settle_concern(*, actor: Actor, concern: Concern, outcome: str) -> None:
    """Say what was done about a concern; takes it on if nobody has. Locks the concern."""
    who, outcome = _team_member(actor), outcome.strip()
    if not outcome:
        raise DomainError("Say what was done.")
    with transaction.atomic():
        concern = _locked(concern)
        if concern.settled_at is not None:
            if (concern.settled_by, concern.outcome) == (who, outcome):
                return
            raise DomainError(f"{concern.settled_by} has settled this concern already.")
        now = timezone.now()
        if concern.acknowledged_at is None:
            concern.acknowledged_at, concern.acknowledged_by = now, who
        concern.settled_at, concern.settled_by, concern.outcome = now, who, outcome
        concern.save()
        audit.record(actor, "evaluations.settle_concern", concern, after={"by": who.pk})


def reopen_concern(*, actor: Actor, concern: Concern, reason: str) -> None:
    """Open a settled concern again, because something new has come up; what was done before stays beside it.

    Whoever took it on still looks into it. Locks the concern. Done twice is done once.
    """
    who, reason = _team_member(actor), reason.strip()
    if not reason:
        raise DomainError("Say what has come up.")
    with transaction.atomic():
        concern = _locked(concern)
        if concern.settled_at is None or concern.settled_by is None:
            if concern.earlier_outcomes.exists():
                return
            raise DomainError("This concern is not settled yet.")
        earlier = EarlierOutcome.objects.create(
            partnership=concern.partnership,
            concern=concern,
            outcome=concern.outcome,
            settled_at=concern.settled_at,
            settled_by=concern.settled_by,
            reason=reason,
            reopened_at=timezone.now(),
            reopened_by=who,
        )
        concern.settled_at, concern.settled_by, concern.outcome = None, None, ""
        concern.save(update_fields=["settled_at", "settled_by", "outcome"])
        audit.record(
            actor, "evaluations.reopen_concern", concern, after={"by": who.pk, "earlier": earlier.pk}
        )


def _team_member(actor: Actor) -> Person:
    require(actor, Permission.MANAGE_SURVEYS)
    if actor.person is None:
        raise PermissionDenied("Only a person can take a concern on.")
    return actor.person


def _locked(concern: Concern) -> Concern:
    return (
        Concern.objects.select_for_update(no_key=True, of=("self",))
        .select_related("partnership", "settled_by")
        .get(pk=concern.pk)
    )
