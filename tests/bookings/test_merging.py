"""Merging two sessions: nobody lost, nobody twice, never over capacity, everybody told once, also in a race."""

import re
import threading
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client

from bookings.models import AccessNeeds, Approval, Booking, EvidenceFile, Prerequisite
from bookings.services import merging, places
from bookings.services.changes import tell_of_cancelled_sessions, tell_of_changed_sessions
from bookings.services.merging import merge_sessions
from bookings.services.moving import may_take_another
from bookings.services.places import Told, book_place
from bookings.services.prerequisites import EarlierTraining
from bookings.services.tasks import tick_task
from bookings.states import BookingState
from courses.models import Course, Session
from notifications.models import Message
from partnership_portal.templatetags.portal import uk_datetime
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.pressing import press
from tests.bookings.test_races import _race
from tests.factories import (
    actor_for,
    adopt,
    make_course,
    make_organisation,
    make_partnership,
    make_person,
    make_session,
    make_task,
    policy,
)


@pytest.fixture
def team(partnership):
    return actor_for(make_person(partnership, Role.TEAM))


@pytest.fixture
def two(partnership, now):
    """Two sessions of one course, the first in five weeks and the second in six."""
    course = make_course(partnership, title="Child neglect")

    def made(**changes):
        return tuple(
            make_session(
                partnership, course=course, starts_at=now + timedelta(days=days), **{"capacity": 5, **changes}
            )
            for days in (35, 42)
        )

    return made


def people(partnership, number):
    return [make_person(partnership) for _ in range(number)]


def on(session, *states):
    """Who is on the session in these states, in order."""
    bookings = Booking.objects.filter(session=session, state__in=states).order_by("booked_at", "pk")
    return [booking.person for booking in bookings.select_related("person")]


def merged(team, emptied, kept):
    return merge_sessions(actor=team, emptied=emptied, kept=kept, reason="Too few people had booked.")


def test_places_move_with_their_access_needs_and_the_emptied_session_is_cancelled(
    partnership, team, two, book
):
    emptied, kept = two()
    one, other, there = people(partnership, 3)
    booking = book(one, emptied, access_needs="Step-free access", declared="I can come")
    book(other, emptied)
    book(there, kept)
    merged(team, emptied, kept)
    emptied.refresh_from_db()
    kept.refresh_from_db()
    assert set(on(kept, "confirmed")) == {one, other, there} and on(emptied, *BookingState.values) == []
    assert (kept.places_taken, emptied.places_taken) == (3, 0)
    assert (emptied.status, emptied.merged_into, emptied.decision) == ("cancelled", kept, "merged")
    moved = Booking.objects.get(pk=booking.pk)
    assert AccessNeeds.objects.get(booking=moved).text == "Step-free access"
    assert (moved.declared, moved.booked_at) == ("I can come", booking.booked_at)
    entry = AuditEntry.objects.get(action="bookings.merge_sessions")
    assert entry.after["into"] == kept.pk and len(entry.after["moved"]) == 2


@pytest.mark.parametrize("stays", [0, 1], ids=["the emptied one's goes on", "the kept one's goes on"])
def test_whoever_is_on_both_keeps_what_they_said_and_did_for_either(partnership, team, two, book, stays):
    """Also where the better booking moves, and the other one was ended."""
    sessions = two()
    (one,) = people(partnership, 1)
    task = make_task(sessions[0].course)
    Session.objects.filter(pk=sessions[1 - stays].pk).update(capacity=1)
    book(people(partnership, 1)[0], sessions[1 - stays])
    goes_on = book(one, sessions[stays], access_needs="Large print")
    ended = book(one, sessions[1 - stays], access_needs="Hearing loop", diets=("vegan",), dietary="No kiwi")
    tick_task(actor=actor_for(one), booking=ended, task=task)
    Session.objects.update(capacity=5)
    merged(team, *sessions)
    goes_on.refresh_from_db()
    assert (goes_on.state, goes_on.session) == ("confirmed", sessions[1])
    needs = AccessNeeds.objects.get()
    assert (needs.booking, needs.text) == (goes_on, "Large print")
    assert (needs.diets, needs.dietary) == (["vegan"], "No kiwi")
    assert [done.task for done in goes_on.tasks_done.all()] == [task]


