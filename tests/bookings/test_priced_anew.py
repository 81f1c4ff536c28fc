"""What the team changes about the price of a session reaches what was charged for it: once, and with a reason."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from bookings.charges.queries import undecided
from bookings.models import Booking, Charge, PriceBasis
from bookings.models.booking import TO_CHARGE
from bookings.services import charges
from bookings.services.charges import CALLED_OFF, REPRICED
from bookings.services.merging import merge_sessions
from bookings.services.waivers import credit_charge, waive_charge
from courses.models import Session
from courses.services.sessions import cancel_session
from partnerships.models import AuditEntry, Organisation
from partnerships.permissions import Role
from tests.bookings.charging import booked, close_last_month, last_month, let_charge, settle
from tests.bookings.moving import over
from tests.bookings.test_charges import sent, states
from tests.factories import actor_for, make_course, make_organisation, make_person, make_session


@pytest.fixture
def payer(partnership):
    let_charge(partnership)
    return make_organisation(partnership, name="Paying School", charging_class="payer")


@pytest.fixture
def team(partnership):
    return actor_for(make_person(partnership, Role.TEAM))


@pytest.fixture
def session(partnership) -> Session:
    """A session that is charged at what it costs, long over."""
    course = make_course(partnership, charge_band="commissioned")
    long_ago = timezone.now() - timedelta(days=70)
    return make_session(partnership, course=course, starts_at=long_ago, cost_pence=8000)


@pytest.fixture
def own(partnership, payer) -> Session:
    """A session of the paying school's own, long over."""
    long_ago = timezone.now() - timedelta(days=70)
    return make_session(partnership, starts_at=long_ago, single_agency_for=payer, cost_pence=30000)


def change(session, **facts) -> None:
    Session.objects.filter(pk=session.pk).update(**facts)


def looked_at(partnership, monkeypatch) -> list[int]:
    """The sessions that a run of the job works out."""
    found: list[int] = []
    with monkeypatch.context() as patched:
        patched.setattr(charges, "charge_session", lambda *, session, **_: found.append(session.pk))
        settle(partnership)
    return found


def test_another_cost_withdraws_the_open_charge_and_raises_another(partnership, payer, session) -> None:
    booked(session, "attended", payer)
    settle(partnership)
    change(session, cost_pence=9500)
    for _ in range(2):
        settle(partnership)
    assert states() == [("place", "withdrawn", 8000), ("place", "open", 9500)]
    assert Charge.objects.get(state="withdrawn").reason == REPRICED
    entry = AuditEntry.objects.get(action="bookings.take_back_charge")
    assert entry.after == {"reason": REPRICED, "state": "withdrawn", "credit_note": None}
    assert not Booking.objects.filter(TO_CHARGE).exists()


def test_a_charge_that_finance_has_is_credited_and_charged_anew(partnership, payer, session, team) -> None:
    booked(session, "attended", payer)
    sent(partnership, team)
    change(session, cost_pence=0)
    for _ in range(2):
        settle(partnership)
    assert states() == [("place", "credited", 8000), ("place", "open", -8000)]
    change(session, cost_pence=7000)
    settle(partnership)
    assert states()[2:] == [("place", "open", 7000)]
    assert sum(Charge.objects.owed().values_list("pence", flat=True)) == 7000


@pytest.mark.parametrize("by_hand", ["waived", "credited"])
def test_what_a_person_has_decided_stays(partnership, payer, session, team, by_hand) -> None:
    booked(session, "attended", payer)
    if by_hand == "waived":
        settle(partnership)
        waive_charge(actor=team, charge=Charge.objects.get(), reason="Agreed")
    else:
        credit_charge(actor=team, charge=sent(partnership, team), reason="Agreed")
    before = states()
    change(session, cost_pence=9500)
    for _ in range(2):
        settle(partnership)
    assert states() == before


