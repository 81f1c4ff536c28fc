"""The team's pages for writing questionnaires: what each shows, keeps and refuses, and whose it is."""

import re

import pytest
from django.urls import reverse

from evaluations.drafts import Condition, Draft, DraftPage, DraftQuestion, FollowUp, Option
from evaluations.followed import FOLLOWED, not_followed
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.library import library
from evaluations.models import (
    Answer,
    CourseQuestionnaire,
    Invitation,
    Question,
    Questionnaire,
    QuestionnaireDraft,
)
from evaluations.services.drafts import begin_draft, change_draft, new_questionnaire, publish_draft
from evaluations.services.questionnaires import ask_about_courses
from evaluations.versions import draft_of
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import held
from tests.evaluations.test_summaries import evaluated, rated
from tests.factories import actor_for, make_course, make_person

USED = DraftQuestion(key="used", kind=QuestionKind.YES_NO, text="Have you used it?")
HOW = DraftQuestion(
    key="how", kind=QuestionKind.LONG_TEXT, text="How?", shown_if=Condition(key="used", values=("yes",))
)
OFTEN = DraftQuestion(
    key="often",
    kind=QuestionKind.CHOICE,
    text="How often?",
    options=(Option(value="daily", label="Daily"), Option(value="never", label="Never")),
)
TWO_PAGES = Draft(
    pages=(
        DraftPage(heading="Use", questions=(USED, OFTEN)),
        DraftPage(heading="More", questions=(HOW,)),
    )
)


@pytest.fixture
def person(partnership):
    return make_person(partnership, Role.TEAM)


@pytest.fixture
def team(person):
    return actor_for(person)


@pytest.fixture
def client(person, sign_in):
    return sign_in(person)


@pytest.fixture
def form(team) -> Questionnaire:
    """A questionnaire that is being written for the first time."""
    return new_questionnaire(actor=team, kind=QuestionnaireKind.EVALUATION, title="Own", copy_of=TWO_PAGES)


@pytest.fixture
def published(team, form) -> Questionnaire:
    """The same, published, with its next version begun."""
    publish_draft(actor=team, questionnaire=form, revision=1, still_the_same=[])
    begin_draft(actor=team, questionnaire=form)
    return form


def address(name: str, *more: object) -> str:
    return reverse(f"evaluations:{name}", args=["alphashire", *more])


def draft(form: Questionnaire) -> Draft:
    return Draft.model_validate(QuestionnaireDraft.objects.get(questionnaire=form).document)


def write(team, form, document: Draft) -> None:
    revision = QuestionnaireDraft.objects.get(questionnaire=form).revision
    change_draft(actor=team, questionnaire=form, document=document, revision=revision)


def text_of(client, name: str, *more: object) -> str:
    return client.get(address(name, *more)).content.decode()


def as_seen(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.split("<main")[1]))


class TestList:
    def test_says_what_is_asked_where_and_what_is_being_written(self, client, team, published, partnership):
        courses = [make_course(partnership, title=f"About {name}") for name in "abcde"]
        ask_about_courses(actor=team, questionnaire=published, courses=courses)
        new_questionnaire(actor=team, kind=QuestionnaireKind.DIP_SAMPLE, title="Calls")
        page = as_seen(text_of(client, "questionnaires"))
        own = page.split("Own")[1]
        assert "Being written" in own and "Version 1" in own and "and 2 more" in own
        assert "Not published yet" in page.split("Calls")[1]
        assert "Default" in page.split("Course evaluation")[1]
        assert page.index("Evaluation") < page.index("Dip-sample interview")

    @pytest.mark.parametrize("number", [1, 5])
    def test_takes_the_same_number_of_queries(
        self, client, team, partnership, number, django_assert_num_queries
    ):
        for one in range(number):
            made = new_questionnaire(
                actor=team, kind=QuestionnaireKind.EVALUATION, title=f"N{one}", copy_of=TWO_PAGES
            )
            publish_draft(actor=team, questionnaire=made, revision=1, still_the_same=[])
            ask_about_courses(actor=team, questionnaire=made, courses=[make_course(partnership)])
            begin_draft(actor=team, questionnaire=made)
        client.get(address("questionnaires"))
        with django_assert_num_queries(12):
            client.get(address("questionnaires"))


