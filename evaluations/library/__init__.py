"""The portal's own questionnaires, good enough to use on the first day: one file each, read as drafts."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from evaluations.drafts import Draft
from evaluations.kinds import QuestionnaireKind
from partnerships.policy import Policy


@dataclass(frozen=True)
class LibraryForm:
    """A questionnaire of the library.

    The first choice of its kind is asked unless the partnership's profile or team chooses another; one that is written
    for weeks or for months after the session (``window_unit``) is it only where the policy asks then.
    """

    name: str
    kind: QuestionnaireKind
    title: str
    is_first_choice: bool
    window_unit: str
    draft: Draft

    def suits(self, policy: Policy) -> bool:
        """Tell whether it is the first choice of its kind under this policy."""
        return self.is_first_choice and self.window_unit in ("", policy.impact.window.value.unit)


@lru_cache(maxsize=1)
def library() -> tuple[LibraryForm, ...]:
    """Every questionnaire of the library, by the names of the files."""
    forms = (_read(path) for path in Path(__file__).parent.glob("*.toml"))
    return tuple(sorted(forms, key=lambda form: form.name))


def first_choices(policy: Policy, named: Mapping[str, str]) -> dict[QuestionnaireKind, LibraryForm]:
    """The questionnaire of the library that is asked of each kind: the one that the profile names, or what suits."""
    found = {form.kind: form for form in library() if form.suits(policy)}
    return found | {form.kind: form for form in library() if named.get(form.kind) == form.name}


def _read(path: Path) -> LibraryForm:
    document = tomllib.loads(path.read_text("utf-8"))
    return LibraryForm(
        name=path.stem,
        kind=QuestionnaireKind(document.pop("kind")),
        title=document.pop("title"),
        is_first_choice=document.pop("first_choice", True),
        window_unit=document.pop("window_unit", ""),
        draft=Draft.model_validate(document),
    )
