"""What each strategy states, and where: the shipped profiles say the same. One line per rule."""

from functools import lru_cache
from typing import Any

import pytest

from partnership_portal.onboarding.reading import read_file, read_profile, shipped_profiles
from partnerships.policy import ChargeKind, Clause
from partnerships.profile import CourseProfile, Profile

DEFAULT = ""
HEREFORDSHIRE, HAMPSHIRE, SANDWELL, HARROW, TEES = (
    "herefordshire",
    "hampshire",
    "sandwell",
    "harrow",
    "hartlepool-stockton",
)

# Partnership, rule, value, section (none: the strategy is silent and the portal's default holds).
RULES: list[tuple[str, str, Any, str]] = [
    (HEREFORDSHIRE, "certificate.release", "after_evaluation", "§8.2"),
    (HEREFORDSHIRE, "impact.window", (3, 6, "months"), "§8.3"),
    (HEREFORDSHIRE, "impact.line_manager", "courses_that_ask", "§8.3"),
    (HEREFORDSHIRE, "trainers.feedback_after_session", "none", DEFAULT),
    (HEREFORDSHIRE, "observation.rule", "every_course_yearly", "§8.4"),
    (HEREFORDSHIRE, "observation.shared_with_trainers", True, "§8.4"),
    (HEREFORDSHIRE, "reporting.cadence", "quarterly", "§8.1"),
    (HEREFORDSHIRE, "reporting.contents", ("attendance", "evaluation", "courses_at_risk"), "§8.1"),
    (HEREFORDSHIRE, "reporting.on_request", ("by_organisation",), "§8.1"),
    (HEREFORDSHIRE, "booking.prerequisite", "none", DEFAULT),
    (HAMPSHIRE, "certificate.release", "after_evaluation", DEFAULT),
    (HAMPSHIRE, "impact.window", (3, 6, "months"), DEFAULT),
    (HAMPSHIRE, "observation.rule", "by_members", "§3.2"),
    (HAMPSHIRE, "trainers.train_the_trainer", True, "standard 7"),
    (HAMPSHIRE, "booking.prerequisite", "pre_course_tasks", "§5.2"),
    (SANDWELL, "certificate.release", "after_evaluation", "§9, §11"),
    (SANDWELL, "impact.window", (3, 6, "months"), "§11"),
    (SANDWELL, "impact.learners", "all_learners", "§11"),
    (SANDWELL, "impact.line_manager", "dip_sample", "§11"),
    (SANDWELL, "observation.rule", "four_stages", "§11"),
    (SANDWELL, "booking.prerequisite", "single_agency_first", "§8.2"),
    (SANDWELL, "trainers.train_the_trainer", True, "§10"),
    (SANDWELL, "trainers.train_the_trainer_runs_a_year", 2, "§10"),
    (SANDWELL, "trainers.observe_before_delivering", True, "§10, §11"),
    (SANDWELL, "trainers.co_delivery", "always", "§10, §11"),
    (SANDWELL, "trainers.released_days_a_year", 5, "§10"),
    (SANDWELL, "trainers.delivery_days_a_year", 3, "§10"),
    (SANDWELL, "trainers.pool_meetings_a_year", 4, "§10"),
    (SANDWELL, "trainers.pool_meeting_hours", 2, "§10"),
    (SANDWELL, "trainers.lead_tutor_reviews_a_year", 2, "§11"),
    (SANDWELL, "reporting.cadence", "quarterly", "§2.3"),
    (HARROW, "certificate.release", "after_impact", "Strategy (evaluation)"),
    (HARROW, "impact.window", (6, 8, "weeks"), "Strategy (evaluation)"),
    (HARROW, "impact.learners", "all_learners", "Strategy (evaluation)"),
    (HARROW, "trainers.feedback_after_session", "all_courses", "Strategy (evaluation)"),
    (HARROW, "trainers.yearly_event_compulsory", True, "Strategy (training pool)"),
    (HARROW, "observation.rule", "by_members_single_agency", "Strategy (quality assurance)"),
    (TEES, "certificate.release", "after_evaluation", DEFAULT),
    (TEES, "impact.window", (3, 6, "months"), DEFAULT),
    (TEES, "booking.class_size_cap", 25, "App. 1, standard 3"),
    (TEES, "booking.lecture_style_exempt", True, "App. 1, standard 3"),
    (TEES, "trainers.co_delivery", "preferred", "App. 1, standard 3"),
    (TEES, "observation.rule", "sample", "App. 1"),
]


