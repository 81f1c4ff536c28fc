"""Answering a questionnaire: a draft as one goes, then everything at once."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from bookings.models import Booking
from courses.models import Session
from evaluations.answering import Value, gaps
from evaluations.kinds import OF_THOSE_THERE, QuestionnaireKind
from evaluations.links import may_answer, may_type_in
from evaluations.models import Certificate, Invitation
from evaluations.queries.redaction import redacted_in
from evaluations.quoting import agrees_by_itself, is_asked_to_be_quoted
from evaluations.services.certificates import issue_if_due
from evaluations.services.codes import close_code
from evaluations.services.invitations import about_survey
from evaluations.services.kept_answers import forget_what_is_not_asked, keep_answers
from evaluations.services.sharing import share_answers
from notifications.outbox import drop_unsent, queue_message
from partnership_portal.templatetags.portal import uk_date as in_words
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError


class SurveyClosed(DomainError):
    """The time to answer is over."""


class ToldUs(SurveyClosed):
    """Something else was said instead of an answer."""


class AlreadyAnswered(DomainError):
    """The answers were sent before."""


def open_survey(*, actor: Actor, invitation: Invitation) -> None:
    """Note when answering was begun first: at the first press of a button, since scanners open links.

    Locks the invitation. Done twice is done once.
    """
    with transaction.atomic():
        _close_code(actor, invitation)
        _note_opening(actor, _open(actor, invitation))


def save_answers(
    *, actor: Actor, invitation: Invitation, answers: dict[str, Value], is_typing: bool = False
) -> None:
    """Keep answers as a draft, by question key; an empty one takes back what was there.

    What is kept while somebody is typing is not in the trail; that they have left the page is.
    What the team has taken words out of stays as it left it. Refuses numbers out of range and choices that are not
    offered; what is required is checked when sending. Locks the invitation.
    """
    with transaction.atomic():
        _close_code(actor, invitation)
        invitation = _open(actor, invitation)
        _note_opening(actor, invitation)
        redacted = redacted_in(invitation)
        keep_answers(invitation, {key: value for key, value in answers.items() if key not in redacted})
        if not is_typing:
            audit.record(actor, "evaluations.save_answers", invitation, after={"questions": sorted(answers)})


def submit_answers(
    *,
    actor: Actor,
    invitation: Invitation,
    share: bool = False,
    named: str | None = None,
    may_quote: bool = False,
) -> Certificate | None:
    """Send the saved answers, once; gives the certificate if this was the last thing it waited for.

    Sent by the team for somebody they rang, it is marked so, and that person is told. With ``share`` the other of
    learner and line manager may read them, if that is still the one ``named`` (``services.sharing``). With
    ``may_quote`` the team may quote them without a name; only whoever writes them agrees to that.

    Refuses while a required answer is missing. Answers are accepted until the survey closes, however late. Locks the
    booking (of an observation, the session), then the invitation, and for the certificate the year's counter.
    """
    with transaction.atomic():
        booking = None
        if invitation.booking_id is not None:
            booking = Booking.objects.select_for_update(no_key=True).get(pk=invitation.booking_id)
        if invitation.kind == QuestionnaireKind.OBSERVATION:
            # The database looks at who trains it, under its lock, which others take before an invitation.
            Session.objects.select_for_update(no_key=True).get(pk=invitation.session_id)
        _close_code(actor, invitation)
        invitation = _open(actor, invitation)
        forget_what_is_not_asked(invitation)
        if missing := gaps(invitation):
            raise DomainError(f"Answer “{missing[0].text}” before you send the form.")
        now = timezone.now()
        _refuse_observation_beforehand(invitation, now)
        invitation.state = Invitation.State.ANSWERED
        invitation.answered_at = now
        invitation.opened_at = invitation.opened_at or now
        on_behalf = not may_answer(actor, invitation)
        invitation.typed_in_by = actor.person if on_behalf else None
        given = invitation.answers.select_related("question")
        if (
            agrees_by_itself(given)
            if on_behalf
            else may_quote and is_asked_to_be_quoted(invitation.kind, given)
        ):
            invitation.quoting_agreed_at = now
        invitation.save(
            update_fields=["state", "answered_at", "opened_at", "typed_in_by", "quoting_agreed_at"]
        )
        audit.record(
            actor,
            "evaluations.submit_answers",
            invitation,
            before={"state": "open"},
            after={"state": "answered", "kind": invitation.kind, "late": invitation.is_late}
            | ({"on behalf": True} if on_behalf else {})
            | ({"may be quoted": True} if invitation.quoting_agreed_at else {}),
        )
        if booking is not None and invitation.has_moved:
            # Those who prepare the session that they come to read it.
            invitation.session_id = booking.session_id
            invitation.save(update_fields=["session"])
        # What still waits to be sent would ask for what is there.
        drop_unsent(invitation.partnership, about_survey(invitation))
        if on_behalf:
            _tell_what_was_typed_in(invitation)
        if share:
            # The tick beside the answers of an impact survey names what was planned too.
            share_answers(actor=actor, invitation=invitation, named=named, with_plan=True)
        return issue_if_due(actor=actor, booking=booking) if booking is not None else None


def refuse_unless_open(invitation: Invitation, now: datetime) -> None:
    """Refuse answers to a survey that was answered or is over."""
    if invitation.forgotten_at is not None:
        raise SurveyClosed(
            "This survey is closed. What was answered is deleted: we kept it as long as we said."
        )
    if invitation.state == Invitation.State.ANSWERED:
        raise AlreadyAnswered("You have already sent your answers. They cannot be sent again.")
    if invitation.closed_because in {Invitation.Closing.LEFT, Invitation.Closing.NOT_MANAGER}:
        raise ToldUs("We do not ask you about this any more. The partnership team puts our records right.")
    if invitation.closed_because == Invitation.Closing.NO_MANAGER:
        raise SurveyClosed("The line manager has changed, and we know no address of the new one.")
    if invitation.has_lost_place:
        raise SurveyClosed("You have no place on this session any more, so there is nothing to answer.")
    if invitation.is_of_absent:
        is_form = invitation.kind == QuestionnaireKind.LINE_MANAGER
        who = invitation.booking.person if is_form and invitation.booking else "you"
        raise SurveyClosed(
            f"The register does not say that {who} attended this session, so there is nothing to answer. If that is "
            "wrong, tell the partnership team."
        )
    if invitation.is_of_no_trainer:
        raise SurveyClosed(
            "You are not named as a trainer of this session any more, so there is nothing to answer. If that is wrong, "
            "tell the partnership team."
        )
    if invitation.closed_because == Invitation.Closing.GIVEN_BACK:
        raise SurveyClosed("This observation was given back, so there is nothing to fill in.")
    if invitation.state == Invitation.State.CLOSED or invitation.closes_at <= now:
        remedy = " If you still want to answer it, tell us." if invitation.kind in OF_THOSE_THERE else ""
        raise SurveyClosed(f"This survey is closed. The time to answer it is over.{remedy}")


def _open(actor: Actor, invitation: Invitation) -> Invitation:
    invitation = (
        Invitation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("partnership", "version", "respondent", "session__course", "booking")
        .get(pk=invitation.pk)
    )
    if not (may_answer(actor, invitation) or may_type_in(actor, invitation)):
        raise PermissionDenied("This survey is for somebody else.")
    refuse_unless_open(invitation, timezone.now())
    return invitation


def _close_code(actor: Actor, invitation: Invitation) -> None:
    # Before the invitation is locked, in the order of whoever makes a new code.
    if may_type_in(actor, invitation) and not may_answer(actor, invitation):
        close_code(actor=actor, invitation=invitation)


def _note_opening(actor: Actor, invitation: Invitation) -> None:
    if invitation.opened_at is None:
        invitation.opened_at = timezone.now()
        invitation.save(update_fields=["opened_at"])
        audit.record(actor, "evaluations.open_survey", invitation, after={"kind": invitation.kind})


def _tell_what_was_typed_in(invitation: Invitation) -> None:
    by, about = invitation.typed_in_by, invitation.session
    queue_message(
        partnership=invitation.partnership,
        purpose="survey-typed_in",
        subject_key=about_survey(invitation),
        person=invitation.respondent,
        to_name=invitation.respondent_name,
        to_email=invitation.respondent_email,
        values={
            "course": about.course.title,
            "date": in_words(about.starts_at),
            "who": by.name if by else "",
        },
    )


def _refuse_observation_beforehand(invitation: Invitation, now: datetime) -> None:
    if invitation.kind == QuestionnaireKind.OBSERVATION and invitation.session.starts_at > now:
        raise DomainError("You can send this form once the session has begun. What you wrote is saved.")
