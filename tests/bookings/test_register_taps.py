"""One tap per person and date: late, early, undone, and delivered late by a bad line."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bookings.models import Attendance, Booking
from bookings.register_rows import rows_of
from bookings.services.marks import counted
from bookings.services.register import mark_attendance, mark_rest_absent, set_times, undo_mark
from bookings.services.walk_ins import Newcomer, add_walk_in
from partnerships.errors import DomainError
from partnerships.models import AuditEntry, PolicyVersion
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.moving import begun, move, over
from tests.factories import actor_for, make_organisation, make_person, make_session


@pytest.fixture
def trainer(partnership):
    return make_person(partnership, Role.TRAINER)


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM)


@pytest.fixture
def held(partnership, trainer, book):
    """A session of three hours that is over, with three people."""
    session = make_session(partnership, trainers=(trainer,))
    bookings = [book(make_person(partnership), session) for _ in range(3)]
    return over(session), session.dates.get(), bookings


def _mark(person, date, booking, mark, **options) -> int:
    return mark_attendance(actor=actor_for(person), session_date=date, marks={booking.pk: mark}, **options)


def _state(booking) -> str:
    return Booking.objects.get(pk=booking.pk).state


def _held(booking) -> Attendance:
    return Attendance.objects.get(booking=booking)


@pytest.mark.parametrize(
    ("late", "early", "expected"),
    [
        (0, 0, "present"),
        (36, 0, "present"),
        (37, 0, "in part"),
        (18, 18, "present"),
        (18, 19, "in part"),
        (0, 179, "in part"),
    ],
)
def test_a_date_counts_for_those_who_were_there_for_four_fifths_of_it(held, late, early, expected) -> None:
    _, date, _ = held
    mark = Attendance(
        mark="present",
        arrived_late=date.starts_at + timedelta(minutes=late) if late else None,
        left_early=date.ends_at - timedelta(minutes=early) if early else None,
    )
    assert counted(mark, date, 80) == expected


def test_whoever_left_early_has_partly_attended_until_it_is_corrected(held, trainer) -> None:
    _, date, (booking, *_) = held
    actor, gone = actor_for(trainer), date.starts_at + timedelta(hours=1)
    set_times(actor=actor, session_date=date, booking=booking, arrived_late=None, left_early=gone)
    assert _state(booking) == "partly_attended"
    _mark(trainer, date, booking, "present")
    assert _held(booking).left_early == gone
    set_times(actor=actor, session_date=date, booking=booking, arrived_late=None, left_early=None)
    assert _state(booking) == "attended"
    set_times(actor=actor, session_date=date, booking=booking, arrived_late=None, left_early=None)
    assert undo_mark(actor=actor, session_date=date, booking=booking)
    assert (_held(booking).left_early, _state(booking)) == (gone, "partly_attended")
    _mark(trainer, date, booking, "absent")
    assert _held(booking).left_early is None
    assert AuditEntry.objects.filter(action="bookings.set_times").count() == 2


@pytest.mark.parametrize(("late", "early"), [(-5, 0), (0, -5), (100, 100)])
def test_times_lie_within_the_date_and_in_order(held, trainer, late, early) -> None:
    _, date, (booking, *_) = held
    with pytest.raises(DomainError, match="between the start and the end"):
        set_times(
            actor=actor_for(trainer),
            session_date=date,
            booking=booking,
            arrived_late=date.starts_at + timedelta(minutes=late),
            left_early=date.ends_at - timedelta(minutes=early),
        )
    assert not Attendance.objects.exists()


def test_undo_takes_one_step_back_and_is_done_once(held, trainer) -> None:
    _, date, (booking, *_) = held
    actor = actor_for(trainer)
    assert not undo_mark(actor=actor, session_date=date, booking=booking)
    _mark(trainer, date, booking, "present")
    _mark(trainer, date, booking, "absent")
    assert undo_mark(actor=actor, session_date=date, booking=booking)
    assert (_held(booking).mark, _state(booking)) == ("present", "attended")
    assert not undo_mark(actor=actor, session_date=date, booking=booking)
    assert _state(booking) == "attended"


def test_undoing_the_first_mark_leaves_the_booking_as_it_was_booked(held, trainer) -> None:
    _, date, (booking, *_) = held
    _mark(trainer, date, booking, "present")
    assert undo_mark(actor=actor_for(trainer), session_date=date, booking=booking)
    assert not Attendance.objects.exists()
    assert _state(booking) == "confirmed"
    entry = AuditEntry.objects.get(action="bookings.undo_mark")
    assert (entry.before, entry.after) == ({str(booking.pk): "present"}, {str(booking.pk): ""})


def test_a_tap_that_arrives_late_does_not_undo_what_somebody_else_marked_since(held, trainer, team) -> None:
    _, date, (booking, *_) = held
    tapped = timezone.now() - timedelta(minutes=10)
    _mark(team, date, booking, "absent", at=tapped + timedelta(minutes=5))
    assert _mark(trainer, date, booking, "present", at=tapped) == 0
    assert _held(booking).mark == "absent"
    assert not undo_mark(actor=actor_for(trainer), session_date=date, booking=booking, at=tapped)
    # A later tap counts, and so does one's own that was sent before it and is repeated.
    assert _mark(trainer, date, booking, "present", at=tapped + timedelta(minutes=6)) == 1
    assert _mark(trainer, date, booking, "present", at=tapped + timedelta(minutes=6)) == 0
    assert _mark(trainer, date, booking, "absent", at=tapped + timedelta(minutes=5)) == 1


def test_a_wrong_clock_makes_no_mark_of_the_future_nor_of_before_the_register(held, trainer) -> None:
    _, date, (first, second, _) = held
    _mark(trainer, date, first, "present", at=timezone.now() + timedelta(days=400))
    assert _held(first).marked_at <= timezone.now()
    _mark(trainer, date, second, "present", at=date.starts_at - timedelta(days=400))
    assert _held(second).marked_at == date.starts_at - timedelta(minutes=30)


def test_the_rest_is_marked_absent_and_nobody_else(held, trainer) -> None:
    _, date, bookings = held
    _mark(trainer, date, bookings[0], "present")
    for expected in (2, 0):
        assert mark_rest_absent(actor=actor_for(trainer), session_date=date) == expected
    assert [_state(one) for one in bookings] == ["attended", "did_not_attend", "did_not_attend"]
    with pytest.raises(PermissionDenied):
        stranger = make_person(trainer.partnership, Role.TRAINER)
        mark_rest_absent(actor=actor_for(stranger), session_date=date)


def test_the_register_opens_half_an_hour_before(partnership, trainer, book) -> None:
    session = make_session(partnership, trainers=(trainer,))
    booking = book(make_person(partnership), session)
    move(session, timezone.now() + timedelta(minutes=31) - session.starts_at)
    with pytest.raises(DomainError, match="half an hour before"):
        _mark(trainer, session.dates.get(), booking, "present")
    move(session, -timedelta(minutes=2))
    assert _mark(trainer, session.dates.get(), booking, "present") == 1


def test_the_row_says_who_marked_it(held, trainer, team) -> None:
    _, date, (first, second, third) = held
    _mark(trainer, date, first, "present", how="self")
    _mark(team, date, second, "absent")
    assert {row.booking: row.words for row in rows_of(date)} == {
        first: "Present, checked in themselves",
        second: "Absent",
        third: "Not marked yet",
    }
    assert _held(second).marked_how == "team"


def _address(session, date) -> str:
    return reverse("bookings:register", args=[session.partnership.slug, session.pk, date.pk])


def test_the_script_is_told_of_the_row_and_of_the_whole_register(held, trainer, sign_in) -> None:
    session, date, (booking, *_) = held
    client, address = sign_in(trainer), _address(session, date)
    json = {"Accept": "application/json"}
    told = client.post(address, {"tap": f"{booking.pk}-present", "age": "1500"}, headers=json).json()
    assert told == {
        "mark": "present",
        "words": "Present",
        "can_undo": True,
        "counts": {"present": 1, "absent": 0, "open": 2},
    }
    assert timezone.now() - _held(booking).marked_at >= timedelta(seconds=1.5)
    told = client.post(address, {"tap": f"{booking.pk}-undo", "age": "0"}, headers=json).json()
    assert (told["mark"], told["can_undo"]) == ("", False)
    for wrong in ({"tap": "x"}, {"tap": f"{booking.pk}-present", "age": "-1"}, {"tap": "99-present"}):
        answer = client.post(address, wrong, headers=json)
        assert (answer.status_code, list(answer.json())) == (409, ["refused"])


def test_nobody_marks_a_neighbours_booking(held, trainer, neighbour, sign_in) -> None:
    session, date, _ = held
    with acting_in(neighbour):
        other = begun(make_session(neighbour))
        person = make_person(neighbour)
        theirs = Booking.objects.create(
            partnership=neighbour,
            session=other,
            person=person,
            organisation=person.memberships.get().organisation,
            state="confirmed",
            booked_at=timezone.now(),
            policy_version=PolicyVersion.objects.get(partnership=neighbour),
        )
    client = sign_in(trainer)
    assert client.post(_address(session, date), {"tap": f"{theirs.pk}-present"}).status_code == 409
    assert client.post(_address(session, date), {"tap": f"{theirs.pk}-undo"}).status_code == 404
    times = reverse("bookings:times", args=[session.partnership.slug, session.pk, date.pk, theirs.pk])
    assert client.get(times).status_code == 404


def test_times_are_entered_by_uk_clocks(partnership, trainer, book, sign_in) -> None:
    # 9:30am by summer clocks is half past eight in UTC.
    session = make_session(partnership, trainers=(trainer,))
    booking = book(make_person(partnership, name="Ann Other"), session)
    move(session, datetime(2026, 7, 14, 8, 30, tzinfo=UTC) - session.starts_at)
    date = session.dates.get()
    address = reverse("bookings:times", args=[partnership.slug, session.pk, date.pk, booking.pk])
    client = sign_in(trainer)
    response = client.post(address, {"arrived_late": "9.45am", "left_early": "12:15"})
    assert response["Location"] == f"{_address(session, date)}#person-{booking.pk}"
    held = _held(booking)
    assert (held.arrived_late, held.left_early) == (
        datetime(2026, 7, 14, 8, 45, tzinfo=UTC),
        datetime(2026, 7, 14, 11, 15, tzinfo=UTC),
    )
    assert "Present from 9:45am until 12:15pm" in client.get(_address(session, date)).content.decode()
    page = client.post(address, {"arrived_late": "8am"}).content.decode()
    assert "between the start and the end" in page
    assert 'value="09:45"' in client.get(address).content.decode()


def test_a_long_register_is_searched(partnership, trainer, book, sign_in) -> None:
    session = make_session(partnership, trainers=(trainer,))
    names = ["Zoë Zed", *(f"Ann Other {number}" for number in range(10))]
    zoe, *others = (book(make_person(partnership, name=name), session) for name in names)
    begun(session)
    date = session.dates.get()
    client, address = sign_in(trainer), _address(session, date)
    client.post(address, {"tap": f"{others[0].pk}-present"})

    def shown(**query) -> list[Booking]:
        return [row.booking for row in client.get(address, query).context["rows"]]

    assert len(shown()) == 11
    assert shown(q="ZOË") == [zoe]
    assert others[0] not in shown(only_open="on")
    assert len(shown(only_open="on", q="ann")) == 9


def test_pages_of_the_day_need_as_many_queries_for_one_as_for_six(
    partnership, trainer, team, sign_in
) -> None:
    session = begun(make_session(partnership, trainers=(trainer,)))
    date, organisation = session.dates.get(), make_organisation(partnership)

    def add(number: int) -> None:
        for one in (Newcomer(f"N{number}", organisation=organisation), Newcomer(f"M{number}", "", None, "?")):
            add_walk_in(actor=actor_for(trainer), session_date=date, newcomer=one, key=uuid4())

    def count(client, address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    slug = partnership.slug
    pages = [
        (sign_in(trainer), _address(session, date)),
        (sign_in(trainer), f"{_address(session, date)}sheet.pdf"),
        (sign_in(trainer), f"{_address(session, date)}walk-in/"),
        (sign_in(trainer), reverse("evaluations:codes", args=[slug, session.pk])),
        (sign_in(team), reverse("bookings:walk_ins", args=[slug])),
        (sign_in(team), reverse("bookings:desk_session", args=[slug, session.pk])),
    ]
    add(0)
    for client, address in pages:
        count(client, address)
    before = [count(client, address) for client, address in pages]
    for number in range(1, 6):
        add(number)
    assert [count(client, address) for client, address in pages] == before
    assert max(before) <= 17