@lru_cache
def profile(name: str) -> Profile:
    return read_profile(read_file(name))


def course(name: str, slug: str) -> CourseProfile:
    return next(one for one in profile(name).courses if one.slug == slug)


@pytest.mark.parametrize(
    ("name", "rule", "value", "section"),
    RULES,
    ids=[f"{name} {rule} {section or 'portal default'}" for name, rule, _, section in RULES],
)
def test_the_rule_is_what_the_strategy_states(name, rule, value, section) -> None:
    part, key = rule.split(".")
    clause: Clause[Any] = getattr(getattr(profile(name).policy, part), key)
    held = clause.value
    assert (
        (held.first, held.last, held.unit) == value
        if isinstance(value, tuple) and key == "window"
        else held == value
    )
    if section:
        assert section in clause.section
    else:
        assert clause.portal_default


# Partnership, kind, charge band, charging class, pence (None: at cost), words in the rule that decides.
CHARGES = [
    (HEREFORDSHIRE, ChargeKind.PLACE, "core", "member", 0, "§7.1"),
    (HEREFORDSHIRE, ChargeKind.PLACE, "commissioned", "member", None, "§7.1"),
    (HEREFORDSHIRE, ChargeKind.SINGLE_AGENCY_USE, "core", "member", None, "§7.3"),
    (SANDWELL, ChargeKind.NON_ATTENDANCE, "core", "all", 5000, "§7.2"),
    (HARROW, ChargeKind.PLACE, "learning-event", "profit-making", 0, "Strategy (charging)"),
    (HARROW, ChargeKind.PLACE, "core", "funder", 0, "Strategy (charging)"),
    (HARROW, ChargeKind.PLACE, "core", "small-voluntary", 0, "Strategy (charging)"),
    (HARROW, ChargeKind.PLACE, "core", "training-grant", 6000, "Strategy (charging)"),
    (HARROW, ChargeKind.PLACE, "core", "school", 6000, "Strategy (charging)"),
    (HARROW, ChargeKind.PLACE, "core", "profit-making", 6000, "Strategy (charging)"),
    (HARROW, ChargeKind.PLACE, "core", "other", 6000, "Strategy (charging)"),
]


@pytest.mark.parametrize(
    ("name", "kind", "band", "charging_class", "pence", "section"),
    CHARGES,
    ids=[f"{name} {kind} {band} {one} {section}" for name, kind, band, one, _, section in CHARGES],
)
def test_the_charge_is_what_the_strategy_states(name, kind, band, charging_class, pence, section) -> None:
    rule = next(
        rule
        for rule in profile(name).policy.charging.rules
        if rule.kind is kind
        and (not rule.courses or band in rule.courses)
        and (not rule.classes or charging_class in rule.classes)
    )
    assert (None if rule.at_cost else rule.pence) == pence
    assert rule.section == section
    # No strategy states an amount, so that every amount is said to be the portal's.
    assert (
        rule.amount_portal_default
        or rule.portal_default
        or (not rule.pence and not rule.at_cost)
        or pence is None
    )


# Course, frequency, duration, days, trainer.
OFFER = [
    ("right-help-right-time", "Monthly", "2 hours", 1, "Training pool"),
    ("working-together-level-2", "Every 2 months", "Half a day", 1, "Police vulnerability trainers"),
    ("working-together-level-3", "Every 2 months", "1 day", 1, "Police vulnerability trainers"),
    ("early-help-assessment-writing", "Every 2 months", "3 hours", 1, "Early Help"),
    ("team-around-the-family", "Every 2 months", "3 hours", 1, "Early Help"),
    ("exploitation-and-vulnerability", "Quarterly", "2 hours", 1, "Police vulnerability trainers"),
    ("graded-care-profile-2", "Quarterly", "1 day", 1, "Accredited training pool"),
    ("meet-the-lado", "Quarterly", "2.5 hours", 1, "The LADO"),
    ("signs-of-safety", "Quarterly", "1 day", 1, "Herefordshire Council"),
    ("substance-use-brief-interventions", "Quarterly", "2 half days", 2, "Turning Point"),
    ("solihull-approach", "Every 2 months", "2 days", 2, "Public Health"),
]


@pytest.mark.parametrize(
    ("slug", "frequency", "duration", "days", "trainer"), OFFER, ids=[one[0] for one in OFFER]
)
def test_herefordshire_app_2_the_learning_offer(slug, frequency, duration, days, trainer) -> None:
    found = course(HEREFORDSHIRE, slug)
    assert (found.frequency, found.duration, found.days, found.trained_by) == (
        frequency,
        duration,
        days,
        trainer,
    )
    assert found.is_published and found.section == "App. 2"


