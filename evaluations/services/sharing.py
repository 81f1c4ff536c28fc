"""Sharing what one has answered with one other person, for supervision: agreed to, and taken back."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from evaluations.kinds import QuestionnaireKind
from evaluations.links import may_answer, supervision_link
from evaluations.models import Invitation, Sharing
from evaluations.periods import asks_line_manager
from evaluations.queries.managers import Contact, line_manager_of
from notifications.outbox import queue_message
from partnership_portal.templatetags.portal import uk_date as in_words
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.services.policies import policy_of


class NamedAnother(DomainError):
    """The page named somebody else than the answers would be shared with by now."""


def could_be_shared_with(invitation: Invitation) -> Contact | None:
    """Whom these answers can be shared with: the learner's line manager, or the learner; else nobody (one query).

    What somebody plans is shared only where the line manager is asked about it.
    """
    booking = invitation.booking
    if booking is None:
        return None
    match invitation.kind:
        case QuestionnaireKind.LINE_MANAGER:
            return Contact(booking.person, booking.person.name, booking.person.email)
        case QuestionnaireKind.IMPACT:
            return line_manager_of(booking)
        case QuestionnaireKind.EVALUATION:
            policy = policy_of(invitation.policy_version)
            asks = asks_line_manager(policy, course_asks=invitation.session.course.asks_line_manager)
            return line_manager_of(booking) if asks else None
        case _:
            return None


def share_answers(
    *, actor: Actor, invitation: Invitation, named: str | None = None, with_plan: bool = False
) -> Sharing:
    """Let the other of the two read these answers from now on, and tell them; only whoever wrote them may.

    A line manager is the one whom the membership names now: shared with another before, it is shared with that one no
    longer. ``named`` is the ``Contact.key`` of whom the page named: agreed to for one, it is shared with no other.
    ``with_plan`` shares what the learner had planned as well, by a sharing of its own, so that each is taken back by
    itself. Locks the invitation, then that of the plan. Done twice is done once.
    """
    with transaction.atomic():
        invitation = _own(actor, invitation)
        if invitation.state != Invitation.State.ANSWERED:
            raise DomainError("You can share your answers once you have sent them.")
        other = could_be_shared_with(invitation)
        if other is None:
            raise DomainError(
                "We know no line manager of yours with an email address. Ask the partnership team."
            )
        if named is not None and named != other.key:
            raise NamedAnother(
                f"This would be shared with {other.name} by now. Say whether you agree to that."
            )
        if with_plan and (plan := _plan_of(invitation)) is not None:
            _share(actor, plan, other)
        return _share(actor, invitation, other)


def stop_sharing(*, actor: Actor, invitation: Invitation) -> None:
    """Take it back; only whoever wrote the answers may. Locks the invitation. Done twice is done once."""
    with transaction.atomic():
        invitation = _own(actor, invitation)
        live = _live(invitation)
        if live is None:
            return
        live.withdrawn_at = timezone.now()
        live.save(update_fields=["withdrawn_at"])
        audit.record(actor, "evaluations.stop_sharing", invitation, after={"sharing": live.pk})


def _plan_of(invitation: Invitation) -> Invitation | None:
    """The evaluation in which the learner wrote what they would do; locks it."""
    if invitation.kind != QuestionnaireKind.IMPACT:
        return None
    return (
        Invitation.objects.select_for_update(no_key=True, of=("self",))
        .filter(
            partnership=invitation.partnership,
            booking=invitation.booking,
            kind=QuestionnaireKind.EVALUATION,
            state=Invitation.State.ANSWERED,
            forgotten_at__isnull=True,
        )
        .first()
    )


def _share(actor: Actor, invitation: Invitation, other: Contact) -> Sharing:
    live = _live(invitation)
    if live is not None and (live.with_person, live.with_email) == (other.person, other.email):
        return live
    now = timezone.now()
    if live is not None:
        live.withdrawn_at = now
        live.save(update_fields=["withdrawn_at"])
    sharing = Sharing.objects.create(
        partnership=invitation.partnership,
        invitation=invitation,
        with_person=other.person,
        with_name=other.name,
        with_email=other.email,
        agreed_at=now,
    )
    audit.record(actor, "evaluations.share_answers", invitation, after={"sharing": sharing.pk})
    if invitation.kind != QuestionnaireKind.EVALUATION:
        _tell(invitation, sharing)
    return sharing


def _own(actor: Actor, invitation: Invitation) -> Invitation:
    invitation = (
        Invitation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("partnership", "policy_version", "respondent", "session__course")
        .select_related("booking__person", "booking__partnership")
        .get(pk=invitation.pk)
    )
    if not may_answer(actor, invitation):
        raise PermissionDenied("Only whoever wrote the answers decides who else reads them.")
    return invitation


def _live(invitation: Invitation) -> Sharing | None:
    return (
        Sharing.objects.filter(invitation=invitation, withdrawn_at__isnull=True)
        .select_related("with_person")
        .first()
    )


def about_sharing(sharing: Sharing) -> str:
    """What the message that tells of it is about."""
    return f"sharing:{sharing.pk}"


def _tell(invitation: Invitation, sharing: Sharing) -> None:
    booking = invitation.booking
    if booking is None:
        return
    by_manager = invitation.kind == QuestionnaireKind.LINE_MANAGER
    queue_message(
        partnership=invitation.partnership,
        purpose="survey-shared",
        subject_key=about_sharing(sharing),
        person=sharing.with_person,
        to_name=sharing.with_name,
        to_email=sharing.with_email,
        values={
            "course": invitation.session.course.title,
            "date": in_words(invitation.session.starts_at),
            "who": invitation.respondent_name,
        },
        link=supervision_link(booking, "learner" if by_manager else f"shared-{sharing.pk}"),
    )
