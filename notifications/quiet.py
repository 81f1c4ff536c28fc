"""Quiet hours: what is not urgent waits at night and, unless the policy says otherwise, until the next working day."""

from datetime import datetime, time, timedelta

from partnership_portal.working_days import is_working_day, uk_date, uk_moment
from partnerships.policy import MessagesPolicy


def next_allowed(rules: MessagesPolicy, moment: datetime) -> datetime:
    """The first moment, from this one on, at which a message that can wait may go.

    Counted by UK clocks: the morning begins at the same hour on the days on which they change.
    """
    opens, closes = time.fromisoformat(rules.quiet_until.value), time.fromisoformat(rules.quiet_from.value)
    has_nights = opens != closes
    day = uk_date(moment)
    if has_nights and moment >= uk_moment(day, closes):
        day += timedelta(days=1)
    while not (rules.weekends.value or is_working_day(day)):
        day += timedelta(days=1)
    return max(moment, uk_moment(day, opens if has_nights else time()))