class TestNew:
    def send(self, client, **changes):
        return client.post(
            address("questionnaire_new"), {"kind": "evaluation", "title": "Mine", "start": "", **changes}
        )

    def test_starts_empty(self, client):
        made = self.send(client)
        found = Questionnaire.objects.get(title="Mine")
        assert made.url == address("draft", found.pk)
        assert draft(found) == Draft()

    def test_starts_as_a_copy_of_the_library_or_of_their_own(self, client, published):
        self.send(client, start=f"own-{published.pk}")
        assert draft(Questionnaire.objects.get(title="Mine")) == TWO_PAGES
        one = library()[0]
        self.send(client, title="Other", start=f"library-{one.name}")
        assert draft(Questionnaire.objects.get(title="Other")) == one.draft

    def test_a_title_that_is_taken_is_said_at_its_box(self, client, published):
        refused = self.send(client, title="Own")
        assert "already a questionnaire of this kind called “Own”" in refused.content.decode()

    def test_a_neighbours_is_not_offered_and_not_copied(self, client, neighbour):
        with acting_in(neighbour):
            other = actor_for(make_person(neighbour, Role.TEAM))
            theirs = new_questionnaire(
                actor=other, kind=QuestionnaireKind.EVALUATION, title="Theirs", copy_of=TWO_PAGES
            )
            publish_draft(actor=other, questionnaire=theirs, revision=1, still_the_same=[])
        refused = self.send(client, start=f"own-{theirs.pk}")
        assert refused.status_code == 200
        assert "Theirs" not in refused.content.decode()


class TestDetail:
    def test_counts_invitations_and_answers_of_each_version(self, client, partnership):
        evaluated(partnership, held(partnership), [rated(5, 2, 8)] * 2, silent=1)
        found = Questionnaire.objects.get(kind="evaluation", is_default=True)
        assert "The portal’s library 3 2" in as_seen(text_of(client, "questionnaire", found.pk))

    def test_becomes_the_default_and_is_asked_about_courses(self, client, published, partnership):
        client.post(address("questionnaire_default", published.pk))
        assert Questionnaire.objects.get(kind="evaluation", is_default=True) == published
        course = make_course(partnership)
        client.post(address("questionnaire_courses", published.pk), {"courses": [course.pk]})
        assert CourseQuestionnaire.objects.get().course == course
        assert course.title in text_of(client, "questionnaire", published.pk)
        client.post(address("questionnaire_courses", published.pk), {})
        assert not CourseQuestionnaire.objects.exists()

    def test_says_which_other_questionnaire_a_course_would_leave(self, client, team, published, partnership):
        course = make_course(partnership)
        ask_about_courses(actor=team, questionnaire=published, courses=[course])
        other = Questionnaire.objects.get(kind="evaluation", is_default=True)
        assert "(now with “Own”)" in text_of(client, "questionnaire_courses", other.pk)
        assert "(now with" not in text_of(client, "questionnaire_courses", published.pk)

    def test_what_was_never_published_can_not_be_asked(self, client, form, partnership):
        assert client.post(address("questionnaire_default", form.pk)).status_code == 409
        page = text_of(client, "questionnaire", form.pk)
        assert "Publish it first" in page and "Make it the default" not in page

    def test_thrown_away(self, client, published, form):
        assert "The published version stays" in text_of(client, "draft_discard", published.pk)
        assert client.post(address("draft_discard", published.pk)).url == address(
            "questionnaire", published.pk
        )
        assert not QuestionnaireDraft.objects.exists()
        client.post(address("draft_begin", published.pk))
        assert draft(published) == TWO_PAGES

    def test_a_draft_thrown_away_before_it_was_published_takes_the_questionnaire_along(self, client, form):
        assert client.post(address("draft_discard", form.pk)).url == address("questionnaires")
        assert not Questionnaire.objects.filter(pk=form.pk).exists()


