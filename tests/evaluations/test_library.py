"""The portal's own questionnaires: good enough to use on the first day, and asked where they fit."""

import re

import pytest

from evaluations.drafts import DraftQuestion, is_reworded
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.library import LibraryForm, first_choices, library
from evaluations.models import Questionnaire, QuestionnaireVersion
from evaluations.services.questionnaires import adopt_library, ask_by_default, version_in_use
from evaluations.versions import draft_of
from partnership_portal.onboarding.loading import load_profile
from partnership_portal.onboarding.reading import read_file
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt
from tests.factories import actor_for, job, make_partnership, make_person, policy

WEEKS = {"first": 6, "last": 8, "unit": "weeks"}
FORMS = pytest.mark.parametrize("form", library(), ids=lambda form: form.name)
# What reports follow, with the codes that they count.
FOLLOWED = {
    "evaluation": {"relevance": [], "confidence_before": [], "confidence_after": [], "pledge": []},
    "impact": {"done": ["done", "partly", "not_yet"], "confidence_now": []},
    "line_manager": {"saw_change": ["yes", "some", "no", "cannot_say"]},
}


def named(name: str) -> LibraryForm:
    return next(form for form in library() if form.name == name)


@FORMS
def test_two_or_three_minutes_are_enough(form) -> None:
    # Each that may have to be answered, whatever was chosen before.
    required = [one for one in form.draft.questions if one.required]
    assert len(required) <= 10
    assert sum(one.kind is QuestionKind.LONG_TEXT for one in required) <= 2
    assert all(len(page.questions) <= 4 for page in form.draft.pages)
    assert 1 <= len(form.draft.pages) <= 5


def test_the_line_manager_is_asked_three_questions() -> None:
    assert len(named("line-manager").draft.questions) == 3


@FORMS
def test_texts_fit_a_phone_and_the_tables(form) -> None:
    assert len(form.title) <= 60
    assert form.draft.introduction
    for question in form.draft.questions:
        assert len(question.text) <= 100, question.key
        assert all(len(one.label) <= 70 for one in (*question.options, *question.rows)), question.key
        assert all(len(end) <= 20 for end in question.ends), question.key


@FORMS
def test_no_form_asks_who_a_child_is(form) -> None:
    for question in form.draft.questions:
        words = f"{question.text} {question.follow_up.text if question.follow_up else ''}".lower()
        words = words.replace("without your name", "")
        assert not re.search(r"\b(names?|initials|date of birth|address|case number)\b", words), question.key
        if re.search(r"\b(child|children|family|families)\b", question.text.lower()):
            assert re.search(r"who they are|not about a child", question.hint), question.key


@FORMS
def test_words_are_plain_and_british(form) -> None:
    said = [form.title, form.draft.introduction, *(page.heading for page in form.draft.pages)]
    for one in form.draft.questions:
        said += [one.text, one.hint, *(option.label for option in (*one.options, *one.rows))]
    for words in said:
        assert not re.search(r"\b(organiz|program\b|behavior|center|learned)", words.lower()), words
        assert words == words.strip() and "  " not in words and "!" not in words, words


def test_one_name_is_one_question_in_all_forms_of_a_kind() -> None:
    """Answers are added up by kind and name, whichever form asked."""
    asked: dict[tuple[str, str], DraftQuestion] = {}
    for form in library():
        for question in form.draft.questions:
            first = asked.setdefault((form.kind, question.key), question)
            assert not is_reworded(first, question), (form.name, question.key)


@FORMS
def test_what_reports_follow_is_asked(form) -> None:
    for key, codes in FOLLOWED.get(form.kind.value, {}).items():
        question = form.draft.question(key)
        assert question is not None and question.required and question.shown_if is None, key
        assert question.codes == codes


def test_a_concern_about_the_course_is_told_from_one_about_a_child() -> None:
    concern = named("evaluation").draft.question("concern")
    assert concern.follow_up.on == "yes" and not concern.required
    assert "999" in concern.hint and "safeguarding procedure" in concern.hint


def test_barriers_are_counted_by_the_same_codes_before_and_after() -> None:
    foreseen = set(named("evaluation").draft.question("barriers").codes) - {"nothing"}
    for name in ("impact-weeks", "impact-months", "dip-sample"):
        assert foreseen <= set(named(name).draft.question("stopped_by").codes)


