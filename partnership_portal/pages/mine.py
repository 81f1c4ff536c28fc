"""What is coming up for somebody, and their record in a few figures."""

from datetime import date, datetime, time
from typing import Any

from bookings.learning_hours import hours_of_learning
from bookings.models import Booking
from bookings.queries import own_bookings
from bookings.states import BookingState
from compliance.queries.standing import Standing
from courses.models import Session
from evaluations.models import Certificate
from partnership_portal.working_days import uk_date, uk_moment
from partnerships.actors import Actor
from partnerships.models import Meeting
from partnerships.permissions import Permission


def coming_up(actor: Actor, now: datetime) -> dict[str, Any]:
    """The actor's places, queues, sessions to train and meetings."""
    bookings = own_bookings(actor, now)
    found: dict[str, Any] = {"coming": bookings["coming"], "waiting": bookings["waiting"]}
    if actor.may(Permission.SEE_OWN_SESSIONS):
        trains = Session.objects.trained_by(actor).filter(status="published", ends_at__gt=now)
        found["trains"] = list(trains.select_related("course", "venue").order_by("starts_at")[:5])
    if actor.may(Permission.READ_REPORTS):
        meetings = Meeting.objects.filter(partnership=actor.partnership, starts_at__gt=now)
        found["meeting"] = meetings.select_related("subgroup").first()
    return found


def record_figures(actor: Actor, standing: Standing, now: datetime) -> list[dict[str, Any]]:
    """Courses, hours, certificates and requirements of one person (three queries, or four)."""
    today = uk_date(now)
    year = today.year if today.month >= 4 else today.year - 1
    since = uk_moment(date(year, 4, 1), time())
    own = Booking.objects.of(actor).filter(state=BookingState.ATTENDED)
    this_year = list(own.filter(session__ends_at__gte=since).select_related("session__course"))
    hours = sum(hours_of_learning(actor.partnership, this_year).values())
    certificates = Certificate.objects.filter(
        partnership=actor.partnership, booking__person=actor.person, revoked_at__isnull=True
    ).count()
    required = {
        "value": f"{standing.met_count} of {standing.required_count}",
        "label": "Required training met",
    }
    return [
        # It is a job in an organisation that asks for training.
        *([] if actor.has_left else [required]),
        {"value": own.count(), "label": "Courses attended here"},
        {"value": f"{float(hours):g}", "label": f"Hours since 1 April {year}"},
        {"value": certificates, "label": "Certificates"},
    ]
