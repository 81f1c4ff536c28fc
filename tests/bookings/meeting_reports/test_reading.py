"""Every generation and language of the reports, in every encoding, gives the same facts."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from bookings.meeting_reports.minutes import presence_of
from bookings.meeting_reports.report import ReportFormat
from partnership_portal.working_days import UK
from partnerships.errors import DomainError
from tests.bookings.meeting_reports.made import ENDS, FILES, STARTS, connections, read, sample, summary

TIMES = {
    "Terry Trainer": [("09:10:00", "12:40:00")],
    "Ann Other": [("09:25:10", "12:31:05")],
    "José Núñez": [("09:28:00", "10:30:00"), ("10:45:00", "12:30:00")],
    "Smith, Jane (External)": [("09:40:00", "11:00:00")],
}
EMAILS = {
    "Terry Trainer": "terry@partnership.example",
    "Ann Other": "ann.other@school.example",
    "José Núñez": "jose@charity.example",
    "Smith, Jane (External)": "",
}
NAMES = sorted(path.stem for path in FILES.glob("*.csv"))
EXACT = [name for name in NAMES if name != "zoom_unique_users"]
ENCODINGS = {
    "utf-16 little-endian with mark": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "utf-16 big-endian with mark": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "utf-16 without mark": lambda text: text.encode("utf-16-le"),
    "utf-8 with mark": lambda text: text.encode("utf-8-sig"),
    "utf-8": lambda text: text.encode(),
}


def with_delimiter(content: bytes, delimiter: str) -> str:
    rows = csv.reader(io.StringIO(content.decode(), newline=""), delimiter="\t")
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue()


def test_there_is_a_sample_of_every_generation_and_language() -> None:
    assert len(NAMES) == 23
    for generation in ("list", "summary", "sections"):
        for language in ("en", "de", "fr", "es", "pl"):
            assert f"teams_{generation}_{language}" in NAMES
    assert "teams_sections_cy" in NAMES


@pytest.mark.parametrize("name", EXACT)
def test_every_generation_and_language_gives_the_same_people_and_times(name) -> None:
    report = read(sample(name))
    people = {one.name: one for one in report.attendees}
    assert {key: connections(one) for key, one in people.items() if key in TIMES} == TIMES
    assert [one.name for one in report.attendees if one.doubt or one.overlaps] == []
    if not name.startswith("teams_list"):
        assert {key: people[key].email for key in EMAILS} == EMAILS
    if not name.startswith("teams_list") and name != "zoom_meeting_plain":
        assert report.title == "Child Neglect Overview"
    assert (report.started, report.ended) == (STARTS - timedelta(minutes=20), ENDS + timedelta(minutes=10))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", ["\t", ",", ";"], ids=["tabs", "commas", "semicolons"])
@pytest.mark.parametrize("name", ["teams_list_de", "teams_summary_es", "teams_sections_fr", "zoom_webinar"])
def test_encoding_and_delimiter_change_nothing(name, delimiter, encoding) -> None:
    content = ENCODINGS[encoding](with_delimiter(sample(name), delimiter))
    assert read(content) == read(sample(name))


def test_what_excel_makes_of_it_is_read_too() -> None:
    text = with_delimiter(sample("teams_sections_de"), ";")
    assert read(text.encode("cp1252")) == read(sample("teams_sections_de"))


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("teams_list_pl", ReportFormat.TEAMS_LIST),
        ("teams_summary_gb", ReportFormat.TEAMS_SUMMARY),
        ("teams_sections_cy", ReportFormat.TEAMS_SECTIONS),
        ("zoom_meeting", ReportFormat.ZOOM_MEETING),
        ("zoom_unique_users", ReportFormat.ZOOM_MEETING),
        ("zoom_webinar", ReportFormat.ZOOM_WEBINAR),
    ],
)
def test_the_format_is_recognised(name, format) -> None:
    assert read(sample(name)).format is format


def test_a_meeting_reports_columns_change_places_or_names_and_the_import_does_not_break() -> None:
    """Domain: a meeting report's columns or date format change and the import breaks."""
    rows = [line.split("\t") for line in sample("teams_sections_en").decode().splitlines()]
    turned = "\n".join("\t".join(reversed(row)) if len(row) > 2 else "\t".join(row) for row in rows)
    assert read(turned) == read(sample("teams_sections_en"))
    new = sample("teams_sections_en").decode().replace("Join Time\t", "Joined at\tDevice\t")
    new = new.replace("First Join", "Time of first join").replace("Leave Time", "Time left")
    lines = new.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("Name\tJoined at"))
    for number in range(start + 1, len(lines)):
        name, rest = lines[number].split("\t", 1)
        joined, rest = rest.split("\t", 1)
        lines[number] = f"{name}\t{joined}\tPhone\t{rest}"
    assert read("\n".join(lines)) == read(sample("teams_sections_en"))


