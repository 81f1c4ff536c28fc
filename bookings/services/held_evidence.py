"""Files attached to the lines of a list before it is booked: browsers don't send them again with the next look."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from bookings.evidence import kind_of_evidence
from bookings.models import HeldEvidence
from courses.models import Session
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.errors import DomainError
from partnerships.models import Partnership
from partnerships.permissions import Permission, require
from partnerships.tenancy import acting_in

# Two files for each line of the longest list.
MOST_HELD = 120
HELD_FOR = timedelta(days=1)


def hold_evidence(*, actor: Actor, session: Session, content: bytes) -> HeldEvidence:
    """Keep a file until the list is booked, a day at most; refuses what is no evidence (``NotEvidence``).

    Locks nothing: booking the list locks the session before its people, and how many files are held need not be exact.
    """
    require(actor, Permission.BOOK_PLACE)
    if actor.person is None:
        raise PermissionDenied("Files are held for people alone.")
    kind = kind_of_evidence(content)
    with transaction.atomic():
        if _held_by(actor).count() >= MOST_HELD:
            raise DomainError(
                "Too many files wait to be booked. Book this list first, or come back tomorrow."
            )
        held = HeldEvidence.objects.create(
            partnership=actor.partnership,
            session=session,
            held_for=actor.person,
            evidence_type=kind,
            content=content,
            held_at=timezone.now(),
        )
        audit.record(actor, "bookings.hold_evidence", held, after={"session": session.pk, "kind": kind})
    return held


def held_for(actor: Actor, session: Session, keys: Iterable[str]) -> QuerySet[HeldEvidence, Any]:
    """What is held for this actor's list under these keys; nobody else's, and nothing that is too old."""
    return _held_by(actor).filter(session=session, key__in=[UUID(key) for key in keys])


def _held_by(actor: Actor) -> QuerySet[HeldEvidence, Any]:
    """Without what is too old and has yet to be deleted."""
    return HeldEvidence.objects.filter(
        partnership=actor.partnership, held_for=actor.person, held_at__gt=timezone.now() - HELD_FOR
    )


def content_of(held: HeldEvidence) -> bytes:
    """The file itself, read now and kept by nobody but the caller."""
    own = HeldEvidence.objects.filter(partnership=held.partnership_id, pk=held.pk)
    return bytes(own.values_list("content", flat=True).get())


def forget_held_evidence(partnership: Partnership, now: datetime) -> None:
    """Job: delete the files of lists that nobody has booked; may run any number of times."""
    with acting_in(partnership):
        for held in HeldEvidence.objects.filter(partnership=partnership, held_at__lte=now - HELD_FOR).defer(
            "content"
        ):
            audit.record(system(partnership, "forget held evidence"), "bookings.forget_held_evidence", held)
            held.delete()
