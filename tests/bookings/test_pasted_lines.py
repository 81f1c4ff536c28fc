"""Lists as people paste them: every line is somebody, and nothing that is pasted breaks it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.pasted_lines import PastedLine, problem_with, read_pasted

ANN = PastedLine("Ann Smith", "ann@example.org")


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("Ann Smith, ann@example.org", ANN),
        ("Ann Smith <ann@example.org>", ANN),
        ('"Ann Smith" <mailto:ann@example.org>', ANN),
        ("Ann Smith\tann@example.org", ANN),
        ("Ann\tSmith\tann@example.org", ANN),
        ("Smith, Ann, ann@example.org", ANN),
        ("Smith, Ann <ann@example.org>", ANN),
        ("Ann Smith ann@example.org", ANN),
        ("ann@example.org, Ann Smith", ANN),
        ("  1. Ann   Smith ; ann@example.org;", ANN),
        ("• Ann Smith, ann@example.org", ANN),
        ("Ann Smith, ann@example.org, Nurse", PastedLine("Ann Smith", "ann@example.org", "Nurse")),
        ("Ann Smith <ann@example.org>, Nurse", PastedLine("Ann Smith", "ann@example.org", "Nurse")),
        ("Ann Smith\tNurse\tann@example.org", PastedLine("Ann Smith", "ann@example.org", "Nurse")),
        ("Ann Smith", PastedLine("Ann Smith")),
        ("Ann Smith, Youth worker", PastedLine("Ann Smith", "", "Youth worker")),
        ("Siân O’Neill-Łuk", PastedLine("Siân O’Neill-Łuk")),
        ("ann@example.org", PastedLine("", "ann@example.org")),
    ],
)
def test_a_line_is_read_in_each_of_the_ways_people_write_it(line, read) -> None:
    assert read_pasted(line) == [read]
    assert problem_with(read) == ""


def test_headings_and_empty_lines_of_a_spreadsheet_are_nobody() -> None:
    text = "Name\tEmail address\tJob role\r\n\r\nAnn Smith\tann@example.org\r\n\t\t\r\n ---- \r\n"
    assert read_pasted(text) == [ANN]


def test_a_list_of_addresses_from_a_mail_program_is_several_people() -> None:
    for between in ("; ", ", "):
        line = between.join(["Ann Smith <ann@example.org>", "Bob Jones <bob@example.org>"])
        assert read_pasted(line) == [ANN, PastedLine("Bob Jones", "bob@example.org")]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("Ann Smith, ann@nowhere", "“ann@nowhere” is not an email address."),
        ("Ann ann@a.org Bob bob@b.org", "Write one person on each line, with one email address."),
        ("12345", "There is no name in this line."),
        ("A" * 201, "This line is too long for one person."),
    ],
)
def test_what_cannot_be_booked_is_kept_and_says_why(line, sentence) -> None:
    (read,) = read_pasted(line)
    assert problem_with(read) == sentence


@given(st.text())
def test_whatever_is_pasted_nothing_breaks_and_every_line_that_says_something_is_kept(text) -> None:
    read = read_pasted(text)
    for one in read:
        problem_with(one)
        assert one != PastedLine()
    said = "".join(one.name + one.email + one.job_role for one in read)
    if text.strip() and "\t" not in text and text.isalpha() and text.lower() not in _HEADING_WORDS:
        assert said == text


_HEADING_WORDS = {"name", "names", "staff", "email", "job", "role", "position", "forename", "surname"}
_NAMES = st.from_regex(r"[A-Z][a-zé]{1,8} [A-Z][a-z’]{1,10}", fullmatch=True)
_EMAILS = st.from_regex(r"[a-z]{1,9}@[a-z]{1,9}\.(org|nhs\.uk)", fullmatch=True)
_JOBS = st.sampled_from(["", "Nurse", "Youth worker", "Head of year"])
_WRITTEN = st.sampled_from(["{name}, {email}", "{name} <{email}>", "{name}\t{email}", "{email}; {name}"])
_ENDS = st.sampled_from(["\n", "\r\n", "\n\n", "\r"])


@given(st.lists(st.tuples(_NAMES, _EMAILS, _JOBS, _WRITTEN, _ENDS), max_size=30))
def test_nobody_of_a_list_is_lost_or_mixed_up(people) -> None:
    text, expected = "", []
    for name, email, job, written, end in people:
        between = "\t" if "\t" in written else ", "
        text += written.format(name=name, email=email) + (f"{between}{job}" if job else "") + end
        expected.append(PastedLine(name, email, job))
    assert read_pasted(text) == expected
