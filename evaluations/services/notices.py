"""What people say instead of answering: they have left, or are not the line manager; and how the team settles it."""

from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from bookings.models import Booking
from evaluations.kinds import QuestionnaireKind
from evaluations.links import may_answer, may_type_in
from evaluations.models import Invitation, Notice, Sharing
from evaluations.queries.managers import is_still_manager, line_manager_of, membership_of
from evaluations.services.answers import refuse_unless_open
from evaluations.services.invitations import about_survey, asked_key, send
from evaluations.services.line_managers import send_to
from notifications.outbox import drop_unsent
from partnership_portal.working_days import uk_date
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import Permission, require
from partnerships.services.locks import locked_partnership
from partnerships.services.memberships import change_membership, end_membership

Outcome = Notice.Outcome


def say_left(*, actor: Actor, invitation: Invitation) -> Notice:
    """The learner has left the organisation, as they, their manager or whoever rang them say; closes the survey.

    The learner's other surveys stay open: whoever has left may still want the certificate. Locks the invitation.
    """
    return _say(actor, invitation, Invitation.Closing.LEFT)


def say_not_manager(*, actor: Actor, invitation: Invitation, name: str = "", email: str = "") -> Notice:
    """Whoever was asked is not the learner's line manager, and may say who is; closes the form.

    What the learner has shared with them is shared no longer. Locks the invitation.
    """
    return _say(actor, invitation, Invitation.Closing.NOT_MANAGER, name.strip(), _address(email))


def settle_notice(*, actor: Actor, notice: Notice, outcome: Outcome, now: datetime | None = None) -> Notice:
    """End the membership, ask the same person again, or only note what was said. Locks booking and invitation,
    and before them the partnership where a membership ends.

    Done twice is done once. Another line manager is asked by ``ask_other_manager``.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    now = now or timezone.now()
    with transaction.atomic():
        if outcome is Outcome.ENDED:
            # Ending a membership locks the partnership, which elsewhere comes before any booking.
            locked_partnership(actor)
        invitation = _locked(notice.invitation)
        notice = Notice.objects.select_for_update(no_key=True).get(pk=notice.pk)
        if notice.settled_at is not None:
            return notice
        match outcome:
            case Outcome.ENDED:
                membership = membership_of(invitation.booking) if invitation.booking else None
                if membership is not None:
                    end_membership(actor=actor, membership=membership)
            case Outcome.ASKED_AGAIN if invitation.kind == QuestionnaireKind.DIP_SAMPLE:
                raise DomainError(
                    "Nobody is asked for an interview by email. Ring them again from the call sheet."
                )
            case Outcome.ASKED_AGAIN if _is_for_a_former_manager(invitation):
                raise DomainError(f"{invitation.respondent_name} is not the line manager any more.")
            case Outcome.ASKED_AGAIN:
                _open_again(invitation, now)
                invitation.save(update_fields=["state", "closed_because", "last_asked_on"])
                # What was to ask them first may have been dropped unsent when they said this.
                send(
                    invitation,
                    invitation.policy_version,
                    purpose=f"survey-{invitation.kind}",
                    about=f"{asked_key(invitation)}:again:{notice.pk}",
                )
            case Outcome.OTHER_MANAGER:
                raise DomainError("Give the name and email address of the line manager.")
        return _settle(actor, notice, outcome, now)


def ask_other_manager(
    *, actor: Actor, invitation: Invitation, name: str, email: str, now: datetime | None = None
) -> Invitation:
    """Ask somebody else as the learner's line manager: correct the membership, and send the form to them.

    The link of whoever was asked before is dead, and what they had begun to answer is gone. Locks booking and
    invitation.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    now = now or timezone.now()
    if not (email := _address(email)):
        raise DomainError("Enter the email address of the line manager.")
    with transaction.atomic():
        invitation = _locked(invitation)
        booking = invitation.booking
        if invitation.kind != QuestionnaireKind.LINE_MANAGER or booking is None:
            raise DomainError("Only the line manager’s form can go to another line manager.")
        if invitation.state == Invitation.State.ANSWERED:
            raise DomainError("The form has been answered already.")
        if invitation.has_lapsed:
            raise DomainError(f"The register does not say that {booking.person} attended this session.")
        membership = membership_of(booking)
        if membership is None:
            raise DomainError(f"{booking.person} is no longer with {booking.organisation}.")
        before = invitation.respondent_email
        change_membership(
            actor=actor,
            membership=membership,
            job_role=membership.job_role,
            competency_group=membership.competency_group,
            line_manager_name=name,
            line_manager_email=email,
        )
        asked = line_manager_of(booking)
        if asked is None:
            raise DomainError("This line manager has no email address.")
        if asked.email != before:
            _stop_sharing_with_whoever_was_asked(invitation)
        _open_again(invitation, now)
        send_to(invitation, asked, now)
        audit.record(
            actor,
            "evaluations.ask_other_manager",
            invitation,
            after={"link_number": invitation.link_number, "same_address": asked.email == before},
        )
        for notice in Notice.objects.filter(invitation=invitation, settled_at__isnull=True):
            _settle(actor, notice, Outcome.OTHER_MANAGER, now)
        return invitation


