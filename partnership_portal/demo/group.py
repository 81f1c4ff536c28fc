"""Several people whom the lead of the demonstration has booked at once, one of whom has no email address."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

from django.db.models import F
from django.utils import timezone

from bookings.colleagues import Wanted
from bookings.models import GroupBooking
from bookings.services.group_booking import book_group, check_group, digest
from courses.models import Session
from partnerships.actors import actor_of
from partnerships.errors import DomainError
from partnerships.models import Membership, Partnership, Person
from partnerships.tenancy import acting_in

_LINES = (Wanted(name="Paul Osborne", job_role="Caretaker"), Wanted(name="Nia Probert", job_role="Cook"))


def book_for_colleagues(partnership: Partnership) -> None:
    """Book two colleagues and two new people as the lead would, once, on the first session that has room for them."""
    with acting_in(partnership):
        lead = Person.objects.get(partnership=partnership, email_key=f"lead@{partnership.slug}.example")
        actor = actor_of(lead.user, partnership)
        if GroupBooking.objects.filter(partnership=partnership).exists():
            return
        organisation = actor.memberships[0].organisation
        colleagues = (
            Membership.objects.live().filter(organisation=organisation).exclude(person=lead).order_by("pk")
        )
        wanted = [*(Wanted(person=one.person_id) for one in colleagues[:2]), *_LINES]
        coming = Session.objects.filter(
            partnership=partnership,
            status=Session.Status.PUBLISHED,
            course__status="published",
            booking_closes_at__gt=timezone.now(),
            single_agency_for__isnull=True,
            # Neither one that is nearly full nor one with too few people: those are there to be seen as they are.
            places_taken__gte=F("minimum"),
            places_taken__lte=F("capacity") - len(wanted),
        )
        for session in coming.order_by("starts_at", "pk"):
            try:
                shown = check_group(actor=actor, session=session, organisation=organisation, wanted=wanted)
                told = [_told(one.wanted, asks_training=one.asks_training) for one in shown]
                book_group(
                    actor=actor,
                    session=session,
                    organisation=organisation,
                    wanted=told,
                    key=uuid4(),
                    shown=digest(shown),
                )
            except DomainError:
                continue
            return


def _told(wanted: Wanted, *, asks_training: bool) -> Wanted:
    """What the rules ask of each person, said."""
    training = ("Safeguarding at induction", date(2026, 1, 12)) if asks_training else ("", None)
    return replace(
        wanted, audience_reason="Works with families too", training=training[0], trained_on=training[1]
    )
