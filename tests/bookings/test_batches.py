"""A month goes to finance once, whatever is killed or repeated, and what it said never changes."""

import re
import zipfile
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from bookings.models import Batch, Booking, Charge, Statement
from bookings.services import batches as service
from bookings.services.batches import close_month, draw_again, draw_statements, requeue_stuck_batches
from bookings.services.waivers import waive_charge
from partnership_portal.working_days import uk_date, uk_today
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.services.builds import MOST_ATTEMPTS
from partnerships.tenancy import acting_in
from tests.bookings.charging import booked, close_last_month, last_month, let_charge, settle
from tests.factories import actor_for, job, make_course, make_organisation, make_person, make_session


class Killed(BaseException):
    """The worker dies here."""


@pytest.fixture
def team(partnership):
    return actor_for(make_person(partnership, Role.TEAM))


@pytest.fixture
def owing(partnership):
    """Two organisations that owe for a place and a non-attendance each, and one more for a cancellation."""
    let_charge(partnership)
    course = make_course(partnership, title="Neglect", hours=6)
    session = make_session(partnership, course=course, starts_at=last_month() - timedelta(days=2))
    organisations = []
    for name in ("Zebra School", "Aspen Trust"):
        organisation = make_organisation(
            partnership, name=name, charging_class="payer", purchase_order="PO-1"
        )
        organisations.append(organisation)
        booked(session, "attended", organisation)
        booked(session, "did_not_attend", organisation)
    booked(session, "cancelled", organisations[0], was_late_cancellation=True)
    settle(partnership, last_month())
    return organisations


def drawn(team) -> Batch:
    batch = close_last_month(team)
    draw_statements(actor=job(team.partnership), batch_id=batch.pk)
    batch.refresh_from_db()
    return batch


def test_a_closed_month_has_every_open_charge_in_frozen_lines(partnership, team, owing) -> None:
    waived = Charge.objects.filter(organisation=owing[1], kind="place").get()
    waive_charge(actor=team, charge=waived, reason="Ill")
    batch = close_last_month(team)
    assert [(line["organisation_name"], line["pence"]) for line in batch.lines] == [
        ("Aspen Trust", 5000),
        ("Zebra School", 6000),
        ("Zebra School", 5000),
        ("Zebra School", 2000),
    ]
    assert batch.pence == 18000
    assert set(Charge.objects.exclude(pk=waived.pk).values_list("state", "batch")) == {("batched", batch.pk)}
    owing[0].name = "Renamed School"
    owing[0].save()
    batch.refresh_from_db()
    assert "Renamed School" not in str(batch.lines)
    for change in ({"lines": []}, {"pence": 1}, {"month": date(2020, 1, 1)}):
        with pytest.raises(ProgrammingError), transaction.atomic():
            Batch.objects.update(**change)


def test_closing_twice_makes_no_second_batch(partnership, team, owing) -> None:
    assert close_last_month(team) == close_last_month(team)
    assert Batch.objects.count() == 1
    assert AuditEntry.objects.filter(action="bookings.close_month").count() == 1


def test_what_is_raised_after_closing_goes_into_the_next_batch_and_nothing_is_in_two(
    partnership, team, owing
) -> None:
    first = close_last_month(team)
    booking = Booking.objects.filter(state="did_not_attend").first()
    Booking.objects.filter(pk=booking.pk).update(state="attended")
    settle(partnership, last_month() + timedelta(days=40))
    assert not Charge.objects.filter(batch=first, pence__lt=0).exists()
    month = uk_today().replace(day=1)
    with pytest.raises(DomainError, match="when it is over"):
        close_month(actor=team, month=month)
    inside = [charge for batch in Batch.objects.all() for charge in batch.lines]
    assert len(inside) == len({line["charge"] for line in inside}) == 5


def test_an_empty_month_is_not_closed(partnership, team) -> None:
    with pytest.raises(DomainError, match="nothing to send"):
        close_last_month(team)


