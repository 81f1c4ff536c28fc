"""The population of the benchmarks fits the tables as they are."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from bookings.models import Booking
from courses.models import Session
from evaluations.models import Answer, Certificate
from evaluations.services.questionnaires import adopt_library
from partnerships.models import Membership, Person
from partnerships.permissions import Role
from tests.factories import job, make_course


def test_a_small_county(partnership) -> None:
    adopt_library(actor=job(partnership))
    make_course(partnership)
    call_command(
        "populate",
        partnership.slug,
        organisations=5,
        people=1000,
        accounts=950,
        sessions=20,
        coming_sessions=4,
        bookings=200,
    )
    assert Person.objects.count() == Membership.objects.count() == 1000
    assert Booking.objects.count() == 200
    assert sum(Session.objects.values_list("places_taken", flat=True)) == 200
    assert Answer.objects.exists() and Certificate.objects.exists()
    assert Membership.objects.filter(granted_roles__role=Role.TEAM).exists()


def test_an_unknown_partnership_is_refused(db) -> None:
    with pytest.raises(CommandError, match="no partnership “nowhere”"):
        call_command("populate", "nowhere")
