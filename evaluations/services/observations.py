"""Observing a session: an observer takes it on or is asked to, fills in the form, or gives it back."""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from courses.models import Session
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation
from evaluations.observation_messages import tell_assigned, tell_released
from evaluations.periods import end_of_day
from evaluations.queries.observations import roles_to_observe
from evaluations.services.invitations import about_survey
from evaluations.services.questionnaires import version_in_use
from notifications.outbox import drop_unsent
from partnership_portal.working_days import uk_date
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Person
from partnerships.permissions import Permission, require
from partnerships.policy import Policy
from partnerships.services.policies import policy_of, version_in_force

_FORM = QuestionnaireKind.OBSERVATION


def observe_session(*, actor: Actor, session: Session) -> Invitation:
    """Take on the observation of a session; gives the form, the same one when taken on again. Locks the session.

    Never for a trainer of that session, and not once it is too late to remember it.
    """
    require(actor, Permission.OBSERVE_SESSION)
    if actor.person is None:
        raise PermissionDenied("Only a person can observe a session.")
    return _take_on(actor, session, actor.person)


def assign_observer(*, actor: Actor, session: Session, observer: Person) -> Invitation:
    """Ask an observer to observe a session, and write to them; once. Locks the session.

    Refuses whoever trains it, whoever isn't an observer, and a second observer while there is one.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    if not roles_to_observe(observer).exists():
        raise DomainError(f"{observer} is not an observer. Give them that role first.")
    return _take_on(actor, session, observer)


def release_observation(*, actor: Actor, observation: Invitation) -> None:
    """Give an observation back, by the observer or the team; what was written so far is forgotten.

    The observer is told if it was the team. Locks the session, then the observation.
    """
    is_own = actor.person is not None and actor.person == observation.respondent
    require(actor, Permission.OBSERVE_SESSION if is_own else Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        Session.objects.select_for_update(no_key=True).get(pk=observation.session_id)
        observation = _locked(observation)
        if observation.state == Invitation.State.CLOSED:
            return
        if observation.state == Invitation.State.ANSWERED:
            raise DomainError("This observation was sent. It can’t be given back any more.")
        observation.state = Invitation.State.CLOSED
        observation.closed_because = Invitation.Closing.GIVEN_BACK
        observation.save(update_fields=["state", "closed_because"])
        observation.answers.all().delete()
        drop_unsent(actor.partnership, f"observation:{observation.pk}")
        drop_unsent(actor.partnership, about_survey(observation))
        if not is_own:
            tell_released(observation)
        audit.record(
            actor,
            "evaluations.release_observation",
            observation,
            before={"state": "open"},
            after={"state": "closed", "observer": observation.respondent_id},
        )


def follow_observed_session(*, actor: Actor, observation: Invitation, now: datetime) -> None:
    """Let an observation follow its session: another day has other rules and another time to answer.

    Of a session that was cancelled, or by somebody who is no observer any more before it begins, it is given back.
    Tells the observer, once for each. Locks the session, then the observation.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        session = Session.objects.select_for_update(no_key=True, of=("self",)).get(pk=observation.session_id)
        observation = _locked(observation)
        if observation.state != Invitation.State.OPEN:
            return
        observes = observation.respondent is not None and roles_to_observe(observation.respondent).exists()
        if session.status != Session.Status.PUBLISHED or (session.starts_at > now and not observes):
            release_observation(actor=actor, observation=observation)
            return
        before = _standing(observation)
        observation.policy_version = version_in_force(observation.partnership, session.starts_at)
        observation.closes_at = _closes_at(policy_of(observation.policy_version), session)
        if (after := _standing(observation)) != before:
            observation.last_asked_on = max(uk_date(now), uk_date(session.ends_at))
            observation.save(update_fields=["policy_version", "closes_at", "last_asked_on"])
            audit.record(
                actor, "evaluations.follow_observed_session", observation, before=before, after=after
            )
        tell_assigned(observation)


def _standing(observation: Invitation) -> dict[str, object]:
    return {"closes_at": observation.closes_at.isoformat(), "policy": observation.policy_version.number}


def _take_on(actor: Actor, session: Session, observer: Person) -> Invitation:
    now = timezone.now()
    with transaction.atomic():
        session = Session.objects.select_for_update(no_key=True).get(pk=session.pk)
        before = session.invitations.filter(kind=_FORM, respondent=observer).first()
        if before is not None and before.state != Invitation.State.CLOSED:
            return before
        _refuse_observer(actor, session, observer)
        policy_version = version_in_force(actor.partnership, session.starts_at)
        closes_at = _closes_at(policy_of(policy_version), session)
        version = version_in_use(actor.partnership, _FORM, session.course)
        if version is None:
            raise DomainError("The partnership has no observation form yet. Ask the partnership team.")
        if closes_at <= now:
            raise DomainError("This session was too long ago to be observed.")
        observation = before or Invitation(
            partnership=actor.partnership, kind=_FORM, session=session, respondent=observer
        )
        observation.version, observation.policy_version = version, policy_version
        observation.respondent_name, observation.respondent_email = observer.name, observer.email
        observation.state, observation.closed_because = Invitation.State.OPEN, ""
        observation.invited_at, observation.closes_at = now, closes_at
        observation.reminders_sent, observation.opened_at = 0, None
        observation.last_asked_on = max(uk_date(now), uk_date(session.ends_at))
        observation.save()
        tell_assigned(observation)
        audit.record(
            actor,
            "evaluations.observe_session",
            observation,
            after={"session": session.pk, "observer": observer.pk},
        )
        return observation


def _refuse_observer(actor: Actor, session: Session, observer: Person) -> None:
    is_own = observer == actor.person
    if session.trainer_links.filter(person=observer).exists():
        who = "You train" if is_own else f"{observer} trains"
        raise DomainError(f"{who} this session, so somebody else must observe it.")
    taken = session.invitations.filter(kind=_FORM).exclude(state=Invitation.State.CLOSED).first()
    if taken is not None:
        # Observers are not told of each other; whoever plans is.
        who = taken.respondent_name if actor.may(Permission.MANAGE_SURVEYS) else "Somebody"
        raise DomainError(f"{who} observes this session already.")
    if session.status != Session.Status.PUBLISHED:
        raise DomainError("Only a session that is published can be observed.")


def _closes_at(policy: Policy, session: Session) -> datetime:
    return end_of_day(session.ends_at + timedelta(days=policy.evaluation.open_days.value))


def _locked(observation: Invitation) -> Invitation:
    return (
        Invitation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("partnership", "session__course", "session__venue", "respondent", "policy_version")
        .get(pk=observation.pk)
    )
