"""What mail servers send back later: found by its signed name, marked once, put before the team; and nothing else."""

import mailbox
import re
from email import message_from_bytes
from pathlib import Path

import pytest
from django.conf import settings as portal
from django.core.management import CommandError, call_command
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.bounce_mailbox import MailboxAway, open_mailbox
from notifications.bounces import Bounce, bounce_in
from notifications.kinds import known_kind
from notifications.models import Message
from notifications.outbox import queue_message
from notifications.sendings import name_of
from notifications.services.bounces import Fate, read_bounces
from notifications.services.resending import send_again
from notifications.tasks import read_what_came_back, send_message, sweep_outboxes
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.factories import actor_for, make_person
from tests.notifications.imap_server import imap_server

SHAPES = {
    "postfix": "Nobody has this address there (5.1.1).",
    "exchange": "Nobody has this address there (5.1.10).",
    "gmail": "The mailbox is full (5.2.2).",
}
THIS_TIME = "It could not be delivered this time; the address may be right, so send it again."
FOLDER = Path(__file__).parent / "came_back"


def came_back(shape: str, name: str) -> bytes:
    return (FOLDER / f"{shape}.eml").read_text("utf-8").replace("@@NAME@@", name).encode()


def make_message(partnership, **fields) -> Message:
    person = make_person(partnership)
    return Message.objects.create(
        **{
            "partnership": partnership,
            "purpose": "booking_confirmed",
            "subject_key": f"booking:{person.pk}",
            "person": person,
            "to_name": person.name,
            "to_email": person.email,
            "title": "Your place",
            "text": "You have a place.",
            "html": "<p>You have a place.</p>",
            "from_name": "Cora Coordinator",
            "reply_to": "training@alphashire.example",
            "state": "sent",
            **fields,
        }
    )


def named(message: Message) -> str:
    return name_of(message.partnership, message.pk, message.sending)


@pytest.fixture
def box(tmp_path, settings):
    """An empty maildir that is configured, and how to put something in."""
    maildir = mailbox.Maildir(tmp_path / "came back", create=True)
    settings.PORTAL_BOUNCES = f"maildir://{tmp_path}/came%20back"
    return maildir


@pytest.mark.parametrize("shape", SHAPES)
def test_what_came_back_is_on_the_desk_with_a_plain_reason_and_gone_from_the_mailbox(
    partnership, sign_in, box, shape
) -> None:
    message, other = make_message(partnership), make_message(partnership)
    box.add(came_back(shape, named(message)))
    assert read_bounces(portal.PORTAL_BOUNCES) == {Fate.FAILED: 1}
    message.refresh_from_db()
    other.refresh_from_db()
    assert (message.state, message.error, other.state) == ("failed", SHAPES[shape], "sent")
    assert len(box) == 0
    page = sign_in(make_person(partnership, Role.TEAM)).get(
        reverse("notifications:messages", args=[partnership.slug])
    )
    assert f"The mail server said: {SHAPES[shape]}" in page.content.decode()
    entry = AuditEntry.objects.get(action="notifications.fail_bounced")
    assert (entry.subject_id, entry.after) == (message.pk, {"state": "failed"})
    # Nothing sends it again by itself.
    sweep_outboxes()
    message.refresh_from_db()
    assert message.state == "failed"


def test_a_message_that_is_sent_bears_its_name_twice(partnership, settings) -> None:
    settings.EMAIL_BACKEND = "partnership_portal.demo.mailbox.EmailBackend"
    settings.DEFAULT_FROM_EMAIL = "Training <training@portal.example>"
    message = make_message(partnership, state="queued")
    send_message(partnership.pk, message.pk)
    (file,) = settings.DEMO_MAILBOX_DIR.glob("*.eml")
    mail = message_from_bytes(file.read_bytes())
    assert mail["Message-ID"].strip() == f"<{named(message)}@portal.example>"
    assert mail["X-Portal-Message"].strip() == named(message)


