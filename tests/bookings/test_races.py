"""Twenty people reach for the last place at once, on a real database; and the same race without the lock."""

import contextlib
import threading
import time
from collections import Counter
from uuid import uuid4

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.utils import timezone

from bookings.colleagues import Wanted
from bookings.models import Booking, Quota
from bookings.services import group_booking, places, queue, swaps
from bookings.services.locks import locked_session
from bookings.services.places import book_place, give_up
from bookings.services.quotas import add_quota, change_quota
from bookings.services.swaps import SWAPPED, swap_place
from bookings.states import HOLDS_PLACE
from courses.models import Session
from notifications.models import Message
from partnership_portal.working_days import uk_date
from partnerships.errors import DomainError
from partnerships.models import Sector
from partnerships.permissions import Role
from partnerships.services.memberships import end_membership
from partnerships.tenancy import acting_in
from tests.factories import actor_for, job, make_organisation, make_partnership, make_person, make_session

RACERS = 20

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def _race(partnership, jobs) -> Counter:
    """Start all at the same moment, each in a transaction and a connection of its own; count what came of it."""
    start = threading.Barrier(len(jobs))
    outcomes: Counter = Counter()

    def run(job) -> None:
        try:
            start.wait(timeout=30)
            with acting_in(partnership):
                outcome = job()
            outcomes[outcome] += 1
        except Exception as error:
            outcomes[type(error).__name__] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes


def _prepare(**session):
    partnership = make_partnership("raceshire")
    with acting_in(partnership):
        people = [make_person(partnership) for _ in range(RACERS)]
        session = make_session(partnership, **session)
        racers = [(actor_for(one), one, one.memberships.get().organisation) for one in people]
    return partnership, session, racers


def _booking(session, racer):
    actor, person, organisation = racer
    return lambda: (
        book_place(actor=actor, session=session, person=person, organisation=organisation).state.value
    )


def test_one_of_twenty_gets_the_last_place_and_the_others_wait_in_order() -> None:
    partnership, session, racers = _prepare(capacity=1)
    outcomes = _race(partnership, [_booking(session, racer) for racer in racers])
    assert outcomes == {"confirmed": 1, "waiting": RACERS - 1}
    with acting_in(partnership):
        session.refresh_from_db()
        assert session.places_taken == 1
        holder, *queue = Booking.objects.order_by("booked_at", "pk")
        assert holder.state == "confirmed"
        for position, booking in enumerate(queue, start=1):
            text = Message.objects.get(purpose="booking_waiting", person=booking.person).text
            assert f"You are number {position} on the waiting list." in text


def test_control_without_the_lock_the_same_race_breaks_on_the_constraint(monkeypatch) -> None:
    """Everybody reads the free place before anybody takes it: what the lock prevents."""
    partnership, session, racers = _prepare(capacity=1)
    have_read = threading.Barrier(RACERS)

    def unlocked(actor, session):
        found = Session.objects.select_related("course", "venue").get(pk=session.pk)
        have_read.wait(timeout=30)
        return found

    monkeypatch.setattr(places, "locked_session", unlocked)
    outcomes = _race(partnership, [_booking(session, racer) for racer in racers])
    assert outcomes == {"confirmed": 1, IntegrityError.__name__: RACERS - 1}


def test_control_without_lock_and_constraint_the_session_is_overbooked(monkeypatch) -> None:
    partnership, session, racers = _prepare(capacity=1)
    have_read = threading.Barrier(RACERS)

    def unlocked(actor, session):
        found = Session.objects.select_related("course", "venue").get(pk=session.pk)
        have_read.wait(timeout=30)
        return found

    monkeypatch.setattr(places, "locked_session", unlocked)
    constraint = next(one for one in Session._meta.constraints if one.name == "session_never_overbooked")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Session, constraint)
    try:
        outcomes = _race(partnership, [_booking(session, racer) for racer in racers])
        assert outcomes == {"confirmed": RACERS}
    finally:
        with acting_in(partnership):
            Booking.objects.update(state="cancelled")
        with connection.schema_editor() as editor:
            editor.add_constraint(Session, constraint)


def test_one_person_who_presses_twenty_times_has_one_booking() -> None:
    partnership, session, racers = _prepare(capacity=5)
    outcomes = _race(partnership, [_booking(session, racers[0]) for _ in range(RACERS)])
    assert outcomes == {"confirmed": 1, "AlreadyBooked": RACERS - 1}


