"""A list to download, as a spreadsheet or as CSV."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from partnership_portal.tables import Sheet, sheet_response
from partnership_portal.working_days import uk_today
from partnerships.services.downloads import record_download


def download_list(
    request: HttpRequest, what: str, ending: str, *sheets: Sheet, filtered_by: Sequence[str] = ()
) -> HttpResponseBase:
    """A file named for what it lists, with an entry in the trail of who took it and how many rows it was.

    The first sheet is the list; others, which a spreadsheet has besides, say more of the same rows.
    """
    counted = _Counted(sheets[0].rows)
    name = f"{what}-{request.partnership.slug}-{uk_today():%Y-%m-%d}"
    response = sheet_response(name, ending, replace(sheets[0], rows=counted), *sheets[1:])
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
