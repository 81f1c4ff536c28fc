"""Who may book and cancel for whom, and in the name of which organisation."""

from django.core.exceptions import PermissionDenied

from bookings.models import Booking
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Membership, Organisation, Person
from partnerships.permissions import Permission
from partnerships.querysets import MembershipQuerySet


def memberships_to_book_with(actor: Actor, person: Person) -> tuple[Membership, ...]:
    """The person's live memberships in whose name the actor may book; none, if the actor may not book for them."""
    if actor.person == person:
        return actor.memberships
    return tuple(_memberships_to_book_with(actor, person))


def _memberships_to_book_with(actor: Actor, person: Person) -> MembershipQuerySet:
    # Everybody books for themselves, an organisation lead for the organisation's own people, the team for anybody.
    memberships = Membership.objects.live().filter(partnership=actor.partnership, person=person)
    memberships = memberships.select_related("organisation", "person").order_by("pk")
    if actor.may(Permission.MANAGE_BOOKINGS) or actor.person == person:
        return memberships
    return memberships.filter(organisation__in=actor.led_organisation_ids)


def membership_for(actor: Actor, person: Person, organisation: Organisation) -> Membership:
    """The membership to book with, or a refusal."""
    own = actor.person == person
    if (
        not own
        and not actor.may(Permission.MANAGE_BOOKINGS)
        and organisation.pk not in actor.led_organisation_ids
    ):
        raise PermissionDenied(
            "You can book for yourself and for the people of an organisation that you lead."
        )
    membership = _memberships_to_book_with(actor, person).filter(organisation=organisation).first()
    if membership is None:
        who = "You do" if own else f"{person.name} does"
        raise DomainError(f"{who} not belong to {organisation.name} any more. Choose another organisation.")
    return membership


def may_give_up(actor: Actor, booking: Booking) -> bool:
    """Tell whether the actor may answer for it: whose booking it is (by a link too), the lead, the team."""
    is_own = actor.person is not None and booking.person_id == actor.person.pk
    return is_own or may_swap(actor, booking)


def may_swap(actor: Actor, booking: Booking) -> bool:
    """Tell whether the actor may put a colleague in the place of whoever has it: the organisation's lead, the team."""
    return actor.may(Permission.CANCEL_BOOKING) and (
        actor.may(Permission.MANAGE_BOOKINGS) or booking.organisation_id in actor.led_organisation_ids
    )


def manages(actor: Actor, booking: Booking) -> bool:
    """Tell whether the actor is the line manager of whose booking it is, at the organisation that it is for."""
    own = Membership.objects.managed_by(actor)
    return (
        actor.person is not None
        and own.filter(person=booking.person_id, organisation=booking.organisation_id).exists()
    )


def may_read_what_was_said(actor: Actor, booking: Booking) -> bool:
    """Tell whether the actor may read what was said when booking, and why it was declined: not who only trains them.

    Whose booking it is, the lead, the line manager and the team.
    """
    return may_give_up(actor, booking) or (actor.may(Permission.SEE_TEAM) and manages(actor, booking))
