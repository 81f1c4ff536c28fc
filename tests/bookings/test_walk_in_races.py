"""Two trainers at two doors: one last place, one person, and the same form from two phones."""

import threading
from collections import Counter
from uuid import uuid4

import pytest
from django.db import connection

from bookings.models import Booking, WalkIn
from bookings.services import walk_ins
from bookings.services.walk_ins import Newcomer, add_walk_in
from courses.models import Session
from partnerships.models import Person
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.moving import begun
from tests.factories import actor_for, make_organisation, make_partnership, make_person, make_session

RACERS = 8

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def door(db):
    """A session that is on, with three places, and its trainer."""
    partnership = make_partnership("doorshire")
    with acting_in(partnership):
        trainer = make_person(partnership, Role.TRAINER)
        session = begun(make_session(partnership, trainers=(trainer,), capacity=3))
        return partnership, actor_for(trainer), session.dates.get(), make_organisation(partnership)


def _race(door, newcomers) -> Counter:
    partnership, actor, date, _ = door
    start, outcomes = threading.Barrier(len(newcomers)), Counter()

    def run(newcomer, key) -> None:
        try:
            start.wait(timeout=30)
            with acting_in(partnership):
                booking = add_walk_in(actor=actor, session_date=date, newcomer=newcomer, key=key)
            outcomes[booking.pk] += 1
        except Exception as error:
            outcomes[type(error).__name__] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=one) for one in newcomers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes


def _places(partnership) -> int:
    with acting_in(partnership):
        return Session.objects.get().places_taken


def test_three_places_take_three_people(door) -> None:
    *_, organisation = door
    outcomes = _race(
        door, [(Newcomer(f"N{number}", organisation=organisation), uuid4()) for number in range(RACERS)]
    )
    assert outcomes.pop("RoomIsFull") == RACERS - 3
    assert list(outcomes.values()) == [1, 1, 1]
    assert _places(door[0]) == 3


def test_one_form_from_several_phones_adds_one_person(door) -> None:
    partnership, *_, organisation = door
    key = uuid4()
    newcomer = Newcomer("Nell", "nell@example.org", organisation)
    outcomes = _race(door, [(newcomer, key)] * RACERS)
    assert list(outcomes.values()) == [RACERS]
    with acting_in(partnership):
        assert Person.objects.filter(name="Nell").count() == 1
        assert Booking.objects.count() == WalkIn.objects.count() == 1


def test_without_the_locks_the_same_form_fails(door, monkeypatch) -> None:
    """The control: only the database's constraints stand in the way, and somebody sees an error."""
    *_, organisation = door
    waiting = threading.Barrier(RACERS)

    def not_locked(actor):
        return actor.partnership

    def all_together(actor, session):
        waiting.wait(timeout=30)
        found = Session.objects.select_related("course", "venue").get(pk=session.pk)
        found.partnership = actor.partnership
        return found

    monkeypatch.setattr(walk_ins, "locked_partnership", not_locked)
    monkeypatch.setattr(walk_ins, "locked_session", all_together)
    outcomes = _race(door, [(Newcomer("Nell", "", organisation), uuid4())] * RACERS)
    assert len(outcomes) > 1
