"""The sessions of today and of the days to come, as the partnership team's desk shows them."""

from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import F

from courses.models import Session
from partnership_portal.working_days import uk_date, uk_moment
from partnerships.actors import Actor

_DAYS = 7


def sessions_of(actor: Actor, now: datetime) -> dict[str, Any]:
    """Each date of a session today and in the seven days after, each with ``date_pk``, ``day`` and ``day_ends``
    (one query)."""
    today = uk_date(now)
    midnight, tomorrow = uk_moment(today, time()), uk_moment(today + timedelta(days=1), time())
    end = uk_moment(today + timedelta(days=_DAYS + 1), time())
    dates = list(
        Session.objects.visible_to(actor)
        .filter(
            status=Session.Status.PUBLISHED,
            dates__starts_at__gte=midnight,
            dates__starts_at__lt=end,
            # Follows from what is asked of the date, and is what the index on sessions finds.
            starts_at__lt=end,
            ends_at__gte=midnight,
        )
        .select_related("course", "venue")
        .only("course__title", "venue__name", "starts_at", "places_taken", "capacity")
        .annotate(date_pk=F("dates__pk"), day=F("dates__starts_at"), day_ends=F("dates__ends_at"))
        .order_by("dates__starts_at", "pk")
    )
    return {
        "today": [one for one in dates if one.day < tomorrow],
        "week": [one for one in dates if one.day >= tomorrow],
    }
