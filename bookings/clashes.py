"""Other sessions that somebody has booked for the same time: a warning, never a refusal."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from bookings.models import Booking
from bookings.states import HOLDS_PLACE, UPCOMING
from courses.models import Session, SessionDate
from partnerships.actors import Actor
from partnerships.models import Person


@dataclass(frozen=True)
class Clash:
    """One other booking at the same time, and whether whoever books may see what it is."""

    booking: Booking
    is_visible: bool

    @property
    def holds_place(self) -> bool:
        """Tell whether it is a place, and not only a turn in a queue."""
        return self.booking.state in HOLDS_PLACE


def clashes_with(actor: Actor, person: Person, session: Session) -> list[Clash]:
    """The person's other places and waiting places of which a date overlaps with one of this session's (one query)."""
    overlap = Q(pk__in=())
    for date in session.dates.all():
        overlap |= Q(starts_at__lt=date.ends_at, ends_at__gt=date.starts_at)
    dates = SessionDate.objects.filter(overlap, session=OuterRef("session"))
    seen = Booking.objects.visible_to(actor).filter(pk=OuterRef("pk"))
    found = (
        Booking.objects.filter(
            Exists(dates),
            partnership=actor.partnership,
            person=person,
            state__in=UPCOMING,
            session__status=Session.Status.PUBLISHED,
        )
        .exclude(session=session)
        .annotate(is_visible=Exists(seen))
        .select_related("session__course", "session__venue")
        .defer("session__course__search")
        .order_by("session__starts_at", "pk")
    )
    return [Clash(one, one.is_visible) for one in found]
