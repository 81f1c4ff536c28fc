"""Keeps in the trail who has taken answers out of the portal, and with whose names."""

from collections.abc import Sequence

from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import Permission, require

LEAST = 10


def record_raw_answers(
    *, actor: Actor, with_names: bool, reason: str, rows: int, filtered_by: Sequence[str]
) -> None:
    """Note that somebody downloads answers one by one; with names not without a reason that says something."""
    require(actor, Permission.MANAGE_SURVEYS)
    reason = reason.strip() if with_names else ""
    if with_names and len(reason) < LEAST:
        raise DomainError("Say in a sentence why the names are needed.")
    audit.record(
        actor,
        "evaluations.record_raw_answers",
        actor.partnership,
        after={"with_names": with_names, "reason": reason, "rows": rows, "filtered_by": list(filtered_by)},
    )
