"""The messages to trainers about the sessions they train: each once for a notice and a change."""

from bookings.arrangements import dates_of, place_in_full
from bookings.models import TrainerNotice
from courses.models import Session
from notifications.outbox import queue_message
from partnership_portal.templatetags.portal import time_range, uk_date
from partnerships.links import absolute

Fact = tuple[str, list[str]]


def tell_named(notice: TrainerNotice) -> None:
    """Say that they train a session, when and where."""
    _queue(notice, "trainer_named", facts=_where_too(notice.session))


def tell_changed(notice: TrainerNotice) -> None:
    """Say where and when the session that they train is now."""
    _queue(notice, "trainer_changed", facts=_where_too(notice.session))


def tell_dropped(notice: TrainerNotice) -> None:
    """Say that they don't train the session any more, or that it is cancelled; the joining link is not theirs then."""
    cancelled = notice.session.status == Session.Status.CANCELLED
    _queue(notice, "trainer_dropped", facts=what_and_when(notice.session), cancelled=cancelled)


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


def _queue(notice: TrainerNotice, purpose: str, **context: object) -> None:
    session, slug = notice.session, notice.partnership.slug
    queue_message(
        partnership=notice.partnership,
        purpose=purpose,
        subject_key=f"trainer:{notice.pk}:{notice.number}",
        template=f"bookings/{purpose}",
        person=notice.person,
        context={
            "session": session,
            "course": session.course,
            "session_url": absolute("bookings:training_session", partnership=slug, pk=session.pk),
            **context,
        },
    )
