"""Access needs are health data: nowhere but in their own table, and gone after the session."""

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from bookings.models import AccessNeeds
from bookings.services.access_needs import change_access_needs, forget_access_needs
from bookings.services.changes import tell_of_cancelled_sessions
from bookings.services.places import cancel_booking
from courses.models import Session
from partnerships.models import AuditEntry
from tests.bookings.moving import begun, over
from tests.factories import actor_for, make_person, make_session

SECRET = "zimmerframe-for-wednesdays"


def tables_with(text: str) -> list[str]:
    """Every table of the database in which some column of some row holds the text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            # A row as text has every column in it, jsonb and generated ones too.
            cursor.execute(f'SELECT count(*) FROM "{table}" AS row WHERE row::text LIKE %s', [f"%{text}%"])
            if cursor.fetchone()[0]:
                found.append(table)
    return found


@pytest.fixture
def needy(partnership, book):
    """A booking with access needs."""
    return book(make_person(partnership), make_session(partnership), access_needs=SECRET)


def test_the_text_is_in_its_own_table_and_in_no_other(needy) -> None:
    assert len(connection.introspection.table_names()) > len(apps.get_app_configs())
    assert tables_with(SECRET) == ["bookings_accessneeds"]


def test_the_daily_job_forgets_it_after_the_session_and_not_before(partnership, needy) -> None:
    begun(needy.session)
    forget_access_needs(partnership, timezone.now())
    assert tables_with(SECRET) == ["bookings_accessneeds"]
    over(needy.session)
    for _ in range(2):
        forget_access_needs(partnership, timezone.now())
    assert tables_with(SECRET) == []
    assert AuditEntry.objects.filter(action="bookings.forget_access_needs").count() == 1


def test_a_cancelled_booking_needs_nothing_any_more(needy) -> None:
    cancel_booking(actor=actor_for(needy.person), booking=needy)
    assert tables_with(SECRET) == []


def test_nor_does_a_booking_of_a_cancelled_session(partnership, needy) -> None:
    Session.objects.update(status="cancelled")
    tell_of_cancelled_sessions(partnership, timezone.now())
    assert tables_with(SECRET) == []


def test_whoever_gave_it_may_change_it_or_take_it_back(partnership, needy) -> None:
    actor = actor_for(needy.person)
    change_access_needs(actor=actor, booking=needy, text=" large print ")
    assert AccessNeeds.objects.get().text == "large print"
    assert tables_with(SECRET) == []
    change_access_needs(actor=actor, booking=needy, text=" ")
    assert not AccessNeeds.objects.exists()
    with pytest.raises(PermissionDenied):
        change_access_needs(actor=actor_for(make_person(partnership)), booking=needy, text="x")