def test_day_and_month_are_told_apart_by_the_sessions_date() -> None:
    """Domain: a meeting report's columns or date format change and the import breaks."""
    line = 'Ann,"{0}, 09:30:00","{0}, 10:30:00",1h,ann@a.example,Attendee'
    april = datetime(2026, 4, 3, 8, 30, tzinfo=UTC)
    for date in ("03/04/2026", "3/4/26"):
        report = read(summary(line.format(date)))
        assert report.started == STARTS
        report = read(summary(line.format(date)), april, april + timedelta(hours=3))
        assert report.started == april
    for date in ("04/03/2026", "4.3.26", "04.03.2026", "2026-03-04", "4 March 2026", "Mar 4, 2026"):
        assert read(summary(line.format(date))).started == STARTS


def test_a_report_of_another_day_is_refused_with_both_days() -> None:
    line = 'Ann,"5/6/2026, 9:30 AM","5/6/2026, 10:30 AM",1h,ann@a.example,Attendee'
    with pytest.raises(DomainError) as refusal:
        read(summary(line))
    assert "6 May 2026 or 5 June 2026" in str(refusal.value)
    assert "4 March 2026, 9:30am" in str(refusal.value)


def test_a_meeting_at_another_time_of_the_day_is_refused() -> None:
    line = 'Ann,"04/03/2026, 14:30","04/03/2026, 15:30",1h,ann@a.example,Attendee'
    with pytest.raises(DomainError, match="was from 4 March 2026, 2:30pm to 4 March 2026, 3:30pm"):
        read(summary(line))


@pytest.mark.parametrize(
    "time", ["1:05:00 PM", "1:05 pm", "1:05:00\u202fPM", "13:05", "13:05:00", "1:05 p. m."]
)
def test_clocks_of_twelve_and_of_twenty_four_hours(time) -> None:
    starts = datetime(2026, 3, 4, 13, 0, tzinfo=UTC)
    line = f'Ann,"04/03/2026, {time}","04/03/2026, 14:00",55m,ann@a.example,Attendee'
    report = read(summary(line), starts, starts + timedelta(hours=2))
    assert report.attendees[0].intervals[0].joined == starts + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("starts", "stamp"),
    [
        (datetime(2026, 10, 25, 10, 0, tzinfo=UTC), "25/10/2026, 10:00:00"),
        (datetime(2026, 3, 29, 9, 0, tzinfo=UTC), "29/03/2026, 10:00:00"),
    ],
    ids=["the clocks go back", "the clocks go forward"],
)
def test_on_both_days_on_which_the_clocks_change(starts, stamp) -> None:
    end = stamp.replace("10:00", "12:00", 1)
    report = read(summary(f'Ann,"{stamp}","{end}",2h,ann@a.example,X'), starts, starts + timedelta(hours=2))
    assert report.started == starts
    assert presence_of(report.attendees, starts, starts + timedelta(hours=2)).least == 7200


def test_through_the_hour_that_comes_twice() -> None:
    starts = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    line = 'Ann,"25/10/2026, 01:50:00","25/10/2026, 01:10:00",20m,ann@a.example,X'
    report = read(summary(line), starts, starts + timedelta(hours=2))
    assert presence_of(report.attendees, starts, starts + timedelta(hours=2)).least == 1200
    assert not report.attendees[0].doubt


def test_a_report_in_utc_in_summer_is_noticed_and_can_be_read_as_such() -> None:
    starts = datetime(2026, 6, 3, 8, 30, tzinfo=UTC)  # 9:30 in the UK
    text = summary('Ann,"03/06/2026, 08:25","03/06/2026, 10:30",2h 5m,ann@a.example,X')
    report = read(text, starts, starts + timedelta(hours=2))
    assert "an hour before" in report.notes[0]
    report = read(text, starts, starts + timedelta(hours=2), clock=UTC)
    assert report.notes == () and presence_of(report.attendees, starts, report.ended).least == 7200
    named = text.replace("Join Time", "Join Time (UTC)").replace("Leave Time", "Leave Time (UTC)")
    assert read(named, starts, starts + timedelta(hours=2)).started == report.started
    assert read(named, starts, starts + timedelta(hours=2)).notes == ()
    written = text.replace("08:25", "09:25:00+01:00").replace("10:30", "11:30:00+01:00")
    assert read(written, starts, starts + timedelta(hours=2)).started == report.started


def test_a_person_who_left_and_rejoined_is_counted_once() -> None:
    """Domain: a person who left and rejoined is counted twice or half."""
    for name in EXACT:
        people = [one for one in read(sample(name)).attendees if "Núñez" in one.name]
        assert len(people) == 1
        assert presence_of(people, STARTS, ENDS).least == (60 + 105) * 60