@pytest.mark.parametrize("shape", SHAPES)
def test_read_twice_is_read_once_and_another_sending_is_not_meant(partnership, box, shape) -> None:
    message = make_message(partnership)
    report = came_back(shape, named(message))
    for fate in (Fate.FAILED, Fate.KNOWN):
        box.add(report)
        assert read_bounces(portal.PORTAL_BOUNCES) == {fate: 1}
    team = actor_for(make_person(partnership, Role.TEAM))
    send_again(actor=team, message=message, email="new.address@oak.example")
    Message.objects.filter(pk=message.pk).update(state="sent")
    box.add(report)
    assert read_bounces(portal.PORTAL_BOUNCES) == {Fate.KNOWN: 1}
    message.refresh_from_db()
    assert (message.state, message.error) == ("sent", "")
    assert AuditEntry.objects.filter(action="notifications.fail_bounced").count() == 1


@pytest.mark.parametrize("shape", SHAPES)
def test_nobody_marks_a_message_whose_name_they_do_not_have(partnership, neighbour, box, shape) -> None:
    mine, theirs = make_message(partnership), make_message(partnership)
    with acting_in(neighbour):
        far = make_message(neighbour)
    name = named(mine)
    forged = [
        # The name of one's own message with another one's key, number or partnership.
        name.replace(f".{mine.pk}.", f".{theirs.pk}."),
        name.replace(mine.sending, theirs.sending),
        name.replace(f"sent-{partnership.pk}.", f"sent-{neighbour.pk}."),
        f"sent-{neighbour.pk}.{far.pk}.{far.sending}~{'A' * 43}",
        "sent-999999999999999999.1.abcdefabcdef~x",
        name[:-1],
        "",
    ]
    for one in forged:
        box.add(came_back(shape, one))
    assert read_bounces(portal.PORTAL_BOUNCES) == {Fate.NOT_OURS: len(forged)}
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
    with acting_in(neighbour):
        assert Message.objects.get(pk=far.pk).state == "sent"
    # They stay for a person, and are not read again.
    assert len(box) == len(forged)
    assert read_bounces(portal.PORTAL_BOUNCES) == {}


def test_each_partnership_finds_its_own(partnership, neighbour, box) -> None:
    here = make_message(partnership)
    with acting_in(neighbour):
        there = make_message(neighbour)
    box.add(came_back("postfix", named(there)))
    read_bounces(portal.PORTAL_BOUNCES)
    here.refresh_from_db()
    assert here.state == "sent"
    with acting_in(neighbour):
        assert Message.objects.get(pk=there.pk).state == "failed"
        assert AuditEntry.objects.get(action="notifications.fail_bounced").partnership == neighbour


def changed(shape: str, message: Message, *changes: tuple[str, str]) -> bytes:
    text = came_back(shape, named(message)).decode()
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    return text.encode()


DELAYED = ("Action: failed", "Action: delayed"), ("Status: 5.", "Status: 4.")


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_still_tried_has_not_failed(partnership, box, shape) -> None:
    message = make_message(partnership)
    box.add(changed(shape, message, *DELAYED))
    assert read_bounces(portal.PORTAL_BOUNCES) == {Fate.DELAYED: 1}
    message.refresh_from_db()
    assert (message.state, len(box)) == ("sent", 0)


