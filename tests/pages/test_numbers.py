"""Addresses with numbers that no row can have: the page is not found, and nothing breaks."""

import pytest

from partnerships.permissions import Role
from tests.architecture.addresses import partnership_addresses
from tests.factories import make_person

HUGE = "99999999999999999999"
NUMBERED = [one for one in partnership_addresses() if "/999999/" in one.path]


@pytest.mark.parametrize("address", NUMBERED, ids=lambda one: one.name)
def test_a_number_beyond_all_keys_is_not_found(address, partnership, sign_in) -> None:
    everything = (Role.TEAM, Role.TRAINER, Role.OBSERVER, Role.ORGANISATION_LEAD, Role.SUBGROUP_CHAIR)
    manager = make_person(partnership, *everything)
    make_person(partnership, line_manager=manager)
    browser = sign_in(manager)
    assert browser.get(address.path.replace("999999", HUGE)).status_code in {404, 405}


@pytest.mark.parametrize("query", ["9" * 5000, HUGE, "x"], ids=["long", "huge", "none"])
def test_an_organisation_that_no_row_can_be_is_not_found(query, partnership, sign_in) -> None:
    browser = sign_in(make_person(partnership, Role.ORGANISATION_LEAD))
    assert browser.get(f"/{partnership.slug}/organisation/?organisation={query}").status_code == 404
