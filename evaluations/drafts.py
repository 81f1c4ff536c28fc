"""A questionnaire as it is being written: pages with questions, what is still wrong with them, and what has changed.

Pure: nothing here touches the database. The portal's library is read in the same shape.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from django.utils.text import slugify
from pydantic import BaseModel, ConfigDict, Field

from evaluations.kinds import ASKED_ABOUT, HAS_ENDS, HAS_OPTIONS, QuestionKind

_NUMBERED = re.compile(r"-\d+$")
KEY = re.compile(r"^[a-z0-9]+([_-][a-z0-9]+)*$")
Words = Annotated[str, Field(min_length=1, max_length=300)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Option(_Part):
    """One choice, or one row of a matrix: its code, by which answers are counted, and its words."""

    value: Annotated[str, Field(min_length=1, max_length=50)]
    label: Annotated[str, Field(min_length=1, max_length=150)]


class Condition(_Part):
    """When a question is asked: if one of these was chosen for an earlier question."""

    key: str
    values: tuple[str, ...]


class FollowUp(_Part):
    """What is asked beside a yes or a no."""

    on: Annotated[str, Field(pattern="^(yes|no)$")]
    text: Words


class DraftQuestion(_Part):
    """A question; ``key`` is its identity across versions. ``ends`` are the words at both ends of a scale."""

    key: Annotated[str, Field(max_length=50, pattern=KEY.pattern)]
    kind: QuestionKind
    text: Words
    hint: Annotated[str, Field(max_length=300)] = ""
    required: bool = True
    options: tuple[Option, ...] = ()
    ends: tuple[str, ...] = ()
    rows: tuple[Option, ...] = ()
    follow_up: FollowUp | None = None
    shown_if: Condition | None = None

    @property
    def codes(self) -> list[str]:
        """What can be chosen, where something can be."""
        return ["yes", "no"] if self.kind is QuestionKind.YES_NO else [one.value for one in self.options]


class DraftPage(_Part):
    """One page of the questionnaire."""

    heading: Annotated[str, Field(min_length=1, max_length=100)]
    questions: tuple[DraftQuestion, ...] = ()


class Draft(_Part):
    """The whole of a questionnaire."""

    introduction: Annotated[str, Field(max_length=1000)] = ""
    pages: tuple[DraftPage, ...] = ()

    @property
    def questions(self) -> list[DraftQuestion]:
        """Every question, in order."""
        return [question for page in self.pages for question in page.questions]

    def question(self, key: str) -> DraftQuestion | None:
        """The question of that identity."""
        return next((one for one in self.questions if one.key == key), None)

    def page_of(self, key: str) -> int:
        """On which page a question stands, from 0."""
        return next(
            number for number, page in enumerate(self.pages) if any(one.key == key for one in page.questions)
        )

    def with_introduction(self, introduction: str) -> "Draft":
        """With another introduction."""
        return Draft(introduction=introduction, pages=self.pages)

    def with_page(self, heading: str) -> "Draft":
        """With one more page at the end."""
        return self._with([*self.pages, DraftPage(heading=heading)])

    def with_heading(self, number: int, heading: str) -> "Draft":
        """With another heading on a page."""
        pages = list(self.pages)
        pages[number] = DraftPage(heading=heading, questions=pages[number].questions)
        return self._with(pages)

    def without_page(self, number: int) -> "Draft":
        """Without a page and its questions."""
        return self._with([page for place, page in enumerate(self.pages) if place != number])

    def with_page_moved(self, number: int, by: int) -> "Draft":
        """With a page one place up (-1) or down (1); at the end it stays."""
        return self._with(_moved(self.pages, number, by))

    def with_question(self, page: int, question: DraftQuestion) -> "Draft":
        """With a question put in place of the one of its identity, on that page, or else at the page's end."""
        old = self.question(question.key)
        if old is not None and self.page_of(question.key) == page:
            return self._on(page, [question if one is old else one for one in self.pages[page].questions])
        rest = self.without_question(question.key) if old is not None else self
        return rest._on(page, [*rest.pages[page].questions, question])

    def without_question(self, key: str) -> "Draft":
        """Without a question."""
        page = self.page_of(key)
        return self._on(page, [one for one in self.pages[page].questions if one.key != key])

    def with_question_moved(self, key: str, by: int) -> "Draft":
        """With a question one place up (-1) or down (1), on to the next page when it stands at the edge of its own."""
        page = self.page_of(key)
        questions = self.pages[page].questions
        place = next(number for number, one in enumerate(questions) if one.key == key)
        if 0 <= place + by < len(questions):
            return self._on(page, _moved(questions, place, by))
        there = page + by
        if not 0 <= there < len(self.pages):
            return self
        rest = self.without_question(key)
        others = rest.pages[there].questions
        return rest._on(there, [*others, questions[place]] if by < 0 else [questions[place], *others])

    def _on(self, page: int, questions: Iterable[DraftQuestion]) -> "Draft":
        pages = list(self.pages)
        pages[page] = DraftPage(heading=pages[page].heading, questions=tuple(questions))
        return self._with(pages)

    def _with(self, pages: Iterable[DraftPage]) -> "Draft":
        return Draft(introduction=self.introduction, pages=tuple(pages))


