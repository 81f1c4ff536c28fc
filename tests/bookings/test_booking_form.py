"""What the booking form asks: food where people meet, money where it may be charged, a reason from those outside."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from bookings.as_shown import as_shown, session_as_shown
from bookings.audience import Audience, outside_audience
from bookings.clashes import clashes_with
from bookings.models import AccessNeeds, Booking
from bookings.services.places import OutsideAudience, Told, book_place
from courses.models import CourseSector, Requirement, RequirementOption, Session
from partnerships.errors import DomainError
from partnerships.models import CompetencyGroup, Membership, Sector
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.charging import charging
from tests.factories import (
    actor_for,
    adopt,
    make_course,
    make_organisation,
    make_person,
    make_session,
    policy,
)

REASON = "I stand in for our safeguarding lead"


def url(name: str, *args: int) -> str:
    return reverse(f"bookings:{name}", args=["alphashire", *args])


def text_of(response) -> str:
    return response.content.decode()


def send(client, person, session, **changes):
    organisation = person.memberships.first().organisation_id
    shows = {"expects_place": "True", "session_shown": session_as_shown(session)}
    data = {"organisation": organisation, "declaration": "on", **shows, **changes}
    return client.post(url("book", session.pk), data, follow=True)


@pytest.fixture
def leads(partnership) -> CompetencyGroup:
    """A group that builds on the partnership's first one."""
    first = CompetencyGroup.objects.get()
    return CompetencyGroup.objects.create(
        partnership=partnership, code="3", title="Level 3: leads", who="Leads", builds_on=first, position=3
    )


@pytest.fixture
def for_leads(partnership, leads):
    """A session of a course for leads alone."""
    course = make_course(partnership, audience="Designated safeguarding leads")
    course.group_links.all().delete()
    course.group_links.create(partnership=partnership, group=leads)
    return make_session(partnership, course=course)


# Food


def test_the_form_asks_about_food_where_people_meet(partnership, sign_in) -> None:
    person, session = make_person(partnership), make_session(partnership)
    client = sign_in(person)
    assert "Dietary needs" in text_of(client.get(url("book", session.pk)))
    send(client, person, session, access_needs="Loop", diets=["halal", "nut_free"], dietary="No kiwi")
    kept = AccessNeeds.objects.get()
    assert (kept.text, kept.diets, kept.dietary) == ("Loop", ["halal", "nut_free"], "No kiwi")


def test_nobody_is_asked_about_food_online(partnership, sign_in) -> None:
    person = make_person(partnership)
    session = make_session(partnership, venue=None, joining_link="https://meet.example/1")
    client = sign_in(person)
    assert "Dietary" not in text_of(client.get(url("book", session.pk)))
    send(client, person, session, diets=["halal"], dietary="No kiwi")
    assert Booking.objects.exists() and not AccessNeeds.objects.exists()


def test_what_was_ticked_survives_when_the_last_place_goes(partnership, sign_in, book) -> None:
    session, person = make_session(partnership, capacity=1), make_person(partnership)
    client = sign_in(person)
    book(make_person(partnership), session)
    page = send(client, person, session, diets=["halal", "vegan"])
    assert page.status_code == 409
    assert page.context["form"]["diets"].value() == ["halal", "vegan"]
    assert page.context["form"]["expects_place"].value() == "False"


# Money


@pytest.fixture
def paid(partnership):
    """A policy by which most things are charged, in force for sessions to come."""

    def adopted(**changes):
        adopt(partnership, charging(**changes), at=timezone.now() - timedelta(days=1))

    return adopted


def payer(partnership, **fields):
    return make_organisation(partnership, name="Oak Tree Nursery", charging_class="payer", **fields)


def test_the_price_and_its_rule_are_said_before_confirming(partnership, sign_in, paid) -> None:
    paid()
    person = make_person(partnership, organisation=payer(partnership))
    session = make_session(partnership, course=make_course(partnership, hours=6))
    client = sign_in(person)
    text = text_of(client.get(url("book", session.pk)))
    for words in (
        "This will cost Oak Tree Nursery £60. Everybody else pays.",
        "Cancelling less than 5 working days before costs Oak Tree Nursery £20. Late cancelling is charged.",
        "Not attending costs Oak Tree Nursery £50. Not coming is charged.",
        "Purchase order number or cost code (optional)",
    ):
        assert words in text, words
    send(client, person, session, purchase_order=" PO-7 ")
    booking = Booking.objects.get()
    assert booking.purchase_order == "PO-7"
    assert "PO-7" in text_of(client.get(url("booking", booking.pk)))


