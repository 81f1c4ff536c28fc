"""Which courses are to be observed, at which coming session and by whom, and what became of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, DateTimeField, OuterRef, Prefetch, Q, QuerySet, Subquery

from courses.models import Course, Session
from evaluations.answering import asked, in_words, value_of
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation, ObservationAction
from evaluations.observation_messages import asking_key, knows_when_and_where, shared_key
from notifications.outbox import already_queued, told_in_order
from partnership_portal.working_days import add_months, uk_date
from partnerships.actors import Actor
from partnerships.models import Partnership, Person
from partnerships.permissions import Permission, Role
from partnerships.policy import ObservationRule

_LATE = timedelta(days=14)
_SHOWN = 3


@dataclass(frozen=True)
class CourseToObserve:
    """A course with the day it was last observed, who observes it next, and the sessions at which that can be done."""

    course: Course
    last_observed_on: date | None
    is_due: bool
    planned: list[Invitation]
    sessions: list[Session]


def courses_to_observe(actor: Actor, now: datetime) -> list[CourseToObserve]:
    """Courses with coming sessions, those never or longest not observed first (three queries).

    Where the policy says every course yearly, a course is due when it was not observed in the last twelve months and
    nobody has taken a session of it on. A session that the actor trains is left out; one that somebody observes, too.
    """
    yearly = actor.partnership.policy(now).observation.rule.value is ObservationRule.EVERY_COURSE_YEARLY
    kept = Invitation.objects.filter(partnership=actor.partnership, kind=QuestionnaireKind.OBSERVATION)
    answered = kept.filter(state="answered", session__course=OuterRef("pk")).order_by("-session__starts_at")
    last = Subquery(answered.values("session__starts_at")[:1], output_field=DateTimeField())
    courses = Course.objects.visible_to(actor).published().annotate(last_observed=last)
    planned: dict[int, list[Invitation]] = {}
    waiting = kept.filter(state="open", closes_at__gt=now).order_by("session__starts_at")
    for one in waiting.select_related("session__venue"):
        planned.setdefault(one.session.course_id, []).append(one)
    sessions: dict[int, list[Session]] = {}
    taken = kept.exclude(state="closed").values("session")
    coming = Session.objects.visible_to(actor).coming(now).exclude(pk__in=taken)
    if actor.may(Permission.OBSERVE_SESSION):
        coming = coming.exclude(trainer_links__person=actor.person)
    for session in coming.select_related("venue"):
        sessions.setdefault(session.course_id, []).append(session)
    year_ago = add_months(uk_date(now), -12)
    found = []
    for course in courses:
        last_on = uk_date(course.last_observed) if course.last_observed else None
        next_ones = planned.get(course.pk, [])
        is_due = yearly and not next_ones and (last_on is None or last_on < year_ago)
        if is_due or next_ones or course.pk in sessions:
            free = sessions.get(course.pk, [])[:_SHOWN]
            found.append(CourseToObserve(course, last_on, is_due, next_ones, free))
    return sorted(
        found,
        key=lambda one: (
            not one.is_due,
            bool(one.planned),
            one.last_observed_on or date.min,
            one.course.title,
        ),
    )


def observers(session: Session) -> QuerySet[Person]:
    """Who can be asked to observe a session: every observer but its trainers."""
    role = {"memberships__granted_roles__role": Role.OBSERVER, "memberships__ended_on__isnull": True}
    people = Person.objects.filter(partnership=session.partnership_id, **role).distinct()
    return people.exclude(trained_sessions__session=session)


def own_observations(actor: Actor) -> QuerySet[Invitation]:
    """The observations that the actor has taken on, the newest first."""
    own = Invitation.objects.of(actor).filter(kind=QuestionnaireKind.OBSERVATION).exclude(state="closed")
    return own.select_related("session__course", "session__venue").order_by("-session__starts_at")


def sent_observations(actor: Actor) -> QuerySet[Invitation]:
    """Every observation that was sent and that the actor may read, the newest first, with its actions counted."""
    shown = Invitation.objects.observations_shown_to(actor).filter(state="answered")
    return (
        shown.select_related("session__course", "session__venue")
        .annotate(
            agreed=Count("actions"), open_actions=Count("actions", filter=Q(actions__done_at__isnull=True))
        )
        .order_by("-session__starts_at", "-pk")
    )


def observation_shown_to(actor: Actor) -> QuerySet[Invitation]:
    """Observations with everything that the page of one shows."""
    actions = ObservationAction.objects.with_owner_shown_to(actor).select_related("owner")
    return (
        Invitation.objects.observations_shown_to(actor)
        .select_related("version", "session__course", "session__venue", "respondent", "policy_version")
        .prefetch_related("version__questions", "answers__question", Prefetch("actions", actions))
    )


def what_was_seen(observation: Invitation) -> list[tuple[str, list[dict[str, str]]]]:
    """The form's pages, each with its questions and answers in words; without a question that wasn't asked."""
    answers = {answer.question.key: answer for answer in observation.answers.all()}
    given = {key: value_of(answer) for key, answer in answers.items()}
    pages: dict[str, list[dict[str, str]]] = {}
    for question in asked(observation.version.questions.all(), given):
        words = in_words(question, answers.get(question.key)) or "Not answered"
        pages.setdefault(question.page, []).append({"key": question.text, "value": words})
    return list(pages.items())


def sees_observer(actor: Actor, observation: Invitation) -> bool:
    """Tell whether the observer's name stands beside the answers: only for the team and the observer."""
    return actor.may(Permission.MANAGE_SURVEYS) or observation.respondent == actor.person


def observations_to_follow(partnership: Partnership, now: datetime) -> list[Invitation]:
    """Observations still ahead whose observer isn't told yet when or where, or whose session was cancelled."""
    waiting = list(
        Invitation.objects.filter(partnership=partnership, kind=QuestionnaireKind.OBSERVATION, state="open")
        .filter(Q(session__starts_at__gt=now) | Q(session__status=Session.Status.CANCELLED))
        .select_related("session")
        .order_by("pk")
    )
    told = told_in_order(partnership, "observation_assigned", [asking_key(one) for one in waiting])
    return [
        one
        for one in waiting
        if one.session.status != Session.Status.PUBLISHED
        or not knows_when_and_where(one, told[asking_key(one)])
    ]


def observations_to_share(partnership: Partnership, now: datetime) -> list[tuple[Invitation, Person]]:
    """Observations sent lately, with each trainer of the session who is not told yet; where the policy shares them."""
    sent = (
        Invitation.objects.filter(partnership=partnership, kind=QuestionnaireKind.OBSERVATION)
        .filter(state="answered", answered_at__gt=now - _LATE)
        .filter(policy_version__document__observation__shared_with_trainers__value=True)
        .select_related("session__course", "partnership")
        .prefetch_related("session__trainer_links__person")
        .order_by("pk")
    )
    waiting = [
        (one, link.person) for one in sent for link in one.session.trainer_links.all() if link.person.email
    ]
    told = already_queued(partnership, "observation_shared", [shared_key(*pair) for pair in waiting])
    return [pair for pair in waiting if shared_key(*pair) not in told]
