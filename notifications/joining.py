"""Tells people what became of their request to join an organisation: a job, since partnerships know no messages."""

from datetime import datetime, timedelta
from functools import partial

from notifications.message_kinds import ACCEPTED, DECLINED
from notifications.outbox import already_queued, queue_message
from partnerships.jobs import one_by_one
from partnerships.links import absolute
from partnerships.models import JoinRequest, Partnership
from partnerships.tenancy import acting_in

_KINDS = {JoinRequest.State.ACCEPTED: ACCEPTED, JoinRequest.State.DECLINED: DECLINED}
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
        told = set[str]().union(
            *(already_queued(partnership, kind.purpose, decided) for kind in _KINDS.values())
        )
    untold = [request for key, request in decided.items() if key not in told]
    one_by_one(partnership, (partial(_tell, partnership, request) for request in untold))


def _subject(request: JoinRequest) -> str:
    return f"join-request:{request.pk}"


def _tell(partnership: Partnership, request: JoinRequest) -> None:
    kind = _KINDS[JoinRequest.State(request.state)]
    page = "pages:me" if kind is ACCEPTED else "partnerships:join"
    values = {"organisation": request.organisation.name}
    queue_message(
        partnership=partnership,
        purpose=kind.purpose,
        subject_key=_subject(request),
        # The account asked: the person of an accepted request may be known here by another address.
        to_name=request.name,
        to_email=request.email,
        values=values if kind is ACCEPTED else {**values, "reason": request.reason},
        link=absolute(page, partnership=partnership.slug),
    )
