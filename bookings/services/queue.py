"""The one queue of a session: whoever booked first is first, whether they wait for a place or for an approval.

Every place that comes free, however it does, is given out by ``allocate``.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial

from django.db.models import Count, Exists, F, OuterRef, Q

from bookings.arrangements import arrangements_of, told_of
from bookings.fair_mix import InLine, Share, next_in
from bookings.messages import tell_confirmed, tell_lapsed, tell_offer_shortened, tell_offered
from bookings.models import Booking, Quota
from bookings.querysets import BookingQuerySet
from bookings.services.ending import end_booking
from bookings.services.locks import locked_session
from bookings.states import HOLDS_PLACE, IN_LINE, BookingState
from courses.models import Session
from partnership_portal.working_days import add_working_hours, uk_date, working_days_between
from partnerships import audit
from partnerships.actors import system
from partnerships.jobs import one_by_one
from partnerships.models import Organisation, Partnership, Person
from partnerships.policy import BookingPolicy
from partnerships.tenancy import acting_in

JOB = "offer places"


def allocate(session: Session, now: datetime, *, present: Collection[int] = ()) -> list[Booking]:
    """Give every free place of the session to the queue, in its order; gives the bookings that got one.

    For services that hold the session's lock; keeps its ``places_taken`` true and may be repeated. Who waits gets an
    offer, or the place itself if they are ``present``: have asked or been approved this moment. Who still waits for an
    approval gets nothing yet, but nobody behind them gets the place that would be theirs. Nothing is given out once
    booking has closed. Whoever waits and has an open offer elsewhere is passed over and keeps their place in the
    queue. Locks the people who wait, in the order of their keys, so that no other session offers them a place
    meanwhile.
    """
    if not _open(session, now) or session.is_full:
        return []
    lock_people(session)
    queue = {one.pk: one for one in _queue(session, present)}
    got = []
    for one in _chosen(session, list(queue.values()), now):
        booking = queue[one.key]
        if booking.state == BookingState.WAITING:
            booking.partnership, booking.session = session.partnership, session
            _give(booking, now, at_once=booking.pk in present)
            got.append(booking)
    session.places_taken += len(got)
    return got


def lock_people(*sessions: Session, also: Collection[int] = ()) -> None:
    """Keep other sessions from offering a place to the people who wait for these, in the order of their keys.

    For services that hold the sessions' locks; whoever gives out places several times, of two sessions or to people
    who come to wait in between (``also``), takes it for all at once, so that nobody waits in a circle.
    """
    waiting = Booking.objects.filter(session__in=sessions, state=BookingState.WAITING)
    people = Person.objects.filter(pk__in=waiting.values("person"))
    if also:
        people = Person.objects.filter(pk__in={*waiting.values_list("person", flat=True), *also})
    people = people.order_by("pk")
    list(people.select_for_update(no_key=True).values_list("pk", flat=True))


def settle(session: Session, now: datetime) -> list[InLine]:
    """End the offers that ran out, give the free places to the queue, and say who stands in line after that.

    For services that hold the session's lock and are about to count places. One query where nobody has an offer or
    waits for anything, as in most sessions.
    """
    unsettled = Booking.objects.filter(partnership=session.partnership_id, session=session)
    if not unsettled.filter(state__in=(*IN_LINE, BookingState.OFFERED)).exists():
        return []
    lapse_offers_of(session, now)
    allocate(session, now)
    return line_of(session)


def line_of(session: Session) -> list[InLine]:
    """Who stands in line for a place of the session, the first first."""
    return [_in_line(one) for one in _queue(session)]


def would_get_place(session: Session, organisation: Organisation, line: list[InLine], now: datetime) -> bool:
    """Tell whether somebody of this organisation, last in line, gets a place at once; a look, no promise."""
    return bool(would_get_places(session, [organisation], line, now))


def would_get_places(
    session: Session, organisations: Iterable[Organisation], line: list[InLine], now: datetime
) -> set[int]:
    """Of these organisations those for which one person, last in line, gets a place at once; a look, no promise."""
    if session.is_full:
        return set()
    if not _open(session, now):
        return {one.pk for one in organisations}
    shares = _shares(session, now)

    def gets_one(newcomer: InLine) -> bool:
        # Each look counts on in shares of its own.
        return newcomer in next_in([*line, newcomer], [replace(one) for one in shares], session.places_left)

    return {one.pk for one in organisations if gets_one(InLine(0, one.pk, one.sector_id))}


def position_in_queue(booking: Booking) -> int:
    """The booking's place in the queue of its session, from 1."""
    line = Booking.objects.filter(partnership=booking.partnership_id, session=booking.session_id).in_line()
    earlier = Q(booked_at__lt=booking.booked_at) | Q(booked_at=booking.booked_at, pk__lt=booking.pk)
    return line.filter(earlier).count() + 1


