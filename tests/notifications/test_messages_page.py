"""The team's list of messages: those that failed come first, no text is shown, and nobody else sees it."""

import pytest
from django.urls import reverse

from notifications.models import Message
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.factories import make_person

LIST = "/alphashire/desk/messages/"


def make_message(partnership, number: int, **fields) -> Message:
    return Message.objects.create(
        partnership=partnership,
        purpose="joining",
        subject_key=f"booking:{number}",
        to_name=f"Reader {number}",
        to_email=f"reader{number}@school.example",
        from_name="Cora",
        reply_to="training@alphashire.example",
        title=f"Your place {number}",
        text="A secret link",
        html="<p>A secret link</p>",
        **{"state": "failed", "error": "SMTPRecipientsRefused: 550 no such user", **fields},
    )


def test_the_team_sees_what_failed_and_why_but_no_text(partnership, sign_in) -> None:
    person = make_person(partnership)
    make_message(partnership, 1, person=person)
    make_message(partnership, 2, state="sent", error="")
    browser = sign_in(make_person(partnership, Role.TEAM))
    page = browser.get(LIST).content.decode()
    assert "Your place 1" in page and "550 no such user" in page and "Your place 2" not in page
    assert reverse("partnerships:person", args=["alphashire", person.pk]) in page
    sent = browser.get(LIST, {"state": "sent"}).content.decode()
    assert "Your place 2" in sent and "Your place 1" not in sent
    assert "A secret link" not in page + sent
    assert browser.get(LIST, {"state": "nonsense"}).status_code == 200
    assert LIST in browser.get("/alphashire/desk/").content.decode()


@pytest.mark.parametrize("role", [Role.ORGANISATION_LEAD, Role.TRAINER, Role.SUBGROUP_CHAIR])
def test_nobody_else_sees_the_messages(role, partnership, neighbour, sign_in) -> None:
    assert sign_in(make_person(partnership, role)).get(LIST).status_code == 403
    with acting_in(neighbour):
        make_message(neighbour, 3)
    assert "Your place 3" not in sign_in(make_person(partnership, Role.TEAM)).get(LIST).content.decode()


@pytest.mark.parametrize("rows", [1, 5])
def test_the_list_takes_the_same_number_of_queries(
    rows, partnership, sign_in, settings, django_assert_num_queries
) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    for number in range(rows):
        make_message(partnership, number, person=make_person(partnership))
    browser = sign_in(make_person(partnership, Role.TEAM))
    browser.get(LIST)
    with django_assert_num_queries(13):
        browser.get(LIST)
