"""Signed links for people without an account: each for one purpose and one subject, and none can be guessed.

The token names the purpose and the row; whether it may still be used is the row's own state. A purpose is the first
part of the token, so that each app claims its own addresses under ``s/``.
"""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from partnerships.errors import DomainError
from partnerships.models import Partnership


def token_for(partnership: Partnership, purpose: str, subject_id: int, *, nonce: str = "") -> str:
    """Make the token of one subject; a new nonce makes older links useless."""
    signed = signing.Signer(salt=f"link:{purpose}", sep="~").sign(f"{partnership.pk}.{subject_id}.{nonce}")
    return f"{purpose}-{signed}"


def read_token(partnership: Partnership, purpose: str, token: str) -> tuple[int, str]:
    """Give the subject's key and the nonce, or refuse a token that is not genuine for this purpose here."""
    try:
        value = signing.Signer(salt=f"link:{purpose}", sep="~").unsign(token.removeprefix(f"{purpose}-"))
        owner, subject_id, nonce = value.split(".", 2)
        if int(owner) != partnership.pk:
            raise signing.BadSignature
        return int(subject_id), nonce
    except (signing.BadSignature, ValueError) as error:
        raise DomainError(
            "This link is not complete or has been changed. Open it again from the message we sent you, "
            "or copy the whole address."
        ) from error


def absolute(name: str, **kwargs: object) -> str:
    """The full address of a page, for messages and documents."""
    return settings.PORTAL_BASE_URL + reverse(name, kwargs=kwargs)