@pytest.mark.parametrize("shape", SHAPES)
def test_given_up_for_a_reason_that_may_pass_says_nothing_of_the_address(
    partnership, sign_in, box, shape
) -> None:
    """RFC 3463: where a status of class 4 comes with a failure, sending in the future may be successful."""
    message = make_message(partnership)
    box.add(changed(shape, message, ("Status: 5.", "Status: 4.")))
    assert read_bounces(portal.PORTAL_BOUNCES) == {Fate.FAILED: 1}
    message.refresh_from_db()
    assert message.state == "failed" and THIS_TIME in message.error
    client = sign_in(make_person(partnership, Role.TEAM))
    page = reverse("notifications:message", args=[partnership.slug, message.pk])
    assert THIS_TIME in client.get(page).content.decode()
    # The same address is written to again, by hand and by whatever has something to say to it.
    client.post(page, {"email": message.to_email})
    message.refresh_from_db()
    assert (message.state, message.error) == ("queued", "")
    told = queue_message(
        partnership=partnership,
        purpose="survey-reminder",
        subject_key="invitation:1:reminder:1",
        values={one.name: "" for one in known_kind("survey-reminder").placeholders},
        person=message.person,
        at_once=True,
    )
    assert told is not None and (told.state, told.to_email) == ("queued", message.to_email)


def test_somebody_who_is_away_has_not_failed_either(partnership, box) -> None:
    """An answer by a person or their mail program, which names the message too."""
    message = make_message(partnership)
    box.add(
        f"From: away@oak.example\nTo: training@portal.example\nSubject: Away\nAuto-Submitted: auto-replied\n"
        f"In-Reply-To: <{named(message)}@portal.example>\n\nAction: failed\nStatus: 5.1.1\n".encode()
    )
    assert read_bounces(portal.PORTAL_BOUNCES) == {Fate.NOT_OURS: 1}
    message.refresh_from_db()
    assert (message.state, len(box)) == ("sent", 1)


def test_the_headers_alone_are_enough(partnership, box) -> None:
    message = make_message(partnership)
    box.add(
        changed("postfix", message, ("Content-Type: message/rfc822", "Content-Type: text/rfc822-headers"))
    )
    assert read_bounces(portal.PORTAL_BOUNCES) == {Fate.FAILED: 1}


def test_a_report_that_is_faster_than_the_sender_is_read_next_time(partnership, box) -> None:
    message = make_message(partnership, state="sending")
    box.add(came_back("postfix", named(message)))
    assert read_bounces(portal.PORTAL_BOUNCES) == {Fate.EARLY: 1}
    Message.objects.update(state="sent")
    assert read_bounces(portal.PORTAL_BOUNCES) == {Fate.FAILED: 1}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("5.1.2", "The part after the @ belongs to no mail server (5.1.2)."),
        ("5.4.4", "The part after the @ belongs to no mail server (5.4.4)."),
        ("5.4.1", "Nobody has this address there (5.4.1)."),
        ("5.2.1 (account disabled)", "The mailbox is switched off (5.2.1)."),
        ("5.3.4", "The message is too large for the mailbox (5.3.4)."),
        ("5.4.7", "The mail server could not be reached in time (5.4.7)."),
        ("4.4.7", f"The mail server could not be reached in time (4.4.7). {THIS_TIME}"),
        ("4.2.2", f"The mailbox is full (4.2.2). {THIS_TIME}"),
        ("4.2.1", f"The mailbox took no messages (4.2.1). {THIS_TIME}"),
        ("4.1.1", f"The mail server could not find out whether the address is right (4.1.1). {THIS_TIME}"),
        ("4.0.0", f"It came back (4.0.0). {THIS_TIME}"),
        ("5.7.509", "The mail server did not want the message (5.7.509)."),
        ("5.0.0", "It came back (5.0.0)."),
        ("<script>", "It came back, and the mail server did not say why."),
    ],
)
def test_the_reason_is_plain_and_never_what_the_server_wrote(status, reason) -> None:
    assert Bounce("", is_final=True, status=status).reason == reason


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(SHAPES)), st.integers(0, 4000), st.integers(0, 400), st.binary(max_size=40))
def test_whatever_is_broken_in_a_report_is_no_traceback(shape, at, length, junk) -> None:
    content = came_back(shape, "sent-1.1.abcdefabcdef~x")
    found = bounce_in(content[:at] + junk + content[at + length :])
    assert found is None or (found.reason and len(found.reason) < 120)


