"""People who come without a booking: added at the door, never beyond the room, and only once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from bookings.models import Approval, Attendance, Booking, WalkIn
from bookings.services.register import mark_attendance
from bookings.services.walk_ins import UNSETTLED, Newcomer, RoomIsFull, add_walk_in, settle_walk_in
from courses.models import Session
from notifications.models import Message
from partnerships.errors import DomainError
from partnerships.models import AuditEntry, Membership, Organisation, Person, PolicyVersion
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.locking import locks
from tests.bookings.moving import begun, move
from tests.factories import actor_for, adopt, make_organisation, make_person, make_session, policy


@pytest.fixture
def trainer(partnership):
    return make_person(partnership, Role.TRAINER)


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM)


@pytest.fixture
def school(partnership):
    return make_organisation(partnership, name="Hill School")


@pytest.fixture
def session(partnership, trainer):
    """A session with two places that is on now; booking has closed."""
    return begun(make_session(partnership, trainers=(trainer,), capacity=2))


def _add(person, session, newcomer=None, *, day=0, **options) -> Booking:
    date = list(session.dates.all())[day]
    options.setdefault("key", uuid4())
    newcomer = newcomer or Newcomer("Nell Newcomer", organisation=Organisation.objects.first())
    return add_walk_in(actor=actor_for(person), session_date=date, newcomer=newcomer, **options)


def test_somebody_unknown_is_added_to_the_workforce_booked_and_present(session, trainer, school) -> None:
    booking = _add(trainer, session, Newcomer("Nell Newcomer", "Nell@Hill.example", school))
    person = Person.objects.get(email_key="nell@hill.example")
    assert (booking.person, booking.organisation, booking.booked_by) == (person, school, trainer)
    assert Membership.objects.live().get(person=person).organisation == school
    assert Booking.objects.get().state == "attended"
    assert Attendance.objects.get().mark == "present"
    entry = AuditEntry.objects.get(action="bookings.add_walk_in")
    assert (entry.person, entry.after["organisation_to_settle"]) == (trainer, False)
    # The trail says who added the person, and at which door.
    assert AuditEntry.objects.get(action="partnerships.add_person").person == trainer
    assert AuditEntry.objects.get(action="partnerships.add_person").actor == "person: walk-in"
    # Nobody needs a confirmation of where they are.
    assert not Message.objects.exists()


def test_somebody_who_is_known_keeps_their_organisations(session, trainer, school, partnership) -> None:
    known = make_person(partnership)
    own = known.memberships.get().organisation
    booking = _add(trainer, session, Newcomer("Another Name", known.email.upper(), school))
    assert (booking.person, booking.organisation) == (known, own)
    assert Membership.objects.filter(person=known).count() == 1
    assert Person.objects.get(pk=known.pk).name == known.name
    assert WalkIn.objects.get().organisation_said == "Hill School"


def test_in_the_name_of_the_organisation_that_they_say_if_it_is_one_of_theirs(
    session, trainer, school, partnership
) -> None:
    known = make_person(partnership)
    Membership.objects.create(
        partnership=partnership, person=known, organisation=school, started_on=timezone.now().date()
    )
    assert _add(trainer, session, Newcomer("X", known.email, school)).organisation == school
    assert WalkIn.objects.get().organisation_said == ""


def test_whoever_had_a_place_is_marked_and_not_booked_twice(session, trainer, partnership, book) -> None:
    move(session, timedelta(days=30))
    booking = book(make_person(partnership), session)
    begun(session)
    for _ in range(2):
        assert _add(trainer, session, Newcomer("X", booking.person.email)) == booking
    assert Booking.objects.get().state == "attended"
    assert not WalkIn.objects.exists()


def test_the_form_sent_again_over_a_bad_line_adds_nobody(session, trainer, school) -> None:
    key = uuid4()
    first = _add(trainer, session, Newcomer("Nell", organisation=school), key=key)
    assert _add(trainer, session, Newcomer("Nell", organisation=school), key=key) == first
    assert Booking.objects.count() == WalkIn.objects.count() == 1
    assert Person.objects.filter(name="Nell").count() == 1


def _fill(session, partnership) -> list[Booking]:
    bookings = []
    for _ in range(session.capacity):
        person = make_person(partnership)
        bookings.append(
            Booking.objects.create(
                partnership=partnership,
                session=session,
                person=person,
                organisation=person.memberships.get().organisation,
                state="confirmed",
                booked_at=session.starts_at,
                policy_version=PolicyVersion.objects.last(),
            )
        )
    session.refresh_from_db()
    return bookings


def test_a_full_room_takes_nobody_unless_a_place_is_made(session, trainer, partnership, school) -> None:
    _fill(session, partnership)
    newcomer = Newcomer("Nell Newcomer", "nell@hill.example", school)
    with pytest.raises(RoomIsFull, match="2 of 2 places are taken"):
        _add(trainer, session, newcomer)
    # Nothing of the attempt is left.
    assert not Person.objects.filter(email="nell@hill.example").exists()
    _add(trainer, session, newcomer, make_room=True)
    session.refresh_from_db()
    assert (session.places_taken, session.capacity) == (3, 3)
    assert AuditEntry.objects.get(action="bookings.add_walk_in").after["capacity"] == 3


def test_the_strategys_cap_counts_people_in_the_room(partnership, trainer, school) -> None:
    adopt(partnership, policy(booking__class_size_cap=2), at=timezone.now() - timedelta(days=9))
    session = begun(make_session(partnership, trainers=(trainer,), capacity=2))
    bookings = _fill(session, partnership)
    newcomer = Newcomer("Nell Newcomer", organisation=school)
    with pytest.raises(RoomIsFull, match=r"at most 2 people\. Mark who is absent first"):
        _add(trainer, session, newcomer, make_room=True)
    marks = {bookings[0].pk: "absent"}
    mark_attendance(actor=actor_for(trainer), session_date=session.dates.get(), marks=marks)
    _add(trainer, session, newcomer, make_room=True)
    session.refresh_from_db()
    assert (session.places_taken, session.capacity) == (3, 3)
    with pytest.raises(RoomIsFull, match="Mark who is absent first"):
        _add(trainer, session, Newcomer("One More", organisation=school), make_room=True)


def test_trainers_add_people_on_the_day_and_the_team_afterwards(session, trainer, team, school) -> None:
    newcomer = Newcomer("Nell", organisation=school)
    stranger = make_person(trainer.partnership, Role.TRAINER)
    with pytest.raises(PermissionDenied):
        _add(stranger, session, newcomer)
    move(session, timedelta(days=-2))
    with pytest.raises(DomainError, match="Trainers add people on the day"):
        _add(trainer, session, newcomer)
    assert _add(team, session, newcomer).person.name == "Nell"
    move(session, timedelta(days=9))
    with pytest.raises(DomainError, match="half an hour before"):
        _add(team, session, Newcomer("Early", organisation=school))
    Session.objects.update(status="cancelled")
    with pytest.raises(DomainError, match="not taking place"):
        _add(team, session, Newcomer("Late", organisation=school))


def test_a_walk_in_of_the_second_day_was_absent_on_the_first(partnership, trainer, school) -> None:
    session = make_session(partnership, days=3, trainers=(trainer,))
    move(begun(session), timedelta(days=-7))
    booking = _add(trainer, session, Newcomer("Nell", "nell@hill.example", school), day=1)
    marks = list(booking.attendances.order_by("session_date__starts_at").values_list("mark", flat=True))
    assert marks == ["absent", "present"]
    assert Booking.objects.get().state == "confirmed"
    # One more date is to come, so they are sent the dates.
    assert Message.objects.get().purpose == "booking_confirmed"


def test_an_organisation_that_is_not_on_the_list_is_settled_by_the_team(
    session, trainer, team, school
) -> None:
    booking = _add(trainer, session, Newcomer("Nell", "", None, "Hill Scool"))
    assert booking.organisation.name == UNSETTLED
    assert not booking.organisation.is_active
    _add(trainer, session, Newcomer("Ned", "", None, "Elsewhere"))
    assert Organisation.objects.filter(name=UNSETTLED).count() == 1
    walk_in = WalkIn.objects.get(booking=booking)
    with pytest.raises(PermissionDenied):
        settle_walk_in(actor=actor_for(trainer), walk_in=walk_in, organisation=school)
    for _ in range(2):
        settle_walk_in(actor=actor_for(team), walk_in=walk_in, organisation=school)
    assert Booking.objects.get(pk=booking.pk).organisation == school
    live = Membership.objects.live().filter(person=booking.person)
    assert [one.organisation for one in live] == [school]


def _url(name, partnership, *args) -> str:
    return reverse(f"bookings:{name}", args=[partnership.slug, *args])


def _form(**given) -> dict[str, str]:
    return {"name": "Nell Newcomer", "email": "", "organisation": "Hill School", "key": str(uuid4()), **given}


def test_the_form_at_the_door(session, trainer, partnership, school, sign_in) -> None:
    date = session.dates.get()
    client, address = sign_in(trainer), _url("walk_in", partnership, session.pk, date.pk)
    assert '<option value="Hill School">' in client.get(address).content.decode()
    response = client.post(address, _form(organisation="hill school"))
    booking = Booking.objects.get()
    assert response["Location"].endswith(f"#person-{booking.pk}")
    assert booking.organisation == school
    # What reads like one on the list is asked about; what doesn't goes to the team.
    page = client.post(address, _form(name="Ned", organisation="Hil Scool")).content.decode()
    assert "Choose the organisation, or say that it is none of these" in page
    assert "None of these: it is “Hil Scool”" in page
    client.post(address, _form(name="Ned", organisation="Hil Scool", alike=str(school.pk)))
    assert Booking.objects.get(person__name="Ned").organisation == school
    page = client.post(address, _form(name="Una", organisation="Zzz")).content.decode()
    assert "There is a seat for one more: make it 3 places instead of 2" in page
    assert "Every place is taken" in page
    client.post(address, _form(name="Una", organisation="Zzz", make_room="on"))
    assert WalkIn.objects.get(booking__person__name="Una").organisation_said == "Zzz"


def test_the_desk_settles_them(session, trainer, team, partnership, school, sign_in, neighbour) -> None:
    _add(trainer, session, Newcomer("Nell", "", None, "Hill Scool"))
    client, desk = sign_in(team), _url("walk_ins", partnership)
    one = WalkIn.objects.get()
    assert "Hill Scool" in client.get(desk).content.decode()
    address = _url("settle_walk_in", partnership, one.pk)
    assert (
        "There is no organisation called" in client.post(address, {"organisation": "Hill"}).content.decode()
    )
    client.post(address, {"organisation": "hill school"})
    assert "Hill Scool" not in client.get(desk).content.decode()
    assert sign_in(trainer).get(desk).status_code == 403
    with acting_in(neighbour):
        stranger = make_person(neighbour, Role.TEAM)
    assert sign_in(stranger).get(_url("settle_walk_in", neighbour, one.pk)).status_code == 404


def test_the_neighbours_organisations_are_not_offered(
    session, trainer, partnership, neighbour, sign_in
) -> None:
    with acting_in(neighbour):
        make_organisation(neighbour, name="Nextdoor Nursery")
        theirs = make_person(neighbour)
    address = _url("walk_in", partnership, session.pk, session.dates.get().pk)
    assert "Nextdoor" not in sign_in(trainer).get(address).content.decode()
    # Nor does their address name anybody here.
    booking = _add(trainer, session, Newcomer("Nell", theirs.email, Organisation.objects.first()))
    assert booking.person.name == "Nell"


@pytest.mark.parametrize("state", ["requested", "waiting", "offered"])
def test_whoever_waited_for_a_place_or_an_approval_gets_one_at_the_door(
    partnership, session, trainer, state
) -> None:
    person = make_person(partnership)
    booking = Booking.objects.create(
        partnership=partnership,
        session=session,
        person=person,
        organisation=person.memberships.get().organisation,
        state=state,
        booked_at=timezone.now(),
        offer_expires_at=timezone.now() if state == "offered" else None,
        policy_version=PolicyVersion.objects.get(),
    )
    if state == "requested":
        Approval.objects.create(
            partnership=partnership,
            booking=booking,
            rule="team",
            asked="team",
            asked_at=timezone.now(),
            expires_at=timezone.now(),
        )
    added = _add(trainer, session, Newcomer(name=person.name, email=person.email))
    assert added == booking
    booking.refresh_from_db()
    assert booking.state == "attended"
    assert booking.confirmed_at is not None
    assert not Approval.objects.open().exists()


def test_whoever_was_merely_offered_a_place_is_not_on_the_register(partnership, session, trainer) -> None:
    person = make_person(partnership)
    booking = Booking.objects.create(
        partnership=partnership,
        session=session,
        person=person,
        organisation=person.memberships.get().organisation,
        state="offered",
        booked_at=timezone.now(),
        offer_expires_at=timezone.now(),
        policy_version=PolicyVersion.objects.get(),
    )
    with pytest.raises(DomainError, match="no longer has a place"):
        mark_attendance(
            actor=actor_for(trainer), session_date=session.dates.get(), marks={booking.pk: "present"}
        )


def test_the_session_is_locked_before_the_person_as_by_whoever_gives_out_places(
    partnership, session, trainer, school
) -> None:
    known = Person.objects.create(partnership=partnership, name="Nell", email="nell@hill.example")
    with locks() as tables:
        _add(trainer, session, Newcomer("Nell", known.email, school))
    assert tables[:3] == ["partnerships_partnership", "courses_session", "partnerships_person"]
