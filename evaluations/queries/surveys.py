"""Surveys that wait for somebody, and how many of a session's surveys were answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from evaluations.answering import REMOVED
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.models import Answer, Invitation
from evaluations.periods import LATE, OPENED
from evaluations.quoting import ASKED
from evaluations.services.invitations import releases_certificate
from partnership_portal.templatetags.portal import uk_date
from partnerships.actors import Actor
from partnerships.models import Partnership
from partnerships.services.policies import policy_of

_TITLES = {
    QuestionnaireKind.PRE_COURSE: "Answer a few questions before {course}",
    QuestionnaireKind.EVALUATION: "Evaluate {course}",
    QuestionnaireKind.IMPACT: "Say what has changed since {course}",
    QuestionnaireKind.LINE_MANAGER: "Answer three questions about {learner} and {course}",
    QuestionnaireKind.TRAINER_FEEDBACK: "Give trainer feedback on {course}",
    QuestionnaireKind.OBSERVATION: "Fill in the observation of {course}",
}


@dataclass(frozen=True)
class ToDo:
    """A survey that waits for somebody's answers."""

    invitation: Invitation
    title: str
    url: str
    closes_at: datetime
    releases_certificate: bool

    @property
    def until(self) -> str:
        """Until when it can be answered, in words."""
        return f"Answer by {uk_date(self.closes_at)}"


def to_do(actor: Actor) -> list[ToDo]:
    """The surveys that the actor is asked to answer and still can, the most urgent first (one query)."""
    if actor.person is None:
        return []
    waiting = (
        Invitation.objects.of(actor)
        .to_answer()
        .filter(closes_at__gt=timezone.now())
        .select_related("session__course", "booking__person", "policy_version")
        .order_by("closes_at", "pk")
    )
    return [_to_do(actor, invitation) for invitation in waiting]


def written_at_length(actor: Actor) -> QuerySet[Invitation]:
    """The actor's own answers that may be quoted without a name, then those that may once the actor agrees to it.

    As ``quoting.may_agree_afterwards`` tells of one.
    """
    own = Invitation.objects.of(actor) if actor.person else Invitation.objects.none()
    words = Answer.objects.filter(invitation=OuterRef("pk")).exclude(text__in=["", REMOVED])
    at_length = words.filter(Q(question__kind=QuestionKind.LONG_TEXT) | Q(question__follow_up__isnull=False))
    could_agree = Q(Exists(at_length), kind__in=ASKED, typed_in_by__isnull=True)
    found = own.filter(
        could_agree | Q(quoting_agreed_at__isnull=False),
        state=Invitation.State.ANSWERED,
        forgotten_at__isnull=True,
    )
    newest = F("quoting_agreed_at").desc(nulls_last=True)
    return found.select_related("session__course").order_by(newest, "-answered_at", "-pk")


def survey_of_link(partnership: Partnership, pk: int) -> Invitation | None:
    """The survey that a signed link names, with all that its pages show."""
    return Invitation.objects.filter(partnership=partnership, pk=pk).for_answering().first()


def forgotten_sessions(invitations: QuerySet[Invitation]) -> int:
    """About how many sessions answers were deleted, kept as long as was promised (one query)."""
    forgotten = invitations.filter(forgotten_at__isnull=False).order_by()
    return forgotten.values("session").distinct().count()


def response_rates(partnership: Partnership) -> QuerySet[Invitation, Any]:
    """Per session and kind: how many were asked, have begun, have answered, did so late, and can still answer."""
    return _rates(partnership, "session_id", "session__starts_at", "session__course__title", "kind")


def course_rates(partnership: Partnership) -> QuerySet[Invitation, Any]:
    """The same per course and kind."""
    return _rates(partnership, "session__course_id", "session__course__title", "kind")


def _rates(partnership: Partnership, *by: str) -> QuerySet[Invitation, Any]:
    return (
        Invitation.objects.filter(partnership=partnership)
        .that_count()
        .order_by()
        .values(*by)
        .annotate(
            invited=Count("pk"),
            opened=Count("pk", filter=OPENED),
            answered=Count("pk", filter=Q(state=Invitation.State.ANSWERED)),
            late=Count("pk", filter=LATE),
            typed_in=Count("pk", filter=Q(typed_in_by__isnull=False)),
            waiting=Count("pk", filter=Q(state=Invitation.State.OPEN)),
        )
    )


def _to_do(actor: Actor, invitation: Invitation) -> ToDo:
    learner = invitation.booking.person.name if invitation.booking else ""
    title = _TITLES[QuestionnaireKind(invitation.kind)]
    release = policy_of(invitation.policy_version).certificate.release.value
    return ToDo(
        invitation=invitation,
        title=title.format(course=invitation.session.course.title, learner=learner),
        url=reverse("evaluations:my_survey", args=[actor.partnership.slug, invitation.pk]),
        closes_at=invitation.closes_at,
        releases_certificate=releases_certificate(invitation, release),
    )
