"""Surveys that need the team: somebody said something instead of answering, or can't be reached by email."""

from datetime import datetime

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery

from courses.models import Session
from evaluations.kinds import AFTERWARDS, QuestionnaireKind
from evaluations.models import Invitation, Notice
from notifications.models import Message
from partnerships.actors import Actor
from partnerships.permissions import Permission

# The purposes of the messages that lead to a survey.
ASKING = ("survey-reminder", "survey-opened_again", *(f"survey-{kind}" for kind in QuestionnaireKind))


def notices_to_settle(actor: Actor, now: datetime) -> QuerySet[Notice]:
    """What people said instead of answering, the oldest first; for the team alone."""
    notices = Notice.objects.filter(partnership=actor.partnership, settled_at__isnull=True)
    if not actor.may(Permission.MANAGE_SURVEYS):
        return notices.none()
    return notices.select_related(
        "invitation__booking__person", "invitation__booking__organisation", "invitation__session__course"
    ).order_by("given_at", "pk")


def not_delivered(actor: Actor, now: datetime) -> QuerySet[Invitation]:
    """Open surveys whose message came back from the address that they would be sent to again.

    ``failed_message`` is that message. Once the address is corrected, or the message sent again, it is no longer here.
    """
    failed = (
        Message.objects.filter(
            Q(person=OuterRef("respondent"), to_email=OuterRef("respondent__email"))
            | Q(person__isnull=True, to_email=OuterRef("respondent_email")),
            partnership=actor.partnership,
            state=Message.State.FAILED,
            purpose__in=ASKING,
            created_at__gte=OuterRef("invited_at"),
        )
        .order_by("-pk")
        .values("pk")[:1]
    )
    return (
        Invitation.objects.visible_to(actor)
        .to_answer()
        .filter(closes_at__gt=now)
        .annotate(failed_message=Subquery(failed))
        .filter(failed_message__isnull=False)
        .select_related("respondent", "booking__person", "session__course")
        .order_by("closes_at", "pk")
    )


def sent_to_nobody(actor: Actor, now: datetime) -> QuerySet[Session]:
    """Sessions about which somebody is asked who has no email address, with how many as ``to_ring``.

    Those whose surveys close first come first, by ``closes_at``. The evaluation is among them once the day is over by
    which its answers were asked for: until then the learner has the code from the trainer.
    """
    unknown = Q(respondent__email="") | Q(respondent__isnull=True, respondent_email="")
    has_code = Q(kind=QuestionnaireKind.EVALUATION, due_at__gt=now)
    waiting = (
        Invitation.objects.visible_to(actor)
        .to_answer()
        .filter(unknown, kind__in=AFTERWARDS, closes_at__gt=now)
        .exclude(has_code)
    )
    of_session = waiting.filter(session=OuterRef("pk")).order_by().values("session")
    return (
        Session.objects.filter(partnership=actor.partnership, pk__in=waiting.values("session"))
        .annotate(
            to_ring=Subquery(of_session.annotate(many=Count("pk")).values("many")),
            closes_at=Subquery(of_session.annotate(first=Min("closes_at")).values("first")),
        )
        .select_related("course")
        .only("starts_at", "course__title")
        .order_by("closes_at", "pk")
    )
