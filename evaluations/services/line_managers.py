"""Following the learner's line manager: the form goes to whoever it is now, and what is shared ends with the former."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from bookings.models import Booking
from evaluations.models import Answer, Invitation, Sharing
from evaluations.periods import answers_due_at
from evaluations.queries.managers import Contact, forms_astray, line_manager_of, shared_with_former
from evaluations.services.invitations import about_survey, asked_key, send
from evaluations.services.sharing import about_sharing
from notifications.outbox import drop_unsent
from partnership_portal.working_days import uk_date
from partnerships import audit
from partnerships.actors import Actor
from partnerships.permissions import Permission, require
from partnerships.services.policies import policy_of


def follow_line_manager(*, actor: Actor, invitation: Invitation, now: datetime) -> bool:
    """Send the form to whoever is the learner's line manager now, or close it where nobody is; tells whether it did.

    The link of whoever was asked before is dead, and what they had begun to answer is gone. Closed for want of a line
    manager, it is sent as soon as one is recorded. Locks the booking, then the invitation.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        Booking.objects.select_for_update(no_key=True, of=("self",)).filter(invitations=invitation).first()
        invitation = (
            Invitation.objects.select_for_update(no_key=True, of=("self",))
            .select_related("partnership", "policy_version", "session__course", "booking__person")
            .get(pk=invitation.pk)
        )
        # Whoever answered, or was asked by the team, has done so under the same lock.
        if not forms_astray(actor.partnership, now).filter(pk=invitation.pk).exists():
            return False
        before = _standing(invitation)
        contact = line_manager_of(invitation.booking) if invitation.booking else None
        if contact is not None:
            send_to(invitation, contact, now)
        else:
            _take_back(invitation)
            invitation.state = Invitation.State.CLOSED
            invitation.closed_because = Invitation.Closing.NO_MANAGER
            invitation.save()
        audit.record(
            actor, "evaluations.follow_line_manager", invitation, before=before, after=_standing(invitation)
        )
        return True


def stop_sharing_with_former(*, actor: Actor, sharing: Sharing) -> bool:
    """Take back what a learner shares with somebody who is no longer their line manager; tells whether it did.

    They may share it with the new one. Locks the answers, as sharing them does.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        answers = Invitation.objects.select_for_update(no_key=True).get(pk=sharing.invitation_id)
        if not shared_with_former(actor.partnership).filter(pk=sharing.pk).exists():
            return False
        Sharing.objects.filter(pk=sharing.pk).update(withdrawn_at=timezone.now())
        drop_unsent(actor.partnership, about_sharing(sharing))
        audit.record(actor, "evaluations.stop_sharing", answers, after={"sharing": sharing.pk})
        return True


def send_to(invitation: Invitation, contact: Contact, now: datetime) -> None:
    """Put the line manager's form before this one, by a new link, for services that hold its lock.

    What somebody else had begun is gone. Sent again to the same address it is a new link all the same: the page says
    that the old one works no more.
    """
    if contact.email != invitation.respondent_email:
        _take_back(invitation)
    else:
        drop_unsent(invitation.partnership, about_survey(invitation))
        invitation.link_number += 1
    invitation.state, invitation.closed_because = Invitation.State.OPEN, ""
    invitation.last_asked_on = uk_date(now)
    invitation.due_at = answers_due_at(
        invitation.kind,
        policy_of(invitation.policy_version),
        invited_at=now,
        closes_at=invitation.closes_at,
    )
    invitation.respondent, invitation.respondent_name = contact.person, contact.name
    invitation.respondent_email = contact.email
    invitation.save()
    send(
        invitation,
        invitation.policy_version,
        purpose=f"survey-{invitation.kind}",
        about=asked_key(invitation),
    )


def _take_back(invitation: Invitation) -> None:
    """What whoever was asked so far has of it: what waits to be sent, the link, and what they had begun."""
    drop_unsent(invitation.partnership, about_survey(invitation))
    invitation.link_number += 1
    Answer.objects.filter(invitation=invitation).delete()
    invitation.reminders_sent, invitation.opened_at = 0, None


def _standing(invitation: Invitation) -> dict[str, str | int]:
    return {
        "state": invitation.state,
        "closed_because": invitation.closed_because,
        "link_number": invitation.link_number,
    }
