"""The portal's own questionnaires, good enough to use on the first day: one file each, read as drafts."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from evaluations.drafts import Draft
from evaluations.kinds import QuestionnaireKind


@dataclass(frozen=True)
class LibraryForm:
    """A questionnaire of the library; the first choice of its kind is asked unless the team chooses another."""

    name: str
    kind: QuestionnaireKind
    title: str
    is_first_choice: bool
    draft: Draft


@lru_cache(maxsize=1)
def library() -> tuple[LibraryForm, ...]:
    """Every questionnaire of the library, by the names of the files."""
    return tuple(_read(path) for path in sorted(Path(__file__).parent.glob("*.toml")))


def _read(path: Path) -> LibraryForm:
    document = tomllib.loads(path.read_text("utf-8"))
    return LibraryForm(
        name=path.stem,
        kind=QuestionnaireKind(document.pop("kind")),
        title=document.pop("title"),
        is_first_choice=document.pop("first_choice", True),
        draft=Draft.model_validate(document),
    )
