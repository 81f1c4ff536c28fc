"""Every list of the desk filters, sorts, pages and downloads in the same way, and shows nothing of the neighbour."""

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from html import unescape
from io import BytesIO
from uuid import uuid4
from zipfile import ZipFile

import pytest
from django.core.paginator import Paginator
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from python_calamine import CalamineWorkbook

from bookings.models import Approval, Booking, BulkMessage, Charge, WalkIn
from courses.models import Agreement, Course, CourseTask, Venue
from evaluations.models import (
    Certificate,
    Concern,
    Invitation,
    ObservationAction,
    Questionnaire,
    QuestionnaireVersion,
    SingleAgencyAudit,
)
from notifications.models import Message
from partnerships.models import AuditEntry, JoinRequest, Partnership, PolicyVersion
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.charging import let_charge
from tests.evaluations.made import asked_about_own_training
from tests.factories import make_course, make_organisation, make_person, make_session

NAMES = ["=Ada", "Bea", "Cyd", "Dee", "Eve"]


@dataclass(frozen=True)
class Case:
    """A list: how to make a row that has a name, and what the list can do with it."""

    make: Callable[[Partnership, str, int], object]
    orders: dict[str, str]
    queries: int
    search: str = "q"
    column: int = 0
    at: str = ""


def moment(number: int):
    return timezone.now().replace(microsecond=0) + timedelta(days=number)


def make_booking(partnership: Partnership, name: str, number: int, **fields: object) -> Booking:
    person = make_person(partnership, account=False, name=name, organisation=organised(partnership, name))
    state = fields.pop("state", "confirmed")
    session = fields.pop("session", None) or make_session(
        partnership, course=make_course(partnership, title=name), starts_at=moment(20 + number)
    )
    return Booking.objects.create(
        partnership=partnership,
        session=session,
        person=person,
        organisation=person.memberships.get().organisation,
        state=state,
        booked_at=moment(number - 50),
        policy_version=PolicyVersion.objects.get(partnership=partnership),
        **fields,
    )


def organised(partnership: Partnership, name: str):
    return make_organisation(partnership, name=f"{name} House {uuid4().hex[:6]}")


def make_charge(partnership: Partnership, name: str, number: int) -> None:
    booking = make_booking(partnership, name, number)
    Charge.objects.create(
        partnership=partnership,
        organisation=booking.organisation,
        session=booking.session,
        booking=booking,
        kind="place",
        pence=100 * (number + 1),
        words="Rule",
        source="§1",
        policy_version=booking.policy_version,
        raised_on=date(2026, 1, 1 + number),
    )


def make_approval(partnership: Partnership, name: str, number: int) -> None:
    booking = make_booking(partnership, name, number, state="requested")
    at = moment(number)
    Approval.objects.create(
        partnership=partnership, booking=booking, rule="team", asked="team", asked_at=at, expires_at=at
    )


def make_walk_in(partnership: Partnership, name: str, number: int) -> None:
    booking = make_booking(partnership, name, number)
    WalkIn.objects.create(
        partnership=partnership, booking=booking, key=uuid4(), organisation_said=f"{name} & Co"
    )


def make_non_attender(partnership: Partnership, name: str, number: int) -> None:
    first = make_booking(partnership, name, -30 - number, state="did_not_attend")
    for days in range(2):
        Booking.objects.create(
            partnership=partnership,
            session=make_session(
                partnership, course=first.session.course, starts_at=moment(-20 - number - days)
            ),
            person=first.person,
            organisation=first.organisation,
            state="did_not_attend",
            booked_at=first.booked_at,
            policy_version=first.policy_version,
        )


def make_message(partnership: Partnership, name: str, number: int) -> None:
    message = Message.objects.create(
        partnership=partnership,
        purpose="booking_confirmed",
        subject_key=f"booking:{number}",
        to_name=name,
        to_email=f"{name.strip('=').lower()}@{partnership.slug}.example",
        from_name="Cora",
        reply_to="c@x.example",
        title=name,
        text="x",
        html="x",
        state="failed",
    )
    Message.objects.filter(pk=message.pk).update(created_at=moment(number - 9))


