"""Whether a place is given back with less notice than the policy asks."""

from datetime import datetime

from bookings.arrangements import arrangements_of
from bookings.models import Booking
from courses.models import Session
from partnership_portal.working_days import uk_date, working_days_between


def is_late(booking: Booking, now: datetime) -> bool:
    """Tell whether giving the place back now counts as late (reads the session with its dates).

    Never when the partnership itself cancelled the session, or changed the dates or the place within the notice that it
    asks of others, or has not even told of the change yet.
    """
    if booking.session.status == Session.Status.CANCELLED:
        return False
    return _is_short(booking, now) and not _changed_at_short_notice(booking)


def is_excused(booking: Booking, now: datetime) -> bool:
    """Tell whether short notice counts for nothing, since the partnership itself changed the session at such notice."""
    return _is_short(booking, now) and not is_late(booking, now)


def _is_short(booking: Booking, moment: datetime) -> bool:
    session = booking.session
    notice = working_days_between(uk_date(moment), uk_date(session.starts_at))
    policy = booking.partnership.policy(session.starts_at)
    return notice < policy.booking.late_cancellation_working_days.value


def _changed_at_short_notice(booking: Booking) -> bool:
    if booking.change_told_at is not None and _is_short(booking, booking.change_told_at):
        return True
    return bool(booking.told) and has_moved(booking.told, arrangements_of(booking.session))


def has_moved(told: dict, now: dict) -> bool:
    """Tell whether dates or place differ; another joining link alone moves nobody."""
    return any(told.get(name) != now[name] for name in ("dates", "place"))


def has_changed(told: dict, now: dict) -> bool:
    """Tell whether anything differs from what they were told; what was never noted is not known to differ."""
    return any(told[name] != value for name, value in now.items() if name in told)


def changes_in_words(told: dict, now: dict) -> str:
    """What has changed, to be read after a comma."""
    if has_moved(told, now):
        return "the dates or the place have changed"
    words = {"joining": "the joining link", "instructions": "the joining instructions"}
    changed = [name for key, name in words.items() if told.get(key, now[key]) != now[key]]
    return f"{' and '.join(changed)} {'has' if changed == ['the joining link'] else 'have'} changed"
