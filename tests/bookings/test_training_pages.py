"""The trainer's and the team's pages: own sessions only, with a steady number of queries."""

from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from bookings.models import Attendance, Booking
from bookings.services.places import give_up
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.moving import begun, over
from tests.factories import actor_for, make_person, make_session


def url(name: str, *args: int | str) -> str:
    return reverse(f"bookings:{name}", args=["alphashire", *args])


@pytest.fixture
def trainer(partnership):
    return make_person(partnership, Role.TRAINER)


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM)


def test_the_trainer_sees_who_is_coming_with_what_they_need(partnership, trainer, sign_in, book) -> None:
    session = make_session(partnership, trainers=(trainer,))
    book(make_person(partnership, name="Ann Other", job_role="Midwife"), session, access_needs="Hearing loop")
    client = sign_in(trainer)
    assert "1 of 20 places booked" in client.get(url("training")).content.decode()
    assert url("training_session", session.pk) in client.get("/alphashire/me/").content.decode()
    page = client.get(url("training_session", session.pk)).content.decode()
    for part in ("Ann Other", "Midwife", "Hearing loop"):
        assert part in page


def test_trainers_see_their_own_sessions_only(partnership, trainer, neighbour, sign_in, book) -> None:
    other = begun(make_session(partnership))
    book_date = other.dates.get()
    with acting_in(neighbour):
        theirs = begun(make_session(neighbour))
        their_date = theirs.dates.get()
    client = sign_in(trainer)
    assert other.course.title not in client.get(url("training")).content.decode()
    assert client.get(url("training_session", other.pk)).status_code == 404
    for session, date in ((other, book_date), (theirs, their_date)):
        assert client.get(url("register", session.pk, date.pk)).status_code == 404
        assert client.post(url("register", session.pk, date.pk), {}).status_code == 404
    assert sign_in(make_person(partnership)).get(url("training")).status_code == 403


def test_the_register_is_marked_by_taps_and_corrected(partnership, trainer, sign_in, book) -> None:
    session = make_session(partnership, trainers=(trainer,))
    first, second = (book(make_person(partnership), session) for _ in range(2))
    begun(session)
    client, address = sign_in(trainer), url("register", session.pk, session.dates.get().pk)
    assert "Registers to mark" in client.get(url("training")).content.decode()
    response = client.post(address, {"tap": f"{first.pk}-present"})
    assert response["Location"] == f"{address}#person-{first.pk}"
    assert client.get(address).context["counts"] == {"present": 1, "absent": 0, "open": 1}
    client.post(address, {"tap": f"{first.pk}-absent"})
    client.post(address, {"tap": f"{second.pk}-present"})
    assert dict(Attendance.objects.values_list("booking", "mark")) == {
        first.pk: "absent",
        second.pk: "present",
    }
    assert set(Booking.objects.values_list("state", flat=True)) == {"did_not_attend", "attended"}
    assert "Registers to mark" not in client.get(url("training")).content.decode()
    client.post(address, {"tap": f"{first.pk}-undo"})
    assert Booking.objects.get(pk=first.pk).state == "attended"
    page = client.post(address, {"tap": f"{first.pk}-asleep"})
    assert page.status_code == 409
    assert "Mark each person as present or absent." in page.content.decode()


def test_the_register_of_a_date_to_come_is_closed(partnership, trainer, sign_in, book) -> None:
    session = make_session(partnership, trainers=(trainer,))
    booking = book(make_person(partnership), session)
    address = url("register", session.pk, session.dates.get().pk)
    assert "The register opens on" in sign_in(trainer).get(address).content.decode()
    page = sign_in(trainer).post(address, {"tap": f"{booking.pk}-present"})
    assert page.status_code == 409
    assert "The register opens half an hour before the session begins." in page.content.decode()