def test_places_given_back_while_others_book_go_to_the_queue_and_none_is_lost() -> None:
    partnership, session, racers = _prepare(capacity=5)
    with acting_in(partnership):
        held = [
            book_place(actor=actor, session=session, person=person, organisation=organisation)
            for actor, person, organisation in racers[:10]
        ]

    def cancelling(booking, actor):
        return lambda: give_up(actor=actor, booking=booking).state.value

    jobs = [cancelling(held[number], racers[number][0]) for number in range(5)]
    jobs += [_booking(session, racer) for racer in racers[10:]]
    outcomes = _race(partnership, jobs)
    assert outcomes == {"cancelled": 5, "waiting": 10}
    with acting_in(partnership):
        first_in_line = {booking.pk for booking in held[5:]}
        assert set(Booking.objects.filter(state="offered").values_list("pk", flat=True)) == first_in_line
        session.refresh_from_db()
        assert session.places_taken == 5


def test_the_lock_is_what_the_service_takes() -> None:
    assert places.locked_session is locked_session


def _leaves_while_the_booking_waits_for_the_lock(monkeypatch, partnership, person):
    """The team ends the membership, in a transaction of its own, before the booking gets the session's lock."""
    real = places.locked_session

    def later(actor, session):
        def leave() -> None:
            with acting_in(partnership):
                end_membership(actor=job(partnership), membership=person.memberships.get())
            connection.close()

        thread = threading.Thread(target=leave)
        thread.start()
        thread.join(timeout=30)
        return real(actor, session)

    monkeypatch.setattr(places, "locked_session", later)


def test_whoever_has_left_while_their_booking_waited_is_refused(monkeypatch) -> None:
    partnership, session, racers = _prepare(capacity=1)
    _leaves_while_the_booking_waits_for_the_lock(monkeypatch, partnership, racers[0][1])
    with acting_in(partnership), pytest.raises(DomainError, match="not belong to"):
        _booking(session, racers[0])()
    with acting_in(partnership):
        assert not Booking.objects.exists()


def test_control_a_membership_read_before_the_lock_books_for_whoever_has_left(monkeypatch) -> None:
    partnership, session, racers = _prepare(capacity=1)
    with acting_in(partnership):
        read_before = places.membership_for(*racers[0])
    _leaves_while_the_booking_waits_for_the_lock(monkeypatch, partnership, racers[0][1])
    monkeypatch.setattr(places, "membership_for", lambda *_: read_before)
    with acting_in(partnership):
        assert _booking(session, racers[0])() == "confirmed"


def _prepare_swap():
    """Somebody with a place, their lead, and two colleagues who could come instead."""
    partnership = make_partnership("raceshire")
    with acting_in(partnership):
        school = make_organisation(partnership)
        lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=school)
        ann, bob, cem = (make_person(partnership, organisation=school) for _ in range(3))
        session = make_session(partnership, capacity=2)
        held = book_place(actor=actor_for(ann), session=session, person=ann, organisation=school)
        actor = actor_for(lead)
    return partnership, session, held, actor, bob, cem


def _swapping(actor, held, colleague):
    return lambda: str(swap_place(actor=actor, booking=held, person=colleague).state)


def test_a_place_is_swapped_to_one_of_two_colleagues_and_never_to_both() -> None:
    partnership, session, held, actor, bob, cem = _prepare_swap()
    outcomes = _race(partnership, [_swapping(actor, held, one) for one in (bob, cem)] * 5)
    with acting_in(partnership):
        (new,) = Booking.objects.live().filter(session=session)
        assert new.swapped_from == held
        session.refresh_from_db()
        assert session.places_taken == 1
    assert outcomes == {"confirmed": 5, DomainError.__name__: 5}


def test_a_place_is_swapped_or_given_back_and_never_both() -> None:
    partnership, session, held, actor, bob, _ = _prepare_swap()
    jobs = [_swapping(actor, held, bob), lambda: give_up(actor=actor, booking=held).state] * 5
    _race(partnership, jobs)
    with acting_in(partnership):
        held.refresh_from_db()
        live = Booking.objects.live().filter(session=session).count()
        session.refresh_from_db()
        assert session.places_taken == live == (1 if held.end_reason == SWAPPED else 0)


def test_control_without_the_lock_two_swaps_break_on_the_constraint(monkeypatch) -> None:
    """Both read the place before either takes it over: only the database keeps it from going to two people."""
    partnership, _, held, actor, bob, cem = _prepare_swap()
    have_read = threading.Barrier(2)

    def unlocked(actor, booking):
        found = Booking.objects.select_related("person", "booked_by", "organisation", "session__course").get(
            pk=booking.pk
        )
        found.partnership = found.session.partnership = actor.partnership
        have_read.wait(timeout=30)
        return found

    monkeypatch.setattr(swaps, "locked_booking", unlocked)
    outcomes = _race(partnership, [_swapping(actor, held, one) for one in (bob, cem)])
    assert outcomes == {"confirmed": 1, IntegrityError.__name__: 1}


