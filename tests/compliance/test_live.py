"""The sub-group's live page: the current period so far, read only, with the reports' rules about small numbers."""

from datetime import time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from compliance.periods import periods_to_report, year_of_periods
from compliance.queries.live import live_figures
from evaluations.jobs import ask_for_evaluations
from evaluations.models import Invitation
from partnership_portal.working_days import add_months, uk_date, uk_moment, uk_today
from partnerships.permissions import Role
from tests.evaluations.made import adopt, answer, booked, counted, held
from tests.evaluations.test_summaries import evaluated, rated
from tests.factories import make_course, make_person


@pytest.fixture
def partnership(partnership):
    adopt(partnership)
    return partnership


def page_of(partnership, client) -> str:
    where = reverse("compliance:live", args=[partnership.slug])
    return client.get(where).content.decode().replace("\xa0", " ")


def figures(partnership):
    return live_figures(partnership, year_of_periods(partnership.policy().reporting, uk_today()))


@pytest.fixture
def evaluated_session(partnership):
    session = held(
        partnership, course=make_course(partnership, title="Neglect"), starts_at=_this_period(partnership)
    )
    evaluated(partnership, session, [rated(4, 3, 7)] * 6, silent=2)
    return session


def _this_period(partnership):
    period = periods_to_report(partnership.policy().reporting, uk_today())[0]
    return uk_moment(period.starts_on, time(9))


@pytest.mark.parametrize("role", [Role.SUBGROUP_CHAIR, Role.SUBGROUP_MEMBER, Role.TEAM])
def test_chair_members_and_team_read_rates_with_what_they_are_of(
    partnership, evaluated_session, sign_in, role
):
    page = page_of(partnership, sign_in(make_person(partnership, role)))
    assert "6 of 8 (75%)" in page
    assert "among the 5 who gave both" in page
    assert "<form" not in page.partition("<main")[2].partition("</main")[0]
    names = {one.person.name for one in evaluated_session.bookings.all()}
    assert not [name for name in names if name in page]


def test_too_few_are_not_shown(partnership, sign_in):
    session = held(partnership, starts_at=_this_period(partnership))
    evaluated(partnership, session, [rated(5, 2, 8)] * 4)
    found = figures(partnership)
    (current, *_) = found.periods
    assert (current[1].answered, current[1].relevance, current[1].change) == (4, None, None)
    assert "not shown" in page_of(partnership, sign_in(make_person(partnership, Role.SUBGROUP_CHAIR)))


def test_periods_and_priorities_are_sums_of_the_same_blocks(partnership, evaluated_session):
    found = figures(partnership)
    total = sum(one.change.n for _, one in found.periods if one.change)
    assert total == found.report["evaluation"]["matched"] == 5


def test_a_course_stands_beside_itself_a_year_ago(partnership, evaluated_session):
    before = held(
        partnership,
        course=evaluated_session.course,
        starts_at=uk_moment(add_months(uk_date(evaluated_session.starts_at), -12), time(9)),
    )
    for _ in range(5):
        booked(before)
    ask_for_evaluations(partnership, before.ends_at)
    Invitation.objects.filter(session=before).update(closes_at=timezone.now() + timedelta(days=1))
    for asked in Invitation.objects.filter(session=before):
        answer(asked, **rated(2, 3, 5))
    counted(partnership)
    found = figures(partnership)
    assert len(found.periods) == 5
    measured = [(title, one.answered, one.relevance.value) for title, _, one in found.courses]
    assert measured == [("Neglect", 6, 4.0), ("Neglect", 5, 2.0)]
    assert sum(one.answered for _, one in found.periods) == 11


def test_nothing_yet_says_so(partnership, sign_in):
    page = page_of(partnership, sign_in(make_person(partnership, Role.SUBGROUP_MEMBER)))
    assert "Nobody has been asked about the sessions of this period yet." in page
    assert "No report has been published yet" in page


@pytest.mark.parametrize("sessions", [1, 5])
def test_as_many_queries_whatever_the_size(partnership, sessions, django_assert_num_queries):
    for _ in range(sessions):
        evaluated(partnership, held(partnership, starts_at=_this_period(partnership)), [rated(4, 3, 7)] * 2)
    with django_assert_num_queries(15):
        figures(partnership)