def test_two_devices_at_once_count_once() -> None:
    lines = [
        'Ann,"04/03/2026, 09:30","04/03/2026, 11:30",2h,ann@a.example,X',
        'Ann,"04/03/2026, 10:30","04/03/2026, 12:00",1h 30m,ann@a.example,X',
    ]
    report = read(summary(*lines))
    assert presence_of(report.attendees, STARTS, ENDS).least == 150 * 60
    assert not report.attendees[0].overlaps


def test_guests_without_an_email_address_are_not_lost() -> None:
    """Domain: guests without an email address are lost."""
    for name in EXACT:
        assert "Smith, Jane (External)" in [one.name for one in read(sample(name)).attendees]
    lines = [
        '😀,"04/03/2026, 09:30","04/03/2026, 11:30",2h,,X',
        ',"04/03/2026, 09:30","04/03/2026, 11:30",2h,,X',
        '+44 1632 ***961,"04/03/2026, 09:30","04/03/2026, 11:30",2h,,X',
    ]
    assert [one.name for one in read(summary(*lines)).attendees] == ["😀", "No name", "+44 1632 ***961"]


def test_two_guests_of_one_name_at_once_are_marked() -> None:
    lines = [
        'John Smith,"04/03/2026, 09:30","04/03/2026, 11:30",2h,,X',
        'John Smith,"04/03/2026, 09:40","04/03/2026, 12:00",2h 20m,,X',
    ]
    assert [one.overlaps for one in read(summary(*lines)).attendees] == [True]


