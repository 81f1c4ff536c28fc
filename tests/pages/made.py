"""Makes what stands on the team's desk: bookings in every state, and what hangs on them."""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from bookings.models import Approval, Booking, Quota, WalkIn
from notifications.models import Message
from partnership_portal.working_days import add_working_days, uk_today
from partnerships.models import JoinRequest, Membership, Sector, User
from partnerships.services.policies import version_in_force
from tests.factories import make_organisation, make_person, make_session


def booked(session, person=None, state="confirmed", **fields) -> Booking:
    person = person or make_person(session.partnership, account=False)
    now = timezone.now()
    return Booking.objects.create(
        **{
            "partnership": session.partnership,
            "session": session,
            "person": person,
            "organisation": Membership.objects.get(person=person).organisation,
            "state": state,
            "booked_at": now,
            "policy_version": version_in_force(session.partnership, now),
            **fields,
        }
    )


def offered(session, **until) -> Booking:
    return booked(session, state="offered", offer_expires_at=timezone.now() + timedelta(**until))


def requested(session, **fields) -> Approval:
    now = timezone.now()
    return Approval.objects.create(
        **{
            "partnership": session.partnership,
            "booking": fields.get("booking") or booked(session, state="requested"),
            "rule": "line_manager",
            "asked": "line_manager",
            "manager_name": "Max Manager",
            "manager_email": "max@alphashire.example",
            "asked_at": now,
            "expires_at": now + timedelta(days=20),
            **fields,
        }
    )


def later(partnership, **fields):
    return make_session(partnership, starts_at=timezone.now() + timedelta(days=3), **fields)


def unsent(partnership, state="failed", number=1) -> Message:
    return Message.objects.create(
        partnership=partnership,
        purpose="p",
        subject_key=f"{state}:{number}",
        to_name="Nia",
        to_email="nia@old.example",
        from_name="c",
        reply_to="d@e.example",
        title=f"Title of {state} {number}",
        text="x",
        html="y",
        state=state,
    )


def asks_to_join(partnership, number=1, **fields) -> JoinRequest:
    user = User.objects.create_user(f"new{number}@{partnership.slug}.example", "x", name="Newcomer")
    return JoinRequest.objects.create(
        partnership=partnership,
        user=user,
        name=f"Newcomer {number}",
        email=user.email,
        organisation=make_organisation(partnership),
        job_role="Nurse",
        **fields,
    )


def walked_in(session, said="Little Acorns", **fields) -> WalkIn:
    return WalkIn.objects.create(
        partnership=session.partnership,
        booking=booked(session, state="attended"),
        key=uuid4(),
        organisation_said=said,
        **fields,
    )


def held_for(session, *, days: int, places: int = 2, **whom) -> Quota:
    whom = whom or {"sector": Sector.objects.filter(partnership=session.partnership).first()}
    return Quota.objects.create(
        partnership=session.partnership,
        session=session,
        places=places,
        releases_on=add_working_days(uk_today(), days),
        **whom,
    )
