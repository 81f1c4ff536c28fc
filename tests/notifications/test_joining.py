"""Whoever asked to join an organisation hears what became of it: once, and from their own partnership."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.joining import tell_of_decided_requests
from notifications.models import Message
from partnerships.actors import actor_of
from partnerships.models import JoinRequest, User
from partnerships.permissions import Role
from partnerships.services.joining import accept_join_request, ask_to_join, decline_join_request
from partnerships.tenancy import acting_in
from tests.factories import actor_for, make_organisation, make_person


@pytest.fixture
def lead(partnership):
    organisation = make_organisation(partnership, name="O’Neill & sons")
    return make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)


@pytest.fixture
def asked(partnership, lead) -> JoinRequest:
    user = User.objects.create_user("new@example.org", "correct horse battery", name="Łucja Nowak")
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    organisation = lead.memberships.get().organisation
    return ask_to_join(actor=actor_of(user, partnership), organisation=organisation, job_role="Nurse")


def told(partnership, times: int = 2) -> list[Message]:
    for _ in range(times):
        tell_of_decided_requests(partnership, timezone.now())
    return list(Message.objects.filter(purpose__startswith="join_request_"))


def test_a_request_that_waits_is_no_news(partnership, asked) -> None:
    assert told(partnership) == []


def test_whoever_is_let_in_is_told_once_and_led_to_their_page(partnership, asked, lead) -> None:
    accept_join_request(actor=actor_for(lead), request=asked)
    (message,) = told(partnership)
    assert (message.to_name, message.to_email) == ("Łucja Nowak", "new@example.org")
    assert message.title == "You have joined O’Neill & sons"
    assert "is accepted" in message.text and "/alphashire/me/" in message.text
    assert "O’Neill &amp; sons" in message.html


def test_whoever_is_declined_reads_why(partnership, asked, lead) -> None:
    decline_join_request(actor=actor_for(lead), request=asked, reason="You work for <the> council.")
    (message,) = told(partnership)
    assert message.title == "Your request to join O’Neill & sons"
    assert "You work for <the> council." in message.text and "/alphashire/join/" in message.text
    assert "You work for &lt;the&gt; council." in message.html


def test_each_request_has_its_own_answer(partnership, asked, lead) -> None:
    decline_join_request(actor=actor_for(lead), request=asked, reason="Use your work address.")
    told(partnership)
    again = ask_to_join(
        actor=actor_of(asked.user, partnership), organisation=asked.organisation, job_role="Nurse"
    )
    accept_join_request(actor=actor_for(lead), request=again)
    assert len(told(partnership)) == 2


def test_old_decisions_and_the_neighbours_are_left_alone(partnership, neighbour, asked, lead) -> None:
    accept_join_request(actor=actor_for(lead), request=asked)
    with acting_in(neighbour):
        assert told(neighbour) == []
    JoinRequest.objects.update(decided_at=timezone.now() - timedelta(days=8))
    assert told(partnership) == []
