"""The messages about observations: to the observer, the trainers, and whoever is to do something."""

from evaluations.links import survey_link
from evaluations.message_kinds import (
    OBSERVATION_ACTION,
    OBSERVATION_ASSIGNED,
    OBSERVATION_RELEASED,
    OBSERVATION_SHARED,
)
from evaluations.models import Invitation, ObservationAction
from notifications.outbox import queue_message
from partnership_portal.templatetags.portal import uk_date, uk_datetime
from partnerships.links import absolute
from partnerships.models import Person


def assigned_key(observation: Invitation) -> str:
    """What the message is about: this observer, from this asking on, and this day; another day is another message."""
    begun = f"{observation.invited_at:%Y%m%d%H%M%S}"
    return f"observation:{observation.pk}:{begun}:{observation.session.starts_at:%Y%m%d%H%M}"


def tell_assigned(observation: Invitation) -> None:
    """Tell the observer which session they observe and until when the form can be filled in."""
    session = observation.session
    queue_message(
        partnership=observation.partnership,
        purpose=OBSERVATION_ASSIGNED.purpose,
        subject_key=assigned_key(observation),
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


def shared_key(observation: Invitation) -> str:
    """What the message to the trainers is about."""
    return f"observation:{observation.pk}:shared"


def tell_shared(observation: Invitation, trainer: Person) -> None:
    """Tell a trainer that the session's observation can be read."""
    queue_message(
        partnership=observation.partnership,
        purpose=OBSERVATION_SHARED.purpose,
        subject_key=shared_key(observation),
        person=trainer,
        values={"course": observation.session.course.title, "date": uk_date(observation.session.starts_at)},
        link=_page(observation),
    )


def tell_agreed(action: ObservationAction) -> None:
    """Tell whoever is to do something; again when it passes to somebody else or is due on another day."""
    queue_message(
        partnership=action.partnership,
        purpose=OBSERVATION_ACTION.purpose,
        subject_key=f"observation-action:{action.pk}:{action.due_on.isoformat()}",
        person=action.owner,
        values={
            "course": action.observation.session.course.title,
            "date": uk_date(action.observation.session.starts_at),
            "due": uk_date(action.due_on),
        },
        link=_page(action.observation),
    )


def _page(observation: Invitation) -> str:
    return absolute("evaluations:observation", partnership=observation.partnership.slug, pk=observation.pk)
