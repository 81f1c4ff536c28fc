"""A place goes over to a colleague of the same organisation, without passing through the queue.

Not through the queue, because the place is not free: the organisation booked it and sends somebody else. So nobody
who waits loses anything, no quota changes, and nothing counts as a cancellation.
"""

from dataclasses import replace
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from bookings.as_shown import check_as_shown
from bookings.colleagues import same_person
from bookings.messages import (
    tell_confirmed,
    tell_lead_passed_on,
    tell_passed_on,
    tell_requested,
)
from bookings.models import Booking
from bookings.services.access_needs import access_needs_of, carry_access_needs
from bookings.services.approvals import (
    approval_needed,
    ask_for_approval,
    leads_of,
)
from bookings.services.ending import end_booking
from bookings.services.locks import locked_booking
from bookings.services.places import (
    AlreadyBooked,
    OutsideAudience,
    Told,
    check_audience,
    check_not_booked,
    write_booking,
)
from bookings.services.prerequisites import (
    PrerequisiteMissing,
    carry_prerequisite,
    check_prerequisite,
    training_first,
)
from bookings.services.queue import allocate, lock_people
from bookings.services.rights import may_swap
from bookings.services.tasks import carry_tasks
from bookings.states import ENDED, BookingState
from courses.models import Session
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Membership, Organisation, Person
from partnerships.policy import ApprovalRule
from partnerships.services.locks import locked_partnership
from partnerships.services.people import add_colleague, person_with_email

SWAPPED = "swapped"
_NOTHING_SAID = Told()
# What comes along with a colleague who waits, unless whoever swaps says otherwise.
_SAID = ("declared", "audience_reason")
_NOT_FROM_HERE = (
    "The place can’t be given to this person from here. Check the name and the address, or ask your organisation’s "
    "lead or the partnership team: they can swap you with any colleague."
)

# Whatever the reason is, their group or the sector of their organisation.
_SAY_WHY = "This course is meant for others than your colleague. Say why they should come all the same."


def swap_place(
    *,
    actor: Actor,
    booking: Booking,
    person: Person,
    told: Told = _NOTHING_SAID,
    shown: str | None = None,
) -> Booking:
    """Put a colleague in somebody's place, as a page has ``shown`` it: by the organisation's lead or the team.

    Locks the session. Not once it has begun. Done twice is done once.
    """
    _check_right(actor, booking)
    return _swap(actor, booking, person, told, shown)


def swap_for_somebody_new(
    *,
    actor: Actor,
    booking: Booking,
    name: str,
    email: str,
    told: Told = _NOTHING_SAID,
    shown: str | None = None,
) -> Booking:
    """Add somebody to the organisation and put them in the place; by its lead or the team.

    Locks the partnership, then the session, then the person: either both is done or nothing.
    """
    _check_right(actor, booking)
    with transaction.atomic():
        locked_partnership(actor)
        # Before the person, whom whoever gives out places locks beneath the session, together with all who wait.
        session, known = locked_booking(actor, booking).session, person_with_email(actor, email)
        lock_people(session, also={known.pk} if known else ())
        organisation = Organisation.objects.get(partnership=actor.partnership, pk=booking.organisation_id)
        person = add_colleague(actor=actor, name=name, email=email, organisation=organisation)
        return _swap(actor, booking, person, told, shown)


def pass_on(
    *,
    actor: Actor,
    booking: Booking,
    name: str,
    email: str,
    told: Told = _NOTHING_SAID,
    shown: str | None = None,
) -> Booking:
    """Let somebody give their own place, by a link too, to a colleague whom they name; the leads are told.

    Only to somebody of the same organisation whose name and address fit. Whoever is unknown, works elsewhere or has
    booked the session already is refused in the same words, so that a link tells nobody who is in the portal or what
    they have booked; the place stays with whoever has it. An approval that is needed is asked
    for; meanwhile the colleague has the turn of whoever gave the place away.
    """
    if actor.person is None or actor.person.pk != booking.person_id:
        raise PermissionDenied("You can give your own place to a colleague.")
    with transaction.atomic():
        found = (
            Membership.objects.live()
            .filter(
                partnership=actor.partnership,
                organisation=booking.organisation_id,
                person__email_key=email.strip().lower(),
            )
            .exclude(person__email_key="")
            .select_related("person")
            .first()
        )
        if found is None or not same_person(name, found.person.name):
            raise DomainError(_NOT_FROM_HERE)
        try:
            colleague = _swap(actor, booking, found.person, told, shown)
        except AlreadyBooked:
            raise DomainError(_NOT_FROM_HERE) from None
        except OutsideAudience:
            # Without the group that the colleague is in, or their name as it is recorded.
            raise OutsideAudience(_SAY_WHY) from None
        except PrerequisiteMissing:
            raise PrerequisiteMissing(training_first("Your colleague")) from None
        for lead in leads_of(found):
            if lead.pk not in {booking.person_id, colleague.person_id}:
                tell_lead_passed_on(booking, colleague, lead)
    return colleague


