"""Writing a questionnaire: pages and questions moved about, what keeps it from being published, who is asked what."""

import pytest
from django.core.exceptions import PermissionDenied
from hypothesis import given
from hypothesis import strategies as st

from evaluations.drafts import (
    Condition,
    Draft,
    DraftPage,
    DraftQuestion,
    Option,
    faults,
    free_key,
)
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.library import library
from evaluations.models import CourseQuestionnaire, Questionnaire, QuestionnaireDraft
from evaluations.queries.identities import taken_keys
from evaluations.services.drafts import (
    StaleDraft,
    begin_draft,
    change_draft,
    discard_draft,
    new_questionnaire,
    publish_draft,
)
from evaluations.services.questionnaires import (
    adopt_library,
    ask_about_courses,
    ask_by_default,
    version_in_use,
)
from evaluations.versions import draft_of
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.factories import actor_for, job, make_course, make_person

YES_OR_NO = DraftQuestion(key="used", kind=QuestionKind.YES_NO, text="Have you used it?")
HOW = DraftQuestion(
    key="how",
    kind=QuestionKind.LONG_TEXT,
    text="How?",
    shown_if=Condition(key="used", values=("yes",)),
)
TWO_PAGES = Draft(
    introduction="Two questions.",
    pages=(DraftPage(heading="Use", questions=(YES_OR_NO,)), DraftPage(heading="More", questions=(HOW,))),
)


@pytest.fixture
def team(partnership):
    return actor_for(make_person(partnership, Role.TEAM))


@pytest.fixture
def written(team):
    """A questionnaire of two questions, published."""
    questionnaire = new_questionnaire(
        actor=team, kind=QuestionnaireKind.EVALUATION, title="Short", copy_of=TWO_PAGES
    )
    publish_draft(actor=team, questionnaire=questionnaire, revision=1, still_the_same=[])
    return questionnaire


def changed(team, questionnaire, document, *, same=()):
    """Write and publish, as the team would."""
    draft = begin_draft(actor=team, questionnaire=questionnaire)
    draft = change_draft(actor=team, questionnaire=questionnaire, document=document, revision=draft.revision)
    return publish_draft(
        actor=team, questionnaire=questionnaire, revision=draft.revision, still_the_same=same
    )


def with_text(draft: Draft, key: str, text: str, **more) -> Draft:
    question = draft.question(key).model_copy(update={"text": text, **more})
    return draft.with_question(draft.page_of(key), question)


@pytest.mark.parametrize("form", library(), ids=lambda form: form.name)
def test_every_form_of_the_library_has_no_fault(form) -> None:
    assert faults(form.draft) == []


def test_what_is_published_reads_as_it_was_written(team, written) -> None:
    assert draft_of(written.versions.get()) == TWO_PAGES
    assert not QuestionnaireDraft.objects.exists()


@pytest.mark.parametrize(
    ("draft", "sentence"),
    [
        (Draft(), "Add a page"),
        (Draft(pages=(DraftPage(heading="Empty"),)), "has no question"),
        (
            TWO_PAGES.with_page("Use").with_question(2, HOW.model_copy(update={"key": "x"})),
            "Two pages are called",
        ),
        (TWO_PAGES.with_page_moved(0, 1), "must stand on an earlier page"),
        (TWO_PAGES.without_question("used"), "has no question"),
        (TWO_PAGES.without_page(0), "is not there any more"),
        (
            TWO_PAGES.with_question(
                1, HOW.model_copy(update={"shown_if": Condition(key="used", values=("maybe",))})
            ),
            "does not offer",
        ),
        (
            TWO_PAGES.with_question(0, YES_OR_NO.model_copy(update={"kind": QuestionKind.LONG_TEXT})),
            "offers nothing to choose",
        ),
        (
            TWO_PAGES.with_question(0, DraftQuestion(key="s", kind=QuestionKind.SCALE, text="How good?")),
            "words for both ends",
        ),
        (
            TWO_PAGES.with_question(
                0,
                DraftQuestion(
                    key="c", kind=QuestionKind.CHOICE, text="Which?", options=(Option(value="a", label="A"),)
                ),
            ),
            "at least two choices",
        ),
        (
            TWO_PAGES.with_question(
                0, DraftQuestion(key="m", kind=QuestionKind.MATRIX, text="Rate", ends=("Low", "High"))
            ),
            "at least one row",
        ),
    ],
)
def test_what_keeps_a_draft_from_being_published(draft, sentence) -> None:
    assert sentence in " ".join(one.sentence for one in faults(draft))


