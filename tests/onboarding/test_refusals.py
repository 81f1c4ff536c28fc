"""A file with mistakes is told all of them at once, by the key's path, and writes nothing."""

import copy
import tomllib
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.periods import impact_opens_and_closes
from partnership_portal.onboarding import reading
from partnership_portal.onboarding.loading import load_profile
from partnership_portal.onboarding.problems import Problem, ProfileRefused
from partnership_portal.onboarding.reading import read_file, read_profile, shipped_profiles
from partnership_portal.working_days import UK, add_working_days, uk_date
from partnerships.models import Partnership

# What to break, and what must then be said.
MISTAKES = [
    (
        '{ value = "after_attendance",',
        '{ value = "later",',
        "policy.certificate.release.value: expected one of after_attendance, after_evaluation, after_impact; "
        'got "later"',
    ),
    ('theme = "Beginnings"\nmethod = "e_learning"', 'method = "e_learning"', "courses[1].theme: is missing"),
    ('sector = "farming"', 'sector = "fishing"', "organisations[1].sector: expected a sector of this file"),
    (
        'any_of = ["first-steps", "first-steps-online"]',
        'any_of = ["first-steps", "second-steps"]',
        "groups[0].requirements[0].any_of[1]: expected a course of this file",
    ),
    ('builds_on = "a"', 'builds_on = "c"', "groups[1].builds_on: expected a group further up in this file"),
    ('classes = ["guest"]', 'classes = ["guests"]', "policy.charging.rules[0].classes[0]: expected a charging class"),
    ('sectors = ["farming"]', 'sectors = ["fishing"]', "courses[0].sectors[0]: expected a sector of this file"),
    ('priority = "rural"', 'priority = "urban"', "courses[0].priority: expected a priority of this file"),
    ('charge_band = "open"\n\n', 'charge_band = "shut"\n\n', "courses[0].charge_band: expected a charge band"),
    ('slug = "first-steps-online"', 'slug = "first-steps"', 'courses[1].slug: "first-steps" is there twice'),
    ('code = "farming"', 'code = "council"', 'sectors[1].code: "council" is there twice'),
    ('trained_by = "The circle"\n', "", "courses[0].trained_by: is missing; a published course states it"),
    ('hours = 2', 'hours = "two"', 'courses[0].hours: expected a number; got "two"'),
    (
        "open_days = { value = 14, section",
        "open_days = { value = 0, section",
        "policy.evaluation.open_days.value: expected 1 or more; got 0",
    ),
    (
        'pool = { value = "The circle of trainers", section = "§10" }',
        'pool = { value = "The circle of trainers" }',
        'policy.trainers.pool: give either section = "§…" or portal_default = true',
    ),
    (
        'class_size_cap = { value = 12,',
        'class_size_cap = { value = "few",',
        'policy.booking.class_size_cap.value: expected a whole number or "none"; got "few"',
    ),
    ("last = 12", "last = 9", "policy.impact.window.value: last must be later than first"),
    (
        'reminder_working_days = { value = 5, section = "§9" }',
        'reminder_working_days = { value = 7, section = "§9" }',
        "policy.impact.reminder_working_days.value: expected 6 or less, so that reminder 1 comes before the survey "
        "closes, since only 6 working days may be left for it; got 7",
    ),
    (
        'last = 12, unit = "weeks"',
        'last = 11, unit = "weeks"',
        "policy.impact.reminder_working_days.value: expected 1 or less, so that reminder 1 comes",
    ),
    (
        'reminders = { value = 0, section = "§8" }',
        'reminders = { value = 3, section = "§8" }',
        "policy.evaluation.reminder_working_days.value: expected 2 or less, so that reminder 3 comes",
    ),
    (
        "[policy.evaluation]",
        "[policy.pre_course]\nopens_working_days = { value = 4, portal_default = true }\n\n[policy.evaluation]",
        "policy.pre_course.reminder_working_days.value: expected 3 or less, so that reminder 1 comes",
    ),
    (
        "[policy.evaluation]",
        "[policy.pre_course]\nopens_working_days = { value = 2, portal_default = true }\n"
        "reminders = { value = 2, portal_default = true }\n\n[policy.evaluation]",
        "policy.pre_course.reminders.value: expected 1 or less, since only 1 working day may be left for them; got 2",
    ),
    ('brand_colour = "#4a4a12"', 'brand_colour = "brown"', "partnership.brand_colour: expected a colour as #"),
    ('slug = "borsetshire"', 'slug = "admin"', "partnership.slug: \"admin\" is one of the portal's own addresses"),
    ('accent_colour', 'acent_colour', "partnership.acent_colour: is not a key that the portal knows; did you mean"),
    ("from = 2026-01-01", "from = 1", "partnership.policy_effective_from: expected a date"),
    ('[policy.certificate]', '[questionnaires]\nobservation = "seven"\n\n[policy.certificate]',
     'questionnaires.observation: expected a questionnaire of the library (observation, observation-four-standards'),
    ('[policy.certificate]', '[questionnaires]\nobservaton = "observation"\n\n[policy.certificate]',
     "questionnaires.observaton: is not a kind of questionnaire; expected one of pre_course, evaluation, "),
    ('[partnership]', 'questionnaires = "all"\n\n[partnership]',
     'questionnaires: expected a table of keys and values; got "all"'),
    ('title = "First steps"\nkind = "required"', 'title = "First steps"\nkind = "recommended"\nexempt = ["Farmers"]',
     "groups[0].requirements[0].exempt: names who is exempt from something that is only recommended"),
    ('hours = 2\n', '', "courses[0].hours: is missing; a published course states it"),
    ('hours = 2\n', 'hours = 0\n', "courses[0].hours: is missing; a published course states it"),
    ('groups = ["a"]\nsectors', 'sectors', "courses[0].groups: is missing; a published course names the groups"),
    ('groups = ["a"]\nsectors', 'groups = ["a"]\ncounts_for_no_level = true\nsectors',
     "courses[0].counts_for_no_level: is true, and groups names some"),
    ('[policy.certificate]', '[[policy.framework]]\ncode = "a"\ntitle = "A"\nwho = "All."\n\n[policy.certificate]',
     "policy.framework: is made from the groups"),
    ('who = "Everybody."', 'who = "Every\\u0000body."', "groups[0].who: contains a character with the number 0"),
    (
        'any_of = ["first-steps", "first-steps-online"]',
        'any_of = ["first-steps"]\nrenewed_by = ["second-steps"]',
        "groups[0].requirements[0].renewed_by[0]: expected a course of this file",
    ),
    (
        'any_of = ["first-steps", "first-steps-online"]',
        'any_of = ["first-steps"]\nrenewed_by = ["first-steps-online", "first-steps"]',
        "groups[0].requirements[0].renewed_by[1]: \"first-steps\" is in any_of too; a course either meets it",
    ),
]  # fmt: skip


