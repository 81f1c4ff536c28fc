"""What may become of a certificate after it was issued: revoked, reinstated, issued again with another name."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils import timezone

from evaluations.documents import forget_document
from evaluations.links import certificate_link
from evaluations.models import Certificate, EarlierEdition
from evaluations.services.bundles import drop_bundles_with
from notifications.outbox import queue_message
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import Permission, require

_LONGEST_NAME = 200


def revoke_certificate(*, actor: Actor, certificate: Certificate, reason: str) -> Certificate:
    """Make a certificate no longer valid, for a reason that stays in the audit trail and that the learner is told."""
    require(actor, Permission.MANAGE_SURVEYS)
    reason = _given(reason, "Enter the reason for revoking the certificate.")
    with transaction.atomic():
        certificate = _locked(actor, certificate)
        if certificate.revoked_at is not None:
            return certificate
        certificate.revoked_at, certificate.revoked_reason = timezone.now(), reason
        _save_standing(actor, certificate, "evaluations.revoke_certificate", reason)
        drop_bundles_with(certificate)
        _tell(certificate, "certificate_revoked", certificate.revoked_at, reason=reason)
    return certificate


def reinstate_certificate(*, actor: Actor, certificate: Certificate, reason: str) -> Certificate:
    """Make a revoked certificate count again, for a reason that stays in the audit trail and the learner is told."""
    require(actor, Permission.MANAGE_SURVEYS)
    reason = _given(reason, "Enter the reason for reinstating the certificate.")
    with transaction.atomic():
        certificate = _locked(actor, certificate)
        if certificate.revoked_at is None:
            return certificate
        certificate.revoked_at, certificate.revoked_reason = None, ""
        _save_standing(actor, certificate, "evaluations.reinstate_certificate", reason)
        _tell(certificate, "certificate_reinstated", timezone.now(), reason=reason)
    return certificate


def reissue_certificate(*, actor: Actor, certificate: Certificate, name: str, reason: str) -> Certificate:
    """Issue a certificate again in the learner's right name: same number, same facts, and the day of this edition.

    What it said before is kept for the team; the earlier document is deleted and served no more. Locks the
    certificate. With the name that it has, nothing happens.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    name = _given(" ".join(name.split()), "Enter the name as it should be on the certificate.")
    reason = _given(reason, "Enter the reason for issuing the certificate again.")
    if len(name) > _LONGEST_NAME:
        raise DomainError(f"A name on a certificate has at most {_LONGEST_NAME} characters.")
    with transaction.atomic():
        certificate = _locked(actor, certificate)
        if certificate.learner_name == name:
            return certificate
        if certificate.revoked_at is not None:
            raise DomainError("This certificate is revoked. Reinstate it before you issue it again.")
        now, replaced = timezone.now(), certificate.edition
        EarlierEdition.objects.create(
            partnership=actor.partnership,
            certificate=certificate,
            edition=replaced,
            learner_name=certificate.learner_name,
            issued_at=certificate.reissued_at or certificate.issued_at,
            replaced_at=now,
            reason=reason,
        )
        certificate.learner_name, certificate.edition, certificate.reissued_at = name, replaced + 1, now
        certificate.save(update_fields=["learner_name", "edition", "reissued_at"])
        # No name: the trail can't forget one that somebody does not go by any more.
        audit.record(
            actor,
            "evaluations.reissue_certificate",
            certificate,
            before={"edition": replaced},
            after={"edition": certificate.edition},
        )
        drop_bundles_with(certificate)
        _tell(certificate, "certificate_reissued", now)
        transaction.on_commit(partial(forget_document, certificate, replaced), robust=True)
    return certificate


def _given(words: str, otherwise: str) -> str:
    if not words.strip():
        raise DomainError(otherwise)
    return words.strip()


def _locked(actor: Actor, certificate: Certificate) -> Certificate:
    certificates = Certificate.objects.filter(partnership=actor.partnership)
    return (
        certificates.select_for_update(no_key=True, of=("self",))
        .select_related("partnership", "booking__person")
        .get(pk=certificate.pk)
    )


def _save_standing(actor: Actor, certificate: Certificate, action: str, reason: str) -> None:
    certificate.save(update_fields=["revoked_at", "revoked_reason"])
    revoked = certificate.revoked_at
    audit.record(
        actor,
        action,
        certificate,
        before={"standing": "genuine" if revoked else "revoked"},
        after={"standing": certificate.standing, "reason": reason},
    )


def _tell(certificate: Certificate, purpose: str, at: datetime, **values: str) -> None:
    queue_message(
        partnership=certificate.partnership,
        purpose=purpose,
        subject_key=f"certificate:{certificate.pk}:{at.isoformat()}",
        person=certificate.booking.person,
        values={
            "course": certificate.course_title,
            "date": certificate.held_on,
            "number": certificate.number,
            **values,
        },
        link=certificate_link(certificate),
    )
