"""Deleting answers that were kept as long as was promised; how many there were is kept."""

from datetime import datetime

from django.db import transaction

from courses.models import Session
from evaluations.models import (
    Answer,
    Concern,
    Invitation,
    KeptAnalysis,
    Notice,
    Redaction,
    Reopening,
    Sharing,
)
from evaluations.periods import kept_until
from evaluations.services.analysis_files import drop_files
from evaluations.services.invitations import about_survey
from evaluations.services.sharing import about_sharing
from notifications.outbox import delete_about
from partnerships import audit
from partnerships.actors import Actor
from partnerships.permissions import Permission, require


def forget_answers(*, actor: Actor, session: Session, now: datetime) -> int:
    """Delete all answers about a session, sent or not, and what hangs on them, once the first were kept long enough.

    All at once, since figures before and after would differ by those that went alone. Surveys that are still open
    keep theirs until they are closed. The invitations stay and count; certificates need no more. What was written to
    people about these surveys goes with its links, and with the addresses of line managers who have no account. Kept
    analyses of the partnership go too, with their files, also those that are being made: whoever looks has them made
    anew; published reports look whether what they quote is still there. Gives how many were forgotten. Locks the
    session, then its invitations. Done twice is done once.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        session = Session.objects.select_for_update(no_key=True).get(pk=session.pk)
        asked = (
            Invitation.objects.select_for_update(no_key=True, of=("self",))
            .filter(partnership=actor.partnership, session=session)
            .select_related("policy_version", "session")
            .order_by("pk")
        )
        responses = list(asked)
        gone = [
            one.pk for one in responses if one.state != Invitation.State.OPEN and one.forgotten_at is None
        ]
        if not gone or all(kept_until(one) > now for one in responses):
            return 0
        # The database lets go only of what is forgotten, so this comes first.
        Invitation.objects.filter(pk__in=gone).update(forgotten_at=now, respondent_email="")
        Redaction.objects.filter(invitation__in=gone).delete()
        shared = Sharing.objects.filter(invitation__in=gone)
        surveys = (about_survey(one) for one in responses if one.pk in gone)
        delete_about(actor.partnership, [*surveys, *map(about_sharing, shared)])
        shared.delete()
        Notice.objects.filter(invitation__in=gone).delete()
        Reopening.objects.filter(invitation__in=gone).delete()
        Concern.objects.filter(response__in=gone).update(signs=[])
        _, deleted = Answer.objects.filter(invitation__in=gone).delete()
        drop_files(actor.partnership)
        KeptAnalysis.objects.filter(partnership=actor.partnership).delete()
        audit.record(
            actor,
            "evaluations.forget_answers",
            session,
            after={"responses": len(gone), "answers": deleted.get(Answer._meta.label, 0)},
        )
        return len(gone)
