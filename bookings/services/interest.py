"""“Tell me when there are new dates”: for courses without a session that somebody can book."""

from datetime import datetime
from functools import partial

from django.utils import timezone

from bookings.messages import tell_new_dates
from bookings.models import Interest
from courses.models import Course, Session
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.errors import DomainError
from partnerships.jobs import one_by_one
from partnerships.models import Membership, Partnership
from partnerships.permissions import Permission, require
from partnerships.tenancy import acting_in

_JOB = "tell of new dates"


def wait_for_dates(*, actor: Actor, course: Course) -> Interest:
    """Note that somebody wants to hear of new dates of a course; done twice is done once."""
    require(actor, Permission.BOOK_PLACE)
    if actor.person is None:
        raise DomainError("Join an organisation first, so that we know whom to tell.")
    interest, made = Interest.objects.get_or_create(
        partnership=actor.partnership,
        person=actor.person,
        course=course,
        defaults={"asked_at": timezone.now()},
    )
    if made:
        audit.record(actor, "bookings.wait_for_dates", course)
    return interest


def stop_waiting_for_dates(*, actor: Actor, course: Course) -> None:
    """Forget that somebody wanted to hear of new dates."""
    gone, _ = Interest.objects.filter(
        partnership=actor.partnership, person=actor.person, course=course
    ).delete()
    if gone:
        audit.record(actor, "bookings.stop_waiting_for_dates", course)


def tell_of_new_dates(partnership: Partnership, now: datetime) -> None:
    """Job: tell everybody who waits for dates of a course that can be booked now, once, and forget the wish."""
    with acting_in(partnership):
        bookable = (
            Session.objects.filter(partnership=partnership).coming(now).filter(booking_closes_at__gt=now)
        )
        waiting = Interest.objects.filter(partnership=partnership, course__in=bookable.values("course"))
        keys = list(waiting.order_by("pk").values_list("pk", flat=True))
    one_by_one(partnership, (partial(_tell, partnership, pk, now) for pk in keys))


def _tell(partnership: Partnership, interest_id: int, now: datetime) -> None:
    interest = (
        Interest.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("person", "course")
        .filter(partnership=partnership, pk=interest_id)
        .first()
    )
    if interest is None:
        return
    interest.partnership = partnership
    own = Membership.objects.live().filter(partnership=partnership, person=interest.person)
    sessions = Session.objects.filter(partnership=partnership, course=interest.course).coming(now)
    # What another organisation holds for its own staff is no date for them.
    sessions = sessions.for_staff_of(own.values_list("organisation", flat=True))
    bookable = list(sessions.filter(booking_closes_at__gt=now).select_related("venue")[:5])
    if not bookable:
        return
    tell_new_dates(interest, bookable)
    audit.record(system(partnership, _JOB), "bookings.tell_of_new_dates", interest.course)
    interest.delete()
