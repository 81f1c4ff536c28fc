"""The partnership team's day: sessions, registers, places, requests, surveys, reports, messages."""

from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from bookings.queries import registers_outstanding
from bookings.states import IN_LINE
from compliance.models import Report
from compliance.queries.risk import with_risks
from courses.models import Session
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation
from notifications.models import Message
from partnership_portal.pages.to_do import register_url
from partnership_portal.working_days import uk_date, uk_moment
from partnerships.actors import Actor
from partnerships.models import JoinRequest

_SHOWN = 8
_RISK_DAYS = timedelta(days=28)


def day_of(actor: Actor, now: datetime) -> dict[str, Any]:
    """Everything on the desk, with the same number of queries however much there is."""
    today = uk_date(now)
    midnight, tomorrow = uk_moment(today, time()), uk_moment(today + timedelta(days=1), time())
    week = uk_moment(today + timedelta(days=8), time())
    dates = _sessions(actor).filter(dates__starts_at__gte=midnight, dates__starts_at__lt=week)
    dates = dates.annotate(day=F("dates__starts_at"), day_ends=F("dates__ends_at")).order_by(
        "dates__starts_at"
    )
    sessions = list(dates)
    registers = list(registers_outstanding(_sessions(actor), now)[:_SHOWN])
    for date in registers:
        date.url = register_url(date, actor.partnership.slug)
    return {
        "today": [one for one in sessions if one.day < tomorrow],
        "week": [one for one in sessions if one.day >= tomorrow],
        "registers": registers,
        "filling": list(_filling(actor, now)),
        "at_risk": _at_risk(actor, now),
        "waiting_lists": list(_waiting_lists(actor, now)),
        "requests": JoinRequest.objects.filter(
            partnership=actor.partnership, state=JoinRequest.State.OPEN
        ).count(),
        "surveys": _surveys(actor, now),
        "reports": list(Report.objects.visible_to(actor).defer("figures")[:3]),
        "failed": Message.objects.filter(partnership=actor.partnership, state=Message.State.FAILED).count(),
    }


def _sessions(actor: Actor) -> QuerySet[Session]:
    return Session.objects.visible_to(actor).filter(status="published").select_related("course", "venue")


def _filling(actor: Actor, now: datetime) -> QuerySet[Session]:
    return (
        _sessions(actor)
        .filter(starts_at__gt=now, places_taken__gte=F("capacity") - 2)
        .order_by("starts_at")[:_SHOWN]
    )


def _at_risk(actor: Actor, now: datetime) -> list[Session]:
    percent = actor.partnership.policy(now).reporting.at_risk_bookings_percent.value
    found = []
    for session, reasons in with_risks(actor.partnership, now, now + _RISK_DAYS, percent=percent):
        if reasons:
            session.risk = "; ".join(reasons).capitalize()
            found.append(session)
    return found[:_SHOWN]


def _waiting_lists(actor: Actor, now: datetime) -> QuerySet[Session]:
    return (
        _sessions(actor)
        .filter(starts_at__gt=now)
        .annotate(waiting=Count("bookings", filter=Q(bookings__state__in=IN_LINE)))
        .filter(waiting__gt=0)
        .order_by("starts_at")[:_SHOWN]
    )


def _surveys(actor: Actor, now: datetime) -> list[dict[str, Any]]:
    asked = (
        Invitation.objects.filter(partnership=actor.partnership, invited_at__gt=now - timedelta(days=90))
        .order_by()
        .values("kind")
        .annotate(asked=Count("pk"), answered=Count("pk", filter=Q(state="answered")))
    )
    found = {one["kind"]: one for one in asked}
    return [
        {"kind": kind.label, "asked": found[kind.value]["asked"], "answered": found[kind.value]["answered"]}
        for kind in QuestionnaireKind
        if kind.value in found
    ]
