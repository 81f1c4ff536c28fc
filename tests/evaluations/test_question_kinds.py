"""Questions that depend on earlier answers, rows on one scale, dates, and a yes with a word beside it."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from evaluations.answering import WithWords, asked, in_words, readable, value_of
from evaluations.drafts import Condition, Draft, DraftPage, DraftQuestion, FollowUp, Option
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.links import holder_of, survey_token
from evaluations.models import Answer, Invitation, Question
from evaluations.queries.texts import texts_about
from evaluations.services.answers import save_answers, submit_answers
from evaluations.services.drafts import new_questionnaire, publish_draft
from evaluations.services.invitations import ask_about_bookings
from evaluations.services.questionnaires import ask_by_default
from partnerships.errors import DomainError
from partnerships.permissions import Role
from tests.evaluations.made import analysis_of, booked, counted, held
from tests.factories import actor_for, job, make_person

USED = DraftQuestion(
    key="used",
    kind=QuestionKind.YES_NO,
    text="Have you used it?",
    follow_up=FollowUp(on="no", text="What stopped you?"),
)
HOW = DraftQuestion(
    key="how", kind=QuestionKind.LONG_TEXT, text="How?", shown_if=Condition(key="used", values=("yes",))
)
WHEN = DraftQuestion(key="when", kind=QuestionKind.DATE, text="When will you?", required=False)
RATED = DraftQuestion(
    key="rated",
    kind=QuestionKind.MATRIX,
    text="How well did we do?",
    ends=("Badly", "Well"),
    rows=(Option(value="room", label="The room"), Option(value="pace", label="The pace")),
)
DRAFT = Draft(
    pages=(
        DraftPage(heading="Use", questions=(USED,)),
        DraftPage(heading="How", questions=(HOW,)),
        DraftPage(heading="Us", questions=(RATED, WHEN)),
    )
)


@pytest.fixture
def invitation(partnership):
    team = actor_for(make_person(partnership, Role.TEAM))
    form = new_questionnaire(actor=team, kind=QuestionnaireKind.EVALUATION, title="All kinds", copy_of=DRAFT)
    publish_draft(actor=team, questionnaire=form, revision=1, still_the_same=[])
    ask_by_default(actor=team, questionnaire=form)
    booking = booked(held(partnership))
    return invited(booking)


def invited(booking):
    (invitation,) = ask_about_bookings(
        actor=job(booking.partnership),
        session=booking.session,
        bookings=[booking.pk],
        kind=QuestionnaireKind.EVALUATION,
        now=timezone.now(),
    )
    return invitation


def save(invitation, **answers) -> None:
    save_answers(actor=holder_of(invitation), invitation=invitation, answers=answers)


def send(invitation):
    return submit_answers(actor=holder_of(invitation), invitation=invitation)


def words(invitation) -> dict[str, str]:
    return {
        one.question.key: in_words(one.question, one)
        for one in Answer.objects.filter(invitation=invitation).select_related("question")
    }


def test_each_kind_is_kept_and_read_back(invitation) -> None:
    save(
        invitation,
        used=WithWords("no", "No time"),
        rated=["pace:2", "room:5"],
        when="2027-01-31",
    )
    assert words(invitation) == {
        "used": "No: No time",
        "rated": "The room: 5; The pace: 2",
        "when": "31 January 2027",
    }
    kept = {one.question.key: value_of(one) for one in invitation.answers.select_related("question")}
    assert kept["used"] == WithWords("no", "No time")
    send(invitation)


@pytest.mark.parametrize(
    "answers",
    [
        {"rated": ["room:6"]},
        {"rated": ["attic:1"]},
        {"rated": ["room:1", "room:2"]},
        {"rated": "room:1"},
        {"when": "soon"},
        {"when": "2027-02-30"},
        {"used": WithWords("maybe", "x")},
        {"used": WithWords("no", "x" * 2001)},
    ],
)
def test_what_a_question_does_not_offer_is_refused(invitation, answers) -> None:
    if answers == {"rated": "room:1"}:
        answers = {"rated": ["room"]}
    with pytest.raises(DomainError):
        save(invitation, **answers)
    assert not Answer.objects.exists()


def test_words_beside_the_other_answer_are_not_kept(invitation) -> None:
    save(invitation, used=WithWords("yes", "Left from before"))
    assert words(invitation) == {"used": "Yes"}


def test_every_row_must_be_answered_before_sending(invitation) -> None:
    save(invitation, used=["no"], rated=["room:5"])
    with pytest.raises(DomainError, match="How well did we do"):
        send(invitation)


def test_a_question_is_required_only_of_those_who_are_asked_it(invitation) -> None:
    save(invitation, used=["yes"], rated=["room:5", "pace:5"])
    with pytest.raises(DomainError, match=r"“How\?”"):
        send(invitation)
    save(invitation, used=["no"])
    send(invitation)


def test_what_is_not_asked_any_more_is_not_sent(invitation) -> None:
    save(invitation, used=["yes"], how="With a family", rated=["room:5", "pace:5"])
    save(invitation, used=["no"])
    send(invitation)
    assert set(words(invitation)) == {"used", "rated"}


def test_the_pages_follow_the_answers_without_javascript(invitation, client) -> None:
    token = survey_token(invitation)

    def page(number: int) -> str:
        return reverse("evaluations:survey_page", args=[invitation.partnership.slug, token, number])

    assert "page 1 of 2" in client.get(page(1)).content.decode()
    answered = client.post(page(1), {"used": "yes"})
    assert answered.url == page(2)
    assert "How?" in client.get(page(2)).content.decode()
    client.post(page(1), {"used": "no", "used--more": "No time"})
    seen = client.get(page(2)).content.decode()
    assert "How?" not in seen
    assert (
        '<legend class="govuk-fieldset__legend govuk-fieldset__legend--m">How well did we do?</legend>'
        in seen
    )
    half = client.post(page(2), {"rated--room": "4"})
    assert half.status_code == 200
    assert "Answer the question: The pace" in half.content.decode()
    done = client.post(
        page(2),
        {"rated--room": "4", "rated--pace": "3", "when_day": "1", "when_month": "2", "when_year": "2027"},
    )
    check = client.get(done.url).content.decode()
    assert "No: No time" in check
    assert "The room: 4; The pace: 3" in check
    assert "1 February 2027" in check


def test_a_row_that_is_right_is_kept_while_another_is_missing_on_a_page_left_for_later(
    invitation, client
) -> None:
    page = reverse("evaluations:survey_page", args=[invitation.partnership.slug, survey_token(invitation), 2])
    client.post(page, {"rated--room": "4", "when_day": "x", "later": "yes"})
    again = client.get(page).content.decode()
    assert re.search(r'<input[^>]*name="rated--room"[^>]*value="4"[^>]*checked', again)


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.sampled_from(["yes", "no"])))
def test_nothing_is_asked_that_depends_on_what_is_not_asked(answers) -> None:
    questions = [
        Question(key="a", kind="yes_no"),
        Question(key="b", kind="yes_no", shown_if={"key": "a", "values": ["yes"]}),
        Question(key="c", kind="yes_no", shown_if={"key": "b", "values": ["yes"]}),
    ]
    found = [one.key for one in asked(questions, {key: [code] for key, code in answers.items()})]
    assert ("b" in found) == (answers.get("a") == "yes")
    assert ("c" in found) == (answers.get("a") == answers.get("b") == "yes")


def test_an_empty_answer_is_none_of_any_kind() -> None:
    for kind in QuestionKind:
        assert readable(Question(kind=kind, text="?", rows=[]), "") is None


def test_the_team_reads_rows_words_and_days_and_a_trainer_figures_alone(invitation) -> None:
    for number in range(5):
        if number:
            booking = booked(invitation.session)
            invitation = invited(booking)
        save(invitation, used=WithWords("no", f"Reason {number}"), rated=["room:5", f"pace:{number + 1}"])
        save(invitation, when="2027-01-31")
        send(invitation)
    asked = Invitation.objects.filter(session=invitation.session)
    figures = analysis_of(asked, for_team=True).questions
    assert {one.words: one.mean.value for one in figures if one.mean} == {
        "How well did we do?: The room": 5.0,
        "How well did we do?: The pace": 3.0,
    }
    assert {one.words: [said.text for said in one.said] for one in texts_about(invitation.session)} == {
        "Have you used it?": [f"No: Reason {number}" for number in range(5)],
        "When will you?": ["31 January 2027"] * 5,
    }
    counted(invitation.partnership)
    seen = analysis_of(asked, for_team=False).questions
    assert [one.mean.value for one in seen if one.row] == [5.0, 3.0]
