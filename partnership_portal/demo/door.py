"""Who came to the last session without a booking: one of them from an organisation that is not on the list."""

from uuid import uuid4

from django.utils import timezone

from bookings.models import WalkIn
from bookings.services.walk_ins import Newcomer, add_walk_in
from courses.models import Session, SessionDate
from partnerships.actors import actor_of
from partnerships.models import Organisation, Partnership, Person
from partnerships.tenancy import acting_in


def let_walk_ins_in(partnership: Partnership) -> None:
    """Add two people as the team would, once, to the last session whose register is still to be marked."""
    with acting_in(partnership):
        unmarked = SessionDate.objects.filter(
            partnership=partnership,
            session__status=Session.Status.PUBLISHED,
            session__ends_at__lte=timezone.now(),
            session__places_taken__gt=0,
            attendances__isnull=True,
        )
        date = unmarked.select_related("session").order_by("-starts_at").first()
        if date is None or WalkIn.objects.filter(partnership=partnership).exists():
            return
        team = Person.objects.get(partnership=partnership, email_key=f"team@{partnership.slug}.example")
        organisation = Organisation.objects.filter(partnership=partnership, is_active=True)[0]
        for newcomer in (
            Newcomer("Nadia Osei", organisation=organisation),
            Newcomer(
                "Walter Ingram", f"walter.ingram@{partnership.slug}.example", None, "Little Acorns Toddlers"
            ),
        ):
            add_walk_in(
                actor=actor_of(team.user, partnership), session_date=date, newcomer=newcomer, key=uuid4()
            )
