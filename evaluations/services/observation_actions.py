"""What is agreed after an observation: written down, done, or put off."""

from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from evaluations.kinds import QuestionnaireKind
from evaluations.message_kinds import OBSERVATION_ACTION_DUE
from evaluations.models import Invitation, ObservationAction
from evaluations.observation_messages import due_key, tell_agreed, tell_due
from notifications.outbox import already_queued, drop_unsent
from partnership_portal.working_days import uk_date
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Person
from partnerships.permissions import Permission, require


@dataclass(frozen=True)
class Agreed:
    """What is to be done, by whom (nobody named: the partnership team) and by when."""

    text: str
    owner: Person | None
    due_on: date


def may_agree(actor: Actor, observation: Invitation) -> bool:
    """Tell whether the actor writes down what is agreed: the team, and the observer."""
    return actor.may(Permission.MANAGE_SURVEYS) or _is(actor, observation.respondent)


def may_finish(actor: Actor, action: ObservationAction) -> bool:
    """Tell whether the actor says that an action is done: those who agree actions, and whoever is to do it."""
    return may_agree(actor, action.observation) or _is(actor, action.owner)


def who_can_do(observation: Invitation) -> list[Person]:
    """Those beside the team who can be asked to do something: the session's trainers and the observer."""
    trainers = [link.person for link in observation.session.trainer_links.select_related("person")]
    return [*trainers, *([observation.respondent] if observation.respondent else [])]


def agree_action(*, actor: Actor, observation: Invitation, agreed: Agreed) -> ObservationAction:
    """Write down an action after an observation was sent, and tell whoever does it; the same one once.

    Locks the observation.
    """
    with transaction.atomic():
        observation = _sent(actor, observation)
        _refuse_stranger(observation, agreed)
        facts = {"text": agreed.text.strip(), "owner": agreed.owner, "due_on": agreed.due_on}
        if there := observation.actions.open().filter(**facts).first():  # type: ignore[attr-defined]
            return there
        if actor.person is None:
            raise PermissionDenied("Only a person can agree what is to be done.")
        action = ObservationAction.objects.create(
            partnership=actor.partnership,
            observation=observation,
            agreed_at=timezone.now(),
            agreed_by=actor.person,
            **facts,
        )
        _tell(actor, action, action.agreed_at)
        audit.record(actor, "evaluations.agree_action", action, after=_trail(action))
        return action


def change_action(*, actor: Actor, action: ObservationAction, agreed: Agreed) -> None:
    """Say an action in other words, give it to somebody else or put it off. Locks the observation, then the action."""
    with transaction.atomic():
        observation = _sent(actor, action.observation)
        action = _locked(action)
        if action.done_at is not None:
            raise DomainError("This action is done. Open it again before you change it.")
        if agreed.owner != action.owner:
            _refuse_stranger(observation, agreed)
        before = _trail(action)
        is_passed_on = (action.owner, action.due_on) != (agreed.owner, agreed.due_on)
        is_reworded = action.text != agreed.text.strip()
        action.text, action.owner, action.due_on = agreed.text.strip(), agreed.owner, agreed.due_on
        action.save(update_fields=["text", "owner", "due_on"])
        # The message doesn't have the words, so that it stays true where they alone change.
        if is_passed_on:
            drop_unsent(actor.partnership, f"observation-action:{action.pk}")
            _tell(actor, action, timezone.now())
        after = {**_trail(action), **({"reworded": True} if is_reworded else {})}
        audit.record(actor, "evaluations.change_action", action, before=before, after=after)


def finish_action(*, actor: Actor, action: ObservationAction) -> None:
    """Say that an action is done. Locks the action."""
    _mark(actor, action, is_done=True)


def reopen_action(*, actor: Actor, action: ObservationAction) -> None:
    """Say that an action is not done after all. Locks the action."""
    _mark(actor, action, is_done=False)


def remind_of_action(*, actor: Actor, action: ObservationAction, now: datetime) -> bool:
    """Tell whoever is to do it that the day has come, once for each day that is agreed; tells whether it was due.

    Locks the action.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        locked = ObservationAction.objects.select_for_update(no_key=True, of=("self",)).filter(pk=action.pk)
        due = (
            locked.due(uk_date(now))
            .select_related(
                "observation__session__course", "observation__partnership", "owner", "partnership"
            )
            .first()
        )
        if due is None or already_queued(due.partnership, OBSERVATION_ACTION_DUE.purpose, [due_key(due)]):
            return False
        tell_due(due, owner_has_left=due.owner_has_left)  # type: ignore[attr-defined]
        audit.record(actor, "evaluations.remind_of_action", due, after=_trail(due))
        return True


def _mark(actor: Actor, action: ObservationAction, *, is_done: bool) -> None:
    with transaction.atomic():
        action = _locked(action)
        if not may_finish(actor, action) or actor.person is None:
            raise PermissionDenied(
                "Only whoever is to do this, the observer or the team can say that it is done."
            )
        if (action.done_at is not None) == is_done:
            return
        action.done_at = timezone.now() if is_done else None
        action.done_by = actor.person if is_done else None
        action.save(update_fields=["done_at", "done_by"])
        if is_done:
            drop_unsent(actor.partnership, f"observation-action:{action.pk}")
        name = "finish_action" if is_done else "reopen_action"
        audit.record(actor, f"evaluations.{name}", action, after={"done": is_done})


def _sent(actor: Actor, observation: Invitation) -> Invitation:
    observation = (
        Invitation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("session__course", "respondent", "partnership")
        .get(pk=observation.pk, kind=QuestionnaireKind.OBSERVATION)
    )
    if not may_agree(actor, observation):
        raise PermissionDenied("Only the observer and the team agree what is to be done.")
    if observation.state != Invitation.State.ANSWERED:
        raise DomainError("Send the observation first. Then write down what was agreed.")
    return observation


def _locked(action: ObservationAction) -> ObservationAction:
    return (
        ObservationAction.objects.select_for_update(no_key=True, of=("self",))
        .select_related("observation__session__course", "observation__respondent", "owner", "partnership")
        .get(pk=action.pk)
    )


def _refuse_stranger(observation: Invitation, agreed: Agreed) -> None:
    if agreed.owner is not None and agreed.owner not in who_can_do(observation):
        raise DomainError("Choose the partnership team, the observer or a trainer of the session.")


def _tell(actor: Actor, action: ObservationAction, said_at: datetime) -> None:
    if action.owner is not None and action.owner != actor.person:
        tell_agreed(action, said_at)


def _trail(action: ObservationAction) -> dict[str, object]:
    return {"owner": action.owner_id, "due_on": action.due_on.isoformat()}


def _is(actor: Actor, person: Person | None) -> bool:
    return actor.person is not None and actor.person == person and not actor.has_left