def test_what_is_free_is_not_talked_about(partnership, sign_in) -> None:
    session = make_session(partnership)
    text = text_of(sign_in(make_person(partnership)).get(url("book", session.pk)))
    assert "What it costs" not in text and "Purchase order" not in text and "Free" not in text


REQUIRED = {"purchase_order": {"value": "required", "section": "§7"}}


def test_where_the_policy_requires_the_number_nobody_books_without(partnership, sign_in, paid, book) -> None:
    paid(**REQUIRED)
    organisation = payer(partnership)
    person, session = make_person(partnership, organisation=organisation), make_session(partnership)
    client = sign_in(person)
    text = text_of(client.get(url("book", session.pk)))
    assert "Purchase order number or cost code" in text and "cost code (optional)" not in text
    page = text_of(send(client, person, session))
    assert "Enter a purchase order number or cost code" in page
    with pytest.raises(DomainError, match="Give a purchase order number"):
        book(person, session)
    assert not Booking.objects.exists()
    organisation.purchase_order = "USUAL-1"
    organisation.save()
    assert "Whatever is charged quotes it: USUAL-1, if you leave it empty." in text_of(
        client.get(url("book", session.pk))
    )
    send(client, person, session)
    assert Booking.objects.get().purchase_order == ""


def test_the_team_books_without_the_number(partnership, paid) -> None:
    paid(**REQUIRED)
    person = make_person(partnership, organisation=payer(partnership))
    team = actor_for(make_person(partnership, Role.TEAM))
    organisation = person.memberships.get().organisation
    assert book_place(
        actor=team, session=make_session(partnership), person=person, organisation=organisation
    ).pk


def test_each_organisation_has_its_own_price(partnership, sign_in, paid) -> None:
    paid(**REQUIRED)
    person = make_person(partnership, organisation=payer(partnership))
    funder = make_organisation(partnership, name="The council", charging_class="funder")
    Membership.objects.create(
        partnership=partnership, person=person, organisation=funder, started_on=date(2020, 1, 1)
    )
    session, client = make_session(partnership), sign_in(person)
    text = text_of(client.get(url("book", session.pk)))
    assert "This will cost Oak Tree Nursery £35." in text
    assert "Free for The council. Funders pay nothing." in text


def test_a_session_of_one_organisation_is_for_its_staff(partnership, book) -> None:
    host = make_organisation(partnership)
    session = make_session(partnership, single_agency_for=host)
    with pytest.raises(DomainError, match="This session is for the staff of"):
        book(make_person(partnership), session)
    assert book(make_person(partnership, organisation=host), session).pk


@pytest.mark.parametrize("charges", [True, False])
def test_what_it_costs_to_cancel_late_or_stay_away_is_said_where_one_decides(
    partnership, sign_in, book, charges
) -> None:
    """Known when booking, it is forgotten by the day: the booking, its cancelling and “still coming?” say it again."""
    if charges:
        adopt(partnership, charging(), at=timezone.now() - timedelta(days=400))
    school = make_organisation(partnership, charging_class="payer")
    person = make_person(partnership, organisation=school)
    booking = book(person, make_session(partnership), purchase_order="PO 1")
    reader, lead = sign_in(person), make_person(partnership, Role.ORGANISATION_LEAD, organisation=school)
    for page in ("booking", "cancel", "coming"):
        for client in (reader, sign_in(lead)):
            text = text_of(client.get(url(page, booking.pk)))
            assert (f"Cancelling less than 5 working days before costs {school} £20." in text) == charges, (
                page
            )
            assert (f"Not attending costs {school} £50." in text) == charges, page


