"""Messages are rows first: once each, in plain words, and patient with mail servers and workers."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.conf import settings as portal
from django.db import transaction
from django.utils import timezone

from notifications import kinds
from notifications.kinds import MessageKind, Placeholder
from notifications.models import Message
from notifications.outbox import Attachment, queue_message
from notifications.tasks import MOST_ATTEMPTS, WAITS, send_message, sweep_outboxes
from partnerships.tenancy import acting_in
from tests.factories import make_person

TRIAL = MessageKind(
    purpose="trial",
    subject="Trials",
    name="Trial",
    when="In tests.",
    placeholders=(Placeholder("what", "What to see", "the sea"),),
    essential="It is a test.",
)


@pytest.fixture
def templates(settings, tmp_path, monkeypatch):
    """A small kind of message of its own, on the layout of all messages."""
    folder = tmp_path / "messages" / "trial"
    folder.mkdir(parents=True)
    (folder / "title.txt").write_text("((what)) for\n((name))")
    (folder / "opening.txt").write_text("See ((what)).")
    templates = [{**settings.TEMPLATES[0], "DIRS": [*settings.TEMPLATES[0]["DIRS"], tmp_path]}]
    settings.TEMPLATES = templates
    monkeypatch.setitem(kinds._kinds, "trial", TRIAL)


def _queue(partnership, person, **changes) -> Message | None:
    return queue_message(
        partnership=partnership,
        **{
            "purpose": "trial",
            "subject_key": "thing:1",
            "values": {"what": "the O’Neills’ <tea> & 'cake'"},
            "person": person,
            **changes,
        },
    )


def _mailbox():
    files = sorted(portal.DEMO_MAILBOX_DIR.glob("*.eml")) if portal.DEMO_MAILBOX_DIR.exists() else []
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


@pytest.fixture
def mail(settings):
    settings.EMAIL_BACKEND = "partnership_portal.demo.mailbox.EmailBackend"
    return _mailbox


def test_plain_text_is_plain_and_html_is_safe(partnership, templates) -> None:
    message = _queue(partnership, make_person(partnership, name="Aoife D'Arcy"))
    assert message.title == "the O’Neills’ <tea> & 'cake' for Aoife D'Arcy"
    assert message.text.startswith("Dear Aoife D'Arcy,\n\nSee the O’Neills’ <tea> & 'cake'.")
    assert "Cora Coordinator" in message.text
    assert "&lt;tea&gt; &amp;" in message.html
    assert partnership.brand_colour in message.html


def test_one_purpose_subject_and_address_make_one_message(partnership, templates) -> None:
    person = make_person(partnership)
    first = _queue(partnership, person)
    assert _queue(partnership, person, values={"what": "else"}) == first
    assert _queue(partnership, person, values={"is not even": "rendered"}) == first
    assert _queue(partnership, person, subject_key="thing:2") != first
    assert _queue(partnership, make_person(partnership)) != first
    assert Message.objects.count() == 3


def test_somebody_without_an_address_gets_none(partnership, templates) -> None:
    assert _queue(partnership, None, to_name="Nobody", to_email="") is None


def test_what_is_rolled_back_is_never_sent(
    partnership, templates, mail, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        try:
            with transaction.atomic():
                _queue(partnership, make_person(partnership))
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
    assert mail() == []


def test_a_message_is_sent_after_the_commit_with_its_files(
    partnership, templates, mail, django_capture_on_commit_callbacks
) -> None:
    person = make_person(partnership, name="Łucja Żak")
    files = [Attachment("a.ics", "text/calendar; method=REQUEST; charset=utf-8", "Ŵ".encode() * 100)]
    with django_capture_on_commit_callbacks(execute=True):
        message = _queue(partnership, person, attachments=files)
    (email,) = mail()
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("sent", 1)
    assert email["To"].addresses[0].display_name == "Łucja Żak"
    assert email["From"].addresses[0].display_name == "Cora Coordinator"
    assert email["Reply-To"].addresses[0].addr_spec == partnership.coordinator_email
    (file,) = email.iter_attachments()
    assert file.get_filename() == "a.ics"
    assert (file.get_content_type(), file.get_param("method")) == ("text/calendar", "REQUEST")
    assert file.get_content() == "Ŵ" * 100
    assert email.get_body(("html",)).get_content().startswith("<!DOCTYPE html>")


def test_a_message_that_was_sent_is_not_sent_again(partnership, templates, mail) -> None:
    message = _queue(partnership, make_person(partnership))
    for _ in range(2):
        send_message(partnership.pk, message.pk)
    sweep_outboxes()
    assert len(mail()) == 1


def test_a_mail_server_that_is_away_is_tried_again_after_longer_and_longer(
    partnership, templates, settings
) -> None:
    # Nothing listens there.
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend",
        "127.0.0.1",
        1,
    )
    message = _queue(partnership, make_person(partnership))
    for attempt in range(1, MOST_ATTEMPTS + 1):
        sweep_outboxes()
        sweep_outboxes()
        message.refresh_from_db()
        assert message.attempts == attempt
        assert "ConnectionRefusedError" in message.error
        if attempt < MOST_ATTEMPTS:
            assert message.state == "queued"
            Message.objects.update(claimed_at=timezone.now() - WAITS[attempt - 1] - timedelta(seconds=1))
    assert message.state == "failed"
    Message.objects.update(claimed_at=timezone.now() - timedelta(days=9))
    sweep_outboxes()
    message.refresh_from_db()
    assert message.attempts == MOST_ATTEMPTS


@pytest.mark.parametrize(("minutes", "sent"), [(9, 0), (11, 1)])
def test_a_message_whose_worker_died_is_picked_up(partnership, templates, mail, minutes, sent) -> None:
    message = _queue(partnership, make_person(partnership))
    claimed = timezone.now() - timedelta(minutes=minutes)
    Message.objects.filter(pk=message.pk).update(state="sending", attempts=1, claimed_at=claimed)
    sweep_outboxes()
    assert len(mail()) == sent


def test_whoever_took_too_long_changes_nothing_that_came_after(
    partnership, templates, mail, monkeypatch
) -> None:
    message = _queue(partnership, make_person(partnership))

    def slow(sent) -> None:
        # Another worker has sent it meanwhile, and it has come back.
        Message.objects.filter(pk=message.pk).update(state="failed", attempts=2, error="Nobody is there.")

    monkeypatch.setattr("notifications.tasks._as_email", lambda message: Late(slow))
    send_message(partnership.pk, message.pk)
    message.refresh_from_db()
    assert (message.state, message.attempts, message.error) == ("failed", 2, "Nobody is there.")


class Late:
    """An email whose server answers late."""

    def __init__(self, meanwhile) -> None:
        self.meanwhile = meanwhile

    def send(self, **given) -> None:
        self.meanwhile(self)


def test_a_message_that_kills_its_worker_is_given_up(partnership, templates, mail) -> None:
    message = _queue(partnership, make_person(partnership))
    claimed = timezone.now() - timedelta(days=1)
    Message.objects.filter(pk=message.pk).update(state="sending", attempts=MOST_ATTEMPTS, claimed_at=claimed)
    sweep_outboxes()
    message.refresh_from_db()
    assert message.state == "failed"
    assert mail() == []


def test_the_sweep_sends_every_partnerships_messages(partnership, neighbour, templates, mail) -> None:
    _queue(partnership, make_person(partnership))
    with acting_in(neighbour):
        _queue(neighbour, make_person(neighbour))
    sweep_outboxes()
    assert len(mail()) == 2


def test_a_broker_that_is_away_does_not_spoil_the_booking(
    partnership, templates, settings, caplog, django_capture_on_commit_callbacks
) -> None:
    from partnership_portal.celery import app

    settings.CELERY_TASK_ALWAYS_EAGER = False
    before = app.conf.task_always_eager, app.conf.broker_url
    app.conf.update(task_always_eager=False, broker_url="redis://127.0.0.1:1/0", task_publish_retry=False)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            message = _queue(partnership, make_person(partnership))
    finally:
        app.conf.update(task_always_eager=before[0], broker_url=before[1], task_publish_retry=True)
    assert message.state == "queued"
