"""Taking words out of an answer, or of what the team wrote about a concern: gone for good, with the reason."""

import re

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from evaluations.answering import REMOVED, one_kind_of_line
from evaluations.models import (
    Answer,
    Concern,
    ConcernRedaction,
    EarlierOutcome,
    Invitation,
    Quote,
    Redaction,
    ThemeTag,
)
from evaluations.services.analysis_files import drop_files
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import Permission, require

_TELLING = 3
# As the column holds it.
_LONGEST_REASON = 500


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
        left = _without(answer.text, part, reason)
        if left is None:
            return
        ThemeTag.objects.filter(answer=answer).delete()
        Quote.objects.filter(answer=answer).delete()
        drop_files(actor.partnership)
        answer.text = left
        answer.save(update_fields=["text"])
        redaction = Redaction.objects.create(
            partnership=actor.partnership,
            invitation=response,
            question=answer.question,
            is_whole=left == REMOVED,
            reason=reason.strip(),
            redacted_at=timezone.now(),
            redacted_by=actor.person,
        )
        after = {"answer": answer.pk, "whole": redaction.is_whole}
        audit.record(actor, "evaluations.redact_answer", redaction, after=after)


def redact_concern(
    *,
    actor: Actor,
    concern: Concern,
    reason: str,
    part: str = "",
    earlier: EarlierOutcome | None = None,
    text: str = ConcernRedaction.Text.OUTCOME,
) -> None:
    """Take out what the team wrote about a concern, or a part of it wherever it stands there: kept nowhere.

    That is what was done; or, of an ``earlier`` outcome, also why the concern was opened again. Refuses as
    ``redact_answer`` does. Locks the concern, as settling it does. Done twice is done once.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    if actor.person is None:
        raise PermissionDenied("Only a person can take words out.")
    with transaction.atomic():
        concern = Concern.objects.select_for_update(no_key=True).get(pk=concern.pk)
        written: Concern | EarlierOutcome = concern
        if earlier is not None:
            written = concern.earlier_outcomes.get(pk=earlier.pk)
        if not getattr(written, text):
            raise DomainError("There are no words to take out here. The concern may be open again.")
        left = _without(getattr(written, text), part, reason)
        if left is None:
            return
        if text == ConcernRedaction.Text.REASON and len(left) > _LONGEST_REASON:
            raise DomainError("Then it would be too long to keep. Take out more, or the whole text.")
        setattr(written, text, left)
        written.save(update_fields=[text])
        redaction = ConcernRedaction.objects.create(
            partnership=actor.partnership,
            concern=concern,
            earlier=earlier,
            text=text,
            is_whole=left == REMOVED,
            reason=reason.strip(),
            redacted_at=timezone.now(),
            redacted_by=actor.person,
        )
        after = {"concern": concern.pk, "whole": redaction.is_whole}
        audit.record(actor, "evaluations.redact_concern", redaction, after=after)


def _without(text: str, part: str, reason: str) -> str | None:
    """What is left of a text without a part, or without all of it; nothing where the whole is gone already."""
    text, part = one_kind_of_line(text), one_kind_of_line(part.strip())
    if text == REMOVED:
        return None
    if part and part not in text:
        raise DomainError("These words do not stand there like this. Copy them.", "part")
    _refuse_telling_reason(reason.strip(), part or text)
    return text.replace(part, REMOVED) if part else REMOVED


def _refuse_telling_reason(reason: str, removed: str) -> None:
    """The reason stays, so it must not repeat what goes: not all of it, nor three words of it in a row."""
    if not reason:
        raise DomainError("Say why the words are taken out.", "reason")
    said, gone = _words(reason), _words(removed)
    telling = min(_TELLING, len(gone))
    runs = {tuple(gone[start : start + telling]) for start in range(len(gone) - telling + 1)}
    if any(tuple(said[start : start + telling]) in runs for start in range(len(said) - telling + 1)):
        raise DomainError("The reason stays. Say it without the words that are taken out.", "reason")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