@pytest.mark.parametrize(("told_before", "excused"), [(0, True), (20, False)])
def test_nobody_keeps_a_place_for_fear_of_a_charge_that_never_comes(
    partnership, sign_in, book, told_before, excused
) -> None:
    """What the partnership itself moved at short notice costs nobody who can't come to the new date."""
    adopt(partnership, charging(), at=timezone.now() - timedelta(days=400))
    school = make_organisation(partnership, charging_class="payer")
    person, now = make_person(partnership, organisation=school), timezone.now()
    booking = book(
        person, make_session(partnership, starts_at=now + timedelta(days=2)), purchase_order="PO 1"
    )
    Booking.objects.filter(pk=booking.pk).update(change_told_at=now - timedelta(days=told_before))
    client = sign_in(person)
    for page in ("booking", "cancel", "coming"):
        text = text_of(client.get(url(page, booking.pk)))
        assert ("Cancelling less than 5 working days before costs" in text) != excused, page
        assert ("Cancelling now costs nothing, since" in text) == excused, page
        assert f"Not attending costs {school} £50." in text, page
    client.post(url("cancel", booking.pk), {"shown": as_shown(booking)})
    booking.refresh_from_db()
    assert (booking.state, booking.was_late_cancellation) == ("cancelled", not excused)


# Two things at once


def test_a_clash_is_said_with_a_link_and_refuses_nothing(partnership, sign_in, book) -> None:
    person, session = make_person(partnership), make_session(partnership)
    other = make_session(partnership, starts_at=session.starts_at + timedelta(hours=1))
    full = make_session(partnership, starts_at=session.starts_at - timedelta(hours=1), capacity=1)
    book(make_person(partnership), full)
    held, waiting = book(person, other), book(person, full)
    client = sign_in(person)
    text = text_of(client.get(url("book", session.pk)))
    assert "You are booked at the same time." in text
    assert url("booking", held.pk) in text and url("booking", waiting.pk) in text
    assert text.count("(waiting, no place yet)") == 1
    send(client, person, session)
    assert Booking.objects.filter(session=session).exists()


def test_what_only_touches_or_is_over_or_cancelled_does_not_clash(partnership, sign_in, book) -> None:
    person, session = make_person(partnership), make_session(partnership, days=2)
    after = make_session(partnership, starts_at=session.starts_at + timedelta(hours=3))
    between = make_session(partnership, starts_at=session.starts_at + timedelta(days=3))
    off = make_session(partnership, starts_at=session.starts_at)
    for one in (after, between, off):
        book(person, one)
    book(make_person(partnership), make_session(partnership, starts_at=session.starts_at))
    Session.objects.filter(pk=off.pk).update(status="cancelled")
    assert "at the same time" not in text_of(sign_in(person).get(url("book", session.pk)))
    second = make_session(partnership, starts_at=session.starts_at + timedelta(days=7, hours=1))
    book(person, second)
    assert "at the same time" in text_of(sign_in(person).get(url("book", session.pk)))


def test_a_lead_sees_that_there_is_a_clash_but_not_what_another_organisation_booked(
    partnership, sign_in, book
) -> None:
    lead = make_person(partnership, Role.ORGANISATION_LEAD)
    ours = lead.memberships.get().organisation
    person = make_person(partnership)
    Membership.objects.create(
        partnership=partnership, person=person, organisation=ours, started_on=date(2020, 1, 1)
    )
    session = make_session(partnership)
    held = book(person, make_session(partnership, starts_at=session.starts_at))
    text = text_of(sign_in(lead).get(url("book_for", session.pk, person.pk)))
    assert "Another session, booked through another organisation" in text
    assert held.session.course.title not in text and url("booking", held.pk) not in text


@pytest.mark.parametrize("others", [1, 5])
def test_clashes_are_found_in_one_query(others, partnership, book, django_assert_num_queries) -> None:
    person, session = make_person(partnership), make_session(partnership, days=3)
    for _ in range(others):
        book(person, make_session(partnership, starts_at=session.starts_at))
    actor = actor_for(person)
    session = Session.objects.prefetch_related("dates").get(pk=session.pk)
    _ = actor.roles, session.dates.all()[0]
    with django_assert_num_queries(1):
        found = clashes_with(actor, person, session)
        assert [one.booking.session.course.title for one in found]
    assert len(found) == others