@given(st.lists(st.tuples(st.sampled_from("pq"), st.integers(0, 5), st.sampled_from([-1, 1]))))
def test_moving_things_about_loses_none(moves) -> None:
    draft = Draft(
        pages=tuple(
            DraftPage(
                heading=f"Page {page}",
                questions=tuple(
                    DraftQuestion(key=f"q{page}{one}", kind=QuestionKind.DATE, text="When?")
                    for one in range(page)
                ),
            )
            for page in range(4)
        )
    )
    keys, headings = {one.key for one in draft.questions}, {page.heading for page in draft.pages}
    for what, number, by in moves:
        if what == "p":
            draft = draft.with_page_moved(number % 4, by)
        else:
            draft = draft.with_question_moved(draft.questions[number % 6].key, by)
        assert {one.key for one in draft.questions} == keys
        assert len(draft.questions) == len(keys)
        assert {page.heading for page in draft.pages} == headings


def test_a_question_moved_down_and_up_again_is_where_it_was() -> None:
    assert TWO_PAGES.with_question_moved("used", 1).with_question_moved("used", -1) == TWO_PAGES
    assert TWO_PAGES.with_question_moved("used", -1) == TWO_PAGES


def test_an_identity_is_never_given_twice() -> None:
    assert free_key("How was it?", {"how-was-it", "how-was-it-2"}) == "how-was-it-3"
    assert free_key("???", set()) == "question"


def test_a_minor_rewording_keeps_the_identity_and_another_gets_a_new_one(team, written) -> None:
    minor = changed(team, written, with_text(TWO_PAGES, "used", "Have you used this?"), same=["used"])
    assert [one.key for one in minor.questions.all()] == ["used", "how"]
    other = changed(team, written, with_text(draft_of(minor), "used", "Has your team used it?"))
    assert [one.key for one in other.questions.all()] == ["used-2", "how"]
    assert other.questions.get(key="how").shown_if == {"key": "used-2", "values": ["yes"]}


def copied(team, title: str, document: Draft, *, same=()):
    """Another questionnaire of the same kind, begun as a copy, changed and published for the first time."""
    copy = new_questionnaire(actor=team, kind=QuestionnaireKind.EVALUATION, title=title, copy_of=TWO_PAGES)
    draft = change_draft(actor=team, questionnaire=copy, document=document, revision=1)
    version = publish_draft(actor=team, questionnaire=copy, revision=draft.revision, still_the_same=same)
    return [one.key for one in version.questions.all()]


def test_a_copy_keeps_the_identity_of_what_it_asks_in_the_same_words_or_as_a_minor_change(
    team, written
) -> None:
    assert copied(team, "As it was", TWO_PAGES) == ["used", "how"]
    other = with_text(TWO_PAGES, "used", "Was the venue of use?")
    assert copied(team, "Minor", other, same=["used"]) == ["used", "how"]
    # Said to be the same once, these words are one of those in which it is asked.
    assert copied(team, "As said before", other) == ["used", "how"]


def test_unlike_questions_of_copies_have_an_identity_each(team, written) -> None:
    venue, food = (
        with_text(TWO_PAGES, "used", "Was the venue of use?"),
        with_text(TWO_PAGES, "used", "Was the food good?"),
    )
    assert copied(team, "Venue", venue) == ["used-2", "how"]
    assert copied(team, "Food", food) == ["used-3", "how"]
    assert [one.key for one in changed(team, written, venue).questions.all()] == ["used-4", "how"]