class TestDraft:
    def test_says_questions_and_conditions_in_words(self, client, form):
        page = as_seen(text_of(client, "draft", form.pk))
        assert "Asked if “Have you used it?” is answered Yes." in page
        assert "Yes or no" in page and "Must be answered" in page
        assert "1. Have you used it?" in page and "3. How?" in page

    def test_says_what_is_wrong_with_links_and_offers_no_publishing(self, client, team, form):
        write(team, form, TWO_PAGES.without_question("used"))
        page = text_of(client, "draft", form.pk)
        assert 'href="#question-how">“How?” depends on a question that is not there any more.' in page
        assert address("draft_publish", form.pk) not in page
        refused = client.post(address("draft_publish", form.pk), {"revision": "2"}).content.decode()
        assert "It cannot be published yet" in refused
        assert not form.versions.exists()

    def test_pages_are_added_named_moved_and_removed(self, client, form):
        client.post(address("draft_page_new", form.pk), {"revision": 1, "heading": "Last  words"})
        client.post(address("draft_page", form.pk, 1), {"revision": 2, "heading": "Using it"})
        client.post(address("draft_page_move", form.pk, 3), {"revision": 3, "by": "up"})
        assert [one.heading for one in draft(form).pages] == ["Using it", "Last words", "More"]
        assert "and must be changed" not in text_of(client, "draft_page_remove", form.pk, 2)
        client.post(address("draft_page_remove", form.pk, 2), {"revision": 4})
        assert [one.heading for one in draft(form).pages] == ["Using it", "More"]

    def test_the_introduction(self, client, form):
        client.post(address("draft_introduction", form.pk), {"revision": 1, "introduction": "Hello."})
        assert draft(form).introduction == "Hello."

    def test_questions_are_moved_and_removed(self, client, form):
        client.post(address("draft_question_move", form.pk, "often"), {"revision": 1, "by": "up"})
        assert [one.key for one in draft(form).questions] == ["often", "used", "how"]
        page = text_of(client, "draft_question_remove", form.pk, "used")
        assert "This question depends on it and must be changed before you can publish" in page
        client.post(address("draft_question_remove", form.pk, "used"), {"revision": 2})
        assert [one.key for one in draft(form).questions] == ["often", "how"]

    @pytest.mark.parametrize("by", ["", "sideways"])
    def test_a_move_nowhere_is_none(self, client, form, by):
        client.post(address("draft_question_move", form.pk, "often"), {"revision": 1, "by": by})
        assert draft(form) == TWO_PAGES