def offer_hold(policy: BookingPolicy, session: Session, now: datetime) -> datetime:
    """Until when a place that is offered now is held: some working hours, fewer as the session nears, and never
    beyond the moment when booking closes."""
    near = working_days_between(uk_date(now), uk_date(session.starts_at))
    short = near <= policy.offer_short_within_working_days.value
    hours = policy.offer_short_working_hours.value if short else policy.offer_working_hours.value
    return min(add_working_hours(now, hours), session.booking_closes_at)


def offer_places(partnership: Partnership, now: datetime) -> None:
    """Job: find sessions with free places and a queue, such as those whose capacity was raised."""
    with acting_in(partnership):
        queue = Booking.objects.filter(session=OuterRef("pk"), state=BookingState.WAITING)
        sessions = list(
            Session.objects.filter(
                Exists(queue),
                partnership=partnership,
                status=Session.Status.PUBLISHED,
                booking_closes_at__gt=now,
                places_taken__lt=F("capacity"),
            )
        )
    one_by_one(partnership, (partial(_allocate, partnership, session, now) for session in sessions))


def lapse_overdue(partnership: Partnership, now: datetime) -> None:
    """Job: end offers that ran out, offering the place to the next, and queues whose booking has closed.

    An offer that was made before the deadline moved earlier is held until the new one, and its person told so.
    """
    with acting_in(partnership):
        late = _overdue(partnership, now) | _too_long(partnership)
        sessions = list(Session.objects.filter(Exists(late.filter(session=OuterRef("pk")))))
    one_by_one(partnership, (partial(_lapse, partnership, session, now) for session in sessions))


def lapse_offers_of(session: Session, now: datetime) -> None:
    """End the session's offers that ran out; for services that hold its lock and are about to count places."""
    overdue = _overdue(session.partnership, now).filter(session=session).select_related("person", "booked_by")
    for booking in overdue:
        booking.partnership, booking.session = session.partnership, session
        before, had_place = booking.state, booking.holds_place
        if booking.state == BookingState.OFFERED:
            _hold_until_closing(booking)
        end_booking(booking, BookingState.LAPSED, by=None, reason="", now=now)
        actor = system(session.partnership, JOB)
        audit.record(
            actor, "bookings.lapse", booking, before={"state": before}, after={"state": booking.state}
        )
        tell_lapsed(booking, before=before)
        session.places_taken -= had_place


def _allocate(partnership: Partnership, session: Session, now: datetime) -> None:
    allocate(locked_session(system(partnership, JOB), session), now)


def _lapse(partnership: Partnership, session: Session, now: datetime) -> None:
    session = locked_session(system(partnership, JOB), session)
    lapse_offers_of(session, now)
    for booking in _too_long(partnership).filter(session=session).select_related("person", "booked_by"):
        booking.partnership, booking.session = partnership, session
        _hold_until_closing(booking)
        tell_offer_shortened(booking)
    allocate(session, now)


def _hold_until_closing(booking: Booking) -> None:
    """Let an offer run out when booking closes, if that is sooner."""
    before, until = booking.offer_expires_at, booking.offered_until
    if before is None or until is None or before == until:
        return
    booking.offer_expires_at = until
    booking.save(update_fields=["offer_expires_at"])
    audit.record(
        system(booking.partnership, JOB),
        "bookings.shorten_offer",
        booking,
        before={"until": before.isoformat()},
        after={"until": until.isoformat()},
    )


