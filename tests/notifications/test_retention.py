"""The words of messages go when the policy's time is over; that they were written stays, and nothing is sent twice."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications.models import Message
from notifications.outbox import delete_about, queue_message
from notifications.services.resending import send_again
from notifications.services.retention import forget_words
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.factories import actor_for, adopt, make_person, policy

WRITTEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
TOO_EARLY, IN_TIME = datetime(2027, 3, 2, 6, tzinfo=UTC), datetime(2027, 3, 3, 6, tzinfo=UTC)
WORDS = "Zephyrine"


def written(partnership, state: str = "sent", **fields) -> Message:
    """A message to a line manager that names a learner in its title, its words and a file."""
    message = Message.objects.create(
        **{
            "partnership": partnership,
            "purpose": "survey-line_manager",
            "subject_key": f"invitation:{Message.objects.count() + 1}:asked:0",
            "to_name": "Meg",
            "to_email": "meg@nursery.example",
            "from_name": "Cora Coordinator",
            "reply_to": "training@alphashire.example",
            "title": f"Three questions about {WORDS}",
            "text": f"{WORDS}: https://portal.example/s/survey-token",
            "html": f"<p>{WORDS}</p>",
            "attachments": [{"name": f"{WORDS}.ics", "content_type": "text/calendar", "content": ""}],
            "state": state,
            **fields,
        }
    )
    Message.objects.filter(pk=message.pk).update(created_at=WRITTEN)
    return message


def still_named() -> int:
    return sum(WORDS in str(row) for row in Message.objects.values())


@pytest.mark.parametrize("state", ["sent", "failed", "dropped"])
def test_the_words_go_in_time_and_the_row_stays(partnership, state) -> None:
    message = written(partnership, state)
    forget_words(partnership, TOO_EARLY)
    assert still_named() == 1
    for _ in range(2):
        forget_words(partnership, IN_TIME)
    message.refresh_from_db()
    assert still_named() == 0
    assert (message.text, message.html, message.attachments) == ("", "", [])
    assert (message.state, message.to_email) == (state, "meg@nursery.example")
    assert message.title == "Line manager form"
    entry = AuditEntry.objects.get(action="notifications.forget_words")
    assert entry.after == {"messages": 1}


@pytest.mark.parametrize("state", ["queued", "sending"])
def test_what_waits_to_be_sent_keeps_its_words(partnership, state) -> None:
    written(partnership, state)
    forget_words(partnership, IN_TIME)
    assert still_named() == 1 and not AuditEntry.objects.filter(action="notifications.forget_words").exists()


def test_the_policy_says_for_how_long(partnership) -> None:
    written(partnership)
    document = policy().model_dump(mode="json")
    document["messages"]["words_kept_months"]["value"] = 2
    adopt(partnership, type(policy()).model_validate(document), at=WRITTEN)
    forget_words(partnership, datetime(2026, 5, 2, 6, tzinfo=UTC))
    assert still_named() == 1
    forget_words(partnership, datetime(2026, 5, 3, 6, tzinfo=UTC))
    assert still_named() == 0


def test_nobody_gets_it_again(partnership) -> None:
    person = make_person(partnership)
    purpose, key = "survey-evaluation", "invitation:7"
    written(partnership, purpose=purpose, subject_key=key, person=person, to_email=person.email)
    forget_words(partnership, IN_TIME)
    again = queue_message(partnership=partnership, purpose=purpose, subject_key=key, values={}, person=person)
    assert again == Message.objects.get(state="sent")
    assert Message.objects.count() == 1


def test_the_desk_does_not_ask_for_what_nobody_can_send_any_more(partnership, sign_in) -> None:
    message = written(partnership, "failed", purpose="approval_escalated")
    browser = sign_in(make_person(partnership, Role.TEAM))
    desk, own_page = "/alphashire/desk/", f"/alphashire/desk/messages/{message.pk}/"
    assert "Messages that could not be delivered" in browser.get(desk).content.decode()
    assert "Send again</button>" in " ".join(browser.get(own_page).content.decode().split())
    forget_words(partnership, IN_TIME)
    assert "Messages that could not be delivered" not in browser.get(desk).content.decode()
    shown = " ".join(browser.get(own_page).content.decode().split())
    assert "The words of this message are not kept any more" in shown and "Send again</button>" not in shown


def test_one_that_failed_is_not_sent_empty(partnership) -> None:
    message = written(partnership, "failed")
    forget_words(partnership, IN_TIME)
    message.refresh_from_db()
    team = actor_for(make_person(partnership, Role.TEAM))
    with pytest.raises(DomainError, match="not kept any more"):
        send_again(actor=team, message=message, email=message.to_email)


def test_many_and_nothing_of_the_neighbour(partnership, neighbour) -> None:
    Message.objects.bulk_create(
        Message(
            partnership=partnership,
            purpose="certificate",
            subject_key=f"booking:{number}",
            to_email="lee@oak.example",
            title="Your certificate",
            text=WORDS,
            state="sent",
        )
        for number in range(1100)
    )
    Message.objects.update(created_at=WRITTEN - timedelta(days=1))
    with acting_in(neighbour):
        written(neighbour)
    forget_words(partnership, IN_TIME)
    assert still_named() == 0
    with acting_in(neighbour):
        assert still_named() == 1


def test_what_was_written_about_a_subject_is_deleted_and_nothing_about_others(partnership, neighbour) -> None:
    keys = ("invitation:1", "invitation:1:asked:0", "invitation:12:asked:0", "sharing:1", "certificate:1")
    for key in keys:
        written(partnership, subject_key=key)
    with acting_in(neighbour):
        written(neighbour, subject_key="invitation:1")
    delete_about(partnership, ["invitation:1", "sharing:2"])
    assert set(Message.objects.values_list("subject_key", flat=True)) == set(keys[2:])
    with acting_in(neighbour):
        assert Message.objects.count() == 1
