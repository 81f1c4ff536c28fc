"""From what became of a booking to a charge, once; corrected, waived and credited."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils import timezone

from bookings.models import Batch, Booking, Charge
from bookings.models.booking import TO_CHARGE
from bookings.services.batches import close_month
from bookings.services.charges import charge_session, raise_charges
from bookings.services.waivers import credit_charge, waive_charge
from partnerships.errors import DomainError
from partnerships.models import AuditEntry, PolicyVersion
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.charging import booked, charging, close_last_month, last_month, let_charge, settle
from tests.factories import (
    actor_for,
    adopt,
    job,
    make_course,
    make_organisation,
    make_partnership,
    make_person,
    make_session,
)


@pytest.fixture
def payer(partnership):
    let_charge(partnership)
    return make_organisation(partnership, name="Paying School", charging_class="payer")


@pytest.fixture
def team(partnership):
    return actor_for(make_person(partnership, Role.TEAM))


def past_session(partnership, **fields):
    fields.setdefault("course", make_course(partnership, hours=6))
    return make_session(partnership, starts_at=timezone.now() - timedelta(days=3), **fields)


def states() -> list[tuple[str, str, int]]:
    return list(Charge.objects.order_by("pk").values_list("kind", "state", "pence"))


def sent(partnership, team) -> Charge:
    """The one charge that is to be raised, raised last month and sent to finance."""
    settle(partnership, last_month())
    close_last_month(team)
    charge = Charge.objects.get()
    assert charge.state == "batched"
    return charge


@pytest.mark.parametrize(
    ("state", "late", "expected"),
    [
        ("attended", False, [("place", "open", 6000)]),
        ("partly_attended", False, [("place", "open", 6000)]),
        ("did_not_attend", False, [("non_attendance", "open", 5000)]),
        ("cancelled", True, [("late_cancellation", "open", 2000)]),
        ("cancelled", False, []),
        ("confirmed", False, []),
        ("waiting", False, []),
    ],
)
def test_each_outcome_is_charged_for_what_it_is(partnership, payer, state, late, expected) -> None:
    booked(past_session(partnership), state, payer, was_late_cancellation=late)
    settle(partnership)
    assert states() == expected


def test_a_charge_keeps_the_rule_that_made_it_and_the_policy_of_the_day(partnership, payer) -> None:
    session = past_session(partnership)
    adopt(partnership, charging(rules=[]), at=timezone.now() - timedelta(days=1))
    booking = booked(session, "attended", payer, purchase_order="PO 77")
    settle(partnership)
    charge = Charge.objects.get()
    assert (charge.words, charge.source, charge.purchase_order) == ("Everybody else pays.", "§3", "PO 77")
    assert charge.policy_version == PolicyVersion.objects.order_by("number")[1]
    assert (charge.booking, charge.organisation) == (booking, payer)
    assert AuditEntry.objects.get(action="bookings.raise_charge").after["pence"] == 6000


def test_free_places_make_no_charge_and_are_not_looked_at_again(partnership, payer) -> None:
    funder = make_organisation(partnership, charging_class="funder")
    booked(past_session(partnership), "attended", funder)
    settle(partnership)
    assert not Charge.objects.exists()
    assert not Booking.objects.filter(TO_CHARGE).exists()


def test_running_the_job_twice_charges_once(partnership, payer) -> None:
    session = past_session(partnership)
    for state in ("attended", "did_not_attend"):
        booked(session, state, payer)
    settle(partnership)
    Booking.objects.update(charged_as="")
    settle(partnership)
    charge_session(actor=job(partnership), session=session, now=timezone.now())
    assert states() == [("place", "open", 6000), ("non_attendance", "open", 5000)]


def test_the_organisations_usual_cost_code_stands_in(partnership, payer) -> None:
    payer.purchase_order = "CC-9"
    payer.save()
    session = past_session(partnership)
    booked(session, "attended", payer)
    booked(session, "attended", payer, purchase_order="PO 1")
    settle(partnership)
    assert set(Charge.objects.values_list("purchase_order", flat=True)) == {"CC-9", "PO 1"}


def test_at_cost_waits_until_somebody_has_entered_the_cost(partnership, payer) -> None:
    session = past_session(partnership, course=make_course(partnership, charge_band="commissioned"))
    booking = booked(session, "attended", payer)
    settle(partnership)
    assert states() == []
    session.cost_pence = 8550
    session.save()
    settle(partnership)
    assert states() == [("place", "open", 8550)]
    booking.refresh_from_db()
    assert booking.charged_as == "attended"


def test_without_a_charging_class_nothing_is_guessed(partnership, payer) -> None:
    unknown = make_organisation(partnership, name="New here")
    booked(past_session(partnership), "attended", unknown)
    settle(partnership)
    assert states() == []
    unknown.charging_class = "payer"
    unknown.save()
    settle(partnership)
    assert states() == [("place", "open", 6000)]


def test_a_corrected_register_withdraws_the_charge_before_finance_has_it(partnership, payer) -> None:
    booking = booked(past_session(partnership), "did_not_attend", payer)
    settle(partnership)
    Booking.objects.filter(pk=booking.pk).update(state="attended")
    settle(partnership)
    assert states() == [("non_attendance", "withdrawn", 5000), ("place", "open", 6000)]
    # And back again: the old charge stays taken back, a new one is made.
    Booking.objects.filter(pk=booking.pk).update(state="did_not_attend")
    settle(partnership)
    assert states() == [
        ("non_attendance", "withdrawn", 5000),
        ("place", "withdrawn", 6000),
        ("non_attendance", "open", 5000),
    ]


def test_a_register_that_is_opened_again_owes_nothing_meanwhile(partnership, payer) -> None:
    booking = booked(past_session(partnership), "did_not_attend", payer)
    settle(partnership)
    Booking.objects.filter(pk=booking.pk).update(state="confirmed")
    settle(partnership)
    assert states() == [("non_attendance", "withdrawn", 5000)]


def test_a_corrected_register_makes_a_credit_note_once_finance_has_the_charge(
    partnership, payer, team
) -> None:
    booking = booked(past_session(partnership), "did_not_attend", payer)
    charge = sent(partnership, team)
    Booking.objects.filter(pk=booking.pk).update(state="attended")
    settle(partnership)
    settle(partnership)
    assert states() == [
        ("non_attendance", "credited", 5000),
        ("non_attendance", "open", -5000),
        ("place", "open", 6000),
    ]
    note = Charge.objects.get(pence=-5000)
    assert (note.credits, note.organisation, note.booking) == (charge, payer, booking)
    assert note.reason == "The register was corrected."


def test_a_waiver_names_its_reason_and_who_approved_it(partnership, payer, team) -> None:
    booked(past_session(partnership), "did_not_attend", payer)
    settle(partnership)
    charge = waive_charge(actor=team, charge=Charge.objects.get(), reason=" Flooded road ")
    assert (charge.state, charge.reason, charge.decided_by) == ("waived", "Flooded road", team.person)
    assert waive_charge(actor=team, charge=charge, reason="Again").reason == "Flooded road"
    entry = AuditEntry.objects.get(action="bookings.waive_charge")
    assert (entry.before, entry.after) == ({"state": "open"}, {"state": "waived", "pence": 5000})


def test_a_waived_charge_stays_waived_whatever_the_register_says_later(partnership, payer, team) -> None:
    booking = booked(past_session(partnership), "did_not_attend", payer)
    settle(partnership)
    waive_charge(actor=team, charge=Charge.objects.get(), reason="Ill")
    for state in ("confirmed", "did_not_attend"):
        Booking.objects.filter(pk=booking.pk).update(state=state)
        settle(partnership)
    assert states() == [("non_attendance", "waived", 5000)]


def test_what_a_person_has_credited_is_not_charged_again_when_the_register_changes(
    partnership, payer, team
) -> None:
    booking = booked(past_session(partnership), "attended", payer)
    credit_charge(actor=team, charge=sent(partnership, team), reason="Small budget")
    for state in ("partly_attended", "confirmed", "attended"):
        Booking.objects.filter(pk=booking.pk).update(state=state)
        settle(partnership)
    assert states() == [("place", "credited", 6000), ("place", "open", -6000)]


@pytest.mark.parametrize("service", [waive_charge, credit_charge])
def test_nobody_lets_their_own_organisation_off(partnership, payer, team, service) -> None:
    insider = actor_for(make_person(partnership, Role.TEAM, organisation=payer))
    booked(past_session(partnership), "did_not_attend", payer)
    if service is credit_charge:
        charge = sent(partnership, team)
    else:
        settle(partnership)
        charge = Charge.objects.get()
    with pytest.raises(DomainError, match="You belong to Paying School"):
        service(actor=insider, charge=charge, reason="Friends")
    service(actor=team, charge=charge, reason="Ill")


@pytest.mark.parametrize("service", [waive_charge, credit_charge])
@pytest.mark.parametrize("reason", ["", "   "])
def test_a_decision_needs_its_reason(partnership, payer, team, service, reason) -> None:
    booked(past_session(partnership), "did_not_attend", payer)
    settle(partnership)
    with pytest.raises(DomainError, match="Give the reason"):
        service(actor=team, charge=Charge.objects.get(), reason=reason)


def test_what_finance_has_is_credited_not_waived_and_the_other_way_round(partnership, payer, team) -> None:
    booked(past_session(partnership), "did_not_attend", payer)
    settle(partnership, last_month())
    charge = Charge.objects.get()
    with pytest.raises(DomainError, match="Waive an open one"):
        credit_charge(actor=team, charge=charge, reason="Ill")
    close_last_month(team)
    with pytest.raises(DomainError, match="Credit one"):
        waive_charge(actor=team, charge=charge, reason="Ill")
    note = credit_charge(actor=team, charge=charge, reason="Ill")
    assert credit_charge(actor=team, charge=charge, reason="Ill") == note
    with pytest.raises(DomainError, match="credit note"):
        waive_charge(actor=team, charge=note, reason="Ill")
    settle(partnership)
    assert states() == [("non_attendance", "credited", 5000), ("non_attendance", "open", -5000)]


@pytest.mark.parametrize("role", [Role.ORGANISATION_LEAD, Role.TRAINER, Role.SUBGROUP_CHAIR])
def test_only_the_team_decides_about_charges(partnership, payer, role) -> None:
    outsider = actor_for(make_person(partnership, role, organisation=payer))
    booked(past_session(partnership), "did_not_attend", payer)
    settle(partnership)
    charge = Charge.objects.get()
    for act in (
        lambda: waive_charge(actor=outsider, charge=charge, reason="x"),
        lambda: credit_charge(actor=outsider, charge=charge, reason="x"),
        lambda: charge_session(actor=outsider, session=charge.session, now=timezone.now()),
        lambda: close_month(actor=outsider, month=charge.raised_on.replace(day=1)),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_the_database_holds_what_must_hold(partnership, payer, team) -> None:
    booking = booked(past_session(partnership), "did_not_attend", payer)
    settle(partnership)
    charge = Charge.objects.get()
    facts = {
        field.attname: getattr(charge, field.attname)
        for field in Charge._meta.concrete_fields
        if field.name != "id"
    }
    batch = Batch.objects.create(
        partnership=partnership, month="2026-01-01", lines=[], pence=0, requested_at=timezone.now()
    )

    def make(**changes):
        return lambda: Charge.objects.create(**{**facts, **changes})

    def change(**changes):
        return lambda: Charge.objects.filter(pk=charge.pk).update(**changes)

    for act in (
        make(),  # charged twice
        make(kind="place", pence=0),
        make(kind="place", pence=-1),
        make(kind="place", booking_id=None),  # a place of nobody
        make(kind="single_agency_use"),  # a session's charge hung on a booking
        make(kind="place", state="lost"),
        make(kind="place", state="waived", reason="x"),  # by nobody
        make(kind="place", state="withdrawn"),  # for no reason
        make(kind="place", state="batched"),  # without a batch
        make(
            kind="place", credits_id=charge.pk, pence=-5000, reason="x"
        ),  # a credit of what was not credited
        change(batch=batch),  # in a batch but not sent
        change(state="batched"),
        change(pence=1),
        change(words="Another rule"),
        change(organisation=make_organisation(partnership)),
        charge.delete,
    ):
        with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
            act()
    change(state="batched", batch=batch)()
    for act in (
        change(state="open", batch=None),
        change(state="waived", reason="x"),
        change(
            batch=Batch.objects.create(
                partnership=partnership, month="2026-02-01", lines=[], pence=0, requested_at=timezone.now()
            )
        ),
    ):
        with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
            act()
    change(state="credited")()
    for act in (
        change(state="batched"),
        make(credits_id=charge.pk, pence=-4999, reason="x", booking_id=booking.pk),
        make(credits_id=charge.pk, pence=-5000, reason=""),
        make(credits_id=charge.pk, pence=-5000, reason="x", state="withdrawn"),
    ):
        with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
            act()
    make(credits_id=charge.pk, pence=-5000, reason="x")()
    with pytest.raises(IntegrityError), transaction.atomic():
        make(credits_id=charge.pk, pence=-5000, reason="x")()


def test_one_partnerships_job_leaves_the_neighbours_bookings_alone(partnership, payer) -> None:
    other = make_partnership("betashire")
    with acting_in(other):
        let_charge(other)
        booked(past_session(other), "attended", make_organisation(other, charging_class="payer"))
    raise_charges(partnership, timezone.now())
    with acting_in(other):
        assert not Charge.objects.exists()
        raise_charges(other, timezone.now())
        assert Charge.objects.count() == 1
    assert not Charge.objects.exists()