class TestQuestion:
    def send(self, client, form, slug: str, revision: int = 1, **fields):
        sent = {"revision": revision, "kind": "choice", "page": "0", "hint": "", "required": "on", **fields}
        return client.post(address("draft_question", form.pk, slug), sent)

    def add(self, client, form, kind: str, page: int = 1, revision: int = 1, **fields):
        sent = {
            "revision": revision,
            "kind": kind,
            "page": str(page - 1),
            "hint": "",
            "text": "New?",
            **fields,
        }
        return client.post(f"{address('draft_question_new', form.pk, page)}?kind={kind}", sent)

    def test_kind_is_chosen_first(self, client, form):
        add = address("draft_question_new", form.pk, 1)
        page = client.get(add).content.decode()
        assert "Several rows on one scale" in page and 'name="text"' not in page
        assert "Choose how the question is answered" in client.get(add, {"chosen": "yes"}).content.decode()
        assert 'name="low"' in client.get(add, {"kind": "scale"}).content.decode()
        assert 'name="low"' not in client.get(add, {"kind": "date"}).content.decode()

    @pytest.mark.parametrize(
        ("kind", "fields", "written"),
        [
            ("scale", {"low": "Not", "high": "Very"}, {"ends": ("Not", "Very")}),
            ("confidence", {"low": "Not", "high": "Very"}, {"ends": ("Not", "Very")}),
            ("short_text", {}, {}),
            ("long_text", {"required": "on"}, {"required": True}),
            ("date", {}, {}),
            (
                "yes_no",
                {"more_on": "no", "more_text": "Why?"},
                {"follow_up": FollowUp(on="no", text="Why?")},
            ),
            (
                "choice",
                {"choice_order": "new-1,new-2,new-3", "choice-new-1": "A b", "choice-new-3": "C"},
                {"options": (Option(value="a-b", label="A b"), Option(value="c", label="C"))},
            ),
            (
                "choices",
                {"choice_order": "new-1,new-2", "choice-new-1": "A", "choice-new-2": "a!"},
                {"options": (Option(value="a", label="A"), Option(value="a-2", label="a!"))},
            ),
            (
                "matrix",
                {"low": "Bad", "high": "Good", "row_order": "new-1", "row-new-1": "Room"},
                {"ends": ("Bad", "Good"), "rows": (Option(value="room", label="Room"),)},
            ),
        ],
    )
    def test_each_kind_is_written(self, client, form, kind, fields, written):
        self.add(client, form, kind, **fields)
        plain = DraftQuestion(key="new", kind=QuestionKind(kind), text="New?", required=False)
        assert draft(form).question("new") == plain.model_copy(update=written)
        assert [one.key for one in draft(form).pages[0].questions] == ["used", "often", "new"]

    @pytest.mark.parametrize(
        ("kind", "fields", "sentence"),
        [
            ("scale", {"low": "Not", "high": ""}, "Enter words at 5"),
            ("choice", {"choice_order": "new-1,new-2", "choice-new-1": "A"}, "Enter at least two choices"),
            (
                "choice",
                {"choice_order": "new-1,new-2", "choice-new-1": "A", "choice-new-2": "A"},
                "“A” is there twice",
            ),
            ("matrix", {"low": "a", "high": "b", "row_order": "new-1"}, "Enter at least one row"),
            ("yes_no", {"more_on": "yes"}, "Enter what to ask beside it"),
            ("date", {"text": ""}, "Enter the question"),
            ("date", {"text": "x" * 301}, "300 characters"),
        ],
    )
    def test_what_is_missing_is_said(self, client, form, kind, fields, sentence):
        refused = self.add(client, form, kind, **fields)
        assert sentence in refused.content.decode()
        assert draft(form) == TWO_PAGES

    def test_choices_in_other_words_and_another_order_keep_their_codes(self, client, form):
        self.send(
            client,
            form,
            "often",
            text="How often?",
            **{
                "choice_order": "old-never,new-1,old-daily,new-2",
                "choice-old-never": "Not once",
                "choice-new-1": "Weekly",
                "choice-old-daily": "Every day",
                "choice-new-2": "",
            },
        )
        assert draft(form).question("often").options == (
            Option(value="never", label="Not once"),
            Option(value="weekly", label="Weekly"),
            Option(value="daily", label="Every day"),
        )

    def test_an_emptied_choice_goes_and_another_in_a_free_box_is_another(self, client, form):
        self.send(
            client,
            form,
            "often",
            text="How often?",
            **{
                "choice_order": "old-daily,old-never,new-1",
                "choice-old-daily": "Daily",
                "choice-old-never": " ",
                "choice-new-1": "Never",
            },
        )
        assert [one.value for one in draft(form).question("often").options] == ["daily", "never-2"]

    def test_boxes_are_moved_and_added_and_nothing_is_kept_by_that(self, client, form):
        boxes = {
            "choice_order": "old-daily,old-never",
            "choice-old-daily": "Daily",
            "choice-old-never": "Seldom",
        }
        moved = self.send(client, form, "often", text="", choice_up="old-never", **boxes).content.decode()
        assert 'name="choice_order" value="old-never,old-daily"' in moved
        assert "There is a problem" not in moved and 'value="Seldom"' in moved
        more = self.send(client, form, "often", text="?", more="choice", **boxes).content.decode()
        assert 'value="old-daily,old-never,new-1,new-2,new-3"' in more
        assert draft(form) == TWO_PAGES

    def test_a_condition_on_an_earlier_page(self, client, form):
        self.add(client, form, "date", page=2, **{"if-often": ["daily", "never"]})
        condition = draft(form).question("new").shown_if
        assert condition == Condition(key="often", values=("daily", "never"))
        refused = self.add(client, form, "date", page=2, revision=2, **{"if-often": "daily", "if-used": "no"})
        assert "A question can depend on one other question" in refused.content.decode()
        refused = client.post(
            f"{address('draft_question_new', form.pk, 2)}?kind=date",
            {"revision": 2, "page": "0", "text": "Third?", "if-often": "daily"},
        )
        assert "Choose a page after that of “How often?”" in refused.content.decode()

    def test_a_question_goes_to_another_page(self, client, form):
        self.send(client, form, "how", kind="long_text", text="How?", page="0")
        assert draft(form).page_of("how") == 0

    def test_identities_are_never_taken_over(self, client, team, published):
        write(team, published, TWO_PAGES.without_question("how"))
        self.add(client, published, "long_text", revision=2, text="How?")
        assert [one.key for one in draft(published).questions] == ["used", "often", "how-2"]

    def test_a_question_that_reports_follow_comes_back_under_its_name(self, client, form):
        add = address("draft_question_new", form.pk, 1)
        assert "Reports follow this one" in client.get(add).content.decode()
        page = client.get(add, {"kind": "followed-relevance"}).content.decode()
        assert "Change its words as little as you can" in page
        self.add(client, form, "followed-relevance", low="Not", high="Very", text="Was it relevant?")
        assert draft(form).question("relevance").text == "Was it relevant?"
        assert client.get(add, {"kind": "followed-relevance"}).status_code == 200
        assert 'value="followed-relevance"' not in client.get(add).content.decode()


