"""Questions about bookings that join or add up."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from bookings.models import AccessNeeds, Approval, Attendance, Booking, GroupBooking
from bookings.querysets import BookingQuerySet
from bookings.register_hours import opens_at
from bookings.states import ENDED, EXPECTED, IN_LINE, LIVE, UPCOMING, BookingState
from courses.models import Session, SessionDate
from partnerships.actors import Actor
from partnerships.models import Membership, Organisation
from partnerships.permissions import Permission

_REGISTERS_WANTED = timedelta(days=92)


def own_bookings(actor: Actor, now: datetime) -> dict[str, Any]:
    """The actor's bookings, with a place, waiting (each with its position) and past, in one query."""
    bookings = list(
        with_position(Booking.objects.of(actor))
        .select_related("session__course", "session__venue", "organisation")
        .order_by("session__starts_at", "pk")
    )
    coming = [one for one in bookings if one.state in UPCOMING and one.session.ends_at > now]
    return {
        "coming": [one for one in coming if one.holds_place],
        "waiting": [one for one in coming if not one.holds_place],
        "past": [one for one in reversed(bookings) if one not in coming],
    }


def to_answer(actor: Actor, now: datetime) -> BookingQuerySet:
    """The actor's bookings that wait for their word: an offer, or “still coming?”; what runs out first is first.

    Whoever may book nothing takes no offer either.
    """
    offered = Q(state=BookingState.OFFERED, end_of_offer__gt=now)
    asked = Q(
        state=BookingState.CONFIRMED,
        coming_asked_at__isnull=False,
        coming_confirmed_at__isnull=True,
        session__starts_at__gt=now,
    )
    waiting = offered | asked if actor.may(Permission.BOOK_PLACE) else asked
    own = Booking.objects.of(actor).with_end_of_offer().filter(waiting)
    return (
        own.select_related("session__course")
        .defer("session__course__search")
        .order_by(F("end_of_offer").asc(nulls_last=True), "session__starts_at", "pk")
    )


def approvals_waiting(actor: Actor) -> int:
    """How many requests are the actor's to decide; asks nothing where somebody can't have any."""
    if not (actor.led_organisation_ids or actor.may(Permission.SEE_TEAM) or actor.is_team):
        return 0
    return Approval.objects.waiting_for(actor).count()


def coming_by_session(actor: Actor, now: datetime) -> dict[int, Booking]:
    """The actor's places and waiting places at sessions that are not over, by session (one query)."""
    coming = Booking.objects.of(actor).filter(state__in=UPCOMING, session__ends_at__gt=now)
    return {booking.session_id: booking for booking in coming.only("session_id", "state").order_by()}


def coming_of(actor: Actor, membership: Membership, now: datetime) -> BookingQuerySet:
    """Somebody's places and waiting places ahead for one of their organisations, soonest first (one query)."""
    return (
        Booking.objects.visible_to(actor)
        .filter(
            person=membership.person_id,
            organisation=membership.organisation_id,
            state__in=UPCOMING,
            session__ends_at__gt=now,
        )
        .select_related("session__course")
        .order_by("session__starts_at", "pk")
    )


def with_position(bookings: BookingQuerySet) -> BookingQuerySet:
    """Annotate each with ``position``, its place in the queue of its session from 1."""
    ahead = (
        Booking.objects.filter(
            partnership=OuterRef("partnership"), session=OuterRef("session"), state__in=IN_LINE
        )
        .filter(
            Q(booked_at__lt=OuterRef("booked_at")) | Q(booked_at=OuterRef("booked_at"), pk__lt=OuterRef("pk"))
        )
        .order_by()
        .values("session")
        .annotate(number=Count("*"))
        .values("number")
    )
    return bookings.annotate(position=Coalesce(Subquery(ahead), 0) + 1)


def listed(keys: Sequence[int]) -> list[Booking]:
    """These bookings in this order, with what a list shows of each and no more (one query)."""
    found = (
        Booking.objects.select_related("person", "organisation", "session__course", "approval")
        .only(
            "state",
            "booked_at",
            "was_late_cancellation",
            "person__name",
            "organisation__name",
            "session__starts_at",
            "session__course__title",
            "approval__rule",
        )
        .in_bulk(list(keys))
    )
    return [found[key] for key in keys]


