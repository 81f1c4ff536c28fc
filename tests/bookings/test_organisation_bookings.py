"""The lead's list of bookings: the own organisation's alone, filtered, with what can be done about each."""

import pytest

from bookings.services.places import give_up
from partnerships.permissions import Role
from tests.factories import actor_for, make_organisation, make_person, make_session


@pytest.fixture
def school(partnership):
    return make_organisation(partnership, name="Oak Tree School")


@pytest.fixture
def client(partnership, school, sign_in):
    return sign_in(make_person(partnership, Role.ORGANISATION_LEAD, organisation=school, name="Lea Lead"))


def test_it_shows_the_organisations_bookings_and_nobody_elses(partnership, school, client, book) -> None:
    session = make_session(partnership)
    mine = book(make_person(partnership, organisation=school, name="Ann Smith"), session)
    book(make_person(partnership, name="Stranger Danger"), session)
    page = client.get("/alphashire/organisation/bookings/").content.decode()
    assert "Ann Smith" in page and "Stranger Danger" not in page
    for action in ("swap/", "cancel/", "joining-sheet.pdf"):
        assert f"/alphashire/me/bookings/{mine.pk}/{action}" in page


def test_it_filters_by_name_state_and_session(partnership, school, client, book) -> None:
    first, second = make_session(partnership), make_session(partnership)
    ann, bob = (
        make_person(partnership, organisation=school, name=name) for name in ("Ann Smith", "Bob Jones")
    )
    book(ann, first)
    give_up(actor=actor_for(bob), booking=book(bob, second))
    for query, shown in [
        ({"q": "ann"}, "Ann Smith"),
        ({"state": "cancelled"}, "Bob Jones"),
        ({"session": second.pk}, "Bob Jones"),
    ]:
        page = client.get("/alphashire/organisation/bookings/", query).content.decode()
        assert [name for name in ("Ann Smith", "Bob Jones") if name in page] == [shown]
    assert (
        "No bookings found" in client.get("/alphashire/organisation/bookings/", {"q": "zz"}).content.decode()
    )


@pytest.mark.parametrize("people", [1, 5])
def test_it_asks_as_often_however_long_it_is(
    partnership, school, client, book, django_assert_num_queries, people
) -> None:
    session = make_session(partnership)
    for _ in range(people):
        book(make_person(partnership, organisation=school), session)
    client.get("/alphashire/organisation/bookings/")
    with django_assert_num_queries(12):
        client.get("/alphashire/organisation/bookings/")