@dataclass(frozen=True)
class Fault:
    """What keeps a draft from being published, and at which question, if at one."""

    sentence: str
    key: str = ""


def faults(draft: Draft) -> list[Fault]:
    """Everything that must be mended before people can be asked, in the order of the pages."""
    found = [] if draft.pages else [Fault("Add a page with at least one question.")]
    headings = Counter(page.heading for page in draft.pages)
    found += [
        Fault(f"Two pages are called “{heading}”. Give each its own heading.")
        for heading, number in headings.items()
        if number > 1
    ]
    for page in draft.pages:
        if not page.questions:
            found.append(Fault(f"The page “{page.heading}” has no question. Add one, or remove the page."))
        for question in page.questions:
            found += [Fault(sentence, question.key) for sentence in _faults_of(draft, question)]
    return found


def free_key(text: str, taken: Collection[str]) -> str:
    """An identity for a new question, made of its words; never one that another question has or had."""
    stem = slugify(text)[:40].strip("-") or "question"
    if stem not in taken:
        return stem
    number = 2
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"


def is_comparable(old: DraftQuestion, new: DraftQuestion) -> bool:
    """Tell whether answers to both can be put into one series at all: the same kind, and nothing taken away."""
    rows = [one.value for one in new.rows]
    return (
        old.kind == new.kind
        and set(old.codes) <= set(new.codes)
        and {one.value for one in old.rows} <= set(rows)
    )


def is_reworded(old: DraftQuestion, new: DraftQuestion) -> bool:
    """Tell whether somebody must say if it is still the same question."""
    return (old.kind, old.text, old.options, old.ends, old.rows, old.follow_up) != (
        new.kind,
        new.text,
        new.options,
        new.ends,
        new.rows,
        new.follow_up,
    )


def with_new_identities(draft: Draft, keys: Collection[str], taken: Collection[str]) -> Draft:
    """The draft with another identity for each of these questions; conditions follow."""
    new: dict[str, str] = {}
    for key in keys:
        new[key] = free_key(_NUMBERED.sub("", key), {*taken, *new.values()})
    pages = [
        DraftPage(heading=page.heading, questions=tuple(_renamed(one, new) for one in page.questions))
        for page in draft.pages
    ]
    return Draft(introduction=draft.introduction, pages=tuple(pages))


def _renamed(question: DraftQuestion, new: dict[str, str]) -> DraftQuestion:
    changed: dict[str, Any] = {"key": new.get(question.key, question.key)}
    if question.shown_if is not None and question.shown_if.key in new:
        changed["shown_if"] = Condition(key=new[question.shown_if.key], values=question.shown_if.values)
    return question.model_copy(update=changed)


def _faults_of(draft: Draft, question: DraftQuestion) -> Iterable[str]:
    name = f"“{question.text}”"
    if question.kind in HAS_OPTIONS:
        if len(question.options) < 2:
            yield f"{name} needs at least two choices."
        if len({one.label for one in question.options}) < len(question.options):
            yield f"{name} offers the same choice twice."
    if question.kind in HAS_ENDS and len([one for one in question.ends if one]) != 2:
        yield f"{name} needs words for both ends of its scale."
    if question.kind is QuestionKind.MATRIX and not question.rows:
        yield f"{name} needs at least one row."
    if question.shown_if is not None:
        yield from _faults_of_condition(draft, question, question.shown_if)


def _faults_of_condition(draft: Draft, question: DraftQuestion, condition: Condition) -> Iterable[str]:
    name, asked = f"“{question.text}”", draft.question(condition.key)
    if asked is None:
        yield f"{name} depends on a question that is not there any more."
    elif asked.kind not in ASKED_ABOUT:
        yield f"{name} depends on “{asked.text}”, which offers nothing to choose."
    elif draft.page_of(asked.key) >= draft.page_of(question.key):
        # Pages work without JavaScript: what is chosen on a page is known when the next one is made.
        yield f"{name} depends on “{asked.text}”, which must stand on an earlier page."
    elif not condition.values or not set(condition.values) <= set(asked.codes):
        yield f"{name} depends on an answer that “{asked.text}” does not offer."


def _moved(things: Iterable[Any], place: int, by: int) -> list[Any]:
    moved = list(things)
    if 0 <= place + by < len(moved):
        moved.insert(place + by, moved.pop(place))
    return moved
