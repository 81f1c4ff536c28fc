"""The messages to trainers about the sessions they train: each once for a notice and a change."""

from bookings.arrangements import dates_of, place_in_full
from bookings.message_kinds import TRAINER_CANCELLED, TRAINER_CHANGED, TRAINER_DROPPED, TRAINER_NAMED
from bookings.models import TrainerNotice
from courses.models import Session
from notifications.kinds import Fact, MessageKind
from notifications.outbox import drop_unsent, queue_message
from partnership_portal.templatetags.portal import time_range, uk_date
from partnerships.links import absolute


def tell_named(notice: TrainerNotice) -> None:
    """Say that they train a session, when and where."""
    _queue(notice, TRAINER_NAMED, _where_too(notice.session))


def tell_changed(notice: TrainerNotice) -> None:
    """Say where and when the session that they train is now."""
    _queue(notice, TRAINER_CHANGED, _where_too(notice.session))


def tell_dropped(notice: TrainerNotice) -> None:
    """Say that they don't train the session any more, or that it is cancelled; its joining link is not theirs then."""
    drop_unsent(notice.partnership, _subject(notice))
    facts = what_and_when(notice.session)
    if notice.session.status != Session.Status.CANCELLED:
        _queue(notice, TRAINER_DROPPED, facts)
        return
    reason = notice.session.cancelled_reason
    _queue(notice, TRAINER_CANCELLED, [*facts, ("Reason", [reason])] if reason else facts)


def what_and_when(session: Session) -> list[Fact]:
    """The course and the dates, for a message."""
    dates = dates_of(session)
    when = [
        f"{uk_date(date.starts_at, 'full')}, {time_range(date.starts_at, date.ends_at)}" for date in dates
    ]
    return [("Course", [session.course.title]), ("Dates" if len(dates) > 1 else "Date", when)]


def _where_too(session: Session) -> list[Fact]:
    place = "Joining link" if session.venue is None else "Place"
    return [*what_and_when(session), (place, [place_in_full(session)])]


def _subject(notice: TrainerNotice) -> str:
    return f"trainer:{notice.pk}"


def _queue(notice: TrainerNotice, kind: MessageKind, facts: list[Fact]) -> None:
    session = notice.session
    queue_message(
        partnership=notice.partnership,
        purpose=kind.purpose,
        subject_key=f"{_subject(notice)}:{notice.number}",
        person=notice.person,
        values={"course": session.course.title, "date": uk_date(session.starts_at)},
        facts=facts,
        # The job has waited until the quiet hours were over.
        at_once=True,
        link=absolute("bookings:training_session", partnership=notice.partnership.slug, pk=session.pk)
        if kind.button
        else "",
    )
