"""People, memberships and roles: what the services allow, refuse and write down."""

import html
import re

import pytest
from django.core.exceptions import PermissionDenied

from partnerships.actors import Actor
from partnerships.audit import actions_recorded
from partnerships.errors import DomainError
from partnerships.models import AuditEntry, Membership, MembershipRole, Person, User
from partnerships.permissions import Role
from partnerships.services.memberships import change_membership, end_membership, grant_role, revoke_role
from partnerships.services.organisations import change_organisation, create_organisation
from partnerships.services.people import add_person, change_own_details, change_person, claim_person
from partnerships.tenancy import acting_in
from tests.factories import actor_for, make_organisation, make_person


@pytest.fixture
def team(partnership) -> Person:
    return make_person(partnership, Role.TEAM)


def place_of(person: Person) -> Membership:
    return Membership.objects.get(person=person)


def last_entry(action: str) -> AuditEntry:
    return AuditEntry.objects.filter(action=f"partnerships.{action}").latest("pk")


def test_adding_somebody_known_by_email_puts_the_same_person_into_the_organisation(partnership, team) -> None:
    first, second = make_organisation(partnership), make_organisation(partnership)
    one = add_person(actor=actor_for(team), name="Siân Llŵyd", email="Sian@Example.org", organisation=first)
    other = add_person(
        actor=actor_for(team), name="Sian Llwyd", email="sian@example.org", organisation=second
    )
    again = add_person(
        actor=actor_for(team), name="Sian Llwyd", email="sian@example.org", organisation=second
    )
    assert one.pk == other.pk == again.pk
    assert Membership.objects.live().filter(person=one).count() == 2
    assert last_entry("add_membership").after["organisation"] == second.pk


def test_only_the_team_adds_people(partnership) -> None:
    lead = make_person(partnership, Role.ORGANISATION_LEAD)
    with pytest.raises(PermissionDenied):
        add_person(actor=actor_for(lead), name="X", organisation=make_organisation(partnership))


def test_a_line_manager_who_is_known_becomes_the_person_and_sees_the_member(partnership, team) -> None:
    manager, member = make_person(partnership), make_person(partnership)
    assert Role.LINE_MANAGER not in actor_for(manager).roles
    change_membership(
        actor=actor_for(member),
        membership=place_of(member),
        job_role="Nurse",
        competency_group=None,
        line_manager_name="Whoever",
        line_manager_email=manager.email.upper(),
    )
    assert place_of(member).line_manager == manager
    assert Role.LINE_MANAGER in actor_for(manager).roles
    assert member in Person.objects.visible_to(actor_for(manager))
    entry = last_entry("change_membership")
    assert (entry.before["line_manager"], entry.after["line_manager"]) == (None, manager.pk)


def test_the_trail_tells_what_changed_and_keeps_no_contact(partnership):
    team = actor_for(make_person(partnership, Role.TEAM))
    person = make_person(partnership)
    change_person(actor=team, person=person, name="Nia New", email="nia@new.example", phone="07700 900123")
    assert last_entry("change_person").after == {"changed": ["name", "email", "phone"]}
    change_membership(
        actor=team,
        membership=person.memberships.get(),
        job_role="Nurse",
        competency_group=None,
        line_manager_name="Mo Manager",
        line_manager_email="mo@elsewhere.example",
    )
    entry = last_entry("change_membership")
    assert entry.after["changed"] == ["line_manager_name", "line_manager_email"]
    kept = str(list(AuditEntry.objects.values_list("before", "after")))
    assert not any(word in kept for word in ("Nia", "nia@", "07700", "Mo Manager", "mo@"))


def test_the_trail_offers_the_actions_it_has(partnership, neighbour):
    team = actor_for(make_person(partnership, Role.TEAM))
    person = make_person(partnership)
    change_person(actor=team, person=person, name="Nia", email=person.email, phone="")
    add_person(actor=team, name="Una", organisation=make_organisation(partnership))
    found = actions_recorded(partnership)
    assert len(found) == len(set(found))
    assert set(found) == set(AuditEntry.objects.values_list("action", flat=True))
    assert "partnerships.change_person" in found
    assert actions_recorded(neighbour) == []