def test_the_statements_are_drawn_one_for_each_organisation_and_put_into_one_archive(
    partnership, team, owing
) -> None:
    batch = drawn(team)
    assert (batch.state, batch.progress) == ("ready", 100)
    assert Statement.objects.count() == 2
    with default_storage.open(batch.archive) as file, zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        assert len(names) == 2
        text = {name: PdfReader(BytesIO(archive.read(name))).pages[0].extract_text() for name in names}
    ours = next(words for name, words in text.items() if "zebra" in name)
    for part in ("Zebra School", "£130", "£60", "PO-1", "Everybody else pays.", "§3", "Neglect"):
        assert part in ours, part
    assert "Aspen" not in ours


def test_the_statement_is_tagged_for_screen_readers_and_always_the_same(partnership, team, owing) -> None:
    from bookings.charges.documents import statement_pdf
    from bookings.charges.lines import lines_by_organisation

    batch = close_last_month(team)
    _, lines = lines_by_organisation(batch.lines)[0]
    pdf = statement_pdf(batch, lines)
    assert pdf == statement_pdf(batch, lines)
    root = PdfReader(BytesIO(pdf)).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] is True or root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == "en-GB"


@pytest.mark.parametrize("dies_at", [1, 2])
def test_a_killed_job_goes_on_where_it_was(partnership, team, owing, monkeypatch, dies_at) -> None:
    batch = close_last_month(team)
    really, count = service.statement_pdf, []

    def dies(*given):
        count.append(given)
        if len(count) == dies_at:
            raise Killed
        return really(*given)

    with monkeypatch.context() as patch:
        patch.setattr(service, "statement_pdf", dies)
        with pytest.raises(Killed), transaction.atomic():
            draw_statements(actor=job(partnership), batch_id=batch.pk)
    draw_statements(actor=job(partnership), batch_id=batch.pk)
    draw_statements(actor=job(partnership), batch_id=batch.pk)
    batch.refresh_from_db()
    assert batch.state == "ready"
    assert Statement.objects.count() == 2
    assert AuditEntry.objects.filter(action="bookings.draw_statements").count() == 1


def test_what_was_drawn_is_not_drawn_again(partnership, team, owing, monkeypatch) -> None:
    batch = close_last_month(team)
    Statement.objects.create(
        partnership=partnership,
        batch=batch,
        organisation=owing[0],
        pence=13000,
        pdf=default_storage.save("there.pdf", BytesIO(b"%PDF- there")),
    )
    count = []
    really = service.statement_pdf
    monkeypatch.setattr(service, "statement_pdf", lambda *given: count.append(1) or really(*given))
    draw_statements(actor=job(partnership), batch_id=batch.pk)
    assert len(count) == 1


def test_a_batch_whose_drawing_keeps_dying_fails_and_can_be_drawn_again(partnership, team, owing) -> None:
    batch = close_last_month(team)
    Batch.objects.update(attempts=MOST_ATTEMPTS)
    draw_statements(actor=job(partnership), batch_id=batch.pk)
    batch.refresh_from_db()
    assert batch.state == "failed"
    draw_again(actor=team, batch=batch)
    draw_statements(actor=job(partnership), batch_id=batch.pk)
    batch.refresh_from_db()
    assert (batch.state, len(batch.lines)) == ("ready", 5)


def test_a_stuck_batch_is_queued_again(partnership, team, owing, monkeypatch) -> None:
    batch = close_last_month(team)
    queued = []
    monkeypatch.setattr(service.draw_statements_task, "delay", lambda *given: queued.append(given))
    requeue_stuck_batches(partnership, timezone.now() + timedelta(minutes=4))
    assert queued == []
    requeue_stuck_batches(partnership, timezone.now() + timedelta(minutes=6))
    assert queued == [(partnership.pk, batch.pk)]


def test_finance_gets_the_same_lines_as_spreadsheet_and_text(partnership, team, owing, sign_in) -> None:
    batch = drawn(team)
    client = sign_in(team.person)
    book = CalamineWorkbook.from_filelike(
        BytesIO(b"".join(client.get(reverse("bookings:batch_file", args=["alphashire", batch.pk, "xlsx"]))))
    )
    rows = book.get_sheet_by_index(0).to_python()
    text = b"".join(client.get(reverse("bookings:batch_file", args=["alphashire", batch.pk, "csv"]))).decode()
    assert len(rows) == len(text.strip().splitlines()) == 6
    assert rows[1][2:5] == ["Aspen Trust", "PO-1", "Place"]
    assert rows[1][8] == 60.0
    assert "Aspen Trust,PO-1,Place,Neglect" in text
    taken = AuditEntry.objects.filter(action="partnerships.record_download").values_list("after", flat=True)
    assert [one["rows"] for one in taken] == [5, 5]


