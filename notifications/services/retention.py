"""The words of messages go when nobody needs them any more; that somebody was written to, and about what, stays."""

from collections.abc import Sequence
from datetime import datetime, time
from functools import partial

from django.db.models import QuerySet

from notifications.kinds import kind_of
from notifications.models import Message
from partnership_portal.working_days import add_months, uk_date, uk_moment
from partnerships import audit
from partnerships.actors import system
from partnerships.jobs import piecewise, together
from partnerships.models import Partnership

_WAITING = (Message.State.QUEUED, Message.State.SENDING)


def forget_words(partnership: Partnership, now: datetime) -> None:
    """Job: empty the messages that were kept as long as the policy in force says, with their links, names and files.

    Some hundreds at a time, each in a transaction of its own. What still waits to be sent keeps its words. May run any
    number of times.
    """
    months = partnership.policy(now).messages.words_kept_months.value
    before = uk_moment(add_months(uk_date(now), -months), time())
    for found in piecewise(partnership, lambda: _spoken(partnership, before).only("pk")):
        together(partnership, [one.pk for one in found], partial(_forget, partnership))


def _spoken(partnership: Partnership, before: datetime) -> QuerySet[Message]:
    old = Message.objects.filter(partnership=partnership, created_at__lt=before)
    return old.exclude(text="").exclude(state__in=_WAITING)


def _forget(partnership: Partnership, keys: Sequence[int]) -> None:
    # Locked and read again: one that failed may have been sent again since.
    left = Message.objects.filter(partnership=partnership, pk__in=keys).exclude(text="")
    found = left.exclude(state__in=_WAITING).select_for_update(no_key=True).only("pk", "purpose")
    messages = list(found.order_by("pk"))
    for message in messages:
        # A title may name whom it is about.
        kind = kind_of(message.purpose)
        message.title = kind.name if kind else message.purpose
        message.text, message.html, message.attachments = "", "", []
    Message.objects.bulk_update(messages, ["title", "text", "html", "attachments"])
    if messages:
        audit.record(
            system(partnership, "forget words of messages"),
            "notifications.forget_words",
            partnership,
            after={"messages": len(messages)},
        )