def test_the_desk_filters_sorts_and_exports(partnership, team, neighbour, sign_in, book) -> None:
    session, other = make_session(partnership, capacity=1), make_session(partnership)
    people = [make_person(partnership, name=name) for name in ("Zoe Zed", "Abe =Ace")]
    book(people[0], session)
    book(people[1], session)
    cancelled = book(people[1], other, access_needs="Never in a file")
    give_up(actor=actor_for(people[1]), booking=cancelled, reason="Private")
    with acting_in(neighbour):
        stranger = make_person(neighbour, name="Nina Neighbour")
        from bookings.services.places import book_place

        book_place(
            actor=actor_for(stranger),
            session=make_session(neighbour),
            person=stranger,
            organisation=stranger.memberships.get().organisation,
        )
    client = sign_in(team)

    def names(**query) -> list[str]:
        page = client.get(url("desk_bookings"), query)
        return [f"{one.person.name}, {one.state}" for one in page.context["page_obj"]]

    assert names() == ["Abe =Ace, cancelled", "Abe =Ace, waiting", "Zoe Zed, confirmed"]
    assert names(state="waiting") == ["Abe =Ace, waiting"]
    assert names(session=other.pk) == ["Abe =Ace, cancelled"]
    assert names(q="zED") == ["Zoe Zed, confirmed"]
    assert names(organisation=people[0].memberships.get().organisation.name) == ["Zoe Zed, confirmed"]
    assert names(order="name", q="zoe", state="nonsense", session="x") == ["Zoe Zed, confirmed"]
    assert names(order="name")[0].startswith("Abe")
    response = client.get(url("export", "xlsx"), {"session": session.pk, "order": "name"})
    content = b"".join(response.streaming_content)
    rows = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    assert [row[1] for row in rows] == ["Name", "Abe =Ace", "Zoe Zed"]
    whole = b"".join(client.get(url("export", "xlsx")).streaming_content)
    text = str(CalamineWorkbook.from_filelike(BytesIO(whole)).get_sheet_by_index(0).to_python())
    for secret in ("Never in a file", "Private", "Nina"):
        assert secret not in text


def test_the_desks_page_of_a_session_has_everybody_in_their_place(partnership, team, sign_in, book) -> None:
    session = make_session(partnership, capacity=1)
    holder, waiting, gone = (book(make_person(partnership), session) for _ in range(3))
    give_up(actor=actor_for(gone.person), booking=gone)
    page = sign_in(team).get(url("desk_session", session.pk))
    found = page.context
    assert [list(found[part]) for part in ("people", "queue", "ended")] == [[holder], [waiting], [gone]]
    assert url("cancel", holder.pk) in page.content.decode()


@pytest.mark.parametrize("name", ["desk_bookings", "export", "desk_session"])
def test_the_desk_is_the_teams(partnership, trainer, sign_in, name) -> None:
    args = {"desk_session": [make_session(partnership).pk], "export": ["xlsx"]}.get(name, [])
    assert sign_in(trainer).get(url(name, *args)).status_code == 403


def _queries(client, address) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(address)
        assert response.status_code == 200
        if response.streaming:
            b"".join(response.streaming_content)
    return len(captured)


def test_lists_need_the_same_number_of_queries_for_one_row_and_for_six(
    partnership, trainer, team, sign_in, book
) -> None:
    person = make_person(partnership)
    trained = make_session(partnership, trainers=(trainer,), days=2)
    book(person, trained, access_needs="x")
    register = url("register", trained.pk, trained.dates.first().pk)
    pages = [
        (sign_in(person), url("mine")),
        (sign_in(trainer), url("training")),
        (sign_in(trainer), url("training_session", trained.pk)),
        (sign_in(trainer), register),
        (sign_in(team), url("desk_bookings")),
        (sign_in(team), url("export", "xlsx")),
        (sign_in(team), url("desk_session", trained.pk)),
        (sign_in(team), url("choose_person", trained.pk) + "?q=person"),
    ]
    over(trained)
    for client, address in pages:
        _queries(client, address)
    before = [_queries(client, address) for client, address in pages]
    for _ in range(5):
        session = make_session(partnership, trainers=(trainer,))
        book(person, session)
        full = make_session(partnership, capacity=1)
        book(make_person(partnership), full)
        book(person, full)
    trained.bookings.first()
    for _ in range(5):
        late = make_person(partnership)
        Booking.objects.create(
            partnership=partnership,
            session=trained,
            person=late,
            organisation=late.memberships.get().organisation,
            state="confirmed",
            booked_at=trained.starts_at,
            policy_version=Booking.objects.first().policy_version,
        )
    after = [_queries(client, address) for client, address in pages]
    assert after == before
    assert max(after) <= 17


def test_a_register_with_nobody_on_it_is_neither_marked_nor_incomplete(partnership, team, sign_in) -> None:
    session = begun(make_session(partnership))
    page = url("desk_session", session.pk)
    content = sign_in(team).get(page).content.decode()
    assert "Register of" in content and ">Marked<" not in content and "Not complete" not in content
