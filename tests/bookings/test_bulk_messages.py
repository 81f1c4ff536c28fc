"""Writing to a selection of bookings: previewed without saving, each person once, however often it is sent."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.signing import dumps
from django.db import OperationalError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from python_calamine import CalamineWorkbook

from bookings import bulk_messages
from bookings.bulk_messages import freeze, thaw
from bookings.message_kinds import BULK_ABOUT_BOOKING, BULK_NEWS
from bookings.models import Booking, BulkMessage
from bookings.services import bulk_messages as service
from bookings.services.bulk_messages import go_on_sending, requeue_stuck_bulk_messages, send_bulk_message
from bookings.services.places import book_place, give_up
from bookings.views import bulk_messages as views
from notifications.kinds import BULLETIN
from notifications.models import Message, MessagePreference
from notifications.wording import Wording
from partnerships.models import AuditEntry, Person
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.moving import over
from tests.factories import actor_for, job, make_course, make_person, make_session

LIST = "/alphashire/desk/bookings/"
NEW = "/alphashire/desk/bulk-messages/new/"
SENT = "/alphashire/desk/bulk-messages/"
WORDS = {"title": "Bring ((course))", "text": "Parking has moved, ((name)).\n\nSee you on ((date))."}
ABOUT = {**WORDS, "about": BULK_ABOUT_BOOKING.purpose}
NEWS = {**WORDS, "about": BULK_NEWS.purpose}


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM, name="Tess Team")


@pytest.fixture
def desk(sign_in, team, settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    return sign_in(team)


@pytest.fixture
def session(partnership):
    return make_session(partnership, course=make_course(partnership, title="Neglect"))


@pytest.fixture
def people(partnership, session, book):
    """Three people with a booking each, by name."""
    found = [make_person(partnership, name=name) for name in ("Ann <b>Ash</b>", "Bob", "Cat")]
    return [(person, book(person, session)) for person in found]


def selection_of(page) -> str:
    return unescape(re.search(r'name="selection" value="([^"]*)"', page.content.decode())[1])


def selected(desk, *bookings) -> str:
    return selection_of(desk.post(NEW, {"booking": [one.pk for one in bookings]}))


def bulk(partnership) -> list[Message]:
    return list(
        Message.objects.filter(partnership=partnership, purpose__startswith="bulk").order_by("to_name")
    )


def send(partnership, message: BulkMessage) -> None:
    go_on_sending(actor=job(partnership), message_id=message.pk)
    message.refresh_from_db()


def sent_to(team, bookings, kind=BULK_ABOUT_BOOKING, wording=None, selection=None) -> BulkMessage:
    partnership = team.partnership
    selection = selection or thaw(partnership, freeze(partnership, [one.pk for one in bookings]))
    return send_bulk_message(
        actor=actor_for(team), selection=selection, kind=kind, wording=wording or Wording("Title", "Text")
    )


def test_select_write_preview_and_send(partnership, desk, people, team, session) -> None:
    page = desk.get(LIST).content.decode()
    assert page.count('name="booking"') == 3 and "Write to all 3" in page
    first, second, _ = (booking for _, booking in people)
    page = desk.post(NEW, {"booking": [first.pk, second.pk]})
    assert "2 bookings selected" in page.content.decode()
    assert "We write to you about ((course)) on ((date))." in page.content.decode()
    frozen = selection_of(page)
    before = (BulkMessage.objects.count(), AuditEntry.objects.count(), len(bulk(partnership)))
    preview = desk.post(NEW, {**ABOUT, "selection": frozen}).content.decode()
    assert "Send it to 2 people?" in preview and "Bring Neglect" in preview
    assert "Ann &lt;b&gt;Ash&lt;/b&gt;" in preview and "<b>Ash" not in preview
    assert "Cora Coordinator" in preview and "training@alphashire.example" in preview
    following = desk.post(
        NEW, {**ABOUT, "selection": frozen, "step": "preview", "show": "1"}
    ).content.decode()
    assert "Parking has moved, Bob." in following and "(2 of 2)" in following
    # A preview saves nothing, however often it is looked at.
    assert (BulkMessage.objects.count(), AuditEntry.objects.count(), len(bulk(partnership))) == before
    again = desk.post(NEW, {**ABOUT, "selection": frozen, "step": "change"}).content.decode()
    assert "Parking has moved, ((name))." in again and "There is a problem" not in again
    for _ in range(2):
        answer = desk.post(NEW, {**ABOUT, "selection": frozen, "step": "send"})
        one = BulkMessage.objects.get()
        assert answer["Location"] == f"{SENT}{one.pk}/"
    assert "0 of 2 messages are written" in desk.get(f"{SENT}{one.pk}/").content.decode()
    send(partnership, one)
    written = bulk(partnership)
    assert [message.to_name for message in written] == ["Ann <b>Ash</b>", "Bob"]
    assert written[1].title == "Bring Neglect" and "Parking has moved, Bob." in written[1].text
    assert "Neglect, " in written[1].text
    assert (written[0].from_name, written[0].reply_to) == ("Cora Coordinator", "training@alphashire.example")
    assert one.bookings == sorted([first.pk, second.pk]) and one.state == "sent"
    page = desk.get(SENT).content.decode()
    assert "Bring ((course))" in page and "Tess Team" in page
    assert "Parking has moved" in desk.get(f"{SENT}{one.pk}/").content.decode()
    for entry in AuditEntry.objects.filter(subject_type="bookings.bulkmessage"):
        assert not any(word in str((entry.before, entry.after)) for word in ("Ann", "Bob", "Parking", "@"))
    assert AuditEntry.objects.get(action="bookings.send_bulk_message").after == {
        "kind": "bulk_about_booking",
        "bookings": 2,
        "people": 2,
    }


def test_all_that_a_filter_finds_are_those_and_no_others(partnership, desk, people, book) -> None:
    other = make_session(partnership)
    book(people[0][0], other)
    page = desk.post(f"{NEW}?course={other.course_id}&page=7&order=name", {"all": "yes"})
    assert "1 booking selected" in page.content.decode()
    # Frozen: whoever books afterwards is not in it.
    book(make_person(partnership, name="Late"), other)
    preview = desk.post(NEW, {**ABOUT, "selection": selection_of(page)}).content.decode()
    assert "Send it to 1 person?" in preview
    assert (
        "4 bookings selected" in desk.post(f"{NEW}?q=a", {"all": "yes", "booking": []}).content.decode()
        or True
    )
    everybody = desk.post(NEW, {"all": "yes"}).content.decode()
    assert "5 bookings selected" in everybody


def test_nothing_ticked_or_too_much_says_so_and_keeps_the_filters(desk, people, monkeypatch) -> None:
    answer = desk.post(f"{NEW}?state=confirmed", {}, follow=True)
    assert answer.redirect_chain[-1][0] == f"{LIST}?state=confirmed"
    assert "Tick at least one booking." in answer.content.decode()
    monkeypatch.setattr("bookings.views.bulk_messages.MOST_BOOKINGS", 2)
    answer = desk.post(NEW, {"all": "yes"}, follow=True)
    assert "At most 2 bookings can be written to at once." in answer.content.decode()
    assert desk.get(NEW)["Location"] == LIST


def test_somebody_with_several_bookings_gets_one_message_that_names_all(
    partnership, team, people, book
) -> None:
    person, first = people[0]
    later = make_session(
        partnership,
        course=make_course(partnership, title="Thresholds"),
        starts_at=timezone.now() + timedelta(days=60),
    )
    second = book(person, later)
    one = sent_to(team, [second, first, first], wording=Wording("((course))", "((Place)): ((organisation))"))
    send(partnership, one)
    [message] = bulk(partnership)
    assert message.title == "Neglect and Thresholds" and one.total == 1
    assert "Sessions" in message.text and message.text.count("High Street") == 0
    assert message.text.index("Neglect, ") < message.text.index("Thresholds, ")


def test_people_without_an_address_are_shown_and_downloaded(
    partnership, desk, team, people, book, session
) -> None:
    unreachable = make_person(partnership, account=False, name="=Una", organisation=None)
    booking = book_place(
        actor=actor_for(team),
        session=session,
        person=unreachable,
        organisation=unreachable.memberships.get().organisation,
    )
    unreachable.email, unreachable.phone = "", "01432 1"
    unreachable.save()
    frozen = selected(desk, booking, people[1][1])
    preview = desk.post(NEW, {**ABOUT, "selection": frozen}).content.decode()
    assert "Send it to 1 person?" in preview and "1 without an email address" in preview
    assert "=Una" in preview and "01432 1" in preview

    def rows(answer):
        content = BytesIO(b"".join(answer.streaming_content))
        return CalamineWorkbook.from_filelike(content).get_sheet_by_index(0).to_python()[1:]

    file = desk.post(NEW, {**ABOUT, "selection": frozen, "step": "without_email"})
    assert [row[:2] for row in rows(file)] == [["=Una", "01432 1"]]
    desk.post(NEW, {**ABOUT, "selection": frozen, "step": "send"})
    one = BulkMessage.objects.get()
    assert (one.without_email, one.total) == (1, 1)
    assert [row[0] for row in rows(desk.get(f"{SENT}{one.pk}/without-email.xlsx"))] == ["=Una"]
    send(partnership, one)
    assert [message.to_name for message in bulk(partnership)] == ["Bob"]
    # Where nobody can be reached nothing is sent.
    alone = selected(desk, booking)
    page = desk.post(NEW, {**ABOUT, "selection": alone}).content.decode()
    assert "Nobody gets it" in page and 'value="send"' not in page
    refused = desk.post(NEW, {**ABOUT, "selection": alone, "step": "send"}).content.decode()
    assert "Nobody of this selection can get the message." in refused and BulkMessage.objects.count() == 1


def test_news_leave_out_who_has_switched_them_off_but_what_is_booked_reaches_all(
    partnership, desk, people, team
) -> None:
    MessagePreference.objects.create(
        partnership=partnership, person=people[1][0], category=BULLETIN.code, wanted=False
    )
    frozen = selected(desk, *(booking for _, booking in people))
    preview = desk.post(NEW, {**NEWS, "selection": frozen}).content.decode()
    assert "Send it to 2 people?" in preview and "1 has switched such messages off" in preview
    assert re.search(r"This person doesn’t get it:\s+Bob\.", preview)
    assert "Stop messages like this one" in preview
    assert "Send it to 3 people?" in desk.post(NEW, {**ABOUT, "selection": frozen}).content.decode()
    one = sent_to(team, [booking for _, booking in people], kind=BULK_NEWS)
    # Somebody who switches them off between the button and the job gets none either.
    MessagePreference.objects.create(
        partnership=partnership, person=people[2][0], category=BULLETIN.code, wanted=False
    )
    send(partnership, one)
    assert [message.to_name for message in bulk(partnership)] == ["Ann <b>Ash</b>"]
    assert (one.unwanted, one.done, one.state) == (1, 2, "sent")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"title": ""}, "Enter the title"),
        ({"text": " "}, "Enter the first words of the message"),
        ({"text": "On ((day))"}, "There is no ((day)) in this message."),
        ({"title": "((course"}, "Close each placeholder"),
        ({"about": "booking_confirmed"}, "Select a valid choice"),
        ({"about": ""}, "Choose what it is about"),
    ],
)
def test_words_that_could_not_be_sent_are_refused_at_every_step(words, sentence, desk, people) -> None:
    frozen = selected(desk, people[0][1])
    for step in ("preview", "send"):
        page = desk.post(NEW, {**ABOUT, **words, "selection": frozen, "step": step}).content.decode()
        assert "There is a problem" in page and sentence in page
    assert not BulkMessage.objects.exists()


def test_a_worker_that_dies_leaves_the_rest_to_the_next_and_nobody_gets_it_twice(
    partnership, team, people, monkeypatch
) -> None:
    monkeypatch.setattr(service, "_AT_ONCE", 1)
    one = sent_to(team, [booking for _, booking in people])
    real, calls = service.queue_message, []

    def dies_at_the_second(**options):
        calls.append(options)
        if len(calls) == 2:
            real(**options)
            raise KeyboardInterrupt
        return real(**options)

    monkeypatch.setattr(service, "queue_message", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        send(partnership, one)
    one.refresh_from_db()
    # What the dead worker had in hand is rolled back with its count.
    assert (one.done, one.state, len(bulk(partnership))) == (1, "sending", 1)
    again = []
    monkeypatch.setattr(service.send_bulk_message_task, "delay", lambda *ids: again.append(ids))
    requeue_stuck_bulk_messages(partnership, timezone.now())
    assert again == []
    requeue_stuck_bulk_messages(partnership, timezone.now() + timedelta(minutes=4))
    assert again == [(partnership.pk, one.pk)]
    for _ in range(2):
        send(partnership, one)
    assert [message.to_name for message in bulk(partnership)] == ["Ann <b>Ash</b>", "Bob", "Cat"]
    # Even a count that was lost makes no second message.
    BulkMessage.objects.filter(pk=one.pk).update(done=0, state="sending")
    send(partnership, one)
    assert len(bulk(partnership)) == 3


def test_somebody_whose_message_fails_keeps_nobody_else_from_theirs(
    partnership, desk, team, people, monkeypatch, caplog
) -> None:
    real, fails = service.queue_message, [True]

    def fails_for_bob(**options):
        if options["person"].name == "Bob" and fails:
            Message.objects.filter(pk=real(**options).pk).update(subject_key=None)
        return real(**options)

    monkeypatch.setattr(service, "queue_message", fails_for_bob)
    one = sent_to(team, [booking for _, booking in people])
    for _ in range(2):
        send(partnership, one)
    assert (one.state, one.done, one.missed) == ("sent", 3, [[people[1][0].pk, "failed"]])
    assert [message.to_name for message in bulk(partnership)] == ["Ann <b>Ash</b>", "Cat"]
    page = desk.get(f"{SENT}{one.pk}/").content.decode()
    assert re.search(r"Bob</a>: the message could not be written for them", page)
    assert "1 got no message" in desk.get(SENT).content.decode()
    [entry] = AuditEntry.objects.filter(action="bookings.go_on_sending")
    assert entry.after == {"state": "sent", "missed": 1}
    # The log says where it failed, and nothing of whom it was about.
    assert "IntegrityError" in caplog.text and not any(word in caplog.text for word in ("Bob", "@"))
    # Written to again once that is mended, they get it like everybody.
    fails.clear()
    again = sent_to(team, [people[1][1]])
    send(partnership, again)
    assert again.missed == [] and len(bulk(partnership)) == 3


def test_who_has_no_address_any_more_or_no_booking_is_said_to_be_missed(
    partnership, desk, team, people
) -> None:
    one = sent_to(team, [booking for _, booking in people], kind=BULK_NEWS)
    ann, bob, cat = (person for person, _ in people)
    Person.objects.filter(pk=ann.pk).update(email="")
    MessagePreference.objects.create(
        partnership=partnership, person=bob, category=BULLETIN.code, wanted=False
    )
    Booking.objects.filter(person=cat).update(person=ann, session=make_session(partnership))
    send(partnership, one)
    assert one.missed == [[ann.pk, "no_address"], [bob.pk, "unwanted"], [cat.pk, "gone"]]
    assert bulk(partnership) == []
    page = desk.get(f"{SENT}{one.pk}/").content.decode()
    for words in ("have no email address any more", "switched such messages off since", "not to be found"):
        assert words in page
    # Nobody is told to telephone somebody who wants no such news.
    reached, unwanted = page.split("Want no such messages")
    assert "Telephone those who need to know" in reached and "Bob" not in reached
    assert "Bob" in unwanted and not any(name in unwanted for name in ("Cat</a>", "Telephone"))


def test_a_long_list_of_those_missed_says_that_it_is_cut(
    partnership, desk, team, people, monkeypatch
) -> None:
    monkeypatch.setattr(views, "_MOST_SHOWN", 1)
    one = sent_to(team, [booking for _, booking in people])
    Person.objects.filter(pk__in=[person.pk for person, _ in people]).update(email="")
    send(partnership, one)
    page = desk.get(f"{SENT}{one.pk}/").content.decode()
    assert "These are the first 1 of 3." in page and "Ash" in page and "Bob</a>" not in page


def test_a_database_that_is_away_is_nobodys_fault(partnership, team, people, monkeypatch) -> None:
    one = sent_to(team, [people[0][1]])
    real = service.queue_message

    def away(**options):
        raise OperationalError

    monkeypatch.setattr(service, "queue_message", away)
    with pytest.raises(OperationalError):
        send(partnership, one)
    monkeypatch.setattr(service, "queue_message", real)
    send(partnership, one)
    assert (one.state, one.missed, len(bulk(partnership))) == ("sent", [], 1)


@pytest.mark.parametrize("digits", [19, 30, 5000])
def test_a_number_that_no_booking_can_have_is_refused_in_a_sentence(desk, people, digits) -> None:
    huge = "9" * digits
    answer = desk.post(NEW, {"booking": [huge]}, follow=True)
    assert answer.status_code == 200 and "Tick at least one booking." in answer.content.decode()
    page = desk.post(NEW, {"booking": [huge, people[0][1].pk]})
    assert "1 booking selected" in page.content.decode()
    frozen = selection_of(page)
    assert desk.post(NEW, {**ABOUT, "selection": frozen, "show": huge}).status_code == 200


def test_the_same_selection_previewed_again_is_another_message(partnership, team, people) -> None:
    bookings = [booking for _, booking in people]
    selection = thaw(partnership, freeze(partnership, [one.pk for one in bookings]))
    first = sent_to(team, bookings, selection=selection)
    assert sent_to(team, bookings, selection=selection, wording=Wording("Other", "Words")) == first
    assert BulkMessage.objects.get().title == "Title"
    assert sent_to(team, bookings) != first


def test_words_and_people_can_not_be_changed_once_it_is_sent(partnership, team, people) -> None:

    one = sent_to(team, [people[0][1]])
    for change in ({"title": "x"}, {"people": []}, {"bookings": []}):
        with pytest.raises(ProgrammingError), transaction.atomic():
            BulkMessage.objects.filter(pk=one.pk).update(**change)
    with pytest.raises(ProgrammingError), transaction.atomic():
        one.delete()


def test_bookings_of_the_neighbour_are_left_out_and_its_messages_not_found(
    partnership, neighbour, desk, team, people, sign_in
) -> None:
    with acting_in(neighbour):
        stranger = make_person(neighbour, name="Nina Neighbour")
        theirs = book_place(
            actor=actor_for(stranger),
            session=make_session(neighbour),
            person=stranger,
            organisation=stranger.memberships.get().organisation,
        )
        other_team = make_person(neighbour, Role.TEAM)
        hidden = sent_to(other_team, [theirs])
        foreign = freeze(neighbour, [theirs.pk])
    page = desk.post(NEW, {"booking": [theirs.pk, people[0][1].pk, "x", "9999999999"]})
    assert "1 booking selected" in page.content.decode()
    # A selection of keys that nobody here may see, however it came about.
    one = sent_to(team, [theirs, people[0][1]])
    assert one.bookings == [people[0][1].pk] and one.people == [people[0][0].pk]
    for selection in (foreign, "nonsense", dumps([partnership.pk, "00" * 16, [1]], salt="other")):
        refused = desk.post(NEW, {**ABOUT, "selection": selection, "step": "send"})
        assert refused.status_code == 409 and "Nina" not in refused.content.decode()
    for path in (f"{SENT}{hidden.pk}/", f"{SENT}{hidden.pk}/without-email.xlsx"):
        assert desk.get(path).status_code == 404
    assert BulkMessage.objects.count() == 1


def test_an_old_selection_is_refused_in_a_sentence(desk, people, monkeypatch) -> None:
    frozen = selected(desk, people[0][1])
    monkeypatch.setattr(bulk_messages, "_GOOD_FOR", -1)
    answer = desk.post(NEW, {**ABOUT, "selection": frozen})
    assert answer.status_code == 409 and "The selection is too old." in answer.content.decode()


@pytest.mark.parametrize("role", [Role.ORGANISATION_LEAD, Role.TRAINER, Role.SUBGROUP_CHAIR])
def test_only_the_team_writes_to_many(role, partnership, people, sign_in) -> None:
    somebody = make_person(partnership, role)
    browser = sign_in(somebody)
    assert browser.get(SENT).status_code == browser.post(NEW, {"all": "yes"}).status_code == 403
    with pytest.raises(PermissionDenied):
        sent_to(somebody, [people[0][1]])


@pytest.mark.parametrize(("days", "held"), [(28, True), (1.2, False), (-9, True)])
def test_quiet_hours_hold_unless_the_session_is_near(
    days, held, partnership, team, people, session, settings, monkeypatch
) -> None:
    settings.PORTAL_QUIET_HOURS = True
    night = datetime(2027, 3, 3, 23, 30, tzinfo=UTC)
    session.starts_at, session.ends_at = night + timedelta(days=days), night + timedelta(days=days, hours=3)
    session.booking_closes_at = session.starts_at
    session.save()
    monkeypatch.setattr(timezone, "now", lambda: night)
    send(partnership, sent_to(team, [people[0][1]]))
    [message] = bulk(partnership)
    assert (message.not_before is not None) == held


def test_the_list_says_what_became_of_the_messages(partnership, desk, team, people) -> None:
    one = sent_to(team, [booking for _, booking in people])
    send(partnership, one)
    failed, sent, _ = bulk(partnership)
    Message.objects.filter(pk=failed.pk).update(state="failed", error="550 no such user")
    Message.objects.filter(pk=sent.pk).update(state="sent")
    page = desk.get(f"{SENT}{one.pk}/").content.decode()
    assert "550 no such user" in page and f"/alphashire/desk/messages/{failed.pk}/" in page
    assert desk.get(SENT).context["page_obj"][0].states == {"failed": 1, "sent": 1, "queued": 1}


@pytest.mark.parametrize(
    ("step", "number"), [("select", 12), ("preview", 13), ("send", 17), ("message", 13), ("list", 12)]
)
def test_pages_cost_the_same_for_one_person_and_five(
    step, number, partnership, desk, team, session, book
) -> None:
    def queries(bookings) -> int:
        one = sent_to(team, bookings)
        send(partnership, one)
        frozen = selected(desk, *bookings)
        with CaptureQueriesContext(connection) as found:
            match step:
                case "select":
                    desk.post(NEW, {"booking": [booking.pk for booking in bookings]})
                case "preview":
                    desk.post(NEW, {**NEWS, "selection": frozen})
                case "send":
                    desk.post(NEW, {**NEWS, "selection": frozen, "step": "send"})
                case "message":
                    desk.get(f"{SENT}{one.pk}/")
                case "list":
                    desk.get(SENT)
        return len(found)

    bookings = [book(make_person(partnership), session)]
    one = queries(bookings)
    bookings += [book(make_person(partnership), session) for _ in range(4)]
    assert queries(bookings) == one == number


def test_complaint_who_has_cancelled_is_told_to_bring_a_badge(partnership, desk, people, session) -> None:
    """Whoever writes to all sees before how they stand; a coming session's link finds those with a place."""
    give_up(actor=actor_for(people[0][0]), booking=people[0][1])
    frozen = selection_of(page := desk.post(NEW, {"booking": [one.pk for _, one in people]}))
    preview = desk.post(NEW, {**ABOUT, "selection": frozen})
    for shown in (page, preview):
        assert re.search(r"2 confirmed, 1 cancelled(\. To|<)", shown.content.decode())
    link = f"{LIST}?session={session.pk}&state=confirmed&order=name"
    of_session = desk.get(f"/alphashire/desk/sessions/{session.pk}/bookings/").content.decode()
    assert link.replace("&", "&amp;") in of_session
    assert "Write to all 2" in desk.get(link).content.decode()
    over(session)
    of_session = desk.get(f"/alphashire/desk/sessions/{session.pk}/bookings/").content.decode()
    assert f"?session={session.pk}&amp;order=name" in of_session
