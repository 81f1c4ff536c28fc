"""What of the bookings needs the partnership team: each list for its desk, the most urgent row first."""

from datetime import datetime, time
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from bookings.models import Approval, Booking, Quota, WalkIn
from bookings.querysets import ApprovalQuerySet, BookingQuerySet
from bookings.states import HOLDS_PLACE, BookingState
from courses.models import Course, Session
from partnership_portal.working_days import add_working_days, add_working_hours, uk_date, uk_moment
from partnerships.actors import Actor
from partnerships.policy import ApprovalRule

_WORKING_DAY = 8
_QUOTA_NOTICE = 5
# Of a session's places: with so many waiting, another session would be worth its trainer.
_MANY_WAITING_PERCENT = 25


def offers_running_out(actor: Actor, now: datetime) -> BookingQuerySet:
    """Offers that run out within one working day, soonest first."""
    return (
        Booking.objects.visible_to(actor)
        .with_end_of_offer()
        .filter(
            Q(end_of_offer__gt=now, end_of_offer__lte=add_working_hours(now, _WORKING_DAY)),
            state=BookingState.OFFERED,
        )
        .select_related("person", "organisation", "session__course")
        .only(
            "offer_expires_at",
            "person__name",
            "person__email",
            "organisation__name",
            "session__starts_at",
            "session__booking_closes_at",
            "session__course__title",
        )
        .order_by("end_of_offer", "pk")
    )


def approvals_stuck(actor: Actor, now: datetime) -> ApprovalQuerySet:
    """Requests that wait for the team, were repeated or passed on, or run out within one working day; soonest first.

    Also those older than the policy's reminder, should the job that repeats them be late.
    """
    days = actor.partnership.policy(now).booking.approval_reminder_working_days.value
    long_ago = uk_moment(add_working_days(uk_date(now), -days), time())
    return (
        Approval.objects.visible_to(actor)
        .open()
        .filter(
            Q(asked=ApprovalRule.TEAM)
            | Q(reminded_at__isnull=False)
            | Q(escalated_at__isnull=False)
            | Q(asked_at__lt=long_ago)
            | Q(expires_at__lte=add_working_hours(now, _WORKING_DAY))
        )
        .select_related("booking__person", "booking__organisation", "booking__session__course")
        .only(
            "asked",
            "manager_name",
            "asked_at",
            "expires_at",
            "reminded_at",
            "escalated_at",
            "booking__person__name",
            "booking__organisation__name",
            "booking__session__starts_at",
            "booking__session__booking_closes_at",
            "booking__session__course__title",
        )
        .order_by("expires_at", "pk")
    )


def not_answered(actor: Actor, now: datetime) -> "QuerySet[Any]":
    """Coming sessions where ``unanswered`` people were asked “still coming?” and have not said, soonest first."""
    return (
        _shown(Session.objects.visible_to(actor))
        .filter(
            status=Session.Status.PUBLISHED,
            starts_at__gt=now,
            bookings__state=BookingState.CONFIRMED,
            bookings__coming_asked_at__isnull=False,
            bookings__coming_confirmed_at__isnull=True,
        )
        .annotate(unanswered=Count("bookings"), last_asked=Max("bookings__coming_asked_at"))
        .order_by("starts_at", "pk")
    )


def over_demand(actor: Actor, now: datetime) -> "QuerySet[Any]":
    """Coming sessions on whose waiting list so many stand that another session would be filled, soonest first.

    That is as many as a session needs to go ahead or, where that is not said, a quarter of its places.
    """
    return (
        _shown(Session.objects.visible_to(actor))
        .filter(status=Session.Status.PUBLISHED, starts_at__gt=now, bookings__state=BookingState.WAITING)
        .annotate(waiting=Count("bookings"))
        .filter(
            Q(minimum__gt=0, waiting__gte=F("minimum"))
            | Q(waiting__gte=F("capacity") * _MANY_WAITING_PERCENT / 100.0)
        )
        .order_by("starts_at", "pk")
    )


def walk_ins_to_settle(actor: Actor) -> QuerySet[WalkIn]:
    """Walk-ins whose organisation the team must settle, oldest first."""
    return (
        WalkIn.objects.unsettled()
        .filter(partnership=actor.partnership)
        .select_related("booking__person", "booking__organisation", "booking__session__course")
        .defer("booking__session__course__search")
        .order_by("pk")
    )


def quotas_to_be_released(actor: Actor, now: datetime) -> "QuerySet[Any]":
    """Quotas of coming sessions that still hold places and let them go within five working days, soonest first."""
    today = uk_date(now)
    quotas = Quota.objects.visible_to(actor).filter(
        session__status=Session.Status.PUBLISHED,
        session__starts_at__gt=now,
        releases_on__gt=today,
        releases_on__lte=add_working_days(today, _QUOTA_NOTICE),
    )
    return (
        with_taken(quotas)
        .filter(taken__lt=F("places"))
        .select_related("session__course", "sector", "organisation")
        .only(
            "places",
            "releases_on",
            "sector__name",
            "organisation__name",
            "session__starts_at",
            "session__course__title",
        )
        .order_by("releases_on", "pk")
    )


def wanted_dates(actor: Actor, now: datetime) -> "QuerySet[Any]":
    """Published courses without a session to book for whose dates ``wanting`` people wait, most first.

    What one organisation holds for its own staff is no session for those who still wait.
    """
    coming = Session.objects.filter(course=OuterRef("pk"), booking_closes_at__gt=now).coming(now)
    bookable = coming.for_staff_of([])
    return (
        Course.objects.visible_to(actor)
        .published()
        .filter(~Exists(bookable.order_by()), interests__isnull=False)
        .only("title")
        .annotate(wanting=Count("interests"), since=Min("interests__asked_at"))
        .order_by("-wanting", "title")
    )


def with_taken(quotas: "QuerySet[Quota]") -> "QuerySet[Any]":
    """Annotate each with ``taken``: how many places people of its sector or organisation hold."""
    held = (
        Booking.objects.filter(
            Q(organisation=OuterRef("organisation")) | Q(organisation__sector=OuterRef("sector")),
            partnership=OuterRef("partnership"),
            session=OuterRef("session"),
            state__in=HOLDS_PLACE,
        )
        .order_by()
        .values("session")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return quotas.annotate(taken=Coalesce(Subquery(held), 0))


def _shown(sessions: "QuerySet[Session]") -> "QuerySet[Session]":
    """The few columns that a row of the desk shows."""
    return sessions.select_related("course", "venue").only(
        "course__title", "venue__name", "starts_at", "ends_at", "places_taken", "capacity", "minimum"
    )
