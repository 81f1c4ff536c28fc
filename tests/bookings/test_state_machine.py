"""Whatever people, leads, managers, the team and jobs do in whatever order, no rule breaks and no queue is unfair."""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bookings.colleagues import Wanted
from bookings.models import AccessNeeds, Approval, Booking, Quota
from bookings.services.approvals import approve, chase_approvals, decline
from bookings.services.capacity import change_capacity
from bookings.services.changes import tell_of_cancelled_sessions
from bookings.services.group_booking import book_group, check_group, digest
from bookings.services.merging import merge_sessions
from bookings.services.moving import take_another_session
from bookings.services.offers import accept_offer, let_offer_go
from bookings.services.organisations import correct_organisation
from bookings.services.places import Told, book_place, give_up
from bookings.services.queue import lapse_overdue, offer_places
from bookings.services.quotas import add_quota, change_quota, remove_quota
from bookings.services.swaps import pass_on, swap_place
from bookings.states import ENDED, HOLDS_PLACE, STEPS, UPCOMING, BookingState
from courses.models import Session
from courses.services.sessions import cancel_session
from partnership_portal.working_days import uk_date, uk_today
from partnerships.errors import DomainError
from partnerships.models import Sector
from partnerships.permissions import Role
from tests.factories import actor_for, make_course, make_organisation, make_person, make_session

PEOPLE = 6
SESSIONS = 2

numbers = st.integers(0, PEOPLE - 1)
sessions = st.integers(0, SESSIONS - 1)