def make_certificate(partnership: Partnership, name: str, number: int) -> None:
    booking = make_booking(partnership, name, number, state="attended")
    Certificate.objects.create(
        partnership=partnership,
        booking=booking,
        number=f"{partnership.slug}-{number}",
        policy_version=booking.policy_version,
        issued_at=moment(number - 9),
        learner_name=name,
        course_title="Course",
        held_on="Today",
        hours=3,
        issuer_name=partnership.name,
        issuer_short_name=partnership.short_name,
        issuer_colour=partnership.brand_colour,
    )


def make_action(partnership: Partnership, name: str, number: int) -> None:
    make_survey(partnership, name, number)
    ObservationAction.objects.create(
        partnership=partnership,
        observation=Invitation.objects.latest("pk"),
        text=name,
        due_on=date(2026, 1, 1 + number),
        agreed_at=timezone.now(),
        agreed_by=make_person(partnership, account=False),
    )


def make_concern(partnership: Partnership, name: str, number: int) -> None:
    make_survey(partnership, name, number)
    Concern.objects.create(
        partnership=partnership,
        response=Invitation.objects.latest("pk"),
        signs=[["said", 1]],
        noticed_at=moment(number - 9),
    )


def make_survey(partnership: Partnership, name: str, number: int) -> None:
    booking = make_booking(partnership, name, number)
    questionnaire, _ = Questionnaire.objects.get_or_create(
        partnership=partnership, kind="evaluation", defaults={"title": "Evaluation"}
    )
    version, _ = QuestionnaireVersion.objects.get_or_create(
        partnership=partnership,
        questionnaire=questionnaire,
        number=1,
        defaults={"published_at": timezone.now()},
    )
    Invitation.objects.create(
        partnership=partnership,
        kind="evaluation",
        version=version,
        session=booking.session,
        booking=booking,
        respondent=booking.person,
        respondent_name=name,
        policy_version=booking.policy_version,
        invited_at=timezone.now(),
        closes_at=moment(9),
        last_asked_on=date(2026, 1, 1),
    )


def make_audit(partnership: Partnership, name: str, number: int) -> None:
    audited = asked_about_own_training(partnership, make_organisation(partnership, name=name))
    SingleAgencyAudit.objects.filter(pk=audited.pk).update(
        asked_at=moment(number - 9),
        state="answered",
        answered_at=moment(number - 8),
        answered_by=make_person(partnership, account=False, name="Zz").pk,
    )


def make_request(partnership: Partnership, name: str, number: int) -> None:
    user = make_person(partnership, name=f"{name} account").user
    asked = JoinRequest.objects.create(
        partnership=partnership,
        user=user,
        name=name,
        email=user.email,
        organisation=organised(partnership, name),
        job_role="Nurse",
    )
    JoinRequest.objects.filter(pk=asked.pk).update(asked_at=moment(number - 9))


def make_bulk_message(partnership: Partnership, name: str, number: int) -> None:
    BulkMessage.objects.create(
        partnership=partnership,
        key=uuid4(),
        purpose="bulk_news",
        title=name,
        text="x",
        bookings=[],
        people=[],
        without_email=0,
        unwanted=0,
        asked_at=moment(number - 9),
        touched_at=moment(number - 9),
    )


def make_short_session(partnership: Partnership, name: str, number: int) -> None:
    session = make_session(
        partnership, course=make_course(partnership, title=name), starts_at=moment(2 + number), minimum=9
    )
    for _ in range(number):
        make_booking(partnership, "Zed", 0, session=session)


def make_undecided(partnership: Partnership, name: str, number: int) -> None:
    if not partnership.policy().charging.rules:
        let_charge(partnership)
    make_session(
        partnership, single_agency_for=organised(partnership, name), opened_to_others=False,
        starts_at=moment(20 + number),
    )  # fmt: skip


def make_offer(partnership: Partnership, name: str, number: int) -> None:
    until = moment(0) + timedelta(hours=1 + number)
    make_booking(partnership, name, number, state="offered", offered_at=moment(0), offer_expires_at=until)


def make_task(partnership: Partnership, name: str, number: int) -> None:
    course = Course.objects.filter(partnership=partnership, slug="with-tasks").first()
    CourseTask.objects.create(
        partnership=partnership,
        course=course or make_course(partnership, slug="with-tasks"),
        kind="read",
        title=name,
        text="Read it.",
        minutes=90 - number,
        position=1 + number,
    )


