"""Memberships: a person's place in an organisation, and the roles that go with it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from partnership_portal.working_days import uk_today
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import CompetencyGroup, Membership, MembershipRole, Organisation, Person
from partnerships.permissions import Permission, Role, require
from partnerships.services.locks import locked_partnership


def add_membership(
    *,
    actor: Actor,
    person: Person,
    organisation: Organisation,
    job_role: str = "",
    competency_group: CompetencyGroup | None = None,
    line_manager_name: str = "",
    line_manager_email: str = "",
) -> Membership:
    """Put a person into an organisation. Locks the person; a service that locks a session as well, does that before."""
    if not actor.may(Permission.MANAGE_PEOPLE) and organisation.pk not in actor.led_organisation_ids:
        raise PermissionDenied("Only the organisation's lead or the partnership team can add people to it.")
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(partnership=actor.partnership, pk=person.pk)
        if Membership.objects.live().filter(person=person, organisation=organisation).exists():
            raise DomainError(f"{person.name} is already with {organisation.name}.")
        membership = Membership.objects.create(
            partnership=actor.partnership,
            person=person,
            organisation=organisation,
            job_role=job_role.strip(),
            competency_group=competency_group,
            started_on=uk_today(),
            **_manager(actor, person, line_manager_name, line_manager_email),
        )
        audit.record(actor, "partnerships.add_membership", membership, after=_facts(membership))
    return membership


def change_membership(
    *,
    actor: Actor,
    membership: Membership,
    job_role: str,
    competency_group: CompetencyGroup | None,
    line_manager_name: str = "",
    line_manager_email: str = "",
) -> Membership:
    """Change job, target group and line manager: by the person, the organisation's lead or the team.

    A line manager whose email is a person's here becomes that person, who then sees the member's record.
    """
    _may_change(actor, membership)
    with transaction.atomic():
        membership = _locked(actor, membership)
        manager = _manager(actor, membership.person, line_manager_name, line_manager_email)
        changes = {"job_role": job_role.strip(), "competency_group": competency_group, **manager}
        _change(actor, membership, changes)
    return membership


def name_line_manager(*, actor: Actor, membership: Membership, name: str, email: str) -> Membership:
    """Keep the line manager whom somebody names on the way, where none is recorded who can be written to.

    A manager who is recorded stays, also one without an address: they see the record, and whom somebody names is asked
    just this once. Locks the membership, so that this holds for one who was recorded meanwhile. Gives the membership
    as it is then.
    """
    _may_change(actor, membership)
    with transaction.atomic():
        membership = _locked(actor, membership)
        if membership.line_manager_id is None and not membership.has_manager:
            _change(actor, membership, _manager(actor, membership.person, name, email))
    return membership


def forget_line_manager(*, actor: Actor, membership: Membership, email: str) -> Membership:
    """Take the line manager with this address out, who says that they are not; another one stays.

    One that has ended stays as it was. For services that know that it is they who say so. Locks the membership; done
    twice is done once.
    """
    with transaction.atomic():
        membership = Membership.objects.select_for_update().get(
            partnership=actor.partnership, pk=membership.pk
        )
        if membership.ended_on is not None:
            return membership
        contact = membership.manager_contact
        if contact is not None and contact[1].lower() == email.strip().lower():
            _change(actor, membership, _manager(actor, membership.person, "", ""))
    return membership


def end_membership(*, actor: Actor, membership: Membership) -> Membership:
    """End a membership today; bookings, records and certificates stay, the people managed there are without manager.

    Ending an ended one changes nothing.
    """
    require(actor, Permission.MANAGE_PEOPLE)
    with transaction.atomic():
        # Two members of the team who remove each other at the same time would leave none.
        locked_partnership(actor)
        membership = Membership.objects.select_for_update().get(
            partnership=actor.partnership, pk=membership.pk
        )
        if membership.ended_on is not None:
            return membership
        if membership.granted_roles.filter(role=Role.TEAM).exists():
            _keep_a_team(actor, membership)
        membership.ended_on = uk_today()
        membership.save(update_fields=["ended_on"])
        # Whoever leaves no longer sees the people they managed there, even if they still work elsewhere.
        team = Membership.objects.filter(
            partnership=actor.partnership,
            organisation=membership.organisation_id,
            line_manager=membership.person_id,
        )
        left = team.update(line_manager=None, line_manager_name="")
        audit.record(
            actor,
            "partnerships.end_membership",
            membership,
            before={"ended_on": None},
            after={"ended_on": membership.ended_on.isoformat(), "people_without_manager": left},
        )
    return membership


def grant_role(*, actor: Actor, membership: Membership, role: Role) -> MembershipRole:
    """Give a role to a member; giving it again changes nothing."""
    require(actor, Permission.MANAGE_PEOPLE)
    if role not in MembershipRole.GRANTED:
        raise DomainError(f"“{role.label}” follows from the facts and can’t be given.")
    with transaction.atomic():
        membership = _locked(actor, membership)
        granted, made = MembershipRole.objects.get_or_create(
            partnership=actor.partnership, membership=membership, role=role
        )
        if made:
            audit.record(actor, "partnerships.grant_role", membership, after={"role": role.value})
    return granted


def revoke_role(*, actor: Actor, membership: Membership, role: Role) -> None:
    """Take a role away; the last member of the partnership team keeps it."""
    require(actor, Permission.MANAGE_PEOPLE)
    with transaction.atomic():
        # Two members of the team who remove each other at the same time would leave none.
        locked_partnership(actor)
        granted = MembershipRole.objects.filter(
            partnership=actor.partnership, membership=membership, role=role
        )
        if not granted.exists():
            return
        if role is Role.TEAM:
            _keep_a_team(actor, membership)
        granted.delete()
        audit.record(actor, "partnerships.revoke_role", membership, before={"role": role.value})


def _may_change(actor: Actor, membership: Membership) -> None:
    own = actor.person is not None and membership.person_id == actor.person.pk
    led = membership.organisation_id in actor.led_organisation_ids
    if not (actor.may(Permission.MANAGE_PEOPLE) or own or led):
        raise PermissionDenied("You can change your own job and those of the people of your organisation.")


def _change(actor: Actor, membership: Membership, changes: dict[str, Any]) -> None:
    before, outside = _facts(membership), _outside_manager(membership)
    for name, value in changes.items():
        setattr(membership, name, value)
    after, contact = _facts(membership), audit.changed(outside, _outside_manager(membership))
    if after != before or contact:
        membership.save()
        after |= {"changed": contact} if contact else {}
        audit.record(actor, "partnerships.change_membership", membership, before=before, after=after)


def _locked(actor: Actor, membership: Membership) -> Membership:
    membership = Membership.objects.select_for_update().get(partnership=actor.partnership, pk=membership.pk)
    if membership.ended_on is not None:
        raise DomainError("This person has left the organisation.")
    return membership


def _keep_a_team(actor: Actor, leaving: Membership) -> None:
    others = MembershipRole.objects.filter(
        partnership=actor.partnership, role=Role.TEAM, membership__ended_on__isnull=True
    ).exclude(membership=leaving)
    if not others.exists():
        raise DomainError(
            "This is the last member of the partnership team. Give the role to somebody else first."
        )


def _manager(actor: Actor, person: Person, name: str, email: str) -> dict[str, Any]:
    key = email.strip().lower()
    if key and key == person.email_key:
        raise own_manager()
    known = Person.objects.filter(partnership=actor.partnership, email_key=key).first() if key else None
    if known is not None:
        # The name stays as it was said, so that an address tells nobody who has it.
        return {"line_manager": known, "line_manager_name": name.strip(), "line_manager_email": ""}
    return {"line_manager": None, "line_manager_name": name.strip(), "line_manager_email": key}


def own_manager() -> DomainError:
    """What to say to whoever is named as their own line manager."""
    return DomainError(
        "Nobody can be their own line manager. Give the manager’s own email address.", "line_manager_email"
    )


def _facts(membership: Membership) -> dict[str, Any]:
    return {
        "person": membership.person_id,
        "organisation": membership.organisation_id,
        "job_role": membership.job_role,
        "competency_group": membership.competency_group_id,
        "line_manager": membership.line_manager_id,
    }


def _outside_manager(membership: Membership) -> dict[str, str]:
    """The contact of a line manager who is nobody here; the trail tells only that it changed."""
    return {
        "line_manager_name": membership.line_manager_name,
        "line_manager_email": membership.line_manager_email,
    }
