"""What evaluations say about the current period so far and the periods before it, for the sub-group."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from compliance.models import Report
from compliance.periods import Period
from evaluations.queries import evaluation_summary, impact_summary
from evaluations.queries.analysis.dip_sample import dip_rates
from evaluations.queries.analysis.figures import DipStrand, Response
from evaluations.queries.analysis.responses import responses_to
from evaluations.queries.own_words import ReportedThemes, reported_from
from evaluations.queries.summaries import Evaluated, EvaluatedSession, evaluated_sessions, together
from evaluations.selections import GROUP_KINDS, Selection
from partnerships.models import Partnership


@dataclass(frozen=True)
class LiveFigures:
    """The current period so far, and beside it the periods before."""

    period: Period
    report: dict[str, Any]
    themes: list[tuple[Period, list[ReportedThemes]]]
    responses: list[Response]
    dip_sample: list[DipStrand]
    periods: list[tuple[Period, Evaluated]]
    priorities: list[tuple[str, Period, Evaluated]]
    courses: list[tuple[str, Period, Evaluated]]


def live_figures(partnership: Partnership, periods: list[Period]) -> LiveFigures:
    """Add up the first of the periods, and evaluations in all of them; as many queries whatever the size.

    Answers are counted as in the reports (docs/analysis.md), so that neither a later look nor a report gives anybody
    away. What was said in the dip sample is for the team; how many were drawn, reached and interviewed is not.
    """
    current = periods[0]
    start, end = current.starts_on, current.ends_on
    chosen = Selection(first_day=start, last_day=end)
    asked: Any = chosen.invitations(partnership)
    found = evaluated_sessions(partnership, periods[-1].starts_on, end)
    return LiveFigures(
        period=current,
        report={
            "evaluation": asdict(evaluation_summary(partnership, start, end)),
            "impact": asdict(impact_summary(partnership, start, end)),
        },
        themes=_published_themes(partnership, periods),
        responses=responses_to(asked.that_count_for_others().filter(kind__in=GROUP_KINDS).order_by()),
        dip_sample=dip_rates(chosen.contacts(partnership)),
        periods=[(one, together(_in(one, found))) for one in periods],
        priorities=_by(lambda one: one.priority, periods, found),
        # Of all periods it would be a table of a hundred rows.
        courses=_by(lambda one: one.course, [periods[0], periods[-1]], found),
    )


def _published_themes(
    partnership: Partnership, periods: list[Period]
) -> list[tuple[Period, list[ReportedThemes]]]:
    """The themes of whole periods, as the newest published report on each says them, of all courses (one query).

    What an answer is about is the team's to change. Counted anew at each look, a theme that falls below five in a
    session would take its five with it, and tell who comes back that there are four now (docs/analysis.md).
    """
    published = Report.objects.filter(
        partnership=partnership,
        state=Report.State.PUBLISHED,
        starts_on__in=[one.starts_on for one in periods],
    )
    rows = published.order_by("version").values_list("starts_on", "ends_on", "figures__own_words__themes")
    newest = {(starts_on, ends_on): themes or [] for starts_on, ends_on, themes in rows}
    found = [
        (period, reported_from(newest.get((period.starts_on, period.ends_on), []))) for period in periods
    ]
    whole = [(period, [one for one in themes if not one.course]) for period, themes in found]
    return [(period, themes) for period, themes in whole if themes]


def _in(period: Period, found: list[EvaluatedSession]) -> list[EvaluatedSession]:
    return [one for one in found if period.starts_on <= one.ended_on <= period.ends_on]


def _by(
    name: Callable[[EvaluatedSession], str], periods: list[Period], found: list[EvaluatedSession]
) -> list[tuple[str, Period, Evaluated]]:
    """Each name with the periods in which there were sessions; sessions without a name are left out."""
    named: dict[str, list[EvaluatedSession]] = defaultdict(list)
    for one in found:
        if name(one):
            named[name(one)].append(one)
    return [
        (title, period, together(sessions))
        for title, every in sorted(named.items())
        for period in periods
        if (sessions := _in(period, every))
    ]
