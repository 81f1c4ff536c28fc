"""Opening a survey again for somebody who was there and missed the time, so that no certificate or account is lost."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from bookings.models import Booking
from bookings.states import BookingState
from courses.models import Session
from evaluations.kinds import OF_THOSE_THERE, QuestionnaireKind
from evaluations.models import Invitation, Reopening
from evaluations.periods import LONGEST_OPEN_AGAIN, kept_until, last_minute_of
from evaluations.queries.managers import is_still_manager
from evaluations.services.invitations import about_survey, send
from notifications.outbox import drop_unsent
from partnership_portal.templatetags.portal import uk_date as in_words
from partnership_portal.templatetags.portal import uk_datetime
from partnership_portal.working_days import uk_date
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import Permission, require


def open_again(
    *, actor: Actor, invitation: Invitation, until: date, reason: str, now: datetime | None = None
) -> Invitation:
    """Accept answers until the end of a day, and write to whoever was asked, with the link.

    By when they were asked for stays as it was, so that what comes now is late. Refuses what
    ``refuse_to_open_again`` refuses, and a day that is over, too far off, or after the answers are deleted. Locks the
    booking (of an observer or a trainer, the session), then the invitation. Done twice is done once.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    assert actor.person is not None  # noqa: S101 - for the types: who manages surveys is somebody
    now = now or timezone.now()
    if not (reason := reason.strip()):
        raise DomainError("Enter why it is opened again.")
    closes_at = last_minute_of(until)
    with transaction.atomic():
        invitation = _locked(actor, invitation)
        if _is_open(invitation, now) and invitation.closes_at == closes_at:
            return invitation
        refuse_to_open_again(invitation, now)
        _refuse_day(invitation, closes_at, now)
        before = _standing(invitation)
        drop_unsent(invitation.partnership, about_survey(invitation))
        invitation.due_at = invitation.due_at or invitation.closes_at
        invitation.state, invitation.closed_because = Invitation.State.OPEN, ""
        invitation.closes_at, invitation.last_asked_on = closes_at, uk_date(now)
        invitation.save(update_fields=["due_at", "state", "closed_because", "closes_at", "last_asked_on"])
        reopening = Reopening.objects.create(
            partnership=invitation.partnership,
            invitation=invitation,
            opened_at=now,
            opened_by=actor.person,
            closes_at=closes_at,
            reason=reason,
        )
        send(
            invitation,
            invitation.policy_version,
            purpose="survey-opened_again",
            about=f"{about_survey(invitation)}:opened:{reopening.pk}",
        )
        # Why somebody was away may be about their health, and the trail can't forget.
        audit.record(actor, "evaluations.open_again", invitation, before=before, after=_standing(invitation))
        return invitation


def refuse_to_open_again(invitation: Invitation, now: datetime) -> None:
    """Refuse what nobody may answer again, whatever the day."""
    booking = invitation.booking
    if invitation.kind not in OF_THOSE_THERE:
        raise DomainError("Only what is asked after a session of those who were there can be opened again.")
    if invitation.forgotten_at is not None or last_day_to_open_again(invitation, now) < uk_date(now):
        raise DomainError("Answers about this session are kept no longer, as we said. So it stays closed.")
    if invitation.state == Invitation.State.ANSWERED:
        raise DomainError("It has been answered already.")
    if booking is not None and booking.state != BookingState.ATTENDED:
        raise DomainError(
            f"The register does not say that {booking.person} attended this session. Put the register right first."
        )
    if invitation.is_of_no_trainer:
        raise DomainError(f"{invitation.respondent_name} is not a trainer of this session any more.")
    if invitation.kind == QuestionnaireKind.OBSERVATION:
        _refuse_observer(invitation)
    if _is_open(invitation, now):
        raise DomainError(f"It is open until {uk_datetime(invitation.closes_at)}.")
    if invitation.closed_because == Invitation.Closing.NOT_MANAGER:
        raise DomainError(f"{invitation.respondent_name} is not the line manager, so the form stays closed.")
    if invitation.closed_because == Invitation.Closing.NO_MANAGER:
        raise DomainError(
            "Record the line manager with an email address: then the form goes there by itself."
            if now < invitation.closes_at
            else "No line manager was recorded in time, so the form stays closed."
        )
    if invitation.kind == QuestionnaireKind.LINE_MANAGER and not is_still_manager(invitation):
        raise DomainError(f"{invitation.respondent_name} is not the line manager any more.")
    if invitation.notices.filter(settled_at__isnull=True).exists():
        raise DomainError("First settle what was said instead of answering.")


def _refuse_observer(observation: Invitation) -> None:
    """What the database refuses too: a trainer of the session, and a second observer."""
    session, observer = observation.session, observation.respondent_name
    if observation.closed_because == Invitation.Closing.GIVEN_BACK:
        raise DomainError(f"{observer} has given it back, or it was taken back.")
    if session.trainer_links.filter(person=observation.respondent_id).exists():
        raise DomainError(f"{observer} trains this session, so somebody else must observe it.")
    others = session.invitations.filter(kind=observation.kind).exclude(state=Invitation.State.CLOSED)
    if others.exclude(pk=observation.pk).exists():
        raise DomainError("Somebody else observes this session by now.")


def last_day_to_open_again(invitation: Invitation, now: datetime) -> date:
    """The last day until which it may be opened again now."""
    # On the day on which answers are deleted nobody is asked for more.
    return min(uk_date(now + LONGEST_OPEN_AGAIN), uk_date(kept_until(invitation)) - timedelta(days=1))


def _refuse_day(invitation: Invitation, closes_at: datetime, now: datetime) -> None:
    if closes_at <= now:
        raise DomainError("Choose today or a later day.", "until")
    last = last_minute_of(last_day_to_open_again(invitation, now))
    if closes_at > last:
        raise DomainError(f"Choose a day until {in_words(last)}.", "until")


def _is_open(invitation: Invitation, now: datetime) -> bool:
    return invitation.state == Invitation.State.OPEN and invitation.closes_at > now


def _standing(invitation: Invitation) -> dict[str, str]:
    return {
        "state": invitation.state,
        "closed_because": invitation.closed_because,
        "closes_at": invitation.closes_at.isoformat(),
    }


def _locked(actor: Actor, invitation: Invitation) -> Invitation:
    # The register changes the booking, and whoever plans the trainers and the observer, under the same lock.
    if invitation.booking_id is None:
        Session.objects.select_for_update(no_key=True).get(pk=invitation.session_id)
    Booking.objects.select_for_update(no_key=True, of=("self",)).filter(invitations=invitation).first()
    return (
        Invitation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("partnership", "policy_version", "respondent", "session__course", "booking__person")
        .get(partnership=actor.partnership, pk=invitation.pk)
    )
