"""The public pages: search, filters, what is shown to whom, and at what cost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import CourseGroup, CourseSector, Priority, Requirement, RequirementOption, Venue
from courses.services.sessions import cancel_session
from partnership_portal.working_days import uk_date
from partnerships.models import CompetencyGroup, Organisation, Sector
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.factories import adopt, make_course, make_organisation, make_person, make_session, policy

CATALOGUE = "/alphashire/courses/"


def titles(client, **filters):
    response = client.get(CATALOGUE, filters)
    assert response.status_code == 200
    return [course.title for course in response.context["courses"]]


@pytest.fixture
def neglect(partnership):
    return make_course(
        partnership, title="Child neglect", theme="Neglect", summary="Cumulative harm.", slug="neglect"
    )


@pytest.fixture
def exploitation(partnership):
    course = make_course(
        partnership,
        title="Exploitation",
        theme="Exploitation",
        summary="Get safe.",
        method="virtual",
        objectives="Act",
    )
    group = CompetencyGroup.objects.create(
        partnership=partnership, code="3", title="Level 3", who="Leads", position=1
    )
    course.group_links.all().delete()
    CourseGroup.objects.create(partnership=partnership, course=course, group=group)
    return course


@pytest.fixture
def both(neglect, exploitation, partnership):
    """Neglect in a venue in 10 days, full; exploitation online in 40 days, with places."""
    make_session(
        partnership,
        course=neglect,
        starts_at=timezone.now() + timedelta(days=10),
        venue=Venue.objects.create(partnership=partnership, name="Town Hall", address="A", postcode="B"),
        capacity=1,
        places_taken=1,
    )
    make_session(
        partnership,
        course=exploitation,
        starts_at=timezone.now() + timedelta(days=40),
        venue=None,
        joining_link="https://meet.example/secret",
    )


def in_days(days):
    return f"{uk_date(timezone.now() + timedelta(days=days)):%d/%m/%Y}"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["Child neglect", "Exploitation"]),
        ({"sort": "title"}, ["Child neglect", "Exploitation"]),
        ({"q": "neglected children"}, ["Child neglect"]),
        ({"q": "cumulative"}, ["Child neglect"]),
        ({"q": "recognising"}, ["Child neglect"]),
        ({"q": "neglect -child"}, []),
        ({"q": "'); DROP TABLE --"}, []),
        ({"theme": "Exploitation"}, ["Exploitation"]),
        ({"group": "2"}, ["Child neglect"]),
        ({"group": "3"}, ["Exploitation"]),
        ({"method": "virtual"}, ["Exploitation"]),
        ({"place": "online"}, ["Exploitation"]),
        ({"first_day": in_days(11)}, ["Exploitation"]),
        ({"first_day": in_days(10), "last_day": in_days(10)}, ["Child neglect"]),
        ({"last_day": in_days(9)}, []),
        ({"places": "on"}, ["Exploitation"]),
        ({"places": "on", "theme": "Neglect"}, []),
    ],
    ids=str,
)
def test_search_and_each_filter(filters, expected, client, both):
    assert titles(client, **filters) == expected


def test_a_sector_is_a_filter_once_a_course_names_one(client, both, partnership, neglect, neighbour):
    farming, police = (
        Sector.objects.create(partnership=partnership, code=code, name=code.capitalize(), position=9)
        for code in ("farming", "police")
    )
    with acting_in(neighbour):
        theirs = Sector.objects.create(partnership=neighbour, code="theirs", name="Theirs", position=9)
        CourseSector.objects.create(partnership=neighbour, course=make_course(neighbour), sector=theirs)
    assert 'name="sector"' not in client.get(CATALOGUE).content.decode()
    CourseSector.objects.create(partnership=partnership, course=neglect, sector=farming)
    page = client.get(CATALOGUE).content.decode()
    assert 'name="sector"' in page and "Theirs" not in page
    # What is meant for all sectors is for one's own too.
    assert titles(client, sector="farming") == ["Child neglect", "Exploitation"]
    assert titles(client, sector=police.code) == ["Exploitation"]
    page = client.get(f"{CATALOGUE}{neglect.slug}/").content.decode()
    assert "Meant for" in page and "Farming" in page


def test_a_venue_is_a_filter(client, both):
    assert titles(client, place=Venue.objects.get(name="Town Hall").pk) == ["Child neglect"]


def test_the_title_counts_more_than_the_summary(client, partnership):
    make_course(partnership, title="Thresholds", summary="About neglect among other things.")
    make_course(partnership, title="Neglect")
    assert titles(client, q="neglect") == ["Neglect", "Thresholds"]


def test_the_soonest_comes_first_and_courses_without_dates_last(client, both, partnership):
    make_course(partnership, title="Adult abuse")
    assert titles(client) == ["Child neglect", "Exploitation", "Adult abuse"]
    assert titles(client, sort="title") == ["Adult abuse", "Child neglect", "Exploitation"]


def test_the_next_date_shown_is_one_that_fits(client, partnership, neglect):
    for days, taken in ((5, 1), (12, 0)):
        make_session(
            partnership,
            course=neglect,
            starts_at=timezone.now() + timedelta(days=days),
            capacity=1,
            places_taken=taken,
        )
    shown = client.get(CATALOGUE).context["courses"][0].next_session
    fitting = client.get(CATALOGUE, {"places": "on"}).context["courses"][0].next_session
    assert shown.is_full and not fitting.is_full


@pytest.mark.parametrize(
    ("filters", "target", "words"),
    [
        ({"first_day": "31/2/2027"}, "id_first_day", "From must be a real date"),
        ({"theme": "<script>"}, "id_theme", "Select a valid choice"),
        ({"place": "999999"}, "id_place", "Select a valid choice"),
        ({"first_day": "2/3/2027", "last_day": "1/3/2027"}, "id_last_day", "same as or after From"),
        ({"last_day": "31/12/9999"}, "id_last_day", "Until must be a real date"),
        ({"first_day": "0001-01-01"}, "id_first_day", "From must be a real date"),
    ],
)
def test_a_filter_that_cannot_be_read_is_named(filters, target, words, client, both):
    page = client.get(CATALOGUE, filters)
    assert page.status_code == 200
    content = page.content.decode()
    assert words in content and f'href="#{target}"' in content and f'id="{target}"' in content
    assert "<script>" not in content


@pytest.mark.parametrize("number", ["0", "99", "x", "-1"])
def test_a_page_that_does_not_exist_shows_one_that_does(number, client, both):
    assert titles(client, page=number)


def test_pages_of_fifty(client, partnership):
    for _ in range(51):
        make_course(partnership)
    assert len(titles(client)) == 50
    assert len(titles(client, page=2)) == 1


def test_drafts_archived_and_the_neighbours_courses_are_not_shown(
    client, partnership, neighbour, sign_in, team
):
    draft = make_course(partnership, title="Secret draft", status="draft", slug="secret")
    make_course(partnership, title="Old", status="archived", slug="old")
    with acting_in(neighbour):
        make_course(neighbour, title="Theirs", slug="theirs")
    assert titles(client) == []
    person = sign_in(make_person(partnership))
    for slug in ("secret", "old", "theirs"):
        assert client.get(f"{CATALOGUE}{slug}/").status_code == 404
        assert person.get(f"{CATALOGUE}{slug}/").status_code == 404
    planner = sign_in(team)
    assert planner.get(f"{CATALOGUE}{draft.slug}/").status_code == 200
    assert planner.get(f"{CATALOGUE}theirs/").status_code == 404
    assert titles(planner) == []


def test_sessions_are_shown_to_those_who_may_see_them(client, partnership, neighbour, sign_in, team):
    trainer = make_person(partnership, Role.TRAINER)
    draft = make_session(partnership, status="draft", trainers=(trainer,))
    with acting_in(neighbour):
        theirs = make_session(neighbour)
    url = f"/alphashire/sessions/{draft.pk}/"
    assert client.get(url).status_code == 404
    assert sign_in(make_person(partnership, Role.TRAINER)).get(url).status_code == 404
    assert b"not open for booking" in sign_in(trainer).get(url).content
    assert b"not open for booking" in sign_in(team).get(url).content
    assert sign_in(team).get(f"/alphashire/sessions/{theirs.pk}/").status_code == 404


def test_the_joining_link_is_never_public(client, both, sign_in, team, exploitation):
    session = exploitation.sessions.get()
    for path in (CATALOGUE, f"{CATALOGUE}{exploitation.slug}/", f"/alphashire/sessions/{session.pk}/"):
        for browser in (client, sign_in(team)):
            assert b"meet.example" not in browser.get(path).content


def test_the_signed_in_see_what_their_group_asks_of_them(client, sign_in, partnership, neglect, exploitation):
    group = CompetencyGroup.objects.get(code="2")
    for course, kind in ((neglect, "required"), (exploitation, "recommended")):
        asked = Requirement.objects.create(
            partnership=partnership, group=group, kind=kind, title=course.title
        )
        RequirementOption.objects.create(partnership=partnership, requirement=asked, course=course)
    make_course(partnership, title="Something else")
    learner = sign_in(make_person(partnership, competency_group=group))
    page = learner.get(CATALOGUE).content.decode()
    for words in ("Required for your group", "Recommended for your group"):
        assert page.count(words) == 1
        assert words not in client.get(CATALOGUE).content.decode()
    assert "You still need this" in learner.get(f"{CATALOGUE}neglect/").content.decode()
    assert "You still need this" not in client.get(f"{CATALOGUE}neglect/").content.decode()


def test_a_course_states_its_parts(client, partnership, neglect):
    neglect.priority = Priority.objects.create(partnership=partnership, code="A", title="Reduce neglect")
    neglect.before_you_come = "Read the guide."
    neglect.asks_line_manager = True
    neglect.save()
    page = client.get(f"{CATALOGUE}neglect/").content.decode()
    for words in (
        "Everybody who works with children",
        "Cumulative harm.",
        "Respond to it",
        "Half a day",
        "Complete a short evaluation",
        "Tell us 3 to 6 months later",
        "Your line manager is asked",
        "Reduce neglect",
        "Level 2",
        "Training pool",
        "Free.",
        "Read the guide.",
        "There are no dates yet",
    ):
        assert words in page, words


@pytest.fixture
def charges(partnership):
    document = policy().model_dump(mode="json")
    document["charging"] = {
        "classes": [{"code": "funder", "name": "Funders"}, {"code": "school", "name": "Schools"}],
        "rules": [
            {"kind": "place", "classes": ["funder"], "words": "Free for funders.", "section": "§1"},
            {
                "kind": "place",
                "courses": ["core"],
                "classes": ["school"],
                "pence": 4000,
                "words": "Schools: £40.",
                "section": "§1",
            },
            {
                "kind": "place",
                "courses": ["specialist"],
                "at_cost": True,
                "words": "At cost.",
                "section": "§1",
            },
            {"kind": "place", "pence": 6000, "words": "Otherwise £60.", "section": "§1"},
            {"kind": "place", "words": "Never reached.", "section": "§1"},
            {"kind": "non_attendance", "pence": 2500, "words": "Absence is charged.", "section": "§2"},
        ],
    }
    adopt(partnership, policy().__class__.model_validate(document), at=timezone.now() - timedelta(days=1))


@pytest.mark.parametrize(
    ("klass", "band", "expected"),
    [
        (None, "core", ["Free for funders.", "Schools: £40.", "Otherwise £60."]),
        (None, "specialist", ["Free for funders.", "At cost."]),
        ("funder", "core", ["Free. Free for funders."]),
        ("school", "core", ["£40. Schools: £40."]),
        ("school", "specialist", ["At cost."]),
    ],
)
def test_the_charge_is_the_one_for_the_readers_organisation(
    klass, band, expected, client, partnership, charges, sign_in
):
    course = make_course(partnership, charge_band=band)
    if klass:
        organisation = make_organisation(partnership, charging_class=klass)
        client = sign_in(make_person(partnership, organisation=organisation))
    shown = client.get(f"{CATALOGUE}{course.slug}/").context["charges"]
    absence = "Not attending: £25. Absence is charged." if klass else "Absence is charged."
    assert shown == [*expected, absence]
    assert Organisation.objects.count() == bool(klass)


@pytest.mark.parametrize(
    ("release", "words"),
    [
        ("after_attendance", "when you have attended every date."),
        ("after_evaluation", "attended every date and completed the evaluation."),
        ("after_impact", "attended every date and, 3 to 6 months later, told us"),
    ],
)
def test_the_certificate_rule_is_the_one_in_force_on_the_day(release, words, client, partnership):
    session = make_session(partnership)
    adopt(partnership, policy(certificate__release=release), at=session.starts_at - timedelta(hours=1))
    assert words in client.get(f"/alphashire/sessions/{session.pk}/").content.decode()


@pytest.mark.parametrize(
    ("fields", "words", "bookable"),
    [
        ({}, "Book a place", True),
        ({"capacity": 1, "places_taken": 1}, "Join the waiting list", True),
        ({"booking_closes_at": timezone.now() - timedelta(days=1)}, "Booking closed on", False),
        ({"starts_at": timezone.now() - timedelta(hours=1)}, "has begun", False),
        ({"starts_at": timezone.now() - timedelta(days=3)}, "is over", False),
        ({"status": "cancelled", "cancelled_reason": "Snow"}, "Reason: Snow", False),
    ],
    ids=["open", "full", "closed", "begun", "over", "cancelled"],
)
def test_a_session_says_whether_one_can_book(fields, words, bookable, client, partnership):
    session = make_session(partnership, **fields)
    page = client.get(f"/alphashire/sessions/{session.pk}/").content.decode()
    assert words in page
    assert (f"/alphashire/sessions/{session.pk}/book/" in page) is bookable


def test_an_archived_courses_session_can_still_be_read_but_not_booked(client, partnership):
    session = make_session(partnership)
    session.course.status = "archived"
    session.course.save()
    page = client.get(f"/alphashire/sessions/{session.pk}/")
    assert page.status_code == 200 and b"not open for booking" in page.content


def test_times_are_uk_times_on_both_sides_of_the_change_of_clocks(client, partnership, plan, planner):
    from datetime import date, time

    from courses.plans import slot_on
    from courses.services.sessions import plan_session, publish_session

    year = timezone.now().year + 1
    course = make_course(partnership)
    for month in (1, 7):
        slot = slot_on(date(year, month, 5), time(9, 30), time(12))
        session = plan_session(actor=planner, course=course, plan=plan(slots=(slot,)))
        publish_session(actor=planner, session=session)
        assert b"9:30am to midday" in client.get(f"/alphashire/sessions/{session.pk}/").content


def test_a_cancelled_session_is_no_longer_offered(client, partnership, planner):
    session = make_session(partnership)
    cancel_session(actor=planner, session=session, reason="No trainer")
    assert client.get(CATALOGUE).context["courses"][0].next_session is None
    assert not client.get(f"{CATALOGUE}{session.course.slug}/").context["sessions"]


def queries(client, url):
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(url).status_code == 200
    return len(found)


def test_the_catalogue_costs_the_same_for_one_course_and_five(client, partnership):
    make_session(partnership)
    one = queries(client, CATALOGUE)
    for _ in range(4):
        make_session(partnership)
    assert queries(client, CATALOGUE) == one == 10


def test_a_course_costs_the_same_for_one_session_and_five(client, partnership, neglect):
    make_session(partnership, course=neglect, days=2)
    one = queries(client, f"{CATALOGUE}neglect/")
    for _ in range(4):
        make_session(partnership, course=neglect)
    assert queries(client, f"{CATALOGUE}neglect/") == one == 11


def test_a_session_costs_the_same_for_one_date_and_five(client, partnership):
    short = make_session(partnership, trainers=(make_person(partnership),))
    long = make_session(partnership, days=5, trainers=tuple(make_person(partnership) for _ in range(5)))
    assert queries(client, f"/alphashire/sessions/{short.pk}/") == 10
    assert queries(client, f"/alphashire/sessions/{long.pk}/") == 10
