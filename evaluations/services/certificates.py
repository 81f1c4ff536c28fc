"""Issuing certificates through the policy's gate."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from bookings.learning_hours import hours_of_learning
from bookings.models import Booking
from bookings.states import BookingState
from courses.models import Session
from evaluations.gate import releases
from evaluations.links import certificate_link
from evaluations.models import Certificate, CertificateCounter, Invitation
from evaluations.queries.due import certificates_due
from notifications.outbox import queue_message
from partnership_portal.templatetags.portal import uk_date as in_words
from partnership_portal.working_days import uk_date
from partnerships import audit
from partnerships.actors import Actor
from partnerships.policy import CertificateRelease, Numbering
from partnerships.services.policies import policy_of, version_in_force

# Letters and figures that can't be mistaken for one another when read aloud.
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def issue_if_due(*, actor: Actor, booking: Booking, now: datetime | None = None) -> Certificate | None:
    """Issue the certificate if the policy in force at the session's start releases it; gives the new certificate.

    Anybody's act may be the last missing piece, so the gate and not a permission decides. Called in the transaction
    of that act. Locks the booking, then the year's counter; nothing is issued twice.
    """
    now = now or timezone.now()
    with transaction.atomic():
        booking = (
            Booking.objects.select_for_update(no_key=True, of=("self",))
            .select_related("session__course", "person", "partnership")
            .get(pk=booking.pk)
        )
        version = version_in_force(booking.partnership, booking.session.starts_at)
        rules = policy_of(version).certificate
        if Certificate.objects.filter(booking=booking).exists() or not _is_due(
            booking, rules.release.value, now
        ):
            return None
        session = booking.session
        certificate = Certificate.objects.create(
            partnership=booking.partnership,
            booking=booking,
            policy_version=version,
            issued_at=now,
            learner_name=booking.person.name,
            course_title=session.course.title,
            level=_level(session),
            held_on=_held_on(session),
            hours=hours_of_learning(booking.partnership, [booking])[booking.pk],
            issuer_name=booking.partnership.name,
            issuer_short_name=booking.partnership.short_name,
            issuer_colour=booking.partnership.brand_colour,
            number=_number(booking, rules.numbering.value, now),
        )
        audit.record(
            actor,
            "evaluations.issue_certificate",
            certificate,
            after={"number": certificate.number, "booking": booking.pk},
        )
        queue_message(
            partnership=booking.partnership,
            purpose="certificate",
            subject_key=f"booking:{booking.pk}",
            person=booking.person,
            values={
                "course": certificate.course_title,
                "date": certificate.held_on,
                "number": certificate.number,
                "in your record": "yes" if booking.person.user_id else "",
            },
            link=certificate_link(certificate),
        )
        return certificate


def issue_to_attended(actor: Actor, session: Session, bookings: Sequence[Booking]) -> None:
    """Issue what the register was the last missing piece of, in its transaction.

    Before the session is over the hour is the last piece, and the job issues.
    """
    now = timezone.now()
    if session.ends_at > now:
        return
    # Most wait for an answer: one question tells of a large register who is looked at one by one.
    for booking in certificates_due(actor.partnership, now, bookings):
        issue_if_due(actor=actor, booking=booking, now=now)


def _is_due(booking: Booking, release: CertificateRelease, now: datetime) -> bool:
    answered = booking.invitations.filter(state=Invitation.State.ANSWERED).values_list("kind", flat=True)
    return releases(
        release,
        attended=booking.state == BookingState.ATTENDED,
        over=booking.session.ends_at <= now,
        answered=set(answered),
    )


def _number(booking: Booking, numbering: Numbering, now: datetime) -> str:
    prefix = re.sub(r"[^A-Z0-9]", "", booking.partnership.short_name.upper()) or "CERT"
    if numbering is Numbering.UNGUESSABLE:
        return "-".join([prefix, *("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))])
    year = uk_date(now).year
    CertificateCounter.objects.get_or_create(partnership=booking.partnership, year=year)
    counter = CertificateCounter.objects.select_for_update(no_key=True).get(
        partnership=booking.partnership, year=year
    )
    counter.last += 1
    counter.save(update_fields=["last"])
    return f"{prefix}-{year}-{counter.last:06d}"


def _level(session: Session) -> str:
    if session.course.counts_for_no_level:
        return "No level of the competency framework"
    return ", ".join(session.course.groups.order_by("position").values_list("title", flat=True))[:200]


def _held_on(session: Session) -> str:
    days = list(dict.fromkeys(in_words(one.starts_at) for one in session.dates.order_by("starts_at")))
    days = days or [in_words(session.starts_at)]
    words = f"{', '.join(days[:-1])} and {days[-1]}" if len(days) > 1 else days[0]
    return words if len(words) <= 250 else f"{len(days)} dates from {days[0]} to {days[-1]}"
