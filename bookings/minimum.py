"""Sessions with fewer people than they need, from the day on which that is decided."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from bookings.models import Booking
from bookings.states import BookingState
from courses.models import Session
from partnership_portal.working_days import add_working_days, uk_date
from partnerships.actors import Actor

# The policy's longest notice is thirty working days, which holidays make longer.
_HORIZON = timedelta(days=60)


def under_minimum(actor: Actor, now: datetime) -> "list[Any]":
    """The published sessions whose decision is due, soonest first, each with ``confirmed`` and ``decide_by``.

    A session is due when its decision day has come by the policy at its start, fewer places are confirmed than it
    needs, and nobody has decided; one that was put off is due again on its day. Two queries.
    """
    return due_of(actor, short_of_people(actor, now), now)


def due_of(actor: Actor, sessions: "Iterable[Any]", now: datetime) -> "list[Any]":
    """Those of these sessions, in their order, whose decision day has come."""
    today = uk_date(now)
    found = []
    for session in sessions:
        days = actor.partnership.policy(session.starts_at).booking.decision_working_days.value
        start = uk_date(session.starts_at)
        # A session at the weekend is decided on its own day at the latest.
        session.decide_by = add_working_days(start, -days) if days else start
        if session.decide_by <= today:
            found.append(session)
    return found


def short_of_people(actor: Actor, now: datetime) -> "QuerySet[Any]":
    """The published sessions to come with fewer confirmed places than they need, undecided, soonest first."""
    confirmed = Count("bookings", filter=Q(bookings__state=BookingState.CONFIRMED))
    # Who holds a place before the start is confirmed or has an offer: only sessions that can be short are counted.
    offered = Booking.objects.filter(session=OuterRef("pk"), state=BookingState.OFFERED)
    can_be_short = Q(places_taken__lt=F("minimum")) | Exists(offered)
    put_off = Q(decision=Session.Decision.POSTPONED, decide_again_on__lte=uk_date(now))
    return (
        Session.objects.visible_to(actor)
        .filter(
            can_be_short,
            Q(decision="") | put_off,
            status=Session.Status.PUBLISHED,
            minimum__gt=0,
            starts_at__gt=now,
            starts_at__lte=now + _HORIZON,
        )
        .select_related("course", "venue")
        .defer("course__search")
        .annotate(confirmed=confirmed)
        .filter(confirmed__lt=F("minimum"))
        .order_by("starts_at", "pk")
    )


def confirmed_on(session: Session) -> int:
    """How many places are confirmed."""
    return session.bookings.filter(state=BookingState.CONFIRMED).count()


def other_sessions(actor: Actor, session: Session, now: datetime) -> QuerySet[Session]:
    """The published sessions of the same course that have not begun, soonest first."""
    return (
        Session.objects.visible_to(actor)
        .coming(now)
        .filter(course=session.course_id)
        .exclude(pk=session.pk)
        .select_related("course", "venue")
        .defer("course__search")
    )
