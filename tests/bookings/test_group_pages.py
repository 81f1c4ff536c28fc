"""The pages of a group booking: picked, checked, mended, confirmed; nobody else's organisation is found there."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import Booking, GroupBooking, Prerequisite
from partnerships.models import Person
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.factories import adopt, make_organisation, make_person, make_session, policy


@pytest.fixture
def school(partnership):
    return make_organisation(partnership, name="Oak Tree School")


@pytest.fixture
def client(partnership, school, sign_in):
    return sign_in(make_person(partnership, Role.ORGANISATION_LEAD, organisation=school, name="Lea Lead"))


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send back of a form: hidden and text fields, and radios or boxes that are ticked."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        given = dict(re.findall(r'(\w[\w-]*)="([^"]*)"', tag))
        if given.get("type") in {"radio", "checkbox"} and " checked" not in tag:
            continue
        if "name" in given:
            found[given["name"]] = given.get("value", "")
    return found


def test_from_picking_to_the_result(partnership, school, client) -> None:
    staff = [make_person(partnership, organisation=school, name=f"Staff {number}") for number in range(3)]
    stranger = make_person(partnership, name="Stranger Danger")
    session = make_session(partnership, capacity=2)
    base = f"/alphashire/sessions/{session.pk}/book/group/"
    response = client.get(base)
    assert response.status_code == 302
    picks = response.url
    page = client.get(picks).content.decode()
    assert "Staff 1" in page and stranger.name not in page
    page = client.post(
        picks, {"q": "staff 2", "people": [staff[0].pk], "pasted": "Paul Paper"}
    ).content.decode()
    assert "Staff 0" in page and "Staff 2" in page and "Staff 1" not in page and "Paul Paper" in page
    checked = client.post(f"{picks}check/", {"people": [staff[0].pk], "pasted": "Paul Paper\nBad, bad@"})
    page = checked.content.decode()
    assert "Gets a place" in page and "is not an email address" in page and "Book 2 people" in page
    assert Booking.objects.count() == 0 and not Person.objects.filter(name="Paul Paper").exists()
    sent = {**fields_of(page), "rows-2-email": "bad@example.org"}
    # A mended line is shown again before it is booked.
    page = client.post(f"{picks}check/", {**sent, "confirm": "1", "declaration": "on"}).content.decode()
    assert "Check it again" in page and Booking.objects.count() == 0
    sent = {**fields_of(page), "confirm": "1"}
    sent.pop("declaration", None)
    page = client.post(f"{picks}check/", sent).content.decode()
    assert "Confirm that everybody on the list can come" in page and Booking.objects.count() == 0
    sent = {**fields_of(page), "confirm": "1", "declaration": "on"}
    done = [client.post(f"{picks}check/", sent) for _ in range(2)]
    assert done[0].status_code == 302 and done[0].url == done[1].url
    page = client.get(done[0].url).content.decode()
    assert "Booked for Oak Tree School" in page and "On the waiting list" in page
    assert Booking.objects.count() == 3


def test_the_training_that_comes_first_is_named_for_each_person_on_the_page(
    partnership, school, client
) -> None:
    rule = policy(booking__prerequisite="single_agency_first")
    adopt(partnership, rule, at=timezone.now() - timedelta(days=1))
    session = make_session(partnership)
    check = f"/alphashire/sessions/{session.pk}/book/group/{school.pk}/check/"
    page = client.post(check, {"pasted": "Ann Smith, ann@example.org\nBob Jones"}).content.decode()
    sent = {**fields_of(page), "confirm": "1", "declaration": "on"}
    page = client.post(check, sent).content.decode()
    assert "Name the training that Ann Smith has done, with its date" in page and not Booking.objects.exists()
    for row in ("rows-0", "rows-1"):
        sent |= {f"{row}-training": "Level 1", f"{row}-trained_on_day": "4"}
        sent |= {f"{row}-trained_on_month": "9", f"{row}-trained_on_year": "2026"}
    assert client.post(check, sent).status_code == 302
    assert Prerequisite.objects.filter(training="Level 1", completed_on="2026-09-04").count() == 2


def test_a_training_that_all_have_done_is_named_once(partnership, school, client) -> None:
    rule = policy(booking__prerequisite="single_agency_first")
    adopt(partnership, rule, at=timezone.now() - timedelta(days=1))
    session = make_session(partnership)
    check = f"/alphashire/sessions/{session.pk}/book/group/{school.pk}/check/"
    assert "all_training" not in client.post(check, {"pasted": "Ann Smith"}).content.decode()
    page = client.post(check, {"pasted": "Ann Smith\nBob Jones\nCy Green"}).content.decode()
    sent = {**fields_of(page), "confirm": "1", "declaration": "on", "all_training": "INSET day"}
    page = client.post(check, sent).content.decode()
    assert "Name the training with its date" in page and not Booking.objects.exists()
    sent |= {"all_trained_on_day": "4", "all_trained_on_month": "9", "all_trained_on_year": "2026"}
    sent |= {"rows-1-training": "Level 1", "rows-1-trained_on_day": "5"}
    sent |= {"rows-1-trained_on_month": "9", "rows-1-trained_on_year": "2026"}
    assert client.post(check, sent).status_code == 302
    kept = Prerequisite.objects.order_by("booking__person__name").values_list("training", "completed_on__day")
    assert list(kept) == [("INSET day", 4), ("Level 1", 5), ("INSET day", 4)]


def test_leaving_out_and_adding_more_keep_the_rest_of_the_list(partnership, school, client) -> None:
    session = make_session(partnership)
    picks = f"/alphashire/sessions/{session.pk}/book/group/{school.pk}/"
    page = client.post(
        f"{picks}check/", {"pasted": "Ann Smith, ann@example.org, Nurse\nBob Jones"}
    ).content.decode()
    sent = {**fields_of(page), "rows-1-leave_out": "on"}
    page = client.post(f"{picks}check/", sent).content.decode()
    assert "Ann Smith" in page and "Bob Jones" not in page
    page = client.post(picks, sent).content.decode()
    assert "Ann Smith\tann@example.org\tNurse" in page and "Bob Jones" not in page


def test_an_empty_list_and_one_too_long_come_back_with_a_sentence(partnership, school, client) -> None:
    session = make_session(partnership)
    check = f"/alphashire/sessions/{session.pk}/book/group/{school.pk}/check/"
    assert "Choose at least one person" in client.post(check, {"pasted": " \n"}).content.decode()
    lines = "\n".join(f"Person{chr(97 + number // 26)}{chr(97 + number % 26)} Long" for number in range(61))
    page = client.post(check, {"pasted": lines}).content.decode()
    assert "Book at most 60 people at once" in page and "Personci Long" in page
    assert client.post(check, {"people": ["x", "9" * 40], "pasted": "\x00"}).status_code == 200


def test_a_question_must_be_answered_before_anybody_is_booked(partnership, school, client) -> None:
    make_person(partnership, organisation=school, name="Ann Smith")
    session = make_session(partnership)
    check = f"/alphashire/sessions/{session.pk}/book/group/{school.pk}/check/"
    page = client.post(check, {"pasted": "Ann Smith, new@example.org\nBob Jones"}).content.decode()
    sent = {**fields_of(page), "confirm": "1", "declaration": "on"}
    page = client.post(check, sent).content.decode()
    assert "Say who is meant by Ann Smith" in page and Booking.objects.count() == 0
    page = client.post(check, {**fields_of(page), "rows-0-same_as": "new"}).content.decode()
    client.post(check, {**fields_of(page), "confirm": "1", "declaration": "on"})
    assert Booking.objects.count() == 2 and Person.objects.filter(name="Ann Smith").count() == 2


def test_another_organisations_pages_are_not_found(partnership, neighbour, school, client, sign_in) -> None:
    session, other = make_session(partnership), make_organisation(partnership)
    assert client.get(f"/alphashire/sessions/{session.pk}/book/group/{other.pk}/").status_code == 404
    check = f"/alphashire/sessions/{session.pk}/book/group/{other.pk}/check/"
    assert client.post(check, {"pasted": "Ann Smith"}).status_code == 404
    nobody = sign_in(make_person(partnership, organisation=school))
    assert nobody.get(f"/alphashire/sessions/{session.pk}/book/group/").status_code == 404
    assert nobody.get(f"/alphashire/sessions/{session.pk}/book/group/{school.pk}/").status_code == 404
    with acting_in(neighbour):
        theirs = make_organisation(neighbour)
    assert client.get(f"/alphashire/sessions/{session.pk}/book/group/{theirs.pk}/").status_code == 404


def test_the_result_is_for_the_organisation_and_the_team_alone(partnership, school, client, sign_in) -> None:
    session = make_session(partnership)
    check = f"/alphashire/sessions/{session.pk}/book/group/{school.pk}/check/"
    page = client.post(check, {"pasted": "Bob Jones"}).content.decode()
    client.post(check, {**fields_of(page), "confirm": "1", "declaration": "on"})
    done = f"/alphashire/sessions/{session.pk}/book/group/done/{GroupBooking.objects.get().pk}/"
    seen = {
        "its lead": client.get(done).status_code,
        "the team": sign_in(make_person(partnership, Role.TEAM)).get(done).status_code,
        "another lead": sign_in(make_person(partnership, Role.ORGANISATION_LEAD)).get(done).status_code,
        "a colleague": sign_in(make_person(partnership, organisation=school)).get(done).status_code,
    }
    assert seen == {"its lead": 200, "the team": 200, "another lead": 404, "a colleague": 404}


def test_the_team_finds_any_organisation(partnership, school, sign_in) -> None:
    session = make_session(partnership)
    team = sign_in(make_person(partnership, Role.TEAM))
    base = f"/alphashire/sessions/{session.pk}/book/group/"
    assert "Oak Tree School" not in team.get(base).content.decode()
    assert "Oak Tree School" in team.get(base, {"q": "oak"}).content.decode()


@pytest.mark.parametrize("people", [1, 5])
def test_picking_asks_as_often_however_many_there_are(
    partnership, school, client, django_assert_num_queries, people
) -> None:
    for _ in range(people):
        make_person(partnership, organisation=school)
    session = make_session(partnership)
    address = f"/alphashire/sessions/{session.pk}/book/group/{school.pk}/"
    client.get(address)
    with django_assert_num_queries(13):
        client.get(address)
