"""The code on the wall: signed, and another one every minute, so that a photograph of it is soon worth nothing."""

from datetime import datetime

from django.core import signing

from courses.models import SessionDate
from partnerships.links import absolute
from partnerships.models import Partnership

STEP_SECONDS = 60
# Whoever scans a code at the end of its minute still needs a moment.
STEPS_VALID = 2
# Once scanned, there is time to sign in or to type an address.
GRACE_SECONDS = 600
_SALT = "check-in"


def code_for(date: SessionDate, now: datetime) -> str:
    """The code of a date at this moment."""
    return _signer().sign(f"{date.partnership_id}.{date.pk}.{_step(now)}")


def address_for(date: SessionDate, now: datetime) -> str:
    """The address that the code on the wall leads to."""
    return absolute("bookings:check_in", partnership=date.partnership.slug, token=code_for(date, now))


def date_of(partnership: Partnership, token: str) -> tuple[int, int]:
    """The date that a genuine code is for, and its step; raises ``BadSignature`` for any other."""
    owner, date_pk, step = _signer().unsign(token).split(".")
    if int(owner) != partnership.pk:
        raise signing.BadSignature
    return int(date_pk), int(step)


def is_fresh(step: int, now: datetime) -> bool:
    """Tell whether a code of this step is on the wall now, or was a minute ago."""
    return 0 <= _step(now) - step < STEPS_VALID


def seconds_left(now: datetime) -> int:
    """How long the code of this moment stays on the wall."""
    return STEP_SECONDS - int(now.timestamp()) % STEP_SECONDS


def _step(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS


def _signer() -> signing.Signer:
    return signing.Signer(salt=_SALT, sep="~")
