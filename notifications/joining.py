"""Tells people what became of their request to join an organisation: a job, since partnerships know no messages."""

from datetime import datetime, timedelta
from functools import partial

from notifications.outbox import already_queued, queue_message
from partnerships.jobs import one_by_one
from partnerships.links import absolute
from partnerships.models import JoinRequest, Partnership
from partnerships.tenancy import acting_in

_PURPOSE = "join_request_decided"
# What was decided before the portal wrote such messages is not told long afterwards.
_LOOK_BACK = timedelta(days=7)


def tell_of_decided_requests(partnership: Partnership, now: datetime) -> None:
    """Job: write to whoever asked to join an organisation and was accepted or declined, once."""
    with acting_in(partnership):
        decided = {
            _subject(request): request
            for request in JoinRequest.objects.filter(
                partnership=partnership, decided_at__gt=now - _LOOK_BACK
            ).select_related("organisation")
        }
        told = already_queued(partnership, _PURPOSE, decided)
    untold = [request for key, request in decided.items() if key not in told]
    one_by_one(partnership, (partial(_tell, partnership, request) for request in untold))


def _subject(request: JoinRequest) -> str:
    return f"join-request:{request.pk}"


def _tell(partnership: Partnership, request: JoinRequest) -> None:
    slug = partnership.slug
    queue_message(
        partnership=partnership,
        purpose=_PURPOSE,
        subject_key=_subject(request),
        template=f"joining/{request.state}",
        # The account asked: the person of an accepted request may be known here by another address.
        to_name=request.name,
        to_email=request.email,
        context={
            "request": request,
            "organisation": request.organisation,
            "me_url": absolute("pages:me", partnership=slug),
            "courses_url": absolute("courses:catalogue", partnership=slug),
            "join_url": absolute("partnerships:join", partnership=slug),
        },
    )