@pytest.mark.parametrize("capacity", [20, 0])
def test_another_date_of_the_same_course_is_said_and_refuses_nothing(
    partnership, sign_in, book, capacity
) -> None:
    person, session = make_person(partnership), make_session(partnership)
    later = make_session(
        partnership, course=session.course, starts_at=session.starts_at + timedelta(days=30), capacity=1
    )
    if not capacity:
        book(make_person(partnership), later)
    held, client = book(person, later), sign_in(person)
    text = text_of(client.get(url("book", session.pk)))
    assert "You are on another date of this course already." in text and url("booking", held.pk) in text
    assert "at the same time" not in text and ("(waiting, no place yet)" in text) == (not capacity)
    send(client, person, session)
    assert Booking.objects.filter(session=session, person=person).exists()


def test_a_lead_is_not_told_of_another_date_that_another_organisation_booked(
    partnership, sign_in, book
) -> None:
    lead, person = make_person(partnership, Role.ORGANISATION_LEAD), make_person(partnership)
    session = make_session(partnership)
    later = make_session(partnership, course=session.course, starts_at=session.starts_at + timedelta(days=30))
    book(person, later)
    person.memberships.create(
        partnership=partnership, organisation=lead.memberships.get().organisation, started_on="2020-01-01"
    )
    text = text_of(sign_in(lead).get(url("book_for", session.pk, person.pk)))
    assert "another date of this course" not in text


# Whom the course is for


def test_the_rule_of_who_is_outside(partnership, leads, for_leads) -> None:
    place = make_person(partnership).memberships.get()
    first = place.competency_group
    assert outside_audience(for_leads.course, place) == (
        "This course is for Level 3: leads. It is not meant for Level 2."
    )
    # Whoever builds on a group that is named, or needs the course, is inside.
    general = make_course(partnership)
    lead = make_person(partnership, competency_group=leads).memberships.get()
    assert outside_audience(general, lead) == "" == outside_audience(general, place)
    requirement = Requirement.objects.create(
        partnership=partnership, group=first, kind="recommended", title="More"
    )
    RequirementOption.objects.create(
        partnership=partnership, requirement=requirement, course=for_leads.course
    )
    assert outside_audience(for_leads.course, place) == ""
    # Nobody has said which group they are in; and a course that names no group is for everybody.
    requirement.delete()
    place.competency_group = None
    assert outside_audience(for_leads.course, place) == ""
    for_leads.course.group_links.all().delete()
    place.competency_group = first
    assert outside_audience(for_leads.course, place) == ""


def test_the_rule_of_who_comes_from_another_sector(partnership, neighbour, leads, for_leads) -> None:
    lead = make_person(partnership, competency_group=leads).memberships.get()
    health = Sector.objects.create(partnership=partnership, code="nhs", name="Health", position=5)
    police = Sector.objects.create(partnership=partnership, code="pol", name="Police", position=6)
    course, theirs = for_leads.course, lead.organisation.sector
    assert outside_audience(course, lead) == ""
    CourseSector.objects.create(partnership=partnership, course=course, sector=police)
    assert outside_audience(course, lead) == (
        f"This course is meant for the sector Police, and {lead.organisation} belongs to {theirs}."
    )
    CourseSector.objects.create(partnership=partnership, course=course, sector=health)
    assert outside_audience(course, lead).startswith(
        "This course is meant for the sectors Health; and Police, and "
    )
    # Outside of both is told in both ways; of one's own sector one is inside.
    place = make_person(partnership, organisation=lead.organisation).memberships.get()
    assert outside_audience(course, place).count("This course is") == 2
    CourseSector.objects.create(partnership=partnership, course=course, sector=theirs)
    assert outside_audience(course, lead) == ""
    # What the neighbour's courses name is nothing to this one.
    with acting_in(neighbour):
        other = make_person(neighbour).memberships.get()
        assert outside_audience(make_course(neighbour), other) == ""


