"""What somebody has to do now, whatever their role: one list from every part of the portal."""

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from bookings.queries import registers_outstanding
from compliance.queries.standing import Standing
from courses.models import Session, SessionDate
from evaluations.queries import to_do
from partnership_portal.templatetags.portal import uk_date
from partnerships.actors import Actor
from partnerships.models import JoinRequest
from partnerships.permissions import Permission

Task = dict[str, Any]
_SOON = timedelta(days=7)


def tasks_of(actor: Actor, standing: Standing, now: datetime) -> list[Task]:
    """Registers first, since others wait for them; then surveys, requests and what the role still requires."""
    return [
        *_registers(actor, now),
        *_surveys(actor, now),
        *_join_requests(actor),
        *_requirements(actor, standing),
    ]


def register_url(date: SessionDate, slug: str) -> str:
    """The register of one date."""
    return reverse("bookings:register", args=[slug, date.session_id, date.pk])


def _registers(actor: Actor, now: datetime) -> list[Task]:
    if not actor.may(Permission.SEE_OWN_SESSIONS):
        return []
    dates = registers_outstanding(Session.objects.trained_by(actor), now)
    return [
        {
            "title": f"Mark the register of {date.session.course}",
            "hint": f"Session of {uk_date(date.starts_at, 'full')}. Learners get their evaluation after this.",
            "url": register_url(date, actor.partnership.slug),
            "status": "overdue" if date.ends_at <= now else "to_do",
        }
        for date in dates
    ]


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
