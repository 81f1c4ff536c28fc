"""Who sees which page and whom on it, with people and reports that could leak."""

import re
from datetime import UTC, date, datetime
from html import unescape
from io import BytesIO
from urllib.parse import quote

import pytest
from python_calamine import CalamineWorkbook

from compliance.models import TrainingRecord
from compliance.services.reports import build_report, publish_report, request_report
from partnerships.models import AuditEntry, Meeting, SubGroup
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.compliance.world import attend, busy_quarter, learn_elsewhere, need, two_organisations
from tests.factories import actor_for, job, make_course, make_organisation, make_person

START, END = date(2026, 7, 1), date(2026, 9, 30)


@pytest.fixture
def surgery(partnership):
    return two_organisations(partnership)[0]


@pytest.fixture
def lead(partnership, surgery):
    return make_person(partnership, Role.ORGANISATION_LEAD, organisation=surgery, name="Lena Lead")


@pytest.fixture
def outsider(partnership):
    return make_person(partnership, name="Olga Outsider")


def make_report(partnership, *, published=True):
    team = actor_for(make_person(partnership, Role.TEAM))
    report = request_report(actor=team, starts_on=START, ends_on=END)
    build_report(actor=job(partnership), report_id=report.pk, now=datetime(2026, 10, 5, tzinfo=UTC))
    return publish_report(actor=team, report=report) if published else report


def page(response):
    assert response.status_code == 200
    return response.content.decode()


def test_my_record_shows_what_i_did_and_lack(partnership, sign_in):
    person, course = make_person(partnership), make_course(partnership, title="Child Neglect Overview")
    need(partnership, "Neglect", course)
    need(partnership, "Right Help", make_course(partnership), position=1)
    attend(person, course, date(2026, 5, 4))
    html = page(sign_in(person).get("/alphashire/me/record/"))
    assert "1 of 2 (50%)" in html
    assert "4 May 2029" in html
    assert "Not\N{NO-BREAK SPACE}yet\N{NO-BREAK SPACE}met" in html


def test_every_page_says_that_a_renewal_alone_meets_nothing(partnership, surgery, lead, sign_in):
    person = make_person(partnership, organisation=surgery, name="Nia Nurse")
    core, refresher = (
        make_course(partnership, title="Core"),
        make_course(partnership, title="Refresher event"),
    )
    need(partnership, "Core training", core, renewed_by=[refresher])
    attend(person, refresher, date(2026, 5, 4))
    browser, theirs = sign_in(person), sign_in(lead)

    def tags(course):
        return page(browser.get(f"/alphashire/courses/{course.slug}/"))

    assert "0 of 1 (0%)" in page(browser.get("/alphashire/me/record/"))
    assert "0 of 1" in page(browser.get("/alphashire/me/"))
    assert "0 of 1 met" in page(theirs.get("/alphashire/organisation/?name=nia"))
    assert "You still need this" in tags(core)
    assert "You still need this" not in tags(refresher) and "Required for your group" not in tags(refresher)
    strategy = " ".join(page(browser.get("/alphashire/strategy/")).split())
    assert "Whoever has met it before renews it by: Refresher event." in strategy
    assert "renewed by <a" in page(browser.get("/alphashire/"))
    attend(person, core, date(2025, 5, 5))
    assert "1 of 1 (100%)" in page(browser.get("/alphashire/me/record/"))
    assert "1 of 1 met" in page(theirs.get("/alphashire/organisation/?name=nia"))
    assert "Required for your group" in tags(refresher)


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_my_record_as_a_file(partnership, sign_in, ending):
    person = make_person(partnership)
    learn_elsewhere(person, date(2026, 5, 4), title="=1+1")
    response = sign_in(person).get(f"/alphashire/me/record/training-record.{ending}")
    content = b"".join(response.streaming_content)
    if ending == "csv":
        assert "04/05/2026,'=1+1,Wye Valley NHS Trust" in content.decode()
    else:
        rows = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
        assert rows[1][:2] == [date(2026, 5, 4), "=1+1"]


