"""What must be done before a course by the policy: the training of one's own organisation, declared or shown.

The training record is an upper app's, which may pull from bookings and not the other way round: whoever books says
what was done, and those who approve, and the team, compare it with the record where they doubt it.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from bookings.evidence import kind_of_evidence
from bookings.models import Booking, EvidenceFile, Prerequisite
from bookings.states import LIVE
from courses.models import Session
from partnership_portal.working_days import uk_today
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.errors import DomainError
from partnerships.models import Partnership, Person
from partnerships.permissions import Permission
from partnerships.policy import Policy, PrerequisiteRule
from partnerships.tenancy import acting_in


@dataclass(frozen=True)
class EarlierTraining:
    """What somebody has done first: a training with its date, a file that shows it, or both."""

    training: str = ""
    completed_on: date | None = None
    evidence: bytes = b""

    @property
    def is_given(self) -> bool:
        """Tell whether it is enough: named with its date, or shown."""
        return bool(self.evidence) or bool(self.training.strip() and self.completed_on)


NOTHING_EARLIER = EarlierTraining()


class PrerequisiteMissing(DomainError):
    """The policy wants a training done first, and nobody has said that it was."""


def asks_earlier_training(session: Session, policy: Policy) -> bool:
    """Tell whether whoever books this session must have done the training of their own organisation first.

    Not for a course that is that first training, nor for an organisation's session for its own staff.
    """
    rule = policy.booking.prerequisite.value
    return (
        rule is PrerequisiteRule.SINGLE_AGENCY_FIRST
        and session.course.asks_prerequisite
        and not session.is_single_agency
    )


def check_prerequisite(actor: Actor, session: Session, person: Person, given: EarlierTraining) -> None:
    """Refuse a booking that leaves open what the policy wants done first; the team may leave it open."""
    if given.completed_on and given.completed_on > uk_today():
        raise DomainError("The training must be done already: its date can’t be in the future.")
    if given.is_given or actor.may(Permission.MANAGE_BOOKINGS):
        return
    if asks_earlier_training(session, actor.partnership.policy(session.starts_at)):
        raise PrerequisiteMissing(training_first(person.name))


def training_first(who: str) -> str:
    """What is said where nobody has said that the training was done."""
    return (
        f"{who} must have done the child protection training of their own organisation first. Name it with its date, "
        "or give evidence of it."
    )


def keep_prerequisite(
    booking: Booking, given: EarlierTraining, *, by: Person | None, now: datetime
) -> Prerequisite | None:
    """Write down what was done first; for services that hold the session's lock and write the audit."""
    if not given.is_given:
        return None
    named = bool(given.training.strip() and given.completed_on)
    kept = Prerequisite.objects.create(
        partnership=booking.partnership,
        booking=booking,
        training=given.training.strip()[:200] if named else "",
        completed_on=given.completed_on if named else None,
        given_by=by,
        given_at=now,
        evidence_type=kind_of_evidence(given.evidence) if given.evidence else "",
    )
    if given.evidence:
        EvidenceFile.objects.create(
            # By its key: hung on the row, the file would stay in memory as long as the booking.
            partnership=booking.partnership,
            prerequisite_id=kept.pk,
            content=given.evidence,
        )
    return kept


def carry_prerequisite(ended: Booking, booking: Booking) -> None:
    """Take what was declared along to the booking that takes the place of one that ended; files were deleted with it.

    For services that hold the session's lock and write the audit.
    """
    kept = Prerequisite.objects.filter(partnership=ended.partnership, booking=ended).first()
    if kept is not None:
        kept.pk, kept.booking, kept._state.adding = None, booking, True
        kept.save()


def keep_on(ended: Booking, booking: Booking) -> None:
    """Let what was declared or shown for a booking that is about to end go on with another, which has nothing of it.

    Before it ends, so that its file isn't deleted. For services that hold the sessions' locks and write the audit.
    """
    own = Prerequisite.objects.filter(partnership=ended.partnership)
    if not own.filter(booking=booking).exists():
        own.filter(booking=ended).update(booking=booking)


def last_declared(actor: Actor, person: Person) -> Prerequisite | None:
    """What was declared of the person with an earlier booking, as far as the actor may see that booking."""
    seen = Booking.objects.visible_to(actor).filter(person=person).values("pk")
    declared = Prerequisite.objects.filter(partnership=actor.partnership, booking__in=seen)
    return declared.exclude(training="").order_by("-given_at", "-pk").first()


def delete_evidence(booking: Booking, now: datetime) -> None:
    """Delete the file of a booking that ends; for services that write the audit."""
    files = EvidenceFile.objects.filter(partnership=booking.partnership, prerequisite__booking=booking)
    if files.delete()[0]:
        Prerequisite.objects.filter(partnership=booking.partnership, booking=booking).update(
            evidence_deleted_at=now
        )


def forget_evidence(partnership: Partnership, now: datetime) -> None:
    """Job: delete the files when the session is over or the booking has ended; may run any number of times."""
    with acting_in(partnership):
        over = Q(prerequisite__booking__session__ends_at__lte=now) | ~Q(prerequisite__booking__state__in=LIVE)
        files = EvidenceFile.objects.filter(over, partnership=partnership)
        for booking in Booking.objects.filter(
            partnership=partnership, prerequisite__file__in=files.values("pk")
        ):
            delete_evidence(booking, now)
            audit.record(system(partnership, "forget evidence"), "bookings.forget_evidence", booking)
