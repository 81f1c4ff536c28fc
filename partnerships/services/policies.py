"""Versions of the policy: the one in force at a moment, and a new one when a value changes."""

import hashlib
import json
from datetime import datetime
from functools import lru_cache

from django.utils import timezone

from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Partnership, PolicyVersion
from partnerships.permissions import Permission, require
from partnerships.policy import Policy
from partnerships.services.locks import locked_partnership


@lru_cache(maxsize=512)
def _parsed(version_id: int, fingerprint: str) -> Policy:
    # Versions never change, so that what was parsed once stays right in every process.
    return Policy.model_validate(PolicyVersion.objects.get(pk=version_id).document)


def version_in_force(partnership: Partnership, at: datetime) -> PolicyVersion:
    """The version in force at a moment; before the first one, the first. One query for any number of moments."""
    versions = partnership.policy_versions
    if not versions:
        partnership.forget_policy()
        raise DomainError("This partnership has no policy yet. Load its file first.")
    return next((one for one in versions if one.effective_from <= at), versions[-1])


def policy_in_force(partnership: Partnership, at: datetime) -> Policy:
    """The rules in force at a moment."""
    return policy_of(version_in_force(partnership, at))


def policy_of(version: PolicyVersion) -> Policy:
    """The rules of one version, such as the one that a fact was made under."""
    return _parsed(version.pk, version.fingerprint)


def adopt_policy(*, actor: Actor, policy: Policy, effective_from: datetime) -> tuple[PolicyVersion, bool]:
    """Make the policy a new version if anything in it changed; gives the version and whether it is new.

    The first version counts from ``effective_from``; a later one never from a moment in the past, so that facts keep
    the policy they were made under. Locks the partnership's row.
    """
    require(actor, Permission.MANAGE_PEOPLE)
    partnership = locked_partnership(actor)
    document = policy.model_dump(mode="json")
    fingerprint = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    latest = PolicyVersion.objects.filter(partnership=partnership).order_by("-number").first()
    if latest is not None and latest.fingerprint == fingerprint:
        return latest, False
    version = PolicyVersion.objects.create(
        partnership=partnership,
        number=latest.number + 1 if latest else 1,
        effective_from=max(effective_from, timezone.now(), latest.effective_from)
        if latest
        else effective_from,
        document=document,
        fingerprint=fingerprint,
    )
    for held in (partnership, actor.partnership):
        held.forget_policy()
    audit.record(
        actor,
        "partnerships.adopt_policy",
        version,
        before={"number": latest.number, "fingerprint": latest.fingerprint} if latest else None,
        after={"number": version.number, "fingerprint": fingerprint},
    )
    return version, True
