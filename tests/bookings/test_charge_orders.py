"""In whatever order registers change, jobs run and months close: what is charged is what the final states owe."""

from contextlib import suppress
from datetime import time, timedelta

from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings.models import Batch, Booking, Charge
from bookings.services.batches import close_month
from bookings.services.waivers import credit_charge, waive_charge
from partnership_portal.working_days import add_months, uk_moment
from partnerships.errors import DomainError
from partnerships.permissions import Role
from tests.bookings.charging import booked, last_month, let_charge, settle
from tests.factories import actor_for, make_course, make_organisation, make_person, make_session

OWED = {"attended": 6000, "partly_attended": 6000, "did_not_attend": 5000, "confirmed": 0}
KIND = {"attended": "place", "partly_attended": "place", "did_not_attend": "non_attendance"}

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("mark"), st.integers(0, 2), st.sampled_from(sorted(OWED))),
        st.tuples(st.just("job"), st.just(0), st.just("")),
        st.tuples(st.just("close"), st.just(0), st.just("")),
        st.tuples(st.just("waive"), st.integers(0, 2), st.just("")),
        st.tuples(st.just("credit"), st.integers(0, 2), st.just("")),
    ),
    max_size=25,
)


class Undone(Exception):
    """Takes everything of one example back."""


@given(steps=STEPS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_charges_and_credits_come_to_what_the_final_states_owe(partnership, steps) -> None:
    with suppress(Undone), transaction.atomic():
        _run(partnership, steps)
        raise Undone


def _run(partnership, steps) -> None:
    let_charge(partnership)
    team = actor_for(make_person(partnership, Role.TEAM))
    payer = make_organisation(partnership, charging_class="payer")
    course = make_course(partnership, hours=6)
    session = make_session(partnership, course=course, starts_at=last_month() - timedelta(days=10))
    bookings = [booked(session, "confirmed", payer) for _ in range(3)]
    # Far enough back for every step to close a month.
    month = timezone.localdate().replace(day=1, year=timezone.localdate().year - 3)
    for what, which, state in steps:
        booking = bookings[which]
        if what == "mark":
            Booking.objects.filter(pk=booking.pk).update(state=state)
        elif what == "job":
            settle(partnership, uk_moment(month, time(12)))
        elif what == "close":
            with suppress(DomainError):
                close_month(actor=team, month=month)
            month = add_months(month, 1)
        else:
            _let_off(team, booking, what)
    settle(partnership, uk_moment(month, time(12)))
    settle(partnership, uk_moment(month, time(12)))
    for booking in bookings:
        booking.refresh_from_db()
        rows = Charge.objects.filter(booking=booking)
        of_this_kind = rows.decided().filter(kind=KIND.get(booking.state, ""))
        let_off = of_this_kind.filter(state__in=("waived", "credited")).exists()
        owed = sum(rows.owed().values_list("pence", flat=True))
        assert owed == (0 if let_off else OWED[booking.state])
        assert rows.standing().filter(state__in=("open", "batched")).count() <= 1
    lines = [line["charge"] for batch in Batch.objects.all() for line in batch.lines]
    assert len(lines) == len(set(lines))
    assert set(lines) == set(Charge.objects.filter(batch__isnull=False).values_list("pk", flat=True))
    for note in Charge.objects.filter(credits__isnull=False).select_related("credits"):
        assert (note.pence, note.credits.state) == (-note.credits.pence, "credited")


def _let_off(team, booking, what) -> None:
    service, state = (waive_charge, "open") if what == "waive" else (credit_charge, "batched")
    charge = Charge.objects.filter(booking=booking, state=state, credits__isnull=True).first()
    if charge is not None:
        service(actor=team, charge=charge, reason="Ill")