@pytest.mark.parametrize("stays", [0, 1], ids=["the emptied one's goes on", "the kept one's goes on"])
@pytest.mark.parametrize("evidence", [True, False])
def test_whoever_is_on_both_keeps_evidence_order_and_reason_of_either(
    partnership, team, two, book, stays, evidence
):
    sessions = two()
    (one,) = people(partnership, 1)
    Session.objects.filter(pk=sessions[1 - stays].pk).update(capacity=1)
    book(people(partnership, 1)[0], sessions[1 - stays])
    goes_on = book(one, sessions[stays], purchase_order="PO 1")
    earlier = EarlierTraining(
        "" if evidence else "Level 1", None if evidence else date(2026, 1, 1), _pdf(evidence)
    )
    said = {
        "purchase_order": "PO 2",
        "audience_reason": "Covers",
        "declared": "I can come",
        "earlier": earlier,
    }
    ended = book(one, sessions[1 - stays], **said)
    Session.objects.update(capacity=5)
    merged(team, *sessions)
    goes_on, ended = (Booking.objects.get(pk=booking.pk) for booking in (goes_on, ended))
    assert (goes_on.state, ended.state) == ("confirmed", "withdrawn")
    assert (goes_on.purchase_order, goes_on.audience_reason) == ("PO 1", "Covers")
    assert goes_on.declared == "I can come"
    kept = goes_on.prerequisite
    assert (kept.training, kept.has_evidence) == (earlier.training, evidence)
    assert EvidenceFile.objects.filter(prerequisite=kept).exists() is evidence


@pytest.mark.parametrize("stays", [0, 1], ids=["the emptied one's goes on", "the kept one's goes on"])
def test_what_was_said_for_another_organisation_does_not_come_along(partnership, team, two, book, stays):
    """Else the charity's purchase order would stand on the school's charge, and its training in the school's name."""
    sessions, (one,) = two(), people(partnership, 1)
    Session.objects.filter(pk=sessions[1 - stays].pk).update(capacity=1)
    book(people(partnership, 1)[0], sessions[1 - stays])
    task, charity = make_task(sessions[0].course), make_organisation(partnership)
    one.memberships.create(partnership=partnership, organisation=charity, started_on="2020-01-01")
    goes_on = book(one, sessions[stays])
    ended = book_place(
        actor=actor_for(one),
        session=sessions[1 - stays],
        person=one,
        organisation=charity,
        told=Told(
            access_needs="Large print",
            purchase_order="CHARITY-1",
            audience_reason="For the charity",
            declared="My manager at the charity agrees",
            earlier=EarlierTraining("Level 1", date(2026, 1, 1), _pdf(given=True)),
        ),
    )
    tick_task(actor=actor_for(one), booking=ended, task=task)
    Session.objects.update(capacity=5)
    merged(team, *sessions)
    goes_on, ended = (Booking.objects.get(pk=booking.pk) for booking in (goes_on, ended))
    assert (goes_on.state, ended.state) == ("confirmed", "withdrawn")
    assert (goes_on.purchase_order, goes_on.audience_reason, goes_on.declared) == ("", "", "")
    assert Prerequisite.objects.get().booking == ended and not EvidenceFile.objects.exists()
    # What is the person's own does.
    assert AccessNeeds.objects.get().booking == goes_on
    assert [done.task for done in goes_on.tasks_done.all()] == [task]


def _pdf(given: bool) -> bytes:
    return b"%PDF-1.4 certificate %%EOF" if given else b""


