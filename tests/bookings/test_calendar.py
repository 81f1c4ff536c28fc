"""The calendar complaints of other systems, as tests: no second invitation, nothing that stays, nothing an hour off."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from bookings.messages import facts_of
from bookings.models import Booking, CalendarFeed
from bookings.services.changes import tell_of_cancelled_sessions, tell_of_changed_sessions
from bookings.services.feeds import close_feed, open_feed
from bookings.services.merging import merge_sessions
from bookings.services.moving import take_another_session
from bookings.services.places import book_place, give_up
from bookings.services.swaps import swap_place
from courses.models import Session, SessionDate, Venue
from courses.services.sessions import cancel_session
from notifications.models import Message
from partnership_portal.templatetags.portal import time_range, uk_time
from partnerships.models import Membership, MembershipRole
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.moving import move
from tests.bookings.pressing import press
from tests.factories import actor_for, job, make_course, make_person, make_session
from tests.notifications.reading import events_of

UK = ZoneInfo("Europe/London")
C = CalendarFeed.Covers


class Diary:
    """A diary that does with a person's messages what Outlook and others do: the higher sequence wins.

    What was dropped before it was sent never reaches it.
    """

    def __init__(self, person) -> None:
        self.entries: dict[str, tuple] = {}
        for message in Message.objects.filter(person=person).exclude(state="dropped").order_by("pk"):
            for event, method in events_of(message):
                self._take(event, method)

    def _take(self, event, method) -> None:
        held = self.entries.get(str(event["uid"]))
        if held is None or event["sequence"] >= held[0]:
            self.entries[str(event["uid"])] = (event["sequence"], method, event["dtstart"].dt.astimezone(UTC))

    @property
    def stands(self) -> list[datetime]:
        return sorted(start for _, method, start in self.entries.values() if method != "CANCEL")


def test_an_edited_session_updates_the_invitation_and_sends_no_second_one(partnership, book, now) -> None:
    person, session = make_person(partnership), make_session(partnership, days=2)
    book(person, session)
    first = set(Diary(person).entries)
    for _ in range(2):
        move(session, timedelta(days=1, hours=2))
        tell_of_changed_sessions(partnership, now)
    hall = Venue.objects.create(partnership=partnership, name="Hall", address="Square", postcode="HR2 2AA")
    Session.objects.filter(pk=session.pk).update(venue=hall)
    tell_of_changed_sessions(partnership, now)
    diary = Diary(person)
    assert set(diary.entries) == first
    assert diary.stands == [date.starts_at for date in session.dates.all()]
    assert {sequence for sequence, *_ in diary.entries.values()} == {3}
    last = events_of(Message.objects.filter(person=person).latest("pk"))
    assert all("Hall, Square" in str(event["location"]) for event, _ in last)


@pytest.mark.parametrize("how", ["by the person", "with the session", "moved and then cancelled, untold"])
def test_a_cancelled_one_does_not_stay_in_the_diary(partnership, book, now, how) -> None:
    person, session = make_person(partnership), make_session(partnership, days=2)
    booking = book(person, session)
    if how == "moved and then cancelled, untold":
        move(session, timedelta(days=3))
        session.dates.last().delete()
    if how == "with the session":
        Session.objects.filter(pk=session.pk).update(status="cancelled")
        tell_of_cancelled_sessions(partnership, now)
    else:
        give_up(actor=actor_for(person), booking=booking)
    assert Diary(person).stands == []


def test_a_dropped_date_leaves_the_diary_and_comes_back_when_it_is_held_again(partnership, book, now) -> None:
    person, session = make_person(partnership), make_session(partnership, days=3)
    book(person, session)
    dropped = session.dates.first()
    starts_at, ends_at = dropped.starts_at, dropped.ends_at
    dropped.delete()
    tell_of_changed_sessions(partnership, now)
    assert Diary(person).stands == [date.starts_at for date in session.dates.all()]
    SessionDate.objects.create(partnership=partnership, session=session, starts_at=starts_at, ends_at=ends_at)
    tell_of_changed_sessions(partnership, now)
    assert Diary(person).stands == [date.starts_at for date in session.dates.all()]
    assert len(Diary(person).entries) == 3


FRIDAY_NIGHT = datetime(2027, 3, 5, 20, 30, tzinfo=UTC)
SATURDAY = FRIDAY_NIGHT + timedelta(hours=14)


@pytest.mark.parametrize(
    "how", ["given up", "cancelled", "merged", "merged with the own", "transferred", "swapped"]
)
@pytest.mark.parametrize("why", ["quiet hours", "the mail server is away"])
def test_a_date_that_was_dropped_leaves_the_diary_also_where_nobody_was_told_before_the_rest_went(
    partnership, book, settings, monkeypatch, why, how
) -> None:
    settings.PORTAL_QUIET_HOURS = why == "quiet hours"
    monkeypatch.setattr(timezone, "now", lambda: FRIDAY_NIGHT - timedelta(days=1))
    course = make_course(partnership)
    first, second = (
        make_session(partnership, course=course, days=days, starts_at=FRIDAY_NIGHT + timedelta(days=after))
        for days, after in ((3, 28), (2, 60))
    )
    team, person = actor_for(make_person(partnership, Role.TEAM)), make_person(partnership)
    booking = book(person, first)
    if how == "merged with the own":
        book(person, second)
    Message.objects.update(state="sent")
    assert len(Diary(person).stands) == (5 if how == "merged with the own" else 3)
    monkeypatch.setattr(timezone, "now", lambda: FRIDAY_NIGHT)
    first.dates.last().delete()
    tell_of_changed_sessions(partnership, FRIDAY_NIGHT)
    assert Message.objects.filter(purpose="session_changed").exists() is not settings.PORTAL_QUIET_HOURS
    monkeypatch.setattr(timezone, "now", lambda: SATURDAY)
    if how == "given up":
        give_up(actor=actor_for(person), booking=booking)
    elif how == "cancelled":
        cancel_session(actor=team, session=first, reason="The trainer is ill.")
        tell_of_cancelled_sessions(partnership, SATURDAY)
    elif how.startswith("merged"):
        merge_sessions(actor=team, emptied=first, kept=second, reason="Too few people had booked.")
    elif how == "transferred":
        take_another_session(actor=team, booking=booking, session=second)
    else:
        colleague = make_person(partnership, organisation=booking.organisation)
        swap_place(actor=team, booking=booking, person=colleague)
    stays = how in {"merged", "merged with the own", "transferred"}
    assert Diary(person).stands == ([date.starts_at for date in second.dates.all()] if stays else [])
    # And where that message is dropped in its turn.
    if stays:
        give_up(actor=actor_for(person), booking=Booking.objects.live().get(person=person))
        assert Diary(person).stands == []


def test_booking_again_makes_a_new_entry_and_raises_no_cancelled_one(partnership, book) -> None:
    person, session = make_person(partnership), make_session(partnership)
    for _ in range(2):
        give_up(actor=actor_for(person), booking=book(person, session))
    gone = set(Diary(person).entries)
    book(person, session)
    diary = Diary(person)
    assert len(diary.stands) == 1
    assert all(diary.entries[uid][1] == "CANCEL" for uid in gone)


def test_an_offer_let_go_at_night_is_not_made_in_the_morning(partnership, book, settings) -> None:
    settings.PORTAL_QUIET_HOURS = True
    session = make_session(partnership, capacity=1)
    first, second = make_person(partnership), make_person(partnership)
    place, _ = book(first, session), book(second, session)
    give_up(actor=actor_for(first), booking=place)
    offered = Booking.objects.get(person=second)
    assert offered.state == "offered"
    Message.objects.filter(purpose="booking_offered").update(not_before=datetime(2040, 1, 1, tzinfo=UTC))
    give_up(actor=actor_for(second), booking=offered)
    assert Message.objects.get(purpose="booking_offered").state == "dropped"
    assert Message.objects.get(purpose="waiting_left", person=second).state in {"queued", "sent"}


CHANGES = [
    # The clocks go forward at 1am on 31 March 2030 and back at 2am on 27 October.
    pytest.param(datetime(2030, 3, 31, 0, 30, tzinfo=UTC), 60, "12:30am to 2:30am", id="spring"),
    pytest.param(datetime(2030, 10, 26, 23, 30, tzinfo=UTC), 180, "12:30am to 2:30am", id="autumn"),
    pytest.param(
        datetime(2030, 10, 27, 0, 30, tzinfo=UTC), 60, "1:30am BST to 1:30am GMT", id="the hour twice"
    ),
    pytest.param(datetime(2030, 10, 27, 1, 30, tzinfo=UTC), 60, "1:30am GMT to 2:30am", id="its second half"),
]


@pytest.mark.parametrize(("start", "minutes", "words"), CHANGES)
def test_nothing_is_an_hour_off_on_the_days_on_which_the_clocks_change(
    partnership, book, client, start, minutes, words
) -> None:
    session = make_session(partnership, starts_at=start)
    end = start + timedelta(minutes=minutes)
    Session.objects.filter(pk=session.pk).update(ends_at=end)
    session.dates.update(ends_at=end)
    person = make_person(partnership)
    booking = book(person, session)
    assert words in Message.objects.get().text
    assert words in str(facts_of(booking))
    feed = open_feed(actor=actor_for(person), covers=C.PLACES)
    fetched = Calendar.from_ical(client.get(f"/alphashire/calendar/{feed.secret}.ics").content)
    (sent, _), fetched_event = events_of(Message.objects.get())[0], fetched.walk("VEVENT")[0]
    for event in (sent, fetched_event):
        for name, moment in (("dtstart", start), ("dtend", end)):
            # As a diary reads it: UTC, or UK time where a time that comes twice is the first of the two.
            written = event[name].to_ical().decode()
            wall = datetime.strptime(written.rstrip("Z"), "%Y%m%dT%H%M%S")
            zone = UTC if written.endswith("Z") else UK
            assert wall.replace(tzinfo=zone).astimezone(UTC) == moment


def test_only_the_hour_that_comes_twice_names_its_zone() -> None:
    assert uk_time(datetime(2030, 10, 26, 23, 59, tzinfo=UTC)) == "12:59am"
    assert uk_time(datetime(2030, 10, 27, 0, 0, tzinfo=UTC)) == "1am BST"
    assert uk_time(datetime(2030, 10, 27, 2, 0, tzinfo=UTC)) == "2am"
    spring = datetime(2030, 3, 31, 0, 59, tzinfo=UTC)
    assert time_range(spring, spring + timedelta(minutes=1)) == "12:59am to 2am"


def test_the_entry_leads_to_the_bookings_page_and_says_how_to_join(partnership, book) -> None:
    session = make_session(partnership, venue=None, joining_link="https://meet.example/room")
    Session.objects.filter(pk=session.pk).update(joining_instructions="Have a headset.")
    booking = book(make_person(partnership), session)
    ((event, _),) = events_of(Message.objects.get())
    page = f"/alphashire/me/bookings/{booking.pk}/"
    assert event["url"].endswith(page) and page in event["description"]
    assert "https://meet.example/room" in event["description"] and "Have a headset." in event["description"]


def test_the_entry_of_somebody_without_an_account_leads_to_where_they_can_answer(partnership, book) -> None:
    """To the booking's page they could not get, since nobody signs in without an account."""
    lead = make_person(partnership, Role.ORGANISATION_LEAD)
    place = lead.memberships.get()
    person = make_person(partnership, organisation=place.organisation, account=False)
    booking = book_place(
        actor=actor_for(lead),
        session=make_session(partnership),
        person=person,
        organisation=place.organisation,
    )
    ((event, _),) = events_of(Message.objects.get())
    address = str(event["url"])
    assert "/s/coming-" in address and address in event["description"]
    path = address[address.index("/alphashire/") :]
    page = Client().get(path).content.decode()
    assert "Yes, still coming" in page and "Give my place to a colleague" in page
    booking.refresh_from_db()
    # To look does nothing, and it answers for this booking alone.
    assert (booking.state, booking.coming_confirmed_at) == ("confirmed", None)
    press(Client(), path, yes="1")
    booking.refresh_from_db()
    assert booking.coming_confirmed_at is not None