def test_adding_training_by_form_says_what_is_wrong_and_keeps_it(partnership, sign_in):
    browser = sign_in(make_person(partnership))
    facts = {
        "title": "Prevent",
        "provider": "Home Office",
        "completed_on_day": "2",
        "completed_on_month": "3",
    }
    html = page(browser.post("/alphashire/me/record/add/", facts))
    assert "There is a problem" in html
    assert "The date must include a year" in html
    assert "Prevent" in html
    wrong = {**facts, "completed_on_day": "31", "completed_on_month": "2", "completed_on_year": "2026"}
    html = page(browser.post("/alphashire/me/record/add/", {**wrong, "provider": "", "hours": "-3"}))
    assert "The day when it was completed must be a real date" in html
    assert "Enter who provided it" in html
    assert "Hours must be 0 or more" in html
    assert "Enter the day when it was completed" in page(browser.post("/alphashire/me/record/add/", {}))
    response = browser.post("/alphashire/me/record/add/", {**facts, "completed_on_year": "2026"})
    assert response.status_code == 302
    assert TrainingRecord.objects.get().completed_on == date(2026, 3, 2)
    assert "Prevent" in page(browser.get("/alphashire/me/record/"))


def test_withdrawing_needs_a_reason_and_ones_own_record(partnership, sign_in, outsider):
    person = make_person(partnership)
    browser = sign_in(person)
    browser.post(
        "/alphashire/me/record/add/",
        {
            "title": "A",
            "provider": "B",
            "completed_on_day": 1,
            "completed_on_month": 1,
            "completed_on_year": 2026,
        },
    )
    address = f"/alphashire/me/record/{TrainingRecord.objects.get().pk}/withdraw/"
    assert "There is a problem" in page(browser.post(address, {"reason": ""}))
    assert sign_in(outsider).post(address, {"reason": "Mischief"}).status_code == 404
    assert browser.post(address, {"reason": "Typed twice"}).status_code == 302
    assert TrainingRecord.objects.standing().count() == 0


def test_a_lead_sees_the_organisations_people_only(partnership, neighbour, surgery, lead, outsider, sign_in):
    with acting_in(neighbour):
        make_person(neighbour, name="Nora Neighbour")
    nurse = make_person(partnership, organisation=surgery, account=False, name="Nina Nurse")
    left = make_person(partnership, organisation=surgery, ended_on=date(2026, 1, 1), name="Lea Left")
    browser = sign_in(lead)
    html = page(browser.get("/alphashire/organisation/"))
    assert "Nina Nurse" in html
    for name in ("Olga Outsider", "Nora Neighbour", "Lea Left"):
        assert name not in html
    assert "Nina Nurse" in page(browser.get(f"/alphashire/organisation/people/{nurse.pk}/"))
    for person in (outsider, left):
        assert browser.get(f"/alphashire/organisation/people/{person.pk}/").status_code == 404


def test_a_lead_does_not_choose_another_organisation(partnership, lead, outsider, sign_in):
    other = outsider.memberships.get().organisation_id
    for path in ("", "people.xlsx", "training/add/"):
        assert sign_in(lead).get(f"/alphashire/organisation/{path}?organisation={other}").status_code == 404


def test_links_lead_where_their_reader_finds_the_organisation(partnership, surgery, lead, sign_in):
    shown = sign_in(lead).get("/alphashire/organisation/").content.decode()
    assert "/alphashire/organisation/bookings/" in shown and "/alphashire/desk/bookings/" not in shown
    team = make_person(partnership, Role.TEAM)
    address = f"/alphashire/organisation/?organisation={surgery.pk}"
    shown = sign_in(team).get(address).content.decode()
    assert "/alphashire/organisation/bookings/" not in shown
    for place in ("bookings", "charges"):
        assert f"/alphashire/desk/{place}/?organisation={quote(surgery.name)}" in shown


def test_a_lead_of_two_organisations_chooses(partnership, lead, sign_in):
    second = make_organisation(partnership, name="Second surgery")
    membership = lead.memberships.create(
        partnership=partnership, organisation=second, started_on=date(2026, 1, 1)
    )
    membership.granted_roles.create(partnership=partnership, role=Role.ORGANISATION_LEAD)
    make_person(partnership, organisation=second, account=False, name="Sam Second")
    browser = sign_in(lead)
    assert "Sam Second" not in page(browser.get("/alphashire/organisation/"))
    assert "Sam Second" in page(browser.get(f"/alphashire/organisation/?organisation={second.pk}"))


