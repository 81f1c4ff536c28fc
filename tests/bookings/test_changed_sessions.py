"""When the partnership moves or cancels a session: told once, with choices, and giving up is held against nobody."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from bookings.as_shown import session_as_shown
from bookings.links import MOVE, booking_link, holder_of_booking
from bookings.message_kinds import CHANGED
from bookings.models import Booking
from bookings.notice import is_late
from bookings.services.changes import tell_of_cancelled_sessions, tell_of_changed_sessions
from bookings.services.joining import remind_of_sessions, send_joining_instructions
from bookings.services.moving import take_another_session
from bookings.services.offers import accept_offer
from bookings.services.places import SessionIsFull, give_up
from bookings.services.still_coming import ask_who_is_coming
from bookings.services.swaps import swap_place
from bookings.services.trainers import take_trainers_as_told, tell_trainers
from courses.models import Course, Session
from courses.plans import Slot
from courses.services.copies import plan_of
from courses.services.sessions import cancel_session, change_session
from notifications.models import Message
from notifications.services.templates import write_template
from notifications.wording import Wording
from partnership_portal.templatetags.portal import uk_date as uk_in_words
from partnership_portal.working_days import add_working_days, uk_date, uk_moment
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.pressing import fields_of, press
from tests.factories import actor_for, make_course, make_organisation, make_person, make_session


@pytest.fixture
def team(partnership):
    return actor_for(make_person(partnership, Role.TEAM))


@pytest.fixture
def course(partnership):
    return make_course(partnership, title="Child neglect")


@pytest.fixture
def session(partnership, course, now):
    return make_session(partnership, course=course, starts_at=now + timedelta(days=60))


@pytest.fixture
def other(partnership, course, now):
    return make_session(partnership, course=course, starts_at=now + timedelta(days=90), capacity=2)


def in_working_days(now, days):
    return uk_moment(add_working_days(uk_date(now), days), (now + timedelta(hours=1)).time())


def moved(team, session, starts_at):
    """Move the session to another moment, as the team does."""
    plan = plan_of(team, session)
    slots = (Slot(starts_at, starts_at + timedelta(hours=3)),)
    return change_session(actor=team, session=session, plan=replace(plan, slots=slots))


def link(booking):
    return booking_link(booking, MOVE).partition("/alphashire/")[2].join(("/alphashire/", ""))


def take(booking, session):
    """Press “Take it” beside a session, on the page as it is."""
    return press(Client(), link(booking), take=str(session.pk), session_shown=session_as_shown(session))


def holder(booking):
    booking.refresh_from_db()
    return holder_of_booking(booking, MOVE)


def test_a_move_is_told_once_with_the_link_to_the_choices(partnership, team, session, book, now):
    booking = book(make_person(partnership), session)
    moved(team, session, now + timedelta(days=61))
    for _ in range(2):
        tell_of_changed_sessions(partnership, now)
    message = Message.objects.get(purpose="session_changed")
    assert link(booking) in message.text
    booking.refresh_from_db()
    assert booking.change_told_at == now


@pytest.fixture
def without_places(partnership, session, book):
    """Somebody who waits, one who asked, and one who has an offer."""
    Session.objects.filter(pk=session.pk).update(capacity=2)
    (leaves, _stays), offered, waits = (
        [book(make_person(partnership), session) for _ in range(2)],
        book(make_person(partnership), session),
        book(make_person(partnership), session),
    )
    Course.objects.filter(pk=session.course_id).update(approval="team")
    asked = book(make_person(partnership), Session.objects.get(pk=session.pk))
    give_up(actor=actor_for(leaves.person), booking=leaves)
    found = [Booking.objects.get(pk=one.pk) for one in (waits, asked, offered)]
    assert [one.state for one in found] == ["waiting", "requested", "offered"]
    Message.objects.all().delete()
    return found


def test_those_without_a_place_hear_of_a_move_too_once(partnership, team, session, now, without_places):
    """They hold a day free that is none any more, and would else learn of the new one with the place."""
    waits, asked, offered = without_places
    moved(team, Session.objects.get(pk=session.pk), now + timedelta(days=61))
    for _ in range(3):
        tell_of_changed_sessions(partnership, now)
    told = Message.objects.filter(purpose="session_changed_without_place")
    assert {one.person for one in told} == {one.person for one in without_places} and told.count() == 3
    # Whoever has the place is told with the choices, and nobody twice.
    assert Message.objects.filter(purpose="session_changed").count() == 1
    texts = {one.person: one for one in told}
    day = uk_in_words(now + timedelta(days=61), "full")
    for booking, standing, way in (
        (waits, "You are on the waiting list for this session.", "See or leave the queue"),
        (asked, "You have asked for a place on this session.", "See or leave the queue"),
        (offered, "A place on this session is held for you until", "Take the place or let it go"),
    ):
        text = texts[booking.person].text
        assert standing in text and way in text and day in text and session.place in text
        # How to get there and how to join is for those with a place, and so is an entry in the diary.
        assert "High Street" not in text and not texts[booking.person].attachments
    assert link(waits) in texts[waits.person].text
    # It was no place that changed at short notice: what they get later is theirs as it is then.
    assert not Booking.objects.filter(pk__in=[one.pk for one in without_places], change_told_at__isnull=False)
    page = Client().get(link(waits)).content.decode()
    assert "You are waiting for a place" in page and "Leave the queue" in page


def test_those_without_a_place_do_not_hear_how_to_join(partnership, team, session, now, without_places):
    plan = replace(plan_of(team, session), joining_instructions="Ask for room 7.", capacity=2)
    change_session(actor=team, session=Session.objects.get(pk=session.pk), plan=plan)
    tell_of_changed_sessions(partnership, now)
    assert Message.objects.filter(purpose="session_joining_changed").count() == 1
    assert not Message.objects.filter(purpose="session_changed_without_place").exists()
    assert all(set(one.told) == {"dates", "place"} for one in without_places)


def test_who_was_never_told_learns_without_a_message(partnership, team, session, now, without_places):
    """Those who waited before this was noted are told of the next change, and not of what was."""
    Booking.objects.filter(pk__in=[one.pk for one in without_places]).update(told={})
    tell_of_changed_sessions(partnership, now)
    assert not Message.objects.exists()
    assert all(set(Booking.objects.get(pk=one.pk).told) == {"dates", "place"} for one in without_places)
    moved(team, Session.objects.get(pk=session.pk), now + timedelta(days=61))
    tell_of_changed_sessions(partnership, now)
    assert Message.objects.filter(purpose="session_changed_without_place").count() == 3


def test_an_offer_tells_the_dates_as_they_are_and_nothing_has_changed_since(
    partnership, team, session, book, now
):
    Session.objects.filter(pk=session.pk).update(capacity=1)
    has, waits = book(make_person(partnership), session), book(make_person(partnership), session)
    moved(team, Session.objects.get(pk=session.pk), now + timedelta(days=61))
    give_up(actor=actor_for(has.person), booking=has)
    assert Booking.objects.get(pk=waits.pk).state == "offered"
    tell_of_changed_sessions(partnership, now)
    assert not Message.objects.filter(purpose__startswith="session_changed").exists()


def test_another_joining_link_moves_nobody(partnership, team, course, book, now):
    online = make_session(partnership, course=course, venue=None, joining_link="https://meet.example/1")
    booking = book(make_person(partnership), online)
    plan = replace(plan_of(team, online), joining_link="https://meet.example/2")
    change_session(actor=team, session=online, plan=plan)
    tell_of_changed_sessions(partnership, now)
    booking.refresh_from_db()
    assert (
        Message.objects.filter(purpose="session_joining_changed").exists() and booking.change_told_at is None
    )


def _instructed(team, session, words):
    change_session(
        actor=team, session=session, plan=replace(plan_of(team, session), joining_instructions=words)
    )


def test_other_joining_instructions_alone_are_told_once_to_those_with_a_place(
    partnership, team, course, book, now
):
    session = make_session(partnership, course=course, capacity=1)
    booking, _waits = book(make_person(partnership), session), book(make_person(partnership), session)
    _instructed(team, session, "Ask for room 7.")
    for _ in range(2):
        tell_of_changed_sessions(partnership, now)
    message = Message.objects.get(purpose="session_joining_changed")
    assert message.person == booking.person
    assert "You have a place on this session, and the joining instructions have changed." in message.text
    assert "Ask for room 7." in message.text and "does not count as late" not in message.text
    booking.refresh_from_db()
    # There is nothing to keep or to change, and so no question; the trail says what it was, not what it says now.
    assert "See the arrangements:\nhttp" in message.text and "Keep the place" not in message.text
    assert f"/me/bookings/{booking.pk}/" in message.text and "/s/" not in message.text
    entry = AuditEntry.objects.get(action="bookings.tell_of_change")
    assert entry.after["changed"] == "the joining instructions have changed"
    assert "room 7" not in str((entry.before, entry.after))
    # They move nobody, so that giving the place up is as late as before.
    assert (booking.change_told_at, booking.calendar_sequence) == (None, 1)
    # Another line break says nothing new.
    _instructed(team, session, "Ask for\n room 7. ")
    tell_of_changed_sessions(partnership, now)
    assert Message.objects.filter(purpose="session_joining_changed").count() == 1


# The evening of a Friday, and the morning after the weekend.
NIGHT = datetime(2027, 3, 5, 20, 30, tzinfo=UTC)
MORNING = datetime(2027, 3, 8, 7, tzinfo=UTC)


@pytest.fixture
def at_night(settings, monkeypatch):
    """Let it be the evening of a Friday, with quiet hours; gives what sets the clock."""
    settings.PORTAL_QUIET_HOURS = True

    def clock(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    clock(NIGHT)
    return clock


@pytest.mark.parametrize(("days", "waits"), [(28, True), (4, False)])
def test_other_joining_instructions_wait_for_the_morning_unless_the_session_is_near(
    partnership, team, course, book, at_night, days, waits
):
    session = make_session(partnership, course=course, starts_at=NIGHT + timedelta(days=days))
    book(make_person(partnership), session)
    _instructed(team, session, "Ask for room 7.")
    tell_of_changed_sessions(partnership, NIGHT)
    told = Message.objects.filter(purpose="session_joining_changed")
    assert told.exists() is not waits
    at_night(MORNING)
    for _ in range(2):
        tell_of_changed_sessions(partnership, MORNING)
    assert told.get().not_before is None


def test_what_is_put_right_before_the_morning_nobody_hears_of(
    partnership, team, course, book, at_night, monkeypatch
):
    trainer = make_person(partnership, Role.TRAINER)
    session = make_session(
        partnership, course=course, starts_at=NIGHT + timedelta(days=28), capacity=1, trainers=(trainer,)
    )
    booking, _waits = book(make_person(partnership), session), book(make_person(partnership), session)
    take_trainers_as_told(actor=team)
    tell_trainers(partnership, NIGHT - timedelta(hours=9))
    before, told = Message.objects.count(), booking.told
    # By mistake, and put right; the jobs run all the while, one of them killed and late.
    for starts_at in (NIGHT + timedelta(days=31), session.starts_at):
        moved(team, session, starts_at)
        for _ in range(2):
            tell_of_changed_sessions(partnership, NIGHT)
            tell_trainers(partnership, NIGHT)
        booking.refresh_from_db()
        assert (booking.told, booking.calendar_sequence, booking.change_told_at) == (told, 0, None)
    at_night(MORNING)
    for _ in range(2):
        tell_of_changed_sessions(partnership, MORNING)
        tell_trainers(partnership, MORNING)
    assert Message.objects.count() == before


def test_what_stands_in_the_morning_is_told_once_however_often_it_changed_at_night(
    partnership, team, course, book, at_night
):
    trainer = make_person(partnership, Role.TRAINER)
    session = make_session(
        partnership, course=course, starts_at=NIGHT + timedelta(days=28), capacity=1, trainers=(trainer,)
    )
    book(make_person(partnership), session), book(make_person(partnership), session)
    take_trainers_as_told(actor=team)
    tell_trainers(partnership, NIGHT - timedelta(hours=9))
    Message.objects.all().delete()
    for days in (31, 32):
        moved(team, session, NIGHT + timedelta(days=days))
        tell_of_changed_sessions(partnership, NIGHT)
        tell_trainers(partnership, NIGHT)
    assert not Message.objects.exists()
    at_night(MORNING)
    for _ in range(2):
        tell_of_changed_sessions(partnership, MORNING)
        tell_trainers(partnership, MORNING)
    assert sorted(Message.objects.values_list("purpose", "not_before")) == [
        ("session_changed", None),
        ("session_changed_without_place", None),
        ("trainer_changed", None),
    ]
    day = uk_in_words(NIGHT + timedelta(days=32), "full")
    assert all(day in one.text for one in Message.objects.all())


@pytest.mark.parametrize(
    ("was", "becomes"), [(1, 28), (28, 1)], ids=["held free for tomorrow", "moved to tomorrow"]
)
def test_whoever_would_come_on_the_wrong_day_hears_of_it_at_night(
    partnership, team, course, book, at_night, was, becomes
):
    """The day that people hold free is as near as the one that stands now."""
    trainer = make_person(partnership, Role.TRAINER)
    at_night(NIGHT - timedelta(days=9))
    session = make_session(
        partnership, course=course, starts_at=NIGHT + timedelta(days=was), trainers=(trainer,)
    )
    book(make_person(partnership), session)
    take_trainers_as_told(actor=team)
    tell_trainers(partnership, NIGHT - timedelta(days=9))
    at_night(NIGHT)
    moved(team, session, NIGHT + timedelta(days=becomes))
    tell_of_changed_sessions(partnership, NIGHT)
    tell_trainers(partnership, NIGHT)
    told = Message.objects.filter(purpose__in=["session_changed", "trainer_changed"])
    assert sorted(told.values_list("purpose", "not_before")) == [
        ("session_changed", None),
        ("trainer_changed", None),
    ]


def test_an_offer_that_runs_out_first_thing_is_not_left_without_the_change(
    partnership, team, course, book, at_night
):
    session = make_session(partnership, course=course, starts_at=NIGHT + timedelta(days=28), capacity=1)
    place, offered = book(make_person(partnership), session), book(make_person(partnership), session)
    give_up(actor=actor_for(place.person), booking=place)
    Booking.objects.filter(pk=offered.pk).update(offer_expires_at=MORNING + timedelta(hours=3))
    moved(team, session, NIGHT + timedelta(days=31))
    for _ in range(2):
        tell_of_changed_sessions(partnership, NIGHT)
    message = Message.objects.get(purpose="session_changed_without_place")
    assert message.person == offered.person and message.not_before is None


def test_what_comes_before_the_day_waits_for_the_change(partnership, team, course, book, at_night):
    """Else they read the new day in a question or in joining instructions, and then that it has changed."""
    at_night(NIGHT - timedelta(days=90))
    session = make_session(partnership, course=course, starts_at=NIGHT + timedelta(days=28))
    book(make_person(partnership), session)
    at_night(NIGHT)
    start = uk_moment(add_working_days(uk_date(NIGHT), 4), (NIGHT - timedelta(hours=11)).time())
    moved(team, session, start)
    early = MORNING - timedelta(minutes=30)
    for moment in (early, MORNING, MORNING + timedelta(days=1)):
        at_night(moment)
        for job in (
            send_joining_instructions,
            remind_of_sessions,
            ask_who_is_coming,
            tell_of_changed_sessions,
        ):
            job(partnership, moment)
        told = list(Message.objects.exclude(purpose="booking_confirmed").order_by("pk"))
        expected = {early: [], MORNING: ["session_changed"]}
        assert [one.purpose for one in told] == expected.get(moment, ["session_changed", "still_coming"])


def test_words_of_its_own_for_a_moved_session_are_not_said_of_another_link(
    partnership, team, course, book, now
):
    """What the partnership has written for other dates would send people to the wrong day."""
    words = Wording(title="Moved: ((course))", opening="This session has new dates. Look at them.")
    write_template(actor=team, kind=CHANGED, wording=words)
    session = make_session(partnership, course=course)
    book(make_person(partnership), session)
    _instructed(team, session, "Ask for room 7.")
    tell_of_changed_sessions(partnership, now)
    assert "new dates" not in Message.objects.get(purpose="session_joining_changed").text
    moved(team, session, now + timedelta(days=61))
    tell_of_changed_sessions(partnership, now)
    assert "This session has new dates." in Message.objects.get(purpose="session_changed").text


def test_trainers_hear_nothing_of_other_instructions(partnership, team, course, now):
    trainer = make_person(partnership, Role.TRAINER)
    session = make_session(partnership, course=course, trainers=(trainer,))
    tell_trainers(partnership, now)
    before = Message.objects.count()
    _instructed(team, session, "Ask for room 7.")
    tell_trainers(partnership, now)
    assert Message.objects.count() == before


def test_whoever_booked_before_instructions_were_noted_learns_them_without_a_message(
    partnership, team, session, book, now
):
    booking = book(make_person(partnership), session)
    told = {name: value for name, value in booking.told.items() if name != "instructions"}
    Booking.objects.filter(pk=booking.pk).update(told=told)
    _instructed(team, session, "Ask for room 7.")
    tell_of_changed_sessions(partnership, now)
    assert not Message.objects.filter(purpose="session_joining_changed").exists()
    booking.refresh_from_db()
    assert booking.told["instructions"]
    _instructed(team, session, "Ask for room 8.")
    tell_of_changed_sessions(partnership, now)
    assert Message.objects.filter(purpose="session_joining_changed").count() == 1


@pytest.mark.parametrize(
    ("told_days_before", "gives_up_days_before", "late"),
    [(3, 3, False), (3, 1, False), (20, 2, True), (20, 12, False)],
    ids=["moved at short notice", "and given up later", "moved in good time", "given up in good time"],
)
def test_giving_up_after_a_move_at_short_notice_is_never_late(
    told_days_before, gives_up_days_before, late, partnership, session, book, now
):
    booking = book(make_person(partnership), session)
    start = uk_date(session.starts_at)

    def before(days):
        return uk_moment(add_working_days(start, -days), (now + timedelta(hours=1)).time())

    Booking.objects.filter(pk=booking.pk).update(change_told_at=before(told_days_before))
    booking.refresh_from_db()
    assert is_late(booking, before(gives_up_days_before)) is late


def test_without_a_move_short_notice_is_late(partnership, course, book, now):
    session = make_session(partnership, course=course, starts_at=in_working_days(now, 3))
    booking = book(make_person(partnership), session)
    assert is_late(booking, now)


def test_giving_up_a_place_on_a_cancelled_session_is_never_late(partnership, course, book, now):
    session = make_session(partnership, course=course, starts_at=now + timedelta(days=1))
    Session.objects.filter(pk=session.pk).update(booking_closes_at=session.starts_at)
    session.refresh_from_db()
    booking = book(make_person(partnership), session)
    # The job that tells everybody has not run yet.
    Session.objects.filter(pk=session.pk).update(status="cancelled", cancelled_at=now)
    booking = give_up(actor=actor_for(booking.person), booking=booking)
    assert (booking.state, booking.was_late_cancellation) == ("cancelled", False)


def test_an_offer_on_a_cancelled_session_is_not_taken(partnership, course, book, now):
    session = make_session(partnership, course=course, capacity=1, starts_at=now + timedelta(days=40))
    booking, waits = book(make_person(partnership), session), book(make_person(partnership), session)
    give_up(actor=actor_for(booking.person), booking=booking)
    Session.objects.filter(pk=session.pk).update(status="cancelled", cancelled_at=now)
    with pytest.raises(DomainError, match="cancelled"):
        accept_offer(actor=actor_for(waits.person), booking=waits)
    waits.refresh_from_db()
    assert waits.state == "offered"


def test_a_move_that_nobody_was_told_of_yet_is_held_against_nobody(partnership, team, course, book, now):
    session = make_session(partnership, course=course, starts_at=in_working_days(now, 3))
    booking = book(make_person(partnership), session)
    moved(team, session, in_working_days(now, 4))
    booking.refresh_from_db()
    booking.session.refresh_from_db()
    given_up = give_up(actor=actor_for(booking.person), booking=booking)
    assert (given_up.state, given_up.was_late_cancellation) == ("cancelled", False)


def test_the_page_shows_on_get_and_acts_on_post(partnership, team, session, other, book, now):
    booking = book(make_person(partnership), session)
    moved(team, session, now + timedelta(days=61))
    tell_of_changed_sessions(partnership, now)
    page = Client().get(link(booking)).content.decode()
    assert "The session has changed" in page and "Keep the place" in page and "Take it" in page
    booking.refresh_from_db()
    assert booking.state == "confirmed" and booking.coming_confirmed_at is None
    kept = press(Client(), link(booking), keep="1").content.decode()
    assert "We look forward to seeing you" in kept and "You are coming" in kept
    # A page from before there was a place, such as one about a merged waiting list, doesn't give it up.
    stale = press(Client(), link(booking), "waiting", give_up="1").content.decode()
    assert "Meanwhile you have a place on this session." in stale and 'value="confirmed ' in stale
    gone = press(Client(), link(booking), give_up="1").content.decode()
    assert "Somebody else can have the place" in gone and "You gave this place up" in gone
    booking.refresh_from_db()
    assert (booking.state, booking.was_late_cancellation) == ("cancelled", False)


def test_another_session_is_taken_from_the_page(partnership, team, session, other, book, now):
    booking = book(make_person(partnership), session, access_needs="Large print")
    waits = make_person(partnership)
    Session.objects.filter(pk=session.pk).update(capacity=1)
    queued = book(waits, session)
    moved(team, Session.objects.get(pk=session.pk), now + timedelta(days=61))
    tell_of_changed_sessions(partnership, now)
    before = booking.booked_at
    answer = take(booking, other).content.decode()
    assert "The place is yours" in answer
    assert "You have a place" in answer and "Keep the place" not in answer
    booking.refresh_from_db()
    queued.refresh_from_db()
    assert (booking.session, booking.state, booking.booked_at) == (other, "confirmed", before)
    assert booking.access_needs.text == "Large print" and not booking.was_late_cancellation
    # The place that it leaves goes to the queue.
    assert queued.state == "offered"
    message = Message.objects.get(purpose="booking_transferred")
    assert "method=REQUEST" in message.attachments[0]["content_type"]
    # The job has nothing to add, and what was chosen is the person's own.
    tell_of_changed_sessions(partnership, now)
    assert Message.objects.filter(purpose="session_changed").count() == 1
    assert booking.change_told_at is None


def test_taking_it_twice_is_taking_it_once(partnership, team, session, other, book, now):
    booking = book(make_person(partnership), session)
    moved(team, session, now + timedelta(days=61))
    tell_of_changed_sessions(partnership, now)
    actor = holder(booking)
    for _ in range(2):
        assert take_another_session(actor=actor, booking=booking, session=other).session == other
    assert Message.objects.filter(purpose="booking_transferred").count() == 1


@pytest.mark.parametrize("change", ["moved", "cancelled"])
def test_pressing_take_it_twice_says_twice_that_the_place_is_theirs(
    partnership, team, session, other, book, now, change
):
    booking = book(make_person(partnership), session)
    if change == "moved":
        moved(team, session, now + timedelta(days=61))
        tell_of_changed_sessions(partnership, now)
    else:
        cancel_session(actor=team, session=session, reason="The trainer is ill.")
        tell_of_cancelled_sessions(partnership, now)
    page = Client().get(link(booking)).content.decode()
    assert re.search(rf'<button[^>]* value="{other.pk}"[^>]* data-prevent-double-click="true"', page)
    # What the page showed when the button was pressed the first time.
    sent = {**fields_of(page), "take": str(other.pk)}
    for _ in range(2):
        answer = Client().post(link(booking), sent, follow=True).content.decode()
        assert "The place is yours" in answer and "There is a problem" not in answer
    assert Message.objects.filter(purpose="booking_transferred").count() == 1
    # What is none of this course's is refused in words, and what is none at all too.
    for wrong in (str(make_session(partnership).pk), "x"):
        answer = Client().post(link(booking), {**sent, "take": wrong}, follow=True).content.decode()
        assert "Choose another session" in answer


def test_a_full_session_is_not_offered_and_can_not_be_taken(partnership, team, session, other, book, now):
    booking = book(make_person(partnership), session)
    moved(team, session, now + timedelta(days=61))
    tell_of_changed_sessions(partnership, now)
    for _ in range(2):
        book(make_person(partnership), other)
    assert "Take it" not in Client().get(link(booking)).content.decode()
    with pytest.raises(SessionIsFull, match="No place on that session is free"):
        take_another_session(actor=holder(booking), booking=booking, session=other)
    booking.refresh_from_db()
    assert (booking.session, booking.state) == (session, "confirmed")


def test_who_waits_for_the_other_session_is_not_overtaken(partnership, team, session, other, book, now):
    booking = book(make_person(partnership), session)
    moved(team, session, now + timedelta(days=61))
    tell_of_changed_sessions(partnership, now)
    for _ in range(2):
        book(make_person(partnership), other)
    waits = book(make_person(partnership), other)
    Session.objects.filter(pk=other.pk).update(capacity=3)
    with pytest.raises(SessionIsFull):
        take_another_session(actor=holder(booking), booking=booking, session=other)
    waits.refresh_from_db()
    # What the attempt looked at was undone with it; the job offers the place to whoever waits.
    assert waits.state == "waiting"


def test_without_a_change_nobody_changes_sessions_by_the_link(partnership, session, other, book):
    booking = book(make_person(partnership), session)
    with pytest.raises(DomainError, match="moved or cancelled"):
        take_another_session(actor=holder(booking), booking=booking, session=other)
    assert "Take it" not in Client().get(link(booking)).content.decode()


def test_only_the_same_course_is_a_choice(partnership, team, session, book, now):
    booking = book(make_person(partnership), session)
    moved(team, session, now + timedelta(days=61))
    tell_of_changed_sessions(partnership, now)
    elsewhere = make_session(partnership)
    with pytest.raises(DomainError, match="same course"):
        take_another_session(actor=holder(booking), booking=booking, session=elsewhere)


def test_nobody_answers_for_others(partnership, neighbour, session, other, book):
    booking = book(make_person(partnership), session)
    stranger = actor_for(make_person(partnership))
    with pytest.raises(PermissionDenied):
        take_another_session(actor=stranger, booking=booking, session=other)
    for address in (f"/alphashire/s/move-{booking.pk}~x/", link(booking).replace("alphashire", "betashire")):
        assert Client().get(address).status_code == 409
    with acting_in(neighbour):
        theirs = make_session(neighbour)
    with pytest.raises(Session.DoesNotExist):
        take_another_session(actor=holder(booking), booking=booking, session=theirs)


def test_a_cancelled_session_names_what_to_take_instead(partnership, team, session, other, book, now):
    person, waits = make_person(partnership), make_person(partnership)
    booking = book(person, session, declared="I can come")
    Session.objects.filter(pk=session.pk).update(capacity=1)
    queued = book(waits, session)
    cancel_session(actor=team, session=session, reason="The trainer is ill.")
    for _ in range(2):
        tell_of_cancelled_sessions(partnership, now)
    for one in (booking, queued):
        message = Message.objects.get(purpose="session_cancelled", person=one.person)
        assert other.places_words in message.text and link(one) in message.text
        assert "The trainer is ill." in message.text
    page = Client().get(link(booking)).content.decode()
    assert "This session will not take place" in page and "Take it" in page and "Keep the place" not in page
    answer = take(booking, other).content.decode()
    assert "The place is yours" in answer and "You have taken another session" in answer
    again = Booking.objects.get(session=other)
    assert (again.person, again.state, again.declared) == (person, "confirmed", "I can come")
    booking.refresh_from_db()
    assert again.booked_at == booking.booked_at and booking.state == "cancelled"
    # One place for one place.
    third = make_session(partnership, course=session.course, starts_at=now + timedelta(days=99))
    take(booking, third)
    assert not Booking.objects.filter(session=third).exists()
    # Whoever waited may take the other place.
    take(queued, other)
    assert Booking.objects.filter(session=other, state="confirmed").count() == 2


def test_a_cancelled_session_without_another_leads_to_the_course(partnership, team, session, book, now):
    booking = book(make_person(partnership), session)
    cancel_session(actor=team, session=session, reason="The trainer is ill.")
    tell_of_cancelled_sessions(partnership, now)
    assert "/s/move-" not in Message.objects.get(purpose="session_cancelled").text
    assert "No other session of this course" in Client().get(link(booking)).content.decode()


def test_whoever_was_not_approved_yet_is_led_to_the_course_to_ask_again(
    partnership, team, session, other, book, now
):
    Course.objects.filter(pk=session.course_id).update(approval="team")
    session.course.refresh_from_db()
    booking = book(make_person(partnership), session)
    assert booking.state == "requested"
    cancel_session(actor=team, session=session, reason="The trainer is ill.")
    tell_of_cancelled_sessions(partnership, now)
    text = Message.objects.get(purpose="session_cancelled").text
    assert other.places_words in text and "had not been approved yet, so ask again" in text
    assert "/s/move-" not in text and f"/courses/{session.course.slug}/" in text
    # By a link from before, such as that of a merge.
    page = Client().get(link(booking)).content.decode()
    assert "Your request had not been approved. Ask again" in page and "No other session" not in page


def test_whoever_had_given_the_place_up_is_not_told_that_no_session_has_places(
    partnership, team, session, other, book, now
):
    booking = book(make_person(partnership), session)
    give_up(actor=actor_for(booking.person), booking=booking)
    cancel_session(actor=team, session=session, reason="The trainer is ill.")
    page = Client().get(link(booking)).content.decode()
    assert "No other session" not in page and "Take it" not in page
    assert f"/courses/{session.course.slug}/#dates" in page


def test_a_request_that_nobody_approved_is_not_carried_over(partnership, team, session, other, book, now):
    person = make_person(partnership)
    booking = book(person, session)
    Booking.objects.filter(pk=booking.pk).update(state="cancelled", ended_at=now)
    from bookings.models import Approval

    Approval.objects.create(
        partnership=partnership,
        booking=booking,
        rule="team",
        asked="team",
        asked_at=now,
        expires_at=now,
        decision="withdrawn",
        decided_at=now,
    )
    cancel_session(actor=team, session=session, reason="Ill")
    with pytest.raises(DomainError, match="Otherwise cancel"):
        take_another_session(actor=holder(booking), booking=booking, session=other)


def test_a_booking_that_was_moved_meanwhile_is_not_changed_by_a_stale_page(
    partnership, team, session, other, book
):
    booking = book(make_person(partnership), session)
    Booking.objects.filter(pk=booking.pk).update(session=other)
    with pytest.raises(DomainError, match="just moved"):
        give_up(actor=actor_for(booking.person), booking=booking)


def test_whoever_gave_the_place_up_or_passed_it_on_has_no_claim_when_the_session_is_cancelled(
    partnership, team, session, other, book, now
):
    school = make_organisation(partnership)
    giver, passer, colleague = (make_person(partnership, organisation=school) for _ in range(3))
    gone = [book(giver, session), book(passer, session)]
    give_up(actor=actor_for(giver), booking=gone[0])
    swap_place(actor=team, booking=gone[1], person=colleague)
    cancel_session(actor=team, session=session, reason="The trainer is ill.")
    tell_of_cancelled_sessions(partnership, now)
    for booking in gone:
        assert "Take it" not in Client().get(link(booking)).content.decode()
        with pytest.raises(DomainError, match="Otherwise cancel the booking"):
            take_another_session(actor=holder(booking), booking=booking, session=other)
    kept = Booking.objects.get(person=colleague)
    assert "Take it" in Client().get(link(kept)).content.decode()


def test_nobody_takes_a_session_that_an_organisation_holds_for_its_own_staff(
    partnership, team, course, book, now
):
    holds_it = make_organisation(partnership)
    opened, closed = (
        make_session(
            partnership,
            course=course,
            starts_at=now + timedelta(days=days),
            single_agency_for=holds_it,
            opened_to_others=to_others,
        )
        for days, to_others in ((60, True), (90, False))
    )
    own, guest = make_person(partnership, organisation=holds_it), make_person(partnership)
    bookings = [book(one, opened) for one in (own, guest)]
    cancel_session(actor=team, session=opened, reason="The trainer is ill.")
    tell_of_cancelled_sessions(partnership, now)
    mine, theirs = (Client().get(link(one)).content.decode() for one in bookings)
    assert "Take it" in mine and "Take it" not in theirs
    with pytest.raises(DomainError, match="for the staff of"):
        take_another_session(actor=holder(bookings[1]), booking=bookings[1], session=closed)
