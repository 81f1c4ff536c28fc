"""Access needs are health data: nowhere but in their own table, and gone after the session."""

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from bookings.models import AccessNeeds
from bookings.services.access_needs import change_access_needs, forget_access_needs
from bookings.services.changes import tell_of_cancelled_sessions
from bookings.services.places import give_up
from courses.models import Session
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.moving import begun, over
from tests.factories import actor_for, make_person, make_session

SECRET = "zimmerframe-for-wednesdays"


def tables_with(text: str) -> list[str]:
    """Every table of the database in which some column of some row holds the text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            # A row as text has every column in it, jsonb and generated ones too.
            cursor.execute(f'SELECT count(*) FROM "{table}" AS row WHERE row::text LIKE %s', [f"%{text}%"])
            if cursor.fetchone()[0]:
                found.append(table)
    return found


@pytest.fixture
def needy(partnership, book):
    """A booking with access needs."""
    return book(make_person(partnership), make_session(partnership), access_needs=SECRET)


def test_the_text_is_in_its_own_table_and_in_no_other(needy) -> None:
    assert len(connection.introspection.table_names()) > len(apps.get_app_configs())
    assert tables_with(SECRET) == ["bookings_accessneeds"]


def test_the_daily_job_forgets_it_after_the_session_and_not_before(partnership, needy) -> None:
    begun(needy.session)
    forget_access_needs(partnership, timezone.now())
    assert tables_with(SECRET) == ["bookings_accessneeds"]
    over(needy.session)
    for _ in range(2):
        forget_access_needs(partnership, timezone.now())
    assert tables_with(SECRET) == []
    assert AuditEntry.objects.filter(action="bookings.forget_access_needs").count() == 1


FOOD = "no-celery-in-anything"


@pytest.fixture
def hungry(needy):
    """A booking with access needs and dietary needs."""
    change_access_needs(
        actor=actor_for(needy.person), booking=needy, text=SECRET, diets=["vegan"], dietary=FOOD
    )
    return needy


def test_what_somebody_eats_is_in_its_own_table_and_gone_after_the_session(partnership, hungry) -> None:
    assert tables_with(FOOD) == ["bookings_accessneeds"]
    over(hungry.session)
    forget_access_needs(partnership, timezone.now())
    for marker in (FOOD, SECRET, "vegan"):
        assert tables_with(marker) == []


def test_the_team_and_that_sessions_trainers_see_what_is_needed_and_nobody_else(
    partnership, hungry, neighbour, sign_in
) -> None:
    trainer, other = (make_person(partnership, Role.TRAINER) for _ in range(2))
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=hungry.organisation)
    hungry.session.trainer_links.create(partnership=partnership, person=trainer)
    team = make_person(partnership, Role.TEAM)
    pages = {
        "desk": reverse("bookings:desk_session", args=[partnership.slug, hungry.session_id]),
        "trainer": reverse("bookings:training_session", args=[partnership.slug, hungry.session_id]),
        "booking": reverse("bookings:booking", args=[partnership.slug, hungry.pk]),
    }

    def shown(person, page: str) -> bool:
        return FOOD in sign_in(person).get(pages[page]).content.decode()

    assert shown(team, "desk")
    assert shown(trainer, "trainer")
    assert shown(hungry.person, "booking")
    assert not any(shown(person, page) for person in (lead, other) for page in pages)
    assert not shown(team, "booking")
    with acting_in(neighbour):
        stranger = make_person(neighbour, Role.TEAM)
    assert not any(shown(stranger, page) for page in pages)


def test_the_caterer_is_given_numbers_without_names(partnership, book, sign_in) -> None:
    session = make_session(partnership)
    for diets, dietary in ((["vegetarian"], ""), (["vegetarian", "nut_free"], "Kiwi"), ([], "")):
        booking = book(make_person(partnership), session)
        change_access_needs(
            actor=actor_for(booking.person), booking=booking, text="", diets=diets, dietary=dietary
        )
    page = sign_in(make_person(partnership, Role.TEAM)).get(
        reverse("bookings:desk_session", args=[partnership.slug, session.pk])
    )
    assert page.context["food"] == {"counts": [("Vegetarian", 2), ("No nuts", 1)], "others": ["Kiwi"]}
    assert "2 vegetarian" in page.content.decode()


def test_what_was_typed_stays_where_it_is_too_late(partnership, book, sign_in) -> None:
    booking = book(make_person(partnership), make_session(partnership))
    over(booking.session)
    address = reverse("bookings:access_needs", args=[partnership.slug, booking.pk])
    page = sign_in(booking.person).post(address, {"access_needs": "A chair with arms"})
    assert page.status_code == 200
    words = page.content.decode()
    assert "can’t be changed any more" in words and "A chair with arms" in words


def test_nobody_is_asked_about_food_for_a_session_online(partnership, book, sign_in) -> None:
    session = make_session(partnership, venue=None, joining_link="https://meet.example/1")
    booking = book(make_person(partnership), session)
    address = reverse("bookings:access_needs", args=[partnership.slug, booking.pk])
    client = sign_in(booking.person)
    assert "Dietary" not in client.get(address).content.decode()
    client.post(address, {"access_needs": "Captions", "diets": ["vegan"], "dietary": FOOD})
    kept = AccessNeeds.objects.get()
    assert (kept.text, kept.diets, kept.dietary) == ("Captions", [], "")


def test_the_daily_job_forgets_what_is_eaten_where_a_session_has_come_to_be_online(
    partnership, hungry, book
) -> None:
    alone = book(make_person(partnership), hungry.session, diets=("halal",))
    Session.objects.update(venue=None, joining_link="https://meet.example/1")
    for _ in range(2):
        forget_access_needs(partnership, timezone.now())
    kept = AccessNeeds.objects.get()
    assert (kept.booking, kept.text, kept.diets, kept.dietary) == (hungry, SECRET, [], "")
    forgotten = AuditEntry.objects.filter(action="bookings.forget_access_needs")
    assert {one.subject_id for one in forgotten} == {hungry.pk, alone.pk}
    assert forgotten.count() == 2


def test_what_is_eaten_is_changed_on_ones_own_page(hungry, sign_in) -> None:
    address = reverse("bookings:access_needs", args=[hungry.partnership.slug, hungry.pk])
    client = sign_in(hungry.person)
    assert FOOD in client.get(address).content.decode()
    client.post(address, {"access_needs": "", "diets": ["halal"], "dietary": ""})
    kept = AccessNeeds.objects.get()
    assert (kept.text, kept.diets, kept.dietary) == ("", ["halal"], "")
    page = client.post(address, {"diets": ["chalk"]})
    assert "chalk" in page.content.decode()
    assert AccessNeeds.objects.get().diets == ["halal"]
    client.post(address, {})
    assert not AccessNeeds.objects.exists()


def test_a_cancelled_booking_needs_nothing_any_more(needy) -> None:
    give_up(actor=actor_for(needy.person), booking=needy)
    assert tables_with(SECRET) == []


def test_nor_does_a_booking_of_a_cancelled_session(partnership, needy) -> None:
    Session.objects.update(status="cancelled")
    tell_of_cancelled_sessions(partnership, timezone.now())
    assert tables_with(SECRET) == []


def test_whoever_gave_it_may_change_it_or_take_it_back(partnership, needy) -> None:
    actor = actor_for(needy.person)
    change_access_needs(actor=actor, booking=needy, text=" large print ")
    assert AccessNeeds.objects.get().text == "large print"
    assert tables_with(SECRET) == []
    change_access_needs(actor=actor, booking=needy, text=" ")
    assert not AccessNeeds.objects.exists()
    with pytest.raises(PermissionDenied):
        change_access_needs(actor=actor_for(make_person(partnership)), booking=needy, text="x")


def test_nothing_is_kept_of_a_session_that_is_over(needy) -> None:
    """Also while its register is still open and the booking with it."""
    forget_access_needs(needy.partnership, timezone.now())
    over(needy.session)
    with pytest.raises(DomainError, match="closed"):
        change_access_needs(actor=actor_for(needy.person), booking=needy, text=SECRET)
