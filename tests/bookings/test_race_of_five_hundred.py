"""Five hundred people in four processes reach for 25 places and the waiting list; then without the lock."""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest
from django.conf import settings
from django.db import connection

from bookings.models import Booking
from bookings.states import HOLDS_PLACE, BookingState
from notifications.models import Message
from partnership_portal.celery import app
from partnerships.tenancy import acting_in
from tests.bookings import racers
from tests.factories import make_organisation, make_partnership, make_person, make_session

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

PROCESSES, PLACES = 4, 25


def run_race(people: int, *, lock: str, var: str) -> tuple[object, Counter[str]]:
    """Prepare, start the processes, let them go together; the session and how often each outcome came."""
    partnership = make_partnership("greatshire")
    with acting_in(partnership):
        organisation = make_organisation(partnership)
        for _ in range(people):
            make_person(partnership, organisation=organisation)
        session = make_session(partnership, capacity=PLACES)
    share = people // PROCESSES
    started = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.bookings.racers", str(connection.settings_dict["NAME"])),
                *map(str, (partnership.pk, session.pk, first, first + share)),
                lock,
            ],
            cwd=settings.BASE_DIR,
            env={**os.environ, "PORTAL_VAR": var},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for first in range(0, people, share)
    ]
    outcomes: Counter[str] = Counter()
    try:
        for process in started:
            assert process.stdout.readline().strip() == "ready"
        for process in started:
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in started:
            outcomes.update(json.loads(process.stdout.readline()))
            assert process.wait(30) == 0
    finally:
        for process in started:
            process.kill()
            process.communicate()
        with app.connection_for_write() as link:
            link.default_channel.queue_delete(racers.QUEUE)
    return session, outcomes


def check(session, outcomes: Counter[str], people: int) -> None:
    """None over, none lost, order kept, and no place idle while somebody waits."""
    assert set(outcomes) <= set(BookingState.values), outcomes
    assert sum(outcomes.values()) == people
    session.refresh_from_db()
    bookings = list(Booking.objects.order_by("booked_at", "pk"))
    assert len(bookings) == people, "somebody's booking is lost"
    held = [booking for booking in bookings if booking.state in HOLDS_PLACE]
    waiting = [booking for booking in bookings if booking.state == BookingState.WAITING]
    stayed = sum(not racers.gives_up(number) for number in range(people))
    assert session.places_taken == len(held) == PLACES
    assert len(held) + len(waiting) == stayed
    # Whoever still waits came after everybody who has a place or is offered one.
    assert max((one.booked_at, one.pk) for one in held) < min((one.booked_at, one.pk) for one in waiting)
    told = Counter(Message.objects.filter(purpose="booking_confirmed").values_list("person_id", flat=True))
    ever = {one.person_id for one in bookings if one.confirmed_at is not None}
    assert set(told) == ever
    assert set(told.values()) == {1}


def test_five_hundred_race_for_twenty_five_places(tmp_path) -> None:
    session, outcomes = run_race(500, lock="locked", var=str(tmp_path))
    with acting_in(session.partnership_id):
        check(session, outcomes, 500)


def test_control_without_the_lock_people_are_lost(tmp_path) -> None:
    session, outcomes = run_race(80, lock="unlocked", var=str(tmp_path))
    with acting_in(session.partnership_id), pytest.raises(AssertionError):
        check(session, outcomes, 80)
    assert outcomes["IntegrityError"] > 0, outcomes
