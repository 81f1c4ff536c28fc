"""Duplicating a session and a year's programme: what is copied, to which day, and never twice."""

from datetime import date, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from courses import tasks
from courses.days_off import DaysOff
from courses.models import ProgrammeCopy, SchoolHoliday, Session
from courses.plans import slot_on
from courses.refusals import PlanRefused
from courses.services.copies import (
    copy_programme,
    duplicate_session,
    go_on_copying,
    requeue_stuck_copies,
)
from courses.services.sessions import cancel_session
from courses.suggestions import programme_of
from courses.years import Year, moved_to_next_year, same_day_next_year
from partnership_portal.working_days import UK, bank_holiday, uk_date, uk_moment, uk_today
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.courses.conftest import day_in
from tests.factories import actor_for, adopt, job, make_course, make_person, make_session, policy

DAYS = st.dates(date(2024, 4, 1), date(2032, 3, 31))
SESSIONS = "/alphashire/desk/sessions/"


@pytest.fixture
def desk(sign_in, team):
    return sign_in(team)


@pytest.fixture
def year():
    """The year after this one, all of it to come."""
    return Year.of(uk_today(), 4).following


def in_year(year, month, day, hour=10):
    """A moment of the year."""
    number = year.starts_in if month >= 4 else year.starts_in + 1
    return uk_moment(date(number, month, day), time(hour))


@given(day=DAYS)
def test_the_same_day_next_year_is_the_same_weekday_of_the_same_month(day):
    there = same_day_next_year(day)
    assert (there.year, there.month, there.weekday()) == (day.year + 1, day.month, day.weekday())
    number = (day.day - 1) // 7 + 1
    assert (there.day - 1) // 7 + 1 == number or (number == 5 and (there + timedelta(7)).month != day.month)


@given(day=DAYS, start=st.integers(6, 20), closed=st.lists(st.tuples(DAYS, st.integers(0, 50)), max_size=5))
def test_a_copy_misses_the_days_off_stays_in_its_year_and_keeps_its_hour(day, start, closed):
    slots = (slot_on(day, time(start), time(23)), slot_on(day + timedelta(days=1), time(start), time(23)))
    holidays = tuple(
        SchoolHoliday(name="Closed", first_day=first, last_day=first + timedelta(days=length))
        for first, length in closed
    )
    off, year = DaysOff(True, holidays), Year.of(day, 4)
    there, note, left_out = moved_to_next_year(slots, year, off)
    first = uk_date(there[0].starts_at)
    assert first.weekday() == day.weekday() and year.following.holds(first)
    assert {slot.starts_at.astimezone(UK).time() for slot in there} == {time(start)}
    if left_out:
        assert off.why_any(there) == left_out and first == same_day_next_year(day)
    else:
        assert not off.why_any(there)
        assert bool(note) == (first != same_day_next_year(day))
        assert not any(bank_holiday(uk_date(slot.starts_at)) for slot in there)


@pytest.mark.parametrize(
    ("day", "closed", "expected", "note"),
    [
        # The first Monday of May is a bank holiday in 2027 as in 2026.
        (date(2026, 5, 4), None, date(2027, 5, 10), "Moved 1 week later. Bank holiday: May Day."),
        (
            date(2026, 10, 27),
            (date(2027, 10, 25), date(2027, 10, 29)),
            date(2027, 11, 2),
            "Moved 1 week later. School holiday: Closed.",
        ),
        # Later than the year's end is no choice.
        (
            date(2027, 3, 30),
            (date(2028, 3, 27), date(2028, 4, 20)),
            date(2028, 3, 21),
            "Moved 1 week earlier. School holiday: Closed.",
        ),
        (date(2026, 6, 16), None, date(2027, 6, 15), ""),
    ],
)
def test_the_days_by_example(day, closed, expected, note):
    holidays = (SchoolHoliday(name="Closed", first_day=closed[0], last_day=closed[1]),) if closed else ()
    there, said, left_out = moved_to_next_year(
        (slot_on(day, time(9), time(12)),), Year.of(day, 4), DaysOff(True, holidays)
    )
    assert (uk_date(there[0].starts_at), said, left_out) == (expected, note, "")


