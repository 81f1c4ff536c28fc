"""Joining an organisation: an account asks, the organisation's lead or the team decides."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import (
    CompetencyGroup,
    JoinRequest,
    Membership,
    Organisation,
    Partnership,
    Person,
    User,
)
from partnerships.permissions import Permission, require
from partnerships.services.locks import locked_partnership
from partnerships.services.memberships import add_membership, own_manager
from partnerships.services.people import claim_person, verified_emails

MOST_OPEN = 5


def ask_to_join(
    *,
    actor: Actor,
    organisation: Organisation,
    job_role: str,
    competency_group: CompetencyGroup | None = None,
    line_manager_name: str = "",
    line_manager_email: str = "",
) -> JoinRequest:
    """Ask to join an organisation; asking again while the first request is open gives that one.

    Refuses more than ``MOST_OPEN`` open requests of one account: each writes to people who never heard of it.
    """
    if actor.user is None:
        raise PermissionDenied("Sign in to ask to join an organisation.")
    if not organisation.is_active:
        raise DomainError(f"{organisation.name} takes no new members. Choose another organisation.")
    if any(one.organisation_id == organisation.pk for one in actor.memberships):
        raise DomainError(f"You are already with {organisation.name}.")
    if line_manager_email.strip().lower() in _own_addresses(actor.partnership, actor.user):
        raise own_manager()
    _check_open_requests(actor, organisation)
    with transaction.atomic():
        request, made = JoinRequest.objects.get_or_create(
            partnership=actor.partnership,
            user=actor.user,
            organisation=organisation,
            state=JoinRequest.State.OPEN,
            defaults={
                "name": actor.person.name if actor.person else actor.user.name or actor.user.email,
                "email": actor.user.email,
                "job_role": job_role.strip(),
                "competency_group": competency_group,
                "line_manager_name": line_manager_name.strip(),
                "line_manager_email": line_manager_email.strip().lower(),
            },
        )
        if made:
            audit.record(
                actor,
                "partnerships.ask_to_join",
                request,
                after={"organisation": organisation.pk, "job_role": request.job_role},
            )
    return request


def _check_open_requests(actor: Actor, organisation: Organisation) -> None:
    theirs = JoinRequest.objects.filter(
        partnership=actor.partnership, user=actor.user, state=JoinRequest.State.OPEN
    )
    if theirs.exclude(organisation=organisation).count() >= MOST_OPEN:
        raise DomainError(
            f"You have asked to join {MOST_OPEN} organisations, and none of them has answered yet. Wait for their "
            "answers, or ask the partnership team.",
            "organisation",
        )


def accept_join_request(*, actor: Actor, request: JoinRequest) -> Membership:
    """Let the asker in: makes their person where there is none yet, and the membership.

    Whoever came to name themselves as line manager, joins without one.
    """
    with transaction.atomic():
        locked_partnership(actor)
        request = _open_request(actor, request)
        person = _person_of(actor, request)
        membership = (
            Membership.objects.live().filter(person=person, organisation=request.organisation).first()
        )
        if membership is None:
            manages_oneself = names_oneself(request)
            membership = add_membership(
                actor=actor,
                person=person,
                organisation=request.organisation,
                job_role=request.job_role,
                competency_group=request.competency_group,
                line_manager_name="" if manages_oneself else request.line_manager_name,
                line_manager_email="" if manages_oneself else request.line_manager_email,
            )
        _decide(actor, request, JoinRequest.State.ACCEPTED, "")
    return membership


def decline_join_request(*, actor: Actor, request: JoinRequest, reason: str) -> JoinRequest:
    """Turn the request down; the asker reads the reason."""
    if not reason.strip():
        raise DomainError("Say why, so that the person knows what to do next.")
    with transaction.atomic():
        request = _open_request(actor, request)
        _decide(actor, request, JoinRequest.State.DECLINED, reason.strip())
    return request


def names_oneself(request: JoinRequest) -> bool:
    """Tell whether the line manager whom the asker named has an address of the asker's own."""
    own = _own_addresses(request.partnership, request.user)
    return request.line_manager_email in own | {request.email.lower()}


def _own_addresses(partnership: Partnership, user: User) -> set[str]:
    """By which somebody is known: the account's addresses, and that of their person here."""
    known = Person.objects.filter(partnership=partnership, user=user).values_list("email_key", flat=True)
    return {user.email.lower(), *verified_emails(user), *known} - {""}


def _open_request(actor: Actor, request: JoinRequest) -> JoinRequest:
    require(actor, Permission.DECIDE_JOIN_REQUEST)
    request = JoinRequest.objects.select_for_update().get(partnership=actor.partnership, pk=request.pk)
    if not actor.may(Permission.MANAGE_PEOPLE) and request.organisation_id not in actor.led_organisation_ids:
        raise PermissionDenied("Only the organisation’s lead or the partnership team can decide this.")
    if request.state != JoinRequest.State.OPEN:
        raise DomainError(f"This request was already decided: {request.get_state_display().lower()}.")
    return request


def _person_of(actor: Actor, request: JoinRequest) -> Person:
    asker = Actor(partnership=actor.partnership, label="person", user=request.user)
    person = Person.objects.filter(partnership=actor.partnership, user=request.user).first() or claim_person(
        actor=asker
    )
    if person is not None:
        return person
    if Person.objects.filter(partnership=actor.partnership, email_key=request.email.lower()).exists():
        raise DomainError(
            f"Somebody with the email address {request.email} is already in this partnership. "
            "Ask the partnership team to correct one of the two."
        )
    person = Person.objects.create(
        partnership=actor.partnership, user=request.user, name=request.name, email=request.email.lower()
    )
    audit.record(actor, "partnerships.add_person", person)
    return person


def _decide(actor: Actor, request: JoinRequest, state: JoinRequest.State, reason: str) -> None:
    request.state, request.reason = state, reason
    request.decided_at, request.decided_by = timezone.now(), actor.person
    request.save(update_fields=["state", "reason", "decided_at", "decided_by"])
    audit.record(
        actor,
        f"partnerships.{'accept' if state == JoinRequest.State.ACCEPTED else 'decline'}_join_request",
        request,
        before={"state": JoinRequest.State.OPEN.value},
        after={"state": state.value},
    )
