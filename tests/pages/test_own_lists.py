"""What grows with the years on pages of one's own: as many queries for five rows as for one, and a page at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from compliance.models import Report
from evaluations.models import Certificate
from partnerships.models import JoinRequest, Partnership, Person
from partnerships.permissions import Role
from tests.compliance.world import attend, learn_elsewhere, need
from tests.factories import make_course, make_organisation, make_person


@dataclass(frozen=True)
class Case:
    """A list of one's own: who opens it, how it gets another row, what a row shows, and what the page may ask."""

    role: Role
    make: Callable[[Partnership, Person, int], str]
    queries: int


def manage(partnership: Partnership, manager: Person, number: int) -> str:
    """Somebody to manage, with training behind them and training that they lack."""
    person = make_person(partnership, line_manager=manager, account=False, name=f"Managed {number}")
    course = make_course(partnership)
    need(partnership, f"Needed {number}", course)
    attend(person, course, date(2026, 3, 1 + number))
    return person.name


def learn(partnership: Partnership, person: Person, number: int) -> str:
    """A course with its certificate, and training elsewhere."""
    course = make_course(partnership, title=f"Learnt {number}")
    need(partnership, f"Needed {number}", course)
    booking = attend(person, course, date(2026, 3, 1 + number))
    Certificate.objects.create(
        partnership=partnership,
        booking=booking,
        number=f"ALPH-2026-{number}",
        policy_version=booking.policy_version,
        issued_at=timezone.now(),
        learner_name=person.name,
        course_title=course.title,
        held_on="Today",
        hours=3,
        issuer_name=partnership.name,
        issuer_short_name=partnership.short_name,
        issuer_colour=partnership.brand_colour,
    )
    learn_elsewhere(person, date(2026, 2, 1 + number))
    return course.title


def publish(partnership: Partnership, person: Person, number: int) -> str:
    """A published report on a quarter of its own."""
    year, quarter = 2000 + number // 4, number % 4
    Report.objects.create(
        partnership=partnership,
        starts_on=date(year, 1 + 3 * quarter, 1),
        ends_on=date(year, 3 + 3 * quarter, 30),
        version=1,
        state="published",
        requested_at=timezone.now(),
        requested_by=person,
        published_at=timezone.now(),
        published_by=person,
        figures={},
    )
    return f"{year}"


def ask(partnership: Partnership, person: Person, number: int) -> str:
    """An organisation that one has asked to join."""
    organisation = make_organisation(partnership, name=f"Asked {number}")
    JoinRequest.objects.create(
        partnership=partnership,
        user=person.user,
        name=person.name,
        email=person.email,
        organisation=organisation,
        job_role="Nurse",
        state="declined",
        reason="Not ours",
    )
    return organisation.name


LISTS = {
    "team/": Case(Role.LINE_MANAGER, manage, queries=17),
    "me/record/": Case(Role.PRACTITIONER, learn, queries=19),
    "subgroup/": Case(Role.SUBGROUP_CHAIR, publish, queries=14),
    "desk/reports/": Case(Role.TEAM, publish, queries=12),
    "join/": Case(Role.PRACTITIONER, ask, queries=12),
}


def opened_by(partnership: Partnership, case: Case) -> Person:
    """Who opens the list; nobody is a line manager before they manage somebody."""
    return make_person(partnership, *({case.role} - {Role.LINE_MANAGER, Role.PRACTITIONER}))


@pytest.mark.parametrize("what", LISTS)
def test_a_list_costs_the_same_for_one_row_and_five(what, partnership, sign_in, settings) -> None:
    # Another worker's test may empty the cache in which sessions are kept.
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    case = LISTS[what]
    person = opened_by(partnership, case)
    rows = [case.make(partnership, person, 0)]
    browser = sign_in(person)

    def queries() -> int:
        browser.get(f"/alphashire/{what}")
        with CaptureQueriesContext(connection) as found:
            page = browser.get(f"/alphashire/{what}")
        assert all(row in page.content.decode() for row in rows), "all rows are shown"
        return len(found)

    one = queries()
    rows += [case.make(partnership, person, number) for number in range(1, 5)]
    assert (one, queries()) == (case.queries, case.queries)


@pytest.mark.parametrize("what", ["subgroup/", "desk/reports/"])
def test_the_reports_of_ten_years_are_shown_a_page_at_a_time(what, partnership, sign_in) -> None:
    person = make_person(partnership, LISTS[what].role)
    for number in range(40):
        publish(partnership, person, number)
    browser = sign_in(person)
    newest, oldest = (browser.get(f"/alphashire/{what}?page={number}").content.decode() for number in (1, 2))
    assert newest.count("portal-results__title") == oldest.count("portal-results__title") == 20
    assert "2009" in newest and "2004" not in newest
    assert "2000" in oldest and "2009" not in oldest
    assert 'aria-label="Page 2"' in newest
