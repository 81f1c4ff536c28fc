"""Writes down who did what to what, with the values before and after; entries are never changed."""

from typing import Any

from django.db import models

from partnerships.actors import Actor
from partnerships.models import AuditEntry


def record(
    actor: Actor,
    action: str,
    subject: models.Model,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Add one entry to the audit trail, in the caller's transaction.

    ``action`` is the service's name ("bookings.book_place"). Never pass access needs, answers or other free text that
    must be possible to delete: the trail can't forget.
    """
    AuditEntry.objects.create(
        partnership=actor.partnership,
        person=actor.person,
        actor=actor.label,
        action=action,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        before=before or {},
        after=after or {},
    )
