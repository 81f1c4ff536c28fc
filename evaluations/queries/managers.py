"""Who somebody's line manager is, for what is asked or shared about one booking."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.crypto import salted_hmac

from bookings.models import Booking
from partnerships.models import Membership, Person


@dataclass(frozen=True)
class Contact:
    """Somebody to write to, with or without being somebody here."""

    person: Person | None
    name: str
    email: str

    @property
    def key(self) -> str:
        """Stands for exactly this name and address on a page, without telling the address."""
        who = f"{self.person.pk if self.person else ''}\n{self.name}\n{self.email}"
        return salted_hmac("evaluations.contact", who, algorithm="sha256").hexdigest()[:32]


def membership_of(booking: Booking) -> Membership | None:
    """The learner's place in the organisation that booked (one query)."""
    return (
        Membership.objects.live()
        .filter(partnership=booking.partnership_id, person=booking.person_id)
        .filter(organisation=booking.organisation_id)
        .select_related("line_manager", "organisation", "person")
        .first()
    )


def line_manager_of(booking: Booking) -> Contact | None:
    """The line manager whom the learner's membership names with an address, if it does (one query)."""
    return _manager_named_by(membership_of(booking))


def line_managers_of(bookings: Sequence[Booking]) -> dict[int, Contact]:
    """The line managers of several bookings, as ``line_manager_of`` finds each (one query)."""
    live = (
        Membership.objects.live()
        .filter(partnership__in={one.partnership_id for one in bookings})
        .filter(person__in={one.person_id for one in bookings})
        .filter(organisation__in={one.organisation_id for one in bookings})
        .select_related("line_manager")
    )
    places = {(one.person_id, one.organisation_id): one for one in live}
    named = {one.pk: _manager_named_by(places.get((one.person_id, one.organisation_id))) for one in bookings}
    return {key: contact for key, contact in named.items() if contact is not None}


def _manager_named_by(membership: Membership | None) -> Contact | None:
    contact = membership.manager_contact if membership else None
    if membership is None or contact is None:
        return None
    name, email = contact
    manager = membership.line_manager
    is_known = manager is not None and manager.email == email
    return Contact(manager if is_known else None, name or email, email)