class TestTwoAtOnce:
    def test_a_stale_page_is_told_and_what_was_typed_is_saved_at_the_second_try(self, client, team, form):
        write(team, form, TWO_PAGES.with_page("By a colleague"))
        sent = {"revision": "1", "page": "0", "text": "Have you used any of it?", "required": "on"}
        told = client.post(address("draft_question", form.pk, "used"), sent).content.decode()
        assert "This questionnaire has changed since you opened the page." in told
        assert "Have you used any of it?" in told
        assert draft(form).question("used") == USED
        revision = re.search(r'name="revision" value="(\d+)"', told)[1]
        client.post(address("draft_question", form.pk, "used"), {**sent, "revision": revision})
        assert draft(form).question("used").text == "Have you used any of it?"
        assert len(draft(form).pages) == 3

    def test_a_question_removed_meanwhile_is_not_lost(self, client, team, form):
        write(team, form, TWO_PAGES.without_page(1))
        sent = {"revision": "1", "kind": "long_text", "page": "0", "text": "How exactly?"}
        told = client.post(address("draft_question", form.pk, "how"), sent).content.decode()
        assert "has changed since" in told and "How exactly?" in told
        client.post(address("draft_question", form.pk, "how"), {**sent, "revision": "2"})
        assert draft(form).question("how").text == "How exactly?"
        assert client.get(address("draft_question", form.pk, "gone")).status_code == 404
        assert client.post(address("draft_question", form.pk, "UP"), sent).status_code == 404

    def test_a_stale_move_or_removal_changes_nothing(self, client, team, form):
        write(team, form, TWO_PAGES.with_page("By a colleague"))
        moved = client.post(
            address("draft_question_move", form.pk, "often"), {"revision": 1, "by": "up"}, follow=True
        )
        assert "has changed since you opened the page" in moved.content.decode()
        for name, what in (("draft_page_remove", 1), ("draft_question_remove", "used")):
            told = client.post(address(name, form.pk, what), {"revision": 1}).content.decode()
            assert "has changed since you opened the page" in told
        told = client.post(address("draft_publish", form.pk), {"revision": 1}).content.decode()
        assert "It cannot be published yet" in told or "has changed since" in told
        assert len(draft(form).questions) == 3

    def test_a_stale_page_does_not_publish(self, client, team, form):
        write(team, form, TWO_PAGES.with_introduction("Hello."))
        told = client.post(address("draft_publish", form.pk), {"revision": 1}).content.decode()
        assert "has changed since you opened the page. Look at it again before you publish it" in told
        assert not form.versions.exists()