def test_a_copy_that_offers_less_asks_another_question_whatever_the_team_says(team) -> None:
    def asks(title: str, *codes: str) -> list[str]:
        options = tuple(Option(value=code, label=code.title()) for code in codes)
        which = DraftQuestion(key="which", kind=QuestionKind.CHOICE, text="Which?", options=options)
        document = Draft(pages=(DraftPage(heading="One", questions=(which,)),))
        return copied(team, title, document, same=["which"])

    assert asks("Three", "a", "b", "c") == ["which"]
    assert asks("Four", "a", "b", "c", "d") == ["which"]
    # It takes nothing from the three, and what another copy offers besides is not its own to keep.
    assert asks("Another four", "a", "b", "c", "e") == ["which"]
    assert asks("Two", "a", "b") == ["which-2"]


def test_a_question_of_the_library_in_other_words_is_another_unless_the_team_says_not(team) -> None:
    adopted = next(one for one in library() if one.kind is QuestionnaireKind.EVALUATION).draft
    other = with_text(adopted, "relevance", "How good was the venue?")
    assert "relevance-2" in copied(team, "Venue", other)
    assert "relevance" in copied(team, "Work", other, same=["relevance"])


def test_identities_are_taken_by_all_questionnaires_of_the_kind_and_by_what_reports_follow(
    team, written
) -> None:
    new_questionnaire(
        actor=team,
        kind=QuestionnaireKind.EVALUATION,
        title="Being written",
        copy_of=Draft(
            pages=(DraftPage(heading="One", questions=(HOW.model_copy(update={"key": "begun"}),)),)
        ),
    )
    other = new_questionnaire(actor=team, kind=QuestionnaireKind.EVALUATION, title="Other")
    taken = taken_keys(other)
    assert {"used", "how", "begun", "overall", "relevance", "concern", "barriers"} <= taken
    assert free_key("Relevance", taken) == "relevance-2"
    of_managers = new_questionnaire(actor=team, kind=QuestionnaireKind.LINE_MANAGER, title="Managers")
    assert not {"used", "begun", "relevance"} & taken_keys(of_managers)


def test_what_can_not_be_compared_gets_a_new_identity_whatever_the_team_says(team, written) -> None:
    draft = with_text(TWO_PAGES.without_page(1), "used", "How much?", kind=QuestionKind.LONG_TEXT)
    version = changed(team, written, draft, same=["used"])
    assert [one.key for one in version.questions.all()] == ["used-2"]


def test_answers_stay_with_the_version_they_were_given_to(team, written) -> None:
    before = list(written.versions.get(number=1).questions.values_list("text", flat=True))
    changed(team, written, with_text(TWO_PAGES, "used", "Other words?"))
    assert list(written.versions.get(number=1).questions.values_list("text", flat=True)) == before


def test_two_who_write_at_once_do_not_overwrite_each_other(team, written) -> None:
    draft = begin_draft(actor=team, questionnaire=written)
    change_draft(
        actor=team, questionnaire=written, document=TWO_PAGES.with_page("A"), revision=draft.revision
    )
    with pytest.raises(StaleDraft):
        change_draft(
            actor=team, questionnaire=written, document=TWO_PAGES.with_page("B"), revision=draft.revision
        )
    with pytest.raises(StaleDraft):
        publish_draft(actor=team, questionnaire=written, revision=draft.revision, still_the_same=[])
    assert QuestionnaireDraft.objects.get().document["pages"][-1]["heading"] == "A"


def test_faults_and_nothing_new_are_refused_and_nothing_is_lost(team, written) -> None:
    draft = begin_draft(actor=team, questionnaire=written)
    with pytest.raises(DomainError, match="Nothing has changed"):
        publish_draft(actor=team, questionnaire=written, revision=draft.revision, still_the_same=[])
    draft = change_draft(
        actor=team, questionnaire=written, document=TWO_PAGES.with_page("Empty"), revision=draft.revision
    )
    with pytest.raises(DomainError, match="has no question"):
        publish_draft(actor=team, questionnaire=written, revision=draft.revision, still_the_same=[])
    assert QuestionnaireDraft.objects.count() == 1
    assert written.versions.count() == 1


