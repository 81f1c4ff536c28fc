"""The reconciliation desk's services: nothing is settled silently, and the register gets what was confirmed."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from bookings.models import Attendance, Booking, ReportedMeeting, ReportedPerson
from bookings.reconciliation_desk import desk_of
from bookings.services import reconciliation
from bookings.services.reconciliation import (
    add_report,
    confirm_marks,
    decide_who,
    forget_reports,
    remove_report,
)
from bookings.services.register import mark_attendance, set_times
from courses.models import Session, SessionDate
from partnerships.errors import DomainError
from partnerships.jobs import one_by_one
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.meeting_reports.world import held_online, placed, report_of
from tests.factories import actor_for, adopt, make_person, policy


@pytest.fixture
def team(partnership):
    return actor_for(make_person(partnership, Role.TEAM))


@pytest.fixture
def session(partnership):
    return held_online(partnership)


@pytest.fixture
def date(session):
    return session.dates.get()


def desk(date):
    return desk_of(date.partnership, date)


def proposals(date) -> dict[str, str]:
    return {place.booking.person.name: place.proposal for place in desk(date).places}


def groups(date) -> dict[str, list[str]]:
    return {group: [one.person.name for one in entries] for group, _, entries in desk(date).groups}


def all_proposed(date) -> dict[int, str]:
    return {place.booking.pk: place.initial for place in desk(date).places}


def test_the_whole_way_from_the_report_to_the_register(team, session, date) -> None:
    ann, bob, cas, dee = (
        placed(session, "Ann Other", "ann@school.example"),
        placed(session, "Bob Brown"),
        placed(session, "Cas Evans"),
        placed(session, "Dee Late"),
    )
    content = report_of(
        date,
        ("A. Other (School)", "ann@school.example", -10, 60),
        ("A. Other (School)", "ann@school.example", 70, 190),
        ("BROWN Bob", "", 0, 180),
        ("Dee Late", "", 60, 180),
        ("Zoe Nobody", "zoe@home.example", 0, 180),
    )
    report, is_new = add_report(actor=team, session_date=date, content=content)
    assert is_new and report.format == "teams_sections"
    assert groups(date) == {
        "probable": ["BROWN Bob"],
        "matched": ["A. Other (School)", "Dee Late"],
        "unknown": ["Zoe Nobody"],
    }
    assert [place.booking for place in desk(date).missing] == [bob, cas]
    with pytest.raises(DomainError, match="only probable"):
        confirm_marks(actor=team, session_date=date, marks=all_proposed(date))
    entry = ReportedPerson.objects.get(name="BROWN Bob")
    assert decide_who(actor=team, session_date=date, choices={entry.pk: bob.pk}) == 1
    assert decide_who(actor=team, session_date=date, choices={entry.pk: bob.pk}) == 0
    assert proposals(date) == {
        "Ann Other": "present",
        "Bob Brown": "present",
        "Cas Evans": "absent",
        "Dee Late": "in part",
    }
    assert not Attendance.objects.exists()
    assert confirm_marks(actor=team, session_date=date, marks=all_proposed(date)) == 4
    marks = {one.booking_id: one for one in Attendance.objects.all()}
    assert [marks[one.pk].mark for one in (ann, bob, cas, dee)] == ["present", "present", "absent", "present"]
    assert marks[dee.pk].arrived_late == date.starts_at + timedelta(minutes=60)
    assert marks[dee.pk].left_early is None
    assert {one.marked_how for one in marks.values()} == {"report"}
    states = [Booking.objects.get(pk=one.pk).state for one in (ann, bob, cas, dee)]
    assert states == ["attended", "attended", "did_not_attend", "partly_attended"]
    report.refresh_from_db()
    assert report.confirmed_by == team.person and report.confirmed_at
    assert confirm_marks(actor=team, session_date=date, marks=all_proposed(date)) == 0


def test_a_person_who_left_and_rejoined_is_counted_neither_twice_nor_half(team, session, date) -> None:
    """Domain: a person who left and rejoined is counted twice or half."""
    placed(session, "Ann Other", "ann@school.example")
    content = report_of(
        date,
        ("Ann Other", "ann@school.example", 0, 80),
        ("Ann Other", "ann@school.example", 60, 100),
        ("Ann Other", "ann@school.example", 130, 175),
    )
    add_report(actor=team, session_date=date, content=content)
    [place] = desk(date).places
    assert (place.presence.least, place.proposal) == (145 * 60, "present")
    assert Booking.objects.count() == 1 and len(place.entries) == 1


def test_breaks_are_taken_off_the_minutes_that_the_register_keeps(team, session, date) -> None:
    booking = placed(session, "Ann Other")
    content = report_of(date, ("Ann Other", "", 10, 40), ("Ann Other", "", 150, 180))
    add_report(actor=team, session_date=date, content=content)
    confirm_marks(actor=team, session_date=date, marks={booking.pk: "in part"})
    mark = Attendance.objects.get()
    assert mark.left_early - mark.arrived_late == timedelta(minutes=60)
    booking.refresh_from_db()
    assert booking.state == "partly_attended"


def test_guests_without_an_email_address_are_not_lost(team, session, date) -> None:
    """Domain: guests without an email address are lost."""
    guest = placed(session, "Jane Smith", "jane@school.example")
    nameless = placed(session, "Tom Tate", "")
    content = report_of(
        date, ("Smith, Jane (Guest)", "", 0, 180), ("Tom Tate", "", 0, 180), ("Stranger", "", 0, 180)
    )
    add_report(actor=team, session_date=date, content=content)
    assert groups(date) == {"matched": ["Smith, Jane (Guest)", "Tom Tate"], "unknown": ["Stranger"]}
    assert [place.proposal for place in desk(date).places if place.booking in (guest, nameless)] == [
        "present"
    ] * 2


def test_the_same_file_twice_changes_nothing(team, session, date) -> None:
    placed(session, "Ann Other")
    content = report_of(date, ("Ann Other", "", 0, 180), ("Ann Oter", "", 0, 180))
    first, _ = add_report(actor=team, session_date=date, content=content)
    entry = ReportedPerson.objects.get(name="Ann Oter")
    decide_who(actor=team, session_date=date, choices={entry.pk: None})
    again, is_new = add_report(actor=team, session_date=date, content=content)
    assert again == first and not is_new
    assert (ReportedMeeting.objects.count(), ReportedPerson.objects.count()) == (1, 2)
    assert AuditEntry.objects.filter(action="bookings.add_report").count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        _copy(first)


def _copy(report) -> None:
    report.pk = None
    report.save(force_insert=True)


def test_a_meeting_that_was_started_again_has_two_reports_that_add_up(team, session, date) -> None:
    placed(session, "Ann Other")
    add_report(actor=team, session_date=date, content=report_of(date, ("Ann Other", "", 0, 100)))
    assert proposals(date) == {"Ann Other": "in part"}
    add_report(actor=team, session_date=date, content=report_of(date, ("Ann Other", "", 105, 180)))
    assert proposals(date) == {"Ann Other": "present"}


def test_a_session_of_two_dates_takes_a_report_for_each(partnership, team) -> None:
    session = held_online(partnership, days=2)
    booking = placed(session, "Ann Other")
    first, second = session.dates.all()
    content = report_of(first, ("Ann Other", "", 0, 180))
    with pytest.raises(DomainError, match="Choose the report of that day"):
        add_report(actor=team, session_date=second, content=content)
    for date in (first, second):
        add_report(actor=team, session_date=date, content=report_of(date, ("Ann Other", "", 0, 180)))
        confirm_marks(actor=team, session_date=date, marks={booking.pk: "present"})
        booking.refresh_from_db()
        assert booking.state == ("confirmed" if date == first else "attended")


def test_the_policy_says_how_many_minutes_count(partnership, team, session, date) -> None:
    placed(session, "Ann Other")
    add_report(actor=team, session_date=date, content=report_of(date, ("Ann Other", "", 36, 180)))
    assert proposals(date) == {"Ann Other": "present"} and desk(date).minutes_needed == 144
    adopt(partnership, policy(certificate__minutes_percent=90), at=session.starts_at - timedelta(days=1))
    date = SessionDate.objects.get(pk=date.pk)
    assert proposals(date) == {"Ann Other": "in part"} and desk(date).minutes_needed == 162
    booking = Booking.objects.get()
    confirm_marks(actor=team, session_date=date, marks={booking.pk: "in part"})
    booking.refresh_from_db()
    assert booking.state == "partly_attended"


def test_where_the_register_says_something_else_a_person_chooses(team, session, date) -> None:
    kept, same, partly = (placed(session, name) for name in ("Ann Other", "Bob Brown", "Cas Evans"))
    mark_attendance(actor=team, session_date=date, marks={kept.pk: "present", same.pk: "present"})
    set_times(
        actor=team,
        session_date=date,
        booking=partly,
        arrived_late=date.starts_at + timedelta(hours=1),
        left_early=None,
    )
    content = report_of(date, ("Bob Brown", "", 0, 180), ("Cas Evans", "", 0, 180))
    add_report(actor=team, session_date=date, content=content)
    assert all_proposed(date) == {kept.pk: "", same.pk: "leave", partly.pk: ""}
    with pytest.raises(DomainError, match="Choose a mark for each person"):
        confirm_marks(actor=team, session_date=date, marks=all_proposed(date))
    marks = {kept.pk: "leave", same.pk: "leave", partly.pk: "present"}
    assert confirm_marks(actor=team, session_date=date, marks=marks) == 1
    states = [Booking.objects.get(pk=one.pk).state for one in (kept, same, partly)]
    assert states == ["attended"] * 3
    assert Attendance.objects.get(booking=partly).arrived_late is None


def test_a_mark_for_somebody_who_lost_the_place_meanwhile_is_refused(team, session, date) -> None:
    booking, other = placed(session, "Ann Other"), placed(session, "Bob Brown")
    add_report(actor=team, session_date=date, content=report_of(date, ("Ann Other", "", 0, 180)))
    marks = all_proposed(date)
    Booking.objects.filter(pk=booking.pk).update(state="cancelled")
    with pytest.raises(DomainError, match="changed meanwhile"):
        confirm_marks(actor=team, session_date=date, marks=marks)
    assert groups(date) == {"unknown": ["Ann Other"]}
    entry = ReportedPerson.objects.get()
    with pytest.raises(DomainError, match="no longer has a place"):
        decide_who(actor=team, session_date=date, choices={entry.pk: booking.pk})
    assert decide_who(actor=team, session_date=date, choices={entry.pk: other.pk}) == 1


def test_a_namesake_of_the_partnership_is_only_probable(partnership, team, session, date) -> None:
    placed(session, "Jane Smith", "jane@school.example")
    namesake = make_person(partnership, name="Jane Smith")
    add_report(actor=team, session_date=date, content=report_of(date, ("Jane Smith", namesake.email, 0, 180)))
    assert groups(date) == {"probable": ["Jane Smith"]}


def test_trainers_reconcile_their_own_sessions_and_are_no_strangers(partnership) -> None:
    trainer = make_person(partnership, Role.TRAINER, name="Terry Trainer")
    session = held_online(partnership, trainers=(trainer,))
    date = session.dates.get()
    placed(session, "Ann Other")
    content = report_of(date, ("Trainer, Terry", "", -20, 190), ("Ann Other", "", 0, 180))
    for role in (Role.TRAINER, Role.ORGANISATION_LEAD, Role.PRACTITIONER):
        other = make_person(partnership, *([] if role is Role.PRACTITIONER else [role]))
        with pytest.raises(PermissionDenied):
            add_report(actor=actor_for(other), session_date=date, content=content)
    add_report(actor=actor_for(trainer), session_date=date, content=content)
    assert groups(date) == {"matched": ["Ann Other"], "trainer": ["Trainer, Terry"]}


def test_no_report_before_the_session_or_of_a_cancelled_one(partnership, team, session, date) -> None:
    content = report_of(date, ("Ann Other", "", 0, 180))
    Session.objects.filter(pk=session.pk).update(status="cancelled")
    with pytest.raises(DomainError, match="not taking place"):
        add_report(actor=team, session_date=date, content=content)
    Session.objects.filter(pk=session.pk).update(status="published")
    later = timezone.now() + timedelta(days=3)
    session.dates.update(starts_at=later, ends_at=later + timedelta(hours=3))
    with pytest.raises(DomainError, match="register opens"):
        add_report(actor=team, session_date=date, content=content)


def test_a_wrong_report_is_removed_and_the_register_stays(team, session, date) -> None:
    booking = placed(session, "Ann Other")
    report, _ = add_report(actor=team, session_date=date, content=report_of(date, ("Ann Other", "", 0, 180)))
    confirm_marks(actor=team, session_date=date, marks={booking.pk: "present"})
    remove_report(actor=team, report=report)
    remove_report(actor=team, report=report)
    assert not ReportedPerson.objects.exists() and Attendance.objects.count() == 1
    with pytest.raises(DomainError, match="no meeting report"):
        confirm_marks(actor=team, session_date=date, marks={booking.pk: "absent"})


def test_names_are_forgotten_thirty_days_after(partnership, team, session, date, neighbour) -> None:
    booking = placed(session, "Ann Other")
    content = report_of(date, ("Ann Other", "", 0, 180), ("Zoe Secret", "zoe@secret.example", 0, 9))
    report, _ = add_report(actor=team, session_date=date, content=content)
    confirm_marks(actor=team, session_date=date, marks={booking.pk: "present"})
    forget_reports(partnership, report.uploaded_at + timedelta(days=29))
    assert ReportedPerson.objects.count() == 2
    for _ in range(2):
        forget_reports(partnership, report.uploaded_at + timedelta(days=30))
    assert not ReportedPerson.objects.exists()
    report.refresh_from_db()
    assert report.forgotten_at and report.title == ""
    assert add_report(actor=team, session_date=date, content=content) == (report, False)
    assert Attendance.objects.get().mark == "present"
    trail = str(list(AuditEntry.objects.values_list("before", "after")))
    assert "Secret" not in trail and "secret" not in trail


def test_what_was_never_confirmed_is_forgotten_altogether(partnership, team, session, date) -> None:
    placed(session, "Ann Other")
    content = report_of(date, ("Ann Other", "", 0, 180))
    add_report(actor=team, session_date=date, content=content)
    forget_reports(partnership, timezone.now() + timedelta(days=31))
    assert not ReportedMeeting.objects.exists()
    assert add_report(actor=team, session_date=date, content=content)[1]


def test_what_is_confirmed_while_the_job_runs_is_kept(partnership, team, session, date, monkeypatch) -> None:
    booking = placed(session, "Ann Other")
    add_report(actor=team, session_date=date, content=report_of(date, ("Ann Other", "", 0, 180)))

    def meanwhile(partnership, acts):
        confirm_marks(actor=team, session_date=date, marks={booking.pk: "present"})
        one_by_one(partnership, acts)

    monkeypatch.setattr(reconciliation, "one_by_one", meanwhile)
    forget_reports(partnership, timezone.now() + timedelta(days=31))
    report = ReportedMeeting.objects.get()
    assert report.confirmed_at is not None and report.forgotten_at is not None


def test_two_workers_forget_a_report_once(partnership, team, session, date, monkeypatch) -> None:
    placed(session, "Ann Other")
    add_report(actor=team, session_date=date, content=report_of(date, ("Ann Other", "", 0, 180)))
    monkeypatch.setattr(
        reconciliation, "one_by_one", lambda partnership, acts: [act() for act in [*acts] for _ in range(2)]
    )
    forget_reports(partnership, timezone.now() + timedelta(days=31))
    assert AuditEntry.objects.filter(action="bookings.forget_report").count() == 1


def test_a_dropped_date_takes_its_reports_with_it(partnership, team) -> None:
    session = held_online(partnership, days=2)
    first, second = session.dates.all()
    placed(session, "Ann Other")
    add_report(actor=team, session_date=first, content=report_of(first, ("Ann Other", "", 0, 180)))
    first.delete()
    assert not ReportedMeeting.objects.exists() and second.pk


def test_the_neighbours_people_are_no_candidates(partnership, team, session, date, neighbour) -> None:
    placed(session, "Ann Other")
    with acting_in(neighbour):
        theirs = held_online(neighbour)
        placed(theirs, "Nina Neighbour", "nina@n.example")
        their_date = theirs.dates.get()
    content = report_of(date, ("Nina Neighbour", "nina@n.example", 0, 180))
    add_report(actor=team, session_date=date, content=content)
    assert groups(date) == {"unknown": ["Nina Neighbour"]}
    with pytest.raises(Session.DoesNotExist):
        add_report(actor=team, session_date=their_date, content=content)


def test_only_sure_matches_settle_themselves_in_the_database_too(team, session, date) -> None:
    booking = placed(session, "Ann Other")
    add_report(actor=team, session_date=date, content=report_of(date, ("Ann Oter", "", 0, 180)))
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportedPerson.objects.update(booking=booking)
