"""Changing how many places a session has, and giving those that are new to the queue at once."""

from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from bookings.services.locks import locked_session
from bookings.services.queue import settle
from courses.models import Session
from courses.saved_plans import saved_plan
from courses.services.sessions import change_session
from partnerships.actors import Actor
from partnerships.permissions import Permission, require


def change_capacity(
    *,
    actor: Actor,
    session: Session,
    capacity: int,
    lecture_style: bool = False,
    lecture_style_reason: str = "",
) -> Session:
    """Give a session more or fewer places, by the same rules as any change of it; never fewer than are taken.

    Beyond the strategy's class size it must be lecture-style, with a reason, where the strategy makes that exception.
    Locks the session; done twice is done once.
    """
    require(actor, Permission.PLAN_PROGRAMME)
    require(actor, Permission.MANAGE_BOOKINGS)
    with transaction.atomic():
        session = locked_session(actor, session)
        # Whoever is named stays, also without the role that they had.
        plan = replace(
            saved_plan(session),
            capacity=capacity,
            lecture_style=lecture_style,
            lecture_style_reason=lecture_style_reason,
        )
        change_session(actor=actor, session=session, plan=plan)
        session.refresh_from_db(fields=["capacity", "places_taken", "lecture_style", "lecture_style_reason"])
        settle(session, timezone.now())
    return session