@pytest.mark.parametrize(
    ("begins", "day", "name", "first", "last"),
    [
        (4, date(2027, 3, 31), "2026/27", date(2026, 4, 1), date(2027, 3, 31)),
        (4, date(2027, 4, 1), "2027/28", date(2027, 4, 1), date(2028, 3, 31)),
        (1, date(2027, 4, 1), "2027", date(2027, 1, 1), date(2027, 12, 31)),
        (9, date(1999, 12, 31), "1999/00", date(1999, 9, 1), date(2000, 8, 31)),
    ],
)
def test_a_year_begins_when_the_partnership_says(begins, day, name, first, last):
    year = Year.of(day, begins)
    assert (year.name, year.first_day, year.last_day) == (name, first, last)


def test_a_duplicate_is_a_draft_with_the_same_plan_and_nobody_on_it(planner, partnership):
    trainer, former = make_person(partnership, Role.TRAINER), make_person(partnership)
    session = make_session(
        partnership,
        days=2,
        minimum=4,
        trainers=(trainer, former),
        places_taken=3,
        capacity=12,
        cost_pence=4500,
    )
    copy = duplicate_session(actor=planner, session=session, day=day_in(90))
    assert (copy.status, copy.capacity, copy.minimum, copy.venue) == ("draft", 12, 4, session.venue)
    assert copy.cost_pence == 4500
    assert (copy.places_taken, copy.copied_from, copy.copied_for_year) == (0, session, None)
    assert [uk_date(one.starts_at) for one in copy.dates.all()] == [day_in(90), day_in(97)]
    # Whoever no longer trains is left out.
    assert [link.person for link in copy.trainer_links.all()] == [trainer]
    assert AuditEntry.objects.get(action="courses.plan_session").after["copied_from"] == session.pk


def test_a_duplicate_keeps_to_the_policy_at_its_own_start(planner, partnership):
    session = make_session(partnership, capacity=40)
    adopt(partnership, policy(booking__class_size_cap=25), at=timezone.now() + timedelta(days=60))
    assert duplicate_session(actor=planner, session=session, day=day_in(40)).capacity == 40
    with pytest.raises(PlanRefused, match="at most 25"):
        duplicate_session(actor=planner, session=session, day=day_in(90))


def test_only_the_team_duplicates_and_only_its_own(planner, partnership, neighbour, year):
    session = make_session(partnership)
    trainer = actor_for(make_person(partnership, Role.TRAINER))
    with pytest.raises(PermissionDenied):
        duplicate_session(actor=trainer, session=session, day=day_in(50))
    with pytest.raises(PermissionDenied):
        copy_programme(actor=trainer, year=year, chosen=[(session.pk, day_in(50))])
    with acting_in(neighbour):
        theirs = make_session(neighbour)
        copy = ProgrammeCopy.objects.create(
            partnership=neighbour,
            from_year=2026,
            chosen=[],
            requested_at=timezone.now(),
            touched_at=timezone.now(),
        )
    with pytest.raises(Session.DoesNotExist):
        duplicate_session(actor=planner, session=theirs, day=day_in(50))
    assert list(ProgrammeCopy.objects.visible_to(planner)) == []
    assert list(ProgrammeCopy.objects.visible_to(trainer)) == []
    go_on_copying(actor=job(partnership), copy_id=copy.pk)
    with acting_in(neighbour):
        assert ProgrammeCopy.objects.get(pk=copy.pk).state == "copying"


def test_the_page_asks_for_the_day_and_warns_of_a_clash(desk, partnership):
    session = make_session(partnership)
    make_session(partnership, venue=session.venue, starts_at=session.starts_at + timedelta(days=7))
    url = f"{SESSIONS}{session.pk}/duplicate/"
    assert "Enter the first date" in desk.post(url, {"day_day": ""}).content.decode()
    past = {"day_day": 1, "day_month": 2, "day_year": 2020}
    refused = desk.post(url, past).content.decode()
    assert "must be in the future" in refused and 'href="#id_day_day"' in refused
    day = uk_date(session.starts_at) + timedelta(days=7)
    answer = desk.post(
        url, {"day_day": day.day, "day_month": day.month, "day_year": day.year}, follow=True
    ).content.decode()
    assert "saved as a draft" in answer and f"{session.venue.name} is taken by" in answer


