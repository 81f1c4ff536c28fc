"""Taking words out of an answer that must not stay: gone for good, with the reason."""

import re

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from evaluations.answering import REMOVED, one_kind_of_line
from evaluations.models import Answer, Invitation, Quote, Redaction, ThemeTag
from evaluations.services.analysis_files import drop_files
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import Permission, require

_TELLING = 3


def redact_answer(*, actor: Actor, answer: Answer, reason: str, part: str = "") -> None:
    """Take an answer's words out, or a part of them wherever it stands there; the original is kept nowhere.

    The themes that the team gave it, and its mark as a quote, go with the words, and so do files of analyses, which
    may quote them; published reports look whether what they quote still stands here. In a draft that is open again
    afterwards the answer stays as it is. Refuses answers that can still be changed, a part that isn't there, and a
    reason that says what is taken out. Locks the response, then the answer. Done twice is done once.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    if actor.person is None:
        raise PermissionDenied("Only a person can take words out.")
    reason, part = reason.strip(), one_kind_of_line(part.strip())
    with transaction.atomic():
        response = Invitation.objects.select_for_update(no_key=True).get(pk=answer.invitation_id)
        answer = (
            Answer.objects.select_for_update(no_key=True, of=("self",))
            .select_related("question")
            .get(pk=answer.pk)
        )
        if response.state == Invitation.State.OPEN:
            raise DomainError("These answers are not sent yet. Whoever writes them can still change them.")
        if not answer.has_words:
            raise DomainError("There are no words to take out of this answer.")
        text = one_kind_of_line(answer.text)
        if text == REMOVED:
            return
        if part and part not in text:
            raise DomainError("These words do not stand in the answer like this. Copy them from it.")
        _refuse_telling_reason(reason, part or text)
        ThemeTag.objects.filter(answer=answer).delete()
        Quote.objects.filter(answer=answer).delete()
        drop_files(actor.partnership)
        answer.text = text.replace(part, REMOVED) if part else REMOVED
        answer.save(update_fields=["text"])
        redaction = Redaction.objects.create(
            partnership=actor.partnership,
            invitation=response,
            question=answer.question,
            is_whole=not part,
            reason=reason,
            redacted_at=timezone.now(),
            redacted_by=actor.person,
        )
        after = {"answer": answer.pk, "whole": redaction.is_whole}
        audit.record(actor, "evaluations.redact_answer", redaction, after=after)


def _refuse_telling_reason(reason: str, removed: str) -> None:
    """The reason stays, so it must not repeat what goes: not all of it, nor three words of it in a row."""
    if not reason:
        raise DomainError("Say why the words are taken out.")
    said, gone = _words(reason), _words(removed)
    telling = min(_TELLING, len(gone))
    runs = {tuple(gone[start : start + telling]) for start in range(len(gone) - telling + 1)}
    if any(tuple(said[start : start + telling]) in runs for start in range(len(said) - telling + 1)):
        raise DomainError("The reason stays. Say it without the words that are taken out.")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
