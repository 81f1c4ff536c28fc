"""Charges: worked out from what became of a booking, and taken back where the register is corrected."""

from collections import defaultdict
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from bookings.models import Booking, Charge, PriceBasis, WalkIn
from bookings.models.booking import CHARGE_ANEW, LATE, SETTLED, TO_CHARGE
from bookings.services.locks import locked_session
from bookings.states import BookingState
from courses.models import Session
from courses.prices import booking_prices, single_agency_price
from partnership_portal.working_days import uk_date
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.charging import Price
from partnerships.jobs import one_by_one
from partnerships.models import Organisation, Partnership, PolicyVersion
from partnerships.permissions import Permission, require
from partnerships.policy import ChargeKind
from partnerships.services.policies import policy_of, version_in_force
from partnerships.tenancy import acting_in

State = Charge.State
CORRECTED = "The register was corrected."
ANOTHERS = "The booking was another organisation’s."
BOOKED_AGAIN = "The person booked this session again."
CALLED_OFF = "The partnership cancelled the session."
NOT_ITS_OWN = "The session is not single-agency use any more."
REPRICED = "What the session costs, or whose own it is, has changed."
# What each outcome of a booking is charged as; a cancellation only where it was late.
CHARGED_FOR = {
    BookingState.ATTENDED: ChargeKind.PLACE,
    BookingState.PARTLY_ATTENDED: ChargeKind.PLACE,
    BookingState.DID_NOT_ATTEND: ChargeKind.NON_ATTENDANCE,
    BookingState.CANCELLED: ChargeKind.LATE_CANCELLATION,
}


def raise_charges(partnership: Partnership, now: datetime) -> None:
    """Job: work out the charges of whatever was settled, cancelled late or corrected since it last ran."""
    with acting_in(partnership):
        sessions = list(_sessions_to_charge(partnership, now))
    actor = system(partnership, "raise charges")
    one_by_one(partnership, (partial(charge_session, actor=actor, session=one, now=now) for one in sessions))


def charge_session(*, actor: Actor, session: Session, now: datetime) -> list[Charge]:
    """Work out what the bookings of a session, or the session itself, are charged; gives the new charges.

    By the policy in force at the session. Locks the session; may be repeated. A booking whose price can't be told
    yet stays to be charged (``bookings.charges.queries.undecided``). Where the team has changed what the session costs
    or whose own it is, what was charged at another price is taken back and charged anew. Where it has cancelled the
    session, who had given a place up late is charged no more.
    """
    require(actor, Permission.MANAGE_CHARGES)
    with transaction.atomic():
        session = locked_session(actor, session)
        version = version_in_force(actor.partnership, session.starts_at)
        basis = PriceBasis.objects.filter(partnership=actor.partnership, session=session).first()
        anew = basis is not None and any(getattr(basis, n) != getattr(session, n) for n in PriceBasis.FACTS)
        if anew:
            worked_out = Booking.objects.filter(partnership=actor.partnership, session=session)
            worked_out.exclude(charged_as="").update(charged_as=CHARGE_ANEW)
        made = _charge_bookings(actor, session, version, now)
        made += _charge_session_itself(actor, session, version, now, anew=anew)
        _keep_basis(basis, session, version, now)
        return made


def kind_owed(booking: Booking) -> ChargeKind | None:
    """What a booking may be charged for, as things stand: nothing, where the partnership has cancelled the session.

    A session that was merged into another was held, elsewhere or on another day.
    """
    if _was_called_off(booking.session):
        return None
    if booking.state == BookingState.CANCELLED and not booking.was_late_cancellation:
        return None
    return CHARGED_FOR.get(BookingState(booking.state))


def _was_called_off(session: Session) -> bool:
    return session.status == Session.Status.CANCELLED and session.merged_into_id is None


