"""What a selection of surveys says, added up; for anybody but the team in whole blocks of five (docs/analysis.md)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from evaluations.kinds import QuestionnaireKind
from evaluations.models import DipContact, Invitation
from evaluations.queries.analysis.dip_sample import dip_strands
from evaluations.queries.analysis.figures import Analysis
from evaluations.queries.analysis.groups import groups_by
from evaluations.queries.analysis.pairs import agreement_in, changes_for_others, changes_in, tally_of
from evaluations.queries.analysis.questions import question_figures
from evaluations.queries.analysis.responses import responses_to, silent_by_sector
from evaluations.queries.analysis.trend import PERIODS, period_name, trend_of
from evaluations.queries.blocks import Pair, pairs_of

__all__ = ["PARTS", "Analysis", "Asked", "added_up", "asked_in"]


@dataclass
class Asked:
    """What is added up and for whom, and who was asked."""

    invitations: QuerySet[Invitation]
    for_team: bool
    groupings: tuple[str, ...] = ()
    contacts: QuerySet[DipContact] | None = None
    year_starts_in_month: int = 4


Part = Callable[[Asked], dict[str, Any]]


def _who_answered(asked: Asked) -> dict[str, Any]:
    silent = silent_by_sector(asked.invitations, for_team=asked.for_team)
    return {"responses": responses_to(asked.invitations), "silent": silent}


def _what_was_answered(asked: Asked) -> dict[str, Any]:
    return {"questions": question_figures(asked.invitations, for_team=asked.for_team)}


def _who_said_both(asked: Asked) -> dict[str, Any]:
    pairs = pairs_of(asked.invitations, for_team=asked.for_team)
    if not asked.for_team:
        # What a line manager wrote is nothing that others read, so neither is whether it agrees with the learner.
        return {"changes": changes_for_others(pairs), "agreement": None, "groups": {}, "trend": {}}
    tally = tally_of(pairs, _groupings(asked))
    return {
        "changes": changes_in(tally),
        "agreement": agreement_in(tally),
        "groups": {name: groups_by(asked.invitations, name, tally.groups[name]) for name in asked.groupings},
        "trend": trend_of(
            asked.invitations,
            {period: tally.groups[period] for period in PERIODS},
            year_starts_in_month=asked.year_starts_in_month,
        ),
    }


def _groupings(asked: Asked) -> dict[str, Callable[[Pair], Any]]:
    """By what pairs are grouped: as was asked for, and by month, quarter and year."""

    def period(name: str) -> Callable[[Pair], Any]:
        return lambda pair: period_name(pair.places["month"], name, asked.year_starts_in_month)

    def place(name: str) -> Callable[[Pair], Any]:
        return lambda pair: pair.places[name]

    return {name: place(name) for name in asked.groupings} | {name: period(name) for name in PERIODS}


def _who_was_rung(asked: Asked) -> dict[str, Any]:
    if asked.contacts is None or not asked.for_team:
        return {"dip_sample": []}
    return {"dip_sample": dip_strands(asked.contacts)}


# What is said while a part is being added up, how far the analysis then is, and the part.
PARTS: tuple[tuple[str, int, Part], ...] = (
    ("Counting who has answered", 5, _who_answered),
    ("Adding up the answers", 20, _what_was_answered),
    ("Comparing what the same people said", 50, _who_said_both),
    ("Adding up the dip sample", 90, _who_was_rung),
)


def asked_in(
    invitations: QuerySet[Invitation],
    *,
    for_team: bool,
    groupings: Iterable[str] = (),
    contacts: QuerySet[DipContact] | None = None,
    year_starts_in_month: int = 4,
) -> Asked:
    """The surveys of a selection that count, ready to be added up; groupings and dip sample are for the team.

    Dip-sample interviews are not among the surveys: learners and managers answer one form there, and the rows are only
    those who were reached. They come in by the ``contacts`` who were drawn.
    """
    counting: Any = invitations
    counted = counting.that_count_for(team=for_team).exclude(kind=QuestionnaireKind.DIP_SAMPLE).order_by()
    return Asked(counted, for_team, tuple(groupings), contacts, year_starts_in_month)


def added_up(asked: Asked) -> Analysis:
    """All parts at once."""
    figures: dict[str, Any] = {}
    for _, _, part in PARTS:
        figures |= part(asked)
    return Analysis(**figures)
