"""The message to the team about a concern: where to read it, and nothing of what it says."""

from evaluations.message_kinds import CONCERN_RAISED
from evaluations.models import Concern
from notifications.outbox import queue_message
from partnership_portal.templatetags.portal import uk_date
from partnerships.links import absolute


def tell_concern(concern: Concern) -> None:
    """Write to the partnership's own address."""
    partnership, session = concern.partnership, concern.response.session
    queue_message(
        partnership=partnership,
        purpose=CONCERN_RAISED.purpose,
        subject_key=f"concern:{concern.pk}",
        to_name=partnership.coordinator_name,
        to_email=partnership.coordinator_email,
        values={"course": session.course.title, "date": uk_date(session.starts_at)},
        link=absolute("evaluations:concern", partnership=partnership.slug, pk=concern.pk),
    )
