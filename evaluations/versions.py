"""Versions of questionnaires: writing a draft down as one, and reading one as a draft again."""

from datetime import datetime

from evaluations.drafts import Condition, Draft, DraftPage, DraftQuestion, FollowUp, Option
from evaluations.kinds import HAS_ENDS, QuestionKind
from evaluations.models import Question, Questionnaire, QuestionnaireVersion
from partnerships.models import Person


def publish_version(
    questionnaire: Questionnaire,
    draft: Draft,
    *,
    by: Person | None,
    now: datetime,
    from_library: bool = False,
) -> QuestionnaireVersion:
    """Write a draft down as the next version; for services that hold the partnership's lock and write the audit."""
    latest = questionnaire.versions.first()
    version = QuestionnaireVersion.objects.create(
        partnership_id=questionnaire.partnership_id,
        questionnaire=questionnaire,
        number=latest.number + 1 if latest else 1,
        introduction=draft.introduction,
        published_at=now,
        published_by=by,
        from_library=from_library,
    )
    questions = questions_of(draft)
    for question in questions:
        question.partnership_id, question.version = version.partnership_id, version
    Question.objects.bulk_create(questions)
    return version


def questions_of(draft: Draft) -> list[Question]:
    """The questions of a draft as they would be asked, in order; not saved, and of no version yet."""
    places = [(page.heading, question) for page in draft.pages for question in page.questions]
    return [_row(heading, position, question) for position, (heading, question) in enumerate(places, start=1)]


def draft_of(version: QuestionnaireVersion) -> Draft:
    """A version as a draft (one query, or none when its questions are prefetched)."""
    pages: dict[str, list[DraftQuestion]] = {}
    for question in version.questions.all():
        pages.setdefault(question.page, []).append(as_draft(question))
    return Draft(
        introduction=version.introduction,
        pages=tuple(DraftPage(heading=heading, questions=tuple(rows)) for heading, rows in pages.items()),
    )


def as_draft(question: Question) -> DraftQuestion:
    """A question as it would be written in a draft."""
    kind = QuestionKind(question.kind)
    has_ends = kind in HAS_ENDS
    return DraftQuestion(
        key=question.key,
        kind=kind,
        text=question.text,
        hint=question.hint,
        required=question.is_required,
        options=() if has_ends else tuple(Option(**one) for one in question.options),
        ends=tuple(question.options) if has_ends else (),
        rows=tuple(Option(**one) for one in question.rows),
        follow_up=FollowUp(**question.follow_up) if question.follow_up else None,
        shown_if=Condition(**question.shown_if) if question.shown_if else None,
    )


def _row(heading: str, position: int, question: DraftQuestion) -> Question:
    options = list(question.ends) if question.kind in HAS_ENDS else _plain(question.options)
    return Question(
        key=question.key,
        page=heading,
        position=position,
        kind=question.kind.value,
        text=question.text,
        hint=question.hint,
        is_required=question.required,
        options=options,
        rows=_plain(question.rows),
        follow_up=question.follow_up.model_dump() if question.follow_up else None,
        shown_if=question.shown_if.model_dump(mode="json") if question.shown_if else None,
    )


def _plain(options: tuple[Option, ...]) -> list[dict[str, str]]:
    return [one.model_dump() for one in options]
