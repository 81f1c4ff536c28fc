import pytest
from django.utils import timezone

from bookings.models import Booking
from bookings.services.places import Told, book_place
from partnerships.models import Person
from tests.factories import actor_for


@pytest.fixture
def book():
    """Let people book for themselves, with their first organisation."""

    def booked(person: Person, session, accept_waiting=True, **told) -> Booking:
        return book_place(
            actor=actor_for(person),
            session=session,
            person=person,
            organisation=person.memberships.first().organisation,
            told=Told(**told),
            accept_waiting=accept_waiting,
        )

    return booked


@pytest.fixture
def now():
    return timezone.now()
