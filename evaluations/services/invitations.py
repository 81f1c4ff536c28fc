"""Asking people to answer a questionnaire about a session, each once."""

from datetime import datetime

from django.db import transaction

from bookings.models import Booking
from courses.models import Session
from evaluations.kinds import QuestionnaireKind
from evaluations.links import survey_link
from evaluations.models import Invitation
from evaluations.periods import answers_close_at, answers_due_at, state_to_ask
from evaluations.queries.managers import Contact, line_manager_of
from evaluations.services.questionnaires import version_in_use
from notifications.kinds import known_kind
from notifications.outbox import queue_message
from partnership_portal.templatetags.portal import uk_date as in_words
from partnership_portal.templatetags.portal import uk_datetime
from partnership_portal.working_days import uk_date
from partnerships import audit
from partnerships.actors import Actor
from partnerships.models import Person, PolicyVersion
from partnerships.permissions import Permission, require
from partnerships.policy import CertificateRelease
from partnerships.services.policies import policy_of, version_in_force


def ask_about_booking(
    *, actor: Actor, booking: Booking, kind: QuestionnaireKind, now: datetime
) -> Invitation | None:
    """Ask the learner, or the line manager, about a session; once, however often this is called.

    Locks the booking; asks nobody if it is no longer attended (or, before the course, no longer confirmed), if the
    session was cancelled, or if it is not the time by the policy in force when the session begins. A line manager
    without an address is not asked.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        booking = (
            Booking.objects.select_for_update(no_key=True, of=("self",))
            .select_related("session__course", "person")
            .get(pk=booking.pk)
        )
        if booking.session.status != Session.Status.PUBLISHED or booking.state != state_to_ask(kind):
            return None
        if booking.invitations.filter(kind=kind).exists():
            return None
        is_about_them = kind == QuestionnaireKind.LINE_MANAGER
        asked = line_manager_of(booking) if is_about_them else _person(booking.person)
        if asked is None:
            return None
        return _invite(actor, kind, booking.session, booking, asked, now)


def ask_trainer(*, actor: Actor, session: Session, person: Person, now: datetime) -> Invitation | None:
    """Ask a trainer for their own account of a session; once. Locks the session."""
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        session = (
            Session.objects.select_for_update(no_key=True, of=("self",))
            .select_related("course")
            .get(pk=session.pk)
        )
        kind = QuestionnaireKind.TRAINER_FEEDBACK
        is_trainer = session.trainer_links.filter(person=person).exists()
        if not is_trainer or session.invitations.filter(kind=kind, respondent=person).exists():
            return None
        return _invite(actor, kind, session, None, _person(person), now)


def _person(person: Person) -> Contact:
    return Contact(person, person.name, person.email)


def _invite(
    actor: Actor,
    kind: QuestionnaireKind,
    session: Session,
    booking: Booking | None,
    asked: Contact,
    now: datetime,
) -> Invitation | None:
    policy_version = version_in_force(actor.partnership, session.starts_at)
    policy = policy_of(policy_version)
    closes_at = answers_close_at(kind, policy, session, now)
    version = version_in_use(actor.partnership, kind, session.course)
    if closes_at is None or version is None:
        return None
    invitation = Invitation.objects.create(
        partnership=actor.partnership,
        kind=kind,
        version=version,
        session=session,
        booking=booking,
        respondent=asked.person,
        respondent_name=asked.name,
        respondent_email=asked.email,
        policy_version=policy_version,
        invited_at=now,
        due_at=answers_due_at(kind, policy, invited_at=now, closes_at=closes_at),
        closes_at=closes_at,
        last_asked_on=uk_date(now),
    )
    audit.record(
        actor,
        "evaluations.ask",
        invitation,
        after={"kind": kind.value, "session": session.pk, "closes_at": closes_at.isoformat()},
    )
    about = f"booking:{booking.pk}" if booking else f"session:{session.pk}"
    send(invitation, policy_version, purpose=f"survey-{kind.value}", about=about)
    return invitation


def send(invitation: Invitation, policy_version: PolicyVersion, *, purpose: str, about: str) -> None:
    """Queue a message with the link to the survey; used for the invitation and for its reminders."""
    values = _values(invitation, policy_of(policy_version).certificate.release.value)
    named = {one.name for one in known_kind(purpose).placeholders}
    queue_message(
        partnership=invitation.partnership,
        purpose=purpose,
        subject_key=about,
        person=invitation.respondent,
        to_name=invitation.respondent_name,
        to_email=invitation.respondent_email,
        values={name: value for name, value in values.items() if name in named},
        link=survey_link(invitation),
        no_later_than=invitation.closes_at,
    )


def _values(invitation: Invitation, release: CertificateRelease) -> dict[str, str]:
    course = invitation.session.course.title
    learner = invitation.booking.person.name if invitation.booking else ""
    return {
        "course": course,
        "date": in_words(invitation.session.starts_at),
        "due": in_words(invitation.due_at or invitation.closes_at),
        "closes": uk_datetime(invitation.closes_at),
        "certificate": "yes" if releases_certificate(invitation, release) else "",
        "learner": learner,
        "what we ask": {
            QuestionnaireKind.PRE_COURSE: f"a few questions before {course}",
            QuestionnaireKind.LINE_MANAGER: f"three questions about {learner} and {course}",
            QuestionnaireKind.TRAINER_FEEDBACK: f"your feedback on {course}",
            QuestionnaireKind.OBSERVATION: f"your observation of {course}",
            QuestionnaireKind.IMPACT: f"what has changed since {course}?",
            QuestionnaireKind.EVALUATION: f"how was {course}?",
        }[QuestionnaireKind(invitation.kind)],
        "a colleague": "yes" if invitation.kind == QuestionnaireKind.LINE_MANAGER else "",
    }


def releases_certificate(invitation: Invitation, release: CertificateRelease) -> bool:
    """Tell whether the certificate waits for these answers."""
    return (invitation.kind, release) in {
        (QuestionnaireKind.EVALUATION, CertificateRelease.AFTER_EVALUATION),
        (QuestionnaireKind.IMPACT, CertificateRelease.AFTER_IMPACT),
    }