# Feeds


def titles(client, feed: CalendarFeed, slug: str = "alphashire") -> list[str]:
    response = client.get(f"/{slug}/calendar/{feed.secret}.ics")
    assert response.status_code == 200
    return sorted(str(one["summary"]) for one in Calendar.from_ical(response.content).walk("VEVENT"))


@pytest.fixture
def trainer(partnership):
    return make_person(partnership, Role.TRAINER, name="Trudy Trainer")


def test_a_feed_has_ones_own_places_and_nothing_else(partnership, book, trainer, client) -> None:
    person, other = make_person(partnership), make_person(partnership, name="Otto Other")
    mine = make_session(partnership, days=2, trainers=(trainer,))
    full = make_session(partnership, capacity=1)
    given_back = make_session(partnership)
    book(person, mine)
    book(other, mine)
    book(other, full)
    book(person, full)
    give_up(actor=actor_for(person), booking=book(person, given_back))
    feed = open_feed(actor=actor_for(person), covers=C.PLACES)
    assert titles(client, feed) == [mine.course.title] * 2
    content = client.get(f"/alphashire/calendar/{feed.secret}.ics").content.decode()
    # As Outlook reads it, which leaves out what it doesn't know as a duration.
    assert "X-PUBLISHED-TTL:PT1H\r\n" in content
    for secret in ("Otto", other.email, "Trudy", trainer.email, person.email, "ATTENDEE"):
        assert secret not in content
    # The same identities as in the messages.
    uids = {event["uid"] for event, _ in events_of(Message.objects.filter(person=person).earliest("pk"))}
    assert {one["uid"] for one in Calendar.from_ical(content).walk("VEVENT")} == uids
    Session.objects.filter(pk=mine.pk).update(status="cancelled")
    assert titles(client, feed) == []


