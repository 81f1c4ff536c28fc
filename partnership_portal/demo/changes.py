"""Sessions of the demonstration that change: one is moved, and one has too few people, each with another to go to."""

import datetime as dt
from dataclasses import replace

from bookings.minimum import under_minimum
from bookings.services.changes import tell_of_changed_sessions
from courses.models import Session
from courses.plans import moved
from courses.services.copies import duplicate_session, plan_of
from courses.services.sessions import change_session, publish_session
from partnership_portal.working_days import add_working_days, uk_date
from partnerships.actors import Actor
from partnerships.tenancy import acting_in

_LATER = 15


def change_sessions(actor: Actor, now: dt.datetime) -> None:
    """Change what is coming as the team would; the job then tells people, and the mailbox shows it."""
    partnership = actor.partnership
    # Everybody knows of their session as it was before it changes.
    tell_of_changed_sessions(partnership, now)
    with acting_in(partnership):
        for session in under_minimum(actor, now)[:1]:
            _again(actor, session)
        session = _to_move(actor, now)
        if session is not None:
            _again(actor, session)
            _move(actor, session)


def _to_move(actor: Actor, now: dt.datetime) -> Session | None:
    coming = Session.objects.visible_to(actor).coming(now).filter(starts_at__gt=now + dt.timedelta(days=12))
    return coming.filter(places_taken__gte=2).first()


def _again(actor: Actor, session: Session) -> None:
    day = add_working_days(uk_date(session.starts_at), _LATER)
    publish_session(actor=actor, session=duplicate_session(actor=actor, session=session, day=day))


def _move(actor: Actor, session: Session) -> None:
    plan = plan_of(actor, session)
    day = add_working_days(uk_date(plan.slots[0].starts_at), 1)
    change_session(actor=actor, session=session, plan=replace(plan, slots=moved(plan.slots, day)))