def test_beginning_twice_is_once_and_what_was_never_published_goes_when_thrown_away(team, written) -> None:
    assert begin_draft(actor=team, questionnaire=written) == begin_draft(actor=team, questionnaire=written)
    discard_draft(actor=team, questionnaire=written)
    discard_draft(actor=team, questionnaire=written)
    assert written.versions.count() == 1
    fresh = new_questionnaire(actor=team, kind=QuestionnaireKind.IMPACT, title="Never")
    discard_draft(actor=team, questionnaire=fresh)
    assert not Questionnaire.objects.filter(title="Never").exists()
    with pytest.raises(DomainError, match="already a questionnaire"):
        new_questionnaire(actor=team, kind=QuestionnaireKind.EVALUATION, title=" Short ")


def test_a_course_is_asked_about_with_its_own_and_every_other_with_the_default(
    partnership, team, written
) -> None:
    adopt_library(actor=job(partnership))
    own, other = make_course(partnership), make_course(partnership)
    ask_about_courses(actor=team, questionnaire=written, courses=[own])

    def asked(course) -> str:
        return version_in_use(partnership, "evaluation", course).questionnaire.title

    assert (asked(own), asked(other)) == ("Short", "Course evaluation")
    ask_by_default(actor=team, questionnaire=written)
    assert (asked(own), asked(other)) == ("Short", "Short")
    library_form = Questionnaire.objects.get(kind="evaluation", title="Course evaluation")
    ask_about_courses(actor=team, questionnaire=library_form, courses=[own])
    assert (asked(own), asked(other)) == ("Course evaluation", "Short")
    ask_about_courses(actor=team, questionnaire=library_form, courses=[])
    assert asked(own) == "Short"
    assert not CourseQuestionnaire.objects.exists()


def test_nobody_is_asked_what_is_still_being_written(partnership, team) -> None:
    fresh = new_questionnaire(actor=team, kind=QuestionnaireKind.EVALUATION, title="Fresh", copy_of=TWO_PAGES)
    with pytest.raises(DomainError, match="Publish the questionnaire first"):
        ask_by_default(actor=team, questionnaire=fresh)
    with pytest.raises(DomainError, match="Publish the questionnaire first"):
        ask_about_courses(actor=team, questionnaire=fresh, courses=[make_course(partnership)])


def test_loading_the_library_again_leaves_what_the_team_has_written(partnership, team) -> None:
    adopt_library(actor=job(partnership))
    form = Questionnaire.objects.get(kind="evaluation")
    version = draft_of(form.versions.first())
    changed(team, form, with_text(version, "relevance", "Was it of use to you?"), same=["relevance"])
    assert adopt_library(actor=job(partnership)) == []
    assert form.versions.count() == 2


def test_only_the_team_writes_and_only_its_own(partnership, neighbour, written) -> None:
    learner = actor_for(make_person(partnership))
    for refused in (
        lambda: begin_draft(actor=learner, questionnaire=written),
        lambda: discard_draft(actor=learner, questionnaire=written),
        lambda: ask_by_default(actor=learner, questionnaire=written),
        lambda: new_questionnaire(actor=learner, kind=QuestionnaireKind.IMPACT, title="Mine"),
    ):
        with pytest.raises(PermissionDenied):
            refused()
    with acting_in(neighbour):
        other = actor_for(make_person(neighbour, Role.TEAM))
        with pytest.raises(DomainError, match="not there any more"):
            begin_draft(actor=other, questionnaire=written)


def test_the_trail_tells_of_a_new_version(team, written) -> None:
    changed(team, written, with_text(TWO_PAGES, "used", "Has your team used it?"))
    entry = AuditEntry.objects.filter(action="evaluations.publish_questionnaire").latest("pk")
    assert entry.after == {"number": 2, "questions": 2, "new identity": ["used"]}
