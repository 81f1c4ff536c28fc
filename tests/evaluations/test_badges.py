"""Open Badges: what one says, that it is signed, who may have it, and the list of those that are revoked."""

import base64
import gzip
import hashlib
import json
from io import StringIO
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from jsonschema import Draft202012Validator

from evaluations.links import certificate_token
from evaluations.models import Certificate, SigningKey
from evaluations.services.corrections import reinstate_certificate, reissue_certificate, revoke_certificate
from partnerships.models import AuditEntry, Person
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.test_certificates import make_certificate
from tests.factories import actor_for, make_person

_URI = {"type": "string", "pattern": r"^(https?://|urn:uuid:)"}
_MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
_ISSUER = {
    "type": "object",
    "required": ["id", "type", "name"],
    "properties": {
        "id": _URI,
        "type": {"type": "array", "contains": {"const": "Profile"}},
        "name": {"type": "string", "minLength": 1},
        "url": _URI,
        "email": {"type": "string"},
    },
}
_IDENTITY = {
    "type": "object",
    "required": ["type", "hashed", "identityHash", "identityType"],
    "properties": {"type": {"const": "IdentityObject"}, "identityType": {"enum": ["name", "emailAddress"]}},
    "additionalProperties": {"type": ["string", "boolean"]},
}
# What the published schema of an AchievementCredential requires of the parts that are used here.
SCHEMA = {
    "type": "object",
    "required": ["@context", "id", "type", "issuer", "validFrom", "credentialSubject"],
    "properties": {
        "@context": {
            "type": "array",
            "prefixItems": [
                {"const": "https://www.w3.org/ns/credentials/v2"},
                {
                    "type": "string",
                    "pattern": r"^https://purl\.imsglobal\.org/spec/ob/v3p0/context-3\.0\.\d\.json$",
                },
            ],
            "minItems": 2,
        },
        "id": _URI,
        "type": {
            "type": "array",
            "contains": {"enum": ["AchievementCredential", "OpenBadgeCredential"]},
            "prefixItems": [{"const": "VerifiableCredential"}],
        },
        "name": {"type": "string"},
        "issuer": _ISSUER,
        "validFrom": _MOMENT,
        "awardedDate": _MOMENT,
        "credentialSubject": {
            "type": "object",
            "required": ["type", "achievement", "identifier"],
            "properties": {
                "type": {"type": "array", "contains": {"const": "AchievementSubject"}},
                "identifier": {"type": "array", "minItems": 1, "items": _IDENTITY},
                "achievement": {
                    "type": "object",
                    "required": ["id", "type", "criteria", "description", "name"],
                    "properties": {
                        "id": _URI,
                        "type": {"type": "array", "contains": {"const": "Achievement"}},
                        "achievementType": {"const": "CertificateOfCompletion"},
                        "creator": _ISSUER,
                        "criteria": {"type": "object", "required": ["narrative"]},
                    },
                },
            },
        },
        "credentialStatus": {
            "type": "object",
            "required": ["type", "statusPurpose", "statusListIndex", "statusListCredential"],
            "properties": {
                "id": _URI,
                "type": {"const": "BitstringStatusListEntry"},
                "statusListCredential": _URI,
            },
        },
    },
}


@pytest.fixture
def certificate(partnership) -> Certificate:
    return make_certificate(partnership, person=make_person(partnership, name="Siân Ŵyn-Łukasz"))


@pytest.fixture
def team(partnership):
    return actor_for(make_person(partnership, Role.TEAM))


def _get(address: str):
    return Client().get(urlsplit(address).path)


