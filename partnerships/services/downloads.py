"""Keeps in the trail who has taken a list of people out of the portal."""

from collections.abc import Sequence

from partnerships import audit
from partnerships.actors import Actor


def record_download(*, actor: Actor, what: str, rows: int, filtered_by: Sequence[str]) -> None:
    """Note that somebody downloaded a list; of its filters the names alone, since their values may name people."""
    audit.record(
        actor,
        "partnerships.record_download",
        actor.partnership,
        after={"list": what, "rows": rows, "filtered_by": list(filtered_by)},
    )
