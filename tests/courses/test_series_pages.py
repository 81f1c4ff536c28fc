"""Planning a series: the rule, every date before anything is saved, what clashes and what is left out."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import SchoolHoliday, Session
from courses.refusals import PlanRefused
from courses.services.school_holidays import (
    change_school_holiday,
    remove_school_holiday,
    write_school_holiday,
)
from partnership_portal.working_days import uk_date
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.courses.conftest import day_in
from tests.courses.desk_forms import session_data
from tests.factories import actor_for, make_course, make_organisation, make_person, make_session

SERIES = "/alphashire/desk/sessions/series/"
HOLIDAYS = "/alphashire/desk/school-holidays/"


@pytest.fixture
def desk(sign_in, team):
    return sign_in(team)


@pytest.fixture
def data(partnership, venue):
    """A series of three hours from day 30 on, three times, whatever is left out."""

    def made(**changes):
        filled = session_data(make_course(partnership), venue, (day_in(30), "9am", "noon"))
        return {
            **filled,
            "repeat": "weeks",
            "every": "2",
            "count": "3",
            "first_days": "",
            "until": "",
            **changes,
        }

    return made


def shown(answer):
    """The values of the boxes, and of those that are ticked."""
    options = [option for _, group in answer.context["groups"] for option in group]
    return [one.value for one, _ in options], [one.value for one, ticked in options if ticked]


@pytest.mark.parametrize(
    ("repeat", "count"),
    [
        ({"repeat": "weeks", "every": "2", "count": "3"}, 3),
        ({"repeat": "months", "every": "1", "count": "12"}, 12),
        ({"repeat": "weekday", "every": "2", "number": "1", "weekday": "1", "count": "4"}, 4),
        ({"repeat": "days", "first_days": f"{day_in(40):%d/%m/%Y}\n{day_in(50):%d %B %Y}\n"}, 3),
    ],
)
def test_a_series_is_shown_then_planned(repeat, count, desk, data):
    filled = data(**{"every": "", "count": "", **repeat})
    preview = desk.post(SERIES, filled)
    values, ticked = shown(preview)
    assert len(values) == count and ticked == values and not Session.objects.exists()
    again = {**dict(preview.context["kept"]), "step": "save", "days": values}
    answer = desk.post(SERIES, again, follow=True)
    assert f"{count} sessions are saved as drafts" in answer.content.decode()
    planned = Session.objects.order_by("starts_at")
    assert [uk_date(one.starts_at).isoformat() for one in planned] == values
    assert set(planned.values_list("status", flat=True)) == {"draft"}


def test_a_date_that_is_not_ticked_is_not_planned_nor_one_that_was_never_offered(desk, data):
    filled = data()
    values, _ = shown(desk.post(SERIES, filled))
    desk.post(SERIES, {**filled, "step": "save", "days": [values[0], values[2]]})
    assert [uk_date(one.starts_at).isoformat() for one in Session.objects.order_by("starts_at")] == [
        values[0],
        values[2],
    ]
    invented = desk.post(SERIES, {**filled, "step": "save", "days": [day_in(31).isoformat()]})
    assert invented.status_code == 200 and Session.objects.count() == 2


def test_nothing_ticked_is_said_at_the_first_box(desk, data):
    page = desk.post(SERIES, {**data(), "step": "save"}).content.decode()
    assert "Tick at least one date" in page and 'href="#id_days_0"' in page and 'id="id_days_0"' in page
    assert not Session.objects.exists()


def test_going_back_keeps_what_was_filled_in(desk, data):
    page = desk.post(SERIES, {**data(count="17"), "step": "change"}).content.decode()
    assert 'value="17"' in page and "See the dates" in page


def test_holidays_are_left_out_and_named(desk, data, partnership, neighbour):
    SchoolHoliday.objects.create(
        partnership=partnership, name="Half term", first_day=day_in(44), last_day=day_in(46)
    )
    with acting_in(neighbour):
        SchoolHoliday.objects.create(
            partnership=neighbour, name="Not ours", first_day=day_in(30), last_day=day_in(90)
        )
    page = desk.post(SERIES, data(leave_out=["school"]))
    values, _ = shown(page)
    assert values == [day_in(days).isoformat() for days in (30, 58, 72)]
    assert "School holiday: Half term" in page.content.decode() and "Not ours" not in page.content.decode()
    assert shown(desk.post(SERIES, data()))[0] == [day_in(days).isoformat() for days in (30, 44, 58)]


def test_a_rule_without_a_date_says_so(desk, data, partnership):
    SchoolHoliday.objects.create(
        partnership=partnership, name="Closed", first_day=day_in(1), last_day=day_in(3000)
    )
    page = desk.post(SERIES, data(leave_out=["school"])).content.decode()
    assert "Every date of this rule is left out. School holiday: Closed." in page
    page = desk.post(SERIES, data(until=f"{day_in(20):%d/%m/%Y}")).content.decode()
    assert "No date fits this rule" in page and 'href="#id_repeat_0"' in page


def test_what_clashes_is_named_and_not_ticked(desk, data, partnership, venue):
    trainer = make_person(partnership, Role.TRAINER, name="Tina Trainer")
    filled = data(trainers=[trainer.pk])
    start = desk.post(SERIES, filled).context["groups"][0][1][0][0].slots[0].starts_at
    in_room = make_course(partnership, title="In the same room")
    busy = make_course(partnership, title="Another course")
    make_session(partnership, course=in_room, venue=venue, starts_at=start)
    make_session(partnership, course=busy, starts_at=start + timedelta(days=14), trainers=(trainer,))
    # Neither a cancelled session nor one that ends as the other begins is in the way.
    make_session(
        partnership, venue=venue, starts_at=start + timedelta(days=28), status="cancelled", course=busy
    )
    make_session(partnership, venue=venue, starts_at=start + timedelta(days=28, hours=3), course=busy)
    answer = desk.post(SERIES, filled)
    values, ticked = shown(answer)
    assert ticked == [values[2]]
    page = answer.content.decode()
    assert "Town Hall is taken by In the same room, 9am to midday." in page
    assert "Tina Trainer trains Another course" in page and "2 dates clash" in page
    # Whoever knows better may tick it all the same.
    desk.post(SERIES, {**filled, "step": "save", "days": values})
    assert Session.objects.filter(status="draft").count() == 3


def test_the_preview_costs_the_same_for_three_dates_and_thirty(desk, data):
    def queries(count):
        filled = data(count=count)
        with CaptureQueriesContext(connection) as found:
            assert desk.post(SERIES, filled).status_code == 200
        return len(found)

    queries("3")
    assert queries("3") == queries("30") == 13


@pytest.mark.parametrize(
    ("repeat", "target", "words"),
    [
        ({"repeat": ""}, "id_repeat_0", "Choose how it repeats"),
        ({"repeat": "weeks", "every": "", "count": "3"}, "id_every", "Enter every how many"),
        ({"repeat": "months", "every": "1", "count": ""}, "id_count", "Enter how many sessions"),
        ({"repeat": "weeks", "every": "1", "count": "61"}, "id_count", "Your answer must be 60 or less"),
        ({"repeat": "weekday", "number": "", "weekday": "1"}, "id_number", "Choose which weekday"),
        ({"repeat": "weekday", "number": "1", "weekday": ""}, "id_weekday", "Choose the weekday"),
        ({"until": "someday"}, "id_until", "must be a real date"),
        ({"repeat": "days", "first_days": ""}, "id_first_days", "at least one first date"),
        ({"repeat": "days", "first_days": "soon"}, "id_first_days", "“soon” is not a date"),
    ],
)
def test_every_error_of_a_series_links_to_its_field(repeat, target, words, desk, data):
    content = desk.post(SERIES, data(**repeat)).content.decode()
    assert words in content and f'href="#{target}"' in content and f'id="{target}"' in content
    assert not Session.objects.exists()


def day(number):
    return {"day": number, "month": 5, "year": 2027}


def holiday_data(first, last, name="Half term"):
    return {
        "name": name,
        **{f"first_day_{part}": value for part, value in day(first).items()},
        **{f"last_day_{part}": value for part, value in day(last).items()},
    }


def test_school_holidays_are_kept_by_the_team(desk, partnership):
    assert desk.post(f"{HOLIDAYS}new/", holiday_data(3, 7)).status_code == 302
    holiday = SchoolHoliday.objects.get()
    assert b"3 May 2027 to 7 May 2027" in desk.get(HOLIDAYS).content
    url = f"{HOLIDAYS}{holiday.pk}/"
    assert b'value="7"' in desk.get(url).content
    assert desk.post(url, holiday_data(3, 8)).status_code == 302
    overlap = desk.post(f"{HOLIDAYS}new/", holiday_data(8, 9, "Other")).content.decode()
    assert "overlap with “Half term”" in overlap and 'href="#id_first_day_day"' in overlap
    backwards = desk.post(f"{HOLIDAYS}new/", holiday_data(12, 11)).content.decode()
    assert "can’t be before" in backwards and 'href="#id_last_day_day"' in backwards
    assert b"Do you want to remove" in desk.get(f"{url}remove/").content
    assert SchoolHoliday.objects.count() == 1
    assert desk.post(f"{url}remove/").status_code == 302 and not SchoolHoliday.objects.exists()
    assert AuditEntry.objects.filter(action__endswith="school_holiday").count() == 3


def test_school_holidays_are_the_partnerships_own(planner, partnership, neighbour, desk):
    with acting_in(neighbour):
        theirs = SchoolHoliday.objects.create(
            partnership=neighbour, name="Theirs", first_day=date(2027, 5, 3), last_day=date(2027, 5, 7)
        )
    for page in ("", "remove/"):
        assert desk.get(f"{HOLIDAYS}{theirs.pk}/{page}").status_code == 404
    facts = {"name": "Ours", "first_day": date(2027, 5, 3), "last_day": date(2027, 5, 7)}
    ours = write_school_holiday(actor=planner, **facts)
    with pytest.raises(SchoolHoliday.DoesNotExist):
        change_school_holiday(actor=planner, holiday=theirs, **facts)
    remove_school_holiday(actor=planner, holiday=theirs)
    with acting_in(neighbour):
        assert SchoolHoliday.objects.filter(pk=theirs.pk).exists()
    lead = actor_for(
        make_person(partnership, Role.ORGANISATION_LEAD, organisation=make_organisation(partnership))
    )
    for act in (
        lambda: write_school_holiday(actor=lead, **facts),
        lambda: change_school_holiday(actor=lead, holiday=ours, **facts),
        lambda: remove_school_holiday(actor=lead, holiday=ours),
    ):
        with pytest.raises(PermissionDenied):
            act()
    with pytest.raises(PlanRefused):
        write_school_holiday(actor=planner, **facts)
