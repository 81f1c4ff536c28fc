"""A partnership that charges, and bookings in the states that matter."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from bookings.models import Batch, Booking
from bookings.services.batches import close_month
from bookings.services.charges import raise_charges
from partnership_portal.working_days import uk_date
from partnerships.actors import Actor
from partnerships.models import Organisation, Partnership, PolicyVersion
from partnerships.policy import Policy
from tests.factories import adopt, make_person, policy

CHARGING: dict[str, Any] = {
    "classes": [{"code": "funder", "name": "Funders"}, {"code": "payer", "name": "Everybody else"}],
    "bands": [{"code": "core", "name": "Core"}, {"code": "commissioned", "name": "Commissioned"}],
    "rules": [
        {
            "kind": "place",
            "courses": ["commissioned"],
            "at_cost": True,
            "words": "At what it costs.",
            "section": "§1",
        },
        {"kind": "place", "classes": ["funder"], "words": "Funders pay nothing.", "section": "§2"},
        {
            "kind": "place",
            "pence": 6000,
            "half_day_pence": 3500,
            "words": "Everybody else pays.",
            "section": "§3",
        },
        {"kind": "late_cancellation", "pence": 2000, "words": "Late cancelling is charged.", "section": "§4"},
        {"kind": "non_attendance", "pence": 5000, "words": "Not coming is charged.", "section": "§5"},
        {"kind": "single_agency_use", "at_cost": True, "words": "Own use is charged.", "section": "§6"},
    ],
}


def charging(**changes: Any) -> Policy:
    """A policy that charges for everything; changes are clauses of its charging part."""
    document = policy().model_dump(mode="json")
    document["charging"] = {**CHARGING, **changes}
    return Policy.model_validate(document)


def let_charge(partnership: Partnership, **changes: Any) -> None:
    """Put that policy in force, for sessions of the last year too."""
    adopt(partnership, charging(**changes), at=timezone.now() - timedelta(days=400))


def booked(session: Any, state: str, organisation: Organisation, **fields: Any) -> Booking:
    """A booking in a state, as if it had come there."""
    person = fields.pop("person", None) or make_person(session.partnership, organisation=organisation)
    return Booking.objects.create(
        partnership=session.partnership,
        session=session,
        person=person,
        organisation=organisation,
        state=state,
        booked_at=session.starts_at - timedelta(days=30),
        policy_version=PolicyVersion.objects.order_by("-number").first(),
        **fields,
    )


def settle(partnership: Partnership, now: datetime | None = None) -> None:
    """Run the job."""
    raise_charges(partnership, now or timezone.now())


def last_month() -> datetime:
    """A moment of the month that was over last."""
    return timezone.now().replace(day=1, hour=12) - timedelta(days=2)


def close_last_month(team: Actor) -> Batch:
    """Send to finance what was raised until then."""
    return close_month(actor=team, month=uk_date(last_month()).replace(day=1))