class TestPreview:
    def follow(self, client, form, page: int, **answers):
        return client.post(address("preview_frame", form.pk), {"page": page, **answers}).content.decode()

    def test_follows_the_answers_and_keeps_nothing(self, client, form):
        assert "The questionnaire on a phone" in text_of(client, "preview", form.pk)
        first = self.follow(client, form, 0)
        assert "page 1 of 1" in first and "Have you used it?" in first
        assert "Answer the question: How often?" in self.follow(client, form, 1, used="yes")
        second = self.follow(client, form, 1, used="yes", often="daily")
        assert "page 2 of 2" in second and "How?" in second
        assert '<input type="hidden" name="used" value="yes">' in second
        assert "That was the last page" in self.follow(client, form, 1, used="no", often="daily")
        end = self.follow(client, form, 2, used="yes", often="daily", how="With a family")
        assert "That was the last page" in end
        assert (
            not Answer.objects.exists() and not Question.objects.filter(version__questionnaire=form).exists()
        )

    @pytest.mark.parametrize("page", ["", "x", "99", "99999999999", "-1"])
    def test_a_page_that_is_not_there_starts_again(self, client, form, page):
        assert client.post(address("preview_frame", form.pk), {"page": page}).status_code == 200

    def test_may_stand_in_the_portals_own_frame_alone(self, client, form):
        frame = client.get(address("preview_frame", form.pk))
        assert frame["X-Frame-Options"] == "SAMEORIGIN"
        assert "frame-ancestors 'self'" in frame["Content-Security-Policy"]
        assert "frame-src 'self'" in client.get(address("preview", form.pk))["Content-Security-Policy"]

    def test_shows_what_is_being_written_or_else_what_was_published(self, client, team, published):
        write(team, published, TWO_PAGES.with_introduction("Written now."))
        assert "Written now." in text_of(client, "preview_frame", published.pk)
        client.post(address("draft_discard", published.pk))
        assert "Written now." not in text_of(client, "preview_frame", published.pk)
        assert "Have you used it?" in self.follow(client, published, 0)

    def test_an_unfinished_or_empty_draft_can_be_looked_at(self, client, team, form):
        write(team, form, Draft())
        assert "There is no question yet" in text_of(client, "preview_frame", form.pk)
        write(team, form, TWO_PAGES.without_question("used"))
        assert "How often?" in self.follow(client, form, 0)


