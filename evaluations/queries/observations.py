"""Which courses are to be observed, and at which coming session."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import DateTimeField, OuterRef, Q, Subquery

from courses.models import Course, Session
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation
from partnership_portal.working_days import add_months, uk_date
from partnerships.actors import Actor
from partnerships.policy import ObservationRule


@dataclass(frozen=True)
class CourseToObserve:
    """A course with the day it was last observed and the sessions at which that can be done."""

    course: Course
    last_observed_on: date | None
    is_due: bool
    sessions: list[Session]


def courses_to_observe(actor: Actor, now: datetime) -> list[CourseToObserve]:
    """Courses with coming sessions, those never or longest not observed first (two queries).

    Where the policy says every course yearly, a course is due when it was not observed in the last twelve months. A
    session that the actor trains is left out; one that somebody else observes already, too.
    """
    yearly = actor.partnership.policy(now).observation.rule.value is ObservationRule.EVERY_COURSE_YEARLY
    answered = Invitation.objects.filter(
        kind=QuestionnaireKind.OBSERVATION, state=Invitation.State.ANSWERED, session__course=OuterRef("pk")
    ).order_by("-session__starts_at")
    last = Subquery(answered.values("session__starts_at")[:1], output_field=DateTimeField())
    courses = Course.objects.visible_to(actor).published().annotate(last_observed=last)
    sessions: dict[int, list[Session]] = {}
    taken = Q(invitations__kind=QuestionnaireKind.OBSERVATION) | Q(trainer_links__person=actor.person)
    for session in Session.objects.visible_to(actor).coming(now).exclude(taken).select_related("venue"):
        sessions.setdefault(session.course_id, []).append(session)
    year_ago = add_months(uk_date(now), -12)
    found = []
    for course in courses:
        last_on = uk_date(course.last_observed) if course.last_observed else None
        is_due = yearly and (last_on is None or last_on < year_ago)
        if is_due or course.pk in sessions:
            found.append(CourseToObserve(course, last_on, is_due, sessions.get(course.pk, [])[:3]))
    return sorted(found, key=lambda one: (not one.is_due, one.last_observed_on or date.min, one.course.title))