def _say(
    actor: Actor, invitation: Invitation, reason: Invitation.Closing, name: str = "", email: str = ""
) -> Notice:
    now = timezone.now()
    with transaction.atomic():
        invitation = _locked(invitation)
        if not (may_answer(actor, invitation) or may_type_in(actor, invitation)):
            raise PermissionDenied("This survey is for somebody else.")
        said = Notice.objects.filter(invitation=invitation, settled_at__isnull=True).first()
        if said is not None:
            return said
        refuse_unless_open(invitation, now)
        is_form = invitation.kind == QuestionnaireKind.LINE_MANAGER
        is_talk = invitation.kind == QuestionnaireKind.DIP_SAMPLE
        is_else = reason == Invitation.Closing.NOT_MANAGER and not is_form
        if invitation.booking is None or is_talk or is_else:
            raise DomainError("This can’t be said about this survey.")
        notice = Notice.objects.create(
            partnership=invitation.partnership,
            invitation=invitation,
            reason=reason,
            manager_name=name,
            manager_email=email,
            given_at=now,
        )
        invitation.state, invitation.closed_because = Invitation.State.CLOSED, reason
        invitation.save(update_fields=["state", "closed_because"])
        drop_unsent(invitation.partnership, about_survey(invitation))
        if reason == Invitation.Closing.NOT_MANAGER:
            _stop_sharing_with_whoever_was_asked(invitation)
        # Who is said to be the manager stays out of the trail: it can't forget.
        audit.record(
            actor,
            "evaluations.say_instead",
            invitation,
            before={"state": "open"},
            after={"state": "closed", "reason": reason.value},
        )
        return notice


def _open_again(invitation: Invitation, now: datetime) -> None:
    if invitation.closes_at <= now:
        raise DomainError("The time to answer it is over, so nobody can be asked again.")
    invitation.state, invitation.closed_because = Invitation.State.OPEN, ""
    invitation.last_asked_on = uk_date(now)


def _is_for_a_former_manager(invitation: Invitation) -> bool:
    return invitation.kind == QuestionnaireKind.LINE_MANAGER and not is_still_manager(invitation)


def _settle(actor: Actor, notice: Notice, outcome: Outcome, now: datetime) -> Notice:
    notice.settled_at, notice.settled_by, notice.outcome = now, actor.person, outcome
    notice.save(update_fields=["settled_at", "settled_by", "outcome"])
    audit.record(actor, "evaluations.settle_notice", notice, after={"outcome": outcome.value})
    return notice


def _stop_sharing_with_whoever_was_asked(invitation: Invitation) -> None:
    named = Q(with_email=invitation.respondent_email) & ~Q(with_email="")
    if invitation.respondent_id is not None:
        named |= Q(with_person=invitation.respondent_id)
    Sharing.objects.filter(
        named,
        partnership=invitation.partnership_id,
        invitation__booking=invitation.booking_id,
        withdrawn_at__isnull=True,
    ).update(withdrawn_at=timezone.now())


def _locked(invitation: Invitation) -> Invitation:
    if invitation.booking_id is not None:
        Booking.objects.select_for_update(no_key=True, of=("self",)).get(pk=invitation.booking_id)
    return (
        Invitation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("partnership", "policy_version", "respondent", "session__course")
        .select_related("booking__person", "booking__organisation")
        .get(pk=invitation.pk)
    )


def _address(email: str) -> str:
    email = email.strip().lower()
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            raise DomainError("Enter an email address, such as name@example.com.") from error
    return email
