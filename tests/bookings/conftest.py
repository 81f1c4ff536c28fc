import pytest
from django.utils import timezone

from bookings.models import Booking
from bookings.services.places import book_place
from partnerships.models import Person
from tests.factories import actor_for


@pytest.fixture
def book():
    """Let people book for themselves, with their first organisation."""

    def booked(person: Person, session, **options) -> Booking:
        organisation = person.memberships.first().organisation
        return book_place(
            actor=actor_for(person), session=session, person=person, organisation=organisation, **options
        )

    return booked


@pytest.fixture
def now():
    return timezone.now()
