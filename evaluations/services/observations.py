"""Observing a session: an observer takes it on and fills in the form."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from courses.models import Session
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation
from evaluations.periods import end_of_day
from evaluations.services.questionnaires import version_in_use
from partnership_portal.working_days import uk_date
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import Permission, require
from partnerships.services.policies import policy_of, version_in_force

_FORM = QuestionnaireKind.OBSERVATION


def observe_session(*, actor: Actor, session: Session) -> Invitation:
    """Take on the observation of a session; gives the form, the same one when taken on again. Locks the session.

    Never for a trainer of that session, and not once it is too late to remember it.
    """
    require(actor, Permission.OBSERVE_SESSION)
    observer, now = actor.person, timezone.now()
    if observer is None:
        raise PermissionDenied("Only a person can observe a session.")
    with transaction.atomic():
        session = Session.objects.select_for_update(no_key=True).get(pk=session.pk)
        if session.trainer_links.filter(person=observer).exists():
            raise DomainError("You train this session, so somebody else must observe it.")
        if taken_on := session.invitations.filter(kind=_FORM, respondent=observer).first():
            return taken_on
        if session.status != Session.Status.PUBLISHED:
            raise DomainError("Only a session that is published can be observed.")
        policy_version = version_in_force(actor.partnership, session.starts_at)
        open_for = timedelta(days=policy_of(policy_version).evaluation.open_days.value)
        closes_at = end_of_day(session.ends_at + open_for)
        version = version_in_use(actor.partnership, _FORM, session.course)
        if version is None:
            raise DomainError("The partnership has no observation form yet. Ask the partnership team.")
        if closes_at <= now:
            raise DomainError("This session was too long ago to be observed.")
        invitation = Invitation.objects.create(
            partnership=actor.partnership,
            kind=_FORM,
            version=version,
            session=session,
            respondent=observer,
            respondent_name=observer.name,
            respondent_email=observer.email,
            policy_version=policy_version,
            invited_at=now,
            closes_at=closes_at,
            last_asked_on=max(uk_date(now), uk_date(session.ends_at)),
        )
        audit.record(actor, "evaluations.observe_session", invitation, after={"session": session.pk})
        return invitation
