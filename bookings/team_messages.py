"""The messages to the partnership team."""

from typing import Any

from bookings.message_kinds import DECISION_DUE
from bookings.trainer_messages import what_and_when
from notifications.outbox import queue_message
from partnership_portal.templatetags.portal import uk_date
from partnerships.links import absolute
from partnerships.models import Partnership


def tell_decision_due(partnership: Partnership, session: Any) -> None:
    """Say that a session has too few people; once for its day to decide, and once more if that is put off."""
    asked = session.decide_again_on or session.decide_by
    queue_message(
        partnership=partnership,
        purpose=DECISION_DUE.purpose,
        subject_key=f"session:{session.pk}:{asked.isoformat()}",
        to_name=partnership.coordinator_name,
        to_email=partnership.coordinator_email,
        values={
            "course": session.course.title,
            "date": uk_date(session.starts_at),
            "confirmed": str(session.confirmed),
            "needed": str(session.minimum),
        },
        facts=what_and_when(session),
        link=absolute("bookings:decide", partnership=partnership.slug, pk=session.pk),
    )
