"""The keys that partnerships sign badges with: made at first need, and replaced."""

import logging

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from evaluations.models import SigningKey
from evaluations.signing import Unreadable, check_readable, new_key
from partnerships import audit
from partnerships.actors import Actor
from partnerships.permissions import Permission, require
from partnerships.services.locks import locked_partnership

log = logging.getLogger(__name__)


def key_in_use(*, actor: Actor) -> SigningKey:
    """The key that the partnership signs with now, made where there is none.

    Anybody's download may be the first that needs it. One that can't be opened stays: another process may have the
    right SECRET_KEY. Locks the partnership only to make one. Raises ``Unreadable``.
    """
    found = _in_use(actor).first()
    if found is None:
        with transaction.atomic():
            locked_partnership(actor)
            found = _in_use(actor).first() or _replace(actor)
    try:
        check_readable(found.private_part)
    except Unreadable:
        log.error(
            "The signing key %s of %s can't be opened: it was made with another SECRET_KEY.",
            found.kid,
            actor.partnership.slug,
        )
        raise
    return found


def replace_signing_key(*, actor: Actor) -> SigningKey:
    """Sign with a new key from now on; what the old one signed stays genuine, since its public part stays published."""
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        locked_partnership(actor)
        return _replace(actor)


def _in_use(actor: Actor) -> QuerySet[SigningKey]:
    return SigningKey.objects.filter(partnership=actor.partnership, retired_at__isnull=True)


def _replace(actor: Actor) -> SigningKey:
    now = timezone.now()
    # What is not to be used any more is of no use to anybody but a thief.
    _in_use(actor).update(retired_at=now, private_part="")
    kid, public, private = new_key()
    key = SigningKey.objects.create(
        partnership=actor.partnership, kid=kid, public_jwk=public, private_part=private, created_at=now
    )
    audit.record(actor, "evaluations.replace_signing_key", key, after={"kid": kid})
    return key
