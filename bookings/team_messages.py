"""The messages to the partnership team."""

from typing import Any

from bookings.trainer_messages import what_and_when
from notifications.outbox import queue_message
from partnerships.links import absolute
from partnerships.models import Partnership


def tell_decision_due(partnership: Partnership, session: Any) -> None:
    """Say that a session has too few people; once for its day to decide, and once more if that is put off."""
    asked = session.decide_again_on or session.decide_by
    queue_message(
        partnership=partnership,
        purpose="decision_due",
        subject_key=f"session:{session.pk}:{asked.isoformat()}",
        template="bookings/decision_due",
        to_name=partnership.coordinator_name,
        to_email=partnership.coordinator_email,
        context={
            "session": session,
            "course": session.course,
            "confirmed": session.confirmed,
            "facts": what_and_when(session),
            "decide_url": absolute("bookings:decide", partnership=partnership.slug, pk=session.pk),
        },
    )