def people_on(session: Session) -> BookingQuerySet:
    """Who holds a place, by name, with their access needs: for the team and the session's trainers alone."""
    return _of(session).holding_a_place().select_related("access_needs").order_by("person__name_key", "pk")


def food_for(people: Iterable[Booking]) -> dict[str, Any]:
    """What the caterer is told of these people: numbers, and what else was said, without names."""
    needs = [one.access_needs for one in people if hasattr(one, "access_needs")]
    numbers = Counter(code for one in needs for code in one.diets)
    counts = [(label, numbers[code]) for code, label in AccessNeeds.Diet.choices if numbers[code]]
    return {"counts": counts, "others": sorted(one.dietary for one in needs if one.dietary)}


def queue_of(session: Session) -> BookingQuerySet:
    """Who waits, for a place or for an approval, first come first."""
    return _of(session).in_line().select_related("approval")


def ended_on(session: Session) -> BookingQuerySet:
    """Whose booking ended without a place: given back, left, declined or run out; last first."""
    ended = _of(session).filter(state__in=ENDED).select_related("ended_by")
    return ended.order_by("-ended_at", "pk")


def sessions_instead(booking: Booking, now: datetime) -> "list[Session]":
    """The coming sessions of the same course with places left, which the booking could move to; soonest first."""
    live = Booking.objects.filter(session=OuterRef("pk"), person=booking.person_id).live()
    sessions = (
        Session.objects.filter(
            ~Exists(live),
            partnership=booking.partnership_id,
            course=booking.session.course_id,
            status=Session.Status.PUBLISHED,
            course__status="published",
            booking_closes_at__gt=now,
            places_taken__lt=F("capacity"),
            single_agency_for=booking.session.single_agency_for_id,
        )
        .for_staff_of([booking.organisation_id])
        .exclude(pk=booking.session_id)
        .select_related("course", "venue")
        .order_by("starts_at", "pk")
    )
    return list(sessions)


def _of(session: Session) -> BookingQuerySet:
    bookings = Booking.objects.filter(partnership=session.partnership_id, session=session)
    return bookings.select_related("person", "organisation", "booked_by", "prerequisite")


def registers_of(session: Session, now: datetime) -> list[dict[str, Any]]:
    """Each date of a session with how many are marked, and whether its register is open."""
    return [
        {
            "date": date,
            "is_open": opens_at(date) <= now and session.status == Session.Status.PUBLISHED,
            "marked": date.marked,
            "complete": date.marked >= session.places_taken,
        }
        for date in _with_marks(
            SessionDate.objects.filter(partnership=session.partnership_id, session=session)
        )
    ]


def registers_outstanding(sessions: "QuerySet[Session]", now: datetime) -> "QuerySet[Any]":
    """The dates of these sessions that have begun and on which somebody is not marked yet, oldest first.

    Whoever is marked on every date is confirmed no more, so that few bookings have to be looked at. After three
    months nothing waits for a register any more, so nobody is asked for it.
    """
    own_mark = Attendance.objects.filter(booking=OuterRef("pk"), session_date=OuterRef(OuterRef("pk")))
    unmarked = Booking.objects.filter(
        ~Exists(own_mark),
        partnership=OuterRef("partnership"),
        session=OuterRef("session"),
        state=BookingState.CONFIRMED,
    )
    since = now - _REGISTERS_WANTED
    begun = SessionDate.objects.filter(
        session__in=sessions.filter(
            # Follows from what is asked of the date, and is what the index on sessions finds.
            status=Session.Status.PUBLISHED,
            starts_at__lte=now,
            ends_at__gt=since,
        ),
        starts_at__lte=now,
        ends_at__gt=since,
    )
    # A date that was added after all the others were marked has people on it who are confirmed no more.
    untouched = ~Exists(Attendance.objects.filter(session_date=OuterRef("pk")))
    begun = begun.filter(Exists(unmarked) | Q(untouched, session__places_taken__gt=0))
    return _with_marks(begun).select_related("session__course")


