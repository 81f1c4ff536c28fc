"""When the register of a date is open."""

from datetime import datetime, timedelta

from courses.models import SessionDate

# People come before it begins, and want to be marked at the door.
OPENS_BEFORE = timedelta(minutes=30)


def opens_at(date: SessionDate) -> datetime:
    """When the register of a date opens."""
    return date.starts_at - OPENS_BEFORE
