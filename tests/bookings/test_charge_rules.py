"""What the five partnerships charge, in pence: one case for each thing that their strategies state."""

import pytest

from partnerships.charging import Priced, price
from partnerships.policy import ChargeKind
from tests.bookings.charging import charging
from tests.policy.test_profiles_against_strategies import (
    HAMPSHIRE,
    HARROW,
    HEREFORDSHIRE,
    SANDWELL,
    TEES,
    profile,
)

PLACE, LATE = ChargeKind.PLACE, ChargeKind.LATE_CANCELLATION
ABSENT, OWN_USE = ChargeKind.NON_ATTENDANCE, ChargeKind.SINGLE_AGENCY_USE
FULL, HALF, TWO_DAYS, TWO_HALVES = (1, 6), (1, 3.5), (2, 12), (2, 7)
DEFAULT, CHARGING = "Portal default", "Strategy (charging)"

# Partnership, kind, charge band, charging class, (days, hours), cost, expected pence (None: not known), source.
CASES = [
    (HEREFORDSHIRE, PLACE, "core", "member", FULL, None, 0, "§7.1"),
    (HEREFORDSHIRE, PLACE, "core", "outside", HALF, None, 0, "§7.1"),
    (HEREFORDSHIRE, PLACE, "commissioned", "member", FULL, 8550, 8550, "§7.1"),
    (HEREFORDSHIRE, PLACE, "commissioned", "outside", HALF, 4000, 4000, "§7.1"),
    (HEREFORDSHIRE, PLACE, "commissioned", "member", FULL, 0, 0, "§7.1"),
    (HEREFORDSHIRE, PLACE, "commissioned", "member", FULL, None, None, "§7.1"),
    (HEREFORDSHIRE, LATE, "core", "member", FULL, None, 0, DEFAULT),
    (HEREFORDSHIRE, ABSENT, "commissioned", "member", FULL, 8550, 0, DEFAULT),
    (HEREFORDSHIRE, OWN_USE, "core", "member", FULL, 12000, 12000, "§7.3"),
    (HEREFORDSHIRE, OWN_USE, "core", "outside", FULL, None, None, "§7.3"),
    (HAMPSHIRE, PLACE, "core", "", FULL, None, 0, DEFAULT),
    (HAMPSHIRE, PLACE, "core", "", TWO_DAYS, None, 0, DEFAULT),
    (HAMPSHIRE, LATE, "core", "", FULL, None, 0, DEFAULT),
    (HAMPSHIRE, ABSENT, "core", "", FULL, None, 0, DEFAULT),
    (HAMPSHIRE, OWN_USE, "core", "", FULL, None, 0, DEFAULT),
    (SANDWELL, PLACE, "core", "all", FULL, None, 0, DEFAULT),
    (SANDWELL, PLACE, "commissioned", "all", FULL, None, 0, DEFAULT),
    (SANDWELL, ABSENT, "core", "all", FULL, None, 5000, "§7.2"),
    (SANDWELL, ABSENT, "core", "all", HALF, None, 5000, "§7.2"),
    (SANDWELL, ABSENT, "commissioned", "all", TWO_DAYS, None, 5000, "§7.2"),
    (SANDWELL, ABSENT, "core", "", FULL, None, 5000, "§7.2"),
    (SANDWELL, LATE, "core", "all", FULL, None, 0, DEFAULT),
    (SANDWELL, OWN_USE, "core", "all", FULL, None, 0, DEFAULT),
    (HARROW, PLACE, "core", "funder", FULL, None, 0, CHARGING),
    (HARROW, PLACE, "core", "small-voluntary", FULL, None, 0, CHARGING),
    (HARROW, PLACE, "core", "training-grant", FULL, None, 6000, CHARGING),
    (HARROW, PLACE, "core", "school", FULL, None, 6000, CHARGING),
    (HARROW, PLACE, "core", "profit-making", FULL, None, 6000, CHARGING),
    (HARROW, PLACE, "core", "other", FULL, None, 6000, CHARGING),
    (HARROW, PLACE, "core", "training-grant", HALF, None, 3500, CHARGING),
    (HARROW, PLACE, "core", "school", HALF, None, 3500, CHARGING),
    (HARROW, PLACE, "core", "profit-making", HALF, None, 3500, CHARGING),
    (HARROW, PLACE, "core", "other", HALF, None, 3500, CHARGING),
    (HARROW, PLACE, "core", "school", TWO_DAYS, None, 12000, CHARGING),
    (HARROW, PLACE, "core", "school", TWO_HALVES, None, 7000, CHARGING),
    (HARROW, PLACE, "core", "", FULL, None, None, CHARGING),
    (HARROW, PLACE, "learning-event", "profit-making", FULL, None, 0, CHARGING),
    (HARROW, PLACE, "learning-event", "school", HALF, None, 0, CHARGING),
    (HARROW, PLACE, "learning-event", "", HALF, None, 0, CHARGING),
    (HARROW, PLACE, "specialist", "school", HALF, None, 0, DEFAULT),
    (HARROW, PLACE, "seminar", "profit-making", HALF, None, 0, DEFAULT),
    (HARROW, LATE, "core", "school", FULL, None, 0, DEFAULT),
    (HARROW, ABSENT, "core", "school", FULL, None, 0, DEFAULT),
    (HARROW, OWN_USE, "core", "school", FULL, None, 0, DEFAULT),
    (TEES, PLACE, "core", "", FULL, None, 0, DEFAULT),
    (TEES, LATE, "core", "", FULL, None, 0, DEFAULT),
    (TEES, ABSENT, "core", "", HALF, None, 0, DEFAULT),
    (TEES, OWN_USE, "core", "", FULL, None, 0, DEFAULT),
]