class TestPublish:
    def test_the_first_version_is_told_what_reports_will_lack(self, client, form):
        page = as_seen(text_of(client, "draft_publish", form.pk))
        assert "It asks 3 questions on 2 pages." in page
        assert "reports will not be able to say how relevant people found the course" in page
        assert "Nobody yet." in page
        client.post(address("draft_publish", form.pk), {"revision": 1})
        assert draft_of(form.versions.get()) == TWO_PAGES

    def test_says_what_is_new_removed_moved_and_asked_differently(self, client, team, published):
        first = DraftPage(
            heading="Use",
            questions=(
                OFTEN.model_copy(update={"hint": "About"}),
                USED.model_copy(update={"required": False}),
            ),
        )
        new = DraftQuestion(key="when", kind=QuestionKind.DATE, text="When?")
        write(team, published, Draft(pages=(first, DraftPage(heading="Last", questions=(new,)))))
        page = as_seen(text_of(client, "draft_publish", published.pk))
        assert "New When?" in page
        assert "Removed How?" in page
        assert re.search(r"Moved (How often\?|Have you used it\?)", page)
        assert "How often?: has another hint" in page
        assert "Have you used it?: may be left empty now" in page
        assert "New page: Last" in page and "No longer a page: More" in page

    @pytest.mark.parametrize(("said", "keys"), [("minor", ["used"]), ("another", ["used-2"])])
    def test_the_team_says_whether_a_question_in_other_words_is_the_same(
        self, client, team, published, said, keys
    ):
        other = USED.model_copy(update={"text": "Have you put it to use?"})
        write(team, published, TWO_PAGES.with_question(0, other))
        page = as_seen(text_of(client, "draft_publish", published.pk))
        assert "Before: Have you used it?" in page and "Now: Have you put it to use?" in page
        silent = client.post(address("draft_publish", published.pk), {"revision": 2}).content.decode()
        assert "Say whether it is still the same question: Have you put it to use?" in silent
        client.post(address("draft_publish", published.pk), {"revision": 2, "same-used": said})
        assert published.versions.count() == 2
        newest = draft_of(published.versions.first())
        assert [one.key for one in newest.pages[0].questions if one.kind is QuestionKind.YES_NO] == keys

    def test_a_copy_is_held_against_what_it_was_copied_from(self, client, published):
        client.post(
            address("questionnaire_new"),
            {"kind": "evaluation", "title": "Venue", "start": f"own-{published.pk}"},
        )
        copy = Questionnaire.objects.get(title="Venue")
        page = text_of(client, "draft_publish", copy.pk)
        assert "In other words" not in page and "same-used" not in page
        sent = {"revision": 1, "text": "Was the venue of use?", "page": 0, "required": "on", "more_on": ""}
        client.post(address("draft_question", copy.pk, "used"), sent)
        page = as_seen(text_of(client, "draft_publish", copy.pk))
        assert "Before: Have you used it?" in page and "Now: Was the venue of use?" in page
        assert "asked in other words in another questionnaire" in page
        silent = client.post(address("draft_publish", copy.pk), {"revision": 2}).content.decode()
        assert "Say whether it is still the same question: Was the venue of use?" in silent
        client.post(address("draft_publish", copy.pk), {"revision": 2, "same-used": "another"})
        assert {one.key for one in draft_of(copy.versions.get()).questions} == {"used-2", "often", "how"}

    def test_a_copy_of_which_a_followed_question_can_not_be_compared_says_so_first(self, client, team):
        kind = QuestionnaireKind.IMPACT
        whole = next(one.draft for one in library() if one.kind is kind)
        copy = new_questionnaire(actor=team, kind=kind, title="Fewer choices", copy_of=whole)
        done = whole.question("done")
        fewer = done.model_copy(update={"options": done.options[:2]})
        barriers = whole.question("stopped_by")
        asked = barriers.model_copy(
            update={"shown_if": Condition(key="done", values=(done.options[1].value,))}
        )
        more = whole.question("stopped_more").model_copy(update={"shown_if": None})
        document = whole
        for one in (fewer, asked, more):
            document = document.with_question(document.page_of(one.key), one)
        write(team, copy, document)
        page = as_seen(text_of(client, "draft_publish", copy.pk))
        assert "will not be able to say how many did what they had planned." in page

    def test_a_followed_question_put_back_in_other_words_is_asked_about(self, client, team, published):
        sent = {"revision": 1, "text": "How good was the venue?", "page": 0, "low": "Poor", "high": "Good"}
        kind = "followed-relevance"
        client.post(f"{address('draft_question_new', published.pk, 1)}?kind={kind}", sent)
        assert draft(published).question("relevance").text == "How good was the venue?"
        page = as_seen(text_of(client, "draft_publish", published.pk))
        assert "Before: How relevant was the course to your work?" in page
        assert "Reports follow this question." in page
        client.post(address("draft_publish", published.pk), {"revision": 2, "same-relevance": "another"})
        newest = draft_of(published.versions.first())
        assert newest.question("relevance") is None and newest.question("relevance-2") is not None

    @pytest.mark.parametrize(
        ("words", "key"), [("Relevance", "relevance-2"), ("Concern", "concern-2"), ("Trainer", "trainer-2")]
    )
    def test_a_new_question_never_takes_the_name_of_one_that_reports_follow_or_others_ask(
        self, client, form, words, key
    ):
        sent = {"revision": 1, "text": words, "page": 0, "low": "Low", "high": "High"}
        client.post(f"{address('draft_question_new', form.pk, 1)}?kind=confidence", sent)
        assert draft(form).question(key).text == words

    def test_what_can_not_be_compared_is_not_asked_about(self, client, team, published):
        fewer = OFTEN.model_copy(
            update={"options": (OFTEN.options[0], Option(value="weekly", label="Weekly"))}
        )
        write(team, published, TWO_PAGES.with_question(0, fewer))
        page = text_of(client, "draft_publish", published.pk)
        assert "Its answers cannot be compared" in page and "same-often" not in page
        client.post(address("draft_publish", published.pk), {"revision": 2})
        assert draft_of(published.versions.first()).question("often-2") is not None

    def test_warns_when_a_question_that_reports_follow_goes(self, client, team):
        found = Questionnaire.objects.get(kind="evaluation", is_default=True)
        begin_draft(actor=team, questionnaire=found)
        write(team, found, draft(found).without_question("relevance"))
        lost = "Reports will no longer be able to say how relevant people found the course."
        assert lost in text_of(client, "draft_publish", found.pk)
        assert "Everybody who is invited from now on about a course without" in text_of(
            client, "draft_publish", found.pk
        )
        client.post(address("draft_discard", found.pk))
        begin_draft(actor=team, questionnaire=found)
        assert lost in text_of(client, "draft_question_remove", found.pk, "relevance")
        old = draft(found).question("relevance")
        place = draft(found).page_of("relevance")
        write(team, found, draft(found).with_question(place, old.model_copy(update={"text": "Was it?"})))
        page = text_of(client, "draft_publish", found.pk)
        assert lost not in page and "Reports follow this question." in page

    def test_nothing_new_is_said(self, client, published):
        assert "Nothing has changed" in text_of(client, "draft_publish", published.pk)

    def test_whoever_was_invited_keeps_their_version_and_whoever_is_next_gets_the_new_one(
        self, client, team, partnership
    ):
        found = Questionnaire.objects.get(kind="evaluation", is_default=True)
        session = held(partnership)
        evaluated(partnership, session, [], silent=1)
        first = Invitation.objects.get()
        begin_draft(actor=team, questionnaire=found)
        write(team, found, draft(found).with_introduction("Hello."))
        client.post(address("draft_publish", found.pk), {"revision": 2})
        evaluated(partnership, session, [], silent=1)
        numbers = {one.pk: one.version.number for one in Invitation.objects.select_related("version")}
        assert numbers.pop(first.pk) == 1
        assert set(numbers.values()) == {2}


