"""Whatever people, managers and jobs do in whatever order, no rule of the design is broken and no queue is unfair."""

from datetime import timedelta

from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bookings.models import Approval, Booking
from bookings.services.approvals import approve, decline
from bookings.services.offers import accept_offer
from bookings.services.places import book_place, give_up
from bookings.services.queue import lapse_overdue, offer_places
from bookings.states import ENDED, HOLDS_PLACE, STEPS, BookingState
from courses.models import Session
from partnerships.actors import system
from partnerships.errors import DomainError
from tests.factories import actor_for, make_course, make_organisation, make_person, make_session

PEOPLE = 6


def test_no_order_of_events_breaks_a_rule(partnership) -> None:
    organisation = make_organisation(partnership)
    people = [
        make_person(partnership, organisation=organisation, line_manager_email="boss@example.org")
        for _ in range(PEOPLE)
    ]

    class Places(RuleBasedStateMachine):
        """One session with two places and six people; half of the examples need an approval."""

        @initialize(asks=st.booleans())
        def open(self, asks: bool) -> None:
            course = make_course(partnership, approval="line_manager" if asks else "")
            self.session = make_session(partnership, course=course, capacity=2)
            self.states: dict[int, str] = {}

        def booking_of(self, number: int) -> Booking | None:
            return Booking.objects.filter(session=self.session, person=people[number]).live().first()

        @rule(number=st.integers(0, PEOPLE - 1))
        def book(self, number: int) -> None:
            person = people[number]
            try:
                book_place(
                    actor=actor_for(person), session=self.session, person=person, organisation=organisation
                )
            except DomainError as refusal:
                assert self.booking_of(number) is not None, refusal.sentence

        @rule(number=st.integers(0, PEOPLE - 1))
        def leave(self, number: int) -> None:
            if booking := self.booking_of(number):
                give_up(actor=actor_for(people[number]), booking=booking)

        @rule(number=st.integers(0, PEOPLE - 1))
        def accept(self, number: int) -> None:
            booking = self.booking_of(number)
            if booking and booking.state == BookingState.OFFERED:
                accept_offer(actor=actor_for(people[number]), booking=booking)

        @rule(data=st.data(), yes=st.booleans())
        def decide(self, data, yes: bool) -> None:
            waiting = list(Approval.objects.open().filter(booking__session=self.session).order_by("pk"))
            if waiting:
                one, boss = data.draw(st.sampled_from(waiting)), system(partnership, "test")
                if yes:
                    approve(actor=boss, approval=one)
                else:
                    decline(actor=boss, approval=one, reason="No")

        @rule(number=st.integers(0, PEOPLE - 1))
        def let_run_out(self, number: int) -> None:
            booking = self.booking_of(number)
            if booking and booking.state == BookingState.OFFERED:
                past = timezone.now() - timedelta(minutes=1)
                Booking.objects.filter(pk=booking.pk).update(offer_expires_at=past)
                lapse_overdue(partnership, timezone.now())

        @precondition(lambda self: self.session.capacity < 6)
        @rule()
        def resize(self) -> None:
            self.session.capacity += 1
            Session.objects.filter(pk=self.session.pk).update(capacity=self.session.capacity)
            offer_places(partnership, timezone.now())

        def teardown(self) -> None:
            # Nobody takes an open offer along into the next example.
            for number in range(PEOPLE):
                self.leave(number)

        @invariant()
        def the_rules_hold(self) -> None:
            if not hasattr(self, "session"):
                return
            self.session.refresh_from_db()
            bookings = list(Booking.objects.filter(session=self.session).order_by("booked_at", "pk"))
            holding = [one for one in bookings if one.state in HOLDS_PLACE]
            assert len(holding) == self.session.places_taken <= self.session.capacity
            live = [one.person_id for one in bookings if one.state not in ENDED]
            assert len(live) == len(set(live))
            for one in bookings:
                before = self.states.get(one.pk, one.state)
                assert before == one.state or _reachable(before, one.state), (before, one.state)
                self.states[one.pk] = one.state
            self._queue_is_fair(bookings)

        def _queue_is_fair(self, bookings: list[Booking]) -> None:
            """Nobody waits, approved, while a place is free that no earlier request keeps in reserve."""
            free = self.session.capacity - self.session.places_taken
            for place, one in enumerate([one for one in bookings if one.is_in_line]):
                if one.state == BookingState.WAITING:
                    assert place >= free
            # Whoever got a place while somebody waits had booked before them, or had no approval to wait for then.
            requests = {one.booking_id for one in Approval.objects.filter(booking__session=self.session)}
            waiting = [
                one for one in bookings if one.state == BookingState.WAITING and one.pk not in requests
            ]
            for one in waiting:
                later = [
                    other
                    for other in bookings
                    if (other.booked_at, other.pk) > (one.booked_at, one.pk) and other.state in HOLDS_PLACE
                ]
                assert later == []

    run_state_machine_as_test(
        Places,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        ),
    )


def _reachable(start: str, end: str) -> bool:
    """Several steps may lie between two looks."""
    seen, front = set(), {start}
    while front:
        seen |= front
        front = {step.value for here in front for step in STEPS.get(BookingState(here), ())} - seen
    return end in seen
