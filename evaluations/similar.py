"""Which themes an answer may be about, from the answers most like it; plain arithmetic, without a database."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

NEAREST = 5
# Two answers are alike from this cosine on, and share as many words at least; found by reading what came out.
ALIKE = 0.2
SHARED = 2
MOST = 3


@dataclass(frozen=True)
class Tagged:
    """An answer that the team has tagged: its words, each once, and its themes."""

    stems: frozenset[str]
    themes: frozenset[int]


@dataclass(frozen=True)
class Suggestion:
    """A theme, and how many of how many similar answers have it."""

    theme: int
    has: int
    of: int


def suggestions(
    texts: Mapping[int, Collection[str]], tagged: Sequence[Tagged]
) -> dict[int, list[Suggestion]]:
    """Of each text, by its key, at most three themes that at least half of the answers most like it have.

    Likeness is the cosine of the words, each once and the more weight the fewer answers have it.
    """
    frequency = Counter(stem for one in tagged for stem in one.stems)
    weights = {stem: log(1 + len(tagged) / count) for stem, count in frequency.items()}
    lengths = [_length(one.stems, weights) for one in tagged]
    return {
        key: _of_nearest(_nearest(frozenset(stems), tagged, lengths, weights)) for key, stems in texts.items()
    }


def _nearest(
    stems: frozenset[str], tagged: Sequence[Tagged], lengths: Sequence[float], weights: Mapping[str, float]
) -> list[tuple[float, Tagged]]:
    own = _length(stems, weights)
    found = []
    for one, length in zip(tagged, lengths, strict=True):
        shared = stems & one.stems
        if len(shared) >= SHARED:
            likeness = sum(weights[stem] ** 2 for stem in shared) / (own * length)
            if likeness >= ALIKE:
                found.append((likeness, one))
    return sorted(found, key=lambda pair: -pair[0])[:NEAREST]


def _of_nearest(nearest: Sequence[tuple[float, Tagged]]) -> list[Suggestion]:
    whole = sum(likeness for likeness, _ in nearest)
    scores: Counter[int] = Counter()
    has: Counter[int] = Counter()
    for likeness, one in nearest:
        for theme in one.themes:
            scores[theme] += likeness  # type: ignore[assignment]
            has[theme] += 1
    likely = [theme for theme, score in scores.most_common() if score * 2 >= whole]
    return [Suggestion(theme, has[theme], len(nearest)) for theme in likely[:MOST]]


def _length(stems: Collection[str], weights: Mapping[str, float]) -> float:
    return sqrt(sum(weights.get(stem, 0.0) ** 2 for stem in stems))
