"""Tells of requests to join an organisation, and what became of them: jobs, since partnerships know no messages."""

from datetime import datetime, timedelta
from functools import partial

from notifications.message_kinds import ACCEPTED, ASKED, DECLINED
from notifications.outbox import Envelope, already_queued, drop_unsent, queue_message, queue_messages
from partnerships.jobs import one_by_one
from partnerships.links import absolute
from partnerships.models import JoinRequest, Partnership, Person
from partnerships.tenancy import acting_in

_KINDS = {JoinRequest.State.ACCEPTED: ACCEPTED, JoinRequest.State.DECLINED: DECLINED}
# What was asked or decided before the portal wrote such messages is not told long afterwards.
_LOOK_BACK = timedelta(days=7)


def tell_of_new_requests(partnership: Partnership, now: datetime) -> None:
    """Job: write to those who decide about each new request to join an organisation, once.

    To the organisation's leads; where none can be written to, to the partnership's own address.
    """
    with acting_in(partnership):
        waiting = {
            _subject(request): request
            for request in JoinRequest.objects.filter(
                partnership=partnership, state=JoinRequest.State.OPEN, asked_at__gt=now - _LOOK_BACK
            )
        }
        told = already_queued(partnership, ASKED.purpose, waiting)
    untold = [request for key, request in waiting.items() if key not in told]
    one_by_one(partnership, (partial(_ask, partnership, request) for request in untold))


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


def _ask(partnership: Partnership, request: JoinRequest) -> None:
    # Locked, so that nobody is asked about what is decided in the meantime.
    locked = JoinRequest.objects.select_for_update(of=("self",)).select_related("organisation")
    request = locked.get(partnership=partnership, pk=request.pk)
    if request.state != JoinRequest.State.OPEN:
        return
    organisation = request.organisation
    values = {"organisation": organisation.name, "asker": request.name, "job": request.job_role}
    link = absolute("partnerships:join_request", partnership=partnership.slug, pk=request.pk)
    leads = Person.objects.filter(partnership=partnership).leading(organisation.pk)
    to_leads = [Envelope(_subject(request), values, link=link, person=lead) for lead in leads]
    to_team = Envelope(
        _subject(request),
        values,
        link=link,
        to_name=partnership.coordinator_name,
        to_email=partnership.coordinator_email,
    )
    queue_messages(partnership=partnership, purpose=ASKED.purpose, envelopes=to_leads or [to_team])


def _tell(partnership: Partnership, request: JoinRequest) -> None:
    kind = _KINDS[JoinRequest.State(request.state)]
    page = "pages:me" if kind is ACCEPTED else "partnerships:join"
    values = {"organisation": request.organisation.name}
    # Whoever should have decided has nothing to do any more.
    drop_unsent(partnership, _subject(request))
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
