"""One of the processes of the great race: its share of the people book at once, and every tenth gives up again.

Run as ``python -m tests.bookings.racers DATABASE PARTNERSHIP SESSION FIRST LAST LOCK``. Says "ready", waits for a
line, races, and says how often each outcome came, as JSON.
"""

import json
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

THREADS = 8
QUEUE = "great-race"


def main(database: str, partnership: str, session: str, first: str, last: str, lock: str) -> None:
    """Set up Django on the test's database, wait for the others, race."""
    import django

    django.setup()
    from django.db import connection

    from partnership_portal.celery import app

    connection.settings_dict["NAME"] = database
    # Messages are rows; nobody fetches what this queue holds.
    app.conf.task_default_queue = QUEUE
    if lock == "unlocked":
        _leave_the_lock_out()
    numbers = range(int(first), int(last))
    _say("ready")
    sys.stdin.readline()
    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = Counter(pool.map(lambda number: _race(int(partnership), int(session), number), numbers))
    _say(json.dumps(outcomes))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _race(partnership_id: int, session_id: int, number: int) -> str:
    from django.db import close_old_connections

    from bookings.services.places import book_place, give_up
    from courses.models import Session
    from partnerships.models import Partnership, Person
    from partnerships.tenancy import acting_in
    from tests.factories import actor_for

    try:
        with acting_in(partnership_id):
            partnership = Partnership.objects.get(pk=partnership_id)
            person = Person.objects.filter(partnership=partnership).order_by("pk")[number]
            actor, organisation = actor_for(person), person.memberships.get().organisation
            session = Session.objects.get(pk=session_id)
        with acting_in(partnership_id):
            booking = book_place(actor=actor, session=session, person=person, organisation=organisation)
        if gives_up(number):
            with acting_in(partnership_id):
                give_up(actor=actor, booking=booking)
        return str(booking.state)
    except Exception as error:
        return type(error).__name__
    finally:
        close_old_connections()


def gives_up(number: int) -> bool:
    """Tell whether this racer lets go again what they have just got."""
    return number % 10 == 0


def _leave_the_lock_out() -> None:
    from bookings.services import locks, places
    from courses.models import Session

    def unlocked(actor, session):
        found = Session.objects.select_related("course", "venue").get(pk=session.pk)
        found.partnership = actor.partnership
        # So that everybody who is under way has read before anybody writes.
        time.sleep(0.5)
        return found

    locks.locked_session = places.locked_session = unlocked


if __name__ == "__main__":
    main(*sys.argv[1:])