def test_an_offer_is_no_place_in_the_diary_and_shows_no_joining_link(partnership, book, client) -> None:
    session = make_session(partnership, capacity=1, venue=None, joining_link="https://meet.example/secret")
    holder, person = make_person(partnership), make_person(partnership)
    booking = book(holder, session)
    offered = book(person, session)
    give_up(actor=actor_for(holder), booking=booking)
    offered.refresh_from_db()
    assert offered.state == "offered"
    feed = open_feed(actor=actor_for(person), covers=C.PLACES)
    assert titles(client, feed) == []
    assert b"meet.example" not in client.get(f"/alphashire/calendar/{feed.secret}.ics").content


def test_a_trainers_feed_has_the_sessions_they_train_and_nobodys_name(
    partnership, book, trainer, client
) -> None:
    session = make_session(partnership, trainers=(trainer,))
    make_session(partnership)
    make_session(partnership, trainers=(trainer,), status="draft")
    learner = make_person(partnership, name="Lea Learner")
    book(learner, session)
    feed = open_feed(actor=actor_for(trainer), covers=C.TRAINING)
    assert titles(client, feed) == [f"Training: {session.course.title}"]
    content = client.get(f"/alphashire/calendar/{feed.secret}.ics").content.decode()
    assert "Lea" not in content and learner.email not in content
    assert f"/alphashire/training/sessions/{session.pk}/" in content.replace("\r\n ", "")
    session.trainer_links.all().delete()
    assert titles(client, feed) == []