def preview(planner, year):
    return programme_of(planner, year=year, off=DaysOff(True), now=timezone.now())


def test_a_years_programme_is_everything_of_that_year_that_was_not_cancelled(
    planner, partnership, neighbour, year
):
    first = make_session(partnership, starts_at=in_year(year, 4, 1))
    last = make_session(partnership, starts_at=in_year(year, 3, 31), status="draft")
    make_session(partnership, starts_at=in_year(year, 6, 1), status="cancelled")
    make_session(partnership, starts_at=in_year(year.following, 4, 1))
    archived = make_session(
        partnership, starts_at=in_year(year, 7, 1), course=make_course(partnership, status="archived")
    )
    with acting_in(neighbour):
        make_session(neighbour, starts_at=in_year(year, 6, 1))
    found = preview(planner, year)
    assert {one.key for one in found} == {first.pk, last.pk, archived.pk}
    assert [one.key for one in found if one.left_out == "The course is no longer offered"] == [archived.pk]


def test_two_copies_that_would_meet_in_one_room_are_seen(planner, partnership, year):
    one = make_session(partnership, starts_at=in_year(year, 6, 1))
    make_session(partnership, venue=one.venue, starts_at=in_year(year, 6, 1, hour=12))
    clashes = [found.clashes for found in preview(planner, year)]
    assert len(clashes) == 2 and all("is taken by" in found[0] for found in clashes)


def form_data(year, **changes):
    return {"from_year": str(year.starts_in), "leave_out": ["bank", "school"], **changes}


def test_a_year_is_copied_as_drafts_and_not_twice(
    desk, partnership, year, django_capture_on_commit_callbacks
):
    sessions = [make_session(partnership, starts_at=in_year(year, month, 10)) for month in (5, 9, 2)]
    url = f"{SESSIONS}next-year/"
    page = desk.post(url, form_data(year))
    options = [option for _, group in page.context["groups"] for option in group]
    assert len(options) == 3 and Session.objects.count() == 3
    values = [one.value for one, _ in options]
    with django_capture_on_commit_callbacks(execute=True):
        answer = desk.post(url, form_data(year, step="save", days=values[:2]))
    copy = ProgrammeCopy.objects.get()
    assert answer.headers["Location"] == f"{url}{copy.pk}/"
    assert "2 sessions are saved as drafts" in desk.get(answer.headers["Location"]).content.decode()
    copies = Session.objects.filter(copied_for_year=year.starts_in + 1)
    assert set(copies.values_list("status", flat=True)) == {"draft"} and copies.count() == 2
    # Again, with what is left and what is there already, invented or from a stale page.
    page = desk.post(url, form_data(year))
    left = [one.value for _, group in page.context["groups"] for one, _ in group]
    assert left == values[2:] and "It was copied already" in page.content.decode()
    assert desk.post(url, form_data(year, step="save", days=values)).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(url, form_data(year, step="save", days=left))
    assert {one.copied_from for one in copies.all()} == set(sessions) and copies.count() == 3
    page = desk.post(url, form_data(year)).content.decode()
    assert "There is nothing to copy" in page and 'href="#id_from_year_0"' in page


def test_a_stale_request_copies_nothing_twice_and_says_so(planner, partnership, year):
    session = make_session(partnership, starts_at=in_year(year, 5, 10))
    chosen = [(session.pk, same_day_next_year(uk_date(session.starts_at)))]
    one, two = (copy_programme(actor=planner, year=year, chosen=chosen) for _ in range(2))
    for copy in (one, two, one):
        go_on_copying(actor=job(partnership), copy_id=copy.pk)
    assert Session.objects.filter(copied_from=session).count() == 1
    two.refresh_from_db()
    assert (two.state, two.refused) == ("done", [[session.pk, "This session was copied already."]])


