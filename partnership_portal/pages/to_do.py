"""What somebody has to do now, whatever their role: one list from every part of the portal."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from bookings.models import Attendance, Booking
from bookings.states import HOLDS_PLACE
from compliance.queries.standing import Standing
from courses.models import SessionDate
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation
from partnership_portal.templatetags.portal import uk_date
from partnerships.actors import Actor
from partnerships.models import JoinRequest, Partnership
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


def registers_outstanding(partnership: Partnership, now: datetime) -> QuerySet[SessionDate]:
    """Dates that are over and on which somebody with a place has no mark yet, the oldest first."""
    marked = Attendance.objects.filter(booking=OuterRef("pk"), session_date=OuterRef(OuterRef("pk")))
    unmarked = Booking.objects.filter(session=OuterRef("session"), state__in=HOLDS_PLACE).filter(
        ~Exists(marked)
    )
    return (
        SessionDate.objects.filter(partnership=partnership, session__status="published", ends_at__lt=now)
        .filter(ends_at__gt=now - timedelta(days=90))
        .filter(Exists(unmarked))
        .select_related("session__course", "session__venue")
        .order_by("starts_at")
    )


def register_url(date: SessionDate, slug: str) -> str:
    """The register of one date."""
    return reverse("bookings:register", args=[slug, date.session_id, date.pk])


def _registers(actor: Actor, now: datetime) -> list[Task]:
    if not actor.may(Permission.SEE_OWN_SESSIONS):
        return []
    dates = registers_outstanding(actor.partnership, now).filter(session__trainer_links__person=actor.person)
    return [
        {
            "title": f"Mark the register of {date.session.course}",
            "hint": f"Held on {uk_date(date.starts_at, 'full')}. Learners get their evaluation after this.",
            "url": register_url(date, actor.partnership.slug),
            "status": "overdue",
        }
        for date in dates
    ]


def _surveys(actor: Actor, now: datetime) -> list[Task]:
    invitations = (
        Invitation.objects.of(actor)
        .to_answer()
        .filter(closes_at__gt=now)
        .select_related("session__course", "booking__person")
        .order_by("closes_at")
    )
    return [
        {
            "title": _survey_title(one),
            "hint": f"Open until {uk_date(one.closes_at)}",
            "url": reverse("evaluations:my_survey", args=[actor.partnership.slug, one.pk]),
            "status": "due_soon" if one.closes_at - now < _SOON else "to_do",
        }
        for one in invitations
    ]


def _survey_title(invitation: Invitation) -> str:
    course = invitation.session.course
    learner = invitation.booking.person.name if invitation.booking else ""
    return {
        QuestionnaireKind.EVALUATION: f"Evaluate {course}",
        QuestionnaireKind.IMPACT: f"Tell us what has changed since {course}",
        QuestionnaireKind.LINE_MANAGER: f"Tell us what {course} has changed for {learner}",
        QuestionnaireKind.TRAINER_FEEDBACK: f"Give your account as trainer of {course}",
        QuestionnaireKind.OBSERVATION: f"Fill in your observation of {course}",
    }[QuestionnaireKind(invitation.kind)]


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
