"""Writing the next version of a questionnaire: begun, changed, thrown away or published."""

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from evaluations.changes import changes_between
from evaluations.drafts import Draft, faults, with_new_identities
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Questionnaire, QuestionnaireDraft, QuestionnaireVersion
from evaluations.queries.identities import asked_before, taken_keys
from evaluations.versions import draft_of, publish_version
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import Permission, require
from partnerships.services.locks import locked_partnership


class StaleDraft(DomainError):
    """The page showed an older state of the draft."""


def new_questionnaire(
    *, actor: Actor, kind: QuestionnaireKind, title: str, copy_of: Draft | None = None
) -> Questionnaire:
    """Begin a questionnaire, empty or as a copy; it has a draft and is asked of nobody yet."""
    require(actor, Permission.MANAGE_SURVEYS)
    title = title.strip()
    with transaction.atomic():
        partnership = locked_partnership(actor)
        if Questionnaire.objects.filter(partnership=partnership, kind=kind, title=title).exists():
            raise DomainError(
                f"There is already a questionnaire of this kind called “{title}”. Choose another title."
            )
        questionnaire = Questionnaire.objects.create(partnership=partnership, kind=kind, title=title)
        audit.record(
            actor, "evaluations.new_questionnaire", questionnaire, after={"kind": kind, "title": title}
        )
        begin_draft(actor=actor, questionnaire=questionnaire, document=copy_of)
    return questionnaire


def begin_draft(
    *, actor: Actor, questionnaire: Questionnaire, document: Draft | None = None
) -> QuestionnaireDraft:
    """Begin the next version, with the words of the newest one unless others are given; gives the one already begun.

    Locks the partnership's row.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        questionnaire = _locked(actor, questionnaire)
        if begun := QuestionnaireDraft.objects.filter(questionnaire=questionnaire).first():
            return begun
        if document is None:
            latest = questionnaire.versions.first()
            document = draft_of(latest) if latest else Draft()
        draft = QuestionnaireDraft.objects.create(
            partnership=actor.partnership,
            questionnaire=questionnaire,
            document=document.model_dump(mode="json"),
            changed_at=timezone.now(),
            changed_by=actor.person,
        )
        audit.record(actor, "evaluations.begin_draft", questionnaire, after={"draft": draft.pk})
        return draft


def change_draft(
    *, actor: Actor, questionnaire: Questionnaire, document: Draft, revision: int
) -> QuestionnaireDraft:
    """Keep what was written, if nobody has written meanwhile (``StaleDraft``). Locks the partnership's row."""
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        draft = _draft(_locked(actor, questionnaire))
        if draft.revision != revision:
            raise StaleDraft(
                "This questionnaire has changed since you opened the page. Look at it again, then make your change."
            )
        draft.document, draft.revision = document.model_dump(mode="json"), revision + 1
        draft.changed_at, draft.changed_by = timezone.now(), actor.person
        draft.save(update_fields=["document", "revision", "changed_at", "changed_by"])
        audit.record(
            actor, "evaluations.change_draft", draft.questionnaire, after={"revision": draft.revision}
        )
        return draft


def discard_draft(*, actor: Actor, questionnaire: Questionnaire) -> None:
    """Throw away what is being written, and a questionnaire that was never published. Locks the partnership."""
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        questionnaire = _locked(actor, questionnaire)
        begun = QuestionnaireDraft.objects.filter(questionnaire=questionnaire).first()
        if begun is None:
            return
        begun.delete()
        audit.record(actor, "evaluations.discard_draft", questionnaire)
        if not questionnaire.versions.exists():
            questionnaire.delete()


def publish_draft(
    *, actor: Actor, questionnaire: Questionnaire, revision: int, still_the_same: Collection[str]
) -> QuestionnaireVersion:
    """Make what was written the next version, which whoever is asked from now on gets; earlier answers keep theirs.

    ``still_the_same`` are the reworded questions that the team says are minor changes: they keep their identity, and
    so their trend. Other reworded questions, and those whose answers can't be compared, become new ones; so do those of
    a copy, against the words in which its questions were asked elsewhere. Refuses what has faults, and what says
    nothing new. Locks the partnership's row.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        questionnaire = _locked(actor, questionnaire)
        draft = _draft(questionnaire)
        if draft.revision != revision:
            raise StaleDraft(
                "This questionnaire has changed since you opened the page. Look at it again before you publish it."
            )
        document = Draft.model_validate(draft.document)
        if wrong := faults(document):
            raise DomainError(wrong[0].sentence)
        latest = questionnaire.versions.prefetch_related("questions").first()
        before = draft_of(latest) if latest else Draft()
        if document == before:
            raise DomainError("Nothing has changed since the last version, so there is nothing to publish.")
        changes = changes_between(before, document, asked_before(questionnaire, document, before))
        renamed = [
            one.new.key
            for one in changes.reworded
            if one.new.key not in still_the_same or not one.is_comparable
        ]
        document = with_new_identities(document, renamed, taken_keys(questionnaire))
        version = publish_version(questionnaire, document, by=actor.person, now=timezone.now())
        draft.delete()
        audit.record(
            actor,
            "evaluations.publish_questionnaire",
            version,
            after={"number": version.number, "questions": len(document.questions), "new identity": renamed},
        )
        return version


def _locked(actor: Actor, questionnaire: Questionnaire) -> Questionnaire:
    partnership = locked_partnership(actor)
    found = Questionnaire.objects.filter(partnership=partnership, pk=questionnaire.pk).first()
    if found is None:
        raise DomainError("This questionnaire is not there any more.")
    return found


def _draft(questionnaire: Questionnaire) -> QuestionnaireDraft:
    draft = (
        QuestionnaireDraft.objects.filter(questionnaire=questionnaire).select_related("questionnaire").first()
    )
    if draft is None:
        raise DomainError("Nothing is being written here any more: it was published or thrown away.")
    return draft
