"""The figures of a report: pure functions of partnership, period and moment, given as JSON that a report keeps."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from compliance.periods import Period
from compliance.queries.activity import Activity, Tally, activity_of, midnight
from compliance.queries.income import non_attendance_income
from compliance.queries.risk import sessions_at_risk
from evaluations.queries import evaluation_summary, impact_summary
from evaluations.queries.own_words import quotations, reported_themes
from evaluations.selections import GROUP_KINDS, Selection
from partnerships.models import Partnership
from partnerships.policy import ReportLine

# As many as a printed page holds.
MOST_QUOTES = 10
# What people wrote is said after the later of these.
OWN_WORDS_FOLLOW = frozenset({ReportLine.EVALUATION, ReportLine.IMPACT})

Figures = dict[str, Any]
Part = Callable[[Partnership, Period, datetime], Figures]


def activity_figures(partnership: Partnership, period: Period, as_of: datetime) -> Figures:
    """What was offered, booked and attended."""
    return {"activity": asdict(activity_of(partnership, period.starts_on, period.ends_on, as_of=as_of))}


def comparison_figures(partnership: Partnership, period: Period, as_of: datetime) -> Figures:
    """The totals of the period before and of the same period a year before."""
    earlier = {"previous": period.previous, "year_before": period.year_before}
    return {
        "comparison": {
            key: {
                "name": one.name,
                "total": asdict(activity_of(partnership, one.starts_on, one.ends_on).total),
            }
            for key, one in earlier.items()
        }
    }


def evaluation_figures(partnership: Partnership, period: Period, as_of: datetime) -> Figures:
    """What learners said at the end of their courses."""
    return {"evaluation": asdict(evaluation_summary(partnership, period.starts_on, period.ends_on))}


def impact_figures(partnership: Partnership, period: Period, as_of: datetime) -> Figures:
    """What learners and their managers said later had changed."""
    return {"impact": asdict(impact_summary(partnership, period.starts_on, period.ends_on))}


def own_words_figures(partnership: Partnership, period: Period, as_of: datetime) -> Figures:
    """What people wrote: themes as they may be said, and the quotes that were marked last, whose session nobody tells.

    Nothing where the report has no part that this belongs to: words are kept only where they are read. Whether the
    quotes may still be used is asked again when the report is published.
    """
    if OWN_WORDS_FOLLOW.isdisjoint(partnership.policy(as_of).reporting.lines):
        return {}
    chosen: Any = Selection(first_day=period.starts_on, last_day=period.ends_on).invitations(partnership)
    asked = chosen.that_count_for_others().filter(kind__in=GROUP_KINDS)
    return {
        "own_words": {
            "themes": [asdict(one) for one in reported_themes(asked)],
            "quotes": [
                {
                    "quote": one.quote,
                    "answer": one.answer,
                    "words": one.words,
                    "speaker": one.speaker,
                    "course": one.course,
                }
                for one in quotations(asked, newest=MOST_QUOTES)
            ],
        }
    }


def risk_figures(partnership: Partnership, period: Period, as_of: datetime) -> Figures:
    """Sessions of the following period that may not be held, as things stand."""
    percent = partnership.policy(as_of).reporting.at_risk_bookings_percent.value
    following = period.following
    start = max(as_of, midnight(following.starts_on))
    coming, at_risk = sessions_at_risk(
        partnership, start, midnight(following.following.starts_on), percent=percent
    )
    return {
        "at_risk": {
            "period": following.name,
            "percent": percent,
            "coming": coming,
            "sessions": [{**asdict(one), "starts_at": one.starts_at.isoformat()} for one in at_risk],
        }
    }


def income_figures(partnership: Partnership, period: Period, as_of: datetime) -> Figures:
    """What organisations owe for not attending the period's sessions."""
    return {
        "income": asdict(non_attendance_income(partnership, period.starts_on, period.ends_on, as_of=as_of))
    }


# What is said while a part is being added up, how far the report then is, and the part.
PARTS: tuple[tuple[str, int, Part], ...] = (
    ("Counting sessions and bookings", 5, activity_figures),
    ("Comparing with earlier periods", 25, comparison_figures),
    ("Adding up evaluations", 45, evaluation_figures),
    ("Adding up what changed in practice", 55, impact_figures),
    ("Sorting what people wrote", 58, own_words_figures),
    ("Adding up charges", 60, income_figures),
    ("Looking for courses at risk", 65, risk_figures),
)


def heading_figures(partnership: Partnership, period: Period, as_of: datetime) -> Figures:
    """What the report is about, and which parts the policy asks for in which order."""
    reporting = partnership.policy(as_of).reporting
    return {
        "period": {
            "name": period.name,
            "words": period.words,
            "starts_on": period.starts_on.isoformat(),
            "ends_on": period.ends_on.isoformat(),
        },
        "as_of": as_of.isoformat(),
        "contents": [line.value for line in reporting.lines],
    }


def activity_from(figures: Figures) -> Activity:
    """Read the counts of a report back from its JSON."""
    kept = figures["activity"]
    return Activity(
        total=Tally(**kept["total"]),
        **{key: [Tally(**one) for one in kept[key]] for key in ("courses", "sectors", "organisations")},
    )