@pytest.mark.parametrize("people", [1, 5])
def test_a_course_for_some_sectors_asks_as_often_for_one_and_five(
    partnership, for_leads, people, django_assert_num_queries
) -> None:
    police = Sector.objects.create(partnership=partnership, code="pol", name="Police", position=6)
    CourseSector.objects.create(partnership=partnership, course=for_leads.course, sector=police)
    school = make_organisation(partnership)
    for _ in range(people):
        make_person(partnership, organisation=school)
    memberships = list(school.memberships.select_related("organisation"))
    # What the course names, the framework, the sectors; and what it names alone where nobody is outside.
    with django_assert_num_queries(3):
        found = Audience(for_leads.course)
        assert all("meant for the sector Police" in found.outside(one) for one in memberships)
    CourseSector.objects.all().delete()
    for_leads.course.group_links.all().delete()
    with django_assert_num_queries(1):
        found = Audience(for_leads.course)
        assert not any(found.outside(one) for one in memberships)


def test_whoever_comes_from_another_sector_says_why(partnership, sign_in, for_leads, leads) -> None:
    police = Sector.objects.create(partnership=partnership, code="pol", name="Police", position=6)
    CourseSector.objects.create(partnership=partnership, course=for_leads.course, sector=police)
    person = make_person(partnership, competency_group=leads)
    client = sign_in(person)
    assert "meant for the sector Police" in text_of(client.get(url("book", for_leads.pk)))
    send(client, person, for_leads, audience_reason=" ")
    assert not Booking.objects.exists()
    send(client, person, for_leads, audience_reason=REASON)
    assert Booking.objects.get().audience_reason == REASON


def test_who_is_outside_is_told_so_and_says_why(partnership, sign_in, for_leads, book) -> None:
    person = make_person(partnership)
    client = sign_in(person)
    text = text_of(client.get(url("book", for_leads.pk)))
    assert "This course is for Level 3: leads. It is not meant for Level 2." in text
    assert "In its own words: Designated safeguarding leads" in text
    page = text_of(send(client, person, for_leads, audience_reason=" "))
    assert "Say why you want to come all the same" in page and not Booking.objects.exists()
    with pytest.raises(OutsideAudience, match=f"Say why {person.name} should come"):
        book(person, for_leads)
    send(client, person, for_leads, audience_reason=REASON)
    assert Booking.objects.get().audience_reason == REASON


def test_whoever_is_inside_is_not_asked(partnership, leads, sign_in, for_leads) -> None:
    person = make_person(partnership, competency_group=leads)
    client = sign_in(person)
    assert "all the same" not in text_of(client.get(url("book", for_leads.pk)))
    send(client, person, for_leads, audience_reason="unasked")
    assert Booking.objects.get().audience_reason == ""


def test_the_group_of_the_chosen_organisation_counts(partnership, leads, sign_in, for_leads) -> None:
    person = make_person(partnership)
    second = make_organisation(partnership)
    Membership.objects.create(
        partnership=partnership,
        person=person,
        organisation=second,
        competency_group=leads,
        started_on=date(2020, 1, 1),
    )
    client = sign_in(person)
    assert "Say why you want" in text_of(send(client, person, for_leads))
    send(client, person, for_leads, organisation=second.pk)
    assert Booking.objects.get().organisation == second


def test_the_team_is_told_and_needs_no_reason(partnership, sign_in, for_leads) -> None:
    person = make_person(partnership)
    client = sign_in(make_person(partnership, Role.TEAM))
    address = url("book_for", for_leads.pk, person.pk)
    assert "It is not meant for Level 2." in text_of(client.get(address))
    organisation = person.memberships.get().organisation_id
    shows = {"expects_place": "True", "session_shown": session_as_shown(for_leads)}
    client.post(address, {"organisation": organisation, "declaration": "on", **shows})
    assert Booking.objects.get().person == person