def test_a_wrong_secret_another_partnership_and_an_ended_membership_find_nothing(
    partnership, neighbour, trainer, client
) -> None:
    places = open_feed(actor=actor_for(trainer), covers=C.PLACES)
    training = open_feed(actor=actor_for(trainer), covers=C.TRAINING)
    for slug, secret in (
        ("alphashire", "x" * 43),
        ("betashire", places.secret),
        ("alphashire", places.secret[:-1]),
        ("alphashire", "nothing"),
    ):
        assert client.get(f"/{slug}/calendar/{secret}.ics").status_code == 404
    # Nobody fetches their old sessions once they train no more, or have left.
    MembershipRole.objects.filter(membership__person=trainer).delete()
    assert client.get(f"/alphashire/calendar/{training.secret}.ics").status_code == 404
    assert titles(client, places) == []
    Membership.objects.filter(person=trainer).update(ended_on="2026-01-01")
    assert client.get(f"/alphashire/calendar/{places.secret}.ics").status_code == 404
    with acting_in(neighbour):
        assert not CalendarFeed.objects.filter(secret=places.secret).exists()


def test_a_feed_is_read_only_fetched_anew_only_when_changed_and_not_shared(
    partnership, book, client, now
) -> None:
    person, session = make_person(partnership), make_session(partnership)
    book(person, session)
    address = f"/alphashire/calendar/{open_feed(actor=actor_for(person), covers=C.PLACES).secret}.ics"
    first = client.get(address)
    assert first["Content-Type"].startswith("text/calendar")
    assert "private" in first["Cache-Control"] and first["X-Robots-Tag"] == "noindex"
    assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 304
    assert client.post(address).status_code == 405
    move(session, timedelta(hours=1))
    again = client.get(address, headers={"if-none-match": first["ETag"]})
    assert again.status_code == 200 and again["ETag"] != first["ETag"]


