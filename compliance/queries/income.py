"""What was charged for not attending in a period: raised, waived, credited, and what is left."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q, Sum

from bookings.models import Charge
from partnership_portal.working_days import uk_moment
from partnerships.models import Partnership
from partnerships.policy import ChargeKind


@dataclass(frozen=True)
class Income:
    """Numbers of charges and their pence; what was withdrawn before finance had it counts nowhere."""

    charges: int = 0
    charged_pence: int = 0
    waived: int = 0
    waived_pence: int = 0
    credited: int = 0
    credited_pence: int = 0

    @property
    def left_pence(self) -> int:
        """What organisations owe after waivers and credit notes."""
        return self.charged_pence - self.waived_pence - self.credited_pence


def non_attendance_income(
    partnership: Partnership, start: date, end: date, *, as_of: datetime | None = None
) -> Income:
    """Add up the charges for the sessions that ended in the period, as they stand (one query).

    Sessions count in the period in which they ended, as everywhere in the report, so that the sum stands beside the
    number of people who did not attend.
    """
    after = uk_moment(end + timedelta(days=1), time.min)
    waived, credited = Q(state=Charge.State.WAIVED), Q(state=Charge.State.CREDITED)
    found = (
        Charge.objects.filter(
            partnership=partnership,
            kind=ChargeKind.NON_ATTENDANCE,
            credits__isnull=True,
            session__ends_at__gte=uk_moment(start, time.min),
            session__ends_at__lt=min(after, as_of) if as_of else after,
        )
        .exclude(state=Charge.State.WITHDRAWN)
        .aggregate(
            charges=Count("pk"),
            charged_pence=Sum("pence"),
            waived=Count("pk", filter=waived),
            waived_pence=Sum("pence", filter=waived),
            credited=Count("pk", filter=credited),
            credited_pence=Sum("pence", filter=credited),
        )
    )
    return Income(**{name: value or 0 for name, value in found.items()})
