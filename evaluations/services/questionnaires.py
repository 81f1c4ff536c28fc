"""The questionnaires of a partnership: taking over the portal's library, and the version in use."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from evaluations.kinds import QuestionnaireKind
from evaluations.models import Question, Questionnaire, QuestionnaireVersion
from partnerships import audit
from partnerships.actors import Actor
from partnerships.models import Partnership
from partnerships.permissions import Permission, require

_LIBRARY = Path(__file__).resolve().parent.parent / "library"


def adopt_library(*, actor: Actor) -> list[QuestionnaireVersion]:
    """Take over each questionnaire of the library that the partnership does not have in these words.

    Gives the versions made; none when nothing has changed since. Locks the partnership's row.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        partnership = Partnership.objects.select_for_update(no_key=True).get(pk=actor.partnership.pk)
        return [made for document in _library() if (made := _adopt(actor, partnership, document)) is not None]


def version_in_use(partnership: Partnership, kind: QuestionnaireKind | str) -> QuestionnaireVersion | None:
    """The newest published version of this kind."""
    return (
        QuestionnaireVersion.objects.filter(
            partnership=partnership, questionnaire__kind=kind, published_at__isnull=False
        )
        .order_by("-published_at", "-number")
        .first()
    )


@lru_cache(maxsize=1)
def _library() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads(path.read_text("utf-8")) for path in sorted(_LIBRARY.glob("*.toml")))


def _adopt(actor: Actor, partnership: Partnership, document: dict[str, Any]) -> QuestionnaireVersion | None:
    questionnaire, _ = Questionnaire.objects.get_or_create(
        partnership=partnership, kind=document["kind"], title=document["title"]
    )
    wanted = _questions(document)
    versions = list(questionnaire.versions.prefetch_related("questions"))
    for version in versions:
        if version.introduction == document["introduction"] and _as_written(version) == wanted:
            return None
    version = QuestionnaireVersion.objects.create(
        partnership=partnership,
        questionnaire=questionnaire,
        number=max((version.number for version in versions), default=0) + 1,
        introduction=document["introduction"],
        published_at=timezone.now(),
    )
    Question.objects.bulk_create(
        Question(partnership=partnership, version=version, **question) for question in wanted
    )
    audit.record(
        actor,
        "evaluations.adopt_library",
        version,
        after={"kind": document["kind"], "number": version.number, "questions": len(wanted)},
    )
    return version


def _questions(document: dict[str, Any]) -> list[dict[str, Any]]:
    flat = [(page["heading"], question) for page in document["pages"] for question in page["questions"]]
    return [
        {
            "key": question["key"],
            "page": heading,
            "position": position,
            "kind": question["kind"],
            "text": question["text"],
            "hint": question.get("hint", ""),
            "is_required": question.get("required", True),
            "options": question.get("options", []),
        }
        for position, (heading, question) in enumerate(flat, start=1)
    ]


def _as_written(version: QuestionnaireVersion) -> list[dict[str, Any]]:
    fields = ("key", "page", "position", "kind", "text", "hint", "is_required", "options")
    return [{field: getattr(question, field) for field in fields} for question in version.questions.all()]
