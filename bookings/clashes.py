"""Other sessions that somebody has booked for the same time, or of the same course: a warning, never a refusal."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from bookings.models import Booking
from bookings.states import HOLDS_PLACE, UPCOMING
from courses.models import Session, SessionDate
from partnerships.actors import Actor
from partnerships.models import Person


@dataclass(frozen=True)
class Clash:
    """One other booking at the same time or of the same course, and whether whoever books may see what it is."""

    booking: Booking
    is_visible: bool
    is_same_time: bool

    @property
    def holds_place(self) -> bool:
        """Tell whether it is a place, and not only a turn in a queue."""
        return self.booking.state in HOLDS_PLACE


def clashes_with(actor: Actor, person: Person, session: Session) -> list[Clash]:
    """The person's other places and waiting places of which a date overlaps with this session's (one query).

    Those on other dates of the same course too, where whoever books may see them.
    """
    overlap = Q(pk__in=())
    for date in session.dates.all():
        overlap |= Q(starts_at__lt=date.ends_at, ends_at__gt=date.starts_at)
    dates = SessionDate.objects.filter(overlap, session=OuterRef("session"))
    seen = Booking.objects.visible_to(actor).filter(pk=OuterRef("pk"))
    found = (
        Booking.objects.annotate(is_visible=Exists(seen), is_same_time=Exists(dates))
        .filter(
            Q(is_same_time=True) | Q(is_visible=True, session__course=session.course_id),
            partnership=actor.partnership,
            person=person,
            state__in=UPCOMING,
            session__status=Session.Status.PUBLISHED,
        )
        .exclude(session=session)
        .select_related("session__course", "session__venue")
        .defer("session__course__search")
        .order_by("session__starts_at", "pk")
    )
    return [Clash(one, one.is_visible, one.is_same_time) for one in found]