def problems(text: str) -> list[str]:
    with pytest.raises(ProfileRefused) as refused:
        read_profile(text)
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"), MISTAKES, ids=[wrong[:40] for _, wrong, _ in MISTAKES]
)
def test_each_mistake_is_told_by_its_path(borsetshire, right, wrong, sentence) -> None:
    assert right in borsetshire
    found = problems(borsetshire.replace(right, wrong, 1))
    assert any(problem.startswith(sentence) for problem in found), found


def test_six_mistakes_are_told_at_once_and_nothing_is_written(db, borsetshire) -> None:
    text = borsetshire
    for right, wrong, _ in MISTAKES[:6]:
        text = text.replace(right, wrong, 1)
    with pytest.raises(ProfileRefused) as refused:
        load_profile(text=text)
    found = [str(problem) for problem in refused.value.problems]
    assert len(found) == 6
    for _, _, sentence in MISTAKES[:6]:
        assert any(problem.startswith(sentence) for problem in found), (sentence, found)
    assert not Partnership.objects.exists()


def test_mistakes_in_the_same_table_don_t_hide_one_another(borsetshire) -> None:
    text = borsetshire.replace('theme = "Beginnings"\n', "", 1).replace('duration = "2 hours"\n', "")
    assert [problem.split(":")[0] for problem in problems(text)] == [
        "courses[0].duration",
        "courses[0].theme",
    ]