def test_a_statement_that_was_lost_is_drawn_from_the_lines(partnership, team, owing, sign_in) -> None:
    drawn(team)
    statement = Statement.objects.first()
    with default_storage.open(statement.pdf) as file:
        before = file.read()
    default_storage.delete(statement.pdf)
    answer = sign_in(team.person).get(reverse("bookings:statement", args=["alphashire", statement.pk]))
    assert b"".join(answer) == before


def test_the_month_of_a_batch_is_by_uk_clocks(partnership, team, owing) -> None:
    batch = close_last_month(team)
    assert batch.month == uk_date(last_month()).replace(day=1)


@pytest.fixture
def three_batches(partnership):
    for month, pence, state in ((1, 300, "ready"), (2, 100, "failed"), (3, 200, "ready")):
        Batch.objects.create(
            partnership=partnership, month=date(2026, month, 1), pence=pence, state=state, lines=[],
            requested_at=datetime(2026, month + 1, 5, 12, tzinfo=UTC),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "months"),
    [
        ({}, [3, 2, 1]),
        ({"order": "month"}, [1, 2, 3]),
        ({"order": "amount"}, [2, 3, 1]),
        ({"order": "-amount"}, [1, 3, 2]),
        ({"order": "closed"}, [1, 2, 3]),
        ({"order": "lines"}, [3, 2, 1]),
        ({"state": "ready"}, [3, 1]),
        ({"first_day": "5/3/2026"}, [3, 2]),
    ],
)
def test_the_list_of_batches_filters_sorts_and_downloads(
    partnership, neighbour, team, sign_in, three_batches, query, months
) -> None:
    with acting_in(neighbour):
        Batch.objects.create(
            partnership=neighbour, month=date(2026, 4, 1), pence=7, lines=[], requested_at=timezone.now()
        )
    client, at = sign_in(team.person), reverse("bookings:batches", args=["alphashire"])
    page = client.get(at, query).content.decode()
    words = [f"{date(2026, month, 1):%B} 2026" for month in months]
    assert re.findall(r"/batches/\d+/\">(\w+ 2026)</a>", page) == words
    text = b"".join(client.get(f"{at}export.csv", query)).decode()
    assert [line.split(",")[0] for line in text.splitlines()[1:]] == [f"01/0{month}/2026" for month in months]


def test_the_list_of_batches_costs_the_same_for_one_and_five(partnership, team, sign_in) -> None:
    client, at = sign_in(team.person), reverse("bookings:batches", args=["alphashire"])

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(at).status_code == 200
        return len(found)

    for month in range(1, 6):
        Batch.objects.create(
            partnership=partnership,
            month=date(2026, month, 1),
            pence=1,
            lines=[],
            requested_at=timezone.now(),
        )
        if month == 1:
            queries()
            one = queries()
    assert queries() == one == 11


def test_a_single_month_is_closed_by_one_button(partnership, team, owing, sign_in) -> None:
    client, at = sign_in(team.person), reverse("bookings:batches", args=["alphashire"])
    page = client.get(at).content.decode()
    month = uk_date(last_month()).replace(day=1)
    assert f"Close {month:%B %Y}" in page and 'type="radio"' not in page
    value = re.search(r'name="month" value="([^"]+)"', page)[1]
    assert client.post(at, {"month": value}).status_code == 302
    assert Batch.objects.get().month == month


def test_of_several_months_one_is_chosen(partnership, team, owing, sign_in) -> None:
    before = last_month() - timedelta(days=62)
    booked(make_session(partnership, starts_at=before - timedelta(days=2)), "attended", owing[0])
    settle(partnership, before)
    client, at = sign_in(team.person), reverse("bookings:batches", args=["alphashire"])
    assert client.get(at).content.decode().count('type="radio"') == 3
    assert "Choose a month" in client.post(at, {}).content.decode()