@pytest.mark.parametrize(
    "approved", [0, 1], ids=["the emptied one's is approved", "the kept one's is approved"]
)
def test_whoever_waits_approved_on_one_does_not_lose_the_approval_to_an_earlier_request(
    partnership, team, two, book, approved
):
    sessions = two(capacity=1)
    (one,) = people(partnership, 1)
    for session in sessions:
        book(people(partnership, 1)[0], session)
    waits = book(one, sessions[approved])
    Course.objects.update(approval="team")
    asks = book(one, Session.objects.get(pk=sessions[1 - approved].pk))
    assert (waits.state, asks.state) == ("waiting", "requested")
    Booking.objects.filter(pk=asks.pk).update(booked_at=waits.booked_at - timedelta(days=1))
    Session.objects.filter(pk=sessions[1].pk).update(capacity=2)
    merged(team, *sessions)
    waits, asks = (Booking.objects.get(pk=booking.pk) for booking in (waits, asks))
    assert (waits.state, waits.session, asks.state) == ("waiting", sessions[1], "withdrawn")


def test_nobody_keeps_what_people_eat_once_they_have_moved_online(partnership, team, two, book):
    emptied, kept = two()
    Session.objects.filter(pk=kept.pk).update(venue=None, joining_link="https://meet.example/1")
    both, eats, needs_both = people(partnership, 3)
    book(both, kept)
    book(both, emptied, access_needs="Captions", diets=("halal",))
    book(eats, emptied, diets=("vegan",), dietary="No kiwi")
    book(needs_both, emptied, access_needs="Large print", dietary="No nuts")
    merged(team, emptied, kept)
    needs = AccessNeeds.objects.order_by("text")
    assert [(one.booking.person, one.text) for one in needs] == [
        (both, "Captions"),
        (needs_both, "Large print"),
    ]
    assert all(one.booking.session == kept and not one.has_dietary for one in needs)


def test_everybody_who_moves_is_told_once_and_the_jobs_add_nothing(partnership, team, two, book, now):
    emptied, kept = two()
    one, there = people(partnership, 2)
    booking = book(one, emptied)
    book(there, kept)
    Message.objects.all().delete()
    for _ in range(2):
        merged(team, emptied, kept)
        tell_of_cancelled_sessions(partnership, now)
        tell_of_changed_sessions(partnership, now)
    message = Message.objects.get()
    assert (message.person, message.purpose) == (one, "session_merged")
    assert "Your place has moved to this session." in message.text
    assert "Too few people had booked." in message.text and "/s/move-" in message.text
    assert kept.venue.name in message.text
    # The same entry of the diary, moved.
    (file,) = message.attachments
    assert "method=REQUEST" in file["content_type"]
    booking.refresh_from_db()
    assert booking.calendar_sequence == 1 and booking.change_told_at is not None


def test_those_who_wait_stand_in_one_queue_by_the_moment_they_booked(partnership, team, two, book):
    emptied, kept = two(capacity=2)
    holders, first, second, third = people(partnership, 3), *people(partnership, 3)
    for person in holders[:1]:
        book(person, emptied)
    Session.objects.filter(pk=emptied.pk).update(capacity=1)
    book(holders[1], kept)
    Session.objects.filter(pk=kept.pk).update(capacity=1)
    book(first, emptied)
    book(second, kept)
    book(third, emptied)
    Session.objects.filter(pk=kept.pk).update(capacity=2)
    merged(team, emptied, kept)
    assert set(on(kept, "confirmed")) == set(holders[:2])
    assert on(kept, "waiting") == [first, second, third]
    outcome = Message.objects.get(purpose="session_merged", person=first)
    assert "place in the queue has moved" in outcome.text and outcome.attachments == []


def test_a_free_place_goes_on_to_the_queue_at_once(partnership, team, two, book):
    emptied, kept = two(capacity=1)
    holder, waits = people(partnership, 2)
    book(holder, emptied)
    book(waits, emptied)
    Session.objects.filter(pk=kept.pk).update(capacity=3)
    merged(team, emptied, kept)
    assert on(kept, "confirmed") == [holder] and on(kept, "offered") == [waits]


def test_an_offer_moves_with_its_end_but_never_beyond_the_deadline(partnership, team, two, book, now):
    emptied, kept = two(capacity=1)
    waits = make_person(partnership)
    booking = book(make_person(partnership), emptied)
    offered = book(waits, emptied)
    places.give_up(actor=actor_for(booking.person), booking=booking)
    offered.refresh_from_db()
    assert offered.state == "offered"
    Session.objects.filter(pk=kept.pk).update(booking_closes_at=now + timedelta(minutes=30))
    merged(team, emptied, kept)
    offered.refresh_from_db()
    assert (offered.state, offered.session) == ("offered", kept)
    assert offered.offer_expires_at == now + timedelta(minutes=30)


