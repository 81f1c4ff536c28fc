"""Places held for a fair mix: a pure rule, tried in every order; and the same through the services."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from bookings.as_shown import session_as_shown
from bookings.fair_mix import InLine, Share, next_in
from bookings.models import Booking, Quota
from bookings.services.places import give_up
from bookings.services.queue import line_of, offer_places, would_get_places
from courses.plans import Slot
from courses.saved_plans import saved_plan
from courses.services.sessions import change_session
from notifications.models import Message
from partnership_portal.working_days import uk_date, uk_today
from partnerships.models import Sector
from partnerships.permissions import Role
from tests.factories import actor_for, make_organisation, make_person, make_session

HEALTH, POLICE, SCHOOL = 1, 2, 3


def line(*sectors: int) -> list[InLine]:
    return [InLine(number, 100 + number, sector) for number, sector in enumerate(sectors)]


def keys(chosen: list[InLine]) -> list[int]:
    return [one.key for one in chosen]


def test_without_quotas_the_first_in_line_get_the_places() -> None:
    assert keys(next_in(line(HEALTH, SCHOOL, SCHOOL), [], 2)) == [0, 1]


def test_held_places_go_to_nobody_else() -> None:
    share = Share(places=2, taken=0, holds=True, sector=POLICE)
    assert keys(next_in(line(SCHOOL, SCHOOL, SCHOOL, POLICE), [share], 3)) == [3, 0]


def test_once_released_the_missing_sector_is_preferred_and_the_rest_goes_to_the_next() -> None:
    share = Share(places=2, taken=0, holds=False, sector=POLICE)
    assert keys(next_in(line(SCHOOL, SCHOOL, POLICE), [share], 2)) == [2, 0]


def test_a_filled_quota_neither_holds_nor_prefers() -> None:
    share = Share(places=1, taken=1, holds=True, sector=POLICE)
    assert keys(next_in(line(SCHOOL, POLICE), [share], 1)) == [0]


def test_an_organisation_has_places_of_its_own() -> None:
    share = Share(places=1, taken=0, holds=True, organisation=102)
    assert keys(next_in(line(SCHOOL, SCHOOL, SCHOOL), [share], 2)) == [2, 0]


shares = st.lists(
    st.builds(
        Share,
        places=st.integers(1, 4),
        taken=st.integers(0, 3),
        holds=st.booleans(),
        sector=st.sampled_from([HEALTH, POLICE, SCHOOL]),
    ),
    max_size=3,
    unique_by=lambda share: share.sector,
)


@given(
    sectors=st.lists(st.sampled_from([HEALTH, POLICE, SCHOOL]), max_size=12),
    shares=shares,
    free=st.integers(0, 8),
)
def test_in_every_order_nobody_overtakes_within_a_sector_and_no_place_is_given_twice(
    sectors, shares, free
) -> None:
    queue = line(*sectors)
    open_before = {share.sector: share.open for share in shares}
    chosen = next_in(queue, shares, free)
    assert len(chosen) == len(set(chosen)) <= free
    for sector in (HEALTH, POLICE, SCHOOL):
        own = [one for one in queue if one.sector == sector]
        got = [one for one in chosen if one.sector == sector]
        assert got == own[: len(got)]
    # Whoever no unfilled quota wanted got a place only as long as one was left beside all that are held.
    wanted = {sector for sector, open_ in open_before.items() if open_}
    if any(one.sector not in wanted for one in chosen):
        assert len(chosen) + sum(share.open for share in shares if share.holds) <= free
    # Whoever got nothing found no place that was not held for others.
    left = free - len(chosen)
    if any(one not in chosen for one in queue):
        assert left <= sum(share.open for share in shares if share.holds)


@pytest.fixture
def police(partnership):
    return Sector.objects.create(partnership=partnership, code="police", name="Police")


def test_a_session_holds_places_until_the_day_and_prefers_them_afterwards(partnership, book, police) -> None:
    session = make_session(partnership, capacity=2)
    quota = Quota.objects.create(
        partnership=partnership,
        session=session,
        sector=police,
        places=1,
        releases_on=uk_today() + timedelta(days=2),
    )
    first, second = book(make_person(partnership), session), book(make_person(partnership), session)
    assert [first.state, second.state] == ["confirmed", "waiting"]
    officer = make_person(partnership, organisation=make_organisation(partnership, sector=police))
    assert book(officer, session).state == "confirmed"
    # The list prefers the sector of whom too few come, also when nothing is held any more.
    Quota.objects.filter(pk=quota.pk).update(releases_on=uk_today(), places=2)
    another = book(make_person(partnership, organisation=officer.memberships.get().organisation), session)
    give_up(actor=actor_for(first.person), booking=first)
    assert Booking.objects.get(pk=another.pk).state == "offered"
    assert Booking.objects.get(pk=second.pk).state == "waiting"


@pytest.fixture
def held_for_police(partnership, police, book):
    """Ten places, of which eight are held and the other two are taken."""
    session = make_session(partnership, capacity=10)
    until = uk_today() + timedelta(days=5)
    Quota.objects.create(partnership=partnership, session=session, sector=police, places=8, releases_on=until)
    for _ in range(2):
        book(make_person(partnership), session)
    session.refresh_from_db()
    return session


def page_of(client, session) -> str:
    return client.get(f"/alphashire/sessions/{session.pk}/book/").content.decode()


def test_whoever_waits_although_places_are_free_is_told_why(
    partnership, sign_in, book, held_for_police
) -> None:
    teacher = make_person(partnership)
    page = page_of(client := sign_in(teacher), held_for_police)
    assert "8 places are left, but held for others or for people who asked first." in page
    assert "This session is full" not in page and "Join the waiting list" in page
    shows = {"declaration": "on", "session_shown": session_as_shown(held_for_police)}
    sent = {"organisation": teacher.memberships.get().organisation_id, **shows}
    address = f"/alphashire/sessions/{held_for_police.pk}/book/"
    refused = client.post(address, {**sent, "expects_place": "True"})
    assert refused.status_code == 409 and "has just gone" not in refused.content.decode()
    assert "The places that are left are held for others, or for people who asked first." in (
        refused.content.decode()
    )
    client.post(address, {**sent, "expects_place": "False"})
    text = Message.objects.get(purpose="booking_waiting").text
    assert "The places that are left are held for others. You are number 1" in text
    # The same words where an approval leads to the list; and where the session is full, that it is.
    full = make_session(partnership, capacity=1)
    book(make_person(partnership), full)
    assert "This session is full." in page_of(client, full)
    book(teacher, full)
    assert "The session is full. You are number 1" in Message.objects.latest("pk").text


def test_whoever_has_two_employers_is_told_what_each_gets(
    partnership, sign_in, police, held_for_police
) -> None:
    """The place is looked for in the name of every employer, not of the first alone."""
    person = make_person(partnership)
    school = person.memberships.get().organisation
    force = make_organisation(partnership, sector=police, name="The police")
    person.memberships.create(partnership=partnership, organisation=force, started_on="2020-01-01")
    page = page_of(client := sign_in(person), held_for_police)
    assert "8 places left." in page and f"As part of {school} you would join the waiting list" in page
    assert "As part of The police" not in page
    address = f"/alphashire/sessions/{held_for_police.pk}/book/"
    shows = {"expects_place": "True", "session_shown": session_as_shown(held_for_police)}
    sent = {"organisation": school.pk, "declaration": "on", **shows}
    refused = client.post(address, sent)
    assert refused.status_code == 409
    assert "As part of The police you would get one." in refused.content.decode()
    client.post(address, {**sent, "organisation": force.pk})
    assert Booking.objects.get(person=person).state == "confirmed"


@pytest.mark.parametrize("employers", [1, 5])
def test_several_employers_cost_no_more_looks_at_the_queue(
    partnership, police, held_for_police, employers, django_assert_num_queries
) -> None:
    organisations = [make_organisation(partnership) for _ in range(employers)]
    line = line_of(held_for_police)
    with django_assert_num_queries(2):
        assert not would_get_places(held_for_police, organisations, line, timezone.now())


def test_released_places_are_offered_by_the_job(partnership, book, police) -> None:
    session = make_session(partnership, capacity=1)
    Quota.objects.create(
        partnership=partnership,
        session=session,
        sector=police,
        places=1,
        releases_on=uk_today() + timedelta(days=1),
    )
    waiting = book(make_person(partnership), session)
    offer_places(partnership, timezone.now())
    assert Booking.objects.get(pk=waiting.pk).state == "waiting"
    offer_places(partnership, timezone.now() + timedelta(days=1))
    assert Booking.objects.get(pk=waiting.pk).state == "offered"


def test_held_places_keep_their_distance_when_the_session_moves(partnership, book, police) -> None:
    now = timezone.now()
    session = make_session(partnership, capacity=1, starts_at=now + timedelta(days=60))
    others = make_session(partnership, capacity=1, starts_at=now + timedelta(days=60))
    until = uk_date(session.starts_at) - timedelta(days=14)
    held, other = (
        Quota.objects.create(partnership=partnership, session=one, sector=police, places=1, releases_on=until)
        for one in (session, others)
    )
    waiting = book(make_person(partnership), session)
    team = actor_for(make_person(partnership, Role.TEAM))
    for days in (61, 30, 12):
        plan = saved_plan(session)
        slots = (Slot(now + timedelta(days=days), now + timedelta(days=days, hours=2)),)
        session = change_session(actor=team, session=session, plan=replace(plan, slots=slots))
        held.refresh_from_db()
        assert held.releases_on == uk_date(session.starts_at) - timedelta(days=14)
    other.refresh_from_db()
    assert other.releases_on == until
    # Twelve days before, nothing is held any more.
    offer_places(partnership, now)
    assert Booking.objects.get(pk=waiting.pk).state == "offered"