def test_a_letter_that_can_not_be_read_keeps_none_behind_it_waiting(partnership, box) -> None:
    # Anybody may send this; the parser goes one level deeper for each line.
    box.add(b"From: x@elsewhere.example\n" + b"Content-Type: message/rfc822\n\n" * 2_000)
    message = make_message(partnership)
    box.add(came_back("postfix", named(message)))
    assert read_bounces(portal.PORTAL_BOUNCES) == {Fate.NOT_OURS: 1, Fate.FAILED: 1}
    message.refresh_from_db()
    assert message.state == "failed"
    # It stays for a person, as read.
    assert read_bounces(portal.PORTAL_BOUNCES) == {}


def test_a_mail_that_another_worker_has_taken_meanwhile_is_passed_over(partnership, box) -> None:
    first, second = make_message(partnership), make_message(partnership)
    for one in (first, second, first):
        box.add(came_back("postfix", named(one)))
    with open_mailbox(portal.PORTAL_BOUNCES) as letters, open_mailbox(portal.PORTAL_BOUNCES) as others:
        taken, kept = next(letters), next(letters)
        taken.remove()
        kept.keep()
        (left,) = others
        for one in (taken, kept, left):
            one.remove()
        kept.keep()
    # What was kept bears its flag, and nothing else is left.
    assert [message.get_flags() for message in box] == ["S"]


def test_an_imap_mailbox_is_read_and_tidied_the_same_way(partnership, settings) -> None:
    message = make_message(partnership)
    mails = {7: came_back("exchange", named(message)), 9: b"Subject: Hello\n\nA letter.\n"}
    with imap_server(mails, "p w") as server:
        settings.PORTAL_BOUNCES = f"imap://training:p%20w@127.0.0.1:{server.server_address[1]}/Came%20back"
        read_what_came_back()
        message.refresh_from_db()
        assert message.state == "failed"
        assert list(server.mails) == [9] and server.flags[9] == {"\\Seen"}
        assert read_bounces(settings.PORTAL_BOUNCES) == {}


@pytest.mark.parametrize(
    "address",
    [
        "maildir:///nowhere/at/all",
        "pop3://training:secret@127.0.0.1/",
        "imaps://127.0.0.1/INBOX",
        "imap://training:secret@127.0.0.1:1/",
        "no address",
    ],
)
def test_a_mailbox_that_is_away_is_one_sentence_without_the_password(settings, caplog, address) -> None:
    settings.PORTAL_BOUNCES = address
    with pytest.raises(MailboxAway, match="PORTAL_BOUNCES") as refused:
        read_bounces(address)
    read_what_came_back()
    with pytest.raises(CommandError, match=re.escape(refused.value.sentence)):
        call_command("read_bounces")
    assert "secret" not in refused.value.sentence + caplog.text and "PORTAL_BOUNCES" in caplog.text


def test_a_wrong_password_and_a_server_without_tls_are_refused(settings) -> None:
    with imap_server({}, "right") as server:
        port = server.server_address[1]
        for address in (f"imap://a:wrong@127.0.0.1:{port}/", f"imaps://a:right@127.0.0.1:{port}/Came%20back"):
            with pytest.raises(MailboxAway):
                read_bounces(address)


def test_the_command_says_what_it_did_and_nothing_is_read_without_configuration(
    partnership, box, settings, capsys
) -> None:
    message = make_message(partnership)
    box.add(came_back("gmail", named(message)))
    call_command("read_bounces")
    assert "1 came back and are on the desk." in capsys.readouterr().out
    call_command("read_bounces")
    assert "Nothing has come back." in capsys.readouterr().out
    box.add(came_back("gmail", named(message)))
    settings.PORTAL_BOUNCES = ""
    read_what_came_back()
    with pytest.raises(CommandError, match="names no mailbox"):
        call_command("read_bounces")
    assert len(box) == 1
