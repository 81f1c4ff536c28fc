"""What somebody has to do now, whatever their role: one list from every part of the portal."""

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from bookings.queries import approvals_waiting, registers_outstanding, to_answer
from bookings.states import BookingState
from compliance.queries.standing import Standing
from courses.expectations import asks_evaluation
from courses.models import Session
from evaluations.queries import to_do
from evaluations.queries.single_agency_audits import waiting_for
from partnership_portal.templatetags.portal import uk_date, uk_datetime
from partnerships.actors import Actor
from partnerships.models import JoinRequest
from partnerships.permissions import Permission

Task = dict[str, Any]
_SOON = timedelta(days=7)


def tasks_of(actor: Actor, standing: Standing, now: datetime) -> list[Task]:
    """What runs out or others wait for comes first; then surveys, requests and what the role still requires."""
    return [
        *_bookings(actor, now),
        *_registers(actor, now),
        *_approvals(actor),
        *_surveys(actor, now),
        *_single_agency_audits(actor, now),
        *_join_requests(actor),
        *_requirements(actor, standing),
    ]


def _bookings(actor: Actor, now: datetime) -> list[Task]:
    """Places that are offered, and places about which the actor was asked whether they still come (one query)."""
    tasks = []
    for booking in to_answer(actor, now):
        offered = booking.state == BookingState.OFFERED
        until = uk_datetime(booking.offered_until)
        tasks.append(
            {
                "title": f"You are offered a place: {booking.session.course}"
                if offered
                else f"Say whether you are still coming: {booking.session.course}",
                "hint": f"Take it by {until}. After that it goes to the next person."
                if offered
                else f"Session of {uk_date(booking.session.starts_at, 'full')}. Somebody else may want your place.",
                "url": reverse(
                    "bookings:offer" if offered else "bookings:coming",
                    args=[actor.partnership.slug, booking.pk],
                ),
                "status": "due_soon" if offered else "to_do",
            }
        )
    return tasks


def _approvals(actor: Actor) -> list[Task]:
    number = approvals_waiting(actor)
    if not number:
        return []
    return [
        {
            "title": f"{number} booking{'s wait' if number > 1 else ' waits'} for your approval",
            "hint": "Until you answer, nobody knows whether they can come.",
            "url": reverse("bookings:approvals", args=[actor.partnership.slug]),
            "status": "awaiting",
            "status_text": "Decide",
        }
    ]


def _registers(actor: Actor, now: datetime) -> list[Task]:
    if not actor.may(Permission.SEE_OWN_SESSIONS):
        return []
    dates = registers_outstanding(Session.objects.trained_by(actor), now)
    return [
        {
            "title": f"Mark the register of {date.session.course}",
            "hint": f"Session of {uk_date(date.starts_at, 'full')}. {_after_register(actor, date.session)}",
            "url": reverse("bookings:register", args=[actor.partnership.slug, date.session_id, date.pk]),
            "status": "overdue" if date.ends_at <= now else "to_do",
        }
        for date in dates
    ]


def _after_register(actor: Actor, session: Session) -> str:
    if asks_evaluation(session.course, actor.partnership.policy(session.starts_at)):
        return "Learners get their evaluation after this."
    return "It tells who attended."


def _surveys(actor: Actor, now: datetime) -> list[Task]:
    return [
        {
            "title": one.title,
            "hint": f"Open until {uk_date(one.closes_at)}",
            "url": one.url,
            "status": "due_soon" if one.closes_at - now < _SOON else "to_do",
        }
        for one in to_do(actor)
    ]


def _join_requests(actor: Actor) -> list[Task]:
    if not actor.led_organisation_ids:
        return []
    waiting = JoinRequest.objects.visible_to(actor).filter(
        state=JoinRequest.State.OPEN, organisation__in=actor.led_organisation_ids
    )
    return [
        {
            "title": f"{one.name} asks to join {one.organisation}",
            "hint": f"{one.job_role}, asked on {uk_date(one.asked_at)}",
            "url": reverse("partnerships:join_request", args=[actor.partnership.slug, one.pk]),
            "status": "awaiting",
            "status_text": "Decide",
        }
        for one in waiting.select_related("organisation")
    ]


def _single_agency_audits(actor: Actor, now: datetime) -> list[Task]:
    if not actor.led_organisation_ids:
        return []
    return [
        {
            "title": f"Say how {one.organisation} trains its own staff",
            "hint": f"Asked for by {uk_date(one.due_at)}",
            "url": reverse("evaluations:our_audit", args=[actor.partnership.slug, one.pk]),
            "status": "overdue" if one.due_at < now else "due_soon" if one.due_at - now < _SOON else "to_do",
        }
        for one in waiting_for(actor)
    ]


def _requirements(actor: Actor, standing: Standing) -> list[Task]:
    tasks = []
    for one in standing.to_do:
        courses = one.courses
        if len(courses) == 1:
            url = reverse("courses:course", args=[actor.partnership.slug, courses[0].slug])
        else:
            url = reverse("compliance:record", args=[actor.partnership.slug])
        lapse = f"Lapses on {uk_date(one.lapses_on)}" if one.is_met and one.lapses_on else ""
        lapsed = f"Lapsed on {uk_date(one.lapses_on)}" if not one.is_met and one.lapses_on else ""
        tasks.append(
            {
                "title": one.requirement.title,
                "hint": lapse or lapsed or "Required of your group",
                "url": url,
                "status": one.status.value,
                "status_text": one.status.label,
            }
        )
    return tasks
