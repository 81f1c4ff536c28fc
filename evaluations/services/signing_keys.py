"""The keys that partnerships sign badges with: made at first need, and replaced."""

from django.db import transaction
from django.utils import timezone

from evaluations.models import SigningKey
from evaluations.signing import Unreadable, check_readable, new_key
from partnerships import audit
from partnerships.actors import Actor
from partnerships.permissions import Permission, require
from partnerships.services.locks import locked_partnership


def key_in_use(*, actor: Actor) -> SigningKey:
    """The key that the partnership signs with now, made where there is none that can be opened.

    Anybody's download may be the first that needs it. Locks the partnership only to make one.
    """
    found = _readable(actor)
    if found is not None:
        return found
    with transaction.atomic():
        locked_partnership(actor)
        return _readable(actor) or _replace(actor)


def replace_signing_key(*, actor: Actor) -> SigningKey:
    """Sign with a new key from now on; what the old one signed stays genuine, since its public part stays published."""
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        locked_partnership(actor)
        return _replace(actor)


def _readable(actor: Actor) -> SigningKey | None:
    found = SigningKey.objects.filter(partnership=actor.partnership, retired_at__isnull=True).first()
    if found is None:
        return None
    try:
        check_readable(found.private_part)
    except Unreadable:
        return None
    return found


def _replace(actor: Actor) -> SigningKey:
    now = timezone.now()
    in_use = SigningKey.objects.filter(partnership=actor.partnership, retired_at__isnull=True)
    # What can't be opened or is not to be used any more is of no use to anybody but a thief.
    in_use.update(retired_at=now, private_part="")
    kid, public, private = new_key()
    key = SigningKey.objects.create(
        partnership=actor.partnership, kid=kid, public_jwk=public, private_part=private, created_at=now
    )
    audit.record(actor, "evaluations.replace_signing_key", key, after={"kid": kid})
    return key
