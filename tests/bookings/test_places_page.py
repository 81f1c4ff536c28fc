"""The page about the places of one session: what it shows, to whom, and what its buttons do."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import Booking, Quota
from bookings.services.capacity import change_capacity
from bookings.services.merging import merge_sessions
from bookings.services.offers import offer_again
from bookings.services.places import give_up
from bookings.services.queue import lapse_overdue
from bookings.services.quotas import add_quota, change_quota, remove_quota
from courses.models import Session
from courses.refusals import PlanRefused
from courses.services.copies import plan_of
from courses.services.sessions import change_session
from notifications.models import Message
from partnership_portal.templatetags.portal import uk_datetime
from partnership_portal.working_days import add_working_days, uk_date, uk_today
from partnerships.errors import DomainError
from partnerships.models import AuditEntry, Organisation, Sector
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.factories import (
    actor_for,
    adopt,
    make_course,
    make_organisation,
    make_partnership,
    make_person,
    make_session,
    policy,
)
from tests.pages.made import booked, offered, requested


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM)


@pytest.fixture
def police(partnership):
    return Sector.objects.create(partnership=partnership, code="police", name="Police", position=2)


@pytest.fixture
def officer(partnership, police):
    return make_person(partnership, organisation=make_organisation(partnership, sector=police))


def state(booking) -> str:
    return Booking.objects.get(pk=booking.pk).state


def soon(days=3):
    return add_working_days(uk_today(), days)


def held(team, session, sector, places=1, days=3) -> Quota:
    return add_quota(
        actor=actor_for(team), session=session, places=places, releases_on=soon(days), sector=sector
    )


def test_the_page_is_the_teams_and_the_neighbours_session_is_not_found(
    partnership, neighbour, team, sign_in, police
) -> None:
    session = make_session(partnership)
    quota = held(team, session, police)
    with acting_in(neighbour):
        theirs = make_session(neighbour)
        foreign = Quota.objects.create(
            partnership=neighbour,
            session=theirs,
            places=1,
            releases_on=soon(),
            sector=Sector.objects.filter(partnership=neighbour)[0],
        )
    for page, own, other in (
        ("sessions/{}/places/", session, theirs),
        ("sessions/{}/places/number/", session, theirs),
        ("sessions/{}/quotas/new/", session, theirs),
        ("quotas/{}/", quota, foreign),
        ("quotas/{}/remove/", quota, foreign),
    ):
        address = f"/alphashire/desk/{page}"
        assert sign_in(team).get(address.format(own.pk)).status_code == 200
        assert sign_in(team).get(address.format(other.pk)).status_code == 404
        trainer = sign_in(make_person(partnership, Role.TRAINER))
        assert trainer.get(address.format(own.pk)).status_code == 403


def test_the_queue_is_shown_in_its_order_with_who_decides_and_what_can_be_done(
    partnership, team, sign_in, book
) -> None:
    session = make_session(partnership, capacity=1)
    book(make_person(partnership), session)
    second, third = book(make_person(partnership), session), book(make_person(partnership), session)
    Booking.objects.filter(pk=second.pk).update(state="waiting")
    page = sign_in(team).get(f"/alphashire/desk/sessions/{session.pk}/places/").content.decode()
    assert "In the queue (2)" in page
    assert page.index(str(second.person)) < page.index(str(third.person))
    assert f"/me/bookings/{third.pk}/cancel/" in page


def test_a_request_leads_to_its_decision_and_says_whom_it_waits_for(partnership, team, sign_in) -> None:
    session = make_session(partnership)
    approval = requested(session)
    page = sign_in(team).get(f"/alphashire/desk/sessions/{session.pk}/places/").content.decode()
    assert "Max Manager, until" in page and f"/alphashire/approvals/{approval.pk}/" in page


@pytest.mark.parametrize("rows", [1, 5])
def test_the_page_asks_the_same_number_of_questions(
    partnership, team, sign_in, book, settings, django_assert_num_queries, rows
) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    session = make_session(partnership, capacity=2 * rows)
    places = [book(make_person(partnership), session) for _ in range(4 * rows)]
    for number, booking in enumerate(places[: 2 * rows]):
        Booking.objects.filter(pk=booking.pk).update(coming_asked_at=timezone.now())
        if number % 2:
            asks = make_person(partnership)
            requested(session, booking=booked(session, asks, "requested"))
    for number in range(rows):
        sector = Sector.objects.create(partnership=partnership, code=f"s{number}", name=f"Sector {number}")
        Quota.objects.create(
            partnership=partnership, session=session, places=1, releases_on=soon(), sector=sector
        )
    browser = sign_in(team)
    browser.get(f"/alphashire/desk/sessions/{session.pk}/places/")
    with django_assert_num_queries(13):
        browser.get(f"/alphashire/desk/sessions/{session.pk}/places/")


def test_places_are_held_for_a_sector_and_given_out_when_they_are_no_more(
    partnership, team, sign_in, book, police, officer
) -> None:
    session = make_session(partnership, capacity=2)
    browser = sign_in(team)
    until = soon(5)
    data = {
        "whom": str(police.pk),
        "places": "1",
        "releases_on_day": until.day,
        "releases_on_month": until.month,
        "releases_on_year": until.year,
    }
    answer = browser.post(f"/alphashire/desk/sessions/{session.pk}/quotas/new/", data, follow=True)
    assert "The places are held." in answer.content.decode()
    first, second = book(make_person(partnership), session), book(make_person(partnership), session)
    assert (state(first), state(second)) == ("confirmed", "waiting")
    quota = Quota.objects.get()
    page = answer.content.decode()
    assert "0 of 1" in page and f"/alphashire/desk/quotas/{quota.pk}/remove/" in page
    browser.get(f"/alphashire/desk/quotas/{quota.pk}/remove/")
    assert Quota.objects.exists(), "to look does nothing"
    browser.post(f"/alphashire/desk/quotas/{quota.pk}/remove/")
    assert not Quota.objects.exists() and state(second) == "offered"


@pytest.mark.parametrize(
    ("days", "before"), [(14, "14 days before"), (1, "1 day before"), (0, "on the day of")]
)
def test_the_policy_says_until_when_places_are_held(partnership, team, sign_in, days, before) -> None:
    rule = policy(booking__fair_mix_release_days=days)
    adopt(partnership, rule, at=timezone.now() - timedelta(days=1))
    session = make_session(partnership)
    usual = uk_date(session.starts_at) - timedelta(days=days)
    page = sign_in(team).get(f"/alphashire/desk/sessions/{session.pk}/quotas/new/")
    assert page.context["form"]["releases_on"].initial == usual
    assert f"policy that is {before} the session" in page.content.decode()


def test_where_the_policys_day_has_passed_the_team_says_until_when(partnership, team, sign_in) -> None:
    session = make_session(partnership, starts_at=timezone.now() + timedelta(days=10))
    page = sign_in(team).get(f"/alphashire/desk/sessions/{session.pk}/quotas/new/")
    # The default is two weeks: a hold until a day that is over would hold nothing.
    assert page.context["form"]["releases_on"].initial is None


def test_whom_places_are_held_for_comes_first(partnership, team, book, police, officer) -> None:
    session = make_session(partnership, capacity=1)
    has = book(make_person(partnership), session)
    first, wanted = book(make_person(partnership), session), book(officer, session)
    held(team, session, police)
    give_up(actor=actor_for(team), booking=has)
    assert (state(first), state(wanted)) == ("waiting", "offered")


def test_releasing_today_gives_the_places_out(partnership, team, book, police) -> None:
    session = make_session(partnership, capacity=1)
    quota = held(team, session, police)
    waits = book(make_person(partnership), session)
    assert state(waits) == "waiting"
    change_quota(actor=actor_for(team), quota=quota, places=1, releases_on=uk_today())
    assert state(waits) == "offered"
    change_quota(actor=actor_for(team), quota=quota, places=1, releases_on=uk_today())
    assert AuditEntry.objects.filter(action="bookings.change_quota").count() == 1


def test_a_quota_is_added_once_and_told_apart(partnership, team, police) -> None:
    session = make_session(partnership, capacity=4)
    assert held(team, session, police) == held(team, session, police)
    with pytest.raises(DomainError, match="already"):
        held(team, session, police, places=2)
    own = make_organisation(partnership, sector=police)
    add_quota(actor=actor_for(team), session=session, places=1, releases_on=soon(), organisation=own)
    assert Quota.objects.count() == 2
    assert AuditEntry.objects.filter(action="bookings.add_quota").count() == 2


@pytest.mark.parametrize(
    ("places", "days", "words"),
    [(0, 3, "at least 1"), (5, 3, "has 4 places"), (1, -2, "from today"), (1, 60, "from today")],
)
def test_quotas_that_make_no_sense_are_refused(places, days, words, partnership, team, police) -> None:
    session = make_session(partnership, capacity=4)
    with pytest.raises(DomainError, match=words):
        held(team, session, police, places=places, days=days)
    assert not Quota.objects.exists()


def test_all_quotas_together_hold_no_more_than_there_is(partnership, team, police) -> None:
    session = make_session(partnership, capacity=4)
    quota = held(team, session, police, places=3)
    own = make_organisation(partnership)
    with pytest.raises(DomainError, match="3 of them are held already"):
        add_quota(actor=actor_for(team), session=session, places=2, releases_on=soon(), organisation=own)
    change_quota(actor=actor_for(team), quota=quota, places=4, releases_on=soon())


def test_nothing_is_held_once_a_session_has_begun(partnership, team, police) -> None:
    begun = make_session(partnership, starts_at=timezone.now() - timedelta(hours=1))
    with pytest.raises(DomainError, match="has begun"):
        held(team, begun, police)


def test_only_the_team_holds_places(partnership, police, team) -> None:
    session = make_session(partnership)
    quota = held(team, session, police)
    lead = actor_for(make_person(partnership, Role.ORGANISATION_LEAD))
    for act in (
        lambda: add_quota(actor=lead, session=session, places=1, releases_on=soon(), sector=police),
        lambda: change_quota(actor=lead, quota=quota, places=2, releases_on=soon()),
        lambda: remove_quota(actor=lead, quota=quota),
        lambda: change_capacity(actor=lead, session=session, capacity=30),
    ):
        with pytest.raises(Exception, match="right to"):
            act()


def test_a_removed_quota_is_removed_once_and_changed_no_more(partnership, team, police) -> None:
    quota = held(team, make_session(partnership), police)
    remove_quota(actor=actor_for(team), quota=Quota.objects.get())
    remove_quota(actor=actor_for(team), quota=quota)
    assert AuditEntry.objects.filter(action="bookings.remove_quota").count() == 1
    with pytest.raises(DomainError, match="not held any more"):
        change_quota(actor=actor_for(team), quota=quota, places=2, releases_on=soon())


def test_an_organisation_that_is_not_on_the_list_is_told_at_its_field(partnership, team, sign_in) -> None:
    session = make_session(partnership)
    for name, words in (("", "Enter which organisation"), ("Nowhere", "There is no organisation called")):
        data = {"whom": "organisation", "organisation": name, "places": "1"}
        page = sign_in(team).post(f"/alphashire/desk/sessions/{session.pk}/quotas/new/", data)
        assert words in page.content.decode() and not Quota.objects.exists()


def test_more_places_go_to_the_queue_at_once(partnership, team, sign_in, book) -> None:
    session = make_session(partnership, capacity=1)
    book(make_person(partnership), session)
    waits = book(make_person(partnership), session)
    answer = sign_in(team).post(
        f"/alphashire/desk/sessions/{session.pk}/places/number/", {"capacity": "2"}, follow=True
    )
    assert "has 2 places now" in answer.content.decode() and state(waits) == "offered"


def test_fewer_places_than_are_taken_are_refused(partnership, team, sign_in, book) -> None:
    session = make_session(partnership, capacity=3)
    for _ in range(2):
        book(make_person(partnership), session)
    page = sign_in(team).post(f"/alphashire/desk/sessions/{session.pk}/places/number/", {"capacity": "1"})
    assert "can’t be fewer than 2" in page.content.decode()
    assert Session.objects.get(pk=session.pk).capacity == 3


def test_the_class_size_holds_unless_the_session_is_lecture_style(partnership, team, sign_in) -> None:
    adopt(
        partnership,
        policy(booking__class_size_cap=25, booking__lecture_style_exempt=True),
        at=timezone.now() - timedelta(days=9),
    )
    session = make_session(partnership, capacity=20)
    browser, address = sign_in(team), f"/alphashire/desk/sessions/{session.pk}/places/number/"
    assert "at most 25 places" in browser.post(address, {"capacity": "40"}).content.decode()
    told = {"capacity": "40", "lecture_style": "on"}
    assert "Say why" in browser.post(address, told).content.decode()
    browser.post(address, {**told, "lecture_style_reason": "A talk to all schools"})
    session.refresh_from_db()
    assert (session.capacity, session.lecture_style) == (40, True)
    assert AuditEntry.objects.filter(action="courses.except_from_class_size").count() == 1


def test_changing_the_number_of_places_keeps_a_trainer_who_left_the_pool(partnership, team) -> None:
    former = make_person(partnership)
    session = make_session(partnership, trainers=(former,))
    change_capacity(actor=actor_for(team), session=session, capacity=30)
    assert list(session.trainer_links.values_list("person_id", flat=True)) == [former.pk]


def capped(partnership) -> Session:
    """A session that walk-ins have made larger than the strategy's class size."""
    adopt(partnership, policy(booking__class_size_cap=25), at=timezone.now() - timedelta(days=90))
    session = make_session(partnership, starts_at=timezone.now() - timedelta(hours=1), capacity=25)
    Session.objects.filter(pk=session.pk).update(capacity=27)
    return Session.objects.get(pk=session.pk)