@pytest.mark.parametrize(
    ("name", "kind", "band", "klass", "length", "cost", "pence", "source"),
    CASES,
    ids=[f"{c[0]} {c[7]}: {c[1]} {c[2]} {c[3] or 'no class'} {c[4][0]}d{c[4][1]}h {c[5]}" for c in CASES],
)
def test_the_price_is_what_the_strategy_states(name, kind, band, klass, length, cost, pence, source) -> None:
    found = price(profile(name).policy, kind, Priced(band, *length, cost), klass)
    assert (found.kind, found.pence, found.source) == (kind, pence, source)
    assert found.words
    assert bool(found.why_unknown) == (pence is None)


def test_every_kind_of_every_partnership_has_a_case() -> None:
    assert {(one[0], one[1]) for one in CASES} >= {
        (name, kind) for name in (HEREFORDSHIRE, HAMPSHIRE, SANDWELL, HARROW, TEES) for kind in ChargeKind
    }
    # And each rule of each profile decides at least one of them.
    for name in {one[0] for one in CASES}:
        document = profile(name).policy
        decided = {
            price(document, one[1], Priced(one[2], *one[4], one[5]), one[3]).words
            for one in CASES
            if one[0] == name
        }
        assert {rule.words for rule in document.charging.rules} <= decided


def test_the_first_rule_that_fits_decides() -> None:
    document = charging()
    swapped = charging(rules=[rule.model_dump(mode="json") for rule in reversed(document.charging.rules)])
    core = Priced("core", 1, 6)
    assert price(document, PLACE, core, "funder").pence == 0
    assert price(swapped, PLACE, core, "funder").pence == 6000


@pytest.mark.parametrize(("hours", "pence"), [(0, 6000), (0.5, 3500), (4, 3500), (4.01, 6000), (8, 6000)])
def test_half_a_day_is_up_to_four_hours_and_an_unknown_length_is_a_full_day(hours, pence) -> None:
    assert price(charging(), PLACE, Priced("core", 1, hours), "payer").pence == pence
