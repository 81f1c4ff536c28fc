"""The lead's list of bookings: the own organisation's alone, filtered, with what can be done about each."""

import csv
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.services.places import give_up
from partnership_portal.working_days import uk_today
from partnerships.models import AuditEntry, Person
from partnerships.permissions import Role
from tests.factories import actor_for, make_course, make_organisation, make_person, make_session

LIST = "/alphashire/organisation/bookings/"


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
    page = client.get(LIST).content.decode()
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
        page = client.get(LIST, query).content.decode()
        assert [name for name in ("Ann Smith", "Bob Jones") if name in page] == [shown]
    assert "None found" in client.get(LIST, {"q": "zz"}).content.decode()


@pytest.mark.parametrize("people", [1, 5])
def test_it_asks_as_often_however_long_it_is(
    partnership, school, client, book, django_assert_num_queries, people
) -> None:
    session = make_session(partnership)
    for _ in range(people):
        book(make_person(partnership, organisation=school), session)
    client.get(LIST)
    with django_assert_num_queries(12):
        client.get(LIST)


def test_every_order_sorts_the_page_and_what_is_downloaded(partnership, school, client, book) -> None:
    sessions = [make_session(partnership), make_session(partnership, starts_at=later())]
    for name, session in (("Ann Smith", sessions[1]), ("=Bob", sessions[0])):
        book(make_person(partnership, organisation=school, name=name), session)
    book(make_person(partnership, name="Stranger Danger"), sessions[0])
    for order, first in (
        ("", "Ann Smith"), ("session", "=Bob"), ("name", "=Bob"), ("-name", "Ann Smith"), ("booked", "Ann Smith"),
        ("-booked", "=Bob"), ("organisation__name", "Ann Smith"),
    ):  # fmt: skip
        page = client.get(LIST, {"order": order}).content.decode()
        assert re.findall("Ann Smith</a>|=Bob</a>", page)[0] == f"{first}</a>", order
        answer = client.get(f"{LIST}export.csv", {"order": order})
        lines = list(csv.reader(b"".join(answer).decode("utf-8-sig").splitlines()))
        assert lines[1][1].lstrip("'") == first, order
        assert len(lines) == 3
    assert AuditEntry.objects.filter(action="partnerships.record_download").count() == 7


def test_a_lead_downloads_nothing_of_where_former_staff_are_now(partnership, school, client, book) -> None:
    left = make_person(partnership, organisation=school, name="Ann Smith")
    book(left, make_session(partnership))
    left.memberships.update(ended_on=uk_today())
    Person.objects.filter(pk=left.pk).update(email="ann@new-employer.example")
    answer = b"".join(client.get(f"{LIST}export.csv")).decode("utf-8-sig")
    assert "Ann Smith" in answer and "new-employer" not in answer


def later():
    return timezone.now() + timedelta(days=60)


def test_each_row_leads_to_what_resolves_it(partnership, school, client, book) -> None:
    """A request to its decision, unless it is the team's or the lead's own; an offer to its answer."""
    lead = Person.objects.get(name="Lea Lead")
    asking = make_session(partnership, course=make_course(partnership, approval="organisation_lead"))
    for_team = make_session(partnership, course=make_course(partnership, approval="team"))
    make_person(partnership, Role.ORGANISATION_LEAD, organisation=school)
    ann, bob, cem = (make_person(partnership, organisation=school) for _ in range(3))
    to_decide, others = book(ann, asking), [book(ann, for_team), book(lead, asking)]
    full = make_session(partnership, capacity=1)
    has, offered = book(bob, full), book(cem, full)
    give_up(actor=actor_for(bob), booking=has)
    page = client.get(LIST).content.decode()
    assert f"/alphashire/approvals/{to_decide.approval.pk}/" in page
    assert page.count("Approve or decline") == 1 and all(one.state == "requested" for one in others)
    assert page.count("Answer the offer") == 1 and f"/me/bookings/{offered.pk}/offer/" in page
    assert client.get(f"/alphashire/approvals/{to_decide.approval.pk}/").status_code == 200
