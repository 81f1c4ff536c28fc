"""Nobody pays twice for one thing: what was credited, waived, booked again or put right stays as it should."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from bookings.charges import queries
from bookings.charges.queries import undecided
from bookings.models import Booking, Charge
from bookings.services.marks import Mark
from bookings.services.organisations import correct_organisation
from bookings.services.register import mark_attendance, undo_mark
from bookings.services.waivers import credit_charge, waive_charge
from bookings.services.walk_ins import Newcomer, add_walk_in, settle_walk_in
from bookings.views import charges as charge_views
from courses.models import Session
from partnerships.models import Organisation
from partnerships.permissions import Role
from tests.bookings.charging import booked, close_last_month, last_month, let_charge, settle
from tests.bookings.moving import begun
from tests.bookings.test_charges import past_session, sent, states
from tests.bookings.test_wrong_organisation import charges, joins
from tests.factories import actor_for, make_course, make_organisation, make_person, make_session


@pytest.fixture
def payer(partnership):
    let_charge(partnership)
    return make_organisation(partnership, name="Paying School", charging_class="payer")


@pytest.fixture
def other(partnership):
    return make_organisation(partnership, name="Other School", charging_class="payer")


@pytest.fixture
def team(partnership):
    return actor_for(make_person(partnership, Role.TEAM))


@pytest.fixture
def own(partnership, payer) -> Session:
    """A session that was the paying school's own."""
    long_ago = timezone.now() - timedelta(days=70)
    return make_session(partnership, starts_at=long_ago, single_agency_for=payer, cost_pence=30000)


def test_own_use_that_a_person_has_credited_is_not_charged_again(partnership, own, team) -> None:
    charge = sent(partnership, team)
    credit_charge(actor=team, charge=charge, reason="The room was flooded")
    for _ in range(2):
        settle(partnership)
    assert states() == [
        ("single_agency_use", "credited", 30000),
        ("single_agency_use", "open", -30000),
    ]


def test_own_use_that_turns_out_to_be_anothers_is_charged_to_them(partnership, own, other) -> None:
    settle(partnership)
    Session.objects.filter(pk=own.pk).update(single_agency_for=other)
    for _ in range(2):
        settle(partnership)
    assert charges() == [("Paying School", "withdrawn", 30000), ("Other School", "open", 30000)]


def test_a_waiver_of_own_use_is_none_for_another_organisation(partnership, own, other, team) -> None:
    settle(partnership)
    waive_charge(actor=team, charge=Charge.objects.get(), reason="Agreed")
    Session.objects.filter(pk=own.pk).update(single_agency_for=other)
    settle(partnership)
    assert charges() == [("Paying School", "withdrawn", 30000), ("Other School", "open", 30000)]


@pytest.mark.parametrize(
    ("then", "late", "expected"),
    [
        ("attended", False, ("place", 6000)),
        ("did_not_attend", False, ("non_attendance", 5000)),
        ("cancelled", True, ("late_cancellation", 2000)),
    ],
)
@pytest.mark.parametrize("charged_before", [True, False])
def test_whoever_cancels_late_and_books_again_pays_for_one_place(
    partnership, payer, then, late, expected, charged_before
) -> None:
    session = past_session(partnership)
    first = booked(session, "cancelled", payer, was_late_cancellation=True)
    if charged_before:
        settle(partnership)
        assert states() == [("late_cancellation", "open", 2000)]
    booked(session, then, payer, person=first.person, was_late_cancellation=late)
    for _ in range(2):
        settle(partnership)
    assert list(Charge.objects.owed().values_list("kind", "pence")) == [expected]


def test_a_place_booked_again_that_comes_to_nothing_leaves_the_late_cancellation(partnership, payer) -> None:
    session = past_session(partnership)
    first = booked(session, "cancelled", payer, was_late_cancellation=True)
    again = booked(session, "attended", payer, person=first.person)
    settle(partnership)
    # Marked by mistake, and the register opened again.
    Booking.objects.filter(pk=again.pk).update(state="confirmed")
    settle(partnership)
    assert list(Charge.objects.owed().values_list("kind", "pence")) == [("late_cancellation", 2000)]


def test_the_colleague_of_somebody_who_cancelled_late_changes_nothing_for_them(partnership, payer) -> None:
    session = past_session(partnership)
    booked(session, "cancelled", payer, was_late_cancellation=True)
    booked(session, "attended", payer)
    settle(partnership)
    assert sorted(Charge.objects.owed().values_list("kind", "pence")) == [
        ("late_cancellation", 2000),
        ("place", 6000),
    ]


def test_a_charge_goes_though_the_mark_was_undone_before_the_organisation_was_put_right(
    partnership, payer, other, team
) -> None:
    session = begun(make_session(partnership, course=make_course(partnership, hours=6)))
    booking, date = booked(session, "confirmed", payer), session.dates.get()
    joins(booking.person, other)
    mark_attendance(actor=team, session_date=date, marks={booking.pk: Mark.PRESENT})
    settle(partnership)
    undo_mark(actor=team, session_date=date, booking=booking)
    correct_organisation(actor=team, booking=booking, organisation=other)
    settle(partnership)
    assert charges() == [("Paying School", "withdrawn", 6000)]


def test_a_walk_in_is_charged_once_it_is_settled_whose_they_are(partnership, payer, team, sign_in) -> None:
    session = begun(make_session(partnership, course=make_course(partnership, hours=6)))
    newcomer = Newcomer("Nell Newcomer", organisation_said="The Paying School")
    booking = add_walk_in(actor=team, session_date=session.dates.get(), newcomer=newcomer, key=uuid4())
    Organisation.objects.filter(pk=booking.organisation_id).update(charging_class="payer")
    settle(partnership, timezone.now() + timedelta(days=1))
    assert not Charge.objects.exists()
    [waiting] = undecided(team)
    assert "has not been settled" in waiting.why
    page = sign_in(team.person).get(reverse("bookings:desk_undecided", args=["alphashire"])).content.decode()
    assert reverse("bookings:settle_walk_in", args=["alphashire", booking.walk_in.pk]) in page
    assert "Enter what the session costs" not in page and "There are more than" not in page
    settle_walk_in(actor=team, walk_in=booking.walk_in, organisation=payer)
    for _ in range(2):
        settle(partnership)
    assert charges() == [("Paying School", "open", 6000)]
    assert undecided(team) == []


def test_a_list_that_was_cut_says_so(partnership, payer, team, sign_in, monkeypatch) -> None:
    session = begun(make_session(partnership, course=make_course(partnership, hours=6)))
    for name in ("Ann", "Bea"):
        newcomer = Newcomer(name, organisation_said="The Paying School")
        add_walk_in(actor=team, session_date=session.dates.get(), newcomer=newcomer, key=uuid4())
    address, browser = reverse("bookings:desk_undecided", args=["alphashire"]), sign_in(team.person)
    assert "There are more than" not in browser.get(address).content.decode()
    for module in (queries, charge_views):
        monkeypatch.setattr(module, "MOST_UNDECIDED", 1)
    assert "There are more than 1." in browser.get(address).content.decode()


def test_late_cancellation_that_finance_has_is_credited_when_they_came_after_all(
    partnership, payer, team
) -> None:
    session = past_session(partnership)
    first = booked(session, "cancelled", payer, was_late_cancellation=True)
    settle(partnership, last_month())
    close_last_month(team)
    booked(session, "attended", payer, person=first.person)
    settle(partnership)
    assert sum(Charge.objects.owed().values_list("pence", flat=True)) == 6000