def test_filters_find_those_who_lack_something(partnership, surgery, lead, sign_in):
    course = make_course(partnership)
    need(partnership, "Neglect", course)
    trained = make_person(partnership, organisation=surgery, account=False, name="Tina Trained")
    attend(trained, course, date(2026, 5, 4))
    make_person(partnership, organisation=surgery, account=False, name="Mia Missing")
    browser = sign_in(lead)
    shown = {show: page(browser.get(f"/alphashire/organisation/?show={show}")) for show in ("met", "lacking")}
    assert "Tina Trained" in shown["met"] and "Mia Missing" not in shown["met"]
    assert "Mia Missing" in shown["lacking"] and "Tina Trained" not in shown["lacking"]
    by_name = page(browser.get("/alphashire/organisation/?name=TINA"))
    assert "Tina Trained" in by_name and "Mia Missing" not in by_name


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_a_lead_downloads_whom_the_filters_find_and_the_trail_says_so(
    partnership, surgery, lead, sign_in, ending
):
    course = make_course(partnership)
    need(partnership, "Neglect", course)
    attend(
        make_person(partnership, organisation=surgery, account=False, name="Tina Trained"),
        course,
        date(2026, 5, 4),
    )
    for name in ("=Mia Missing", "Max Missing"):
        make_person(partnership, organisation=surgery, account=False, name=name)
    query = {"organisation": surgery.pk, "name": "missing", "show": "lacking", "sort": "lacking"}
    browser = sign_in(lead)
    link = unescape(
        re.search(
            rf'href="(/[^"]*people\.{ending}[^"]*)"', page(browser.get("/alphashire/organisation/", query))
        )[1]
    )
    content = b"".join(browser.get(link))
    if ending == "csv":
        names = [line.split(",")[0] for line in content.decode().splitlines()[1:]]
        assert names == ["'=Mia Missing", "Max Missing"]
    else:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        names = [row[0] for row in book.get_sheet_by_name("People").to_python()[1:]]
        assert names == ["=Mia Missing", "Max Missing"]
        assert {row[0] for row in book.get_sheet_by_name("Requirements").to_python()[1:]} == set(names)
    taken = AuditEntry.objects.get(action="partnerships.record_download").after
    assert taken == {"list": "our-people", "rows": 2, "filtered_by": ["name", "show"]}


def test_what_people_need_elsewhere_is_not_the_leads_business(partnership, surgery, lead, sign_in):
    need(partnership, "Needed at the surgery")
    other = make_organisation(partnership)
    group = type(lead.memberships.get().competency_group).objects.create(
        partnership=partnership, code="9", title="Judges", who="Judges", position=9
    )
    need(partnership, "Needed elsewhere", group=group)
    nurse = make_person(partnership, organisation=surgery, account=False)
    nurse.memberships.create(
        partnership=partnership, organisation=other, competency_group=group, started_on=date(2026, 1, 1)
    )
    html = page(sign_in(lead).get(f"/alphashire/organisation/people/{nurse.pk}/"))
    assert "Needed at the surgery" in html
    assert "Needed elsewhere" not in html
    assert other.name not in html


def test_in_house_training_for_several(partnership, surgery, lead, outsider, sign_in):
    nurses = [make_person(partnership, organisation=surgery, account=False) for _ in range(2)]
    keys = [nurse.memberships.get().pk for nurse in nurses]
    facts = {
        "title": "In-house",
        "provider": "Surgery",
        "completed_on_day": 1,
        "completed_on_month": 6,
        "completed_on_year": 2026,
    }
    browser = sign_in(lead)
    foreign = outsider.memberships.get().pk
    refused = browser.post("/alphashire/organisation/training/add/", {**facts, "people": [*keys, foreign]})
    assert "There is a problem" in page(refused)
    assert not TrainingRecord.objects.exists()
    assert (
        browser.post("/alphashire/organisation/training/add/", {**facts, "people": keys}).status_code == 302
    )
    assert {one.person for one in TrainingRecord.objects.all()} == set(nurses)


def test_a_manager_sees_the_team_only(partnership, outsider, sign_in):
    manager = make_person(partnership)
    nurse = make_person(partnership, line_manager=manager, account=False, name="Nina Nurse")
    browser = sign_in(manager)
    html = page(browser.get("/alphashire/team/"))
    assert "Nina Nurse" in html and "Olga Outsider" not in html
    assert page(browser.get(f"/alphashire/team/people/{nurse.pk}/"))
    assert browser.get(f"/alphashire/team/people/{outsider.pk}/").status_code == 404
    assert browser.get(f"/alphashire/organisation/people/{nurse.pk}/").status_code == 403


