"""Carries out what a scheduled job has found, in small transactions, and without holding all of it in memory."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

from django.db.models import QuerySet

from partnerships.models import Partnership
from partnerships.tenancy import acting_in

logger = logging.getLogger(__name__)
Item = TypeVar("Item")
_AT_ONCE = 500


def one_by_one(partnership: Partnership, acts: Iterable[Callable[[], object]]) -> None:
    """Do each act in a transaction of its own; one that fails is logged and does not keep the others waiting."""
    for act in acts:
        try:
            with acting_in(partnership):
                act()
        except Exception:
            logger.exception("One item of a job failed and will be tried again at the next run.")


def together(
    partnership: Partnership, items: Sequence[Item], act: Callable[[Sequence[Item]], object]
) -> None:
    """Do the act with all the items in one transaction; should that fail, with each by itself."""
    try:
        with acting_in(partnership):
            act(items)
    except Exception:
        logger.exception("A batch of %s items failed; each is tried by itself.", len(items))
        one_by_one(partnership, (partial(act, [item]) for item in items))


def piecewise(partnership: Partnership, find: "Callable[[], QuerySet[Any]]") -> Iterator[list[Any]]:
    """What is found, some hundreds at a time in the order of their keys, each in a transaction of its own."""
    last = 0
    while True:
        with acting_in(partnership):
            found = list(find().filter(pk__gt=last).order_by("pk")[:_AT_ONCE])
        if not found:
            return
        yield found
        last = found[-1].pk