UP, DOWN = "up", "down"
# What each order makes of rows that were made in the order of their names.
LISTS = {
    "bookings": Case(
        make_booking,
        {"name": UP, "organisation": UP, "session": UP, "booked": UP, "-booked": DOWN, "": DOWN},
        queries=13,
        column=1,
    ),
    "sessions": Case(
        lambda partnership, name, number: make_session(
            partnership,
            course=make_course(partnership, title=name),
            starts_at=moment(5 + number),
            places_taken=number,
        ),
        {"start": UP, "-start": DOWN, "course": UP, "taken": UP, "-taken": DOWN, "": UP},
        queries=12,
        search="",
        column=1,
    ),
    "courses": Case(
        lambda partnership, name, number: make_course(partnership, title=name, theme=f"{number}"),
        {"title": UP, "-title": DOWN, "theme": UP, "-theme": DOWN, "": UP},
        queries=12,
    ),
    "venues": Case(
        lambda partnership, name, number: Venue.objects.create(
            partnership=partnership, name=name, address="1 High Street", postcode=f"HR{number} 1AA"
        ),
        {"name": UP, "-name": DOWN, "postcode": UP, "-postcode": DOWN, "": UP},
        queries=11,
    ),
    "agreements": Case(
        lambda partnership, name, number: Agreement.objects.create(
            partnership=partnership,
            organisation=make_organisation(partnership, name=name),
            starts_on=date(2026, 1, 1 + number),
            ends_on=date(2027, 1, 1 + number),
            terms="Terms",
        ),
        {"start": UP, "end": UP, "organisation": UP, "-organisation": DOWN, "": DOWN},
        queries=11,
    ),
    "people": Case(
        lambda partnership, name, number: make_person(partnership, account=False, name=name),
        {"name": UP, "-name": DOWN, "": UP},
        queries=13,
    ),
    "organisations": Case(
        lambda partnership, name, number: make_organisation(partnership, name=name),
        {"name": UP, "-name": DOWN, "sector": UP, "": UP},
        queries=13,
    ),
    "requests": Case(
        make_request,
        {"asked": UP, "-asked": DOWN, "name": UP, "organisation": UP, "": UP},
        queries=11,
        search="organisation",
        at="organisation/requests/",
    ),
    "messages": Case(
        make_message, {"written": UP, "-written": DOWN, "": DOWN}, queries=11, search="", column=2
    ),
    "bulk-messages": Case(
        make_bulk_message, {"title": UP, "-title": DOWN, "sent": UP, "-sent": DOWN, "": DOWN}, queries=12
    ),
    "walk-ins": Case(
        make_walk_in,
        {"name": UP, "-name": DOWN, "session": UP, "came": UP, "-came": DOWN, "": UP},
        queries=12,
    ),
    "charges": Case(
        make_charge,
        {"reference": UP, "organisation": UP, "raised": UP, "amount": UP, "-amount": DOWN, "": DOWN},
        queries=14,
        search="organisation",
        column=6,
    ),
    "non-attendance": Case(
        make_non_attender, {"name": UP, "-name": DOWN, "last": DOWN, "-last": UP, "": UP}, queries=13
    ),
    "certificates": Case(
        make_certificate, {"number": UP, "issued": UP, "-issued": DOWN, "": DOWN}, queries=11, column=1
    ),
    "surveys": Case(make_survey, {"session": UP, "-session": DOWN, "": DOWN}, queries=12, search=""),
    "concerns": Case(
        make_concern,
        {"noticed": UP, "-noticed": DOWN, "course": UP, "-course": DOWN, "": DOWN},
        queries=12,
        search="",
    ),
    "actions": Case(
        make_action,
        {"due": UP, "-due": DOWN, "course": UP, "-course": DOWN, "": UP},
        queries=12,
        search="",
        at="observations/actions/",
    ),
    "single-agency-audits": Case(
        make_audit,
        {"name": UP, "-name": DOWN, "asked": UP, "answered": UP, "": UP},
        queries=15,
    ),
    "surveys/courses": Case(make_survey, {"course": UP, "-course": DOWN, "": UP}, queries=11, search=""),
    "approvals": Case(
        make_approval,
        {"name": UP, "organisation": UP, "session": UP, "expires": UP, "-expires": DOWN, "": UP},
        queries=11,
        at="approvals/",
    ),
    "too few people": Case(
        make_short_session,
        {"course": UP, "-course": DOWN, "start": UP, "confirmed": UP, "-confirmed": DOWN, "": UP},
        queries=12,
        search="",
        column=1,
        at="desk/sessions/decisions/",
    ),
    "undecided charges": Case(
        make_undecided,
        {"organisation": UP, "-organisation": DOWN, "session": UP, "-session": DOWN, "what": UP, "": UP},
        queries=12,
        search="organisation",
        column=1,
        at="desk/charges/undecided/",
    ),
    "offers": Case(
        make_offer,
        {"urgency": UP, "-urgency": DOWN, "title": UP, "-title": DOWN, "": UP},
        queries=10,
        at="desk/needs/offers/",
    ),
    "tasks": Case(
        make_task,
        {"position": UP, "-position": DOWN, "title": UP, "kind": UP, "minutes": DOWN, "-minutes": UP, "": UP},
        queries=12,
        column=1,
        at="desk/courses/with-tasks/tasks/",
    ),
}
EVERY = pytest.mark.parametrize("what", LISTS)


