"""An account asks to join; the organisation's lead or the team decides."""

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from partnerships.actors import Actor, actor_of
from partnerships.errors import DomainError
from partnerships.models import JoinRequest, Membership, Person, User
from partnerships.permissions import Role
from partnerships.services.joining import accept_join_request, ask_to_join, decline_join_request
from tests.factories import actor_for, make_organisation, make_person


@pytest.fixture
def asker(partnership) -> Actor:
    user = User.objects.create_user("new@example.org", "correct horse battery", name="Łucja Nowak")
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    return actor_of(user, partnership)


@pytest.fixture
def organisation(partnership):
    return make_organisation(partnership)


@pytest.fixture
def lead(partnership, organisation) -> Person:
    return make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)


def test_the_lead_lets_somebody_in(partnership, asker, organisation, lead) -> None:
    request = ask_to_join(
        actor=asker, organisation=organisation, job_role="Nurse", line_manager_email=lead.email
    )
    assert ask_to_join(actor=asker, organisation=organisation, job_role="Other") == request
    membership = accept_join_request(actor=actor_for(lead), request=request)
    assert (membership.job_role, membership.line_manager) == ("Nurse", lead)
    actor = actor_of(asker.user, partnership)
    assert (actor.person.name, actor.roles) == ("Łucja Nowak", {Role.PRACTITIONER})
    with pytest.raises(DomainError, match="already decided"):
        accept_join_request(actor=actor_for(lead), request=request)
    with pytest.raises(DomainError, match="already with"):
        ask_to_join(actor=actor, organisation=organisation, job_role="Nurse")


def test_accepting_finds_the_record_that_waited_for_the_account(
    partnership, asker, organisation, lead
) -> None:
    waiting = make_person(partnership, account=False)
    Person.objects.filter(pk=waiting.pk).update(email="new@example.org")
    request = ask_to_join(actor=asker, organisation=organisation, job_role="Nurse")
    assert accept_join_request(actor=actor_for(lead), request=request).person == waiting
    assert Membership.objects.live().filter(person=waiting).count() == 2


def test_a_lead_of_another_organisation_decides_nothing(partnership, asker, organisation) -> None:
    stranger = make_person(partnership, Role.ORGANISATION_LEAD)
    request = ask_to_join(actor=asker, organisation=organisation, job_role="Nurse")
    assert request not in JoinRequest.objects.visible_to(actor_for(stranger))
    for decide in (accept_join_request, lambda **all: decline_join_request(reason="No", **all)):
        with pytest.raises(PermissionDenied):
            decide(actor=actor_for(stranger), request=request)
    with pytest.raises(PermissionDenied):
        accept_join_request(actor=asker, request=request)


def test_a_decline_needs_a_reason_and_allows_another_try(partnership, asker, organisation, lead) -> None:
    request = ask_to_join(actor=asker, organisation=organisation, job_role="Nurse")
    with pytest.raises(DomainError, match="Say why"):
        decline_join_request(actor=actor_for(lead), request=request, reason=" ")
    decline_join_request(actor=actor_for(lead), request=request, reason="You work for the council.")
    again = ask_to_join(actor=asker, organisation=organisation, job_role="Nurse")
    assert again.pk != request.pk


def test_nobody_asks_to_join_as_their_own_line_manager(
    client, partnership, asker, organisation, lead
) -> None:
    asker.user.emailaddress_set.create(email="Second@example.org", verified=True)
    client.force_login(asker.user)
    for own in ("New@example.org", "second@example.org"):
        page = client.post(
            f"/{partnership.slug}/join/{organisation.pk}/",
            {"job_role": "Nurse", "line_manager_name": "Me", "line_manager_email": own},
        )
        assert "their own line manager" in page.context["form"].errors["line_manager_email"][0]
    assert not JoinRequest.objects.exists()


def test_an_older_request_with_oneself_as_line_manager_is_accepted_without_one(
    partnership, asker, organisation, lead, sign_in
) -> None:
    asked = ask_to_join(
        actor=asker,
        organisation=organisation,
        job_role="Nurse",
        line_manager_name="Me",
        line_manager_email="other@example.org",
    )
    browser, address = sign_in(lead), f"/{partnership.slug}/organisation/requests/{asked.pk}/"
    assert "join without one" not in browser.get(address).content.decode()
    # The address became the asker's own after they had asked.
    asker.user.emailaddress_set.create(email="other@example.org", verified=True)
    assert "join without one" in browser.get(address).content.decode()
    assert browser.post(address, {"accept": "yes"}).status_code == 302
    joined = Membership.objects.get(organisation=organisation, person__user=asker.user)
    assert (joined.line_manager, joined.line_manager_name, joined.manager_contact) == (None, "", None)
    assert "join without one" not in browser.get(address).content.decode()


def test_an_older_request_with_the_address_of_the_own_record_is_accepted_without_a_line_manager(
    partnership, asker, organisation, lead
) -> None:
    waiting = make_person(partnership, account=False)
    asked = ask_to_join(
        actor=asker, organisation=organisation, job_role="Nurse", line_manager_email="new@example.com"
    )
    JoinRequest.objects.update(line_manager_name="Me", line_manager_email=asked.email)
    Person.objects.filter(pk=waiting.pk).update(email=asked.email)
    joined = accept_join_request(actor=actor_for(lead), request=asked)
    assert (joined.person, joined.line_manager_name, joined.manager_contact) == (waiting, "", None)


def test_a_visitor_can_not_ask(partnership, organisation) -> None:
    with pytest.raises(PermissionDenied):
        ask_to_join(
            actor=Actor(partnership=partnership, label="visitor"), organisation=organisation, job_role="Nurse"
        )


def test_the_whole_way_through_the_pages(client, partnership, asker, organisation, lead, sign_in) -> None:
    client.force_login(asker.user)
    page = client.get(f"/{partnership.slug}/me/", follow=True)
    assert page.redirect_chain[-1][0] == f"/{partnership.slug}/join/"
    page = client.get(f"/{partnership.slug}/join/", {"q": organisation.name})
    assert organisation.name in page.content.decode()
    address = f"/{partnership.slug}/join/{organisation.pk}/"
    wrong = client.post(address, {"job_role": "", "line_manager_email": "no address"})
    assert "There is a problem" in wrong.content.decode()
    client.post(address, {"job_role": "Nurse"})
    asked = JoinRequest.objects.get()
    browser = sign_in(lead)
    assert asked.name in browser.get(f"/{partnership.slug}/organisation/requests/").content.decode()
    browser.post(f"/{partnership.slug}/organisation/requests/{asked.pk}/", {"accept": "yes"})
    assert client.get(f"/{partnership.slug}/me/").status_code == 200


def test_nobody_asks_to_join_everywhere(partnership, asker) -> None:
    actor, asked = asker, [make_organisation(partnership) for _ in range(5)]
    first = [ask_to_join(actor=actor, organisation=one, job_role="Teacher") for one in asked]
    more = make_organisation(partnership)
    with pytest.raises(DomainError, match="none of them has answered yet") as refused:
        ask_to_join(actor=actor, organisation=more, job_role="Teacher")
    assert refused.value.field == "organisation"
    # What was asked already is asked still, and an answer makes room.
    assert ask_to_join(actor=actor, organisation=asked[0], job_role="Teacher") == first[0]
    JoinRequest.objects.filter(pk=first[0].pk).update(state="declined", decided_at=timezone.now())
    ask_to_join(actor=actor, organisation=more, job_role="Teacher")
