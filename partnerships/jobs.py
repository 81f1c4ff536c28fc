"""Carries out what a scheduled job has found, one thing at a time."""

import logging
from collections.abc import Callable, Iterable

from partnerships.models import Partnership
from partnerships.tenancy import acting_in

logger = logging.getLogger(__name__)


def one_by_one(partnership: Partnership, acts: Iterable[Callable[[], object]]) -> None:
    """Do each act in a transaction of its own; one that fails is logged and does not keep the others waiting."""
    for act in acts:
        try:
            with acting_in(partnership):
                act()
        except Exception:
            logger.exception("One item of a job failed and will be tried again at the next run.")
