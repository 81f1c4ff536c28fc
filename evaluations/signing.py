"""Signing with a partnership's own key: JSON Web Tokens by RS256, which every reader of Open Badges must know."""

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_BITS = 2048


class Unreadable(Exception):
    """The private part was encrypted with a SECRET_KEY that the portal does not know any more."""


def new_key() -> tuple[str, dict[str, str], str]:
    """Make a key: its thumbprint, its public part as a JSON Web Key, its private part encrypted."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    numbers = private.public_key().public_numbers()
    public = {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
    canonical = json.dumps(public, sort_keys=True, separators=(",", ":")).encode()
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return (
        in_text(hashlib.sha256(canonical).digest()),
        public,
        _fernet(settings.SECRET_KEY).encrypt(pem).decode(),
    )


def signed(payload: Mapping[str, Any], *, private_part: str, kid: str, typ: str) -> str:
    """A compact token; the same payload and key give the same one."""
    header = {"alg": "RS256", "kid": kid, "typ": typ}
    said = f"{_json(header)}.{_json(payload)}"
    signature = _opened(private_part).sign(said.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{said}.{in_text(signature)}"


def check_readable(private_part: str) -> None:
    """Raise Unreadable where a private part can't be opened."""
    _opened(private_part)


def in_text(content: bytes) -> str:
    """Base64 for addresses, without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _opened(private_part: str) -> rsa.RSAPrivateKey:
    return _opened_with((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS), private_part)


@lru_cache(maxsize=256)
def _opened_with(secrets: tuple[str, ...], private_part: str) -> rsa.RSAPrivateKey:
    try:
        pem = MultiFernet([_fernet(one) for one in secrets]).decrypt(private_part.encode())
    except InvalidToken as error:
        raise Unreadable from error
    key = serialization.load_pem_private_key(pem, password=None)
    assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 - for mypy
    return key


def _fernet(secret: str) -> Fernet:
    derived = HKDF(hashes.SHA256(), length=32, salt=None, info=b"evaluations.signing").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def _number(value: int) -> str:
    return in_text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _json(value: Mapping[str, Any]) -> str:
    return in_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