def test_a_certificate_that_nobody_could_earn_is_refused(borsetshire) -> None:
    found = problems(borsetshire.replace('"after_attendance"', '"after_impact"'))
    assert found[0].startswith("policy.impact.learners.value: expected all_learners")
    found = problems(borsetshire.replace('"after_attendance"', '"after_evaluation"'))
    assert found == [
        "policy.evaluation.courses.value: expected all_courses, since certificates wait for the evaluation; "
        'got "courses_that_ask"'
    ]


def test_a_yes_of_earlier_files_is_told_what_to_write_instead(borsetshire) -> None:
    clause = "feedback_after_session = { value = "
    wrong = borsetshire.replace(f'{clause}"courses_that_ask"', f"{clause}true")
    assert problems(wrong) == [
        "policy.trainers.feedback_after_session.value: expected one of none, all_courses, courses_that_ask; got true"
    ]


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_reminder_of_an_impact_survey_comes_in_time_whenever_it_opens(name) -> None:
    """The check leaves out three bank holidays; here each day on which a session may end is tried by the calendar."""
    impact = read_profile(read_file(name)).policy.impact
    apart, count = impact.reminder_working_days.value, impact.reminders.value
    assert count == 2
    for number in range(3 * 366):
        ended = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=number)
        opens, closes = impact_opens_and_closes(ended, impact.window.value)
        day = uk_date(opens) + timedelta(days=1)
        for _ in range(count):
            day = add_working_days(day, apart)
        assert datetime.combine(day, time(7), tzinfo=UK) < closes, ended


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("[partnership]\nslug = ", "line 2: "),
        ("a = 1\nb = [1\nc = 2", "line 3: "),
        ("a = 1\na = 2", "line 2: "),
        ("a = " + "[" * 5000, "The file nests"),
        ("a = " + "9" * 5000, "The file has a number"),
    ],
    ids=["no value", "open list", "twice", "deep", "long number"],
)
def test_broken_syntax_is_told_by_its_line(text, start) -> None:
    assert problems(text)[0].startswith(start)


# ------------------------------------------------------------ whatever the file says, the answer is a sentence

VALUES = st.recursive(
    st.none().map(lambda _: "")
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.sampled_from(["a", "first-steps", "core", "true", " ", "after_impact", "#000000"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def places(item: object, here: tuple = ()) -> list[tuple]:
    children = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
    return [place for key, child in children for place in [(*here, key), *places(child, (*here, key))]]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_the_reader_answers_every_document_with_a_profile_or_with_problems(data) -> None:
    document = copy.deepcopy(DOCUMENT)
    for _ in range(data.draw(st.integers(1, 4))):
        *parents, last = data.draw(st.sampled_from(places(document)))
        holder = document
        for part in parents:
            holder = holder[part]
        if data.draw(st.booleans()):
            holder[last] = data.draw(VALUES)
        elif isinstance(holder, dict):
            del holder[last]
            if data.draw(st.booleans()):
                holder[data.draw(st.text(max_size=8))] = data.draw(VALUES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_parse", lambda _: document)
        try:
            read_profile("")
        except ProfileRefused as refused:
            assert refused.problems
            assert all(isinstance(problem, Problem) and problem.sentence for problem in refused.problems)


@settings(max_examples=150, deadline=None)
@given(start=st.integers(0, 20_000), length=st.integers(0, 400), instead=st.text(max_size=10))
def test_the_reader_answers_every_text_with_a_profile_or_with_problems(start, length, instead) -> None:
    text = TEXT[:start] + instead + TEXT[start + length :]
    try:
        read_profile(text)
    except ProfileRefused as refused:
        assert refused.problems


TEXT = read_file("harrow")
DOCUMENT = tomllib.loads(TEXT)