def address(what: str) -> str:
    return f"/alphashire/{LISTS[what].at or f'desk/{what}/'}"


@pytest.fixture
def desk(partnership, sign_in, settings):
    # Another worker's test may empty the cache in which sessions are kept.
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    team = make_person(
        partnership, Role.TEAM, name="Zz Team", organisation=make_organisation(partnership, name="Zz")
    )
    # The list of a course's tasks has an address when there is the course.
    make_course(partnership, slug="with-tasks", title="Zz course")
    return sign_in(team)


def fill(partnership: Partnership, what: str, names: list[str]) -> None:
    for number, name in enumerate(names):
        LISTS[what].make(partnership, name, number)


def listed(page: str) -> list[str]:
    """The rows' heads in a page's table, of those that the test has made."""
    heads = [
        unescape(re.sub("<[^>]*>", "", head))
        for head in re.findall('<tr class="govuk-table__row">(.*?)</tr>', page, re.S)
    ]
    return [name for head in heads if (name := next((one for one in NAMES if one in head), ""))]


def exported(desk, what: str, query: dict[str, str]) -> list[str]:
    case = LISTS[what]
    answer = desk.get(f"{address(what)}export.xlsx", query)
    assert answer.status_code == 200
    assert re.fullmatch(r'attachment; filename="[a-z0-9-]+\.xlsx"', answer["Content-Disposition"])
    content = b"".join(answer.streaming_content)
    for part in ZipFile(BytesIO(content)).namelist():
        if "worksheets" in part:
            assert b"<f>" not in ZipFile(BytesIO(content)).read(part), "a formula"
    rows = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    names = names_in(rows, case.column)
    # The same rows as CSV, which no spreadsheet program takes for formulas or for another alphabet.
    text = b"".join(desk.get(f"{address(what)}export.csv", query)).decode()
    assert text.startswith("\ufeff")
    lines = list(csv.reader(text.removeprefix("\ufeff").splitlines()))
    assert lines[0] == rows[0] and len(lines) == len(rows)
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in lines for cell in line)
    assert names_in(lines, case.column) == names
    return names


def names_in(rows: list[list], column: int) -> list[str]:
    """Whom of those that the test has made a column names; an organisation is called after them."""
    return [name for row in rows[1:] for name in NAMES if name in str(row[column])]


@EVERY
def test_every_order_sorts_page_and_spreadsheet(what, partnership, desk) -> None:
    fill(partnership, what, NAMES)
    for order, direction in LISTS[what].orders.items():
        expected = NAMES if direction == UP else NAMES[::-1]
        page = desk.get(address(what), {"order": order})
        assert listed(page.content.decode()) == expected, order
        assert exported(desk, what, {"order": order}) == expected, order
    for unknown in ("nonsense", "--name", "person__user__password", "-"):
        assert listed(desk.get(address(what), {"order": unknown}).content.decode()) == (
            NAMES if LISTS[what].orders[""] == UP else NAMES[::-1]
        )


