"""The certificate as an Open Badge 3.0, and the list that tells which badges are revoked: documents, not yet signed."""

import gzip
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from evaluations.models import Certificate
from evaluations.signing import in_text
from partnerships.links import absolute
from partnerships.models import Partnership
from partnerships.policy import CertificateRelease
from partnerships.services.policies import policy_of

# The least that a list may hold, so that who looks one badge up tells nobody which.
LIST_LENGTH = 131_072
_CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
CONTEXT = [_CREDENTIALS, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
_CRITERIA = {
    CertificateRelease.AFTER_ATTENDANCE: "Attended {part} the course.",
    CertificateRelease.AFTER_EVALUATION: "Attended {part} the course and evaluated it.",
    CertificateRelease.AFTER_IMPACT: (
        "Attended {part} the course and reported weeks or months later what had changed in practice."
    ),
}


def badge_of(certificate: Certificate) -> dict[str, Any]:
    """The achievement credential of a certificate.

    Of the holder it has one hash alone, of the email address or, without one, of the name: who has the badge and knows
    the holder can check that they belong together, and nobody reads a name out of it.
    """
    partnership, course = certificate.partnership, certificate.booking.session.course
    issuer = issuer_of(partnership)
    release = policy_of(certificate.policy_version).certificate.release.value
    return {
        "@context": CONTEXT,
        "id": uuid5(NAMESPACE_URL, f"{issuer['id']}{certificate.number}/{certificate.edition}").urn,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": certificate.course_title,
        "issuer": issuer,
        "validFrom": _moment(certificate.reissued_at or certificate.issued_at),
        "awardedDate": _moment(certificate.issued_at),
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [_identity(certificate)],
            "achievement": {
                "id": absolute("courses:course", partnership=partnership.slug, slug=course.slug),
                "type": ["Achievement"],
                "achievementType": "CertificateOfCompletion",
                "name": certificate.course_title,
                "description": f"Multi-agency safeguarding training, held on {certificate.held_on}.",
                "criteria": {"narrative": _CRITERIA[release].format(part=certificate.attended)},
                "creator": issuer,
            },
        },
        "credentialStatus": {
            "id": f"{_list_address(partnership, certificate.pk)}#{certificate.pk % LIST_LENGTH}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(certificate.pk % LIST_LENGTH),
            "statusListCredential": _list_address(partnership, certificate.pk),
        },
    }


def issuer_of(partnership: Partnership) -> dict[str, Any]:
    """The partnership as the issuer, as its own page tells it too."""
    return {
        "id": absolute("evaluations:issuer", partnership=partnership.slug),
        "type": ["Profile"],
        "name": partnership.name,
        "url": absolute("pages:home", partnership=partnership.slug),
        "email": partnership.coordinator_email,
    }


def status_list(
    partnership: Partnership, number: int, revoked: Iterable[int], now: datetime
) -> dict[str, Any]:
    """The credential that tells of the certificates with keys in this stretch which are revoked."""
    bits = bytearray(LIST_LENGTH // 8)
    for pk in revoked:
        place = pk % LIST_LENGTH
        bits[place // 8] |= 0x80 >> (place % 8)
    address = _list_address(partnership, number * LIST_LENGTH)
    return {
        "@context": [_CREDENTIALS],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": absolute("evaluations:issuer", partnership=partnership.slug),
        "validFrom": _moment(now),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            # Base64 for addresses, as its first letter says.
            "encodedList": f"u{in_text(gzip.compress(bytes(bits), mtime=0))}",
        },
    }


def claims_of(credential: dict[str, Any]) -> dict[str, Any]:
    """The credential with what a token says of itself."""
    issuer = credential["issuer"]
    begins = datetime.fromisoformat(credential["validFrom"])
    return {
        **credential,
        "iss": issuer["id"] if isinstance(issuer, dict) else issuer,
        "jti": credential["id"],
        "nbf": int(begins.timestamp()),
    }


def _identity(certificate: Certificate) -> dict[str, Any]:
    """What the badge says of its holder (docs/certificates.md); readers hash what they were told and compare."""
    email = certificate.booking.person.email.lower()
    kind, value = ("emailAddress", email) if email else ("name", certificate.learner_name)
    # The same at every download, different in each badge; the check code itself stays on the certificate.
    salt = uuid5(NAMESPACE_URL, f"{certificate.number}/{certificate.check_code}").hex
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": f"sha256${hashlib.sha256(f'{value}{salt}'.encode()).hexdigest()}",
        "identityType": kind,
        "salt": salt,
    }


def _list_address(partnership: Partnership, pk: int) -> str:
    return absolute("evaluations:badge_status", partnership=partnership.slug, number=pk // LIST_LENGTH)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
