"""Who somebody's line manager is, for what is asked or shared about one booking, and with whom it is no longer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from bookings.models import Booking
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation, Sharing
from partnerships.models import Membership, Partnership, Person


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


def forms_astray(partnership: Partnership, now: datetime) -> QuerySet[Invitation]:
    """Line manager forms that wait for somebody who is no longer the manager, or were closed for want of one who is.

    A manager without an address can't be sent anything, and still answers what is theirs.
    """
    place = _place("booking__")
    asked = _named(OuterRef("respondent"), OuterRef("respondent_email"))
    has_address = ~Q(line_manager__email="") & Q(line_manager__isnull=False) | ~Q(line_manager_email="")
    waits = Q(state=Invitation.State.OPEN) & ~Exists(place.filter(asked))
    can_be_sent = Q(closed_because=Invitation.Closing.NO_MANAGER) & Exists(place.filter(has_address))
    forms = Invitation.objects.filter(partnership=partnership, kind=QuestionnaireKind.LINE_MANAGER)
    return forms.that_count().filter(waits | can_be_sent, closes_at__gt=now).order_by("pk")


def is_still_manager(invitation: Invitation) -> bool:
    """Tell whether whoever is asked by a line manager form is the learner's line manager now (one query)."""
    asked = _named(OuterRef("respondent"), OuterRef("respondent_email"))
    return Invitation.objects.filter(Exists(_place("booking__").filter(asked)), pk=invitation.pk).exists()


def shared_with_former(partnership: Partnership) -> QuerySet[Sharing]:
    """What learners share with somebody who is no longer their line manager where the booking was made."""
    place = _place("invitation__booking__")
    live = Sharing.objects.filter(partnership=partnership, withdrawn_at__isnull=True)
    still = Exists(place.filter(_named(OuterRef("with_person"), OuterRef("with_email"))))
    # What a manager shares is shared with the learner, who stays.
    return live.exclude(invitation__kind=QuestionnaireKind.LINE_MANAGER).exclude(still).order_by("pk")


def _place(way: str) -> QuerySet[Membership]:
    """The learner's place in the organisation that booked, as ``membership_of`` finds it."""
    return Membership.objects.live().filter(
        partnership=OuterRef("partnership"),
        person=OuterRef(f"{way}person"),
        organisation=OuterRef(f"{way}organisation"),
    )


def _named(person: OuterRef, email: OuterRef) -> Q:
    """Names this person or this address as the line manager."""
    given = Lower(email)
    by_person = Q(line_manager=person)
    by_address = Q(line_manager__email_key=given) & ~Q(line_manager__email_key="")
    return by_person | by_address | Q(line_manager_email=given) & ~Q(line_manager_email="")


def _manager_named_by(membership: Membership | None) -> Contact | None:
    contact = membership.manager_contact if membership else None
    if membership is None or contact is None:
        return None
    name, email = contact
    manager = membership.line_manager
    is_known = manager is not None and manager.email == email
    return Contact(manager if is_known else None, name or email, email)
