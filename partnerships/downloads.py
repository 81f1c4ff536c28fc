"""A list as a spreadsheet to download."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from partnership_portal.lists import ListFilter
from partnership_portal.tables import Sheet, xlsx_response
from partnership_portal.working_days import uk_today
from partnerships.services.downloads import record_download


def download_list(
    request: HttpRequest, what: str, sheet: Sheet, chosen: ListFilter | None = None
) -> HttpResponseBase:
    """The sheet as a file named for what it lists, with an entry in the trail of who took it and how much it was."""
    counted = _Counted(sheet.rows)
    name = f"{what}-{request.partnership.slug}-{uk_today():%Y-%m-%d}.xlsx"
    response = xlsx_response(name, [replace(sheet, rows=counted)])
    filtered_by = chosen.in_use if chosen is not None else []
    record_download(actor=request.actor, what=what, rows=counted.number, filtered_by=filtered_by)
    return response


class _Counted:
    """Rows that are counted while they pass."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self.rows, self.number = rows, 0

    def __iter__(self) -> Iterator[Sequence[Any]]:
        for row in self.rows:
            self.number += 1
            yield row
