"""Tell me when there are new dates: once, then the wish is over."""

from django.utils import timezone

from bookings.models import Interest
from bookings.services.interest import tell_of_new_dates, wait_for_dates
from notifications.models import Message
from notifications.services.choices import choose_messages
from tests.factories import actor_for, make_course, make_organisation, make_person, make_session


def test_whoever_asked_is_told_once_when_the_course_can_be_booked(partnership, client) -> None:
    course, person = make_course(partnership), make_person(partnership)
    client.force_login(person.user)
    page = client.get(f"/{partnership.slug}/courses/{course.slug}/").content.decode()
    address = f"/{partnership.slug}/courses/{course.slug}/tell-me/"
    assert address in page
    client.get(address)
    assert not Interest.objects.exists()
    for _ in range(2):
        client.post(address, {"ask": "1"})
    assert Interest.objects.count() == 1
    asked = client.get(f"/{partnership.slug}/courses/{course.slug}/").content.decode()
    assert "you have asked to be told" in asked and "Tell me when there are" not in asked
    tell_of_new_dates(partnership, timezone.now())
    assert Interest.objects.count() == 1
    make_session(partnership, course=course)
    for _ in range(2):
        tell_of_new_dates(partnership, timezone.now())
    assert Message.objects.get(purpose="new_dates").person == person
    assert not Interest.objects.exists()


def test_whoever_wants_no_other_messages_is_told_all_the_same(partnership) -> None:
    """They asked for this one by name, and the wish is forgotten with it."""
    course, person = make_course(partnership), make_person(partnership)
    wait_for_dates(actor=actor_for(person), course=course)
    choose_messages(actor=actor_for(person), wanted=[])
    make_session(partnership, course=course)
    tell_of_new_dates(partnership, timezone.now())
    message = Message.objects.get(purpose="new_dates")
    assert message.person == person and "/s/stop-" not in message.text
    assert not Interest.objects.exists()


def test_the_wish_can_be_taken_back(partnership, client) -> None:
    course, person = make_course(partnership), make_person(partnership)
    client.force_login(person.user)
    address = f"/{partnership.slug}/courses/{course.slug}/tell-me/"
    client.post(address, {"ask": "1"})
    assert "You have asked" in client.get(address).content.decode()
    client.post(address, {"stop": "1"})
    assert not Interest.objects.exists()


def test_another_partnerships_course_is_not_there(partnership, neighbour, client) -> None:
    from partnerships.tenancy import acting_in

    with acting_in(neighbour):
        course = make_course(neighbour)
    client.force_login(make_person(partnership).user)
    assert client.post(f"/{partnership.slug}/courses/{course.slug}/tell-me/").status_code == 404


def test_what_another_organisation_holds_for_its_own_staff_is_no_new_date(partnership) -> None:
    course, school = make_course(partnership), make_organisation(partnership)
    colleague, stranger = make_person(partnership, organisation=school), make_person(partnership)
    for person in (colleague, stranger):
        wait_for_dates(actor=actor_for(person), course=course)
    make_session(partnership, course=course, single_agency_for=school)
    tell_of_new_dates(partnership, timezone.now())
    assert Message.objects.get(purpose="new_dates").person == colleague
    assert Interest.objects.get().person == stranger
