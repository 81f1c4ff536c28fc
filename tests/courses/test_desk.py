"""The desk's pages about the programme: forms, lists, permissions."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import Course, Session, Venue
from partnership_portal.working_days import UK, uk_date
from partnerships.models import CompetencyGroup
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.courses.conftest import day_in
from tests.courses.desk_forms import session_data
from tests.factories import adopt, make_course, make_person, make_session, policy

DESK = "/alphashire/desk"


@pytest.fixture
def desk(sign_in, team):
    return sign_in(team)


def course_data(**changes):
    return {
        "title": "Child neglect",
        "theme": "Neglect",
        "method": "virtual",
        "hours": "3",
        "days": "1",
        "charge_band": "core",
        "asks_impact": "on",
        **changes,
    }


PAGES = [
    "/courses/",
    "/courses/new/",
    "/courses/{course.slug}/",
    "/courses/{course.slug}/archive/",
    "/sessions/",
    "/sessions/new/",
    "/sessions/series/",
    "/sessions/{session.pk}/",
    "/sessions/{session.pk}/publish/",
    "/sessions/{session.pk}/cancel/",
    "/sessions/{session.pk}/duplicate/",
    "/sessions/next-year/",
    "/school-holidays/",
    "/school-holidays/new/",
    "/venues/",
    "/venues/new/",
    "/venues/{venue.pk}/",
]


@pytest.mark.parametrize("page", PAGES)
def test_the_desk_is_for_the_team(page, desk, sign_in, client, partnership, neighbour):
    session = make_session(partnership, status="draft")
    url = DESK + page.format(course=session.course, session=session, venue=session.venue)
    assert desk.get(url).status_code == 200
    assert sign_in(make_person(partnership, Role.TRAINER)).get(url).status_code == 403
    assert client.get(url).status_code == 302
    with acting_in(neighbour):
        theirs = make_session(neighbour, status="draft")
    if "{" in page:
        foreign = DESK + page.format(course=theirs.course, session=theirs, venue=theirs.venue)
        assert desk.get(foreign).status_code == 404


def test_a_course_is_written_completed_and_published(desk, partnership):
    saved = desk.post(f"{DESK}/courses/new/", course_data())
    assert saved.headers["Location"] == f"{DESK}/courses/child-neglect/"
    page = desk.get(saved.headers["Location"]).content.decode()
    assert "Before you can publish it, add:" in page and "target audience" in page
    refused = desk.post(f"{DESK}/courses/child-neglect/publish/", follow=True).content.decode()
    assert "can’t be published yet" in refused
    group = CompetencyGroup.objects.get(partnership=partnership)
    whole = course_data(
        audience="All", summary="S", objectives="O", duration="3 hours", trained_by="Pool", groups=[group.pk]
    )
    assert desk.post(f"{DESK}/courses/child-neglect/", whole).status_code == 302
    assert b"is published" in desk.post(f"{DESK}/courses/child-neglect/publish/", follow=True).content
    assert Course.objects.get().status == "published"


WHOLE = {"audience": "All", "summary": "S", "objectives": "O", "duration": "3 hours", "trained_by": "Pool"}


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"hours": "0", "counts_for_no_level": "on"}, "hours"),
        ({}, "level (or that it counts for none)"),
        ({"counts_for_no_level": "on"}, ""),
    ],
)
def test_a_course_states_its_hours_and_level_before_it_is_published(desk, partnership, changes, missing):
    desk.post(f"{DESK}/courses/new/", course_data(**WHOLE, **changes))
    page = desk.post(f"{DESK}/courses/child-neglect/publish/", follow=True).content.decode()
    if missing:
        assert f"can’t be published yet. Add its {missing}." in page
    assert Course.objects.get().status == ("draft" if missing else "published")


LEFT_TO_COURSES = {
    "asks_pre_course": {"pre_course__courses": "courses_that_ask"},
    "asks_evaluation": {"evaluation__courses": "courses_that_ask"},
    "asks_impact": {"impact__learners": "courses_that_ask"},
    "asks_line_manager": {"impact__line_manager": "courses_that_ask"},
    "asks_trainer_feedback": {"trainers__feedback_after_session": "courses_that_ask"},
}
SAME_FOR_ALL = {
    "certificate__release": "after_attendance",
    "pre_course__courses": "none",
    "impact__line_manager": "never",
}


@pytest.mark.parametrize("tick", LEFT_TO_COURSES)
def test_a_tick_is_shown_where_the_policy_leaves_it_to_courses(desk, partnership, tick):
    adopt(partnership, policy(**{**SAME_FOR_ALL, **LEFT_TO_COURSES[tick]}), at=timezone.now())
    page = desk.get(f"{DESK}/courses/new/").content.decode()
    assert {name for name in LEFT_TO_COURSES if f'name="{name}"' in page} == {tick}
    for value in (True, False):
        filled = {**course_data(title=f"It {value}"), tick: "on"}
        desk.post(f"{DESK}/courses/new/", filled if value else {**filled, tick: ""})
        assert getattr(Course.objects.get(title=f"It {value}"), tick) is value


@pytest.mark.parametrize("value", [True, False])
def test_a_tick_that_decides_nothing_is_not_shown_and_stays_as_it_is(desk, partnership, value):
    adopt(partnership, policy(**SAME_FOR_ALL), at=timezone.now())
    course = make_course(partnership, status="draft", **dict.fromkeys(LEFT_TO_COURSES, value))
    assert not any(
        f'name="{name}"' in desk.get(f"{DESK}/courses/{course.slug}/").content.decode()
        for name in LEFT_TO_COURSES
    )
    # Not even somebody who sends one all the same decides it.
    sent = {} if value else dict.fromkeys(LEFT_TO_COURSES, "on")
    assert desk.post(f"{DESK}/courses/{course.slug}/", course_data(**sent)).status_code == 302
    course = Course.objects.get(pk=course.pk)
    assert course.title == "Child neglect"
    assert {getattr(course, name) for name in LEFT_TO_COURSES} == {value}


@pytest.mark.parametrize(
    ("release", "tick"), [("after_evaluation", "asks_evaluation"), ("after_impact", "asks_impact")]
)
def test_no_tick_takes_away_what_the_certificate_waits_for(desk, partnership, release, tick):
    rules = {"certificate__release": release, **LEFT_TO_COURSES[tick]}
    adopt(partnership, policy(**rules), at=timezone.now())
    assert f'name="{tick}"' not in desk.get(f"{DESK}/courses/new/").content.decode()


def test_a_course_with_levels_does_not_count_for_none(desk, partnership):
    group = CompetencyGroup.objects.get(partnership=partnership)
    both = course_data(groups=[group.pk], counts_for_no_level="on")
    page = desk.post(f"{DESK}/courses/new/", both).content.decode()
    assert 'href="#id_counts_for_no_level"' in page and "counts for no level can’t name any" in page
    assert not Course.objects.exists()


@pytest.mark.parametrize(("changes", "field"), [({"hours": "0"}, "hours"), ({"groups": []}, "groups")])
def test_hours_and_level_of_a_published_course_stay(desk, partnership, changes, field):
    course = make_course(partnership)
    group = CompetencyGroup.objects.get(partnership=partnership)
    filled = {**course_data(**WHOLE, groups=[group.pk]), **changes}
    page = desk.post(f"{DESK}/courses/{course.slug}/", filled).content.decode()
    assert f'href="#id_{field}' in page and "A published course must state its" in page
    course.refresh_from_db(fields=["hours"])
    assert course.hours == 3 and course.groups.exists()


def test_the_database_holds_that_a_published_course_has_hours(partnership):
    course = make_course(partnership)
    with pytest.raises(IntegrityError, match="published_course_is_whole"), transaction.atomic():
        Course.objects.filter(pk=course.pk).update(hours=0)
    Course.objects.filter(pk=course.pk).update(hours=0, status="draft")


def test_publishing_and_archiving_need_a_button(desk, partnership):
    course = make_course(partnership)
    assert desk.get(f"{DESK}/courses/{course.slug}/publish/").status_code == 405
    desk.get(f"{DESK}/courses/{course.slug}/archive/")
    assert Course.objects.get().status == "published"
    desk.post(f"{DESK}/courses/{course.slug}/archive/")
    assert Course.objects.get().status == "archived"


def test_what_is_missing_in_a_published_course_is_told_at_its_field(desk, partnership):
    course = make_course(partnership)
    page = desk.post(f"{DESK}/courses/{course.slug}/", course_data(summary="S")).content.decode()
    assert 'href="#id_audience"' in page and "must state its target audience" in page
    course.refresh_from_db(fields=["audience"])
    assert course.audience


def test_every_error_of_a_course_links_to_its_field(desk):
    page = desk.post(f"{DESK}/courses/new/", {"charge_band": "<b>"}).content.decode()
    for name in ("title", "theme", "method", "hours", "days", "charge_band"):
        assert f'href="#id_{name}"' in page and f'id="id_{name}"' in page
    assert not Course.objects.exists()


def test_whoever_saves_a_session_with_too_few_trainers_is_told(desk, partnership, venue):
    course, rows = make_course(partnership), [(day_in(30), "9am", "noon")]
    trainers = [make_person(partnership, Role.TRAINER).pk for _ in range(2)]
    for named, told in (([], "no trainer so far"), (trainers[:1], "one trainer so far"), (trainers, "")):
        data = session_data(course, venue, *rows, trainers=named)
        page = desk.post(f"{DESK}/sessions/new/", data, follow=True).content.decode()
        assert "saved as a draft" in page
        assert (f"It names {told}" in page) if told else ("It names" not in page)
    url = f"{DESK}/sessions/{Session.objects.latest('pk').pk}/"
    page = desk.post(url, session_data(course, venue, *rows), follow=True).content.decode()
    assert "The session is saved." in page and "no trainer so far" in page


def test_whoever_saves_or_publishes_a_session_in_a_room_that_is_taken_is_told(
    desk, partnership, neighbour, venue
):
    trainer = make_person(partnership, Role.TRAINER, name="Ola Nowak")
    course = make_course(partnership, title="First aid")
    first = session_data(course, venue, (day_in(30), "9am", "noon"), trainers=[trainer.pk])
    page = desk.post(f"{DESK}/sessions/new/", first, follow=True).content.decode()
    assert "is taken by" not in page and "trains" not in page
    for hours, is_told in (("11am", "2pm"), True), (("noon", "2pm"), False):
        second = session_data(course, venue, (day_in(30), *hours), trainers=[trainer.pk])
        page = desk.post(f"{DESK}/sessions/new/", second, follow=True).content.decode()
        assert ("Town Hall is taken by First aid, 9am to midday." in page) is is_told
        assert ("Ola Nowak trains First aid, 9am to midday." in page) is is_told
        made = Session.objects.latest("pk")
        page = desk.get(f"{DESK}/sessions/{made.pk}/publish/").content.decode()
        assert ("Town Hall is taken by First aid" in page) is is_told
        page = desk.post(f"{DESK}/sessions/{made.pk}/", second, follow=True).content.decode()
        assert ("Town Hall is taken by First aid" in page) is is_told
        made.delete()


def test_a_session_for_which_booking_has_closed_already_says_so_when_published(desk, partnership, venue):
    data = session_data(make_course(partnership), venue, (day_in(30), "9.30am", "12:30"))
    desk.post(f"{DESK}/sessions/new/", data)
    Session.objects.update(booking_closes_at=timezone.now() - timedelta(minutes=1))
    url = f"{DESK}/sessions/{Session.objects.get().pk}/publish/"
    page = desk.get(url).content.decode()
    assert "only you can book people" in page and "people can book it until" not in page
    assert b"Booking has closed: only you can book people." in desk.post(url, follow=True).content


def test_a_session_is_planned_published_and_cancelled(desk, partnership, venue):
    trainer = make_person(partnership, Role.TRAINER)
    rows = [(day_in(30), "9.30am", "12:30"), (day_in(37), "9.30am", "12:30")]
    data = session_data(make_course(partnership), venue, *rows, trainers=[trainer.pk])
    saved = desk.post(f"{DESK}/sessions/new/", data)
    session = Session.objects.get()
    url = f"{DESK}/sessions/{session.pk}/"
    assert saved.headers["Location"] == url
    assert [one.starts_at.astimezone(UK).strftime("%H:%M") for one in session.dates.all()] == [
        "09:30",
        "09:30",
    ]
    assert 'value="09:30"' in desk.get(url).content.decode()
    desk.get(f"{url}publish/")
    assert Session.objects.get().status == "draft"
    assert b"People can book it now" in desk.post(f"{url}publish/", follow=True).content
    refused = desk.post(f"{url}cancel/", {"reason": ""}).content.decode()
    assert "Enter why it is cancelled" in refused and 'href="#id_reason"' in refused
    assert Session.objects.get().status == "published"
    assert b"is cancelled" in desk.post(f"{url}cancel/", {"reason": "Snow"}, follow=True).content
    assert Session.objects.get().status == "cancelled"


@pytest.mark.parametrize(
    ("rows", "changes", "target", "words"),
    [
        ([], {}, "id_dates-0-day_day", "Enter at least one date"),
        ([(day_in(30), "", "")], {}, "id_dates-0-start", "Enter the time it starts"),
        ([(day_in(30), "noonish", "4pm")], {}, "id_dates-0-start", "Enter a time"),
        ([(day_in(30), "4pm", "9am")], {}, "id_dates-0-end", "must end after it starts"),
        ([(None, "9am", "4pm")], {}, "id_dates-0-day_day", "Enter the date"),
        ([(day_in(-3), "9am", "4pm")], {}, "id_dates-0-day_day", "must be in the future"),
        ([(day_in(30), "9am", "4pm"), (day_in(30), "3pm", "5pm")], {}, "id_dates-0-day_day", "overlap"),
        ([(day_in(30), "9am", "4pm")], {"capacity": "0"}, "id_capacity", "must be 1 or more"),
        ([(day_in(30), "9am", "4pm")], {"capacity": "-4"}, "id_capacity", "must be 1 or more"),
        ([(day_in(30), "9am", "4pm")], {"capacity": "many"}, "id_capacity", "whole number"),
        ([(day_in(30), "9am", "4pm")], {"capacity": "99999999"}, "id_capacity", "must be 5000 or less"),
        ([(day_in(30), "9am", "4pm")], {"minimum": "21"}, "id_minimum", "larger"),
        ([(day_in(30), "9am", "4pm")], {"joining_link": "javascript:1"}, "id_joining_link", "valid URL"),
        ([(day_in(30), "9am", "4pm")], {"venue": "999999"}, "id_venue", "Select a valid choice"),
        ([(day_in(30), "9am", "4pm")], {"course": ""}, "id_course", "This field is required"),
    ],
)
def test_every_error_of_a_session_links_to_its_field(rows, changes, target, words, desk, partnership, venue):
    course = make_course(partnership)
    page = desk.post(f"{DESK}/sessions/new/", session_data(course, venue, *rows, **changes))
    content = page.content.decode()
    assert page.status_code == 200 and not Session.objects.exists()
    assert f'href="#{target}"' in content and f'id="{target}"' in content
    assert words in content or words == "This field is required"
    assert "<title>Error: " in content


def test_a_tampered_number_of_rows_is_refused_in_plain_words(desk, partnership, venue):
    data = session_data(make_course(partnership), venue, (day_in(30), "9am", "4pm"))
    for total in ("5000", "", "x", "0"):
        answer = desk.post(f"{DESK}/sessions/new/", {**data, "dates-TOTAL_FORMS": total})
        assert answer.status_code == 200
    assert not Session.objects.exists()


def test_the_neighbours_course_venue_and_trainer_can_not_be_chosen(desk, partnership, neighbour, venue):
    with acting_in(neighbour):
        theirs, trainer = make_session(neighbour), make_person(neighbour, Role.TRAINER)
    row = (day_in(30), "9am", "4pm")
    course = make_course(partnership)
    for changes in ({"course": theirs.course_id}, {"venue": theirs.venue_id}, {"trainers": [trainer.pk]}):
        assert (
            desk.post(f"{DESK}/sessions/new/", session_data(course, venue, row, **changes)).status_code == 200
        )
    assert not Session.objects.exists()


def test_a_session_with_many_dates_shows_all_of_them(desk, partnership):
    session = make_session(partnership, days=6)
    page = desk.get(f"{DESK}/sessions/{session.pk}/").content.decode()
    assert "Date 6" in page and "Date 7" not in page


def test_a_session_is_changed_and_its_places_kept(desk, partnership):
    session = make_session(partnership, places_taken=3)
    data = session_data(session.course, session.venue, (day_in(31), "9am", "noon"), capacity="2")
    url = f"{DESK}/sessions/{session.pk}/"
    page = desk.post(url, data).content.decode()
    assert "3 people hold a place" in page and 'href="#id_capacity"' in page
    assert desk.post(url, {**data, "capacity": "3"}).status_code == 302
    session.refresh_from_db()
    assert (session.capacity, uk_date(session.starts_at)) == (3, day_in(31))


@pytest.mark.parametrize("step", ["publish", "cancel"])
def test_each_date_is_read_before_a_session_is_published_or_cancelled(step, desk, partnership):
    session = make_session(partnership, days=2, status="draft" if step == "publish" else "published")
    page = desk.get(f"{DESK}/sessions/{session.pk}/{step}/").content.decode()
    for date in session.dates.all():
        assert f"{uk_date(date.starts_at):%-d %B %Y}" in page


def test_dates_that_are_sent_back_as_they_were_stay(desk, partnership):
    session = make_session(partnership, days=2)
    url = f"{DESK}/sessions/{session.pk}/"
    shown = [
        (
            date.starts_at.astimezone(UK).date(),
            *(f"{at.astimezone(UK):%H:%M}" for at in (date.starts_at, date.ends_at)),
        )
        for date in session.dates.all()
    ]
    data = session_data(session.course, session.venue, *shown, capacity="7")
    assert desk.post(url, data).status_code == 302
    assert session.dates.count() == 2
    moved = (shown[1][0] + timedelta(days=1), *shown[1][1:])
    data = session_data(session.course, session.venue, shown[0], moved)
    assert desk.post(url, data).status_code == 302
    assert [uk_date(date.starts_at) for date in session.dates.all()] == [shown[0][0], moved[0]]
    assert desk.post(url, session_data(session.course, session.venue, moved)).status_code == 302
    assert [uk_date(date.starts_at) for date in session.dates.all()] == [moved[0]]


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        ("", ["coming"]),
        ("coming", ["coming"]),
        ("draft", ["draft"]),
        ("past", ["past"]),
        ("cancelled", ["cancelled"]),
        ("all", ["draft", "coming", "cancelled", "past"]),
    ],
)
def test_sessions_are_filtered_by_what_they_are(show, expected, desk, partnership):
    now = timezone.now()
    for title, days, status in (
        ("past", -9, "published"),
        ("cancelled", 5, "cancelled"),
        ("coming", 9, "published"),
        ("draft", 12, "draft"),
    ):
        course = make_course(partnership, title=title)
        make_session(partnership, course=course, starts_at=now + timedelta(days=days), status=status)
    page = desk.get(f"{DESK}/sessions/", {"show": show}).context["page_obj"]
    assert [session.course.title for session in page] == expected
    labels = {"past": "Over", "cancelled": "Cancelled", "coming": "Open", "draft": "Draft"}
    assert [session.availability.label for session in page] == [labels[title] for title in expected]


def test_sessions_are_filtered_by_course_and_date(desk, partnership):
    near = make_session(partnership, starts_at=timezone.now() + timedelta(days=5))
    far = make_session(partnership, starts_at=timezone.now() + timedelta(days=50))
    for filters, expected in (
        ({"course": near.course_id}, near),
        ({"first_day": f"{day_in(30):%d/%m/%Y}"}, far),
        ({"last_day": f"{day_in(30):%d/%m/%Y}"}, near),
    ):
        assert list(desk.get(f"{DESK}/sessions/", filters).context["page_obj"]) == [expected]


def test_courses_are_filtered(desk, partnership):
    draft = make_course(partnership, title="Draft", status="draft", theme="New")
    make_session(partnership)
    for filters in ({"q": "raf"}, {"status": "draft"}, {"theme": "New"}):
        assert list(desk.get(f"{DESK}/courses/", filters).context["page_obj"]) == [draft]
    assert [course.coming for course in desk.get(f"{DESK}/courses/").context["page_obj"]] == [1, 0]


def test_venues_are_added_and_changed(desk, partnership, venue):
    data = {"name": "Library", "address": "Broad Street", "postcode": "HR4 9AU", "access": "Step-free"}
    assert desk.post(f"{DESK}/venues/new/", data).status_code == 302
    assert Venue.objects.get(name="Library").access == "Step-free"
    page = desk.post(f"{DESK}/venues/{venue.pk}/", data).content.decode()
    assert "already a venue" in page and 'href="#id_name"' in page
    assert desk.post(f"{DESK}/venues/{venue.pk}/", {**data, "name": "Shire Hall"}).status_code == 302
    venue.refresh_from_db()
    assert venue.name == "Shire Hall"


@pytest.mark.parametrize(("page", "number"), [("/courses/", 11), ("/sessions/", 11), ("/venues/", 10)])
def test_lists_cost_the_same_for_one_row_and_five(page, number, desk, partnership):
    def queries():
        desk.get(DESK + page)
        with CaptureQueriesContext(connection) as found:
            assert desk.get(DESK + page).status_code == 200
        return len(found)

    make_session(partnership)
    one = queries()
    for _ in range(4):
        make_session(partnership)
    assert queries() == one == number