def _prepare_two_full_sessions_with_one_queue():
    """Ann and Bob wait for both of two full sessions, Ann first."""
    partnership = make_partnership("raceshire")
    with acting_in(partnership):
        people = [make_person(partnership) for _ in range(4)]
        sessions = [make_session(partnership, capacity=1) for _ in range(2)]

        def booked(person, session):
            organisation = person.memberships.get().organisation
            return book_place(
                actor=actor_for(person), session=session, person=person, organisation=organisation
            )

        held = [booked(one, session) for one, session in zip(people, sessions, strict=False)]
        for person in people[2:]:
            for session in sessions:
                booked(person, session)
    return partnership, held


def _let_both_look_first(monkeypatch) -> None:
    """Let two transactions look at their queues before either of them offers anything, unless a lock forbids it."""
    have_looked = threading.Barrier(2)
    chosen = queue._chosen

    def slowly(*arguments):
        found = chosen(*arguments)
        with contextlib.suppress(threading.BrokenBarrierError):
            have_looked.wait(timeout=2)
        return found

    monkeypatch.setattr(queue, "_chosen", slowly)


def _giving_up(held):
    return lambda: give_up(actor=actor_for(held.person), booking=held).state.value


def test_places_that_come_free_at_two_sessions_at_once_go_to_two_people_of_one_queue(monkeypatch) -> None:
    """Nobody has two offers, and whoever gives a place back never fails over it."""
    partnership, held = _prepare_two_full_sessions_with_one_queue()
    _let_both_look_first(monkeypatch)
    outcomes = _race(partnership, [_giving_up(one) for one in held])
    assert outcomes == {"cancelled": 2}
    with acting_in(partnership):
        offered = Booking.objects.filter(state="offered")
        assert offered.count() == offered.values("person").distinct().count() == 2


def test_control_without_the_lock_on_people_one_of_the_two_breaks_on_the_constraint(monkeypatch) -> None:
    partnership, held = _prepare_two_full_sessions_with_one_queue()
    _let_both_look_first(monkeypatch)
    monkeypatch.setattr(queue, "lock_people", lambda *sessions: None)
    outcomes = _race(partnership, [_giving_up(one) for one in held])
    assert outcomes == {"cancelled": 1, IntegrityError.__name__: 1}


def _prepare_two_sessions_with_places_held(partnership):
    """Places are free at both, but held for the police, so that everybody else waits."""
    police = Sector.objects.create(partnership=partnership, code="police", name="Police")
    sessions = [make_session(partnership, capacity=3) for _ in range(2)]
    for session in sessions:
        Quota.objects.create(
            partnership=partnership,
            session=session,
            sector=police,
            places=3,
            releases_on=uk_date(session.starts_at),
        )
    return sessions


def _prepare_group_and_offers():
    """A lead books Ann and Bob at one session; at both Zoe waits, and at the other one Ann as well."""
    partnership = make_partnership("raceshire")
    with acting_in(partnership):
        one, other = _prepare_two_sessions_with_places_held(partnership)
        school = make_organisation(partnership)
        ann, bob = (make_person(partnership, organisation=school) for _ in range(2))
        lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=school)
        zoe = make_person(partnership)
        for person, session in ((zoe, one), (ann, other), (zoe, other)):
            organisation = person.memberships.get().organisation
            waits = book_place(
                actor=actor_for(person), session=session, person=person, organisation=organisation
            )
            assert waits.state == "waiting"
        group = {
            "actor": actor_for(lead),
            "session": one,
            "organisation": school,
            "wanted": [Wanted(person=person.pk) for person in (ann, bob)],
        }
        shown = group_booking.digest(group_booking.check_group(**group))

    def book() -> str:
        group_booking.book_group(**group, key=uuid4(), shown=shown)
        return "booked"

    def offer() -> str:
        queue.allocate(locked_session(job(partnership), other), timezone.now())
        return "offered"

    return partnership, one, book, offer


def _until_somebody_waits_for_a_lock() -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    until = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            # Within a transaction the view stands still without this.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
            time.sleep(0.05)


def _let_the_other_begin_after_the_first_lock(monkeypatch, first) -> None:
    """The group has its first lock on people when the other session asks for all of its own."""
    have_first = threading.Event()
    lock_people = queue.lock_people

    def slowly(*sessions, also=()):
        if sessions != (first,):
            have_first.wait(timeout=10)
        lock_people(*sessions, also=also)
        if sessions == (first,) and not have_first.is_set():
            have_first.set()
            _until_somebody_waits_for_a_lock()

    monkeypatch.setattr(queue, "lock_people", slowly)
    monkeypatch.setattr(group_booking, "lock_people", slowly)


