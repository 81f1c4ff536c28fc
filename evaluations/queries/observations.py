"""Which courses are to be observed, at which coming session and by whom, and what became of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, DateTimeField, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.urls import reverse

from courses.models import Course, Session, SessionTrainer
from evaluations.answering import asked, in_words, value_of
from evaluations.kinds import QuestionnaireKind
from evaluations.message_kinds import OBSERVATION_ACTION_DUE
from evaluations.models import Invitation, ObservationAction
from evaluations.observation_messages import asking_key, due_key, knows_when_and_where, shared_key
from notifications.outbox import already_queued, told_in_order
from partnership_portal.working_days import add_months, uk_date
from partnerships.actors import Actor
from partnerships.models import MembershipRole, Partnership, Person
from partnerships.permissions import Permission, Role
from partnerships.policy import ObservationRule
from partnerships.services.policies import version_in_force

_LATE = timedelta(days=14)
_SHOWN = 3
# For how many months nobody can say yet that a course will be held once more: about a term's programme.
_NOT_PLANNED_YET = 3


@dataclass(frozen=True)
class CourseToObserve:
    """A course with the day it was last observed, who observes it next, and the sessions at which that can be done.

    ``due_by`` is the last day in time, where the policy says every course yearly and it was observed before. ``left``
    are forms of those who observe no more: who have left, or lost the role.
    """

    course: Course
    last_observed_on: date | None
    due_by: date | None
    is_due: bool
    planned: list[Invitation]
    left: list[Invitation]
    sessions: list[Session]


def courses_to_observe(actor: Actor, now: datetime) -> list[CourseToObserve]:
    """Courses with coming sessions, those never or longest not observed first (three queries).

    Where the policy says every course yearly, a course is due when nobody has taken a session of it on and the session
    after the next would be too late: more than twelve months after the last one observed. A session that the actor
    trains is left out; one that somebody observes, too.
    """
    yearly = actor.partnership.policy(now).observation.rule.value is ObservationRule.EVERY_COURSE_YEARLY
    kept = Invitation.objects.filter(partnership=actor.partnership, kind=QuestionnaireKind.OBSERVATION)
    answered = kept.filter(state="answered", session__course=OuterRef("pk")).order_by("-session__starts_at")
    last = Subquery(answered.values("session__starts_at")[:1], output_field=DateTimeField())
    courses = Course.objects.visible_to(actor).published().annotate(last_observed=last)
    planned: dict[int, list[Invitation]] = {}
    left: dict[int, list[Invitation]] = {}
    waiting = kept.filter(state="open", closes_at__gt=now).order_by("session__starts_at")
    observes = Exists(roles_to_observe(OuterRef("respondent")))
    for one in waiting.annotate(observes=observes).select_related("session__venue"):
        (planned if one.observes else left).setdefault(one.session.course_id, []).append(one)
    sessions: dict[int, list[Session]] = {}
    taken = kept.exclude(state="closed").values("session")
    trains = SessionTrainer.objects.filter(session=OuterRef("pk"), person=actor.person)
    coming = Session.objects.visible_to(actor).coming(now).exclude(pk__in=taken)
    for session in coming.annotate(is_trained=Exists(trains)).select_related("venue"):
        sessions.setdefault(session.course_id, []).append(session)
    found = []
    for course in courses:
        last_on = uk_date(course.last_observed) if course.last_observed else None
        due_by = add_months(last_on, 12) if yearly and last_on else None
        next_ones, held = planned.get(course.pk, []), sessions.get(course.pk, [])
        is_due = yearly and not next_ones and (due_by is None or due_by < _session_after_next(held, now))
        # Whoever plans asks somebody else to observe what they train themselves.
        free = [one for one in held if not (one.is_trained and actor.may(Permission.OBSERVE_SESSION))]
        gone = left.get(course.pk, [])
        if is_due or next_ones or gone or free:
            found.append(CourseToObserve(course, last_on, due_by, is_due, next_ones, gone, free[:_SHOWN]))
    return sorted(
        found,
        key=lambda one: (
            not one.is_due,
            bool(one.planned),
            one.last_observed_on or date.min,
            one.course.title,
        ),
    )


def _session_after_next(coming: list[Session], now: datetime) -> date:
    """The day of the session after the next one; where none is planned yet, the first day on which it may be."""
    if len(coming) > 1:
        return uk_date(coming[1].starts_at)
    return add_months(uk_date(coming[0].starts_at if coming else now), _NOT_PLANNED_YET)


def roles_to_observe(person: Person | OuterRef) -> QuerySet[MembershipRole]:
    """The live roles by which somebody is an observer."""
    return MembershipRole.objects.filter(
        membership__person=person, membership__ended_on__isnull=True, role=Role.OBSERVER
    )


def observers(session: Session) -> QuerySet[Person]:
    """Who can be asked to observe a session: every observer but its trainers."""
    people = Person.objects.filter(
        Exists(roles_to_observe(OuterRef("pk"))), partnership=session.partnership_id
    )
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
        .select_related(
            "partnership", "version", "session__course", "session__venue", "respondent", "policy_version"
        )
        .prefetch_related("version__questions", "answers__question", Prefetch("actions", actions))
    )


def what_was_seen(observation: Invitation, *, for_team: bool) -> list[tuple[str, list[dict[str, str]]]]:
    """The form's pages, each with its questions and answers in words; without a question that wasn't asked.

    The team is led from words to where they can be taken out.
    """
    answers = {answer.question.key: answer for answer in observation.answers.all()}
    given = {key: value_of(answer) for key, answer in answers.items()}
    pages: dict[str, list[dict[str, str]]] = {}
    for question in asked(observation.version.questions.all(), given):
        answer = answers.get(question.key)
        row = {"key": question.text, "value": in_words(question, answer) or "Not answered"}
        if for_team and answer is not None and answer.has_words:
            address = reverse("evaluations:redact", args=[observation.partnership.slug, answer.pk])
            row |= {"url": address, "action": "Take words out"}
        pages.setdefault(question.page, []).append(row)
    return list(pages.items())


def sees_observer(actor: Actor, observation: Invitation) -> bool:
    """Tell whether the observer's name stands beside the answers: only for the team and the observer."""
    return actor.may(Permission.MANAGE_SURVEYS) or observation.respondent == actor.person


def observations_to_follow(partnership: Partnership, now: datetime) -> list[Invitation]:
    """Observations still ahead that are to be followed.

    Their observer isn't told yet when or where, or is none any more; their session was cancelled, or begins under
    another version of the policy.
    """
    waiting = list(
        Invitation.objects.filter(partnership=partnership, kind=QuestionnaireKind.OBSERVATION, state="open")
        .filter(Q(session__starts_at__gt=now) | Q(session__status=Session.Status.CANCELLED))
        .annotate(observes=Exists(roles_to_observe(OuterRef("respondent"))))
        .select_related("session")
        .order_by("pk")
    )
    told = told_in_order(partnership, "observation_assigned", [asking_key(one) for one in waiting])
    return [
        one
        for one in waiting
        if one.session.status != Session.Status.PUBLISHED
        or not one.observes
        or one.policy_version_id != version_in_force(partnership, one.session.starts_at).pk
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


def actions_to_remind_of(partnership: Partnership, now: datetime) -> list[ObservationAction]:
    """Actions that are not done though their day has come, of which nobody was told on it yet."""
    due = ObservationAction.objects.filter(partnership=partnership).due(uk_date(now)).order_by("due_on", "pk")
    told = already_queued(partnership, OBSERVATION_ACTION_DUE.purpose, [due_key(one) for one in due])
    return [one for one in due if due_key(one) not in told]
