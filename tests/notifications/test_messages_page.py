"""The team's list of messages: those that failed come first, no text is shown, and nobody else sees it."""

from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from python_calamine import CalamineWorkbook

from notifications.models import Message
from notifications.services.resending import let_go, send_again
from notifications.tasks import sweep_outboxes
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.factories import actor_for, make_person

LIST = "/alphashire/desk/messages/"


def make_message(partnership, number: int, **fields) -> Message:
    return Message.objects.create(
        partnership=partnership,
        subject_key=f"booking:{number}",
        to_name=f"Reader {number}",
        from_name="Cora",
        reply_to="training@alphashire.example",
        title=f"Your place {number}",
        **{
            "text": "A secret link",
            "html": "<p>A secret link</p>",
            "purpose": "joining",
            "to_email": f"reader{number}@school.example",
            "state": "failed",
            "error": "SMTPRecipientsRefused: 550 no such user",
            **fields,
        },
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
    with django_assert_num_queries(11):
        browser.get(LIST)


def row(message: Message) -> Message:
    message.refresh_from_db()
    return message


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM)


def test_a_corrected_address_gets_the_message_and_the_person_it(partnership, team, sign_in, settings) -> None:
    settings.EMAIL_BACKEND = "partnership_portal.demo.mailbox.EmailBackend"
    carer = make_person(partnership, account=False)
    message = make_message(partnership, 1, person=carer, to_email=carer.email, attempts=8)
    browser = sign_in(team)
    page = f"{LIST}{message.pk}/"
    assert page in browser.get(LIST).content.decode()
    assert "550 no such user" in browser.get(page).content.decode()
    assert row(message).state == "failed"
    refused = browser.post(page, {"email": "no address"}).content.decode()
    assert "There is a problem" in refused and "no address" in refused
    browser.post(page, {"email": "Right@school.example", "correct_person": "on"})
    assert (row(message).to_email, message.state, message.attempts) == ("right@school.example", "queued", 0)
    carer.refresh_from_db()
    assert carer.email == "right@school.example"
    sweep_outboxes()
    assert row(message).state == "sent"
    entry = AuditEntry.objects.get(action="notifications.send_again")
    assert entry.after["other_address"] and "right@" not in str((entry.before, entry.after))
    # Sent is sent: neither the page nor the service does it again.
    assert browser.post(page, {"email": "right@school.example"}).status_code == 404
    with pytest.raises(DomainError, match="not one that failed"):
        send_again(actor=actor_for(team), message=message, email="right@school.example")


def test_an_account_keeps_its_address_and_nobody_gets_a_message_twice(partnership, team, sign_in) -> None:
    holder = make_person(partnership)
    message = make_message(partnership, 1, person=holder, to_email=holder.email)
    browser = sign_in(team)
    page = browser.get(f"{LIST}{message.pk}/").content.decode()
    assert "has an account" in page and "correct_person" not in page
    with pytest.raises(DomainError, match="has an account"):
        send_again(actor=actor_for(team), message=message, email="other@x.example", correct_person=True)
    make_message(partnership, 1, state="sent")
    taken = browser.post(f"{LIST}{message.pk}/", {"email": "reader1@school.example"})
    assert "This message went to that address already." in taken.content.decode()
    assert (row(message).state, message.to_email) == ("failed", holder.email)


def test_only_the_team_sends_again_and_only_its_own(partnership, neighbour, team, sign_in) -> None:
    message = make_message(partnership, 1)
    lead = make_person(partnership, Role.ORGANISATION_LEAD)
    assert sign_in(lead).post(f"{LIST}{message.pk}/", {"email": "a@b.example"}).status_code == 403
    with pytest.raises(PermissionDenied):
        send_again(actor=actor_for(lead), message=message, email="a@b.example")
    with acting_in(neighbour):
        other = make_message(neighbour, 2)
    assert sign_in(team).get(f"{LIST}{other.pk}/").status_code == 404


def test_the_list_is_filtered_sorted_and_exported(partnership, team, sign_in) -> None:
    make_message(partnership, 1, purpose="booking_confirmed")
    make_message(partnership, 2)
    browser = sign_in(team)
    for query, found in [
        ({"kind": "booking_confirmed"}, [1]),
        ({"to": " Reader2@school.example"}, [2]),
        ({"order": "written"}, [1, 2]),
        ({"kind": "nonsense", "order": "nonsense"}, [2, 1]),
    ]:
        page = browser.get(LIST, query).content.decode()
        listed = sorted(
            (number for number in (1, 2) if f"Your place {number}" in page),
            key=lambda number: page.index(f"Your place {number}"),
        )
        assert listed == found, query
    sheet = browser.get(f"{LIST}export.xlsx", {"kind": "booking_confirmed"})
    rows = CalamineWorkbook.from_filelike(BytesIO(sheet.getvalue())).get_sheet_by_index(0).to_python()
    assert [one[:2] for one in rows] == [["Kind", "Title"], ["Place booked", "Your place 1"]]
    assert "A secret link" not in str(rows)


def test_what_nobody_needs_any_more_leaves_the_desk(partnership, team, sign_in) -> None:
    message, lost = make_message(partnership, 1), make_message(partnership, 2, text="", html="")
    browser = sign_in(team)
    assert "Your place 1" in browser.get("/alphashire/desk/").content.decode()
    for one in (message, lost):
        browser.get(f"{LIST}{one.pk}/let-go/")
        assert row(one).state == "failed"
        for _ in range(2):
            assert browser.post(f"{LIST}{one.pk}/let-go/").status_code == 302
        assert (row(one).state, bool(one.error)) == ("dropped", True)
    assert "“Your place 1” to Reader 1 is no longer needed." in browser.get(LIST).content.decode()
    for page in (LIST, "/alphashire/desk/"):
        assert "Your place" not in browser.get(page).content.decode()
    assert AuditEntry.objects.filter(action="notifications.let_go").count() == 2


def test_what_did_not_fail_is_not_let_go(partnership, neighbour, team, sign_in) -> None:
    for state in ("sent", "queued", "sending"):
        one = make_message(partnership, 1, state=state, purpose=f"joining-{state}")
        with pytest.raises(DomainError, match="not one that failed"):
            let_go(actor=actor_for(team), message=one)
        assert row(one).state == state
    failed = make_message(partnership, 2)
    lead = make_person(partnership, Role.ORGANISATION_LEAD)
    assert sign_in(lead).post(f"{LIST}{failed.pk}/let-go/").status_code == 403
    with pytest.raises(PermissionDenied):
        let_go(actor=actor_for(lead), message=failed)
    with acting_in(neighbour):
        other = make_message(neighbour, 3)
    assert sign_in(team).post(f"{LIST}{other.pk}/let-go/").status_code == 404
    assert row(failed).state == "failed"
