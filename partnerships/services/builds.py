"""Builds something step by step, in sight of whoever asked for it; a build that is killed is begun again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Generic, Self, TypeVar

from django.core.files.storage import default_storage
from django.utils import timezone

from partnerships import audit
from partnerships.actors import Actor
from partnerships.models import Buildable, Partnership
from partnerships.tenancy import acting_in

MOST_ATTEMPTS = 5
STUCK_AFTER = timedelta(minutes=5)
WAITING = "Waiting for its turn"
_BUILDING, _READY, _FAILED = "building", "ready", "failed"

Row = TypeVar("Row", bound=Buildable)


class TakenOver(Exception):
    """Another worker has begun this build again, or it is no longer to be done."""


class Build(Generic[Row]):
    """One attempt at building a row; each of its steps is committed, so that the page can show it."""

    def __init__(self, row: Row, partnership: Partnership) -> None:
        self.row, self.partnership, self.attempt = row, partnership, row.attempts

    @classmethod
    def begin(cls, model: type[Row], partnership: Partnership, key: int) -> Self | None:
        """Count the attempt and go to work; nothing, where there is nothing to build, or somebody is at it.

        What waits long is queued again, so that it may come several times; only who has told nothing for five minutes
        is taken for dead. The sixth attempt fails it.
        """
        with acting_in(partnership):
            row: Any = (
                model._default_manager.select_for_update().filter(partnership=partnership, pk=key).first()
            )
            if row is None or row.state != _BUILDING:
                return None
            now = timezone.now()
            if row.attempts and row.touched_at and row.touched_at > now - STUCK_AFTER:
                return None
            row.partnership = partnership
            row.attempts += 1
            row.touched_at = now
            if row.attempts > MOST_ATTEMPTS:
                row.state, row.step = _FAILED, f"Given up after {MOST_ATTEMPTS} attempts"
            row.save(update_fields=["attempts", "touched_at", "state", "step"])
            return cls(row, partnership) if row.state == _BUILDING else None

    @contextmanager
    def step(self, words: str, progress: int) -> Iterator[None]:
        """Tell what is being done, commit that, then do it in a transaction of its own."""
        with acting_in(self.partnership):
            self.still_ours().update(step=words, progress=progress, touched_at=timezone.now())
        with acting_in(self.partnership):
            yield

    def still_ours(self) -> Any:
        """The row, locked; or ``TakenOver``, when somebody else builds it by now."""
        mine = type(self.row)._default_manager.filter(
            partnership=self.partnership,
            pk=self.row.pk,
            state=_BUILDING,
            # Attempts are counted anew when it is asked for again.
            requested_at=self.row.requested_at,
            attempts=self.attempt,
        )
        if not mine.select_for_update().exists():
            raise TakenOver
        return mine

    def finish(self, actor: Actor, action: str, **result: Any) -> None:
        """Write the result down and call the row ready."""
        with acting_in(self.partnership):
            self.still_ours().update(
                state=_READY, progress=100, step="Ready", built_at=timezone.now(), **result
            )
            audit.record(actor, action, self.row, after={"state": _READY, "attempt": self.attempt})


def ask(row: Buildable, now: datetime) -> None:
    """Mark a row as to be built from the start; the caller saves it."""
    row.state, row.progress, row.step = _BUILDING, 0, WAITING  # type: ignore[attr-defined]
    row.requested_at, row.attempts, row.touched_at = now, 0, None


def stuck(model: type[Buildable], partnership: Partnership, now: datetime) -> list[int]:
    """The rows whose build has told nothing for five minutes, to be queued again."""
    with acting_in(partnership):
        rows: Any = model._default_manager
        building = rows.filter(partnership=partnership, state=_BUILDING)
        return [
            pk
            for pk, requested_at, touched_at in building.values_list("pk", "requested_at", "touched_at")
            if (touched_at or requested_at) < now - STUCK_AFTER
        ]


def delete_files_of_nobody(model: type[Buildable], partnership: Partnership, folder: str) -> None:
    """Delete what builds have stored in a folder, named by row and attempt, and no row names by now."""
    try:
        _, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    # Looked up after the folder: a file that is stored meanwhile is not among the names.
    with acting_in(partnership):
        kept: Any = model._default_manager
        rows = list(kept.filter(partnership=partnership).values_list("pk", "state", "file"))
    named = {file for _, _, file in rows}
    building = {str(pk) for pk, state, _ in rows if state == _BUILDING}
    for name in names:
        if f"{folder}/{name}" not in named and name.partition("-")[0] not in building:
            default_storage.delete(f"{folder}/{name}")