@pytest.mark.parametrize("finance_has_it", [False, True])
def test_whoever_cancelled_late_is_not_charged_once_the_partnership_cancels_the_session(
    partnership, payer, team, finance_has_it
) -> None:
    session, other = (make_session(partnership) for _ in range(2))
    for one in (session, other):
        booked(one, "cancelled", payer, was_late_cancellation=True)
    settle(partnership, now=last_month())
    assert states() == [("late_cancellation", "open", 2000)] * 2
    if finance_has_it:
        close_last_month(team)
    cancel_session(actor=team, session=session, reason="The trainer is ill.")
    for _ in range(2):
        settle(partnership)
    of_session = Charge.objects.filter(session=session).order_by("pk")
    if finance_has_it:
        assert [(one.state, one.pence) for one in of_session] == [("credited", 2000), ("open", -2000)]
    else:
        assert [(one.state, one.pence) for one in of_session] == [("withdrawn", 2000)]
    assert of_session.last().reason == CALLED_OFF
    assert Charge.objects.standing().get().session == other


def test_what_was_charged_before_sessions_said_so_stays_as_it_was(partnership, payer) -> None:
    session = make_session(partnership)
    booked(session, "cancelled", payer, was_late_cancellation=True)
    settle(partnership, now=last_month())
    Session.objects.update(status="cancelled")
    import_module("bookings.migrations.0026_cancelled_sessions_charge_nobody").keep_what_was_charged(
        apps, None
    )
    settle(partnership)
    assert states() == [("late_cancellation", "open", 2000)]


def test_a_session_that_was_merged_was_held_elsewhere_and_keeps_its_charges(partnership, payer, team) -> None:
    course = make_course(partnership)
    emptied, kept = (make_session(partnership, course=course) for _ in range(2))
    booked(emptied, "cancelled", payer, was_late_cancellation=True)
    settle(partnership, now=last_month())
    merge_sessions(actor=team, emptied=emptied, kept=kept, reason="Too few people.")
    for _ in range(2):
        settle(partnership)
    assert states() == [("late_cancellation", "open", 2000)]


def test_a_late_cancellation_not_charged_yet_is_not_charged_after_the_session_was_cancelled(
    partnership, payer, team, monkeypatch
) -> None:
    session = make_session(partnership)
    booked(session, "cancelled", payer, was_late_cancellation=True)
    cancel_session(actor=team, session=session, reason="The trainer is ill.")
    settle(partnership)
    assert states() == [] and looked_at(partnership, monkeypatch) == []


def test_what_was_waived_stays_waived_and_its_cancelled_session_is_looked_at_once(
    partnership, payer, team, monkeypatch
) -> None:
    session = make_session(partnership)
    booked(session, "cancelled", payer, was_late_cancellation=True)
    settle(partnership)
    waive_charge(actor=team, charge=Charge.objects.get(), reason="Agreed")
    cancel_session(actor=team, session=session, reason="The trainer is ill.")
    settle(partnership)
    assert states() == [("late_cancellation", "waived", 2000)]
    assert looked_at(partnership, monkeypatch) == []


def test_a_session_opened_to_others_is_charged_by_its_places_and_back(partnership, payer, own) -> None:
    booked(own, "attended", payer)
    settle(partnership)
    assert states() == [("single_agency_use", "open", 30000)]
    change(own, opened_to_others=True)
    for _ in range(2):
        settle(partnership)
    assert states()[0] == ("single_agency_use", "withdrawn", 30000)
    assert list(Charge.objects.standing().values_list("kind", "pence")) == [("place", 3500)]
    change(own, opened_to_others=False)
    for _ in range(2):
        settle(partnership)
    assert list(Charge.objects.standing().values_list("kind", "pence")) == [("single_agency_use", 30000)]
    assert Charge.objects.count() == 3


def test_own_use_at_another_cost_is_charged_anew(partnership, own) -> None:
    settle(partnership)
    change(own, cost_pence=25000)
    for _ in range(2):
        settle(partnership)
    assert states() == [
        ("single_agency_use", "withdrawn", 30000),
        ("single_agency_use", "open", 25000),
    ]