def test_an_offer_that_nobody_has_read_yet_is_told_with_the_merge(partnership, team, two, book):
    emptied, kept = two(capacity=1)
    booking = book(make_person(partnership), emptied)
    offered = book(make_person(partnership), emptied)
    places.give_up(actor=actor_for(booking.person), booking=booking)
    # It waits for the morning.
    Message.objects.filter(purpose="booking_offered").update(state=Message.State.QUEUED)
    merged(team, emptied, kept)
    offered.refresh_from_db()
    assert Message.objects.get(purpose="booking_offered").state == "dropped"
    message = Message.objects.get(purpose="session_merged", person=offered.person)
    assert f"held for you until {uk_datetime(offered.offer_expires_at)}" in message.text
    assert "in the queue" not in message.text
    link = re.search(r"https?://[^/]+(/\S+/s/offer-\S+)", message.text)
    assert link is not None
    client = Client()
    press(client, link[1], take="1")
    offered.refresh_from_db()
    assert (offered.state, offered.session) == ("confirmed", kept)


def test_a_request_moves_with_the_approval_it_waits_for(partnership, team, two, book, now):
    adopt(partnership, policy(booking__approval="team"), at=now - timedelta(days=1))
    emptied, kept = two()
    booking = book(make_person(partnership), emptied)
    assert booking.state == "requested"
    merged(team, emptied, kept)
    booking.refresh_from_db()
    assert (booking.state, booking.session) == ("requested", kept)
    assert Approval.objects.get(booking=booking).is_open


@pytest.mark.parametrize("capacity", [2, 3])
def test_too_few_places_refuse_the_whole_merge(capacity, partnership, team, two, book):
    emptied, kept = two(capacity=3)
    for person in people(partnership, 2):
        book(person, emptied)
    for person in people(partnership, 2):
        book(person, kept)
    Session.objects.filter(pk=kept.pk).update(capacity=capacity)
    with pytest.raises(DomainError, match=f"4 people would be there, and it has {capacity}"):
        merged(team, emptied, kept)
    emptied.refresh_from_db()
    assert emptied.status == "published" and len(on(emptied, "confirmed")) == 2
    Session.objects.filter(pk=kept.pk).update(capacity=4)
    merged(team, emptied, kept)
    assert len(on(kept, "confirmed")) == 4


def test_the_cap_on_class_size_holds_here_too(partnership, team, two, book, now):
    emptied, kept = two(capacity=30)
    for session in (emptied, kept):
        for person in people(partnership, 2):
            book(person, session)
    adopt(partnership, policy(booking__class_size_cap=3), at=now)
    with pytest.raises(DomainError, match="at most 3 places"):
        merged(team, emptied, kept)


def test_whoever_is_on_both_keeps_one_place_and_frees_the_other(partnership, team, two, book):
    emptied, kept = two(capacity=2)
    both, other = people(partnership, 2)
    ended = book(both, emptied)
    book(other, emptied)
    stays = book(both, kept)
    merged(team, emptied, kept)
    ended.refresh_from_db()
    stays.refresh_from_db()
    assert (stays.state, ended.state, ended.was_late_cancellation) == ("confirmed", "cancelled", False)
    assert set(on(kept, "confirmed")) == {both, other}
    message = Message.objects.get(purpose="session_merged", person=both)
    assert "booked this session as well" in message.text
    assert "method=CANCEL" in message.attachments[0]["content_type"]


def test_whoever_waits_there_and_has_a_place_here_keeps_the_place(partnership, team, two, book):
    emptied, kept = two(capacity=1)
    both, holder = people(partnership, 2)
    book(holder, kept)
    waits = book(both, kept)
    place = book(both, emptied)
    Session.objects.filter(pk=kept.pk).update(capacity=2)
    merged(team, emptied, kept)
    waits.refresh_from_db()
    place.refresh_from_db()
    assert (place.state, place.session, waits.state) == ("confirmed", kept, "withdrawn")
    assert Message.objects.filter(purpose="session_merged", person=both).count() == 1