def test_no_order_of_events_breaks_a_rule(partnership) -> None:
    police = Sector.objects.create(partnership=partnership, code="police", name="Police")
    organisations = [make_organisation(partnership), make_organisation(partnership, sector=police)]
    leads = [
        actor_for(make_person(partnership, Role.ORGANISATION_LEAD, organisation=one)) for one in organisations
    ]
    team = actor_for(make_person(partnership, Role.TEAM))
    people = [
        make_person(
            partnership, organisation=organisations[number % 2], line_manager_email="boss@example.org"
        )
        for number in range(PEOPLE)
    ]
    for number, person in enumerate(people):
        # Worked for the other organisation before, so that a booking may turn out to be that one's.
        person.memberships.create(
            partnership=partnership,
            organisation=organisations[1 - number % 2],
            started_on="2019-01-01",
            ended_on="2019-12-31",
        )

    class Places(RuleBasedStateMachine):
        """Two sessions of a course with two places each, six people of two organisations, their leads and the team."""

        @initialize(asks=st.booleans())
        def open(self, asks: bool) -> None:
            self.course = make_course(partnership, approval="line_manager" if asks else "")
            self.sessions = [self.new_session() for _ in range(SESSIONS)]
            self.seen: dict[int, Booking] = {}
            self.had_offer: set[int] = set()
            self.kept_places: set[int] = set()
            for which in range(SESSIONS):
                self.fill(which)

        def new_session(self) -> Session:
            return make_session(partnership, course=self.course, capacity=2)

        def fill(self, which: int) -> None:
            """Let nearly everybody ask for a place, so that there is a queue."""
            for number in range(PEOPLE - 1):
                self.book(actor_for(people[number]), number, which)

        def booking_of(self, number: int, which: int) -> Booking | None:
            found = Booking.objects.filter(session=self.sessions[which], person=people[number])
            return found.live().first()

        def pick(self, data, *states: BookingState) -> Booking | None:
            """Some booking of the sessions, in one of these states."""
            found = Booking.objects.filter(session__in=self.sessions, state__in=states).order_by("pk")
            bookings = list(found.select_related("person", "organisation", "session"))
            return data.draw(st.sampled_from(bookings)) if bookings else None

        def book(self, actor, number: int, which: int) -> None:
            person = people[number]
            try:
                book_place(
                    actor=actor,
                    session=self.sessions[which],
                    person=person,
                    organisation=organisations[number % 2],
                    told=Told(access_needs="A ramp"),
                )
            except DomainError as refusal:
                assert self.booking_of(number, which) is not None, refusal.sentence

        @rule(number=numbers, which=sessions)
        def book_oneself(self, number: int, which: int) -> None:
            self.book(actor_for(people[number]), number, which)

        @rule(number=numbers, which=sessions, by_team=st.booleans())
        def be_booked(self, number: int, which: int, by_team: bool) -> None:
            self.book(team if by_team else leads[number % 2], number, which)

        @rule(side=st.integers(0, 1), which=sessions)
        def book_several(self, side: int, which: int) -> None:
            wanted = [Wanted(person=one.pk) for one in people[side::2]]
            what = {
                "actor": leads[side],
                "session": self.sessions[which],
                "organisation": organisations[side],
                "wanted": wanted,
            }
            outcomes = check_group(**what)
            if any(one.booking is not None for one in outcomes):
                group = book_group(**what, key=uuid4(), shown=digest(outcomes))
                assert group.bookings.count() == sum(one.booking is not None for one in outcomes)

        @rule(data=st.data(), by=st.sampled_from(["self", "lead", "team"]))
        def leave(self, data, by: str) -> None:
            booking = self.pick(data, *UPCOMING)
            if booking is not None:
                # The lead of whoever it is booked for now, which may have been corrected.
                lead = leads[organisations.index(booking.organisation)]
                actor = {"self": actor_for(booking.person), "lead": lead, "team": team}[by]
                give_up(actor=actor, booking=booking)

        @rule(data=st.data(), yes=st.booleans())
        def answer_the_offer(self, data, yes: bool) -> None:
            booking = self.pick(data, BookingState.OFFERED)
            if booking is not None:
                (accept_offer if yes else let_offer_go)(actor=actor_for(booking.person), booking=booking)

        @rule(data=st.data(), outcome=st.sampled_from(["yes", "no", "silence"]))
        def decide(self, data, outcome: str) -> None:
            waiting = list(Approval.objects.open().filter(booking__session__in=self.sessions).order_by("pk"))
            if not waiting:
                return
            one = data.draw(st.sampled_from(waiting))
            if outcome == "yes":
                approve(actor=team, approval=one)
            elif outcome == "no":
                decline(actor=team, approval=one, reason="No")
            else:
                Approval.objects.filter(pk=one.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
                chase_approvals(partnership, timezone.now())

        @rule(data=st.data())
        def let_run_out(self, data) -> None:
            booking = self.pick(data, BookingState.OFFERED)
            if booking is not None:
                past = timezone.now() - timedelta(minutes=1)
                Booking.objects.filter(pk=booking.pk).update(offer_expires_at=past)
                lapse_overdue(partnership, timezone.now())

        @rule(which=sessions, capacity=st.integers(1, 5))
        def resize(self, which: int, capacity: int) -> None:
            session = Session.objects.get(pk=self.sessions[which].pk)
            try:
                change_capacity(actor=team, session=session, capacity=capacity)
            except DomainError:
                assert capacity < session.places_taken

        @rule(data=st.data(), colleague=numbers, by_lead=st.booleans())
        def swap(self, data, colleague: int, by_lead: bool) -> None:
            booking, other = self.pick(data, BookingState.CONFIRMED), people[colleague]
            if booking is None:
                return
            try:
                if by_lead:
                    lead = leads[organisations.index(booking.organisation)]
                    swap_place(actor=lead, booking=booking, person=other)
                else:
                    actor = actor_for(booking.person)
                    pass_on(actor=actor, booking=booking, name=other.name, email=other.email)
            except DomainError:
                return
            new = Booking.objects.get(swapped_from=booking)
            # The place was never free.
            self.kept_places.add(new.pk)
            assert (new.organisation_id, new.booked_at) == (booking.organisation_id, booking.booked_at)

        @rule(data=st.data())
        def move(self, data) -> None:
            booking = self.pick(data, BookingState.CONFIRMED)
            if booking is not None:
                (other,) = (one for one in self.sessions if one.pk != booking.session_id)
                try:
                    take_another_session(actor=team, booking=booking, session=other)
                except DomainError:
                    assert Booking.objects.get(pk=booking.pk).session_id == booking.session_id

        @rule(which=sessions, side=st.integers(0, 1), by_sector=st.booleans(), places=st.integers(0, 2))
        def hold_places(self, which: int, side: int, by_sector: bool, places: int) -> None:
            """Add, change, or (none) remove a quota; released is one that holds until today."""
            session = self.sessions[which]
            one = organisations[side]
            whom = {"sector": one.sector} if by_sector else {"organisation": one}
            there = Quota.objects.filter(session=session, **whom).first()
            until = uk_today() if places == 1 else uk_date(session.starts_at)
            try:
                if there is not None and places:
                    change_quota(actor=team, quota=there, places=places, releases_on=until)
                elif there is not None:
                    remove_quota(actor=team, quota=there)
                elif places:
                    add_quota(actor=team, session=session, places=places, releases_on=until, **whom)
            except DomainError as refusal:
                assert "Hold fewer" in refusal.sentence

        @rule(data=st.data())
        def correct(self, data) -> None:
            booking = self.pick(data, *UPCOMING)
            if booking is not None:
                other = organisations[1 - organisations.index(booking.organisation)]
                correct_organisation(actor=team, booking=booking, organisation=other)

        @rule(which=sessions)
        def merge(self, which: int) -> None:
            emptied, kept = self.sessions[which], self.sessions[1 - which]
            coming = Booking.objects.filter(session=emptied, state__in=HOLDS_PLACE)
            places = set(coming.values_list("pk", flat=True))
            try:
                merge_sessions(actor=team, emptied=emptied, kept=kept, reason="Two half-empty ones")
            except DomainError as refusal:
                assert "too few places" in refusal.sentence
                return
            self.kept_places |= places
            self.the_rules_hold()
            self.sessions[which] = self.new_session()
            self.fill(which)

        @rule(which=sessions)
        def cancel(self, which: int) -> None:
            cancel_session(actor=team, session=self.sessions[which], reason="Snow")
            for _ in range(2):
                tell_of_cancelled_sessions(partnership, timezone.now())
            assert not Booking.objects.filter(session=self.sessions[which]).live().exists()
            self.sessions[which] = self.new_session()
            self.fill(which)

        def teardown(self) -> None:
            # Nobody takes an open offer along into the next example.
            for booking in Booking.objects.live().filter(session__course=self.course):
                give_up(actor=team, booking=booking)

        @invariant()
        def the_rules_hold(self) -> None:
            if not hasattr(self, "sessions"):
                return
            bookings = list(
                Booking.objects.filter(session__course=self.course)
                .select_related("session", "organisation")
                .order_by("booked_at", "pk")
            )
            for session in {one.session_id: one.session for one in bookings}.values():
                holding = [one for one in bookings if one.session_id == session.pk and one.holds_place]
                assert len(holding) == session.places_taken <= session.capacity
            live = [(one.person_id, one.session_id) for one in bookings if one.state not in ENDED]
            assert len(live) == len(set(live))
            for one in bookings:
                before = self.seen.get(one.pk, one).state
                assert before == one.state or _reachable(before, one.state), (before, one.state)
            ended = [one.pk for one in bookings if one.state in ENDED]
            assert not AccessNeeds.objects.filter(booking__in=ended).exists()
            asked = Approval.objects.open().filter(booking__session__course=self.course)
            requests = {one.pk for one in bookings if one.state == BookingState.REQUESTED}
            assert set(asked.values_list("booking", flat=True)) == requests
            offers = {one.person_id for one in bookings if one.state == BookingState.OFFERED}
            # Whoever has, or had until just now, an open offer elsewhere is passed over until the job looks again.
            self.passed_over = offers | self.had_offer
            for session in self.sessions:
                session.refresh_from_db()
                self._queue_is_fair(session, [one for one in bookings if one.session_id == session.pk])
            self.seen = {one.pk: one for one in bookings}
            self.had_offer = offers
            self.kept_places = set()
            self._let_the_job_look()

        def _let_the_job_look(self) -> None:
            offer_places(partnership, timezone.now())
            for one in Booking.objects.filter(session__course=self.course):
                self.seen[one.pk] = one
                if one.state == BookingState.OFFERED:
                    self.had_offer.add(one.person_id)

        def _queue_is_fair(self, session: Session, bookings: list[Booking]) -> None:
            line = [one for one in bookings if one.is_in_line]
            quotas = list(Quota.objects.filter(session=session))
            free = session.capacity - session.places_taken
            held = sum(_open(quota, bookings) for quota in quotas if uk_today() < quota.releases_on)
            for place, one in enumerate(line):
                if one.state != BookingState.WAITING or one.person_id in self.passed_over:
                    continue
                # Nobody waits for a place that is free, held for no mix and kept for no request.
                preferred = [
                    other
                    for other in line[place:]
                    if other.state == BookingState.REQUESTED and any(_suits(quota, other) for quota in quotas)
                ]
                assert place + len(preferred) >= free - held
            for newly in bookings:
                if newly.holds_place and not self._had_this_place(newly):
                    self._overtook_nobody(newly, line, free, mixed=bool(quotas))

        def _had_this_place(self, booking: Booking) -> bool:
            before = self.seen.get(booking.pk)
            stayed = before is not None and before.holds_place and before.session_id == booking.session_id
            return stayed or booking.pk in self.kept_places

        def _overtook_nobody(self, newly: Booking, line: list[Booking], free: int, *, mixed: bool) -> None:
            """Nobody of the same organisation, or nobody at all where no mix is kept, was before them and got none."""
            before = [
                one
                for one in line
                if (one.booked_at, one.pk) < (newly.booked_at, newly.pk)
                and (not mixed or one.organisation_id == newly.organisation_id)
            ]
            for one in before:
                assert one.state == BookingState.REQUESTED or one.person_id in self.passed_over
            assert sum(one.state == BookingState.REQUESTED for one in before) <= free

    run_state_machine_as_test(
        Places,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        ),
    )


def _suits(quota: Quota, booking: Booking) -> bool:
    return quota.organisation_id == booking.organisation_id or (
        quota.sector_id is not None and quota.sector_id == booking.organisation.sector_id
    )


def _open(quota: Quota, bookings: list[Booking]) -> int:
    """How many of the places that a quota wants are still to be taken."""
    taken = sum(one.holds_place and _suits(quota, one) for one in bookings)
    return max(quota.places - taken, 0)


def _reachable(start: str, end: str) -> bool:
    """Several steps may lie between two looks."""
    seen, front = set(), {start}
    while front:
        seen |= front
        front = {step.value for here in front for step in STEPS.get(BookingState(here), ())} - seen
    return end in seen
