"""The register: two days are two marks, corrections count, and only one's own sessions."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from bookings.models import Attendance, Booking
from bookings.services.changes import tell_of_changed_sessions
from bookings.services.marks import outcome
from bookings.services.places import book_place, give_up
from bookings.services.register import mark_attendance, settle_registers
from courses.models import Session
from notifications.models import Message
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from tests.bookings.moving import begun, over
from tests.factories import actor_for, make_organisation, make_person, make_session


@pytest.fixture
def trainer(partnership):
    return make_person(partnership, Role.TRAINER)


@pytest.fixture
def two_days(partnership, trainer, book):
    """A session over two dates, both begun, with three people."""
    session = make_session(partnership, days=2, trainers=(trainer,))
    bookings = [book(make_person(partnership), session) for _ in range(3)]
    return over(session), bookings


def _states(bookings) -> list[str]:
    return [Booking.objects.get(pk=one.pk).state for one in bookings]


def _mark(actor, session, day: int, bookings, *marks: str) -> int:
    date = list(session.dates.all())[day]
    pairs = zip(bookings, marks, strict=False)
    return mark_attendance(
        actor=actor, session_date=date, marks={booking.pk: mark for booking, mark in pairs if mark}
    )


def test_a_two_day_course_is_not_attended_after_day_one(trainer, two_days) -> None:
    session, bookings = two_days
    actor = actor_for(trainer)
    _mark(actor, session, 0, bookings, "present", "present", "absent")
    assert _states(bookings) == ["confirmed"] * 3
    _mark(actor, session, 1, bookings, "present", "absent", "absent")
    assert _states(bookings) == ["attended", "partly_attended", "did_not_attend"]


def test_marks_may_be_saved_in_parts_and_corrected(trainer, two_days) -> None:
    session, bookings = two_days
    actor = actor_for(trainer)
    assert _mark(actor, session, 0, bookings, "present", "", "absent") == 2
    assert _mark(actor, session, 0, bookings, "present", "present", "absent") == 1
    assert _mark(actor, session, 1, bookings, "absent", "present", "absent") == 3
    assert _states(bookings) == ["partly_attended", "attended", "did_not_attend"]
    assert _mark(actor, session, 1, bookings, "present", "", "") == 1
    assert _mark(actor, session, 1, bookings, "present", "", "") == 0
    assert _states(bookings)[0] == "attended"
    entries = AuditEntry.objects.filter(action="bookings.mark_attendance").order_by("pk")
    assert entries.count() == 4
    assert entries.last().after == {"marks": {str(bookings[0].pk): "present"}}
    assert Attendance.objects.count() == 6


def test_the_policy_says_how_many_dates_count_as_attended() -> None:
    present, absent = "present", "absent"
    assert outcome([present, present, absent], dates=3, percent=66) == "attended"
    assert outcome([present, present, absent], dates=3, percent=67) == "partly_attended"
    assert outcome([present, present], dates=3, percent=1) == "confirmed"
    assert outcome([absent], dates=1, percent=1) == "did_not_attend"


def test_no_register_before_the_date_begins(partnership, trainer, book) -> None:
    session = make_session(partnership, days=2, trainers=(trainer,))
    booking = book(make_person(partnership), session)
    with pytest.raises(DomainError, match="opens half an hour before"):
        _mark(actor_for(trainer), session, 0, [booking], "present")
    begun(session)
    assert _mark(actor_for(trainer), session, 0, [booking], "present") == 1
    with pytest.raises(DomainError, match="opens half an hour before"):
        _mark(actor_for(trainer), session, 1, [booking], "present")


def test_a_date_that_was_moved_meanwhile_is_judged_as_it_is_now(trainer, two_days) -> None:
    session, bookings = two_days
    stale = session.dates.last()
    moved = timezone.now() + timedelta(days=9)
    session.dates.filter(pk=stale.pk).update(starts_at=moved, ends_at=moved + timedelta(hours=3))
    marks = {bookings[0].pk: "present"}
    with pytest.raises(DomainError, match="opens half an hour before"):
        mark_attendance(actor=actor_for(trainer), session_date=stale, marks=marks)
    session.dates.filter(pk=stale.pk).delete()
    with pytest.raises(DomainError, match="was dropped"):
        mark_attendance(actor=actor_for(trainer), session_date=stale, marks=marks)


def test_trainers_mark_their_own_sessions_and_the_team_marks_any(partnership, two_days) -> None:
    session, bookings = two_days
    for role in (Role.TRAINER, Role.ORGANISATION_LEAD):
        with pytest.raises(PermissionDenied):
            _mark(actor_for(make_person(partnership, role)), session, 0, bookings, "present")
    assert _mark(actor_for(make_person(partnership, Role.TEAM)), session, 0, bookings, "present") == 1


def test_only_those_with_a_place_are_on_the_register(partnership, trainer, book) -> None:
    session = make_session(partnership, capacity=1, trainers=(trainer,))
    holder, waiting = (book(make_person(partnership), session) for _ in range(2))
    begun(session)
    with pytest.raises(DomainError, match="no longer has a place"):
        _mark(actor_for(trainer), session, 0, [holder, waiting], "present", "present")
    assert not Attendance.objects.exists()
    with pytest.raises(DomainError, match="present or absent"):
        _mark(actor_for(trainer), session, 0, [holder], "perhaps")


def test_a_cancelled_session_has_no_register(trainer, two_days) -> None:
    session, bookings = two_days
    Session.objects.filter(pk=session.pk).update(status="cancelled")
    with pytest.raises(DomainError, match="not taking place"):
        _mark(actor_for(trainer), session, 0, bookings, "present")


def test_somebody_who_came_unannounced_is_booked_and_marked(partnership, trainer) -> None:
    team, person = make_person(partnership, Role.TEAM), make_person(partnership, account=False)
    session = begun(make_session(partnership, trainers=(trainer,)))
    booking = book_place(
        actor=actor_for(team),
        session=session,
        person=person,
        organisation=person.memberships.get().organisation,
    )
    _mark(actor_for(trainer), session, 0, [booking], "present")
    assert _states([booking]) == ["attended"]
    with pytest.raises(DomainError, match="begun"):
        give_up(actor=actor_for(team), booking=booking)


def test_a_date_added_later_makes_the_outcome_open_again(trainer, partnership, book) -> None:
    session = make_session(partnership, trainers=(trainer,))
    booking = book(make_person(partnership), session)
    over(session)
    _mark(actor_for(trainer), session, 0, [booking], "present")
    assert _states([booking]) == ["attended"]
    date = session.dates.get()
    date.pk, date.starts_at = None, timezone.now() - timedelta(minutes=5)
    date.ends_at = timezone.now() + timedelta(hours=2)
    date.save(force_insert=True)
    _mark(actor_for(trainer), session, 1, [booking], "absent")
    assert _states([booking]) == ["partly_attended"]


def test_an_organisations_name_is_text_on_the_register(partnership, trainer, book, sign_in) -> None:
    organisation = make_organisation(partnership, name="<b>Bold</b> & sons")
    session = make_session(partnership, trainers=(trainer,))
    book(make_person(partnership, organisation=organisation), session)
    begun(session)
    address = reverse("bookings:register", args=[partnership.slug, session.pk, session.dates.get().pk])
    page = sign_in(trainer).get(address).content.decode()
    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; sons" in page
    assert "<b>Bold" not in page


def test_a_dropped_date_settles_the_register_and_is_told(trainer, partnership, book, now) -> None:
    session = make_session(partnership, days=2, trainers=(trainer,))
    bookings = [book(make_person(partnership), session) for _ in range(2)]
    begun(session)
    _mark(actor_for(trainer), session, 0, bookings, "present", "absent")
    first = session.dates.first()
    session.dates.exclude(pk=first.pk).delete()
    Session.objects.filter(pk=session.pk).update(ends_at=timezone.now() - timedelta(minutes=1))
    assert _states(bookings) == ["confirmed"] * 2
    for _ in range(2):
        settle_registers(partnership, timezone.now())
        tell_of_changed_sessions(partnership, timezone.now())
    assert _states(bookings) == ["attended", "did_not_attend"]
    assert Message.objects.filter(purpose="session_changed").count() == 2