def _too_long(partnership: Partnership) -> BookingQuerySet:
    """Offers that would outlast the deadline, which has moved earlier since they were made."""
    return Booking.objects.filter(
        partnership=partnership,
        state=BookingState.OFFERED,
        session__status=Session.Status.PUBLISHED,
        offer_expires_at__gt=F("session__booking_closes_at"),
    )


def _overdue(partnership: Partnership, now: datetime) -> BookingQuerySet:
    ran_out = Q(state=BookingState.OFFERED, offer_expires_at__lte=now)
    closed = Q(
        state__in=(*IN_LINE, BookingState.OFFERED),
        session__booking_closes_at__lte=now,
        session__status=Session.Status.PUBLISHED,
    )
    return Booking.objects.filter(ran_out | closed, partnership=partnership)


def _open(session: Session, now: datetime) -> bool:
    return session.status == Session.Status.PUBLISHED and session.booking_closes_at > now


def _queue(session: Session, present: Collection[int] = ()) -> BookingQuerySet:
    """Who stands in line, without those who wait and could not be offered a place, since they have an offer elsewhere.

    Whoever asks for an approval stays: that gives them the place itself, so it is kept for them.
    """
    elsewhere = Booking.objects.filter(
        partnership=session.partnership_id, person=OuterRef("person"), state=BookingState.OFFERED
    )
    can_get_one = Q(state=BookingState.REQUESTED) | ~Exists(elsewhere) | Q(pk__in=present)
    bookings = Booking.objects.filter(can_get_one, partnership=session.partnership_id, session=session)
    return bookings.in_line().select_related("person", "organisation", "booked_by")


def _in_line(booking: Booking) -> InLine:
    return InLine(booking.pk, booking.organisation_id, booking.organisation.sector_id)


def _chosen(session: Session, queue: list[Booking], now: datetime) -> list[InLine]:
    line = [_in_line(one) for one in queue]
    return next_in(line, _shares(session, now), session.places_left) if line else []


def _shares(session: Session, now: datetime) -> list[Share]:
    quotas = list(Quota.objects.filter(partnership=session.partnership_id, session=session))
    if not quotas:
        return []
    held = (
        Booking.objects.filter(partnership=session.partnership_id, session=session, state__in=HOLDS_PLACE)
        .order_by()
        .values_list("organisation_id", "organisation__sector_id")
        .annotate(number=Count("pk"))
    )
    shares = [
        Share(
            places=quota.places,
            taken=0,
            holds=uk_date(now) < quota.releases_on,
            sector=quota.sector_id,
            organisation=quota.organisation_id,
        )
        for quota in quotas
    ]
    for organisation, sector, number in held:
        for share in shares:
            if share.suits(InLine(0, organisation, sector)):
                share.taken += number
    return shares


def _give(booking: Booking, now: datetime, *, at_once: bool) -> None:
    if at_once:
        confirm(booking, now)
        return
    policy = booking.partnership.policy(booking.session.starts_at).booking
    booking.state, booking.offered_at = BookingState.OFFERED, now
    booking.offer_expires_at = offer_hold(policy, booking.session, now)
    # The offer names the dates as they are.
    booking.told = told_of(arrangements_of(booking.session), has_place=False)
    booking.save(update_fields=["state", "offered_at", "offer_expires_at", "told"])
    audit.record(
        system(booking.partnership, JOB),
        "bookings.offer_place",
        booking,
        before={"state": BookingState.WAITING},
        after={"state": booking.state, "until": booking.offer_expires_at.isoformat()},
    )
    tell_offered(booking)


def confirm(booking: Booking, now: datetime) -> None:
    """Make the place theirs and say so; for services that hold the session's lock and write the audit."""
    booking.state, booking.confirmed_at = BookingState.CONFIRMED, now
    booking.told = arrangements_of(booking.session)
    booking.save(update_fields=["state", "confirmed_at", "told"])
    tell_confirmed(booking, now=now)
