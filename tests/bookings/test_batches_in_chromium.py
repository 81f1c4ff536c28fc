"""A month for finance, in Chromium: closed by the team, its files and an organisation's statement read back."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from bookings.charges.lines import HEADERS
from bookings.models import Charge
from bookings.services.waivers import waive_charge
from partnership_portal.working_days import uk_date
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.charging import booked, last_month, let_charge, settle
from tests.browser import assert_accessible
from tests.factories import (
    actor_for,
    make_course,
    make_organisation,
    make_partnership,
    make_person,
    make_session,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCHOOL = "St Bartholomew’s Church of England Primary School"
# As a spreadsheet would calculate it, if it were not kept a text.
TRUST = "=Aspen Trust"


@pytest.fixture
def owing(settings):
    """Two organisations that owe something of last month, one sum waived; the team and the school's lead."""
    settings.PORTAL_DEMO = True
    partnership = make_partnership("alphashire")
    with acting_in(partnership):
        let_charge(partnership)
        school = make_organisation(partnership, name=SCHOOL, charging_class="payer", purchase_order="PO-4711")
        trust = make_organisation(partnership, name=TRUST, charging_class="payer")
        team = make_person(partnership, Role.TEAM)
        lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=school)
        course = make_course(partnership, title="Working together, “threshold” and after", hours=6)
        session = make_session(partnership, course=course, starts_at=last_month() - timedelta(days=2))
        booked(session, "attended", school)
        booked(session, "did_not_attend", school)
        booked(session, "cancelled", trust, was_late_cancellation=True)
        booked(session, "attended", trust)
        settle(partnership, last_month())
        waived = Charge.objects.get(organisation=trust, kind="place")
        waive_charge(actor=actor_for(team), charge=waived, reason="The trainer was late.")
    return partnership, session, team, lead


def saved(page: Page, link: str, folder: Path) -> Path:
    """Press the link and keep what is downloaded."""
    with page.expect_download() as taken:
        page.get_by_role("link", name=link).click()
    path = folder / taken.value.suggested_filename
    taken.value.save_as(path)
    return path


def test_a_month_is_closed_and_finance_and_the_organisation_read_the_same(
    open_browser, owing, tmp_path
) -> None:
    partnership, session, team, lead = owing
    month, page = f"{last_month():%B %Y}", open_browser(team.user)
    page.goto("/alphashire/desk/charges/batches/")
    page.get_by_role("button", name=f"Close {month}").click()
    expect(page.get_by_role("heading", name=f"Charges of {month}", exact=True)).to_be_visible()
    expect(page.get_by_text("3 charges and credit notes, £130")).to_be_visible()
    expect(page.get_by_text("Not yet")).to_have_count(0)
    assert_accessible(page)
    sheet = saved(page, "All lines as a spreadsheet", tmp_path)
    text = saved(page, "All lines as text for finance", tmp_path)
    _reads_the_lines(sheet, text, uk_date(session.starts_at))
    ours = saved(page, f"PDF for {SCHOOL}", tmp_path)
    # The month is closed: nothing is left to press.
    page.goto("/alphashire/desk/charges/batches/")
    expect(page.get_by_role("link", name=month)).to_be_visible()
    expect(page.get_by_role("button", name=f"Close {month}")).to_have_count(0)
    with acting_in(partnership):
        downloads = AuditEntry.objects.filter(action="partnerships.record_download")
        assert [(one.after["list"], one.after["rows"]) for one in downloads] == [("batch", 3)] * 2
    _the_lead_reads_their_own(open_browser(lead.user), ours, month, tmp_path)


def _reads_the_lines(sheet: Path, text: Path, held_on: date) -> None:
    """Both files have the batch's lines: pounds as numbers, days as days, every name as a text."""
    name = f"charges-alphashire-{last_month():%Y-%m}"
    assert (sheet.name, text.name) == (f"{name}.xlsx", f"{name}.csv")
    head, *rows = CalamineWorkbook.from_path(str(sheet)).get_sheet_by_name("Charges").to_python()
    assert tuple(head) == HEADERS
    of_sheet = [dict(zip(HEADERS, row, strict=True)) for row in rows]
    assert [
        (row["Organisation"], row["What for"], row["Amount in pounds"], row["Purchase order or cost code"])
        for row in of_sheet
    ] == [
        (TRUST, "Late cancellation", 20, ""),
        (SCHOOL, "Place", 60, "PO-4711"),
        (SCHOOL, "Non-attendance", 50, "PO-4711"),
    ]
    assert {row["Held on"] for row in of_sheet} == {held_on}
    content = text.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    of_text = list(csv.DictReader(content.decode("utf-8-sig").splitlines()))
    assert sum(Decimal(row["Amount in pounds"]) for row in of_text) == 130
    for mine, other in zip(of_sheet, of_text, strict=True):
        for one in ("Reference", "What for", "Course", "Person", "Rule", "Source"):
            assert mine[one] == other[one], one
    # A program that opens it must not take a name for a formula.
    assert of_text[0]["Organisation"] == f"'{TRUST}"


def _the_lead_reads_their_own(page: Page, drawn: Path, month: str, folder: Path) -> None:
    page.goto("/alphashire/organisation/charges/")
    assert_accessible(page)
    (folder / "lead").mkdir()
    statement = saved(page, f"{month}, {SCHOOL}", folder / "lead")
    assert statement.name.endswith(".pdf") and statement.read_bytes() == drawn.read_bytes()
    words = " ".join(one.extract_text() for one in PdfReader(statement).pages)
    for part in ("£110", "£60", "£50", "PO-4711", "Not coming is charged.", "§5"):
        assert part in words, part
    assert "Aspen" not in words
    response = page.goto("/alphashire/desk/charges/batches/")
    assert response is not None and response.status == 403