def test_a_copy_that_was_given_up_may_be_made_again(planner, partnership, year):
    session = make_session(partnership, starts_at=in_year(year, 5, 10))
    day = same_day_next_year(uk_date(session.starts_at))
    copy = duplicate_session(actor=planner, session=session, day=day, for_year=year.starts_in + 1)
    cancel_session(actor=planner, session=copy, reason="Not wanted")
    duplicate_session(actor=planner, session=session, day=day, for_year=year.starts_in + 1)
    with pytest.raises(PlanRefused, match="copied already"):
        duplicate_session(actor=planner, session=session, day=day, for_year=year.starts_in + 1)


def test_a_killed_worker_leaves_the_rest_to_the_next(planner, partnership, year, monkeypatch):
    sessions = [make_session(partnership, starts_at=in_year(year, month, 10)) for month in (5, 6, 7)]
    chosen = [(one.pk, same_day_next_year(uk_date(one.starts_at))) for one in sessions]
    copy = copy_programme(actor=planner, year=year, chosen=chosen)
    ProgrammeCopy.objects.filter(pk=copy.pk).update(done=0)
    real, calls = duplicate_session, []

    def killed_at_the_second(**arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(**arguments)

    monkeypatch.setattr("courses.services.copies.duplicate_session", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        go_on_copying(actor=job(partnership), copy_id=copy.pk)
    copy.refresh_from_db()
    assert (copy.state, copy.done) == ("copying", 1) and Session.objects.count() == 4
    monkeypatch.undo()
    queued = []
    monkeypatch.setattr(tasks.copy_programme_task, "delay", lambda *keys: queued.append(keys))
    now = timezone.now()
    requeue_stuck_copies(partnership, now)
    assert queued == []
    requeue_stuck_copies(partnership, now + timedelta(minutes=4))
    assert queued == [(partnership.pk, copy.pk)]
    tasks.copy_programme_task(partnership.pk, copy.pk)
    copy.refresh_from_db()
    assert (copy.state, copy.done, copy.refused) == ("done", 3, []) and Session.objects.count() == 6


def test_the_progress_page_tells_how_far_it_is_and_what_was_refused(desk, planner, partnership, year):
    session = make_session(partnership, starts_at=in_year(year, 5, 10), capacity=40)
    copy = copy_programme(actor=planner, year=year, chosen=[(session.pk, day_in(500))])
    url = f"{SESSIONS}next-year/{copy.pk}/"
    assert "0 of 1 sessions" in desk.get(url).content.decode()
    adopt(partnership, policy(booking__class_size_cap=25), at=timezone.now())
    go_on_copying(actor=job(partnership), copy_id=copy.pk)
    page = desk.get(url).content.decode()
    assert "0 sessions are saved" in page and "allows at most 25 places" in page and "Not copied" in page


def test_the_preview_costs_the_same_for_one_session_and_five(desk, partnership, year):
    def queries():
        with CaptureQueriesContext(connection) as found:
            assert desk.post(f"{SESSIONS}next-year/", form_data(year)).status_code == 200
        return len(found)

    trainer = make_person(partnership, Role.TRAINER)
    make_session(partnership, starts_at=in_year(year, 5, 10), trainers=(trainer,))
    queries()
    one = queries()
    for month in (6, 7, 9, 10):
        make_session(partnership, starts_at=in_year(year, month, 10), trainers=(trainer,))
    assert queries() == one == 16


def test_a_year_must_be_chosen_and_something_ticked(desk, partnership, year):
    page = desk.post(f"{SESSIONS}next-year/", {"step": "preview"}).content.decode()
    assert "Choose a year" in page and 'href="#id_from_year_0"' in page
    assert "No session was planned" in desk.post(f"{SESSIONS}next-year/", form_data(year)).content.decode()
    make_session(partnership, starts_at=in_year(year, 5, 10))
    page = desk.post(f"{SESSIONS}next-year/", form_data(year, step="save")).content.decode()
    assert "Tick at least one date" in page and 'href="#id_days_0"' in page
    back = desk.post(f"{SESSIONS}next-year/", form_data(year, step="change")).content.decode()
    assert "See the dates" in back
