"""Walk-ins: people who come without a booking are given one on the day, and their evaluation and certificate follow."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from bookings.arrangements import arrangements_of
from bookings.messages import tell_confirmed
from bookings.models import Approval, Booking, WalkIn
from bookings.services.ending import close_request
from bookings.services.locks import locked_booking, locked_session
from bookings.services.marks import Mark, Presence, settle, write_marks
from bookings.services.organisations import put_in_name_of
from bookings.services.register import check_register, may_mark, on_the_day
from bookings.states import EXPECTED, HOLDS_PLACE, BookingState
from courses.models import Session, SessionDate
from courses.plans import class_size_cap
from partnership_portal.working_days import uk_date
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Membership, Organisation, Person, Sector
from partnerships.permissions import Permission, Role, require
from partnerships.services.locks import locked_partnership
from partnerships.services.memberships import add_membership, end_membership
from partnerships.services.organisations import change_organisation, create_organisation
from partnerships.services.people import add_person
from partnerships.services.policies import version_in_force

# Where the bookings of walk-ins stand whose organisation nobody has settled yet; it takes no members of its own.
UNSETTLED = "Organisation still to be settled"


class RoomIsFull(DomainError):
    """No place is left; where there is a seat all the same, one more place may be made for it."""


@dataclass(frozen=True)
class Room:
    """How many places a session has on one of its dates, and whether one more may be made."""

    taken: int
    capacity: int
    absent: int
    cap: int | None

    @property
    def is_full(self) -> bool:
        """Tell whether every place is held."""
        return self.taken >= self.capacity

    @property
    def may_grow(self) -> bool:
        """Tell whether one more in the room still keeps to the strategy: who is marked absent leaves a seat."""
        return self.cap is None or self.capacity + 1 - self.absent <= self.cap

    @property
    def sentence(self) -> str:
        """What is told where nobody more may come in."""
        full = f"The room is full: {self.taken} of {self.capacity} places are taken"
        if self.may_grow:
            return f"{full}. If there is a seat, make one more place."
        return (
            f"{full}, and the strategy allows at most {self.cap} people. Mark who is absent first: each of them "
            "leaves a seat for somebody else."
        )


@dataclass(frozen=True)
class Newcomer:
    """Somebody at the door: their organisation from the list or, where it isn't there, as they say it."""

    name: str
    email: str = ""
    organisation: Organisation | None = None
    organisation_said: str = ""


def room_of(session: Session, date: SessionDate) -> Room:
    """The room on one date of a session."""
    absent = date.attendances.filter(
        partnership=session.partnership_id, mark=Mark.ABSENT, booking__state__in=EXPECTED
    )
    policy = session.partnership.policy(session.starts_at)
    cap = class_size_cap(policy, lecture_style=session.lecture_style)
    return Room(session.places_taken, session.capacity, absent.count(), cap)


def add_walk_in(
    *,
    actor: Actor,
    session_date: SessionDate,
    newcomer: Newcomer,
    key: UUID,
    make_room: bool = False,
    is_present: bool = True,
) -> Booking:
    """Book somebody who came without a booking and mark them present; also after booking has closed.

    The session's trainers on the day, the team afterwards too. An email that is known names the person; anybody else
    is added to the workforce. Whoever waited for a place gets it. In a full room nobody is added, unless ``make_room``
    makes one more place, within what the strategy allows in the room. A walk-in of a later date was absent on the
    earlier ones; ``is_present=False`` leaves the mark of this date to whoever knows how long they were there. ``key``
    names the form: sent again over a bad line, it adds nobody. Locks the partnership (for the
    person), then the session, then the person: in the order of whoever gives out places.
    """
    require(actor, Permission.MARK_REGISTER)
    with transaction.atomic():
        locked_partnership(actor)
        sent = WalkIn.objects.filter(partnership=actor.partnership, key=key).select_related("booking").first()
        if sent is not None:
            return sent.booking
        session = locked_session(actor, session_date.session)
        date, now = on_the_day(session, session_date), timezone.now()
        _check(actor, session, date, now)
        person, organisation, said = _who(actor, newcomer)
        booking = _booking(actor, session, person)
        if booking is not None and booking.state in EXPECTED:
            # They had a place and didn't know it.
            _mark(actor, session, date, booking, now, is_present)
            return booking
        if booking is None or booking.state not in HOLDS_PLACE:
            _take_place(session, room_of(session, date), make_room)
        if booking is None:
            booking = _book(actor, session, person, organisation, now)
        else:
            close_request(booking, Approval.Decision.APPROVED, now)
            booking.state, booking.told = BookingState.CONFIRMED, arrangements_of(session)
            booking.confirmed_at = now
            booking.save(update_fields=["state", "told", "confirmed_at"])
        _mark(actor, session, date, booking, now, is_present)
        WalkIn.objects.create(partnership=actor.partnership, booking=booking, key=key, organisation_said=said)
        facts = {
            "session": session.pk,
            "person": person.pk,
            "organisation": booking.organisation_id,
            "capacity": session.capacity,
            "organisation_to_settle": bool(said),
        }
        audit.record(actor, "bookings.add_walk_in", booking, after=facts)
        if any(one.starts_at > now for one in session.dates.all()):
            # They need the dates that are still to come; about the one that they are at, nothing.
            tell_confirmed(booking, now=now)
    return booking