def test_nobody_manages_themselves(partnership) -> None:
    member = make_person(partnership)
    with pytest.raises(DomainError, match="their own line manager"):
        change_membership(
            actor=actor_for(member),
            membership=place_of(member),
            job_role="Nurse",
            competency_group=None,
            line_manager_email=member.email,
        )


def test_a_stranger_can_not_change_somebodys_job(partnership) -> None:
    member, stranger = make_person(partnership), make_person(partnership, Role.ORGANISATION_LEAD)
    with pytest.raises(PermissionDenied):
        change_membership(
            actor=actor_for(stranger), membership=place_of(member), job_role="Boss", competency_group=None
        )


def test_roles_are_given_and_taken_by_the_team_and_written_down(partnership, team) -> None:
    member = make_person(partnership)
    grant_role(actor=actor_for(team), membership=place_of(member), role=Role.TRAINER)
    grant_role(actor=actor_for(team), membership=place_of(member), role=Role.TRAINER)
    assert Role.TRAINER in actor_for(member).roles
    assert AuditEntry.objects.filter(action="partnerships.grant_role").count() == 1
    revoke_role(actor=actor_for(team), membership=place_of(member), role=Role.TRAINER)
    assert Role.TRAINER not in actor_for(member).roles
    assert last_entry("revoke_role").before == {"role": "trainer"}
    with pytest.raises(PermissionDenied):
        grant_role(actor=actor_for(member), membership=place_of(member), role=Role.TEAM)
    with pytest.raises(DomainError, match="follows from the facts"):
        grant_role(actor=actor_for(team), membership=place_of(member), role=Role.LINE_MANAGER)


def test_no_role_is_given_without_choosing_one(partnership, team, sign_in) -> None:
    place = place_of(make_person(partnership))
    page = f"/{partnership.slug}/desk/memberships/{place.pk}/roles/"
    answer = sign_in(team).post(page, {"role": ""}, follow=True)
    assert "Choose a role to give." in answer.content.decode()
    assert not place.granted_roles.exists()
    end_membership(actor=actor_for(team), membership=place)


def test_the_last_member_of_the_team_stays(partnership, team) -> None:
    with pytest.raises(DomainError, match="last member of the partnership team"):
        revoke_role(actor=actor_for(team), membership=place_of(team), role=Role.TEAM)
    with pytest.raises(DomainError, match="last member of the partnership team"):
        end_membership(actor=actor_for(team), membership=place_of(team))
    other = make_person(partnership, Role.TEAM)
    end_membership(actor=actor_for(other), membership=place_of(team))
    assert actor_for(team).roles == {Role.FORMER_MEMBER}
    with pytest.raises(DomainError, match="last member of the partnership team"):
        revoke_role(actor=actor_for(other), membership=place_of(other), role=Role.TEAM)


def test_an_ended_membership_takes_no_new_role_and_keeps_its_row(partnership, team) -> None:
    member = make_person(partnership, Role.OBSERVER)
    end_membership(actor=actor_for(team), membership=place_of(member))
    end_membership(actor=actor_for(team), membership=place_of(member))
    assert AuditEntry.objects.filter(action="partnerships.end_membership").count() == 1
    assert MembershipRole.objects.filter(membership=place_of(member)).exists()
    with pytest.raises(DomainError, match="has left"):
        grant_role(actor=actor_for(team), membership=place_of(member), role=Role.TRAINER)


def test_whoever_leaves_an_organisation_manages_nobody_there(partnership, team) -> None:
    school, charity = make_organisation(partnership), make_organisation(partnership)
    manager = make_person(partnership, organisation=school)
    member = make_person(partnership, organisation=school, line_manager=manager)
    elsewhere = make_person(partnership, organisation=charity, line_manager=manager)
    add_person(actor=actor_for(team), name=manager.name, email=manager.email, organisation=charity)
    end_membership(
        actor=actor_for(team), membership=Membership.objects.get(person=manager, organisation=school)
    )
    seen = Person.objects.visible_to(actor_for(manager))
    assert member not in seen
    assert elsewhere in seen
    assert last_entry("end_membership").after["people_without_manager"] == 1


