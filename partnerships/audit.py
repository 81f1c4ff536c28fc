"""Writes down who did what to what, with the values before and after; entries are never changed."""

from collections.abc import Iterable
from typing import Any

from django.db import connection, models

from partnerships.actors import Actor
from partnerships.models import AuditEntry, Partnership


def record(
    actor: Actor,
    action: str,
    subject: models.Model,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Add one entry to the audit trail, in the caller's transaction.

    ``action`` is the service's name ("bookings.book_place"). Never pass names, addresses, access needs, answers or
    other free text that must be possible to delete: the trail can't forget. ``changed`` tells which of them changed.
    """
    _entry(actor, action, subject, before or {}, after or {}).save(force_insert=True)


def record_each(actor: Actor, action: str, found: Iterable[tuple[models.Model, dict[str, Any]]]) -> None:
    """Add one entry for each subject with what it is after, as ``record`` does, in one query."""
    AuditEntry.objects.bulk_create(_entry(actor, action, subject, {}, after) for subject, after in found)


def _entry(
    actor: Actor, action: str, subject: models.Model, before: dict[str, Any], after: dict[str, Any]
) -> AuditEntry:
    return AuditEntry(
        partnership=actor.partnership,
        person=actor.person,
        actor=actor.label,
        action=action,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        before=before,
        after=after,
    )


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The names of the facts that differ, for what the trail may not repeat."""
    return [name for name in after if before.get(name) != after[name]]


def actions_recorded(partnership: Partnership) -> list[str]:
    """Every action that the trail has an entry of, by one look into the index for each."""
    # Django's DISTINCT would read the whole trail.
    with connection.cursor() as cursor:
        cursor.execute(_ACTIONS, {"partnership": partnership.pk})
        return [action for (action,) in cursor.fetchall()]


_ACTIONS = """
    WITH RECURSIVE found (action) AS (
        SELECT min(action) FROM partnerships_auditentry WHERE partnership_id = %(partnership)s
        UNION ALL
        SELECT (
            SELECT min(entry.action) FROM partnerships_auditentry entry
            WHERE entry.partnership_id = %(partnership)s AND entry.action > found.action
        ) FROM found WHERE found.action IS NOT NULL
    )
    SELECT action FROM found WHERE action IS NOT NULL
"""