def test_two_people_of_one_name_in_the_list_of_people_stay_two() -> None:
    text = (
        "1. Summary\nMeeting title\tNeglect\n\n2. Participants\n"
        "Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole\n"
        "John Smith\t04/03/2026, 09:30\t04/03/2026, 12:30\t3h\t\t\tAttendee\n"
        "John Smith\t04/03/2026, 09:30\t04/03/2026, 10:00\t30m\t\t\tAttendee\n"
    )
    activities = (
        "\n3. In-Meeting Activities\nName\tJoin Time\tLeave Time\tDuration\tEmail\tRole\n"
        "John Smith\t04/03/2026, 09:30\t04/03/2026, 12:30\t3h\t\tAttendee\n"
        "John Smith\t04/03/2026, 09:30\t04/03/2026, 10:00\t30m\t\tAttendee\n"
    )
    for content in (text, text + activities):
        found = [presence_of([one], STARTS, ENDS).least // 60 for one in read(content).attendees]
        assert found == [180, 30]


def test_a_guests_account_gives_the_address() -> None:
    head = "2. Participants\nName\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole\n"
    line = "Ann\t04/03/2026, 09:30\t04/03/2026, 12:30\t3h\t\t{}\tAttendee\n"
    found = {
        account: read(head + line.format(account)).attendees[0].email
        for account in ("ann@a.example", "ann.other_gmail.com#EXT#@council.example", "8:orgid:1234", "")
    }
    assert list(found.values()) == ["ann@a.example", "ann.other@gmail.com", "", ""]


def test_whoever_was_still_there_when_the_old_list_was_made_is_left_to_a_person() -> None:
    text = (
        "Full Name\tUser Action\tTimestamp\nAnn\tJoined before\t04/03/2026, 09:40\n"
        "Bob\tJoined\t04/03/2026, 09:45\nCas\tJoined\t04/03/2026, 09:50\nCas\tLeft\t04/03/2026, 10:50\n"
    )
    ann, bob, cas = (presence_of([one], STARTS, ENDS) for one in read(text).attendees)
    assert (ann.least, ann.most) == (70 * 60, 180 * 60)
    assert (bob.least, bob.most) == (65 * 60, 165 * 60)
    assert (cas.least, cas.most) == (60 * 60, 60 * 60)
    assert ann.decided(144 * 60) is None and cas.decided(144 * 60) is False


def test_zooms_sums_are_clipped_as_far_as_they_say() -> None:
    found = {
        one.name: presence_of([one], STARTS, ENDS) for one in read(sample("zoom_unique_users")).attendees
    }
    minutes = {name: (one.least // 60, one.most // 60) for name, one in found.items()}
    assert minutes["Terry Trainer"] == (180, 180)
    assert minutes["Smith, Jane (External)"] == (50, 80)


def test_zooms_sums_without_the_meeting_are_refused_with_the_way_out() -> None:
    with pytest.raises(DomainError, match="export it again with the meeting’s data"):
        read("Name (Original Name),User Email,Total Duration (Minutes),Guest\nAnn,ann@a.example,80,Yes\n")


def test_the_waiting_room_is_not_the_meeting() -> None:
    willa = next(one for one in read(sample("zoom_meeting")).attendees if one.name == "Willa Waiting")
    assert presence_of([willa], STARTS, ENDS).most == 0


def test_a_webinars_no_shows_are_not_there_and_its_telephones_are() -> None:
    names = [one.name for one in read(sample("zoom_webinar")).attendees]
    assert "Norma Noshow" not in names and "441632960961" in names


@pytest.mark.parametrize(
    ("line", "doubt"),
    [
        ('Ann,"04/03/2026, 11:30","04/03/2026, 10:30",1h,,X', "left before they joined"),
        ('Ann,"04/03/2026, 09:30","04/03/2026, 10:30",3h 10m,,X', "don’t fit the minutes"),
        ('Ann,,"04/03/2026, 10:30",1h,,X', "does not say when they joined"),
    ],
)
def test_times_that_contradict_themselves_are_said(line, doubt) -> None:
    assert doubt in read(summary(line)).attendees[0].doubt


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"\x00\x00\x00", "empty"),
        (b"x" * (2 * 1024 * 1024 + 1), "larger than 2 MB"),
        (b"PK\x03\x04rest", "Excel workbook. Open it, save it as"),
        (b"\xd0\xcf\x11\xe0rest", "old Excel workbook"),
        (b"%PDF-1.7", "PDF"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d", "not text"),
        (b"Name,Join Time,Leave Time\nAnn\x00,x,y", "not text"),
        (b"\x81\x8d\x8f\x90\x9d", "not text"),
        (b"\xff\xfea", "not text"),
        (b"Course,Places\nNeglect,20\n", "found “Course, Places”"),
        (b"hello", "expects the CSV file that Microsoft Teams or Zoom gives"),
        (b'Name,Join Time,Leave Time\n"Ann,x,y', "expects the CSV"),
        (b"Name,Join Time,Leave Time\n", "names nobody"),
        (b"Name,Join Time\nAnn,04/03/2026 09:30\n", "finds none for when people left"),
        (b"Name,Aika\nAnn,04/03/2026 09:30\n", "found “Name, Aika”"),
        (b"Name,Email,Aika\nAnn,a@b.example,04/03/2026 09:30\n", "times under “Aika”"),
        (
            b"Name,Join Time,Leave Time\nAnn,early,late\n",
            "Line 2 of the report has “early” under “Join Time”",
        ),
        (b"Name,Join Time,Leave Time\nAnn,31/31/2026 09:30,31/31/2026 09:40\n", "a day that does not exist"),
        (b"Name,Email,E-Mail,Join Time,Leave Time\n", "Two columns of this report say the same"),
        (
            b"Full Name,User Action,Timestamp\nAnn,Danced,04/03/2026 09:30\n",
            "Line 2 of the report should say",
        ),
        (b"Name,Join Time,Leave Time\n" + b"Ann,,\n" * 5001, "more than 5,000 lines"),
    ],
)
def test_anything_else_is_refused_with_what_was_expected_and_found(content, sentence) -> None:
    with pytest.raises(DomainError) as refusal:
        read(content)
    assert sentence in str(refusal.value)


def test_too_many_people_are_refused() -> None:
    lines = [f'P{n},"04/03/2026, 09:30","04/03/2026, 10:30",1h,,X' for n in range(1001)]
    with pytest.raises(DomainError, match="more than 1,000 people"):
        read(summary(*lines))


def test_formulas_and_unseen_marks_are_text() -> None:
    lines = [
        '=1+1,"04/03/2026, 09:30","04/03/2026, 10:30",1h,,X',
        '"=""Bob""","04/03/2026, 09:30","04/03/2026, 10:30",1h,,X',
        'Ca\u200bs\u00a0Evans\u202e,"04/03/2026, 09:30","04/03/2026, 10:30",1h,,X',
    ]
    assert [one.name for one in read(summary(*lines)).attendees] == ["=1+1", "Bob", "Cas Evans"]


def test_a_name_in_quotation_marks_does_not_swallow_the_lines_below() -> None:
    text = (
        'Name\tJoin Time\tLeave Time\n"Bobby" Evans\t04/03/2026 09:30\t04/03/2026 10:30\n'
        '"Kai\t04/03/2026 09:30\t04/03/2026 10:30\nNoor\t04/03/2026 09:30\t04/03/2026 10:30\n'
    )
    assert [one.name for one in read(text).attendees] == ['"Bobby" Evans', '"Kai', "Noor"]


def test_times_are_uk_times() -> None:
    starts = datetime(2026, 7, 1, 9, 30, tzinfo=UK)
    text = summary('Ann,"01/07/2026, 09:30","01/07/2026, 12:30",3h,,X')
    report = read(text, starts, starts + timedelta(hours=3))
    assert report.started == datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