def test_a_session_that_walk_ins_made_larger_can_still_be_changed(partnership, team) -> None:
    session = capped(partnership)
    actor = actor_for(team)
    plan = replace(plan_of(actor, session), joining_instructions="The car park is closed.")
    change_session(actor=actor, session=session, plan=plan)
    change_session(actor=actor, session=session, plan=replace(plan, capacity=26))
    with pytest.raises(PlanRefused, match="at most 25"):
        change_session(actor=actor, session=session, plan=replace(plan, capacity=27))


def test_an_offer_is_held_anew_and_told_again_once(partnership, team, sign_in, book) -> None:
    session = make_session(partnership, capacity=1)
    has = book(make_person(partnership), session)
    waits = book(make_person(partnership), session)
    give_up(actor=actor_for(team), booking=has)
    nearly = timezone.now() + timedelta(minutes=5)
    Booking.objects.filter(pk=waits.pk).update(offer_expires_at=nearly)
    before = Message.objects.filter(purpose="booking_offered").count()
    for _ in range(2):
        sign_in(team).post(f"/alphashire/desk/bookings/{waits.pk}/offer-again/")
    assert Booking.objects.get(pk=waits.pk).offer_expires_at > nearly + timedelta(hours=1)
    assert Message.objects.filter(purpose="booking_offered").count() == before + 1
    assert AuditEntry.objects.filter(action="bookings.offer_again").count() == 1