def settle_walk_in(*, actor: Actor, walk_in: WalkIn, organisation: Organisation) -> WalkIn:
    """Say which organisation a walk-in belongs to; the booking and the membership move there. Settling again moves on.

    Locks the partnership, then the session.
    """
    require(actor, Permission.MANAGE_BOOKINGS)
    with transaction.atomic():
        locked_partnership(actor)
        walk_in = WalkIn.objects.select_related("booking__session", "booking__person").get(
            partnership=actor.partnership, pk=walk_in.pk
        )
        booking = locked_booking(actor, walk_in.booking)
        before = booking.organisation_id
        live = Membership.objects.live().filter(partnership=actor.partnership, person=booking.person)
        if not live.filter(organisation=organisation).exists():
            add_membership(actor=actor, person=booking.person, organisation=organisation)
        for stopgap in live.filter(organisation__name=UNSETTLED).exclude(organisation=organisation):
            end_membership(actor=actor, membership=stopgap)
        put_in_name_of(booking, organisation)
        walk_in.settled_at, walk_in.settled_by = timezone.now(), actor.person
        walk_in.save(update_fields=["settled_at", "settled_by"])
        change = {"before": {"organisation": before}, "after": {"organisation": organisation.pk}}
        audit.record(actor, "bookings.settle_walk_in", booking, **change)
    return walk_in


def _check(actor: Actor, session: Session, date: SessionDate, now: datetime) -> None:
    if not may_mark(actor, session):
        raise PermissionDenied("You can add people to the sessions that you train.")
    check_register(session, date, now)
    if uk_date(now) != uk_date(date.starts_at) and not actor.may(Permission.MANAGE_BOOKINGS):
        raise DomainError("Trainers add people on the day. Ask the partnership team to add somebody now.")


def _who(actor: Actor, newcomer: Newcomer) -> tuple[Person, Organisation, str]:
    """The person, in whose name they are booked, and what the team must settle.

    Somebody who is known keeps their organisations: what is said at the door opens nobody's record to another lead.
    """
    doorkeeper = _doorkeeper(actor)
    email = newcomer.email.strip().lower()
    known = Person.objects.filter(partnership=actor.partnership, email_key=email).first() if email else None
    own = list(
        Membership.objects.live()
        .filter(partnership=actor.partnership, person=known)
        .select_related("organisation")
        .order_by("pk")
    )
    said = newcomer.organisation.name if newcomer.organisation else newcomer.organisation_said.strip()
    if known is not None and own:
        fitting = next((one.organisation for one in own if one.organisation == newcomer.organisation), None)
        return known, fitting or own[0].organisation, "" if fitting else said
    organisation = newcomer.organisation or _unsettled(doorkeeper)
    person = add_person(actor=doorkeeper, name=newcomer.name, email=email, organisation=organisation)
    return person, organisation, "" if newcomer.organisation else said


def _doorkeeper(actor: Actor) -> Actor:
    """The one at the door with the rights that adding a person needs; the trail names them and says what for."""
    return Actor(
        partnership=actor.partnership,
        label=f"{actor.label}: walk-in",
        roles=frozenset({Role.TEAM}),
        person=actor.person,
    )


def _unsettled(actor: Actor) -> Organisation:
    found = Organisation.objects.filter(partnership=actor.partnership, name_key=UNSETTLED.lower()).first()
    if found is not None:
        return found
    # The last of the sectors is the one for everything else.
    sector = Sector.objects.filter(partnership=actor.partnership).reverse()[0]
    made = create_organisation(actor=actor, name=UNSETTLED, sector=sector)
    return change_organisation(
        actor=actor, organisation=made, name=UNSETTLED, sector=sector, charging_class="", is_active=False
    )


def _booking(actor: Actor, session: Session, person: Person) -> Booking | None:
    bookings = Booking.objects.filter(partnership=actor.partnership, session=session, person=person)
    booking = bookings.live().select_related("organisation").first()
    if booking is not None:
        booking.session, booking.person = session, person
    return booking


def _take_place(session: Session, room: Room, make_room: bool) -> None:
    if not room.is_full:
        return
    if not (make_room and room.may_grow):
        raise RoomIsFull(room.sentence)
    session.capacity += 1
    session.save(update_fields=["capacity"])


def _book(
    actor: Actor, session: Session, person: Person, organisation: Organisation, now: datetime
) -> Booking:
    membership = Membership.objects.live().filter(person=person, organisation=organisation).first()
    return Booking.objects.create(
        partnership=actor.partnership,
        session=session,
        person=person,
        organisation=organisation,
        job_role=membership.job_role if membership else "",
        state=BookingState.CONFIRMED,
        booked_by=actor.person,
        booked_at=now,
        confirmed_at=now,
        policy_version=version_in_force(actor.partnership, session.starts_at),
        told=arrangements_of(session),
    )


def _mark(
    actor: Actor, session: Session, date: SessionDate, booking: Booking, now: datetime, is_present: bool
) -> None:
    """Present today, if that is known already, and absent on the dates before on which nobody marked them."""
    for one in session.dates.all():
        if one.starts_at < date.starts_at and not one.attendances.filter(booking=booking).exists():
            write_marks(actor, one, {booking.pk: Presence(Mark.ABSENT)}, at=now)
    if is_present:
        write_marks(actor, date, {booking.pk: Presence(Mark.PRESENT)}, at=now)
    settle(actor, session, [booking])