def test_a_cost_that_was_taken_out_leaves_the_charge_and_is_put_before_a_person(
    partnership, payer, session, own, team
) -> None:
    booked(session, "attended", payer)
    settle(partnership)
    before = states()
    for one in (session, own):
        change(one, cost_pence=None)
    for _ in range(2):
        settle(partnership)
    assert states() == before
    assert {one.session for one in undecided(team)} == {session, own}
    for one in (session, own):
        change(one, cost_pence=4000)
    for _ in range(2):
        settle(partnership)
    assert sorted(Charge.objects.standing().values_list("kind", "pence")) == [
        ("place", 4000),
        ("single_agency_use", 4000),
    ]
    assert undecided(team) == []


def test_another_class_of_the_organisation_is_for_what_comes_after_it(partnership, payer, session) -> None:
    course = make_course(partnership, hours=6)
    past = make_session(partnership, course=course, starts_at=timezone.now() - timedelta(days=3))
    booked(past, "attended", payer)
    settle(partnership)
    Organisation.objects.filter(pk=payer.pk).update(charging_class="funder")
    settle(partnership)
    assert states() == [("place", "open", 6000)]


def test_another_cost_where_the_rule_asks_for_none_changes_nothing(partnership, payer) -> None:
    course = make_course(partnership, hours=6)
    past = make_session(partnership, course=course, starts_at=timezone.now() - timedelta(days=3))
    booked(past, "attended", payer)
    settle(partnership)
    change(past, cost_pence=100)
    settle(partnership)
    assert states() == [("place", "open", 6000)]


def test_a_place_charged_last_month_and_another_cost_meet_in_one_sum(
    partnership, payer, session, team
) -> None:
    for state in ("attended", "did_not_attend"):
        booked(session, state, payer)
    settle(partnership, last_month())
    close_last_month(team)
    change(session, cost_pence=10000)
    settle(partnership)
    # Not coming costs what the rule says, whatever the session costs.
    assert sum(Charge.objects.owed().values_list("pence", flat=True)) == 10000 + 5000
    assert Charge.objects.filter(credits__isnull=False).count() == 1


def test_own_use_free_of_charge_is_worked_out_once(partnership, own, monkeypatch) -> None:
    change(own, cost_pence=0)
    assert looked_at(partnership, monkeypatch) == [own.pk]
    settle(partnership)
    assert looked_at(partnership, monkeypatch) == [] and not Charge.objects.exists()
    change(own, cost_pence=30000)
    settle(partnership)
    assert states() == [("single_agency_use", "open", 30000)]


def test_own_use_whose_cost_nobody_has_said_is_looked_at_until_somebody_does(
    partnership, own, monkeypatch
) -> None:
    change(own, cost_pence=None)
    settle(partnership)
    assert looked_at(partnership, monkeypatch) == [own.pk]
    change(own, cost_pence=100)
    settle(partnership)
    assert states() == [("single_agency_use", "open", 100)]
    assert looked_at(partnership, monkeypatch) == []


def test_own_use_charged_for_a_late_cancellation_before_it_is_over_is_charged_itself_afterwards(
    partnership, payer, team
) -> None:
    """Opened to others when somebody cancelled late, and its own again by the day."""
    coming = make_session(partnership, single_agency_for=payer, opened_to_others=True, cost_pence=30000)
    booked(coming, "cancelled", payer, was_late_cancellation=True)
    settle(partnership)
    change(coming, opened_to_others=False)
    settle(partnership)
    assert states() == [("late_cancellation", "withdrawn", 2000)]
    over(coming)
    for _ in range(2):
        settle(partnership)
    assert list(Charge.objects.standing().values_list("kind", "pence")) == [("single_agency_use", 30000)]
    assert PriceBasis.objects.get().is_whole


def test_what_was_charged_before_there_were_bases_is_worked_out_anew_too(partnership, payer, session) -> None:
    """The migration gives a basis to each session that was charged for, whoever else gave their place back."""
    booked(session, "attended", payer)
    booked(session, "cancelled", payer)
    settle(partnership)
    Booking.objects.filter(state="cancelled").update(charged_as="")
    PriceBasis.objects.all().delete()
    import_module("bookings.migrations.0023_priced_from").take_as_worked_out(apps, None)
    assert PriceBasis.objects.get().session == session
    change(session, cost_pence=9500)
    settle(partnership)
    assert states() == [("place", "withdrawn", 8000), ("place", "open", 9500)]
