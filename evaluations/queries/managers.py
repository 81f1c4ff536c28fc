"""Who somebody's line manager is, for what is asked or shared about one booking."""

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
    membership = membership_of(booking)
    contact = membership.manager_contact if membership else None
    if membership is None or contact is None:
        return None
    name, email = contact
    manager = membership.line_manager
    is_known = manager is not None and manager.email == email
    return Contact(manager if is_known else None, name or email, email)