def _bytes(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def verified(token: str) -> dict:
    """What a token says, once its signature holds by the key that it names: without the code that signed it."""
    header, payload, signature = token.split(".")
    said = json.loads(_bytes(header))
    assert (said["alg"], said["typ"]) == ("RS256", "JWT")
    jwk = _get(said["kid"]).json()
    assert jwk["kty"] == "RSA" and "d" not in jwk
    number = {name: int.from_bytes(_bytes(jwk[name]), "big") for name in "ne"}
    public = RSAPublicNumbers(number["e"], number["n"]).public_key()
    public.verify(_bytes(signature), f"{header}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA256())
    return json.loads(_bytes(payload))


def badge(certificate) -> str:
    address = reverse(
        "evaluations:linked_badge", args=[certificate.partnership.slug, certificate_token(certificate)]
    )
    return Client().get(address).content.decode()


def is_revoked(credential: dict) -> bool:
    """Look a badge up as its reader does: in the signed list that it names, at the place that it names."""
    status = credential["credentialStatus"]
    listed = verified(_get(status["statusListCredential"]).content.decode())
    assert listed["issuer"] == listed["iss"] == credential["issuer"]["id"]
    assert listed["id"] == status["statusListCredential"]
    assert "BitstringStatusListCredential" in listed["type"]
    subject = listed["credentialSubject"]
    assert (subject["type"], subject["statusPurpose"]) == ("BitstringStatusList", status["statusPurpose"])
    bits = gzip.decompress(_bytes(subject["encodedList"][1:]))
    assert len(bits) == 16 * 1024
    place = int(status["statusListIndex"])
    return bool(bits[place // 8] >> (7 - place % 8) & 1)


def test_a_badge_is_signed_and_has_the_published_form(partnership, certificate) -> None:
    credential = verified(badge(certificate))
    Draft202012Validator(SCHEMA).validate(credential)
    assert credential["iss"] == credential["issuer"]["id"]
    assert credential["jti"] == credential["id"]
    assert credential["nbf"] == int(certificate.issued_at.timestamp())
    assert credential["issuer"]["name"] == partnership.name
    achievement = credential["credentialSubject"]["achievement"]
    assert achievement["name"] == certificate.course_title
    assert certificate.held_on in achievement["description"]
    assert "evaluated" in achievement["criteria"]["narrative"]
    profile = _get(credential["issuer"]["id"]).json()
    assert (profile["id"], profile["name"]) == (credential["issuer"]["id"], partnership.name)


def test_a_changed_badge_is_not_genuine(certificate) -> None:
    header, payload, signature = badge(certificate).split(".")
    said = json.loads(_bytes(payload)) | {"name": "Another course"}
    forged = base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()
    with pytest.raises(Exception) as refusal:
        verified(f"{header}.{forged}.{signature}")
    assert type(refusal.value).__name__ == "InvalidSignature"


def test_a_badge_has_no_name_or_address_but_can_be_checked_against_them(certificate) -> None:
    credential = verified(badge(certificate))
    person = certificate.booking.person
    written = json.dumps(credential, ensure_ascii=False)
    for fact in ("Siân", "Łukasz", person.email, certificate.booking.organisation.name):
        assert fact not in written
    (one,) = credential["credentialSubject"]["identifier"]
    assert (one["identityType"], one["identityHash"]) == ("emailAddress", hash_of(person.email, one["salt"]))
    assert certificate.check_code not in written


def test_without_an_address_the_name_can_be_checked(certificate) -> None:
    Person.objects.filter(pk=certificate.booking.person_id).update(email="")
    (one,) = verified(badge(Certificate.objects.for_badge().get()))["credentialSubject"]["identifier"]
    expected = hash_of(certificate.learner_name, one["salt"])
    assert (one["identityType"], one["identityHash"]) == ("name", expected)


def test_badges_of_one_holder_can_not_be_matched(partnership, certificate) -> None:
    other = make_certificate(partnership)
    first, second = (
        verified(badge(one))["credentialSubject"]["identifier"][0] for one in (certificate, other)
    )
    assert first["salt"] != second["salt"]


def hash_of(value: str, salt: str) -> str:
    return f"sha256${hashlib.sha256((value + salt).encode()).hexdigest()}"


def test_the_same_badge_at_every_download(certificate) -> None:
    assert badge(certificate) == badge(certificate)
    assert SigningKey.objects.count() == 1


def test_revoked_and_reinstated_are_told_by_the_list(certificate, partnership, team) -> None:
    other = make_certificate(partnership)
    credentials = [verified(badge(one)) for one in (certificate, other)]
    assert [is_revoked(one) for one in credentials] == [False, False]
    revoke_certificate(actor=team, certificate=certificate, reason="Wrong person")
    assert [is_revoked(one) for one in credentials] == [True, False]
    assert "revoked" in badge(certificate)
    reinstate_certificate(actor=team, certificate=certificate, reason="Right person")
    assert [is_revoked(one) for one in credentials] == [False, False]


def test_a_corrected_name_gives_another_badge(certificate, team) -> None:
    before = verified(badge(certificate))
    reissue_certificate(actor=team, certificate=certificate, name="Another Name", reason="Married")
    after = verified(badge(certificate))
    assert before["id"] != after["id"]


def test_a_new_key_leaves_what_the_old_one_signed_genuine(partnership, certificate) -> None:
    before = badge(certificate)
    call_command("replace_signing_key", partnership.slug, stdout=StringIO())
    after = badge(certificate)
    assert before != after
    assert verified(before) == verified(after)
    assert len(_get(reverse("evaluations:badge_keys", args=[partnership.slug])).json()["keys"]) == 2
    retired = SigningKey.objects.get(retired_at__isnull=False)
    assert retired.private_part == ""
    assert AuditEntry.objects.filter(action="evaluations.replace_signing_key").count() == 2


def test_another_secret_without_the_old_one_never_touches_the_key(
    partnership, certificate, settings, caplog
) -> None:
    before = badge(certificate)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another long random text for this test alone"
    settings.SECRET_KEY_FALLBACKS = [old]
    assert badge(certificate) == before
    settings.SECRET_KEY_FALLBACKS = []
    kept = SigningKey.objects.get()
    status = verified(before)["credentialStatus"]["statusListCredential"]
    address = reverse(
        "evaluations:linked_badge", args=[certificate.partnership.slug, certificate_token(certificate)]
    )
    for refused in (_get(address), _get(status)):
        assert refused.status_code == 503 and "Content-Disposition" not in refused
    assert SigningKey.objects.get().private_part == kept.private_part != ""
    assert kept.kid in caplog.text and settings.SECRET_KEY not in caplog.text
    assert kept.private_part not in caplog.text
    settings.SECRET_KEY_FALLBACKS = [old]
    assert badge(certificate) == before
    settings.SECRET_KEY_FALLBACKS = []
    call_command("replace_signing_key", partnership.slug, stdout=StringIO())
    assert badge(certificate) != before
    assert SigningKey.objects.count() == 2
    assert verified(before)


def test_the_private_part_is_not_kept_in_the_clear(certificate) -> None:
    badge(certificate)
    assert "PRIVATE" not in SigningKey.objects.get().private_part


def test_who_may_download_a_badge(partnership, neighbour, certificate, sign_in) -> None:
    address = reverse("evaluations:badge", args=[partnership.slug, certificate.number])
    assert verified(sign_in(certificate.booking.person).get(address).content.decode())
    assert sign_in(make_person(partnership)).get(address).status_code == 404
    assert Client().get(address).status_code == 302
    with acting_in(neighbour):
        team = make_person(neighbour, Role.TEAM)
    assert sign_in(team).get(address.replace(partnership.slug, neighbour.slug)).status_code == 404


def test_neighbours_have_keys_and_lists_of_their_own(partnership, neighbour, certificate) -> None:
    credential = verified(badge(certificate))
    status = urlsplit(credential["credentialStatus"]["statusListCredential"]).path
    assert Client().get(status.replace(partnership.slug, neighbour.slug)).status_code == 404
    [key] = SigningKey.objects.all()
    assert Client().get(reverse("evaluations:badge_key", args=[neighbour.slug, key.kid])).status_code == 404
