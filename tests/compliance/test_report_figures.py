"""The figures of a report against figures counted by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest

from compliance.periods import Period, period_of, periods_to_report
from compliance.queries.activity import activity_of
from compliance.queries.risk import sessions_at_risk
from compliance.sections import report_sections
from partnership_portal.charts import WHY_NOT_SHOWN
from partnerships.policy import ReportLine
from partnerships.tenancy import acting_in
from tests.compliance.world import book, busy_quarter, hold, report_figures
from tests.factories import make_course, make_partnership, make_person, policy

QUARTER = Period(date(2026, 7, 1), date(2026, 9, 30))
AFTER = datetime(2026, 10, 5, 8, tzinfo=UTC)


def test_the_whole_is_counted(partnership):
    busy_quarter(partnership)
    total = activity_of(partnership, QUARTER.starts_on, QUARTER.ends_on).total
    assert (total.courses, total.sessions, total.sessions_cancelled, total.places) == (2, 2, 1, 15)
    assert (total.applications, total.attended, total.partly, total.did_not_attend) == (8, 3, 1, 1)
    assert (total.unmarked, total.waiting, total.cancelled, total.cancelled_late) == (1, 1, 1, 1)
    assert (total.marked, total.taken) == (5, 6)


def test_each_part_adds_up_to_the_whole(partnership):
    busy_quarter(partnership)
    activity = activity_of(partnership, QUARTER.starts_on, QUARTER.ends_on)
    assert [(one.name, one.applications, one.attended) for one in activity.courses] == [
        ("Neglect", 5, 2),
        ("Right Help", 3, 1),
    ]
    assert [(one.name, one.sector, one.applications, one.attended) for one in activity.organisations] == [
        ("School", "Health", 5, 1),
        ("Surgery", "Health", 3, 2),
    ]
    assert [(one.name, one.applications, one.marked) for one in activity.sectors] == [("Health", 8, 5)]


def test_a_running_period_counts_what_was_held(partnership):
    busy_quarter(partnership)
    moment = datetime(2026, 7, 2, tzinfo=UTC)
    activity = activity_of(partnership, QUARTER.starts_on, QUARTER.ends_on, as_of=moment)
    assert (activity.total.sessions, activity.total.applications) == (1, 5)


def test_the_last_hour_of_the_quarter_belongs_to_it_in_summer_time(partnership):
    course = make_course(partnership)
    hold(partnership, course, date(2026, 7, 1))
    late = datetime(2026, 9, 30, 19, 30, tzinfo=UTC)
    next_day = datetime(2026, 9, 30, 20, 30, tzinfo=UTC)
    for start in (late, next_day):
        session = hold(partnership, course, date(2026, 7, 1))
        type(session).objects.filter(pk=session.pk).update(
            starts_at=start, ends_at=start + timedelta(hours=3), booking_closes_at=start
        )
    total = activity_of(partnership, QUARTER.starts_on, QUARTER.ends_on).total
    assert total.sessions == 3 - 1


def test_the_neighbours_quarter_is_not_counted(partnership, neighbour):
    with acting_in(neighbour):
        busy_quarter(neighbour)
    assert activity_of(partnership, QUARTER.starts_on, QUARTER.ends_on).total.sessions == 0


def test_earlier_periods_stand_beside_it(partnership):
    busy_quarter(partnership)
    compared = report_figures(partnership, QUARTER, AFTER)["comparison"]
    assert compared["previous"]["name"] == "Quarter 1, 2026/27"
    assert compared["previous"]["total"]["sessions"] == 1
    assert compared["year_before"]["name"] == "Quarter 2, 2025/26"
    assert compared["year_before"]["total"]["sessions"] == 0


def test_sessions_at_risk_say_why(partnership):
    trainer, learner = make_person(partnership), make_person(partnership)
    empty, few, fine = (make_course(partnership, title=title) for title in ("Empty", "Few", "Fine"))
    hold(partnership, empty, date(2026, 11, 2), capacity=2, minimum=0)
    thin = hold(partnership, few, date(2026, 11, 3), capacity=2, minimum=2, trainers=(trainer,))
    good = hold(partnership, fine, date(2026, 11, 4), capacity=2, minimum=1, trainers=(trainer,))
    hold(partnership, empty, date(2026, 11, 5), capacity=2, status="draft")
    hold(partnership, empty, date(2027, 1, 4), capacity=2)
    for session in (thin, good):
        book(session, learner, "confirmed")
    window = datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    coming, at_risk = sessions_at_risk(partnership, *window, percent=50)
    assert coming == 3
    assert [(one.title, one.booked, one.reasons) for one in at_risk] == [
        ("Empty", 0, ("fewer than 50% of places booked", "no trainer named")),
        ("Few", 1, ("below the minimum of 2",)),
    ]


def test_percentages_carry_the_people_behind_them(partnership):
    busy_quarter(partnership)
    sections = report_sections(report_figures(partnership, QUARTER, AFTER), "#1d70b8")
    glance = {row[0]: row[1] for row in sections[0].tables[0].rows}
    assert glance["Attended"] == "3 of 5 (60%)"
    assert glance["Places taken"] == "6 of 15 (40%)"


def test_the_policy_says_which_sections_there_are(partnership):
    figures = report_figures(partnership, QUARTER, AFTER)
    figures["contents"] = [line.value for line in ReportLine]
    titles = [section.title for section in report_sections(figures, "#1d70b8")]
    assert titles[0] == "At a glance"
    assert titles[-1] == "Reported beside this"
    assert len(titles) == len(set(titles))
    figures["contents"] = ["impact", "attendance"]
    assert [one.title for one in report_sections(figures, "#1d70b8")][1:] == [
        "Impact on practice",
        "Attendance",
    ]


def test_figures_of_fewer_than_five_are_not_shown(partnership):
    figures = report_figures(partnership, QUARTER, AFTER)
    figures["contents"] = ["evaluation", "impact"]
    figures["evaluation"] |= {
        "invited": 9,
        "answered": 4,
        "by_course": [
            {
                "course_id": 1,
                "title": "Neglect",
                "invited": 9,
                "answered": 4,
                "mean_relevance": None,
                "mean_before": None,
                "mean_after": None,
            }
        ],
    }
    _, evaluation, impact = report_sections(figures, "#1d70b8")
    assert WHY_NOT_SHOWN in evaluation.words
    assert evaluation.charts == impact.charts == []
    shown = [
        cell["text"].replace("\N{NO-BREAK SPACE}", " ") for cell in evaluation.tables[0].shown_rows[0][1:]
    ]
    assert shown == [
        "4 of 9 (44%)",
        "not shown",
        "not shown",
        "not shown",
    ]


@pytest.mark.parametrize(
    ("cadence", "day", "expected", "name"),
    [
        ("quarterly", date(2026, 11, 21), (date(2026, 10, 1), date(2026, 12, 31)), "Quarter 3, 2026/27"),
        ("quarterly", date(2027, 3, 31), (date(2027, 1, 1), date(2027, 3, 31)), "Quarter 4, 2026/27"),
        (
            "every_two_months",
            date(2026, 11, 21),
            (date(2026, 10, 1), date(2026, 11, 30)),
            "October 2026 to November 2026",
        ),
        (
            "every_two_months",
            date(2027, 3, 1),
            (date(2027, 2, 1), date(2027, 3, 31)),
            "February 2027 to March 2027",
        ),
    ],
)
def test_periods_follow_the_cadence(cadence, day, expected, name):
    period = period_of(policy(reporting__cadence=cadence).reporting, day)
    assert (period.starts_on, period.ends_on) == expected
    assert period.name == name


def test_periods_to_report_run_backwards_without_gaps():
    periods = periods_to_report(policy().reporting, date(2026, 11, 21), 5)
    assert [one.name for one in periods] == [
        "Quarter 3, 2026/27",
        "Quarter 2, 2026/27",
        "Quarter 1, 2026/27",
        "Quarter 4, 2025/26",
        "Quarter 3, 2025/26",
    ]
    assert periods[0].year_before == periods[4]
    assert periods[1].following == periods[0]


@pytest.mark.parametrize("count", [1, 5])
def test_the_number_of_questions_does_not_grow(partnership, django_assert_num_queries, count):
    for number in range(count):
        course = make_course(partnership)
        for _ in range(count):
            book(hold(partnership, course, date(2026, 8, 3 + number)), make_person(partnership))
    partnership.policy()
    with django_assert_num_queries(3):
        activity_of(partnership, QUARTER.starts_on, QUARTER.ends_on)


def test_a_partnership_without_any_training_has_a_report(db):
    empty = make_partnership("gammashire")
    with acting_in(empty):
        assert report_sections(report_figures(empty, QUARTER, AFTER), empty.brand_colour)
