"""Whom reports quote, and whether they still may: before publication by any reason, afterwards until the words go."""

from collections.abc import Iterable
from datetime import date
from itertools import chain
from typing import Any

from compliance.models import Report
from compliance.queries.report import Figures
from evaluations.queries.own_words import quoted_now, still_written
from partnership_portal.working_days import uk_today
from partnerships.errors import DomainError
from partnerships.models import Partnership

Quotes = list[dict[str, Any]]


def shown_figures(report: Report) -> Figures:
    """The figures of a report as they may be shown now (one query where it quotes anybody).

    Refuses a report that is not published and quotes somebody who is not to be quoted like this any more. A published
    one is shown without the quotes that are gone, also before the job has taken them out.
    """
    if report.state != Report.State.PUBLISHED:
        require_quotes(report)
    elif gone := gone_quotes(report):
        return without_quotes(report, gone, uk_today())
    return report.figures or {}


def require_quotes(report: Report, *, hold: bool = False) -> None:
    """Refuse a report with a quote that may not be used any more; where asked, the quotes are held (one query)."""
    if lost_quotes(report, hold=hold):
        raise DomainError(
            "This report quotes somebody who is not to be quoted like this any more. It is being built again: look at "
            "it in a few minutes."
        )


def lost_quotes(report: Report, *, hold: bool = False) -> set[int]:
    """The quotes that may not be used any more in these very words; where asked, the others are held (one query)."""
    quotes = _quotes(report)
    return _lost(quotes, quoted_now(_keys(quotes), hold=hold)) if quotes else set()


def gone_quotes(report: Report) -> set[int]:
    """The quotes whose words were taken out of the answer since, or whose answer was deleted (one query).

    Not those of people who took their consent back: they were told that what is published stays.
    """
    quotes = _quotes(report)
    return _gone(quotes, still_written(map(_said, quotes))) if quotes else set()


def without_quotes(report: Report, gone: set[int], day: date) -> Figures:
    """Its figures without some quotes, and the day of each of them in its place; all else as it was."""
    figures: Any = report.figures
    own = figures["own_words"]
    left = [one for one in own["quotes"] if one["quote"] not in gone]
    days = own.get("taken_out", []) + [day.isoformat()] * (len(own["quotes"]) - len(left))
    return {**figures, "own_words": {**own, "quotes": left, "taken_out": days}}


def reports_to_renew(partnership: Partnership) -> tuple[list[int], list[int]]:
    """Which reports to build again before they are published, and which published ones quote what is gone.

    Three queries, whatever the number of reports; of these the quotes are read and nothing else.
    """
    finished = Report.objects.filter(
        partnership=partnership, state__in=[Report.State.READY, Report.State.PUBLISHED]
    )
    ready, published = dict[int, Quotes](), dict[int, Quotes]()
    rows = finished.order_by("pk").values_list("pk", "state", "figures__own_words__quotes")
    for pk, state, quotes in rows:
        if quotes:
            (published if state == Report.State.PUBLISHED else ready)[pk] = quotes
    now = quoted_now(_keys(chain.from_iterable(ready.values()))) if ready else {}
    written = still_written(map(_said, chain.from_iterable(published.values()))) if published else set()
    return (
        [pk for pk, quotes in ready.items() if _lost(quotes, now)],
        [pk for pk, quotes in published.items() if _gone(quotes, written)],
    )


def _quotes(report: Report) -> Quotes:
    """Whom it quotes; reports without what people wrote quote nobody."""
    found: Quotes = (report.figures or {}).get("own_words", {"quotes": []})["quotes"]
    return found


def _keys(quotes: Iterable[dict[str, Any]]) -> list[int]:
    return [one["quote"] for one in quotes]


def _said(one: dict[str, Any]) -> tuple[int, str]:
    # Of a quote that was printed before its answer was noted nobody can tell whether the words are still there.
    return one.get("answer", 0), one["words"]


def _lost(quotes: Quotes, now: dict[int, str]) -> set[int]:
    return {one["quote"] for one in quotes if now.get(one["quote"]) != one["words"]}


def _gone(quotes: Quotes, written: set[tuple[int, str]]) -> set[int]:
    return {one["quote"] for one in quotes if _said(one) not in written}