def test_an_offer_is_shown_to_end_with_booking_where_that_closes_sooner_now(
    partnership, team, sign_in, book
) -> None:
    session = make_session(partnership, capacity=1)
    has = book(make_person(partnership), session)
    book(make_person(partnership), session)
    give_up(actor=actor_for(team), booking=has)
    closes = timezone.now() + timedelta(minutes=30)
    Session.objects.filter(pk=session.pk).update(booking_closes_at=closes)
    page = sign_in(team).get(f"/alphashire/desk/sessions/{session.pk}/places/").content.decode()
    assert f"Until {uk_datetime(closes)}" in page


def test_an_offer_that_ran_out_is_not_held_anew(partnership, team, sign_in, book) -> None:
    session = make_session(partnership, capacity=1)
    has = book(make_person(partnership), session)
    waits = book(make_person(partnership), session)
    give_up(actor=actor_for(team), booking=has)
    Booking.objects.filter(pk=waits.pk).update(offer_expires_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(DomainError, match="ran out"):
        offer_again(actor=actor_for(team), booking=waits)
    lapse_overdue(partnership, timezone.now())
    page = sign_in(team).get(f"/alphashire/desk/sessions/{session.pk}/places/").content.decode()
    assert "Ran out (1)" in page and f"/sessions/{session.pk}/book/for/{waits.person_id}/" in page
    learner = sign_in(make_person(partnership))
    assert learner.post(f"/alphashire/desk/bookings/{waits.pk}/offer-again/").status_code == 403
    assert sign_in(team).get(f"/alphashire/desk/bookings/{waits.pk}/offer-again/").status_code == 405


def test_what_an_emptied_session_held_goes_with_its_people(partnership, team, police) -> None:
    course = make_course(partnership)
    emptied, kept = (make_session(partnership, course=course, capacity=6) for _ in range(2))
    health = Sector.objects.get(code="health")
    own: Organisation = make_organisation(partnership)
    held(team, emptied, police, places=3)
    held(team, kept, police, places=1, days=2)
    held(team, emptied, health, places=2)
    add_quota(actor=actor_for(team), session=emptied, places=1, releases_on=soon(), organisation=own)
    merge_sessions(actor=actor_for(team), emptied=emptied, kept=kept, reason="Too few people")
    assert not Quota.objects.filter(session=emptied).exists()
    found = {one.whom: (one.places, one.releases_on) for one in Quota.objects.filter(session=kept)}
    assert found == {"Police": (3, soon(2)), "Health": (2, soon()), str(own): (1, soon())}


def test_merged_quotas_hold_no_more_than_the_session_has(partnership, team, police) -> None:
    course = make_course(partnership)
    kept = make_session(partnership, course=course, capacity=3)
    emptied = make_session(partnership, course=course, starts_at=kept.starts_at + timedelta(days=7))
    held(team, kept, police, places=2)
    quota = held(team, emptied, Sector.objects.get(code="health"), places=5)
    change_quota(actor=actor_for(team), quota=quota, places=5, releases_on=uk_date(emptied.starts_at))
    merge_sessions(actor=actor_for(team), emptied=emptied, kept=kept, reason="Too few people")
    found = {one.whom: (one.places, one.releases_on) for one in Quota.objects.filter(session=kept)}
    assert found == {"Police": (2, soon()), "Health": (1, uk_date(kept.starts_at))}


@pytest.mark.browser
def test_desk_and_places_in_chromium(transactional_db, open_browser) -> None:
    partnership = make_partnership("alphashire")
    with acting_in(partnership):
        team = make_person(partnership, Role.TEAM)
        long = "Safeguarding-Partnership-of-the-Very-Long-Name and its neighbours " * 2
        session = make_session(
            partnership,
            capacity=2,
            course=make_course(partnership, title=long),
            starts_at=timezone.now() + timedelta(days=4),
            booking_closes_at=timezone.now() + timedelta(days=3),
        )
        for number in range(4):
            person = make_person(partnership, name=f"Bartholomew Featherstonehaugh-Cholmondeley {number}")
            booked(session, person, "confirmed" if number == 0 else "waiting", coming_asked_at=timezone.now())
        offered(session, minutes=40)
        requested(session, asked="team", rule="team")
        quota = held(team, session, Sector.objects.get(), days=1)
    page = open_browser(team.user, width=320)
    for address in (
        "",
        "needs/offers/",
        f"sessions/{session.pk}/places/",
        f"sessions/{session.pk}/places/number/",
        f"sessions/{session.pk}/quotas/new/",
        f"quotas/{quota.pk}/",
        f"quotas/{quota.pk}/remove/",
    ):
        page.goto(f"/alphashire/desk/{address}")
        assert_accessible(page)
