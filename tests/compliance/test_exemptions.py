"""Who is exempt from something required: recorded by lead or team, counted nowhere, said everywhere."""

from datetime import date
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook

from compliance.models import Exemption
from compliance.queries import Status, standing_in, standing_of, standings_of
from compliance.services.exemptions import end_exemption, record_exemption
from courses.models import Requirement
from partnerships.errors import DomainError
from partnerships.models import AuditEntry, CompetencyGroup, Membership
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.compliance.world import attend, need
from tests.factories import actor_for, make_course, make_organisation, make_partnership, make_person

REASON = "Childminder, by statute"
TODAY = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def _demonstration(settings):
    """The team needs no second factor in the demonstration."""
    settings.PORTAL_DEMO = True


@pytest.fixture
def core(partnership):
    return make_course(partnership, title="Core Working Together")


@pytest.fixture
def requirement(partnership, core):
    need(partnership, "Prevent", position=1)
    return need(partnership, "Core training", core, exempt=f"{REASON}\nVolunteer")


@pytest.fixture
def lead(partnership):
    return make_person(partnership, Role.ORGANISATION_LEAD, organisation=make_organisation(partnership))


@pytest.fixture
def childminder(partnership, lead):
    return make_person(partnership, organisation=lead.memberships.get().organisation, name="Cora Childminder")


def exempt(actor, person, requirement, reason=REASON) -> Exemption:
    return record_exemption(
        actor=actor_for(actor), membership=person.memberships.get(), requirement=requirement, reason=reason
    )


def page(response) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_what_somebody_is_exempt_from_is_neither_met_nor_missing(lead, childminder, requirement, core):
    exempt(lead, childminder, requirement)
    standing = standing_of(childminder, on=TODAY)
    assert [one.requirement.title for one in standing.required] == ["Prevent"]
    assert [(one.status, one.in_words) for one in standing.exempt] == [(Status.EXEMPT, f"Exempt: {REASON}")]
    assert (standing.met_count, standing.required_count, standing.lacking_count) == (0, 1, 1)
    assert core.pk not in standing.required_course_ids | standing.lacking_course_ids
    assert requirement not in [one.requirement for one in standing.to_do]
    # A colleague in the same group is asked as ever.
    assert standing_of(lead, on=TODAY).required_count == 2


def test_training_done_all_the_same_is_shown(lead, childminder, requirement, core):
    exempt(lead, childminder, requirement)
    attend(childminder, core, date(2026, 5, 4))
    one = standing_of(childminder, on=TODAY).exempt[0]
    assert (one.met_on, one.met_by, one.lapses_on) == (date(2026, 5, 4), core.title, None)


def test_recorded_twice_is_recorded_once_and_ended_twice_is_ended_once(lead, childminder, requirement):
    made = exempt(lead, childminder, requirement)
    assert exempt(lead, childminder, requirement) == made
    with pytest.raises(DomainError, match="is exempt from “Core training” already"):
        exempt(lead, childminder, requirement, "Volunteer")
    for _ in range(2):
        end_exemption(actor=actor_for(lead), exemption=made)
    assert standing_of(childminder).required_count == 2
    assert list(
        AuditEntry.objects.filter(action__contains="exemption")
        .order_by("pk")
        .values_list("action", flat=True)
    ) == ["compliance.record_exemption", "compliance.end_exemption"]
    assert exempt(lead, childminder, requirement, "Volunteer") != made


def test_only_the_strategys_reasons_and_what_is_required_in_this_job(
    partnership, lead, childminder, requirement
):
    with pytest.raises(DomainError, match="reasons that the strategy names"):
        exempt(lead, childminder, requirement, "Too busy")
    with pytest.raises(DomainError, match="reasons that the strategy names"):
        exempt(lead, childminder, Requirement.objects.get(title="Prevent"))
    other = CompetencyGroup.objects.create(
        partnership=partnership, code="9", title="Nine", who="x", position=9
    )
    with pytest.raises(DomainError, match="is not required of Cora Childminder"):
        exempt(lead, childminder, need(partnership, "Elsewhere", group=other, exempt=REASON))
    Membership.objects.filter(person=childminder).update(ended_on=TODAY)
    with pytest.raises(DomainError, match="no longer belongs"):
        exempt(lead, childminder, requirement)
    assert not Exemption.objects.exists()