def test_own_email_must_be_one_that_the_account_has_confirmed(partnership) -> None:
    person = make_person(partnership)
    with pytest.raises(DomainError, match="confirmed"):
        change_own_details(actor=actor_for(person), name="New", email="stolen@example.org", phone="")
    person.user.emailaddress_set.create(email="new@example.org", verified=True, primary=False)
    change_own_details(actor=actor_for(person), name="New", email="New@Example.org", phone="1")
    person.refresh_from_db()
    assert (person.name, person.email) == ("New", "new@example.org")


def test_two_people_never_share_an_email(partnership, team) -> None:
    one, other = make_person(partnership), make_person(partnership)
    with pytest.raises(DomainError, match="has this email address already"):
        change_person(actor=actor_for(team), person=one, name="X", email=other.email.upper(), phone="")


def claimant(partnership, *, verified: bool) -> Actor:
    user = User.objects.create_user("found@example.org", "correct horse battery", name="Found")
    user.emailaddress_set.create(email=user.email, verified=verified, primary=True)
    return Actor(partnership=partnership, label="person", user=user)


@pytest.mark.parametrize("verified", [True, False], ids=["confirmed", "not confirmed"])
def test_only_a_confirmed_address_claims_a_record(partnership, verified) -> None:
    waiting = make_person(partnership, account=False)
    Person.objects.filter(pk=waiting.pk).update(email="Found@Example.org")
    actor = claimant(partnership, verified=verified)
    found = claim_person(actor=actor)
    waiting.refresh_from_db()
    assert (found == waiting, waiting.user == actor.user) == (verified, verified)
    assert claim_person(actor=actor) is None


def test_a_record_that_belongs_to_an_account_can_not_be_claimed(partnership) -> None:
    owner = make_person(partnership)
    actor = claimant(partnership, verified=True)
    Person.objects.filter(pk=owner.pk).update(email="found@example.org")
    assert claim_person(actor=actor) is None
    owner.refresh_from_db()
    assert owner.user != actor.user


def test_a_claim_reaches_no_neighbour(partnership, neighbour) -> None:
    with acting_in(neighbour):
        theirs = make_person(neighbour, account=False)
        Person.objects.filter(pk=theirs.pk).update(email="found@example.org")
    assert claim_person(actor=claimant(partnership, verified=True)) is None


def test_organisations_have_names_of_their_own(partnership, team) -> None:
    actor = actor_for(team)
    sector = make_organisation(partnership).sector
    made = create_organisation(actor=actor, name="St Ŵyn’s School", sector=sector)
    with pytest.raises(DomainError, match="already"):
        create_organisation(actor=actor, name="st ŵyn’s school", sector=sector)
    other = create_organisation(actor=actor, name="Other", sector=sector)
    with pytest.raises(DomainError, match="already"):
        change_organisation(
            actor=actor, organisation=other, name=made.name, sector=sector, charging_class="", is_active=True
        )
    change_organisation(
        actor=actor,
        organisation=made,
        name="St Ŵyn’s school",
        sector=sector,
        charging_class="",
        is_active=False,
    )
    assert last_entry("change_organisation").after["is_active"] is False


def test_the_teams_page_of_a_person_leads_to_a_second_organisation(partnership, team, sign_in) -> None:
    known, unreachable = make_person(partnership, name="Ann Two"), make_person(partnership, account=False)
    Person.objects.filter(pk=unreachable.pk).update(email="")
    browser, second = sign_in(team), make_organisation(partnership)
    page = browser.get(f"/alphashire/desk/people/{known.pk}/").content.decode()
    add = html.unescape(re.findall(r'href="([^"]+/people/add/[^"]+)"', page)[0])
    form = browser.get(add).content.decode()
    assert 'value="Ann Two"' in form and known.email in form
    browser.post(
        add, {"name": known.name, "email": known.email, "organisation": second.pk, "job_role": "Nurse"}
    )
    assert Membership.objects.filter(person=known, organisation=second).count() == 1
    page = browser.get(f"/alphashire/desk/people/{unreachable.pk}/").content.decode()
    assert "give them an email address first" in page and "/people/add/" not in page
