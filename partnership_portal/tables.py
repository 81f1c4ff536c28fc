"""Tables as spreadsheets and CSV, written row by row so that size costs time but no memory."""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseBase
from django.utils import timezone

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A spreadsheet program reads a cell that begins with one of these as a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
LONGEST_TEXT = 32_767
# A fixed moment, so that the same rows give the same file.
CREATED = dt.datetime(2020, 1, 1)  # noqa: DTZ001 (xlsxwriter takes naive times)


@dataclass(frozen=True)
class Sheet:
    """One sheet: a header row and its rows, any iterable; widths in characters, else from the headers."""

    name: str
    headers: Sequence[str]
    rows: Iterable[Sequence[Any]]
    widths: Sequence[int] = ()


@dataclass(frozen=True)
class Column:
    """One column of a list as a spreadsheet: header, field, width in characters, and how a value is written."""

    header: str
    field: str
    width: int
    written: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class ListSheet:
    """What is downloaded of a list: the sheet's name and its columns."""

    name: str
    columns: tuple[Column, ...]

    def of(self, rows: Any) -> Sheet:
        """The rows in their order: a queryset in one query, row by row, no objects; or objects worked out before."""
        return Sheet(
            self.name,
            [column.header for column in self.columns],
            self._written(rows),
            [column.width for column in self.columns],
        )

    def _written(self, rows: Any) -> Iterator[list[Any]]:
        fields = [column.field for column in self.columns]
        if isinstance(rows, QuerySet):
            found = rows.values_list(*fields).iterator(chunk_size=2000)
        else:
            found = ([_value(row, field) for field in fields] for row in rows)
        for values in found:
            yield [
                column.written(value) if column.written else value
                for column, value in zip(self.columns, values, strict=True)
            ]


def _value(row: Any, field: str) -> Any:
    """What a row has under a field's name such as ``venue__name``; nothing where one of its parts is missing."""
    for part in field.split("__"):
        row = None if row is None else getattr(row, part)
    return row


def uk_naive(value: dt.datetime) -> dt.datetime:
    """The UK clock time without its zone, which a spreadsheet can't hold."""
    return timezone.make_naive(value) if timezone.is_aware(value) else value


def _sheet_name(name: str, taken: set[str]) -> str:
    clean = "".join(" " if mark in "[]:*?/\\" else mark for mark in name).strip(" '")[:31] or "Sheet"
    candidate, number = clean, 2
    while candidate.lower() in taken:
        candidate = f"{clean[: 31 - len(str(number)) - 1]} {number}"
        number += 1
    taken.add(candidate.lower())
    return candidate


def _write_cell(sheet: Any, row: int, column: int, value: Any, formats: dict[str, Any]) -> None:
    match value:
        case None | "":
            return
        case bool():
            sheet.write_string(row, column, "Yes" if value else "No")
        case int() | float() | Decimal():
            sheet.write_number(row, column, value)
        case dt.datetime():
            sheet.write_datetime(row, column, uk_naive(value), formats["moment"])
        case dt.date():
            sheet.write_datetime(row, column, value, formats["date"])
        case dt.time():
            sheet.write_datetime(row, column, value, formats["time"])
        case _:
            # write_string never reads a text as a formula or a link.
            sheet.write_string(row, column, str(value)[:LONGEST_TEXT])


def write_xlsx(stream: IO[bytes], sheets: Iterable[Sheet]) -> None:
    """Write a workbook: bold frozen header, dates in UK time, every text a plain text."""
    options = {"constant_memory": True, "default_date_format": "dd/mm/yyyy"}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"created": CREATED})
        formats = {
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "date": book.add_format({"num_format": "dd/mm/yyyy"}),
            "moment": book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
            "time": book.add_format({"num_format": "hh:mm"}),
        }
        taken: set[str] = set()
        for sheet in sheets:
            page = book.add_worksheet(_sheet_name(sheet.name, taken))
            page.freeze_panes(1, 0)
            for column, header in enumerate(sheet.headers):
                width = (
                    sheet.widths[column] if column < len(sheet.widths) else max(12, min(40, len(header) + 4))
                )
                page.set_column(column, column, width)
            for column, header in enumerate(sheet.headers):
                page.write_string(0, column, header, formats["head"])
            for number, row in enumerate(sheet.rows, start=1):
                for column, value in enumerate(row):
                    _write_cell(page, number, column, value, formats)


def csv_cell(value: Any) -> str:
    """A value as CSV text: UK time, and never something a spreadsheet would run."""
    match value:
        case None:
            return ""
        case bool():
            return "Yes" if value else "No"
        case int() | float() | Decimal():
            return str(value)
        case dt.datetime():
            return uk_naive(value).strftime("%d/%m/%Y %H:%M")
        case dt.date():
            return value.strftime("%d/%m/%Y")
        case dt.time():
            return value.strftime("%H:%M")
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class _Line:
    """A file that hands back what is written to it, for the csv module to feed a stream."""

    def write(self, text: str) -> str:
        return text


def csv_lines(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a CSV file, one at a time; begins with the mark that tells Excel it is UTF-8."""
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow([csv_cell(header) for header in headers])  # type: ignore[operator]
    for row in rows:
        yield writer.writerow([csv_cell(value) for value in row])  # type: ignore[misc]


def sheet_response(name: str, ending: str, *sheets: Sheet) -> HttpResponseBase:
    """The sheets as ``xlsx``, or the first as ``csv``, to download; beyond a few megabytes it waits on disk."""
    # Written before it is sent: afterwards no row of the partnership can be read any more. The response closes it.
    file = tempfile.SpooledTemporaryFile(max_size=4 * 1024 * 1024)  # noqa: SIM115
    if ending == "csv":
        # Line by line: only ``write`` looks whether it is time to go to disk.
        for line in csv_lines(sheets[0].headers, sheets[0].rows):
            file.write(line.encode())
    else:
        write_xlsx(file, sheets)
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=f"{name}.{ending}", content_type=CSV if ending == "csv" else XLSX
    )