def take_back(
    *, actor: Actor, charge: Charge, reason: str, now: datetime, waived_too: bool = False
) -> Charge | None:
    """Withdraw a charge, or credit one that finance has; gives the credit note, if there is one.

    For services that hold the lock on the charge or its session. A waived charge stays waived unless told otherwise:
    nothing is owed, and should the register change once more, nobody has to waive it again. The same goes for what a
    person has credited.
    """
    require(actor, Permission.MANAGE_CHARGES)
    before = charge.state
    known = {State.OPEN, State.BATCHED, State.WAIVED} if waived_too else {State.OPEN, State.BATCHED}
    if before not in known or charge.is_credit_note:
        return None
    after = {"reason": reason} if actor.person is None else {}
    charge.state = State.CREDITED if before == State.BATCHED else State.WITHDRAWN
    charge.reason, charge.decided_by, charge.decided_at = reason, actor.person, now
    charge.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    note = _credit_note(actor, charge, reason, now) if charge.state == State.CREDITED else None
    audit.record(
        actor,
        "bookings.take_back_charge",
        charge,
        before={"state": before},
        # What somebody has written may name people, and the trail can't forget.
        after={**after, "state": charge.state, "credit_note": note.pk if note else None},
    )
    return note


def _sessions_to_charge(partnership: Partnership, now: datetime) -> list[Session]:
    charged = Charge.objects.decided().filter(
        session=OuterRef("pk"), kind=ChargeKind.SINGLE_AGENCY_USE, organisation=OuterRef("single_agency_for")
    )
    own = Q(single_agency_for__isnull=False, opened_to_others=False)
    own_and_over = own & Q(status=Session.Status.PUBLISHED, ends_at__lte=now)
    # Free of charge it makes none, and yet was worked out.
    worked_out = PriceBasis.objects.filter(session=OuterRef("pk"), is_whole=True)
    bases = PriceBasis.objects.filter(partnership=partnership)
    bookings = Booking.objects.filter(TO_CHARGE, partnership=partnership)
    keys = set(bookings.order_by().values_list("session", flat=True).distinct())
    sessions = Session.objects.filter(partnership=partnership)
    keys |= set(
        sessions.filter(own_and_over & ~Exists(charged) & ~Exists(worked_out)).values_list("pk", flat=True)
    )
    keys |= set(
        Charge.objects.standing()
        .filter(partnership=partnership, kind=ChargeKind.SINGLE_AGENCY_USE)
        .exclude(session__in=sessions.filter(own_and_over))
        .values_list("session", flat=True)
    )
    keys |= set(bases.outdated().values_list("session", flat=True))
    return list(sessions.filter(pk__in=keys).order_by("starts_at", "pk"))


def _charge_bookings(actor: Actor, session: Session, version: PolicyVersion, now: datetime) -> list[Charge]:
    bookings, last = _bookings_to_charge(actor, session)
    held: dict[int, list[Charge]] = defaultdict(list)
    standing = Charge.objects.decided().filter(partnership=actor.partnership, booking__in=bookings)
    for charge in standing.select_for_update().order_by("pk"):
        held[charge.booking_id or 0].append(charge)
    policy, made, done = policy_of(version), [], []
    for booking in bookings:
        booking.session = session
        was_booked_again = last.get(booking.person_id, booking.pk) != booking.pk
        kind = None if was_booked_again else kind_owed(booking)
        of_others = [one for one in held[booking.pk] if one.organisation_id != booking.organisation_id]
        its_own = [one for one in held[booking.pk] if one.organisation_id == booking.organisation_id]
        for charge in of_others:
            take_back(actor=actor, charge=charge, reason=ANOTHERS, now=now, waived_too=True)
        for charge in its_own:
            if charge.kind != kind:
                reason = _reason_against(session, was_booked_again=was_booked_again)
                take_back(actor=actor, charge=charge, reason=reason, now=now)
        its_own = [one for one in its_own if one.kind == kind]
        anew = booking.charged_as == CHARGE_ANEW
        if kind is not None and (anew or not its_own):
            price = booking_prices(session, policy, booking.organisation)[kind]
            if price.pence is None:
                continue
            if anew:
                its_own = _still_right(actor, its_own, price, now)
            if price.pence and not its_own:
                made.append(
                    _raise(actor, session, booking.organisation, price, version, now, booking=booking)
                )
        booking.charged_as = booking.state
        done.append(booking)
    Booking.objects.bulk_update(done, ["charged_as"])
    return made


def _reason_against(session: Session, *, was_booked_again: bool) -> str:
    if _was_called_off(session):
        return CALLED_OFF
    return BOOKED_AGAIN if was_booked_again else CORRECTED


def _still_right(actor: Actor, charges: list[Charge], price: Price, now: datetime) -> list[Charge]:
    """Take back those at another price; the others stay, and so does what a person has waived or credited."""
    kept = [one for one in charges if one.decided_by_id is not None or one.pence == price.pence]
    for charge in charges:
        if charge not in kept:
            take_back(actor=actor, charge=charge, reason=REPRICED, now=now)
    return kept


