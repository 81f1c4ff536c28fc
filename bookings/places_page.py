"""How the places of one session are used, who is next, and what can be done about it: for the team's page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bookings.attention import with_taken
from bookings.models import Booking, Quota
from bookings.states import EXPECTED, IN_LINE, LIVE, BookingState
from courses.models import Session
from courses.plans import class_size_cap
from partnership_portal.working_days import uk_date
from partnerships.models import Partnership


@dataclass(frozen=True)
class Places:
    """The places of a session at a moment."""

    session: Session
    confirmed: list[Booking]
    offers: list[Booking]
    queue: list[Booking]
    not_answered: list[Booking]
    ran_out: list[Booking]
    quotas: list[Any]
    held: int
    cap: int | None
    may_exceed: bool

    @property
    def free(self) -> int:
        """Places that nobody holds."""
        return self.session.places_left

    @property
    def held_free(self) -> int:
        """Of the free places, those that are kept for a sector or an organisation."""
        return min(self.held, self.free)


def places_of(partnership: Partnership, session: Session, now: datetime) -> Places:
    """Everything about the places of a session (two queries, and the policy at its start)."""
    bookings = list(
        Booking.objects.filter(
            partnership=partnership, session=session, state__in=(*LIVE, BookingState.LAPSED)
        )
        .select_related("person", "organisation__sector", "approval")
        .order_by("booked_at", "pk")
    )
    for booking in bookings:
        # The end of an offer is its session's to say.
        booking.session = session
    quotas = list(
        with_taken(Quota.objects.filter(partnership=partnership, session=session)).select_related(
            "sector", "organisation"
        )
    )
    today = uk_date(now)
    for quota in quotas:
        quota.holds = today < quota.releases_on
        quota.open = max(quota.places - quota.taken, 0)
    confirmed = [one for one in bookings if one.state in EXPECTED]
    live = {one.person_id for one in bookings if one.state in LIVE}
    policy = partnership.policy(session.starts_at)
    return Places(
        session=session,
        confirmed=confirmed,
        offers=sorted(
            (one for one in bookings if one.state == BookingState.OFFERED),
            key=lambda one: (one.offered_until, one.pk),
        ),
        queue=[one for one in bookings if one.state in IN_LINE],
        not_answered=[one for one in confirmed if one.awaits_answer(now)],
        ran_out=[one for one in bookings if one.state == BookingState.LAPSED and one.person_id not in live],
        quotas=quotas,
        held=sum(quota.open for quota in quotas if quota.holds),
        cap=class_size_cap(policy, lecture_style=session.lecture_style),
        may_exceed=policy.booking.lecture_style_exempt.value,
    )
