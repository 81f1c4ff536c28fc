"""Who decides hears of a request to join, and whoever asked what became of it: once, and in their partnership."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.joining import tell_of_decided_requests, tell_of_new_requests
from notifications.models import Message
from partnerships.actors import actor_of
from partnerships.models import JoinRequest, Person, User
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


def asked_of(partnership, times: int = 2) -> list[Message]:
    for _ in range(times):
        tell_of_new_requests(partnership, timezone.now())
    return list(Message.objects.filter(purpose="join_request_asked").order_by("to_email"))


def test_the_leads_are_told_of_a_request_once_with_a_link_to_it(partnership, asked, lead) -> None:
    second = make_person(partnership, Role.ORGANISATION_LEAD, organisation=asked.organisation)
    make_person(partnership, Role.ORGANISATION_LEAD)
    make_person(partnership, Role.ORGANISATION_LEAD, Role.FORMER_MEMBER, organisation=asked.organisation)
    make_person(partnership, Role.TEAM)
    told_of = asked_of(partnership)
    assert {one.person for one in told_of} == {lead, second} and len(told_of) == 2
    assert told_of[0].title == "Łucja Nowak asks to join O’Neill & sons"
    assert "Nurse" in told_of[0].text
    assert f"/alphashire/organisation/requests/{asked.pk}/" in told_of[0].text
    assert JoinRequest.objects.get().state == "open"


def test_without_a_lead_who_can_be_written_to_the_partnership_is_told(partnership, asked, lead) -> None:
    Person.objects.filter(pk=lead.pk).update(email="")
    (message,) = asked_of(partnership)
    assert (message.to_email, message.person) == (partnership.coordinator_email, None)
    make_person(partnership, Role.ORGANISATION_LEAD, organisation=asked.organisation)
    assert len(asked_of(partnership)) == 1


def test_another_request_is_told_of_as_well(partnership, asked, lead) -> None:
    asked_of(partnership)
    decline_join_request(actor=actor_for(lead), request=asked, reason="Use your work address.")
    ask_to_join(actor=actor_of(asked.user, partnership), organisation=asked.organisation, job_role="Nurse")
    assert len(asked_of(partnership)) == 2


def test_nobody_is_told_of_what_is_decided_or_old_or_a_neighbours(
    partnership, neighbour, asked, lead
) -> None:
    with acting_in(neighbour):
        assert asked_of(neighbour) == []
    JoinRequest.objects.update(asked_at=timezone.now() - timedelta(days=8))
    assert asked_of(partnership) == []
    JoinRequest.objects.update(asked_at=timezone.now())
    decline_join_request(actor=actor_for(lead), request=asked, reason="Use your work address.")
    assert asked_of(partnership) == []


def test_what_still_waits_to_be_sent_is_taken_back_once_it_is_decided(partnership, asked, lead) -> None:
    asked_of(partnership)
    Message.objects.update(state=Message.State.QUEUED, not_before=timezone.now() + timedelta(hours=8))
    accept_join_request(actor=actor_for(lead), request=asked)
    told(partnership)
    assert Message.objects.get(purpose="join_request_asked").state == Message.State.DROPPED
    assert Message.objects.get(purpose="join_request_accepted").state != Message.State.DROPPED


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
