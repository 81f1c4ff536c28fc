"""Questions about charges that join or add up."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Count, Max, Q, Sum

from bookings.charges.querysets import ChargeQuerySet
from bookings.models import Batch, Booking, Charge, WalkIn
from bookings.models.booking import TO_CHARGE
from bookings.services.charges import kind_owed
from bookings.states import BookingState
from courses.models import Session
from courses.prices import booking_prices, single_agency_price
from partnership_portal.working_days import add_months, uk_date, uk_moment
from partnerships.actors import Actor
from partnerships.models import Organisation, Partnership, Person
from partnerships.policy import ChargeKind, ChargingPolicy, Policy

MOST_UNDECIDED = 2000
_UNSETTLED = "Which organisation this walk-in belongs to has not been settled yet."


@dataclass(frozen=True)
class Undecided:
    """Something that may have to be charged, and what is missing to tell how much."""

    organisation: Organisation
    session: Session
    kind: ChargeKind
    what: str
    why: str
    booking: Booking | None = None
    walk_in: WalkIn | None = None


def total_pence(charges: ChargeQuerySet) -> int:
    """What the charges come to, without those that were waived or withdrawn."""
    return charges.owed().order_by().aggregate(total=Sum("pence"))["total"] or 0


def with_names(charges: ChargeQuerySet) -> ChargeQuerySet:
    """With what a list shows of each."""
    return charges.select_related("organisation", "session__course", "booking__person", "batch").defer(
        "session__course__search", "batch__lines"
    )


def months_to_close(partnership: Partnership, today: date) -> list[date]:
    """The months that are over, have no batch yet and in which something open was raised, newest first."""
    first = today.replace(day=1)
    raised = Charge.objects.filter(partnership=partnership, state=Charge.State.OPEN, raised_on__lt=first)
    oldest = raised.order_by("raised_on").values_list("raised_on", flat=True).first()
    if oldest is None:
        return []
    months, month = [], add_months(first, -1)
    while month >= oldest.replace(day=1):
        months.append(month)
        month = add_months(month, -1)
    batches = Batch.objects.filter(partnership=partnership, month__in=months)
    closed = set(batches.values_list("month", flat=True))
    return [month for month in months if month not in closed]


def undecided(actor: Actor) -> list[Undecided]:
    """What was settled and can't be charged until somebody says what it costs or how the organisation is charged."""
    policy_at = actor.partnership.policy
    found = [_of_booking(one, policy_at(one.session.starts_at)) for one in _waiting_bookings(actor)]
    found += [_of_session(one, policy_at(one.starts_at)) for one in _waiting_sessions(actor)]
    return [one for one in found if one is not None]


def repeat_non_attenders(partnership: Partnership, policy: ChargingPolicy, now: datetime) -> Any:
    """The people who did not attend as often as the policy says within its months.

    For somebody to look at: nothing in the portal keeps anybody from booking because of it.
    """
    start = _looked_back_to(policy, now)
    missed = Q(
        bookings__state=BookingState.DID_NOT_ATTEND,
        bookings__session__ends_at__gte=start,
        bookings__session__ends_at__lte=now,
    )
    return (
        Person.objects.filter(missed, partnership=partnership)
        .annotate(missed=Count("bookings", distinct=True), last=Max("bookings__session__starts_at"))
        .filter(missed__gte=policy.repeat_non_attendances.value)
    )


def missed_bookings(people: list[Person], policy: ChargingPolicy, now: datetime) -> dict[int, list[Booking]]:
    """What each of these people did not attend, newest first (one query)."""
    start = _looked_back_to(policy, now)
    bookings = (
        Booking.objects.filter(
            person__in=people,
            state=BookingState.DID_NOT_ATTEND,
            session__ends_at__gte=start,
            session__ends_at__lte=now,
        )
        .select_related("session__course", "organisation")
        .defer("session__course__search")
        .order_by("-session__starts_at")
    )
    found: dict[int, list[Booking]] = {}
    for booking in bookings:
        found.setdefault(booking.person_id, []).append(booking)
    return found


def _looked_back_to(policy: ChargingPolicy, now: datetime) -> datetime:
    return uk_moment(add_months(uk_date(now), -policy.repeat_within_months.value), time.min)


def _waiting_bookings(actor: Actor) -> Any:
    # Found first, in the order of their small index: joined at once, every session would be walked through for them.
    waiting = Booking.objects.filter(TO_CHARGE, partnership=actor.partnership).order_by("session_id")
    return (
        Booking.objects.filter(pk__in=waiting.values("pk")[:MOST_UNDECIDED])
        .select_related("organisation", "person", "session__course", "walk_in")
        .defer("session__course__search")
        .order_by("session__starts_at", "pk")
    )


def _waiting_sessions(actor: Actor) -> Any:
    charged = Charge.objects.decided().filter(kind=ChargeKind.SINGLE_AGENCY_USE).values("session")
    return (
        Session.objects.filter(
            partnership=actor.partnership,
            single_agency_for__isnull=False,
            opened_to_others=False,
            status=Session.Status.PUBLISHED,
            cost_pence__isnull=True,
        )
        # Whose cost was taken out after it was charged needs another.
        .filter(~Q(pk__in=charged) | Q(price_basis__is_whole=False))
        .select_related("course", "single_agency_for")
        .defer("course__search")
        .order_by("starts_at", "pk")[:MOST_UNDECIDED]
    )


def _of_booking(booking: Booking, policy: Policy) -> Undecided | None:
    kind = kind_owed(booking)
    if kind is None:
        return None
    price = booking_prices(booking.session, policy, booking.organisation)[kind]
    walk_in = getattr(booking, "walk_in", None)
    unsettled = walk_in if walk_in is not None and walk_in.is_unsettled else None
    why = _UNSETTLED if unsettled else price.why_unknown
    if not why:
        return None
    what = f"{Charge.Kind(kind).label} of {booking.person.name}"
    return Undecided(booking.organisation, booking.session, kind, what, why, booking, unsettled)


def _of_session(session: Session, policy: Policy) -> Undecided | None:
    organisation = session.single_agency_for
    if organisation is None:
        return None
    price = single_agency_price(session, policy, organisation)
    if price.pence is not None:
        return None
    return Undecided(
        organisation, session, ChargeKind.SINGLE_AGENCY_USE, "Single-agency use", price.why_unknown
    )