def test_a_group_and_the_offers_of_another_session_never_wait_for_each_other(monkeypatch) -> None:
    partnership, session, book, offer = _prepare_group_and_offers()
    _let_the_other_begin_after_the_first_lock(monkeypatch, session)
    assert _race(partnership, [book, offer]) == {"booked": 1, "offered": 1}
    with acting_in(partnership):
        assert Booking.objects.filter(session=session, state="waiting").count() == 3


def test_control_a_group_that_locks_its_people_one_by_one_waits_in_a_circle(monkeypatch) -> None:
    partnership, session, book, offer = _prepare_group_and_offers()
    _let_the_other_begin_after_the_first_lock(monkeypatch, session)
    monkeypatch.setattr(group_booking, "lock_people", lambda *_, **__: None)
    outcomes = _race(partnership, [book, offer])
    assert outcomes[OperationalError.__name__] == 1 and outcomes.total() == 2


def _prepare_fair_mix(others=10):
    """Ten places, four of them held for the police; so many of another sector and five officers book at once."""
    partnership, session, racers = _prepare(capacity=10)
    with acting_in(partnership):
        police = Sector.objects.create(partnership=partnership, code="police", name="Police")
        station = make_organisation(partnership, sector=police)
        people = [make_person(partnership, organisation=station) for _ in range(5)]
        officers = [(actor_for(one), one, station) for one in people]
        quota = {"places": 4, "releases_on": uk_date(session.starts_at), "sector": police}
        team = actor_for(make_person(partnership, Role.TEAM))
    return partnership, session, racers[:others], officers, team, quota


def test_held_places_go_to_nobody_else_however_many_reach_for_them_at_once() -> None:
    partnership, session, others, officers, team, quota = _prepare_fair_mix()
    with acting_in(partnership):
        add_quota(actor=team, session=session, **quota)
    outcomes = _race(partnership, [_booking(session, one) for one in others])
    assert outcomes == {"confirmed": 6, "waiting": 4}
    outcomes = _race(partnership, [_booking(session, one) for one in officers])
    assert outcomes == {"confirmed": 4, "waiting": 1}


def test_control_without_the_lock_others_take_the_places_that_are_held(monkeypatch) -> None:
    """Capacity is not exceeded, so no constraint catches it: only the lock keeps the mix."""
    partnership, session, others, _, team, quota = _prepare_fair_mix()
    with acting_in(partnership):
        add_quota(actor=team, session=session, **quota)
    have_read = threading.Barrier(len(others))

    def unlocked(actor, session):
        found = Session.objects.select_related("course", "venue").get(pk=session.pk)
        found.partnership = actor.partnership
        return found

    def together(*arguments):
        found = would_get_place(*arguments)
        have_read.wait(timeout=30)
        return found

    would_get_place = places.would_get_place
    monkeypatch.setattr(places, "locked_session", unlocked)
    monkeypatch.setattr(places, "would_get_place", together)
    assert _race(partnership, [_booking(session, one) for one in others]) == {"confirmed": 10}


def test_a_mix_that_is_set_and_changed_while_people_book_leaves_no_place_given_twice_or_to_nobody() -> None:
    # More of the others than there are places: whatever comes first, some of them have one and some wait.
    partnership, session, others, officers, team, quota = _prepare_fair_mix(others=12)

    def setting(number: int):
        def act() -> str:
            held = add_quota(actor=team, session=session, **{**quota, "places": 4})
            change_quota(actor=team, quota=held, places=number, releases_on=quota["releases_on"])
            return "set"

        return act

    jobs = [_booking(session, one) for one in (*others, *officers)] + [setting(2)]
    outcomes = _race(partnership, jobs)
    assert outcomes["set"] == 1 and outcomes.total() == 18
    with acting_in(partnership):
        session.refresh_from_db()
        assert session.places_taken == Booking.objects.filter(state__in=HOLDS_PLACE).count() <= 10
        # Whoever waits does so for a reason: whatever is left is held for the police, and no officer waits beside it.
        assert queue.allocate(locked_session(team, session), timezone.now()) == []
        mine = Booking.objects.filter(organisation=officers[0][2])
        held = max(0, 2 - mine.filter(state__in=HOLDS_PLACE).count())
        theirs = Booking.objects.exclude(organisation=officers[0][2])
        assert theirs.filter(state__in=HOLDS_PLACE).exists() and theirs.filter(state="waiting").exists()
        assert session.places_left <= held
        for own in (mine, theirs):
            turns = own.values_list("booked_at", "pk")
            got, waits = turns.filter(state__in=HOLDS_PLACE), turns.filter(state="waiting")
            assert all(one < other for one in got for other in waits)
