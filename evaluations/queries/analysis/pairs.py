"""The same people twice, and learner and manager about the same booking."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import attrgetter
from statistics import fmean
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
class People:
    """People who said both, each once: whoever did so about several sessions, with the means of what they said.

    Two answers of one person are no two people: an interval that takes them for such is too narrow.
    """

    means: Counter[tuple[float, float]] = field(default_factory=Counter)
    pairs: int = 0

    def add(self, said: list[tuple[int, int]]) -> None:
        """Add what one person said, if anything."""
        if len(said) == 1:
            self.means[said[0]] += 1
        elif said:
            before, after = zip(*said, strict=True)
            self.means[fmean(before), fmean(after)] += 1
        self.pairs += len(said)

    @property
    def change(self) -> Change | None:
        """How much they changed."""
        change = change_of(self.means)
        return replace(change, pairs=self.pairs) if change is not None and self.pairs > change.n else change


@dataclass
class GroupTally:
    """What the people of one group said: how relevant the course was, and how confident they were before and after."""

    relevance: Counter[int] = field(default_factory=Counter)
    confidence: People = field(default_factory=People)


@dataclass
class PairTally:
    """Pairs added up while they stream by, a person at a time, so that they are never all in memory."""

    changes: dict[str, People]
    said: Counter[tuple[str, str]]
    groups: dict[str, dict[Any, GroupTally]]


def tally_of(pairs: Iterable[Pair], groupings: Mapping[str, Callable[[Pair], Any]]) -> PairTally:
    """What each person said twice, what learners and managers said, and by group; the pairs come person by person."""
    found = PairTally(
        {name: People() for name in CHANGES}, Counter(), {name: defaultdict(GroupTally) for name in groupings}
    )
    for _, of_person in groupby(pairs, key=attrgetter("person")):
        own = list(of_person)
        for name, people in found.changes.items():
            people.add(_both(own, *CHANGES[name]))
        for pair in own:
            if pair.done and pair.saw_change:
                found.said[pair.done, pair.saw_change] += 1
        for name, group_of in groupings.items():
            in_group: dict[Any, list[Pair]] = defaultdict(list)
            for pair in own:
                in_group[group_of(pair)].append(pair)
            for group, some in in_group.items():
                tally = found.groups[name][group]
                tally.relevance.update(
                    pair.numbers["relevance"] for pair in some if "relevance" in pair.numbers
                )
                tally.confidence.add(_both(some, *CHANGES["after"]))
    return found


def _both(pairs: Iterable[Pair], first: str, second: str) -> list[tuple[int, int]]:
    return [both for pair in pairs if (both := pair.both(first, second)) is not None]


def changes_for_others(pairs: Iterable[Pair]) -> dict[str, Change | None]:
    """How confidence changed, of what may stand behind a mean, as others than the team may know it.

    Of one session each pair is a person. Over several one may be in it more than once, and means by person would cut
    through the blocks: so there is no spread of these (docs/analysis.md).
    """
    every = list(pairs)
    found = {}
    for name, (first, second) in _FOR_OTHERS.items():
        sessions = [one for one in matched_by_session(every, first, second).values() if one]
        change = change_of(sum(sessions, Counter()))
        found[name] = None if change is None else _protected(change, name, of_people=len(sessions) == 1)
    return found


def changes_in(tally: PairTally) -> dict[str, Change | None]:
    """How confidence changed, for each comparison."""
    return {name: people.change for name, people in tally.changes.items()}


def _protected(change: Change, name: str, *, of_people: bool) -> Change:
    """What others than the team may know of it: the same people's answers in one figure each."""
    spread = of_people and change.n >= ENOUGH_FOR_SPREAD
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