@pytest.mark.parametrize("what", [what for what, case in LISTS.items() if case.search])
def test_a_filter_keeps_the_order_and_the_spreadsheet_has_the_filtered_rows_alone(
    what, partnership, desk
) -> None:
    search = LISTS[what].search
    fill(partnership, what, NAMES)
    order = next(one for one in LISTS[what].orders if one)
    answer = desk.get(address(what), {search: "cYD", "order": order})
    page = unescape(answer.content.decode())
    assert listed(page) == ["Cyd"]
    assert exported(desk, what, {search: "cYD", "order": order}) == ["Cyd"]
    # Heads and download keep the filter; the panel keeps the order.
    heads = re.findall(r'<th [^>]*><a class="govuk-link govuk-link--no-visited-state" href="(\?[^"]*)"', page)
    assert heads and all(f"{search}=cYD" in head and "page=" not in head for head in heads)
    assert re.search(rf'export\.xlsx\?[^"]*{search}=cYD', page)
    if order != answer.context["filter"].order_unasked:
        assert f'<input type="hidden" name="order" value="{order}">' in page
    assert "(in use)" in page
    taken = AuditEntry.objects.filter(action="partnerships.record_download")
    assert [(one.after["filtered_by"], one.after["rows"]) for one in taken] == [([search], 1)] * 2
    assert "cYD" not in str([one.after for one in taken])


@EVERY
def test_pages_keep_filter_and_order(what, partnership, desk, monkeypatch) -> None:
    fill(partnership, what, NAMES)
    whole = Paginator.__init__
    monkeypatch.setattr(
        Paginator, "__init__", lambda self, rows, size, **kwargs: whole(self, rows, 2, **kwargs)
    )
    order = next(iter(LISTS[what].orders))
    page = unescape(desk.get(address(what), {"order": order, "page": 2}).content.decode())
    assert listed(page) == (NAMES if LISTS[what].orders[order] == UP else NAMES[::-1])[2:4]
    links = re.findall(r'href="(\?[^"]*page=[^"]*)"', page)
    assert links and all(f"order={order}" in link for link in links)
    # A new order begins at the first page, and the head says how it is sorted.
    assert re.search(r'aria-sort="(ascending|descending)"', page)


@EVERY
def test_nothing_of_the_neighbour_is_listed_or_downloaded(what, partnership, neighbour, desk) -> None:
    with acting_in(neighbour):
        fill(neighbour, what, NAMES)
    assert listed(desk.get(address(what)).content.decode()) == []
    assert exported(desk, what, {}) == []


@EVERY
def test_a_list_costs_the_same_for_one_row_and_five(what, partnership, desk) -> None:
    def queries() -> int:
        desk.get(address(what))
        with CaptureQueriesContext(connection) as found:
            assert desk.get(address(what)).status_code == 200
        return len(found)

    fill(partnership, what, NAMES[:1])
    one = queries()
    for number, name in enumerate(NAMES[1:], start=1):
        LISTS[what].make(partnership, name, number)
    assert queries() == one == LISTS[what].queries


@pytest.mark.parametrize("role", [Role.ORGANISATION_LEAD, Role.TRAINER, Role.SUBGROUP_CHAIR])
def test_nobody_but_the_team_downloads_the_desks_lists(role, partnership, sign_in) -> None:
    browser = sign_in(make_person(partnership, role))
    for what in LISTS.keys() - {"approvals", "requests", "actions"}:
        assert browser.get(f"{address(what)}export.xlsx").status_code == 403, what
    assert not AuditEntry.objects.filter(action="partnerships.record_download").exists()


def test_a_lead_downloads_the_requests_of_their_own_organisation_alone(partnership, sign_in) -> None:
    lead = make_person(partnership, Role.ORGANISATION_LEAD)
    make_request(partnership, "Bea", 0)
    asked = JoinRequest.objects.get()
    assert exported(sign_in(lead), "requests", {}) == []
    asked.organisation = lead.memberships.get().organisation
    asked.save()
    assert exported(sign_in(lead), "requests", {}) == ["Bea"]
    assert exported(sign_in(lead), "approvals", {}) == []