def test_every_question_that_reports_follow_is_in_the_library() -> None:
    for kind, every in FOLLOWED.items():
        asked = [
            {(one.key, one.kind) for one in form.draft.questions} for form in library() if form.kind == kind
        ]
        assert all(not not_followed(kind, one) for one in asked)
        assert every


_OF_ONE = [
    "questionnaire",
    "questionnaire_courses",
    "draft",
    "draft_introduction",
    "draft_page_new",
    "draft_publish",
    "draft_discard",
    "preview",
    "preview_frame",
]


@pytest.mark.parametrize("name", _OF_ONE)
def test_a_neighbours_questionnaire_is_not_there(partnership, neighbour, sign_in, form, name) -> None:
    with acting_in(neighbour):
        client = sign_in(make_person(neighbour, Role.TEAM))
    theirs = reverse(f"evaluations:{name}", args=[neighbour.slug, form.pk])
    assert client.get(theirs).status_code == 404
    assert client.post(theirs, {"revision": 1, "heading": "x"}).status_code in {404, 405}
    for more in ("questions/used/", "questions/used/remove/", "pages/1/", "pages/1/add/", "pages/1/remove/"):
        edit = reverse("evaluations:draft", args=[neighbour.slug, form.pk])
        assert client.get(f"{edit}{more}").status_code == 404
    for post in ("begin", "default"):
        at = reverse("evaluations:questionnaire", args=[neighbour.slug, form.pk])
        assert client.post(f"{at}{post}/").status_code == 404
    with acting_in(partnership):
        assert draft(form) == TWO_PAGES