def test_others_may_not_exempt_anybody(partnership, lead, childminder, requirement):
    manager = make_person(partnership)
    childminder.memberships.update(line_manager=manager)
    stranger = make_person(
        partnership, Role.ORGANISATION_LEAD, organisation=make_organisation(partnership, name="Elsewhere")
    )
    for one in (childminder, manager, stranger):
        with pytest.raises(PermissionDenied):
            exempt(one, childminder, requirement)
    made = exempt(make_person(partnership, Role.TEAM), childminder, requirement)
    for one in (childminder, manager, stranger):
        with pytest.raises(PermissionDenied):
            end_exemption(actor=actor_for(one), exemption=made)


def test_a_second_job_that_asks_for_it_is_not_exempt(partnership, lead, childminder, requirement):
    exempt(lead, childminder, requirement)
    here = childminder.memberships.get()
    there = Membership.objects.create(
        partnership=partnership,
        person=childminder,
        organisation=make_organisation(partnership, name="Nursery"),
        competency_group=here.competency_group,
        started_on=date(2026, 1, 1),
    )
    assert standing_in([here]).required_count == 1
    assert standing_in([there]).required_count == standing_of(childminder).required_count == 2
    record_exemption(
        actor=actor_for(make_person(partnership, Role.TEAM)),
        membership=there,
        requirement=requirement,
        reason="Volunteer",
    )
    assert standing_of(childminder).exempt[0].exempt_as == f"{REASON}; Volunteer"


def test_it_holds_for_groups_that_build_on_this_one(partnership, lead, childminder, requirement):
    higher = CompetencyGroup.objects.create(
        partnership=partnership, code="9", title="Nine", who="x", position=9, builds_on=requirement.group
    )
    childminder.memberships.update(competency_group=higher)
    exempt(lead, childminder, requirement)
    assert standing_of(childminder).required_count == 1


def test_when_the_strategy_exempts_nobody_any_longer_the_requirement_counts(lead, childminder, requirement):
    exempt(lead, childminder, requirement)
    Requirement.objects.filter(pk=requirement.pk).update(exempt="")
    assert standing_of(childminder).required_count == 2
    # And other words for it change nothing for those who are exempt.
    Requirement.objects.filter(pk=requirement.pk).update(exempt="Registered childminder")
    assert standing_of(childminder).required_count == 1


def test_an_exemption_goes_with_its_requirement(lead, childminder, requirement):
    exempt(lead, childminder, requirement)
    requirement.delete()
    assert not Exemption.objects.exists()


@pytest.mark.parametrize("count", [1, 5])
def test_tables_ask_one_question_more_where_somebody_can_be_exempt(
    partnership, requirement, lead, django_assert_num_queries, count
):
    people = [
        make_person(partnership, organisation=lead.memberships.get().organisation) for _ in range(count)
    ]
    for person in people:
        exempt(lead, person, requirement)
    with django_assert_num_queries(7):
        standings = standings_of(people)
    assert all(one.required_count == 1 for one in standings.values())