@pytest.mark.parametrize("slug", ["child-neglect-overview", "get-safe", "trauma-informed-practice"])
def test_herefordshire_app_2_courses_still_to_be_confirmed_are_drafts(slug) -> None:
    assert not course(HEREFORDSHIRE, slug).is_published
    assert course(HEREFORDSHIRE, slug).priority


def test_herefordshire_app_1_levels() -> None:
    levels = {group.code: group for group in profile(HEREFORDSHIRE).groups}
    assert [levels[code].refresher_months for code in "123"] == [None, 36, 36]
    required = {one.title for one in levels["2"].requirements if one.kind == "required"}
    assert required == {"Working Together to Safeguard Children (Level 2)", "Right Help, Right Time"}
    assert all(
        one.accepts_equivalent
        for level in levels.values()
        for one in level.requirements
        if one.kind == "required"
    )
    either = next(one for one in levels["2"].requirements if len(one.any_of) == 2)
    assert either.any_of == ("exploitation-and-vulnerability", "get-safe")
    assert levels["3"].builds_on == "2" and levels["2"].builds_on == "1"


def test_hampshire_5_2_six_groups_and_thirteen_standards() -> None:
    found = profile(HAMPSHIRE)
    assert [group.code for group in found.groups] == list("123456")
    assert {group.refresher_months for group in found.groups} == {36}
    assert sum(statement.heading == "Delivery standards" for statement in found.policy.statements) == 13


def test_sandwell_4_1_six_groups_and_the_childminders_exemption() -> None:
    groups = profile(SANDWELL).groups
    assert len(groups) == 6
    assert "Childminders are exempt" in groups[2].exemptions
    assert groups[2].requirements[0].exempt == ("Childminder, by statute",)
    assert groups[4].who == groups[5].who
    assert not groups[0].requirements[0].any_of and "own organisation" in groups[0].requirements[0].note


def test_sandwell_7_2_every_line_of_the_report() -> None:
    lines = profile(SANDWELL).policy.reporting.contents
    assert lines.section == "§7.2"
    assert {
        "courses_offered", "places", "applicants_and_participants", "by_sector", "attendance", "non_attendance",
        "non_attendance_income", "trainer_costs", "venue_costs", "evaluation", "impact", "risks", "sufficiency",
    } <= set(lines.value)  # fmt: skip


def test_sandwell_app_ii_minimum_content() -> None:
    slugs = {one.slug for one in profile(SANDWELL).courses}
    assert slugs >= {
        "level-1-safeguarding", "prevent", "female-genital-mutilation", "lead-professional",
        "early-help-introduction", "core-working-together",
    }  # fmt: skip


def test_harrow_leads_do_not_repeat_the_core_courses_but_attend_every_term() -> None:
    leads = next(group for group in profile(HARROW).groups if group.code == "dsl")
    assert {one.refresher_months for one in leads.requirements} == {None, 4}
    assert "out of the role" in leads.exemptions


@pytest.mark.parametrize("code", ["introduction", "advanced"])
def test_harrow_refresher_events_renew_the_core_courses_and_do_not_replace_them(code) -> None:
    group = next(group for group in profile(HARROW).groups if group.code == code)
    assert (group.requirements[0].any_of, group.requirements[0].renewed_by) == ((code,), ("refresher",))


def test_hartlepool_and_stockton_app_1_four_standards() -> None:
    standards = [one for one in profile(TEES).policy.statements if one.heading == "Standards"]
    assert [one.section for one in standards] == [f"App. 1, standard {number}" for number in range(1, 5)]


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_published_course_is_written_out(name) -> None:
    for one in profile(name).courses:
        assert 3 <= len(one.objectives) <= 5, one.slug
        assert one.summary.endswith(".") and one.audience.endswith("."), one.slug


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_published_course_has_hours_and_a_level_or_says_that_it_has_none(name) -> None:
    for one in profile(name).courses:
        if one.is_published:
            assert one.hours > 0, one.slug
            assert bool(one.groups) is not one.counts_for_no_level, one.slug


def test_herefordshire_does_not_say_how_long_the_taxi_drivers_course_is() -> None:
    assert course(HEREFORDSHIRE, "taxi-drivers-safeguarding").hours_portal_default


def test_the_partnerships_look_different() -> None:
    colours = {profile(name).partnership.brand_colour for name in shipped_profiles()}
    assert len(colours) == len(shipped_profiles()) == 5
