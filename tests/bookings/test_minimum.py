"""Sessions with too few people: before the team on the day to decide, with options, decided once."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.minimum import under_minimum
from bookings.models import Booking
from bookings.services.decisions import tell_of_decisions_due
from courses.models import Session
from courses.refusals import PlanRefused
from courses.services.decisions import decide_to_cancel, go_ahead, postpone_decision
from notifications.models import Message
from partnership_portal.working_days import add_working_days, uk_date, uk_moment, uk_today
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.factories import actor_for, adopt, make_person, make_session, policy

DECISIONS = "/alphashire/desk/sessions/decisions/"


@pytest.fixture(autouse=True)
def _demonstration(settings):
    settings.PORTAL_DEMO = True


@pytest.fixture
def person(partnership):
    return make_person(partnership, Role.TEAM)


@pytest.fixture
def team(person):
    return actor_for(person)


@pytest.fixture
def desk(sign_in, person):
    return sign_in(person)


@pytest.fixture
def short(partnership, now):
    """A session some working days from now that needs two people."""

    def made(days=5, **fields):
        start = uk_moment(add_working_days(uk_today(), days), (now + timedelta(minutes=10)).time())
        return make_session(partnership, starts_at=start, **{"minimum": 2, **fields})

    return made


@pytest.mark.parametrize(
    ("days", "fields", "due"),
    [
        (7, {}, True),
        (8, {}, False),
        (5, {"minimum": 0}, False),
        (5, {"status": "draft"}, False),
        (5, {"status": "cancelled"}, False),
        (5, {"decision": "go_ahead"}, False),
        (5, {"decision": "postponed", "decide_again_on": uk_today() + timedelta(days=1)}, False),
        (5, {"decision": "postponed", "decide_again_on": uk_today()}, True),
    ],
)
def test_a_session_is_due_from_its_day_until_it_is_decided(days, fields, due, team, short, now):
    session = short(days, **fields)
    assert under_minimum(team, now) == ([session] if due else [])


def test_confirmed_places_count_and_offers_and_waits_do_not(partnership, team, short, book, now):
    session = short()
    book(make_person(partnership), session)
    Booking.objects.update(state="confirmed")
    (found,) = under_minimum(team, now)
    assert (found.confirmed, found.decide_by) == (1, add_working_days(uk_date(session.starts_at), -7))
    book(make_person(partnership), session)
    assert under_minimum(team, now) == []


def test_the_day_follows_the_policy_at_the_session(partnership, team, short, now):
    adopt(partnership, policy(booking__decision_working_days=10), at=now - timedelta(days=1))
    session = short(10)
    assert under_minimum(team, now) == [session]


def test_the_neighbours_sessions_are_not_ours_to_decide(partnership, neighbour, team, desk, short, now):
    with acting_in(neighbour):
        theirs = make_session(neighbour, minimum=5, starts_at=now + timedelta(days=3))
    assert under_minimum(team, now) == []
    for page in ("decide", "merge"):
        assert desk.get(f"/alphashire/desk/sessions/{theirs.pk}/{page}/").status_code == 404
    with pytest.raises(Session.DoesNotExist):
        go_ahead(actor=team, session=theirs)


def test_the_team_gets_one_message_and_one_more_when_it_is_put_off(partnership, team, short, now):
    session = short()
    for _ in range(2):
        tell_of_decisions_due(partnership, now)
    message = Message.objects.get()
    assert (message.to_email, message.purpose) == (partnership.coordinator_email, "decision_due")
    assert "0 of 2" in message.text and f"/desk/sessions/{session.pk}/decide/" in message.text
    again = uk_today() + timedelta(days=1)
    postpone_decision(actor=team, session=session, until=again, note="A school is asking.")
    tell_of_decisions_due(partnership, now)
    assert Message.objects.count() == 1
    for _ in range(2):
        tell_of_decisions_due(partnership, now + timedelta(days=1))
    assert Message.objects.count() == 2


def test_decisions_are_written_down_once(team, short):
    session = short()
    for _ in range(2):
        decided = go_ahead(actor=team, session=session, note="The trainer comes anyway.")
    assert (decided.decision, decided.decision_note) == ("go_ahead", "The trainer comes anyway.")
    assert decided.decided_at is not None
    entry = AuditEntry.objects.get(action="courses.decide_on_session")
    assert (entry.before["decision"], entry.after["decision"]) == ("", "go_ahead")


def test_cancelling_for_want_of_people_is_a_decision(team, short):
    session = short()
    for _ in range(2):
        decided = decide_to_cancel(actor=team, session=session, reason="Too few people.")
    assert (decided.status, decided.decision, decided.cancelled_reason) == (
        "cancelled",
        "cancelled",
        "Too few people.",
    )
    assert AuditEntry.objects.filter(action="courses.decide_on_session").count() == 1


def test_putting_off_needs_a_note_and_a_day_before_the_session(team, short):
    session = short()
    tomorrow = uk_today() + timedelta(days=1)
    for until, note, field in (
        (tomorrow, " ", "note"),
        (uk_today(), "Later", "until"),
        (uk_date(session.starts_at) + timedelta(days=1), "Later", "until"),
    ):
        with pytest.raises(PlanRefused) as refused:
            postpone_decision(actor=team, session=session, until=until, note=note)
        assert refused.value.field == field


def test_only_the_team_decides(partnership, short):
    trainer = actor_for(make_person(partnership, Role.TRAINER))
    session = short()
    for act in (
        lambda: go_ahead(actor=trainer, session=session),
        lambda: postpone_decision(actor=trainer, session=session, until=uk_today(), note="x"),
        lambda: decide_to_cancel(actor=trainer, session=session, reason="x"),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_what_is_over_or_not_open_is_not_decided(team, short, now, partnership):
    for session, words in (
        (short(status="draft"), "not open"),
        (make_session(partnership, starts_at=now - timedelta(hours=1)), "has begun"),
    ):
        with pytest.raises(PlanRefused, match=words):
            go_ahead(actor=team, session=session)


def test_another_day_is_another_question(team, short, now):
    from tests.bookings.test_changed_sessions import moved

    session = short()
    go_ahead(actor=team, session=session)
    moved(team, session, session.starts_at + timedelta(days=1))
    session.refresh_from_db()
    assert (session.decision, session.decided_at) == ("", None)


def decide(desk, session, **data):
    url = f"/alphashire/desk/sessions/{session.pk}/decide/"
    return desk.post(url, {"note": "", "until_day": "", "until_month": "", "until_year": "", **data})


def test_the_page_lists_what_is_due_and_each_option_works(partnership, desk, short, book, now):
    course = short().course
    ahead, cancelled, later, emptied = (short(course=course) for _ in range(4))
    kept = make_session(partnership, course=course, starts_at=now + timedelta(days=40))
    coming = book(make_person(partnership), emptied)
    page = desk.get(DECISIONS).content.decode()
    assert page.count("Decide<span") == 5 and "1 of 2 needed" in page
    assert decide(desk, ahead, decision="go_ahead").headers["Location"] == DECISIONS
    decide(desk, cancelled, decision="cancel", note="Too few people.")
    tomorrow = uk_today() + timedelta(days=1)
    parts = {f"until_{part}": getattr(tomorrow, part) for part in ("day", "month", "year")}
    decide(desk, later, decision="postpone", note="A school is asking.", **parts)
    decide(desk, emptied, decision="merge", into=str(kept.pk), note="Too few people.")
    for session in (ahead, cancelled, later, emptied, coming):
        session.refresh_from_db()
    assert [one.decision for one in (ahead, cancelled, later, emptied)] == [
        "go_ahead",
        "cancelled",
        "postponed",
        "merged",
    ]
    assert coming.session == kept
    assert desk.get(DECISIONS).content.decode().count("Decide<span") == 1


@pytest.mark.parametrize(
    ("data", "target", "words"),
    [
        ({"decision": ""}, "id_decision_0", "Choose what you decide"),
        ({"decision": "cancel"}, "id_note", "Enter the reason"),
        ({"decision": "merge"}, "id_note", "Enter the reason"),
        ({"decision": "merge", "note": "x"}, "id_into", "Choose a session"),
        ({"decision": "merge", "note": "x", "into": "999999"}, "id_into", "Select a valid choice"),
        ({"decision": "postpone", "note": "x"}, "id_until_day", "Enter when you decide"),
        ({"decision": "postpone"}, "id_note", "Enter why you decide later"),
    ],
)
def test_every_error_links_to_its_field(data, target, words, partnership, desk, short, now):
    session = short()
    make_session(partnership, course=session.course, starts_at=now + timedelta(days=40))
    page = decide(desk, session, **data).content.decode()
    assert words in page and f'href="#{target}"' in page and f'id="{target}"' in page
    session.refresh_from_db()
    assert session.decision == ""


def test_a_merge_that_is_refused_is_said_at_its_field(partnership, desk, short, book, now):
    session = short()
    full = make_session(partnership, course=session.course, capacity=1, starts_at=now + timedelta(days=40))
    book(make_person(partnership), full)
    book(make_person(partnership), session)
    url = f"/alphashire/desk/sessions/{session.pk}/merge/"
    page = desk.post(url, {"into": str(full.pk), "reason": "Too few"}).content.decode()
    assert "has too few places" in page and 'href="#id_into_0"' in page
    Session.objects.filter(pk=full.pk).update(capacity=2)
    assert desk.post(url, {"into": str(full.pk), "reason": "Too few"}).status_code == 302
    session.refresh_from_db()
    assert session.merged_into == full


def test_without_another_session_merging_is_no_option(desk, short):
    session = short()
    assert (
        "merged with another"
        not in desk.get(f"/alphashire/desk/sessions/{session.pk}/decide/").content.decode()
    )
    assert "no other session" in desk.get(f"/alphashire/desk/sessions/{session.pk}/merge/").content.decode()


def test_the_list_costs_the_same_for_one_session_and_five(desk, short):
    def queries():
        with CaptureQueriesContext(connection) as found:
            assert desk.get(DECISIONS).status_code == 200
        return len(found)

    short()
    queries()
    one = queries()
    for _ in range(4):
        short()
    assert queries() == one == 11