def test_what_waits_to_be_sent_about_the_booking_that_ends_is_not_sent_any_more(partnership, team, two, book):
    """An offer made at night, and its place given up for the one that the person has on the other session."""
    emptied, kept = two(capacity=1)
    both = make_person(partnership)
    holder = book(make_person(partnership), kept)
    waits, place = book(both, kept), book(both, emptied)
    places.give_up(actor=actor_for(holder.person), booking=holder)
    Message.objects.filter(purpose="booking_offered").update(state=Message.State.QUEUED)
    merged(team, emptied, kept)
    waits.refresh_from_db()
    place.refresh_from_db()
    assert (waits.state, place.session) == ("withdrawn", kept)
    assert Message.objects.get(purpose="booking_offered").state == "dropped"
    assert Message.objects.get(purpose="session_merged").state != "dropped"


def test_the_button_says_what_its_reader_can_do(partnership, team, two, book):
    emptied, kept = two(capacity=1)
    holder, gone, both = people(partnership, 3)
    given_up = book(gone, emptied)
    offered = book(make_person(partnership), emptied)
    places.give_up(actor=actor_for(gone), booking=given_up)
    Session.objects.update(capacity=9)
    for session in (emptied, kept):
        book(both, session)
    book(holder, emptied)
    merged(team, emptied, kept)
    buttons = {
        holder: "Keep the place, change it or give it up:",
        offered.person: "Take the place or let it go:",
        both: "See the booking:",
    }
    for person, button in buttons.items():
        text = Message.objects.get(purpose="session_merged", person=person).text
        assert button in text and [one for one in buttons.values() if one in text] == [button]


def test_whoever_waits_and_moves_sees_or_leaves_the_queue(partnership, team, two, book):
    emptied, kept = two(capacity=1)
    book(make_person(partnership), emptied)
    waits = book(make_person(partnership), emptied)
    merged(team, emptied, kept)
    text = Message.objects.get(purpose="session_merged", person=waits.person).text
    assert "See or leave the queue:" in text and "Keep the place" not in text


def test_whoever_waits_on_both_keeps_the_earlier_wait(partnership, team, two, book):
    emptied, kept = two(capacity=1)
    one, two_, waits = people(partnership, 3)
    book(one, emptied)
    early = book(waits, emptied)
    book(two_, kept)
    late = book(waits, kept)
    Session.objects.filter(pk=kept.pk).update(capacity=2)
    merged(team, emptied, kept)
    early.refresh_from_db()
    late.refresh_from_db()
    assert (early.state, early.session, late.state) == ("waiting", kept, "withdrawn")


def test_only_open_sessions_of_one_course_that_have_not_begun_are_merged(partnership, team, two, now):
    emptied, kept = two()
    other = make_session(partnership)
    for one, into, words in (
        (emptied, emptied, "another session"),
        (emptied, other, "same course"),
        (make_session(partnership, course=kept.course, status="draft"), kept, "open for booking"),
        (emptied, make_session(partnership, course=kept.course, status="cancelled"), "open for booking"),
        (make_session(partnership, course=kept.course, starts_at=now - timedelta(hours=1)), kept, "begun"),
    ):
        with pytest.raises(DomainError, match=words):
            merged(team, one, into)
    with pytest.raises(DomainError, match="reason"):
        merge_sessions(actor=team, emptied=emptied, kept=kept, reason=" ")


def test_nobody_waits_for_a_session_whose_booking_has_closed(partnership, team, two, book, now):
    emptied, kept = two(capacity=1)
    for person in people(partnership, 2):
        book(person, emptied)
    Session.objects.filter(pk=kept.pk).update(capacity=2, booking_closes_at=now)
    with pytest.raises(DomainError, match="has closed"):
        merged(team, emptied, kept)


