"""Month by month, quarter by quarter, year by year: how the sessions that ended then were evaluated, for the team."""

from collections import defaultdict
from datetime import date
from functools import lru_cache
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMonth

from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation
from evaluations.periods import LATE
from evaluations.queries.analysis.figures import PeriodFigures
from evaluations.queries.analysis.pairs import GroupTally
from evaluations.statistics import mean_of
from partnership_portal.working_days import UK, quarter_name, quarter_of

PERIODS = ("month", "quarter", "year")


def trend_of(
    invitations: QuerySet[Invitation], said: dict[str, dict[Any, GroupTally]], *, year_starts_in_month: int
) -> dict[str, list[PeriodFigures]]:
    """The periods with sessions, the oldest first, by the day on which the session ended by UK clocks (one query)."""
    months = list(
        invitations.filter(kind=QuestionnaireKind.EVALUATION)
        .values(month=TruncMonth("session__ends_at", tzinfo=UK))
        .annotate(
            invited=Count("pk"),
            answered=Count("pk", filter=Q(state=Invitation.State.ANSWERED)),
            late=Count("pk", filter=LATE),
        )
        .order_by("month")
    )
    found: dict[str, list[PeriodFigures]] = {}
    for period in PERIODS:
        together: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for month in months:
            together[period_name(month["month"].date(), period, year_starts_in_month)].append(month)
        found[period] = [
            _period(name, rows, said[period].get(name, GroupTally())) for name, rows in together.items()
        ]
    return found


@lru_cache(maxsize=1000)
def period_name(day: date, period: str, year_starts_in_month: int) -> str:
    """The month, quarter or year of a day, in words: July 2026; Quarter 2, 2026/27; 2026/27."""
    if period == "month":
        return f"{day:%B %Y}"
    name = quarter_name(quarter_of(day, year_starts_in_month)[0], year_starts_in_month)
    return name if period == "quarter" else name.partition(", ")[2]


def _period(name: str, months: list[dict[str, Any]], said: GroupTally) -> PeriodFigures:
    relevance = mean_of(said.relevance)
    return PeriodFigures(
        name=name,
        invited=sum(month["invited"] for month in months),
        answered=sum(month["answered"] for month in months),
        late=sum(month["late"] for month in months),
        relevance=relevance.value if relevance else None,
        change=said.confidence.change,
    )