def _bookings_to_charge(actor: Actor, session: Session) -> tuple[list[Booking], dict[int, int]]:
    """The bookings to work out, and of each person the booking that was settled last.

    Only that one is charged for: whoever cancels late and then comes all the same has taken up one place. So earlier
    bookings of the same people are looked at once more. What is said to be another organisation's at the door waits
    until the team has settled whose it is.
    """
    of_session = Booking.objects.filter(partnership=actor.partnership, session=session)
    to_charge = of_session.filter(TO_CHARGE)
    people = set(to_charge.order_by().values_list("person", flat=True))
    settled = of_session.filter(SETTLED, person__in=people).order_by("pk")
    last = dict(settled.values_list("person", "pk"))
    unsettled = WalkIn.objects.unsettled().filter(partnership=actor.partnership, booking__session=session)
    bookings = (
        of_session.filter(TO_CHARGE | LATE, person__in=people)
        .exclude(pk__in=unsettled.values("booking"))
        .select_related("organisation")
        .order_by("pk")
    )
    return list(bookings), last


def _charge_session_itself(
    actor: Actor, session: Session, version: PolicyVersion, now: datetime, *, anew: bool
) -> list[Charge]:
    held = list(
        Charge.objects.decided()
        .filter(partnership=actor.partnership, session=session, kind=ChargeKind.SINGLE_AGENCY_USE)
        .select_for_update()
    )
    owed = session.is_single_agency and session.status == Session.Status.PUBLISHED and session.ends_at <= now
    for charge in held:
        is_anothers = charge.organisation_id != session.single_agency_for_id
        if not owed or is_anothers:
            take_back(actor=actor, charge=charge, reason=NOT_ITS_OWN, now=now, waived_too=is_anothers)
    organisation = session.single_agency_for
    if not owed or organisation is None:
        return []
    its_own = [one for one in held if one.organisation_id == organisation.pk]
    if its_own and not anew:
        return []
    price = single_agency_price(session, policy_of(version), organisation)
    if price.pence is not None and anew:
        its_own = _still_right(actor, its_own, price, now)
    if not price.pence or its_own:
        return []
    return [_raise(actor, session, organisation, price, version, now)]


def _keep_basis(basis: PriceBasis | None, session: Session, version: PolicyVersion, now: datetime) -> None:
    """Note what the charges were worked out from, and whether that of the session itself was among them."""
    facts = {name: getattr(session, name) for name in PriceBasis.FACTS}
    organisation = session.single_agency_for if session.is_single_agency else None
    price = single_agency_price(session, policy_of(version), organisation) if organisation else None
    facts["is_whole"] = price is None or (price.pence is not None and session.ends_at <= now)
    if basis is None or any(getattr(basis, name) != value for name, value in facts.items()):
        PriceBasis.objects.update_or_create(partnership=session.partnership, session=session, defaults=facts)


def _raise(
    actor: Actor,
    session: Session,
    organisation: Organisation,
    price: Price,
    version: PolicyVersion,
    now: datetime,
    booking: Booking | None = None,
) -> Charge:
    given = booking.purchase_order if booking else ""
    charge = Charge.objects.create(
        partnership=actor.partnership,
        organisation=organisation,
        session=session,
        booking=booking,
        kind=price.kind.value,
        pence=price.pence or 0,
        words=price.words,
        source=price.source,
        policy_version=version,
        purchase_order=given or organisation.purchase_order,
        raised_on=uk_date(now),
    )
    audit.record(
        actor,
        "bookings.raise_charge",
        charge,
        after={
            "organisation": organisation.pk,
            "session": session.pk,
            "booking": booking.pk if booking else None,
            "kind": charge.kind,
            "pence": charge.pence,
        },
    )
    return charge


def _credit_note(actor: Actor, charge: Charge, reason: str, now: datetime) -> Charge:
    return Charge.objects.create(
        partnership=actor.partnership,
        organisation_id=charge.organisation_id,
        session_id=charge.session_id,
        booking_id=charge.booking_id,
        kind=charge.kind,
        pence=-charge.pence,
        words=charge.words,
        source=charge.source,
        policy_version_id=charge.policy_version_id,
        purchase_order=charge.purchase_order,
        raised_on=uk_date(now),
        credits=charge,
        reason=reason,
        decided_by=actor.person,
        decided_at=now,
    )
