"""The messages about observations: to the observer, the trainers, and whoever is to do something."""

from collections.abc import Sequence
from datetime import datetime

from evaluations.links import survey_link
from evaluations.message_kinds import (
    OBSERVATION_ACTION,
    OBSERVATION_ACTION_DUE,
    OBSERVATION_ASSIGNED,
    OBSERVATION_RELEASED,
    OBSERVATION_SHARED,
)
from evaluations.models import Invitation, ObservationAction
from notifications.outbox import drop_unsent, queue_message, told_in_order
from partnership_portal.templatetags.portal import uk_date, uk_datetime
from partnerships.links import absolute
from partnerships.models import Person


def asking_key(observation: Invitation) -> str:
    """This observer, from this asking on."""
    return f"observation:{observation.pk}:{observation.invited_at:%Y%m%d%H%M%S}"


def assigned_key(observation: Invitation) -> str:
    """What the observer is told: for this asking the day and the place; moved to another, it is another message."""
    session = observation.session
    return f"{asking_key(observation)}:{session.starts_at:%Y%m%d%H%M}:{session.venue_id or 'online'}"


def knows_when_and_where(observation: Invitation, told: Sequence[str]) -> bool:
    """Tell whether the last thing that the observer was told, of the keys in their order, still holds."""
    return bool(told) and told[-1].startswith(f"{assigned_key(observation)}:")


def tell_assigned(observation: Invitation) -> None:
    """Tell the observer which session they observe and until when the form can be filled in; anew when that changes.

    The caller holds the session's lock, so that two count the same messages once.
    """
    session, asking = observation.session, asking_key(observation)
    told = told_in_order(observation.partnership, OBSERVATION_ASSIGNED.purpose, [asking]).get(asking, [])
    if knows_when_and_where(observation, told):
        return
    drop_unsent(observation.partnership, asking)
    queue_message(
        partnership=observation.partnership,
        purpose=OBSERVATION_ASSIGNED.purpose,
        # Moved away and back again is told twice.
        subject_key=f"{assigned_key(observation)}:{len(told)}",
        person=observation.respondent,
        values={
            "course": session.course.title,
            "date": uk_datetime(session.starts_at),
            "place": session.place,
            "closes": uk_date(observation.closes_at),
        },
        link=survey_link(observation),
        no_later_than=session.starts_at,
    )


def tell_released(observation: Invitation) -> None:
    """Tell the observer that they need not come."""
    session = observation.session
    queue_message(
        partnership=observation.partnership,
        purpose=OBSERVATION_RELEASED.purpose,
        subject_key=f"released:{assigned_key(observation)}",
        person=observation.respondent,
        values={"course": session.course.title, "date": uk_datetime(session.starts_at)},
        no_later_than=session.starts_at,
    )


def shared_key(observation: Invitation, trainer: Person) -> str:
    """What the message to one of the trainers is about."""
    return f"observation:{observation.pk}:shared:{trainer.pk}"


def tell_shared(observation: Invitation, trainer: Person) -> None:
    """Tell a trainer that the session's observation can be read."""
    queue_message(
        partnership=observation.partnership,
        purpose=OBSERVATION_SHARED.purpose,
        subject_key=shared_key(observation, trainer),
        person=trainer,
        values={"course": observation.session.course.title, "date": uk_date(observation.session.starts_at)},
        link=_page(observation),
    )


def tell_agreed(action: ObservationAction, said_at: datetime) -> None:
    """Tell whoever is to do something; each time that it is said anew, it is another message."""
    queue_message(
        partnership=action.partnership,
        purpose=OBSERVATION_ACTION.purpose,
        subject_key=f"observation-action:{action.pk}:{said_at:%Y%m%d%H%M%S%f}",
        person=action.owner,
        values={
            "course": action.observation.session.course.title,
            "date": uk_date(action.observation.session.starts_at),
            "due": uk_date(action.due_on),
        },
        link=_page(action.observation),
    )


def due_key(action: ObservationAction) -> str:
    """What the message on the day is about: put off, it is another day."""
    return f"observation-action:{action.pk}:due:{action.due_on.isoformat()}"


def tell_due(action: ObservationAction, *, owner_has_left: bool) -> None:
    """Tell whoever is to do something that its day has come.

    Or the team: where it is theirs, or its owner has left or has no address.
    """
    partnership, session = action.partnership, action.observation.session
    owner = action.owner if action.owner and action.owner.email and not owner_has_left else None
    queue_message(
        partnership=partnership,
        purpose=OBSERVATION_ACTION_DUE.purpose,
        subject_key=due_key(action),
        person=owner,
        to_name="" if owner else partnership.coordinator_name,
        to_email="" if owner else partnership.coordinator_email,
        values={
            "course": session.course.title,
            "date": uk_date(session.starts_at),
            "due": uk_date(action.due_on),
            "who has left": action.owner.name if action.owner and owner_has_left else "",
        },
        link=_page(action.observation),
    )


def _page(observation: Invitation) -> str:
    return absolute("evaluations:observation", partnership=observation.partnership.slug, pk=observation.pk)
