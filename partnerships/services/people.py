"""People of a partnership: add, correct, claim one's own."""

from dataclasses import replace

from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.db import transaction

from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import CompetencyGroup, Membership, Organisation, Person, User
from partnerships.permissions import Permission, require
from partnerships.services.locks import locked_partnership
from partnerships.services.memberships import add_membership


def add_person(
    *,
    actor: Actor,
    name: str,
    organisation: Organisation,
    email: str = "",
    phone: str = "",
    job_role: str = "",
    competency_group: CompetencyGroup | None = None,
    line_manager_name: str = "",
    line_manager_email: str = "",
) -> Person:
    """Add somebody to the workforce; with an email that is known already, the same person joins the organisation too.

    They need no account. If they make one with this email, they find their record there (``claim_person``).
    """
    require(actor, Permission.MANAGE_PEOPLE)
    with transaction.atomic():
        locked_partnership(actor)
        person = person_with_email(actor, email) or _add(actor, name, email, phone)
        if not Membership.objects.live().filter(person=person, organisation=organisation).exists():
            add_membership(
                actor=actor,
                person=person,
                organisation=organisation,
                job_role=job_role,
                competency_group=competency_group,
                line_manager_name=line_manager_name,
                line_manager_email=line_manager_email,
            )
    return person


def add_colleague(
    *, actor: Actor, name: str, organisation: Organisation, email: str = "", job_role: str = ""
) -> Person:
    """Add somebody to an organisation that the actor leads; the team may for any.

    An email that is known here names that person. Whoever has belonged to another organisation is added by the team or
    joins by themselves: a lead must not open the record of anybody whose address they know, nor learn from the refusal
    who they are. Locks the partnership. Doing it twice changes nothing.
    """
    may_manage = actor.may(Permission.MANAGE_PEOPLE)
    if not may_manage and organisation.pk not in actor.led_organisation_ids:
        raise PermissionDenied("You can add people to an organisation that you lead.")
    if not organisation.is_active:
        raise DomainError(f"{organisation.name} takes no new members.")
    with transaction.atomic():
        locked_partnership(actor)
        person = person_with_email(actor, email)
        if person is not None and not may_manage and _has_been_elsewhere(person, organisation):
            raise DomainError(
                f"We can’t add this person to {organisation.name} from here. Ask the partnership team, or ask them to "
                f"join {organisation.name} themselves."
            )
        person = person or _add(actor, name, email)
        if not Membership.objects.live().filter(person=person, organisation=organisation).exists():
            add_membership(actor=actor, person=person, organisation=organisation, job_role=job_role)
    return person


def change_person(*, actor: Actor, person: Person, name: str, email: str, phone: str) -> Person:
    """Correct a person's name and contact."""
    require(actor, Permission.MANAGE_PEOPLE)
    with transaction.atomic():
        locked_partnership(actor)
        person = Person.objects.select_for_update().get(partnership=actor.partnership, pk=person.pk)
        other = person_with_email(actor, email)
        if other is not None and other.pk != person.pk:
            raise DomainError(
                f"{other.name} has this email address already. Each person needs one of their own."
            )
        return _change(actor, person, "partnerships.change_person", name=name, email=email, phone=phone)


def change_own_details(*, actor: Actor, name: str, email: str, phone: str) -> Person:
    """Change what the portal calls and how it reaches the actor; the email must be one that they have verified."""
    require(actor, Permission.CHANGE_OWN_DETAILS)
    if actor.person is None or actor.user is None:
        raise DomainError("Only people with an account can change their own details.")
    with transaction.atomic():
        locked_partnership(actor)
        person = Person.objects.select_for_update().get(pk=actor.person.pk)
        email = email.strip().lower()
        if email != person.email and email not in verified_emails(actor.user):
            raise DomainError("Choose an email address that you have confirmed for your account.")
        other = person_with_email(actor, email)
        if other is not None and other.pk != person.pk:
            raise DomainError("Another person here has this email address. Contact the partnership team.")
        return _change(actor, person, "partnerships.change_own_details", name=name, email=email, phone=phone)


def claim_person(*, actor: Actor) -> Person | None:
    """Give the account its person here, if one without account has an email that the account has verified.

    Gives nothing where there is none. Doing it twice changes nothing.
    """
    if actor.user is None:
        return None
    with transaction.atomic():
        if Person.objects.filter(partnership=actor.partnership, user=actor.user).exists():
            return None
        emails = verified_emails(actor.user)
        person = (
            Person.objects.select_for_update()
            .filter(partnership=actor.partnership, user__isnull=True, email_key__in=emails)
            .exclude(email_key="")
            .order_by("pk")
            .first()
        )
        if person is None:
            return None
        person.user = actor.user
        person.save(update_fields=["user"])
        claimant = replace(actor, person=person)
        audit.record(claimant, "partnerships.claim_person", person, after={"account": actor.user.pk})
    return person


def _add(actor: Actor, name: str, email: str, phone: str = "") -> Person:
    person = Person.objects.create(
        partnership=actor.partnership, name=name.strip(), email=email.strip().lower(), phone=phone.strip()
    )
    audit.record(actor, "partnerships.add_person", person)
    return person


def _has_been_elsewhere(person: Person, organisation: Organisation) -> bool:
    return (
        Membership.objects.filter(partnership=person.partnership_id, person=person)
        .exclude(organisation=organisation)
        .exists()
    )


def attach_email(*, actor: Actor, person: Person, email: str) -> Person:
    """Give somebody who has neither email nor account an address that they have proved to be theirs.

    For the holder of a link about this very person. Never touches an account, nor an address that somebody else here
    has. Locks the partnership.
    """
    if not actor.label.endswith(f" {person.pk}") or not actor.label.startswith("link: record "):
        raise PermissionDenied("Only the link that was sent to the address attaches it.")
    with transaction.atomic():
        locked_partnership(actor)
        person = Person.objects.select_for_update().get(partnership=actor.partnership, pk=person.pk)
        if person.email or person.user_id is not None or person_with_email(actor, email) is not None:
            raise DomainError("This address can’t be attached. Ask the partnership team.")
        return _change(
            actor,
            person,
            "partnerships.attach_email",
            name=person.name,
            email=email,
            phone=person.phone,
        )


def verified_emails(user: User) -> set[str]:
    """The addresses that an account has confirmed, in small letters."""
    verified = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    return {email.lower() for email in verified}


def person_with_email(actor: Actor, email: str) -> Person | None:
    """Who here has this address, if anybody."""
    key = email.strip().lower()
    return Person.objects.filter(partnership=actor.partnership, email_key=key).first() if key else None


def _facts(person: Person) -> dict[str, str]:
    return {"name": person.name, "email": person.email, "phone": person.phone}


def _change(actor: Actor, person: Person, action: str, *, name: str, email: str, phone: str) -> Person:
    before = _facts(person)
    person.name, person.email, person.phone = name.strip(), email.strip().lower(), phone.strip()
    if _facts(person) != before:
        person.save(update_fields=["name", "email", "phone"])
        audit.record(actor, action, person, after={"changed": audit.changed(before, _facts(person))})
    return person
