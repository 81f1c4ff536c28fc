"""Training done outside the partnership's sessions: recorded, and withdrawn where it was a mistake."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from compliance.models import TrainingRecord
from courses.models import Requirement
from partnership_portal.working_days import uk_today
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Membership, Person
from partnerships.permissions import Permission

_EARLIEST = date(1960, 1, 1)


def may_record_for(actor: Actor, person: Person) -> bool:
    """Tell whether the actor may add to this person's record: one's own, one's organisation's people, or the team."""
    if actor.may(Permission.MANAGE_PEOPLE):
        return True
    if actor.person == person:
        return actor.may(Permission.ADD_OWN_TRAINING)
    if not actor.may(Permission.SEE_ORGANISATION):
        return False
    return Membership.objects.led_by(actor).filter(person=person).exists()


def may_withdraw(actor: Actor, record: TrainingRecord) -> bool:
    """Tell whether the actor may withdraw it: what one wrote oneself, and what a lead or the team may record."""
    if actor.person is not None and actor.person == record.recorded_by:
        return actor.may(Permission.ADD_OWN_TRAINING)
    return actor.person != record.person and may_record_for(actor, record.person)


def add_training(
    *,
    actor: Actor,
    person: Person,
    title: str,
    provider: str,
    completed_on: date,
    hours: Decimal | None = None,
    requirement: Requirement | None = None,
) -> TrainingRecord:
    """Add training done elsewhere to a person's record; the same training is recorded once.

    Locks the person, so that two leads who record the same day's training don't collide.
    """
    if not may_record_for(actor, person):
        raise PermissionDenied("This is not one of your people.")
    with transaction.atomic():
        person = Person.objects.select_for_update().get(partnership=actor.partnership, pk=person.pk)
        _check(title=title, provider=provider, completed_on=completed_on, requirement=requirement)
        there = TrainingRecord.objects.standing().filter(
            partnership=actor.partnership, person=person, title=title.strip(), completed_on=completed_on
        )
        for record in there:
            if record.requirement == requirement:
                return record
            raise DomainError(
                f"“{record.title}” on this date is already on {person.name}’s record, counting for something else. "
                "Withdraw it first."
            )
        record = TrainingRecord.objects.create(
            partnership=actor.partnership,
            person=person,
            title=title.strip(),
            provider=provider.strip(),
            completed_on=completed_on,
            hours=hours,
            requirement=requirement,
            recorded_by=actor.person,
            recorded_at=timezone.now(),
        )
        audit.record(
            actor,
            "compliance.add_training",
            record,
            after={
                "person": person.pk,
                "title": record.title,
                "provider": record.provider,
                "completed_on": completed_on.isoformat(),
                "requirement": requirement.pk if requirement else None,
            },
        )
    return record


def record_training_for_many(
    *,
    actor: Actor,
    people: Collection[Person],
    title: str,
    provider: str,
    completed_on: date,
    hours: Decimal | None = None,
    requirement: Requirement | None = None,
) -> list[TrainingRecord]:
    """Add the same training to the records of several people, for all of them or for none."""
    if not people:
        raise DomainError("Choose at least one person.")
    with transaction.atomic():
        return [
            add_training(
                actor=actor,
                person=person,
                title=title,
                provider=provider,
                completed_on=completed_on,
                hours=hours,
                requirement=requirement,
            )
            # In the order of their keys, so that two such calls can't wait for each other.
            for person in sorted(people, key=lambda one: one.pk)
        ]


def withdraw_training(*, actor: Actor, record: TrainingRecord, reason: str) -> TrainingRecord:
    """Take a mistake off the record, with a reason; the row stays for the team to see."""
    if not may_withdraw(actor, record):
        raise PermissionDenied("Somebody else recorded this training.")
    if not reason.strip():
        raise DomainError("Say why this training is withdrawn.")
    with transaction.atomic():
        record = TrainingRecord.objects.select_for_update().get(partnership=actor.partnership, pk=record.pk)
        if record.withdrawn_at is not None:
            return record
        record.withdrawn_at = timezone.now()
        record.withdrawn_reason = reason.strip()
        record.save(update_fields=["withdrawn_at", "withdrawn_reason"])
        audit.record(
            actor,
            "compliance.withdraw_training",
            record,
            before={"title": record.title, "completed_on": record.completed_on.isoformat()},
            after={"withdrawn_at": record.withdrawn_at.isoformat()},
        )
    return record


def _check(*, title: str, provider: str, completed_on: date, requirement: Requirement | None) -> None:
    if not title.strip() or not provider.strip():
        raise DomainError("Give the training’s title and who provided it.")
    if completed_on > uk_today():
        raise DomainError("The training must have been completed today or earlier.")
    if completed_on < _EARLIEST:
        raise DomainError("Check the year in which the training was completed.")
    if requirement is not None and not requirement.accepts_equivalent and requirement.courses:
        raise DomainError(f"Only the partnership’s own course meets “{requirement.title}”.")