def test_the_reason_is_read_by_whoever_approves_and_by_the_team(partnership, sign_in, for_leads) -> None:
    adopt(partnership, policy(booking__approval="line_manager"), at=timezone.now() - timedelta(days=1))
    manager = make_person(partnership)
    person = make_person(partnership, line_manager=manager)
    place = person.memberships.get().organisation
    booking = book_place(
        actor=actor_for(person),
        session=for_leads,
        person=person,
        organisation=place,
        told=Told(audience_reason=REASON, declared="I can come to every date"),
    )
    team = sign_in(make_person(partnership, Role.TEAM))
    for client, page in (
        (sign_in(manager), url("approval", booking.approval.pk)),
        (team, url("desk_session", for_leads.pk)),
        (team, url("booking", booking.pk)),
        (sign_in(person), url("booking", booking.pk)),
    ):
        assert REASON in text_of(client.get(page)), page
    assert sign_in(make_person(partnership)).get(url("booking", booking.pk)).status_code == 404


def test_nobody_says_that_their_manager_agrees_when_the_manager_is_asked(partnership, sign_in) -> None:
    adopt(partnership, policy(booking__approval="line_manager"), at=timezone.now() - timedelta(days=1))
    person = make_person(partnership, line_manager=make_person(partnership))
    text = text_of(sign_in(person).get(url("book", make_session(partnership).pk)))
    assert "My manager agrees" not in text and "I can come to every date" in text


@pytest.fixture
def of_two(partnership):
    """Somebody who works for a school, where a line manager is recorded, and for a charity, where none is."""
    school, charity = (make_organisation(partnership, name=name) for name in ("Hill School", "Kind Charity"))
    boss = make_person(partnership, organisation=school, name="Helen Head")
    person = make_person(partnership, organisation=school, line_manager=boss)
    person.memberships.create(partnership=partnership, organisation=charity, started_on="2020-01-01")
    return person, school, charity


def test_who_approves_is_said_for_each_organisation(partnership, of_two, sign_in) -> None:
    person, school, charity = of_two
    session = make_session(partnership, course=make_course(partnership, approval="line_manager"))
    client = sign_in(person)
    page = text_of(client.get(url("book", session.pk)))
    assert "As part of Hill School, the line manager, Helen Head, must approve it." in page
    assert "As part of Kind Charity, your line manager there must approve it. Name them below." in page
    # Without one for the charity nothing is booked; for the school nobody has to be named.
    page = text_of(send(client, person, session, organisation=charity.pk))
    assert "Enter your line manager’s name" in page and not Booking.objects.exists()
    page = text_of(send(client, person, session, organisation=school.pk, manager_email="half typ"))
    assert "You have asked for a place" in page
    boss = person.memberships.get(organisation=school).line_manager
    assert Booking.objects.get().approval.manager_email == boss.email
    assert person.memberships.get(organisation=charity).manager_contact is None


def test_the_manager_who_is_named_is_that_of_the_organisation_that_was_chosen(
    partnership, of_two, sign_in
) -> None:
    person, _school, charity = of_two
    session = make_session(partnership, course=make_course(partnership, approval="line_manager"))
    named = {"manager_name": "Bea Boss", "manager_email": "bea@example.org"}
    page = text_of(send(sign_in(person), person, session, organisation=charity.pk, **named))
    assert "You have asked for a place" in page
    assert Booking.objects.get().approval.manager_email == "bea@example.org"
    assert person.memberships.get(organisation=charity).manager_contact == ("Bea Boss", "bea@example.org")


def test_where_nobody_chose_an_organisation_the_manager_is_asked_for_only_if_all_need_one(
    partnership, of_two, sign_in
) -> None:
    person, _school, _charity = of_two
    session = make_session(partnership, course=make_course(partnership, approval="line_manager"))
    page = text_of(send(sign_in(person), person, session, organisation=""))
    assert "Choose the organisation this is for" in page and "Enter your line manager’s name" not in page


def test_where_a_lead_approves_at_one_and_the_team_at_the_other_the_page_says_so(
    partnership, of_two, sign_in
) -> None:
    person, school, _charity = of_two
    make_person(partnership, Role.ORGANISATION_LEAD, organisation=school)
    session = make_session(partnership, course=make_course(partnership, approval="organisation_lead"))
    page = text_of(sign_in(person).get(url("book", session.pk)))
    assert "As part of Hill School, the organisation lead must approve it." in page
    assert "As part of Kind Charity, the partnership team must approve it." in page
    assert "Ask for a place" in page