def test_only_the_team_merges_and_only_its_own(partnership, neighbour, team, two):
    emptied, kept = two()
    trainer = actor_for(make_person(partnership, Role.TRAINER))
    with pytest.raises(PermissionDenied):
        merged(trainer, emptied, kept)
    with acting_in(neighbour):
        theirs = make_session(neighbour)
    with pytest.raises(Session.DoesNotExist):
        merged(team, emptied, theirs)


@pytest.fixture
def raceshire():
    """A partnership for threads: six people with places on one session, and six who reach for it meanwhile."""
    partnership = make_partnership("raceshire")
    with acting_in(partnership):
        team = actor_for(make_person(partnership, Role.TEAM))
        emptied = make_session(partnership, capacity=20)
        kept = make_session(partnership, course=emptied.course, capacity=20)
        for person in people(partnership, 6):
            _book(emptied, person)
        newcomers = people(partnership, 6)
    return partnership, team, emptied, kept, newcomers


def _book(session, person):
    organisation = person.memberships.get().organisation
    return book_place(actor=actor_for(person), session=session, person=person, organisation=organisation)


def _merge_while_booking(raceshire):
    partnership, team, emptied, kept, newcomers = raceshire

    def merge():
        merged(team, emptied, kept)
        return "merged"

    bookings = [lambda person=person: _book(emptied, person).state.value for person in newcomers]
    outcomes = _race(partnership, [merge, *bookings])
    with acting_in(partnership):
        lost = Booking.objects.filter(session=emptied, state__in=["confirmed", "waiting"]).count()
        moved = Booking.objects.filter(session=kept, state="confirmed").count()
        kept.refresh_from_db()
        emptied.refresh_from_db()
    return outcomes, lost, moved


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_booking_while_merging_moves_too_or_is_refused(raceshire) -> None:
    outcomes, lost, moved = _merge_while_booking(raceshire)
    assert outcomes["merged"] == 1 and outcomes["confirmed"] + outcomes["DomainError"] == 6
    assert lost == 0 and moved == 6 + outcomes["confirmed"] == raceshire[3].places_taken
    assert raceshire[2].status == "cancelled" and raceshire[2].places_taken == 0


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_a_booking_is_lost_on_the_emptied_session(raceshire, monkeypatch) -> None:
    """Somebody books after the merge has looked who is there and before it closes the session."""
    looked, booked = threading.Event(), threading.Event()
    close = merging._close

    def unlocked(actor, *sessions):
        return [Session.objects.select_related("course", "venue").get(pk=one.pk) for one in sessions]

    def close_late(*arguments):
        looked.set()
        assert booked.wait(timeout=30)
        close(*arguments)

    monkeypatch.setattr(merging, "locked_sessions", unlocked)
    monkeypatch.setattr(merging, "_close", close_late)
    # Its own update would wait for the counter of places that the merge has written.
    partnership, team, emptied, kept, newcomers = raceshire
    with acting_in(partnership):
        Booking.objects.filter(session=emptied).update(state="cancelled")
    outcomes = {}

    def merge():
        with acting_in(partnership):
            outcomes["merge"] = merged(team, emptied, kept).pk
        connection.close()

    thread = threading.Thread(target=merge)
    thread.start()
    assert looked.wait(timeout=30)
    with acting_in(partnership):
        outcomes["book"] = _book(emptied, newcomers[0]).state.value
    booked.set()
    thread.join(timeout=60)
    with acting_in(partnership):
        emptied.refresh_from_db()
        assert outcomes == {"merge": kept.pk, "book": "confirmed"}
        assert emptied.status == "cancelled"
        assert Booking.objects.filter(session=emptied, state="confirmed").count() == 1


def test_whoever_was_on_both_takes_no_third_session_for_the_booking_that_ended(
    partnership, team, two, book
) -> None:
    """The other booking goes on, so that nothing was lost."""
    emptied, kept = two()
    person = make_person(partnership)
    ended, goes_on = book(person, emptied), book(person, kept)
    merged(team, emptied, kept)
    ended.refresh_from_db()
    goes_on.refresh_from_db()
    assert (ended.state, goes_on.state) == ("cancelled", "confirmed")
    assert not may_take_another(ended)
