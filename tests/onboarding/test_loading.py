"""A partnership joins, and changes, by its file; loading twice is loading once."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from compliance.queries import Status, standing_of
from courses.models import Course, CourseSector, Requirement
from courses.services.courses import publish_course
from partnership_portal.onboarding.loading import Loaded, load_profile
from partnership_portal.onboarding.reading import shipped_profiles
from partnership_portal.working_days import add_months, uk_today
from partnerships.errors import DomainError
from partnerships.models import (
    AuditEntry,
    CompetencyGroup,
    Meeting,
    Organisation,
    Partnership,
    PolicyVersion,
    ProfileLoad,
    Sector,
    SubGroup,
)
from partnerships.policy import CertificateRelease
from partnerships.queries import policy_stages
from partnerships.services.policies import adopt_policy, policy_in_force, policy_of
from partnerships.tenancy import acting_in
from tests.compliance.world import learn_elsewhere
from tests.factories import job, make_person, make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(borsetshire) -> Loaded:
    return load_profile(text=borsetshire)


def rows(partnership: Partnership) -> dict[str, int]:
    """How many rows of each kind that a load can write."""
    kinds = (
        Sector,
        Organisation,
        CompetencyGroup,
        SubGroup,
        Meeting,
        PolicyVersion,
        ProfileLoad,
        Course,
        Requirement,
    )
    with acting_in(partnership):
        return {kind.__name__: kind.objects.count() for kind in (*kinds, AuditEntry)}


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_shipped_profile_loads_and_loading_it_again_changes_nothing(name) -> None:
    first = load_profile(path=name)
    before = rows(first.partnership)
    again = load_profile(path=name)
    assert first.ledger.created
    assert again.ledger.is_still
    assert rows(first.partnership) == before
    assert before["Course"] > 5 and before["CompetencyGroup"] >= 3 and 8 <= before["Organisation"] <= 16


def test_sectors_that_the_file_changes_follow_it_and_no_others(borsetshire, loaded) -> None:
    def named() -> list[str]:
        with acting_in(loaded.partnership):
            course = Course.objects.get(slug="first-steps")
            return sorted(sector.code for sector in course.sectors.all())

    with acting_in(loaded.partnership):
        other = Sector.objects.exclude(code="farming").first()
        course = Course.objects.get(slug="first-steps")
        CourseSector.objects.create(partnership=loaded.partnership, course=course, sector=other)
    # What the team named meanwhile stays for as long as the file says the same.
    load_profile(text=borsetshire)
    assert named() == sorted(["farming", other.code])
    load_profile(text=borsetshire.replace('sectors = ["farming"]\n', "sectors = []\n"))
    assert named() == []


def test_a_load_writes_the_whole_file(loaded) -> None:
    with acting_in(loaded.partnership):
        course = Course.objects.get(slug="first-steps")
        assert (course.status, course.priority.code, course.objective_list) == (
            "published",
            "rural",
            ["Notice.", "Tell."],
        )
        assert [group.code for group in course.groups.all()] == ["a"]
        assert [sector.code for sector in course.sectors.all()] == ["farming"]
        assert Course.objects.get(slug="first-steps-online").status == "draft"
        requirement = Requirement.objects.get()
        assert {course.slug for course in requirement.courses} == {"first-steps", "first-steps-online"}
        assert requirement.renewals == []
        assert CompetencyGroup.objects.get(code="b").builds_on.code == "a"
        assert Organisation.objects.get(name="Ambridge Young Farmers").charging_class == "guest"
        assert Meeting.objects.filter(starts_at__gt=timezone.now()).count() == 3
        assert all(meeting.papers_due_on < meeting.starts_at.date() for meeting in Meeting.objects.all())
        assert AuditEntry.objects.filter(action="partnerships.found_partnership").count() == 1
        assert AuditEntry.objects.filter(action="courses.created_from_file").count() == 4


def test_a_changed_value_makes_a_second_version_and_the_past_keeps_the_first(loaded, borsetshire) -> None:
    before_the_change = timezone.now()
    evaluated = borsetshire.replace(
        'courses = { value = "courses_that_ask"', 'courses = { value = "all_courses"'
    )
    changed = load_profile(text=evaluated.replace('"after_attendance"', '"after_evaluation"'))
    assert changed.policy_number == 2
    assert [line for line in changed.ledger.changed if line.startswith("policy, version 2")]
    with acting_in(loaded.partnership):
        then = policy_in_force(loaded.partnership, before_the_change)
        now = policy_in_force(loaded.partnership, timezone.now())
    assert then.certificate.release.value is CertificateRelease.AFTER_ATTENDANCE
    assert now.certificate.release.value is CertificateRelease.AFTER_EVALUATION


def test_a_changed_framework_is_a_version_with_its_date_and_its_words(loaded, borsetshire) -> None:
    changed = load_profile(text=borsetshire.replace("refresher_months = 24", "refresher_months = 12"))
    assert changed.policy_number == 2
    assert any(line.startswith("policy, version 2, in force from") for line in changed.ledger.changed)
    assert load_profile(
        text=borsetshire.replace("refresher_months = 24", "refresher_months = 12")
    ).ledger.is_still
    with acting_in(loaded.partnership):
        kept = [policy_of(one).framework for one in PolicyVersion.objects.order_by("number")]
        stage = policy_stages(loaded.partnership, timezone.now())[0]
        assert CompetencyGroup.objects.get(code="b").refresher_months == 12
    assert [{group.code: group.refresher_months for group in one} for one in kept] == [
        {"a": None, "b": 24},
        {"a": None, "b": 12},
    ]
    (change,) = stage.changes
    assert change.name == "Competency framework: Band B"
    assert "within 24 months" in change.before and "within 12 months" in change.after
    page = Client().get("/borsetshire/strategy/").content.decode()
    assert "To be done again within 24 months." in page and "Version 2, from" in page


@pytest.mark.parametrize(
    ("right", "wrong", "name", "words"),
    [
        ('who = "Everybody."', 'who = "All of us."', "Competency framework: Band A", "All of us."),
        ('kind = "required"', 'kind = "recommended"', "Band A: First steps", "Recommended."),
        (', "first-steps-online"]', "]", "Band A: First steps", "Met by: “first steps”."),
        ("accepts_equivalent = true", "accepts_equivalent = false", "Band A: First steps", "Source: §2."),
        ('title = "First steps"', 'title = "Second steps"', "Band A: Second steps", "Required."),
        (
            'kind = "required"',
            'kind = "required"\nexempt = ["Vicars"]',
            "Band A: First steps",
            "Exempt: Vicars.",
        ),
    ],
)
def test_every_part_of_the_framework_is_told(loaded, borsetshire, right, wrong, name, words) -> None:
    load_profile(text=borsetshire.replace(right, wrong, 1))
    with acting_in(loaded.partnership):
        stage = policy_stages(loaded.partnership, timezone.now())[0]
    told = {change.name: change.after for change in stage.changes}
    assert stage.number == 2 and words in told[name]


def test_the_framework_joins_the_rules_of_a_partnership_that_was_loaded_before(loaded, borsetshire) -> None:
    with acting_in(loaded.partnership):
        without = policy_in_force(loaded.partnership, timezone.now()).model_copy(update={"framework": ()})
        adopt_policy(actor=job(loaded.partnership), policy=without, effective_from=timezone.now())
        load_profile(text=borsetshire)
        stage = policy_stages(loaded.partnership, timezone.now())[0]
    assert [change.name for change in stage.changes] == ["Competency framework"]


def test_the_framework_does_not_wait_for_a_day_to_come(loaded, borsetshire) -> None:
    later = borsetshire.replace("from = 2026-01-01", "from = 2199-01-01")
    assert load_profile(text=later).policy_number == 1
    with pytest.raises(DomainError, match="holds as soon as it is loaded, but not before 1 January 2199"):
        load_profile(text=later.replace("refresher_months = 24", "refresher_months = 12"))
    with acting_in(loaded.partnership):
        assert CompetencyGroup.objects.get(code="b").refresher_months == 24


def test_nor_do_rules_that_wait_let_a_framework_in_that_would_wait_with_them(loaded, borsetshire) -> None:
    later = borsetshire.replace("from = 2026-01-01", "from = 2199-01-01")
    assert (
        load_profile(
            text=later.replace("deadline_working_days = { value = 0", "deadline_working_days = { value = 6")
        ).policy_number
        == 2
    )
    with pytest.raises(DomainError, match="not before 1 January 2199"):
        load_profile(text=borsetshire.replace("refresher_months = 24", "refresher_months = 12"))


def test_before_its_first_day_a_framework_may_be_put_right(borsetshire) -> None:
    later = borsetshire.replace("from = 2026-01-01", "from = 2199-01-01")
    load_profile(text=later)
    made = load_profile(text=later.replace("refresher_months = 24", "refresher_months = 12"))
    with acting_in(made.partnership):
        assert CompetencyGroup.objects.get(code="b").refresher_months == 12


def test_facts_stay_and_standing_is_asked_by_the_framework_of_today(loaded, borsetshire) -> None:
    months = 'who = "Everybody."\nrefresher_months = '
    load_profile(text=borsetshire.replace('who = "Everybody."', months + "36"))
    today = uk_today()
    trained = add_months(today, -30)
    with acting_in(loaded.partnership):
        person = make_person(loaded.partnership, competency_group=CompetencyGroup.objects.get(code="a"))
        learn_elsewhere(person, trained, Requirement.objects.get())
        before = standing_of(person).required[0]
    load_profile(text=borsetshire.replace('who = "Everybody."', months + "24"))
    with acting_in(loaded.partnership):
        after = standing_of(person).required[0]
    assert (before.status, before.lapses_on) == (Status.MET, add_months(trained, 36))
    assert (after.status, after.lapses_on) == (Status.LAPSED, add_months(trained, 24))
    assert before.met_on == after.met_on == trained


def test_changed_names_are_written_into_the_same_rows(loaded, borsetshire) -> None:
    with acting_in(loaded.partnership):
        course, group = Course.objects.get(slug="first-steps"), CompetencyGroup.objects.get(code="a")
        subgroup, requirement = SubGroup.objects.get(), Requirement.objects.get()
    text = borsetshire.replace("First steps in safeguarding", "First things first").replace(
        "Band A", "Everyone"
    )
    text = text.replace("Learning Circle", "Learning Ring").replace(
        '"first-steps", "first-steps-online"', '"first-steps"'
    )
    changed = load_profile(text=text)
    with acting_in(loaded.partnership):
        assert Course.objects.get(title="First things first").pk == course.pk
        assert CompetencyGroup.objects.get(title="Everyone").pk == group.pk
        assert SubGroup.objects.get(name="Learning Ring").pk == subgroup.pk
        assert [course.slug for course in Requirement.objects.get(pk=requirement.pk).courses] == [
            "first-steps"
        ]
        assert Meeting.objects.filter(subgroup=subgroup).count() == 3
    assert not changed.ledger.created and not changed.ledger.removed


def test_a_course_that_only_renews_from_now_on_no_longer_meets_it(loaded, borsetshire) -> None:
    def named() -> tuple[list[str], list[str]]:
        with acting_in(loaded.partnership):
            requirement = Requirement.objects.get()
            return [one.slug for one in requirement.courses], [one.slug for one in requirement.renewals]

    renewing = 'any_of = ["first-steps"]\nrenewed_by = ["first-steps-online"]'
    text = borsetshire.replace('any_of = ["first-steps", "first-steps-online"]', renewing)
    assert "“First steps” for Band A" in load_profile(text=text).ledger.changed
    assert named() == (["first-steps"], ["first-steps-online"])
    assert load_profile(text=text).ledger.is_still
    with acting_in(loaded.partnership):
        entry = AuditEntry.objects.filter(action="courses.changed_from_file").latest("pk")
        assert len(entry.before["courses"]) == 2 and entry.before["renewals"] == []
        assert len(entry.after["courses"]) == len(entry.after["renewals"]) == 1
    load_profile(text=borsetshire)
    assert named() == (["first-steps", "first-steps-online"], [])


def test_who_is_exempt_follows_the_file(loaded, borsetshire) -> None:
    text = borsetshire.replace('kind = "required"', 'kind = "required"\nexempt = ["Farmers", "Vicars"]', 1)
    assert "“First steps” for Band A" in load_profile(text=text).ledger.changed
    with acting_in(loaded.partnership):
        assert Requirement.objects.get().exempt_reasons == ["Farmers", "Vicars"]
    load_profile(text=borsetshire)
    with acting_in(loaded.partnership):
        assert Requirement.objects.get().exempt_reasons == []


def without_course(text: str) -> str:
    start, end = text.index('[[courses]]\nslug = "first-steps-online"'), text.index("[policy.certificate]")
    return (text[:start] + text[end:]).replace('"first-steps", "first-steps-online"', '"first-steps"')


def test_a_course_taken_out_of_the_file_is_archived(loaded, borsetshire) -> None:
    load_profile(text=without_course(borsetshire))
    with acting_in(loaded.partnership):
        assert Course.objects.get(slug="first-steps-online").status == "archived"
    load_profile(text=borsetshire)
    with acting_in(loaded.partnership):
        assert Course.objects.get(slug="first-steps-online").status == "draft"


def test_a_course_with_coming_sessions_stays_and_nothing_else_is_written(loaded, borsetshire) -> None:
    with acting_in(loaded.partnership):
        make_session(loaded.partnership, course=Course.objects.get(slug="first-steps-online"))
    before = rows(loaded.partnership)
    with pytest.raises(DomainError, match=r"no longer names the course “First steps online”.*1 session"):
        load_profile(text=without_course(borsetshire).replace("Band B", "Band Z"))
    assert rows(loaded.partnership) == before
    with acting_in(loaded.partnership):
        assert CompetencyGroup.objects.get(code="b").title == "Band B"


def test_what_the_team_changed_or_wrote_in_the_portal_stays(loaded, borsetshire) -> None:
    with acting_in(loaded.partnership):
        Course.objects.filter(slug="first-steps").update(summary="The team's own words.")
        own = Course.objects.create(
            partnership=loaded.partnership,
            slug="ours",
            title="Ours",
            theme="Own",
            method="virtual",
            status="draft",
        )
        Organisation.objects.filter(name="Ambridge Young Farmers").update(name="Ambridge Farmers")
    load_profile(text=borsetshire.replace("First steps in safeguarding", "First things first"))
    with acting_in(loaded.partnership):
        course = Course.objects.get(slug="first-steps")
        assert (course.title, course.summary) == ("First things first", "The team's own words.")
        own.refresh_from_db()
        assert own.status == "draft"
        assert not Organisation.objects.filter(name="Ambridge Young Farmers").exists()


def test_a_draft_that_the_team_finished_and_published_stays_published(loaded, borsetshire) -> None:
    with acting_in(loaded.partnership):
        course = Course.objects.get(slug="first-steps-online")
        for part in ("audience", "summary", "objectives", "duration", "trained_by"):
            setattr(course, part, "Finished")
        course.hours = 2
        course.save()
        publish_course(actor=job(loaded.partnership), course=course)
    load_profile(text=borsetshire.replace("First steps online", "First steps at home"))
    with acting_in(loaded.partnership):
        course.refresh_from_db()
        assert (course.title, course.status, course.summary) == (
            "First steps at home",
            "published",
            "Finished",
        )


def test_a_group_in_use_stays_when_the_file_drops_it_and_an_unused_one_goes(loaded, borsetshire) -> None:
    start, end = borsetshire.index('[[groups]]\ncode = "b"'), borsetshire.index("[[courses]]")
    text = borsetshire[:start] + borsetshire[end:]
    with acting_in(loaded.partnership):
        person = make_person(loaded.partnership, competency_group=CompetencyGroup.objects.get(code="b"))
    kept = load_profile(text=text)
    assert "still in use" in kept.ledger.kept[0]
    with acting_in(loaded.partnership):
        person.memberships.update(competency_group=None)
    load_profile(text=borsetshire)
    load_profile(text=text)
    with acting_in(loaded.partnership):
        assert not CompetencyGroup.objects.filter(code="b").exists()


def test_the_neighbour_is_not_touched(loaded, neighbour) -> None:
    before = rows(neighbour)
    load_profile(path="sandwell")
    assert rows(neighbour) == before


def test_the_command_tells_what_it_did(tmp_path, borsetshire) -> None:
    file = tmp_path / "borsetshire.toml"
    file.write_text(borsetshire, encoding="utf-8")
    first, second, check = StringIO(), StringIO(), StringIO()
    call_command("load_partnership", str(file), "--check", stdout=check)
    assert "could be loaded" in check.getvalue()
    assert not Partnership.objects.filter(slug="borsetshire").exists()
    call_command("load_partnership", str(file), "harrow", stdout=first)
    assert "created: course “First steps in safeguarding”" in first.getvalue()
    assert Partnership.objects.filter(slug="harrow").exists()
    call_command("load_partnership", str(file), stdout=second)
    assert "nothing changed" in second.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "No such file"),
        (b"\xff\xfe", "UTF-8"),
        (b"a = 1\na = ", "line 2: "),
        (b"", "partnership: is missing"),
    ],
    ids=["no file", "not text", "not TOML", "empty"],
)
def test_the_command_refuses_what_is_no_profile(tmp_path, content, sentence) -> None:
    file = tmp_path / "broken.toml"
    if content is not None:
        file.write_bytes(content)
    errors = StringIO()
    with pytest.raises(CommandError):
        call_command("load_partnership", str(file), stderr=errors)
    assert sentence in errors.getvalue()
    assert not Partnership.objects.exists()
