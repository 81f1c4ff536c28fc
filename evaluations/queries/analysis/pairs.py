"""The same people twice, and learner and manager about the same booking."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from evaluations.queries.analysis.figures import Agreement
from evaluations.queries.analysis.spread import ENOUGH_FOR_SPREAD, rounded
from evaluations.queries.blocks import Pair, matched_by_session
from evaluations.statistics import Change, change_of, share

# The matched comparisons, from one question to the other.
CHANGES = {
    "after": ("confidence_before", "confidence_after"),
    "later": ("confidence_before", "confidence_now"),
    "kept": ("confidence_after", "confidence_now"),
}
# Those that others than the team see, of numbers that stay what they are once a pair is counted.
_FOR_OTHERS = {"after": CHANGES["after"], "later": ("confidence_first", "confidence_now")}

# What says that something has changed, and what that it has not; of a choice that the team has added nobody knows.
_HAS_DONE = {"done": True, "partly": True, "not_yet": False}
_WAS_SEEN = {"yes": True, "some": True, "no": False}


@dataclass
class GroupTally:
    """What the people of one group said: how relevant the course was, and how confident they were before and after."""

    relevance: Counter[int] = field(default_factory=Counter)
    confidence: Counter[tuple[int, ...]] = field(default_factory=Counter)


@dataclass
class PairTally:
    """Pairs added up while they stream by, so that they are never all in memory."""

    changes: dict[str, Counter[tuple[int, ...]]]
    said: Counter[tuple[str, str]]
    groups: dict[str, dict[Any, GroupTally]]


def tally_of(pairs: Iterable[Pair], groupings: Iterable[str] = ()) -> PairTally:
    """How many pairs there are of each kind: of numbers, of what learner and manager said, and by group."""
    changes: dict[str, Counter[tuple[int, ...]]] = {name: Counter() for name in CHANGES}
    said: Counter[tuple[str, str]] = Counter()
    groups: dict[str, dict[Any, GroupTally]] = {name: defaultdict(GroupTally) for name in groupings}
    for pair in pairs:
        for name, counted in changes.items():
            if (both := pair.both(*CHANGES[name])) is not None:
                counted[both] += 1
        if pair.done and pair.saw_change:
            said[pair.done, pair.saw_change] += 1
        for name, places in groups.items():
            group = places[pair.places[name]]
            if "relevance" in pair.numbers:
                group.relevance[pair.numbers["relevance"]] += 1
            if (both := pair.both(*CHANGES["after"])) is not None:
                group.confidence[both] += 1
    return PairTally(changes, said, groups)


def changes_for_others(pairs: Iterable[Pair]) -> dict[str, Change | None]:
    """How confidence changed, of what may stand behind a mean, as others than the team may know it."""
    every = list(pairs)
    found = {}
    for name, (first, second) in _FOR_OTHERS.items():
        change = change_of(sum(matched_by_session(every, first, second).values(), Counter()))
        found[name] = None if change is None else _protected(change, name)
    return found


def changes_in(tally: PairTally) -> dict[str, Change | None]:
    """How confidence changed, for each comparison."""
    return {name: change_of(counted) for name, counted in tally.changes.items()}


def _protected(change: Change, name: str) -> Change:
    """What others than the team may know of it: the same people's answers in one figure each."""
    spread = change.n >= ENOUGH_FOR_SPREAD
    change = Change(
        change.n,
        None if change.before is None else round(change.before, 1),
        None if change.after is None else round(change.after, 1),
        round(change.difference, 1),
        rounded(change.interval) if spread else None,
        round(change.effect, 1) if spread and change.effect is not None else None,
        rounded(change.effect_interval) if spread else None,
    )
    # Those who answered later are others than those who answered at once, so their mean before would differ by few.
    return change if name == "after" else replace(change, before=None, after=None)


def agreement_in(tally: PairTally) -> Agreement | None:
    """Whether learner and manager say the same."""
    pairs = sum(tally.said.values())
    if not pairs:
        return None
    cells = [0, 0, 0, 0]
    cannot_say = 0
    for (done, saw_change), count in tally.said.items():
        has_done, was_seen = _HAS_DONE.get(done), _WAS_SEEN.get(saw_change)
        if has_done is None or was_seen is None:
            cannot_say += count
        else:
            cells[(not has_done) * 2 + (not was_seen)] += count
    return Agreement(pairs, cannot_say, *cells, share=share(cells[0] + cells[3], sum(cells)))
