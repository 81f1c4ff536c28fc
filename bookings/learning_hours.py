"""How many hours of a course somebody has had: a date that they missed brings none."""

from collections.abc import Collection
from decimal import Decimal

from django.db.models import F, OuterRef, Q, Subquery, Sum

from bookings.models import Attendance, Booking
from bookings.services.marks import counted
from courses.models import SessionDate
from partnerships.models import Partnership

_QUARTER = Decimal(4)


def hours_of_learning(partnership: Partnership, bookings: Collection[Booking]) -> dict[int, Decimal]:
    """The course's hours of each booking, without the share of the dates that do not count for it (one query).

    The dates share the hours by how long each is; rounded to a quarter. Expects the sessions and courses read.
    """
    missed = dict.fromkeys((one.pk for one in bookings), Decimal(0))
    rules = {
        one.pk: partnership.policy(one.session.starts_at).certificate.minutes_percent.value
        for one in bookings
    }
    dates = SessionDate.objects.filter(session=OuterRef("session_date__session")).order_by()
    whole = dates.values("session").annotate(whole=Sum(F("ends_at") - F("starts_at"))).values("whole")
    in_part = Q(arrived_late__isnull=False) | Q(left_early__isnull=False)
    marks = (
        Attendance.objects.filter(in_part | Q(mark=Attendance.Mark.ABSENT), partnership=partnership)
        .filter(booking__in=missed, session_date__session=F("booking__session"))
        .select_related("session_date")
        .annotate(whole=Subquery(whole))
    )
    for one in marks:
        date = one.session_date
        if counted(one, date, rules[one.booking_id]) != Attendance.Mark.PRESENT:
            missed[one.booking_id] += Decimal((date.ends_at - date.starts_at) / one.whole)
    return {one.pk: _rest(one.session.course.hours, missed[one.pk]) for one in bookings}


def _rest(hours: Decimal, missed: Decimal) -> Decimal:
    if not missed:
        return hours
    return Decimal(round(max(hours * (1 - missed), Decimal(0)) * _QUARTER)) / _QUARTER