def test_a_new_address_makes_the_old_one_useless_and_closing_both(partnership, sign_in, client) -> None:
    person = make_person(partnership)
    browser = sign_in(person)
    page = "/alphashire/me/calendar/"
    assert page in browser.get("/alphashire/me/details/").content.decode()
    assert "Get an address" in browser.get(page).content.decode()
    assert not CalendarFeed.objects.exists()
    secrets = []
    for _ in range(2):
        browser.post(page, {"covers": "places"})
        secrets.append(CalendarFeed.objects.get().secret)
        assert f"/alphashire/calendar/{secrets[-1]}.ics" in browser.get(page).content.decode()
    found = [client.get(f"/alphashire/calendar/{secret}.ics").status_code for secret in secrets]
    assert found == [404, 200]
    browser.post(page, {"covers": "places", "close": "yes"})
    close_feed(actor=actor_for(person), covers=C.PLACES)
    assert client.get(f"/alphashire/calendar/{secrets[-1]}.ics").status_code == 404
    assert browser.post(page, {"covers": "nonsense"}).status_code == 404


def test_only_trainers_open_a_trainers_feed_and_jobs_none(partnership, sign_in) -> None:
    person = make_person(partnership)
    with pytest.raises(Exception, match="Only trainers"):
        open_feed(actor=actor_for(person), covers=C.TRAINING)
    with pytest.raises(Exception, match="Only people"):
        open_feed(actor=job(partnership), covers=C.PLACES)
    assert "Sessions that you train" not in sign_in(person).get("/alphashire/me/calendar/").content.decode()


@pytest.mark.parametrize("rows", [1, 5])
@pytest.mark.parametrize("covers", list(C), ids=lambda one: one.value)
def test_a_feed_takes_the_same_number_of_queries(
    rows, covers, partnership, book, trainer, client, django_assert_num_queries
) -> None:
    for _ in range(rows):
        book(trainer, make_session(partnership, days=2, trainers=(trainer,)))
    address = f"/alphashire/calendar/{open_feed(actor=actor_for(trainer), covers=covers).secret}.ics"
    with django_assert_num_queries(10):
        client.get(address)