def can_be_swapped(booking: Booking, now: datetime) -> bool:
    """Tell whether there is a place that could go to a colleague."""
    session = booking.session
    has_begun = session.starts_at <= now or session.status != Session.Status.PUBLISHED
    return booking.state == BookingState.CONFIRMED and not has_begun


def _check_right(actor: Actor, booking: Booking) -> None:
    if not may_swap(actor, booking):
        raise PermissionDenied("You can swap the people of an organisation that you lead.")


def _swap(actor: Actor, booking: Booking, person: Person, told: Told, shown: str | None) -> Booking:
    with transaction.atomic():
        old = locked_booking(actor, booking)
        session, now = old.session, timezone.now()
        done = Booking.objects.filter(partnership=actor.partnership, swapped_from=old).first()
        if done is not None and done.person_id == person.pk:
            return done
        _check_place(old, now)
        check_as_shown(actor, old, shown)
        membership = _membership(actor, old, person)
        waits = _waiting_turn(actor, session, person)
        told = replace(told, purchase_order=old.purchase_order)
        check_audience(actor, session, membership, told.audience_reason)
        check_prerequisite(actor, session, person, told.earlier)
        rule = _decider(actor, session, membership, now)
        if waits is not None:
            # Never what was declared of whoever leaves: that was said of somebody else.
            said = {name: getattr(told, name) or getattr(waits, name) for name in _SAID}
            told = replace(told, **said)
        end_booking(old, BookingState.CANCELLED, by=actor.person, reason=SWAPPED, now=now)
        session.places_taken -= 1
        needs = access_needs_of(waits) if waits is not None else None
        if waits is not None:
            end_booking(waits, BookingState.WITHDRAWN, by=actor.person, reason=SWAPPED, now=now)
        state = BookingState.CONFIRMED if rule is ApprovalRule.NONE else BookingState.REQUESTED
        new = write_booking(actor, session, membership, state, told, now, instead_of=old)
        session.places_taken += new.holds_place
        if waits is not None:
            # Their own, from the list. Whatever the one who leaves had said is deleted and goes to nobody.
            carry_access_needs(needs, new, session)
            carry_tasks(waits, new)
            if not told.earlier.is_given:
                carry_prerequisite(waits, new)
            after = {"state": waits.state, "goes_on": new.pk}
            turn = {"state": BookingState.WAITING.value}
            audit.record(actor, "bookings.end_double", waits, before=turn, after=after)
        before = {"state": BookingState.CONFIRMED.value}
        audit.record(
            actor, "bookings.swap_place", old, before=before, after={"state": old.state, "to": new.pk}
        )
        tell_passed_on(old, new, now=now)
        if state == BookingState.CONFIRMED:
            tell_confirmed(new, now=now)
        else:
            tell_requested(new, ask_for_approval(actor, new, rule, membership, None, now))
            # The turn keeps the place: whoever waits gets nothing by this unless they were before it.
            allocate(session, now)
    return new


def _check_place(old: Booking, now: datetime) -> None:
    if old.state in ENDED:
        raise DomainError("This booking has ended, so there is no place to give to a colleague any more.")
    if old.session.starts_at <= now or old.session.status != Session.Status.PUBLISHED:
        raise DomainError("This session has begun or was cancelled, so its people can’t be swapped any more.")
    if old.state != BookingState.CONFIRMED:
        raise DomainError("Only a confirmed place can go to a colleague. This booking has none.")


def _membership(actor: Actor, old: Booking, person: Person) -> Membership:
    if person.pk == old.person_id:
        raise DomainError(f"{person.name} has this place already.")
    membership = (
        Membership.objects.live()
        .filter(partnership=actor.partnership, person=person, organisation=old.organisation_id)
        .select_related("person", "organisation")
        .first()
    )
    if membership is None:
        raise DomainError(f"{person.name} does not belong to {old.organisation.name}.")
    membership.partnership = actor.partnership
    return membership


def _waiting_turn(actor: Actor, session: Session, person: Person) -> Booking | None:
    """The colleague's turn on the waiting list, which the place replaces; any other live booking is a refusal."""
    waits = Booking.objects.filter(
        partnership=actor.partnership, session=session, person=person, state=BookingState.WAITING
    ).first()
    if waits is None:
        check_not_booked(actor, session, person)
    return waits


def _decider(actor: Actor, session: Session, membership: Membership, now: datetime) -> ApprovalRule:
    """Who must still approve, if anybody; nobody can name a line manager here."""
    rule = approval_needed(actor, session, membership, can_name=False)
    if rule is not ApprovalRule.NONE and session.booking_closes_at <= now:
        raise DomainError(
            "This needs an approval, and there is no time left for one. Ask your organisation’s lead or the "
            "partnership team."
        )
    return rule
