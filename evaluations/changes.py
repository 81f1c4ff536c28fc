"""What a draft changes against the last version, for whoever decides about publishing it. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from evaluations.drafts import Draft, DraftQuestion, Option, is_comparable, is_reworded


@dataclass(frozen=True)
class Reworded:
    """A question in other words than before; ``differences`` are pairs of what was and what is, each with a name."""

    old: DraftQuestion
    new: DraftQuestion
    differences: list[tuple[str, str, str]]

    @property
    def is_comparable(self) -> bool:
        """Tell whether the team may say that it is still the same question."""
        return is_comparable(self.old, self.new)


@dataclass(frozen=True)
class Changes:
    """Questions that are new, gone, elsewhere, in other words, or asked under other rules; and the pages' headings."""

    new: list[DraftQuestion]
    removed: list[DraftQuestion]
    moved: list[DraftQuestion]
    reworded: list[Reworded]
    adjusted: list[tuple[DraftQuestion, str]]
    headings: list[str]
    introduction: bool

    def __bool__(self) -> bool:
        return any(
            (
                self.new,
                self.removed,
                self.moved,
                self.reworded,
                self.adjusted,
                self.headings,
                self.introduction,
            )
        )

    @property
    def to_decide(self) -> list[Reworded]:
        """Those of which the team must say whether they are still the same question."""
        return [one for one in self.reworded if one.is_comparable]

    @property
    def ended(self) -> list[str]:
        """The identities that go whatever the team says."""
        return [
            *(one.key for one in self.removed),
            *(one.new.key for one in self.reworded if not one.is_comparable),
        ]


def changes_between(before: Draft, after: Draft, elsewhere: Mapping[str, DraftQuestion]) -> Changes:
    """Everything that publishing the second after the first would change.

    ``elsewhere`` is how questions that the first lacks have been asked under their identity: what is not said in these
    words must be decided about as well, since answers to both are added up.
    """
    common = [(old, one) for one in after.questions if (old := before.question(one.key)) is not None]
    copied = [(old, one) for one in after.questions if (old := elsewhere.get(one.key)) is not None]
    moved = _moved(before, after, {one.key for _, one in common})
    return Changes(
        new=[one for one in after.questions if before.question(one.key) is None],
        removed=[one for one in before.questions if after.question(one.key) is None],
        moved=[one for _, one in common if one.key in moved],
        reworded=[
            Reworded(old, one, _differences(old, one))
            for old, one in (*common, *copied)
            if is_reworded(old, one)
        ],
        adjusted=[(one, said) for old, one in common if (said := _adjusted(old, one))],
        headings=_headings(before, after),
        introduction=before.introduction != after.introduction,
    )


def _moved(before: Draft, after: Draft, common: Collection[str]) -> set[str]:
    """Those in another order among those that stayed, and those that stand on another of the old pages."""
    was = [one.key for one in before.questions if one.key in common]
    now = [one.key for one in after.questions if one.key in common]
    blocks = SequenceMatcher(None, was, now, autojunk=False).get_matching_blocks()
    in_order = {key for block in blocks for key in now[block.b : block.b + block.size]}
    old_headings = {page.heading for page in before.pages}
    elsewhere = {
        key
        for key in common
        if (heading := after.pages[after.page_of(key)].heading) in old_headings
        and heading != before.pages[before.page_of(key)].heading
    }
    return (set(now) - in_order) | elsewhere


def _differences(old: DraftQuestion, new: DraftQuestion) -> list[tuple[str, str, str]]:
    parts = [
        ("Kind", old.kind.label, new.kind.label),
        ("Words", old.text, new.text),
        ("Choices", _listed(old.options), _listed(new.options)),
        ("Ends of the scale", " – ".join(old.ends), " – ".join(new.ends)),
        ("Rows", _listed(old.rows), _listed(new.rows)),
        ("Asked beside it", _beside(old), _beside(new)),
    ]
    return [(name, was or "Nothing", now or "Nothing") for name, was, now in parts if was != now]


def _listed(options: tuple[Option, ...]) -> str:
    return "; ".join(one.label for one in options)


def _beside(question: DraftQuestion) -> str:
    more = question.follow_up
    return f"After {more.on.capitalize()}: {more.text}" if more else ""


def _adjusted(old: DraftQuestion, new: DraftQuestion) -> str:
    said = []
    if old.required != new.required:
        said.append("must be answered now" if new.required else "may be left empty now")
    if old.hint != new.hint:
        said.append("has another hint" if new.hint else "has no hint any more")
    if old.shown_if != new.shown_if:
        said.append("is asked of other people" if new.shown_if else "is asked of everybody now")
    return ", ".join(said)


def _headings(before: Draft, after: Draft) -> list[str]:
    was, now = [page.heading for page in before.pages], [page.heading for page in after.pages]
    said = [f"New page: {one}" for one in now if one not in was]
    said += [f"No longer a page: {one}" for one in was if one not in now]
    stayed = [one for one in was if one in now]
    if not said and stayed != now:
        said.append("The pages stand in another order.")
    return said
