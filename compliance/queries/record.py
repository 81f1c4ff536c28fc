"""One person's training record: what they attended here and what they learnt elsewhere."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bookings.learning_hours import hours_of_learning
from bookings.models import Booking
from bookings.states import BookingState
from compliance.models import TrainingRecord
from evaluations.models import Certificate, Invitation
from evaluations.services.invitations import releases_certificate
from partnership_portal.working_days import uk_date
from partnerships.actors import Actor
from partnerships.models import Person
from partnerships.permissions import Permission
from partnerships.services.policies import policy_of


@dataclass(frozen=True)
class RecordEntry:
    """One line of a training record."""

    on: date
    title: str
    provider: str
    hours: Decimal | None
    where: str
    counts_for: str = ""
    course_slug: str = ""
    certificate: str = ""
    is_partial: bool = False
    training: TrainingRecord | None = None
    survey: int | None = None

    @property
    def is_withdrawn(self) -> bool:
        """Tell whether it was recorded by mistake."""
        return self.training is not None and self.training.withdrawn_at is not None


def record_of(person: Person, actor: Actor) -> list[RecordEntry]:
    """The whole record of a person whom the actor may see, newest first (four queries, for the team five).

    A record follows its person from one employer to the next; only the team sees what was withdrawn, and is led to the
    survey that a certificate waits for.
    """
    entries = [*_attended(person, actor), *_elsewhere(person, actor)]
    return sorted(entries, key=lambda one: (one.on, one.title), reverse=True)


def _attended(person: Person, actor: Actor) -> list[RecordEntry]:
    bookings = list(
        Booking.objects.filter(
            partnership=person.partnership_id,
            person=person,
            state__in=[BookingState.ATTENDED, BookingState.PARTLY_ATTENDED],
        )
        .select_related("session__course")
        .order_by("pk")
    )
    certificates = dict(
        Certificate.objects.visible_to(actor)
        .filter(booking__person=person, revoked_at__isnull=True)
        .order_by()
        .values_list("booking_id", "number")
    )
    hours = hours_of_learning(actor.partnership, bookings)
    surveys = _surveys_waited_for(person, actor) if actor.may(Permission.MANAGE_SURVEYS) else {}
    return [
        RecordEntry(
            on=uk_date(booking.session.ends_at),
            title=booking.session.course.title,
            provider=actor.partnership.name,
            hours=hours[booking.pk],
            where="Course of the partnership",
            course_slug=booking.session.course.slug,
            certificate=certificates.get(booking.pk, ""),
            is_partial=booking.state == BookingState.PARTLY_ATTENDED,
            survey=surveys.get(booking.pk),
        )
        for booking in bookings
    ]


def _surveys_waited_for(person: Person, actor: Actor) -> dict[int, int]:
    """By booking, the survey whose answers would release the certificate."""
    asked = (
        Invitation.objects.visible_to(actor)
        .filter(booking__person=person)
        .exclude(state=Invitation.State.ANSWERED)
        .select_related("policy_version")
        .order_by("pk")
    )
    return {
        one.booking_id: one.pk
        for one in asked
        if one.booking_id is not None
        and releases_certificate(one, policy_of(one.policy_version).certificate.release.value)
    }


def _elsewhere(person: Person, actor: Actor) -> list[RecordEntry]:
    records = TrainingRecord.objects.visible_to(actor).filter(person=person).select_related("requirement")
    if not actor.is_team:
        records = records.standing()
    return [
        RecordEntry(
            on=record.completed_on,
            title=record.title,
            provider=record.provider,
            hours=record.hours,
            where="Done elsewhere",
            counts_for=record.requirement.title if record.requirement else "",
            training=record,
        )
        for record in records
    ]