@pytest.mark.parametrize("count", [1, 5])
def test_the_organisations_page_asks_the_same_questions(
    partnership, surgery, lead, sign_in, django_assert_num_queries, count
):
    courses = [make_course(partnership) for _ in range(3)]
    for course in courses:
        need(partnership, course.title, course, accepts_equivalent=True)
    for _ in range(count):
        person = make_person(partnership, organisation=surgery, account=False)
        attend(person, courses[0], date(2026, 5, 4))
        learn_elsewhere(person, date(2026, 5, 5))
    browser = sign_in(lead)
    browser.get("/alphashire/organisation/")
    with django_assert_num_queries(17):
        browser.get("/alphashire/organisation/")
    with django_assert_num_queries(16):
        browser.get("/alphashire/organisation/?show=lacking&sort=lapse")


def test_the_chair_reads_and_downloads(partnership, sign_in):
    busy_quarter(partnership)
    group = SubGroup.objects.create(partnership=partnership, name="Learning group", reports_to="Board")
    Meeting.objects.create(
        partnership=partnership,
        subgroup=group,
        starts_at=datetime(2099, 1, 5, 10, tzinfo=UTC),
        place="Town hall",
    )
    report = make_report(partnership)
    browser = sign_in(make_person(partnership, Role.SUBGROUP_CHAIR))
    overview = page(browser.get("/alphashire/subgroup/"))
    assert "Town hall" in overview and "Quarter 2, 2026/27" in overview
    html = page(browser.get(f"/alphashire/subgroup/reports/{report.pk}/"))
    assert "<svg" in html and "3 of 5" in html
    for ending, start in (("pdf", b"%PDF-"), ("xlsx", b"PK")):
        response = browser.get(f"/alphashire/subgroup/reports/{report.pk}/report.{ending}")
        assert response.status_code == 200
        assert b"".join(response.streaming_content).startswith(start)
    assert browser.get(f"/alphashire/subgroup/reports/{report.pk}/report.csv").status_code == 404


def test_nobody_else_reads_a_report(partnership, neighbour, sign_in):
    report = make_report(partnership)
    paths = [f"subgroup/reports/{report.pk}/{end}" for end in ("", "report.pdf", "report.xlsx")]
    practitioner = sign_in(make_person(partnership))
    for path in ["subgroup/", *paths, "desk/reports/", f"desk/reports/{report.pk}/"]:
        assert practitioner.get(f"/alphashire/{path}").status_code == 403
    with acting_in(neighbour):
        neighbours_chair = sign_in(make_person(neighbour, Role.SUBGROUP_CHAIR))
    for path in paths:
        assert neighbours_chair.get(f"/betashire/{path}").status_code == 404


def test_the_chair_does_not_see_what_is_not_published(partnership, sign_in):
    report = make_report(partnership, published=False)
    browser = sign_in(make_person(partnership, Role.SUBGROUP_CHAIR))
    assert "Quarter 2" not in page(browser.get("/alphashire/subgroup/"))
    for end in ("", "report.pdf", "report.xlsx"):
        assert browser.get(f"/alphashire/subgroup/reports/{report.pk}/{end}").status_code == 404


def test_the_team_asks_looks_and_publishes(partnership, sign_in, settings):
    settings.PORTAL_DEMO = True
    browser = sign_in(make_person(partnership, Role.TEAM))
    assert "There is a problem" in page(browser.post("/alphashire/desk/reports/", {}))
    response = browser.post("/alphashire/desk/reports/", {"period": "2026-07-01"})
    address = response["Location"]
    waiting = page(browser.get(address))
    assert "<progress" in waiting and "data-refresh-seconds" in waiting and "See how far it is now" in waiting
    pk = int(address.rstrip("/").rsplit("/", 1)[1])
    assert browser.post(f"{address}publish/").status_code == 409
    build_report(actor=job(partnership), report_id=pk, now=datetime(2026, 10, 5, tzinfo=UTC))
    assert "Publish to the sub-group" in page(browser.get(address))
    assert browser.get(f"{address}publish/").status_code == 200
    assert browser.post(f"{address}publish/").status_code == 302
    assert "Publish to the sub-group" not in page(browser.get(address))
