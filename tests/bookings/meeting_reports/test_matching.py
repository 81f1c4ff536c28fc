"""Whom an entry means: sure by address or by a name that is there once, everything else for a person to decide."""

import pytest

from bookings.meeting_reports.matching import Candidate, Match, find
from bookings.meeting_reports.names import SIMILAR, name_key, similarity
from bookings.meeting_reports.report import Attendee, Interval
from tests.bookings.meeting_reports.made import ENDS, STARTS

BOOKED = [
    Candidate(1, "Jane Smith", "jane@school.example"),
    Candidate(2, "José Núñez", ""),
    Candidate(3, "Catherine O’Neil", "cath@health.example"),
    Candidate(4, "James Thomas", ""),
    Candidate(5, "John Brown", "john1@police.example"),
    Candidate(6, "John Brown", "john2@police.example"),
]
ALL_MORNING = (Interval(STARTS, ENDS),)


def one(name: str, email: str = "", **facts) -> tuple[str, tuple[int, ...]]:
    finding = find([Attendee(name, email, **facts)], booked=BOOKED)[0]
    return finding.match.value, finding.candidates


@pytest.mark.parametrize(
    ("name", "email", "booking"),
    [
        ("Somebody Else", "jane@school.example", 1),
        ("Jane Smith", "", 1),
        ("SMITH, Jane", "", 1),
        ("Smith, Jane (Guest)", "", 1),
        ("Jane Smith (External)", "jane@home.example", 1),
        ("Jane Smith (Unverified)", "", 1),
        ("[Herefordshire Council] Jane Smith", "", 1),
        ("Smith, Jane (NHS TRUST - R1A)", "", 1),
        ("Jane Smith | St Mary’s School", "", 1),
        ("Jane Smith - St Mary’s School", "", 1),
        ("Dr Jane  Smith", "", 1),
        ("Jose Nunez", "", 2),
        ("NÚÑEZ, José", "", 2),
        ("Catherine O'Neil", "", 3),
        ("John Brown", "john2@police.example", 6),
    ],
)
def test_matched(name, email, booking) -> None:
    assert one(name, email) == ("matched", (booking,))


@pytest.mark.parametrize(
    ("name", "email", "candidates"),
    [
        ("Smith Jane", "", (1,)),
        ("J Smith", "", (1,)),
        ("J. Smith", "", (1,)),
        ("Jane A. Smith", "", (1,)),
        ("Jane", "", (1,)),
        ("Jayne Smith", "", (1,)),
        ("Katherine O'Neil", "", (3,)),
        ("Thomas James", "", (4,)),
        ("John Brown", "", (5, 6)),
        ("iPad", "jane.smith@home.example", (1,)),
        ("Mum’s iPad (Jane Smith)", "", (1,)),
        ("James Thomas", "jane@school.example", (1, 4)),
    ],
)
def test_probable(name, email, candidates) -> None:
    assert one(name, email) == ("probable", candidates)


@pytest.mark.parametrize(
    "name", ["Zoe Unknown", "iPhone", "+44 1632 960961", "😀", "Jan Smyth-Jones", "Bob Jane"]
)
def test_unknown(name) -> None:
    assert one(name) == ("unknown", ())


def test_a_namesake_who_did_not_book_is_not_the_one_who_did() -> None:
    attendee = Attendee("Jane Smith", "jane.smith@council.example")
    elsewhere = frozenset({"jane.smith@council.example"})
    assert find([attendee], booked=BOOKED)[0].match is Match.MATCHED
    assert find([attendee], booked=BOOKED, elsewhere=elsewhere)[0].match is Match.PROBABLE


def test_trainers_are_not_unknown() -> None:
    trainers = [Candidate(9, "Terry Trainer", "terry@pool.example")]
    found = find(
        [Attendee("TRAINER, Terry"), Attendee("T", "terry@pool.example"), Attendee("Jane Smith")],
        booked=BOOKED,
        trainers=trainers,
    )
    assert [one.match.value for one in found] == ["trainer", "trainer", "matched"]


def test_a_second_entry_of_the_same_name_is_added_and_says_so() -> None:
    found = find(
        [Attendee("Jane Smith", "jane@school.example"), Attendee("Jane Smith (Guest)")], booked=BOOKED
    )
    assert [one.booking for one in found] == [1, 1]
    assert found[1].why == "Same name as “Jane Smith”: their times are added together."


@pytest.mark.parametrize(
    "second",
    [
        Attendee("Jane Smith", "jane@home.example"),
        Attendee("Jane Smith (Guest)", intervals=ALL_MORNING),
    ],
    ids=["with an address of its own", "at the same time"],
)
def test_two_entries_that_may_be_two_people_are_for_a_person_to_decide(second) -> None:
    found = find([Attendee("Jane Smith", intervals=ALL_MORNING), second], booked=BOOKED)
    assert [one.match.value for one in found] == ["probable", "probable"]
    assert found[0].candidates == found[1].candidates == (1,)


def test_a_guest_beside_somebody_who_holds_the_address_under_another_name() -> None:
    found = find([Attendee("Office", "jane@school.example"), Attendee("Jane Smith")], booked=BOOKED)
    assert [one.match.value for one in found] == ["matched", "probable"]


def test_somebody_connected_twice_at_once_by_name_alone_is_probable() -> None:
    assert one("Jane Smith", overlaps=True) == ("probable", (1,))
    assert one("Jane Smith", "jane@school.example", overlaps=True) == ("matched", (1,))


def test_the_order_of_the_words_counts() -> None:
    assert name_key("James Thomas") != name_key("Thomas James")
    assert name_key("Thomas, James") == name_key("James Thomas")
    assert SIMILAR <= similarity("james thomas", "thomas james") < 1
