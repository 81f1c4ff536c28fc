"""The identities of questions, which all questionnaires of a kind share: which are taken, and how each was asked."""

from evaluations.drafts import Draft, DraftQuestion, is_comparable, is_reworded
from evaluations.followed import FOLLOWED
from evaluations.kinds import QuestionnaireKind
from evaluations.library import library
from evaluations.models import Question, Questionnaire, QuestionnaireDraft
from evaluations.versions import as_draft


def taken_keys(questionnaire: Questionnaire) -> set[str]:
    """Every identity that a question of this kind of questionnaire has, had, or that is kept for one (two queries).

    Answers are added up by kind and identity whatever the questionnaire is called, so that of a copy, of one that is
    being written, of the library's and of what reports follow are all taken.
    """
    of_kind = Questionnaire.objects.filter(
        partnership=questionnaire.partnership_id, kind=questionnaire.kind
    ).order_by()
    asked = Question.objects.filter(version__questionnaire__in=of_kind).order_by()
    written = QuestionnaireDraft.objects.filter(questionnaire__in=of_kind)
    documents = [Draft.model_validate(one) for one in written.values_list("document", flat=True)]
    return {
        *asked.values_list("key", flat=True).distinct(),
        *(one.key for document in documents for one in document.questions),
        *(one.key for one in _of_library(questionnaire)),
        *FOLLOWED.get(QuestionnaireKind(questionnaire.kind), {}),
    }


def asked_before(questionnaire: Questionnaire, document: Draft, latest: Draft) -> dict[str, DraftQuestion]:
    """How the questions that were not in the latest version have been asked under their identity (one query).

    They came with a copy or from the library, or were asked in an earlier version. Each is given in the words that it
    has in the document if it was ever asked in these; else in the newest of which nothing is missing, or its newest.
    """
    new = {one.key: one for one in document.questions if latest.question(one.key) is None}
    asked = Question.objects.filter(
        partnership=questionnaire.partnership_id,
        version__questionnaire__kind=questionnaire.kind,
        key__in=new,
    ).order_by("version__published_at", "version_id")
    found: dict[str, DraftQuestion] = {}
    for one in (*_of_library(questionnaire), *map(as_draft, asked)):
        now, known = new.get(one.key), found.get(one.key)
        # Answered in another way it has another identity already.
        if now is not None and one.kind is now.kind and (known is None or _is_nearer(one, known, now)):
            found[one.key] = one
    return found


def _is_nearer(one: DraftQuestion, known: DraftQuestion, now: DraftQuestion) -> bool:
    """Tell whether to compare with this wording rather than with the earlier one that is known.

    Not if another questionnaire of the kind has come to offer more than this one, which took nothing away.
    """
    return is_reworded(known, now) and (is_comparable(one, now) or not is_comparable(known, now))


def _of_library(questionnaire: Questionnaire) -> list[DraftQuestion]:
    return [one for form in library() if form.kind == questionnaire.kind for one in form.draft.questions]
