"""Spreadsheets and CSV: UK time, nothing that runs, memory that does not grow."""

import datetime as dt
import io
import tracemalloc

import pytest
from python_calamine import CalamineWorkbook

from partnership_portal.tables import Sheet, csv_lines, sheet_response, write_xlsx

HEADERS = ["Name", "Booked", "Day", "Places", "Came"]
ROWS = [
    ["=HYPERLINK(1)", dt.datetime(2026, 7, 1, 8, 30, tzinfo=dt.UTC), dt.date(2026, 7, 1), 12, True],
    ["Łukasz Ŵyn", None, None, 0, False],
    ["http://example.org", None, None, -3, None],
]


def test_a_workbook_keeps_kinds_and_uk_time():
    stream = io.BytesIO()
    write_xlsx(
        stream, [Sheet("Bookings", HEADERS, ROWS), Sheet("Bookings", ["A"], []), Sheet("a/b*c", ["A"], [])]
    )
    book = CalamineWorkbook.from_filelike(io.BytesIO(stream.getvalue()))
    assert book.sheet_names == ["Bookings", "Bookings 2", "a b c"]
    rows = book.get_sheet_by_name("Bookings").to_python()
    assert rows[0] == HEADERS
    assert rows[1] == ["=HYPERLINK(1)", dt.datetime(2026, 7, 1, 9, 30), dt.date(2026, 7, 1), 12, "Yes"]
    assert rows[2][0] == "Łukasz Ŵyn"
    assert b"<f>" not in stream.getvalue()


def test_csv_never_begins_a_cell_with_a_formula():
    texts = ["=1+1", "+44 20", "-x", "@SUM(A1)", "\tx", "plain"]
    rows = [[text, ROWS[0][1]] for text in texts]
    lines = [line.strip("\r\n") for line in csv_lines(["Text", "Booked"], rows)]
    assert lines[0] == "\ufeffText,Booked"
    assert [line.split(",")[0] for line in lines[1:]] == [
        "'=1+1",
        "'+44 20",
        "'-x",
        "'@SUM(A1)",
        "'\tx",
        "plain",
    ]
    assert lines[1].endswith("01/07/2026 09:30")


@pytest.mark.django_db  # Closing an answer looks at the connection.
@pytest.mark.parametrize(
    ("ending", "start", "rows"), [("xlsx", b"PK", 8_000), ("csv", b"\xef\xbb\xbfName,Booked", 200_000)]
)
def test_memory_does_not_grow_with_the_rows(ending, start, rows):
    def peak(count: int) -> int:
        tracemalloc.start()
        response = sheet_response("x", ending, Sheet("Rows", HEADERS, (ROWS[0] for _ in range(count))))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert response["Content-Disposition"] == f'attachment; filename="x.{ending}"'
        assert next(iter(response)).startswith(start)
        response.close()
        return most

    # Several times what is kept in memory: what comes after that waits on disk.
    assert peak(rows) < peak(1_000) + 5_500_000
