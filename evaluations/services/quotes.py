"""Quoting what somebody wrote: marked as usable by the team, agreed to and taken back by whoever wrote it."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from evaluations.links import may_answer
from evaluations.models import Answer, Invitation, Quote
from evaluations.queries.free_texts import free_texts
from evaluations.quoting import may_agree_afterwards, parts_of
from evaluations.services.analysis_files import drop_files
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import Permission, require


def mark_quote(*, actor: Actor, answer: Answer, words: str) -> Quote:
    """Mark an answer as usable without its giver's name, shortened where ``words`` leave out some by “[…]”.

    Refuses answers of people who have not agreed, and words that do not stand in the answer. Marked before, it is
    shortened anew. Locks the response, then the answer, then files that
    quote it as before. Done twice is done once.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    if actor.person is None:
        raise PermissionDenied("Only a person can choose quotes.")
    with transaction.atomic():
        response = Invitation.objects.select_for_update(no_key=True).get(pk=answer.invitation_id)
        if response.quoting_agreed_at is None:
            raise DomainError("Whoever wrote this has not agreed to be quoted.")
        found = free_texts(actor).select_for_update(no_key=True, of=("self",)).filter(pk=answer.pk).first()
        if found is None:
            raise DomainError("There are no words here any more that could be quoted.")
        parts = parts_of(found.text, words)
        quote = Quote.objects.filter(answer=found).first()
        if quote is not None and quote.parts == [list(part) for part in parts]:
            return quote
        if quote is not None:
            # What is left out from now on may stand in them.
            drop_files(actor.partnership)
        quote = quote or Quote(partnership=actor.partnership, answer=found)
        quote.parts, quote.marked_at, quote.marked_by = parts, timezone.now(), actor.person
        quote.save()
        audit.record(actor, "evaluations.mark_quote", quote, after={"answer": found.pk, "parts": len(parts)})
        return quote


def unmark_quote(*, actor: Actor, answer: Answer) -> None:
    """Quote it no more; files of analyses go. Locks the answer, then the files. Done twice is done once."""
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        answer = Answer.objects.select_for_update(no_key=True).get(
            partnership=actor.partnership, pk=answer.pk
        )
        quote = Quote.objects.filter(answer=answer).first()
        if quote is not None:
            audit.record(actor, "evaluations.unmark_quote", quote, before={"answer": answer.pk})
            quote.delete()
            drop_files(actor.partnership)


def agree_to_be_quoted(*, actor: Actor, invitation: Invitation) -> None:
    """Agree afterwards that what was written may be quoted without its giver's name: whoever wrote it, and nobody else.

    Refuses what the team typed in, and what is deleted or taken out by now. Locks the invitation, as whoever takes
    words out, deletes them or chooses quotes does. Done twice is done once.
    """
    with transaction.atomic():
        invitation = (
            Invitation.objects.select_for_update(no_key=True, of=("self",))
            .select_related("partnership", "respondent", "booking")
            .prefetch_related("answers__question")
            .get(pk=invitation.pk)
        )
        if not may_answer(actor, invitation):
            raise PermissionDenied("This survey is somebody else's.")
        if invitation.quoting_agreed_at is not None:
            return
        if not may_agree_afterwards(invitation):
            raise DomainError("There is nothing of yours here that could be quoted.")
        invitation.quoting_agreed_at = timezone.now()
        invitation.save(update_fields=["quoting_agreed_at"])
        audit.record(actor, "evaluations.agree_to_be_quoted", invitation, after={"may be quoted": True})


def stop_quoting(*, actor: Actor, invitation: Invitation) -> None:
    """Take the consent to be quoted back, and with it the team's marks: by whoever wrote the answers, or told the team.

    Files of analyses go with the marks. Locks the invitation, its answers, then the files. Done twice is done once.
    """
    with transaction.atomic():
        invitation = (
            Invitation.objects.select_for_update(no_key=True, of=("self",))
            .select_related("partnership", "respondent")
            .get(pk=invitation.pk)
        )
        if not (may_answer(actor, invitation) or actor.may(Permission.MANAGE_SURVEYS)):
            raise PermissionDenied("This survey is somebody else's.")
        if invitation.quoting_agreed_at is None:
            return
        gone, _ = Quote.objects.filter(answer__invitation=invitation).delete()
        if gone:
            drop_files(actor.partnership)
        invitation.quoting_agreed_at = None
        invitation.save(update_fields=["quoting_agreed_at"])
        audit.record(actor, "evaluations.stop_quoting", invitation, after={"quotes": gone})
