"""The reconciliation desk's pages: three steps without JavaScript, for the team and the session's trainers."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings.models import Attendance, Booking, ReportedMeeting, ReportedPerson
from bookings.services import reconciliation
from bookings.services.reconciliation import add_report
from bookings.services.walk_ins import add_walk_in
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.meeting_reports.world import held_online, placed, report_of
from tests.factories import actor_for, make_person

STEPS = ("report", "report_who", "report_marks")


def url(name: str, date, *more: int) -> str:
    return reverse(f"bookings:{name}", args=["alphashire", date.session_id, date.pk, *more])


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM)


@pytest.fixture
def session(partnership):
    return held_online(partnership)


@pytest.fixture
def date(session):
    return session.dates.get()


def upload(client, date, content: bytes, **fields):
    file = SimpleUploadedFile("report.csv", content, content_type="text/csv")
    return client.post(url("report", date), {"file": file, "clock": "uk", **fields}, follow=True)


def test_the_three_steps(team, session, date, sign_in) -> None:
    ann, bob = placed(session, "Ann Other"), placed(session, "Bob Brown")
    client = sign_in(team)
    register = client.get(reverse("bookings:register", args=["alphashire", session.pk, date.pk]))
    assert url("report", date) in register.content.decode()
    desk_page = client.get(reverse("bookings:desk_session", args=["alphashire", session.pk])).content.decode()
    assert url("report", date) in desk_page
    content = report_of(date, ("Ann Other", "", 0, 180), ("Brown Bob", "b@home.example", 0, 180))
    page = upload(client, date, content)
    assert page.redirect_chain[-1][0] == url("report_who", date)
    text = page.content.decode()
    for part in (
        "Probable: say who they are (1)",
        "Matched (1)",
        "Same name.",
        "In no report (1)",
        "144 minutes",
    ):
        assert part in text
    entry = ReportedPerson.objects.get(name="Brown Bob")
    assert client.get(url("report_marks", date)).url == url("report_who", date)
    page = client.post(url("report_who", date), {}, follow=True)
    assert "Saved. 1 still to be settled." in page.content.decode()
    page = client.post(url("report_who", date), {f"who_{entry.pk}": bob.pk}, follow=True)
    assert page.redirect_chain[-1][0] == url("report_marks", date)
    marks = {f"mark_{ann.pk}": "present", f"mark_{bob.pk}": "present"}
    page = client.post(url("report_marks", date), marks, follow=True)
    assert "The register is marked from the meeting report: 2 new or changed." in page.content.decode()
    assert set(Booking.objects.values_list("state", flat=True)) == {"attended"}
    assert "In the register" in client.get(url("report", date)).content.decode()


def test_the_same_file_leads_back(team, session, date, sign_in) -> None:
    placed(session, "Ann Other")
    client, content = sign_in(team), report_of(date, ("Ann Other", "", 0, 180))
    upload(client, date, content)
    page = upload(client, date, content)
    assert "added before, so nothing has changed" in page.content.decode()
    assert page.redirect_chain[-1][0] == url("report_who", date)
    assert ReportedMeeting.objects.count() == 1


def test_a_wrong_file_is_answered_beside_the_field(team, date, sign_in) -> None:
    client = sign_in(team)
    for content, sentence in (
        (b"Course,Places\n", "found “Course, Places”"),
        (b"PK\x03\x04", "This is an Excel workbook."),
        (b"x" * (2 * 1024 * 1024 + 5), "larger than 2 MB"),
    ):
        text = upload(client, date, content).content.decode()
        assert "There is a problem" in text and sentence in text and 'href="#id_file"' in text
    page = client.post(url("report", date), {"clock": "uk"})
    assert "Choose the attendance report" in page.content.decode()


def test_a_choice_that_is_not_there_is_refused_and_nothing_is_lost(team, session, date, sign_in) -> None:
    ann, bob = placed(session, "Ann Other"), placed(session, "Bob Brown")
    client = sign_in(team)
    upload(client, date, report_of(date, ("Ann Other", "", 0, 100)))
    entry = ReportedPerson.objects.get()
    page = client.post(url("report_who", date), {f"who_{entry.pk}": "999"}).content.decode()
    assert "There is a problem" in page
    marks = {f"mark_{ann.pk}": "", f"mark_{bob.pk}": "leave"}
    page = client.post(url("report_marks", date), marks).content.decode()
    assert "Choose the mark of Ann Other" in page and f'href="#id_mark_{ann.pk}"' in page
    assert '<option value="leave" selected>' in page
    assert not Attendance.objects.exists()


def test_names_in_a_report_are_text(team, session, date, sign_in) -> None:
    placed(session, "Ann Other")
    text = upload(sign_in(team), date, report_of(date, ("<b>Ann</b> Other", "", 0, 180))).content.decode()
    assert "&lt;b&gt;Ann&lt;/b&gt; Other" in text and "<b>Ann" not in text


@pytest.mark.parametrize(("minutes", "mark"), [(180, "present"), (5, "in part")])
def test_somebody_unknown_is_given_a_booking_and_marked_by_their_minutes(
    minutes, mark, team, session, date, sign_in
) -> None:
    ann = placed(session, "Ann Other")
    client = sign_in(team)
    there = ("Ann Other", "", 0, 180), ("Zoe New", "zoe@new.example", 0, minutes)
    upload(client, date, report_of(date, *there))
    entry = ReportedPerson.objects.get(name="Zoe New")
    form = client.get(url("report_add", date, entry.pk))
    assert 'value="Zoe New"' in form.content.decode() and 'value="zoe@new.example"' in form.content.decode()
    organisation = team.memberships.get().organisation
    fields = {
        "name": "Zoe New",
        "email": "zoe@new.example",
        "organisation": organisation.name,
        "key": form.context["form"]["key"].value(),
    }
    page = client.post(url("report_add", date, entry.pk), fields, follow=True)
    assert "Zoe New is on the register. The mark comes with the others." in page.content.decode()
    entry.refresh_from_db()
    assert (entry.booking.state, entry.booking.attendances.exists()) == ("confirmed", False)
    assert entry.booking.person.email == "zoe@new.example"
    assert page.context["desk"].still_open == 0 and len(page.context["desk"].places) == 2
    marks = {f"mark_{ann.pk}": "present", f"mark_{entry.booking_id}": mark}
    client.post(url("report_marks", date), marks)
    entry.booking.refresh_from_db()
    assert entry.booking.state == ("attended" if minutes == 180 else "partly_attended")


def test_who_can_not_be_settled_is_not_booked_either(team, session, date, sign_in, monkeypatch) -> None:
    placed(session, "Ann Other")
    client = sign_in(team)
    upload(client, date, report_of(date, ("Zoe New", "zoe@new.example", 0, 5)))
    entry = ReportedPerson.objects.get()
    form = client.get(url("report_add", date, entry.pk))
    # As when somebody removes the report between the page and the press.
    monkeypatch.setattr(reconciliation, "add_walk_in", _and_remove_the_report)
    fields = {"name": "Zoe New", "email": "zoe@new.example", "key": form.context["form"]["key"].value()}
    fields["organisation"] = team.memberships.get().organisation.name
    page = client.post(url("report_add", date, entry.pk), fields).content.decode()
    assert "A report was removed meanwhile" in page
    assert session.bookings.count() == 1


def _and_remove_the_report(**given):
    ReportedPerson.objects.all().delete()
    return add_walk_in(**given)


def test_a_report_is_removed_after_a_question(team, session, date, sign_in) -> None:
    placed(session, "Ann Other")
    client = sign_in(team)
    upload(client, date, report_of(date, ("Ann Other", "", 0, 180)))
    report = ReportedMeeting.objects.get()
    assert "Remove this meeting report?" in client.get(url("report_remove", date, report.pk)).content.decode()
    assert ReportedMeeting.objects.exists()
    client.post(url("report_remove", date, report.pk))
    assert not ReportedMeeting.objects.exists()


def test_who_may_see_it(partnership, neighbour, session, date, sign_in, team) -> None:
    trainer = make_person(partnership, Role.TRAINER)
    own = held_online(partnership, trainers=(trainer,))
    placed(session, "Ann Other")
    content = report_of(date, ("Ann Other", "", 0, 180))
    report, _ = add_report(actor=actor_for(team), session_date=date, content=content)
    entry = report.people.get()
    with acting_in(neighbour):
        stranger = make_person(neighbour, Role.TEAM)
        theirs = held_online(neighbour)
        placed(theirs, "Ann Other")
        their_date = theirs.dates.get()
        hidden, _ = add_report(
            actor=actor_for(stranger),
            session_date=their_date,
            content=report_of(their_date, ("Ann Other", "", 0, 180)),
        )
        hidden_entry = hidden.people.get()
    addresses = [url(step, date) for step in STEPS]
    addresses += [url("report_remove", date, report.pk), url("report_add", date, entry.pk)]
    for address in addresses:
        assert sign_in(trainer).get(address).status_code == 404
        for role in (Role.ORGANISATION_LEAD, Role.OBSERVER, Role.SUBGROUP_CHAIR):
            assert sign_in(make_person(partnership, role)).get(address).status_code == 403
        assert sign_in(make_person(partnership)).get(address).status_code == 403
    client = sign_in(team)
    for step in STEPS:
        assert client.get(url(step, their_date)).status_code == 404
    assert client.get(url("report_remove", date, hidden.pk)).status_code == 404
    assert client.post(url("report_remove", date, hidden.pk)).status_code == 404
    assert client.get(url("report_add", date, hidden_entry.pk)).status_code == 404
    assert sign_in(trainer).get(url("report", own.dates.get())).status_code == 200
    with acting_in(neighbour):
        assert ReportedMeeting.objects.filter(pk=hidden.pk).exists()


def _queries(client, address) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_the_pages_need_the_same_number_of_queries_for_one_row_and_for_five(
    partnership, team, session, sign_in
) -> None:
    client, found = sign_in(team), {}
    for rows in (1, 5):
        one = held_online(partnership, course=session.course)
        date = one.dates.get()
        entries = []
        for number in range(rows):
            placed(one, f"Person {rows} Number {number}")
            entries.append((f"Person {rows} Number {number}", "", 0, 180))
            entries.append((f"Stranger {rows} {number}", "", 0, 180))
        upload(client, date, report_of(date, *entries))
        for step in STEPS:
            _queries(client, url(step, date))
        found[rows] = [_queries(client, url(step, date)) for step in STEPS]
    assert found[1] == found[5] == [14, 14, 14]
