"""Choices: what is not essential can be switched off, from a page or by a link that acts on its button alone."""

from email import message_from_bytes, policy

import pytest

from bookings.message_kinds import REMINDER, REMINDERS
from notifications.kinds import every_kind
from notifications.models import Message, MessagePreference
from notifications.outbox import queue_message
from notifications.preferences import stop_link
from notifications.services.choices import choose_messages, stop_messages
from notifications.tasks import sweep_outboxes
from partnerships.actors import holder
from partnerships.models import AuditEntry
from partnerships.tenancy import acting_in
from tests.factories import actor_for, make_person

PAGE = "/alphashire/me/messages/"


def remind(person, key: str = "booking:1") -> Message | None:
    return queue_message(
        partnership=person.partnership,
        purpose="session_reminder",
        subject_key=key,
        values={one.name: one.example for one in REMINDER.placeholders},
        person=person,
    )


def link_in(message: Message) -> str:
    line = next(line for line in message.text.splitlines() if "/s/stop-" in line)
    assert line in message.html
    return line.removeprefix("http://127.0.0.1:8000")


def test_the_link_shows_a_page_and_only_its_button_stops_the_messages(partnership, client) -> None:
    person, other = make_person(partnership), make_person(partnership)
    link = link_in(remind(person))
    for _ in range(2):
        assert "Stop these messages?" in client.get(link).content.decode()
        client.head(link)
    assert not MessagePreference.objects.exists()
    for _ in range(2):
        assert "You get no more" in client.post(link).content.decode()
    assert remind(person, "booking:2") is None
    assert remind(other, "booking:3") is not None
    (entry,) = AuditEntry.objects.filter(action="notifications.choose_messages")
    assert (entry.actor, entry.person, entry.after) == ("link: stop", person, {"reminders": False})


def test_the_header_names_the_page_and_offers_no_single_click(partnership, settings) -> None:
    settings.EMAIL_BACKEND = "partnership_portal.demo.mailbox.EmailBackend"
    message = remind(make_person(partnership))
    sweep_outboxes()
    (file,) = settings.DEMO_MAILBOX_DIR.glob("*.eml")
    email = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert email["List-Unsubscribe"].strip() == f"<{settings.PORTAL_BASE_URL}{link_in(message)}>"
    assert email["List-Unsubscribe-Post"] is None


def test_essential_messages_have_no_such_link_and_always_come(partnership) -> None:
    person = make_person(partnership)
    choose_messages(actor=actor_for(person), wanted=[])
    message = queue_message(
        partnership=partnership,
        purpose="join_request_accepted",
        subject_key="request:1",
        values={"organisation": "Oak Tree"},
        person=person,
    )
    assert "/s/stop-" not in message.text + message.html


def test_another_partnerships_or_a_changed_link_stops_nothing(partnership, neighbour, client) -> None:
    link = link_in(remind(make_person(partnership)))
    assert client.post(link.replace("alphashire", "betashire")).status_code == 409
    assert client.post(link[:-3] + "x/").status_code == 409
    with acting_in(neighbour):
        assert not MessagePreference.objects.exists()
    assert not MessagePreference.objects.exists()


def test_nobody_stops_the_messages_of_somebody_else(partnership) -> None:
    one, other = make_person(partnership), make_person(partnership)
    for actor in (actor_for(other), holder(partnership, "stop", other), holder(partnership, "survey 1", one)):
        with pytest.raises(Exception, match="Only whoever got the message"):
            stop_messages(actor=actor, person=one, category=REMINDERS)


def test_the_page_switches_off_and_on_and_says_why_the_rest_comes(partnership, sign_in) -> None:
    person = make_person(partnership)
    browser = sign_in(person)
    page = browser.get(PAGE).content.decode()
    assert PAGE in browser.get("/alphashire/me/details/").content.decode()
    for kind in every_kind():
        assert not kind.essential or kind.essential in page
    assert page.count("checked") == 2
    browser.post(PAGE, {"wanted": ["bulletin"]})
    assert remind(person) is None
    assert browser.get(PAGE).content.decode().count("checked") == 1
    browser.post(PAGE, {"wanted": ["reminders", "bulletin"]})
    assert remind(person) is not None
    refused = browser.post(PAGE, {"wanted": ["nonsense"]})
    assert refused.status_code == 200 and "There is a problem" in refused.content.decode()


def test_a_link_is_made_for_a_person_and_a_category_only(partnership) -> None:
    essential = next(kind for kind in every_kind() if kind.essential)
    optional = next(kind for kind in every_kind() if kind.category)
    person = make_person(partnership)
    assert stop_link(None, optional) == stop_link(person, essential) == ""
    assert stop_link(person, optional)