def test_observation_names_the_standards_of_the_strategy() -> None:
    """Hampshire §5.2, §6: thirteen; Hartlepool & Stockton-on-Tees, App. 1: four."""
    assert len(named("observation-thirteen-standards").draft.question("standards").options) == 13
    assert len(named("observation-four-standards").draft.question("four_standards").options) == 4


@pytest.mark.parametrize(
    ("changes", "impact"),
    [({}, "impact-months"), ({"impact__window": WEEKS}, "impact-weeks")],
    ids=["3–6 months", "6–8 weeks"],
)
def test_each_kind_has_one_first_choice_that_suits_the_policy(changes, impact) -> None:
    chosen = first_choices(policy(**changes), {})
    assert set(chosen) == set(QuestionnaireKind)
    assert chosen[QuestionnaireKind.IMPACT].name == impact
    suiting = [form.kind for form in library() if form.suits(policy(**changes))]
    assert len(suiting) == len(set(suiting))


def asked(partnership, kind: str) -> str:
    return version_in_use(partnership, kind).questionnaire.title


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("profile", "observation", "impact"),
    [
        ("hampshire", "observation-thirteen-standards", "impact-months"),
        ("hartlepool-stockton", "observation-four-standards", "impact-months"),
        ("herefordshire", "observation", "impact-months"),
        ("sandwell", "observation", "impact-months"),
        ("harrow", "observation", "impact-weeks"),
    ],
)
def test_each_partnership_asks_what_its_profile_says(profile, observation, impact) -> None:
    partnership = load_profile(path=profile).partnership
    with acting_in(partnership):
        assert asked(partnership, "observation") == named(observation).title
        assert asked(partnership, "impact") == named(impact).title
        assert Questionnaire.objects.filter(is_default=True).count() == len(QuestionnaireKind)
        assert QuestionnaireVersion.objects.count() == len(library())


@pytest.mark.django_db
def test_a_changed_file_changes_what_is_asked_unless_the_team_chose() -> None:
    text = read_file("hampshire")
    partnership = load_profile(text=text).partnership
    other = text.replace("observation-thirteen-standards", "observation-four-standards")
    again = load_profile(text=other)
    with acting_in(partnership):
        assert asked(partnership, "observation") == named("observation-four-standards").title
        team = actor_for(make_person(partnership, Role.TEAM))
        plain = Questionnaire.objects.get(kind="observation", title=named("observation").title)
        ask_by_default(actor=team, questionnaire=plain)
    assert again.ledger.created == []
    for words in (other, text):
        load_profile(text=words)
        with acting_in(partnership):
            assert asked(partnership, "observation") == named("observation").title


def written(partnership) -> list[tuple[object, ...]]:
    """What the library's questionnaires are in the database and in the trail, without keys and times."""
    with acting_in(partnership):
        versions = list(QuestionnaireVersion.objects.select_related("questionnaire").order_by("pk"))
        titles = {one.pk: one.questionnaire.title for one in versions}
        of_forms = {one.questionnaire_id: one.questionnaire.title for one in versions}
        rows = [
            (
                *(one.questionnaire.kind, one.questionnaire.title, one.questionnaire.library_name),
                *(one.questionnaire.is_default, one.number, one.from_library, draft_of(one)),
            )
            for one in versions
        ]
        said = [
            (
                *(one.actor, one.action, one.person_id, one.before),
                (of_forms if one.subject_type == "evaluations.questionnaire" else titles)[one.subject_id],
                of_forms[one.after["questionnaire"]] if "questionnaire" in one.after else one.after,
            )
            for one in AuditEntry.objects.filter(subject_type__startswith="evaluations.").order_by("pk")
        ]
    return [*rows, *said]


def test_what_tests_are_given_is_what_the_service_writes(partnership) -> None:
    by_service, as_copy = make_partnership("by-service"), make_partnership("as-copy")
    with acting_in(by_service):
        adopt_library(actor=job(by_service))
    with acting_in(as_copy):
        adopt(as_copy)
    assert written(as_copy) == written(by_service)
    assert len(written(by_service)) > 2 * len(library())
