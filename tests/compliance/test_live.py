"""The sub-group's live page: the current period so far, read only, with the reports' rules about small numbers."""

from datetime import time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from compliance.periods import periods_to_report, year_of_periods
from compliance.queries.live import live_figures
from compliance.services.reports import build_report, publish_report, request_report
from evaluations.jobs import ask_for_evaluations
from evaluations.models import Answer, Invitation
from evaluations.services.quotes import mark_quote
from evaluations.services.themes import add_theme
from partnership_portal.working_days import add_months, uk_date, uk_moment, uk_today
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt, answer, booked, closed, counted, held
from tests.evaluations.test_own_words import tick
from tests.evaluations.test_summaries import evaluated, rated
from tests.factories import actor_for, job, make_course, make_person


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
    assert "in the 5 evaluations that gave both" in page
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
    with django_assert_num_queries(16):
        figures(partnership)


def _report(team, period):
    report = request_report(actor=actor_for(team), starts_on=period.starts_on, ends_on=period.ends_on)
    build_report(actor=job(team.partnership), report_id=report.pk, now=timezone.now())
    report.refresh_from_db()
    return report


def themes_of(partnership) -> list[tuple[str, dict[str, int]]]:
    return [
        (period.name, {theme.theme: theme.answers for one in questions for theme in one.themes})
        for period, questions in figures(partnership).themes
    ]


def written_about(session) -> list[Answer]:
    """What five people wrote about a session, as long ago as it may be."""
    for _ in range(5):
        booked(session)
    ask_for_evaluations(session.partnership, session.ends_at)
    asked = Invitation.objects.filter(session=session, state="open")
    asked.update(closes_at=timezone.now() + timedelta(days=1))
    for one in asked:
        answer(one, pledge=f"I will do the {one.pk} thing")
    closed(session.partnership)
    return list(Answer.objects.filter(invitation__session=session, question__key="pledge"))


def test_themes_of_whole_periods_as_the_newest_report_says_them(partnership, neighbour, sign_in):
    """Of the whole partnership, from what is published: neither of a course nor of today."""
    team = make_person(partnership, Role.TEAM)
    client = sign_in(make_person(partnership, Role.SUBGROUP_CHAIR))
    sharing, later = (
        add_theme(actor=actor_for(team), name=name) for name in ("Information sharing", "Later")
    )
    current, before, *_ = year_of_periods(partnership.policy().reporting, uk_today())

    def about(period, title: str, theme) -> list[Answer]:
        course = make_course(partnership, title=title)
        answers = written_about(
            held(partnership, course=course, starts_at=uk_moment(period.starts_on, time(9)))
        )
        tick(team, answers, theme)
        return answers

    words = about(current, "Neglect", sharing)[0]
    mark_quote_of(words, team)
    about(before, "Exploitation", sharing)
    assert "What they wrote about" not in page_of(partnership, client)
    publish_report(actor=actor_for(team), report=_report(team, current))
    assert themes_of(partnership) == [(current.name, {"Information sharing": 5})]
    publish_report(actor=actor_for(team), report=_report(team, before))
    about(before, "Early Help", sharing)
    publish_report(actor=actor_for(team), report=_report(team, before))
    about(before, "Trauma", later)
    ready = _report(team, before)
    expected = [(current.name, {"Information sharing": 5}), (before.name, {"Information sharing": 10})]
    assert themes_of(partnership) == expected and ready.state == "ready"
    page = page_of(partnership, client)
    assert "until a report on it is published" in page and words.text not in page
    with acting_in(neighbour):
        assert themes_of(neighbour) == []


def mark_quote_of(words: Answer, team) -> None:
    Invitation.objects.filter(pk=words.invitation_id).update(quoting_agreed_at=timezone.now())
    mark_quote(actor=actor_for(team), answer=words, words=words.text)
