"""Asking people to answer a questionnaire about a session, each once."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from bookings.models import Booking
from courses.models import Session
from evaluations.kinds import QuestionnaireKind
from evaluations.links import survey_link
from evaluations.models import Invitation
from evaluations.periods import LATEST, answers_close_at, answers_due_at, state_to_ask
from evaluations.queries.managers import Contact, line_managers_of
from evaluations.services.questionnaires import version_in_use
from notifications.kinds import known_kind
from notifications.outbox import Envelope, queue_messages
from partnership_portal.templatetags.portal import uk_date as in_words
from partnership_portal.templatetags.portal import uk_datetime
from partnership_portal.working_days import uk_date
from partnerships import audit
from partnerships.actors import Actor
from partnerships.models import Person, PolicyVersion
from partnerships.permissions import Permission, require
from partnerships.policy import CertificateRelease
from partnerships.services.policies import policy_of, version_in_force


def ask_about_bookings(
    *, actor: Actor, session: Session, bookings: Sequence[int], kind: QuestionnaireKind, now: datetime
) -> list[Invitation]:
    """Ask the learners of these bookings, or their line managers, about a session; once, however often this is called.

    Locks the session, as the register does, then the bookings. Asks nobody who is no longer attended (or, before the
    course, no longer confirmed), nobody if the session was cancelled, or if it is not the time by the policy in force
    when the session begins. A line manager without an address is not asked. The evaluation goes out whatever the quiet
    hours, unless the register comes months late. As many queries for one as for many.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        session = _locked_session(actor, session)
        found = (
            Booking.objects.select_for_update(no_key=True, of=("self",))
            .filter(partnership=actor.partnership, session=session, pk__in=bookings, state=state_to_ask(kind))
            .exclude(Exists(Invitation.objects.filter(booking=OuterRef("pk"), kind=kind)))
            .select_related("person")
            .order_by("pk")
        )
        if session.status != Session.Status.PUBLISHED or not found:
            return []
        if kind == QuestionnaireKind.LINE_MANAGER:
            contacts = line_managers_of(list(found))
        else:
            contacts = {one.pk: _person(one.person) for one in found}
        return _invite(
            actor, kind, session, [(one, contacts[one.pk]) for one in found if one.pk in contacts], now
        )


def ask_trainer(*, actor: Actor, session: Session, person: Person, now: datetime) -> list[Invitation]:
    """Ask a trainer for their own account of a session; once. Locks the session."""
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        session = _locked_session(actor, session)
        kind = QuestionnaireKind.TRAINER_FEEDBACK
        is_trainer = session.trainer_links.filter(person=person).exists()
        if not is_trainer or session.invitations.filter(kind=kind, respondent=person).exists():
            return []
        return _invite(actor, kind, session, [(None, _person(person))], now)


def _locked_session(actor: Actor, session: Session) -> Session:
    locked = (
        Session.objects.select_for_update(no_key=True, of=("self",))
        .select_related("course")
        .defer("course__search")
        .get(partnership=actor.partnership, pk=session.pk)
    )
    locked.partnership = actor.partnership
    return locked


def _person(person: Person) -> Contact:
    return Contact(person, person.name, person.email)


def _invite(
    actor: Actor,
    kind: QuestionnaireKind,
    session: Session,
    asked: Sequence[tuple[Booking | None, Contact]],
    now: datetime,
) -> list[Invitation]:
    policy_version = version_in_force(actor.partnership, session.starts_at)
    policy = policy_of(policy_version)
    closes_at = answers_close_at(kind, policy, session, now)
    version = version_in_use(actor.partnership, kind, session.course)
    if closes_at is None or version is None:
        return []
    invitations = Invitation.objects.bulk_create(
        Invitation(
            partnership=actor.partnership,
            kind=kind,
            version=version,
            session=session,
            booking=booking,
            respondent=contact.person,
            respondent_name=contact.name,
            respondent_email=contact.email,
            policy_version=policy_version,
            invited_at=now,
            due_at=answers_due_at(kind, policy, invited_at=now, closes_at=closes_at),
            closes_at=closes_at,
            last_asked_on=uk_date(now),
        )
        for booking, contact in asked
    )
    after = {"kind": kind.value, "session": session.pk, "closes_at": closes_at.isoformat()}
    audit.record_each(actor, "evaluations.ask", ((one, after) for one in invitations))
    purpose = f"survey-{kind.value}"
    queue_messages(
        partnership=actor.partnership,
        purpose=purpose,
        envelopes=[
            _envelope(
                one,
                policy_version,
                purpose=purpose,
                about=asked_key(one),
            )
            for one in invitations
        ],
        # Of the course they have just come from people hear the same day, also on a Saturday or in the evening.
        at_once=kind == QuestionnaireKind.EVALUATION and now < session.ends_at + LATEST,
    )
    return invitations


def asked_key(invitation: Invitation) -> str:
    """What the message that asks is about: with what else is written of this survey, so that it goes when that goes."""
    return f"{about_survey(invitation)}:asked:{invitation.link_number}"


def about_survey(invitation: Invitation) -> str:
    """What every message about a survey is about; those unsent are dropped by it once nobody is to answer any more."""
    return f"invitation:{invitation.pk}"


def send(invitation: Invitation, policy_version: PolicyVersion, *, purpose: str, about: str) -> bool:
    """Queue a message with the link to the survey, to ask again or to remind; tells whether anybody is written to."""
    envelope = _envelope(invitation, policy_version, purpose=purpose, about=about)
    return bool(queue_messages(partnership=invitation.partnership, purpose=purpose, envelopes=[envelope]))


def _envelope(invitation: Invitation, policy_version: PolicyVersion, *, purpose: str, about: str) -> Envelope:
    values = _values(invitation, policy_of(policy_version).certificate.release.value)
    named = {one.name for one in known_kind(purpose).placeholders}
    return Envelope(
        about,
        values={name: value for name, value in values.items() if name in named},
        link=survey_link(invitation),
        person=invitation.respondent,
        to_name=invitation.respondent_name,
        to_email=invitation.respondent_email,
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
