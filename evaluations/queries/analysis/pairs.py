"""The same people twice, and learner and manager about the same booking."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from evaluations.disclosure import averaged, shown
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.queries.analysis.figures import Agreement
from evaluations.queries.analysis.questions import scale_of
from evaluations.queries.analysis.spread import ENOUGH_FOR_SPREAD, rounded
from evaluations.queries.blocks import Pair, in_blocks
from evaluations.statistics import Change, change_of, share

_K = QuestionnaireKind
_CONFIDENCE = scale_of(QuestionKind.CONFIDENCE)

# The matched comparisons, from one question to the other.
CHANGES = {
    "after": ("confidence_before", "confidence_after"),
    "later": ("confidence_before", "confidence_now"),
    "kept": ("confidence_after", "confidence_now"),
}


@dataclass
class GroupTally:
    """What the people of one group said: how relevant the course was, and how confident they were before and after."""

    relevance: Counter[int] = field(default_factory=Counter)
    confidence: Counter[tuple[int, int]] = field(default_factory=Counter)


@dataclass
class PairTally:
    """Pairs added up while they stream by, so that they are never all in memory."""

    changes: dict[str, Counter[tuple[int, int]]]
    said: Counter[tuple[str, str]]
    groups: dict[str, dict[Any, GroupTally]]


def tally_of(pairs: Iterable[Pair], groupings: Iterable[str] = ()) -> PairTally:
    """How many pairs there are of each kind: of numbers, of what learner and manager said, and by group."""
    changes: dict[str, Counter[tuple[int, int]]] = {name: Counter() for name in CHANGES}
    said: Counter[tuple[str, str]] = Counter()
    groups: dict[str, dict[Any, GroupTally]] = {name: defaultdict(GroupTally) for name in groupings}
    for pair in pairs:
        for name, counted in changes.items():
            if (both := both_said(pair, name)) is not None:
                counted[both] += 1
        if pair.done and pair.saw_change:
            said[pair.done, pair.saw_change] += 1
        for name, places in groups.items():
            group = places[pair.places[name]]
            if "relevance" in pair.numbers:
                group.relevance[pair.numbers["relevance"]] += 1
            if (both := both_said(pair, "after")) is not None:
                group.confidence[both] += 1
    return PairTally(changes, said, groups)


def tally_for_others(pairs: Iterable[Pair], final: set[QuestionnaireKind]) -> PairTally:
    """The same of whole blocks, and of what learner and manager said once nobody can say it any more."""
    every = list(pairs)
    changes = {}
    for name, (first, second) in CHANGES.items():
        matched = in_blocks([one for one in every if both_said(one, name) is not None], first, second)
        said = [(one.session, (one.numbers[first], one.numbers[second])) for one in matched]
        changes[name] = Counter(said[place][1] for place in averaged(said, _CONFIDENCE, _CONFIDENCE))
    both = in_blocks([one for one in every if one.done and one.saw_change], "confidence_now", "manager")
    if not {_K.IMPACT, _K.LINE_MANAGER} <= final:
        both = []
    return PairTally(changes, Counter((one.done, one.saw_change) for one in both), {})


def both_said(pair: Pair, name: str) -> tuple[int, int] | None:
    """Both numbers of one comparison, if the pair has both."""
    first, second = CHANGES[name]
    if first in pair.numbers and second in pair.numbers:
        return pair.numbers[first], pair.numbers[second]
    return None


def changes_in(tally: PairTally, *, for_team: bool) -> dict[str, Change | None]:
    """How confidence changed, for each comparison."""
    found = {}
    for name, counted in tally.changes.items():
        change = change_of(counted)
        found[name] = change if for_team or change is None else _protected(change, name)
    return found


def _protected(change: Change, name: str) -> Change | None:
    """What others than the team may know of it: the same people's answers in one figure each."""
    if name == "kept":
        return None
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


def agreement_in(tally: PairTally, *, for_team: bool) -> Agreement | None:
    """Whether learner and manager say the same; whole or not at all for others than the team."""
    pairs = sum(tally.said.values())
    if not pairs:
        return None
    cells = [0, 0, 0, 0]
    cannot_say = 0
    for (done, saw_change), count in tally.said.items():
        if saw_change == "cannot_say":
            cannot_say += count
        else:
            cells[(done == "not_yet") * 2 + (saw_change == "no")] += count
    if not for_team and None in shown([*cells, cannot_say]):
        return None
    return Agreement(pairs, cannot_say, *cells, share=share(cells[0] + cells[3], sum(cells)))