def _with_marks(dates: "QuerySet[SessionDate]") -> "QuerySet[Any]":
    holding = Q(attendances__booking__state__in=EXPECTED)
    return dates.annotate(marked=Count("attendances", filter=holding)).order_by("starts_at", "pk")


def trained_sessions(actor: Actor, now: datetime) -> dict[str, Any]:
    """The actor's sessions, coming and past, and the registers that are still to be marked (two queries)."""
    own = Session.objects.trained_by(actor).exclude(status=Session.Status.DRAFT)
    sessions = list(
        own.select_related("course", "venue")
        .annotate(
            waiting=Count("bookings", filter=Q(bookings__state__in=IN_LINE)),
            attended=Count("bookings", filter=Q(bookings__state=BookingState.ATTENDED)),
        )
        .order_by("starts_at", "pk")
    )
    return {
        "outstanding": list(registers_outstanding(own, now)),
        "coming": [session for session in sessions if session.ends_at > now],
        "past": [session for session in reversed(sessions) if session.ends_at <= now],
    }


def people_to_book(actor: Actor, session: Session, text: str, limit: int = 30) -> "list[Membership]":
    """The people whom the actor may book, by name, each with ``booked`` where they have a live booking already.

    A lead sees the organisation's people at once; the team searches among everybody or, where one organisation holds
    the session for its own staff, among these.
    """
    memberships = Membership.objects.live().filter(partnership=actor.partnership)
    if session.is_single_agency:
        memberships = memberships.filter(organisation=session.single_agency_for_id)
    if not actor.may(Permission.MANAGE_BOOKINGS):
        memberships = memberships.filter(organisation__in=actor.led_organisation_ids)
    elif not (text or session.is_single_agency):
        return []
    if text:
        memberships = memberships.filter(person__name_key__contains=text.lower())
    booked = Booking.objects.filter(session=session, person=OuterRef("person"), state__in=LIVE)
    found = memberships.select_related("person", "organisation").annotate(booked=Exists(booked))
    return list(found.order_by("person__name_key", "pk")[:limit])


def people_to_pick(
    actor: Actor,
    session: Session,
    organisation: Organisation,
    text: str,
    *,
    chosen: Collection[int] = (),
    limit: int = 200,
) -> "tuple[list[Membership], list[Membership], int]":
    """An organisation's people for a group booking: those to choose from, those booked already, how many are left off.

    Whoever is chosen is always among the first, whatever is searched for.
    """
    live = Membership.objects.live().filter(partnership=actor.partnership, organisation=organisation)
    booked = Booking.objects.filter(session=session, person=OuterRef("person"), state__in=LIVE)
    alike = Q(person__name_key__contains=text.lower()) | Q(person__in=chosen)
    found = list(
        live.filter(alike)
        .select_related("person")
        .annotate(booked=Exists(booked))
        .order_by("person__name_key", "pk")
    )
    free = [one for one in found if not one.booked]
    others = [one for one in free if one.person_id not in chosen]
    shown: list[Membership] = [*(one for one in free if one.person_id in chosen), *others[:limit]]
    return shown, [one for one in found if one.booked], max(len(others) - limit, 0)


def booked_in_group(group: GroupBooking) -> list[Booking]:
    """Who was booked with a group, by name, each with the state and position of now."""
    bookings = Booking.objects.filter(partnership=group.partnership_id, group=group)
    return list(
        with_position(bookings).select_related("person", "approval").order_by("person__name_key", "pk")
    )


def people_to_swap_in(actor: Actor, booking: Booking) -> "list[Membership]":
    """The colleagues who can come instead: who has no place on the session, and no request that somebody decides."""
    has_one = Booking.objects.filter(
        session=booking.session_id, person=OuterRef("person"), state__in=LIVE
    ).exclude(state=BookingState.WAITING)
    live = Membership.objects.live().filter(
        ~Exists(has_one), partnership=actor.partnership, organisation=booking.organisation_id
    )
    return list(live.select_related("person").order_by("person__name_key", "pk"))
