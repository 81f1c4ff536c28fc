"""The reconciliation desk in Chromium: accessible, narrow, and whole without JavaScript."""

import pytest
from playwright.sync_api import expect

from bookings.models import Attendance
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.meeting_reports.world import held_online, placed, report_of
from tests.browser import assert_accessible
from tests.factories import make_partnership, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_team_reconciles_without_javascript(open_browser) -> None:
    partnership = make_partnership("alphashire")
    with acting_in(partnership):
        team = make_person(partnership, Role.TEAM)
        session = held_online(partnership)
        placed(session, "Ann Other", "ann@school.example")
        placed(session, "Bob Brown")
        placed(session, "Cas Evans-Featherstonehaugh")
        date = session.dates.get()
        content = report_of(
            date,
            ("Ann Other", "ann@school.example", -5, 185),
            ("BROWN Bob", "", 0, 90),
            ("Zoe Nobody", "zoe.nobody.with.a.long.address@somewhere.example", 0, 180),
        )
    page = open_browser(team.user, javascript=False)
    page.goto(f"/alphashire/training/sessions/{session.pk}/register/{date.pk}/")
    page.get_by_role("link", name="Use the report of the online meeting").click()
    page.get_by_label("Attendance report (CSV)").set_input_files(
        {"name": "wrong.csv", "mimeType": "text/csv", "buffer": b"Course,Places"}
    )
    page.get_by_role("button", name="Add the report").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    page.get_by_label("Attendance report (CSV)").set_input_files(
        {"name": "report.csv", "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_role("button", name="Add the report").click()
    page.get_by_label("Who is BROWN Bob?").select_option(index=1)
    page.get_by_role("button", name="Save and check the marks").click()
    assert page.get_by_label("Mark of Ann Other").input_value() == "present"
    assert page.get_by_label("Mark of Bob Brown").input_value() == "in part"
    page.get_by_label("Mark of Bob Brown").select_option("absent")
    page.get_by_role("button", name="Confirm and mark the register").click()
    expect(
        page.get_by_text("The register is marked from the meeting report: 3 new or changed.")
    ).to_be_visible()
    with acting_in(partnership):
        assert sorted(Attendance.objects.values_list("mark", flat=True)) == ["absent", "absent", "present"]
    checked = open_browser(team.user)
    root = f"/alphashire/training/sessions/{session.pk}/register/{date.pk}/report/"
    with acting_in(partnership):
        report = date.reported_meetings.get()
        stranger = report.people.get(name="Zoe Nobody")
    for path in ("", "who/", "marks/", f"{report.pk}/remove/", f"people/{stranger.pk}/add/"):
        assert checked.goto(root + path).status == 200
        assert_accessible(checked)
