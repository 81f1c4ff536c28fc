"""The page that tells a partnership how the portal follows its strategy."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from partnership_portal.onboarding.loading import load_profile
from partnership_portal.onboarding.reading import read_file, read_profile, shipped_profiles
from partnerships.policy import (
    CoDelivery,
    EvaluationRule,
    ImpactRule,
    LineManagerRule,
    ObservationRule,
    PreCourseRule,
    PrerequisiteRule,
    TrainerFeedbackRule,
)
from partnerships.queries import policy_stages, rules_in_force
from partnerships.strategy_words import changes, chapters
from partnerships.tenancy import acting_in
from tests.factories import adopt, make_partnership, policy


def page(slug: str) -> str:
    response = Client().get(f"/{slug}/strategy/")
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_rule_has_a_sentence_and_a_source(name) -> None:
    rows = [row for chapter in chapters(read_profile(read_file(name)).policy) for row in chapter.rows]
    assert len(rows) > 35
    assert all(row.sentence.strip().endswith(".") and row.source for row in rows)
    assert len({row.key for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ("observation__rule", list(ObservationRule)),
        ("trainers__co_delivery", list(CoDelivery)),
        ("booking__prerequisite", list(PrerequisiteRule)),
        ("impact__line_manager", list(LineManagerRule)),
        ("impact__learners", list(ImpactRule)),
        ("pre_course__courses", list(PreCourseRule)),
        ("evaluation__courses", list(EvaluationRule)),
        ("trainers__feedback_after_session", list(TrainerFeedbackRule)),
        ("pre_course__opens_working_days", [1, 10]),
        ("certificate__release", ["after_attendance", "after_evaluation", "after_impact"]),
        ("certificate__attendance_percent", [100, 80]),
        ("booking__class_size_cap", ["none", 25]),
        ("booking__deadline_working_days", [0, 1, 2]),
        ("booking__decision_working_days", [0, 1, 7]),
        ("concerns__low_score", [1, 2]),
        ("concerns__words", [["racist"], []]),
        ("reporting__cadence", ["quarterly", "every_two_months"]),
        ("reporting__year_starts_in_month", [4, 9]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_value_has_a_sentence_of_its_own(rule, values) -> None:
    key = rule.replace("__", ".")
    sentences = {
        row.sentence
        for value in values
        for chapter in chapters(policy(**{rule: value}))
        for row in chapter.rows
        if row.key == key
    }
    assert len(sentences) == len(values)


def test_changes_are_told_in_words() -> None:
    found = changes(policy(), policy(certificate__release="after_impact"))
    assert [change.name for change in found] == ["Certificates: when it is issued"]
    assert "sent the evaluation. Source: Portal default." in found[0].before
    assert "answered the impact survey" in found[0].after


def test_the_page_shows_the_rule_in_force_its_history_and_what_is_coming(db) -> None:
    partnership = make_partnership("gammashire", certificate__release="after_attendance")
    with acting_in(partnership):
        adopt(
            partnership, policy(certificate__release="after_evaluation"), at=datetime(2024, 5, 1, tzinfo=UTC)
        )
        adopt(
            partnership, policy(certificate__release="after_impact"), at=timezone.now() + timedelta(days=30)
        )
        stages = policy_stages(partnership, timezone.now())
        rules = {rule.row.key: rule for _, rules in rules_in_force(stages) for rule in rules}
    release = rules["certificate.release"]
    assert (
        release.row.sentence
        == "The certificate is issued when the learner has attended and sent the evaluation."
    )
    assert [wording.number for wording in release.wordings] == [2, 1]
    assert [(stage.number, stage.is_in_force, stage.is_coming) for stage in stages] == [
        (3, False, True),
        (2, True, False),
        (1, False, False),
    ]
    html = page("gammashire")
    assert "Since version 1, 1 January 2020" in html
    assert "Version 3, from" in html and "Coming" in html


def test_the_page_shows_nothing_of_the_neighbour_and_asks_few_questions(
    db, django_assert_max_num_queries
) -> None:
    make_partnership("gammashire", trainers__pool="Only in Gammashire")
    make_partnership("deltashire")
    page("deltashire")
    with django_assert_max_num_queries(12):
        html = page("deltashire")
    assert "Only in Gammashire" not in html
    assert "Portal default" in html


def test_the_page_shows_what_each_group_requires(db) -> None:
    load_profile(path="herefordshire")
    html = " ".join(page("herefordshire").split())
    assert "Met by any one of: Exploitation and Vulnerability, Get Safe: contextual safeguarding" in html
    assert "An equivalent course counts as well." in html
    assert "Refreshed at least every 36 months." in html