def test_every_page_says_so(partnership, sign_in, lead, childminder, requirement, core):
    theirs, own = sign_in(lead), sign_in(childminder)
    person = f"/alphashire/organisation/people/{childminder.pk}/"
    assert "You still need this" in page(own.get(f"/alphashire/courses/{core.slug}/"))
    assert "Record an exemption" in page(theirs.get(person))
    add = f"/alphashire/organisation/memberships/{childminder.memberships.get().pk}/exemptions/add/"
    assert "Core training: Childminder, by statute" in page(theirs.get(add))
    assert "Choose what they are exempt from" in page(theirs.post(add, {}))
    response = theirs.post(
        add, {"exemption": f"{requirement.pk} {requirement.exempt_reasons[0]}"}, follow=True
    )
    assert f"{childminder.name} is exempt from “Core training”." in page(response)
    assert "0 of 1 met" in page(theirs.get("/alphashire/organisation/?name=cora"))
    assert "Exempt from 1" in page(theirs.get("/alphashire/organisation/?name=cora"))
    record = page(own.get("/alphashire/me/record/"))
    assert "0 of 1 (0%)" in record and REASON in record and "Record an exemption" not in record
    assert "0 of 1" in page(own.get("/alphashire/me/"))
    course = page(own.get(f"/alphashire/courses/{core.slug}/"))
    assert "You still need this" not in course and "Required for your group" not in course
    strategy = page(own.get("/alphashire/strategy/"))
    assert (
        "Exempt, where the organisation’s lead or the partnership team has recorded it: Childminder"
        in strategy
    )
    book = CalamineWorkbook.from_filelike(
        BytesIO(b"".join(theirs.get("/alphashire/organisation/people.xlsx").streaming_content))
    )
    rows = book.get_sheet_by_name("Requirements").to_python()
    assert [row[3] for row in rows if row[:2] == [childminder.name, "Core training"]] == [f"Exempt: {REASON}"]
    end = f"/alphashire/organisation/exemptions/{Exemption.objects.get().pk}/end/"
    assert REASON in page(theirs.get(end))
    assert Exemption.objects.get().ended_at is None
    assert "is required of Cora Childminder again" in page(theirs.post(end, follow=True))
    assert "0 of 2 met" in page(theirs.get("/alphashire/organisation/?name=cora"))
    assert theirs.get(end).status_code == 404


def test_somebody_elses_people_are_not_found(partnership, neighbour, sign_in, lead, childminder, requirement):
    made = exempt(lead, childminder, requirement)
    addresses = [
        f"/alphashire/organisation/memberships/{childminder.memberships.get().pk}/exemptions/add/",
        f"/alphashire/organisation/exemptions/{made.pk}/end/",
    ]
    stranger = make_person(
        partnership, Role.ORGANISATION_LEAD, organisation=make_organisation(partnership, name="Elsewhere")
    )
    with acting_in(neighbour):
        foreign = make_person(neighbour, Role.TEAM)
    for address in addresses:
        assert (
            sign_in(stranger)
            .post(address, {"exemption": f"{requirement.pk} {requirement.exempt_reasons[1]}"})
            .status_code
            == 404
        )
        assert sign_in(childminder).post(address).status_code == 403
        assert sign_in(foreign).get(address.replace("alphashire", neighbour.slug)).status_code == 404
    made.refresh_from_db()
    assert made.ended_at is None
    assert page(sign_in(make_person(partnership, Role.TEAM)).get(addresses[1]))


def test_where_nobody_can_be_exempt_the_page_says_nothing_of_it(partnership, sign_in, lead, childminder):
    need(partnership, "Prevent")
    assert (
        "exempt" not in page(sign_in(lead).get(f"/alphashire/organisation/people/{childminder.pk}/")).lower()
    )
    add = f"/alphashire/organisation/memberships/{childminder.memberships.get().pk}/exemptions/add/"
    assert "exempts nobody from what is still required" in page(sign_in(lead).get(add))


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_lead_exempts_a_childminder_and_ends_it(open_browser):
    shire = make_partnership("exemptshire")
    with acting_in(shire):
        organisation = make_organisation(shire)
        lead = make_person(shire, Role.ORGANISATION_LEAD, organisation=organisation)
        minder = make_person(
            shire, organisation=organisation, name="Wilhelmina Featherstonehaugh-Cholmondeley", account=False
        )
        title = "Working together when more than one organisation knows the family"
        need(shire, title, make_course(shire), exempt=REASON)
    for width in (320, 1280):
        browser = open_browser(lead.user, width=width)
        browser.goto(f"/{shire.slug}/organisation/people/{minder.pk}/")
        assert_accessible(browser)
        browser.get_by_role("link", name="Record an exemption").click()
        assert_accessible(browser)
        browser.get_by_label(f"{title}: {REASON}").check()
        browser.get_by_role("button", name="Record the exemption").click()
        expect(browser.get_by_role("table", name="Exempt")).to_be_visible()
        assert_accessible(browser)
        browser.get_by_role("link", name="End the exemption").click()
        assert_accessible(browser)
        browser.get_by_role("button", name="End the exemption").click()
        expect(browser.get_by_text("is required of")).to_be_visible()
