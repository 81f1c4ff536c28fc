"""Themes counted and quotes listed: right for the team, and for everybody else nothing that tells one from others."""

from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from evaluations.jobs import ask_for_evaluations
from evaluations.links import holder_of
from evaluations.models import Answer, Invitation, Theme, ThemeTag
from evaluations.queries.own_words import quotations, themes_by_course, themes_by_question
from evaluations.services.answers import save_answers, submit_answers
from evaluations.services.quotes import mark_quote, stop_quoting
from evaluations.services.redaction import redact_answer
from evaluations.services.tagging import Retagging, tag_answers
from evaluations.services.themes import add_theme
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt, answers_to, booked, closed, held
from tests.factories import actor_for, make_course, make_person


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM, name="Tia Team")


@pytest.fixture
def sharing(team) -> Theme:
    return add_theme(actor=actor_for(team), name="Information sharing")


@pytest.fixture
def workload(team) -> Theme:
    return add_theme(actor=actor_for(team), name="Workload")


def wrote(partnership, number: int, *, session=None, silent: int = 0, **fields) -> list[Answer]:
    """So many people of a session who have written what they will do, and some who can still."""
    session = session or held(partnership, **fields)
    for _ in range(number + silent):
        booked(session)
    ask_for_evaluations(partnership, timezone.now())
    asked = Invitation.objects.for_answering().filter(session=session, state="open").order_by("pk")
    for place, invitation in enumerate(asked[:number]):
        actor, text = holder_of(invitation), f"I will do the {place} thing of {session.pk}"
        answers = answers_to(invitation, pledge=text)
        save_answers(actor=actor, invitation=invitation, answers=answers)
        submit_answers(actor=actor, invitation=invitation, may_quote=True)
    return list(Answer.objects.filter(invitation__session=session, question__key="pledge").order_by("pk"))


def tick(person, answers: list[Answer], *themes: Theme) -> None:
    ids = frozenset(one.pk for one in themes)
    tag_answers(actor=actor_for(person), changes=[Retagging(one.pk, ids, frozenset()) for one in answers])


def asked_about(*answers: Answer):
    return Invitation.objects.filter(session__in=[one.invitation.session_id for one in answers])


def counts(found) -> list[tuple[str, int | None]]:
    (one,) = found
    return one.counts


def test_the_team_sees_every_count(partnership, team, sharing, workload) -> None:
    answers = wrote(partnership, 3)
    tick(team, answers[:2], sharing)
    tick(team, answers[:1], workload)
    (found,) = themes_by_question(Invitation.objects.all(), for_team=True)
    assert (found.written, found.read) == (3, 2)
    assert found.counts == [("Information sharing", 2), ("Workload", 1)]
    assert found.name == answers[0].question.text and found.kind == "Evaluation"


def test_courses_side_by_side(partnership, team, sharing) -> None:
    first = wrote(partnership, 2, course=make_course(partnership, title="Abuse"))
    assert themes_by_course(Invitation.objects.all()) == []
    second = wrote(partnership, 1, course=make_course(partnership, title="Neglect"))
    tick(team, first + second, sharing)
    found = themes_by_course(Invitation.objects.all())
    assert [(one.name, one.counts) for one in found] == [
        ("Abuse", [("Information sharing", 2)]),
        ("Neglect", [("Information sharing", 1)]),
    ]


def test_what_was_not_sent_or_was_taken_out_is_not_counted(partnership, team, sharing) -> None:
    answers = wrote(partnership, 2)
    tick(team, answers, sharing)
    Invitation.objects.filter(pk=answers[0].invitation_id).update(
        state="closed", answered_at=None, quoting_agreed_at=None
    )
    (found,) = themes_by_question(Invitation.objects.all(), for_team=True)
    assert (found.written, found.counts) == (1, [("Information sharing", 1)])


def test_others_see_nothing_before_all_is_answered_and_read(partnership, team, sharing) -> None:
    answers = wrote(partnership, 5, silent=1)
    tick(team, answers, sharing)
    closed(partnership)
    assert themes_by_question(asked_about(*answers), for_team=False) == [], "somebody can still answer"
    Invitation.objects.filter(state="open").update(state="closed")
    closed(partnership)
    assert counts(themes_by_question(asked_about(*answers), for_team=False)) == [("Information sharing", 5)]
    redact_answer(actor=actor_for(team), answer=answers[2], reason="It named somebody.")
    assert themes_by_question(asked_about(*answers), for_team=False) == [], "rather than one less"
    ThemeTag.objects.filter(answer=answers[3]).delete()
    assert themes_by_question(asked_about(*answers), for_team=False) == [], "one is not read"


def test_one_more_answer_changes_nothing(partnership, team, sharing, workload) -> None:
    """Who looks before and after the sixth of two reports learns nothing about the sixth."""
    five = wrote(partnership, 5)
    six = wrote(partnership, 6)
    closed(partnership)
    tick(team, five + six, sharing)
    tick(team, six[5:], workload)
    for answers in (five, six):
        found = themes_by_question(asked_about(*answers), for_team=False)
        assert counts(found) == [("Information sharing", 5)] and found[0].written == 5


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    number=st.integers(1, 12),
    has=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=12, max_size=12),
)
def test_nobody_is_told_from_the_others(request, number, has) -> None:
    """Whatever is tagged: a figure is of nobody, or of five and more, and so is what is left of the total."""
    partnership, team, sharing, workload = (
        request.getfixturevalue(name) for name in ("partnership", "team", "sharing", "workload")
    )
    answers = wrote(partnership, number)
    closed(partnership)
    for one, (shares, works) in zip(answers, has, strict=False):
        tick(team, [one], *[sharing] * shares, *[workload] * (works or not shares))
    for found in themes_by_question(asked_about(*answers), for_team=False):
        assert found.read % 5 == 0 and found.read > 0
        for _, count in found.counts:
            assert count is None or all(one == 0 or one >= 5 for one in (count, found.read - count))
        shown = [count for _, count in found.counts if count is not None]
        about_both = sum(shown) - found.read if len(shown) == len(found.counts) else 0
        assert about_both == 0 or about_both >= 5


def test_the_control_finds_somebody_once_the_rule_is_off(partnership, team, sharing, workload) -> None:
    answers = wrote(partnership, 6)
    closed(partnership)
    tick(team, answers, sharing)
    tick(team, answers[:1], workload)
    assert ("Workload", None) in counts(themes_by_question(asked_about(*answers), for_team=False))
    assert ("Workload", 1) in counts(themes_by_question(asked_about(*answers), for_team=True))


def test_a_quote_names_session_and_course_only_where_five_answered(partnership, team) -> None:
    course = make_course(partnership, title="Neglect")
    large = wrote(partnership, 5, course=course)
    small = wrote(partnership, 1, course=course)
    rare = wrote(partnership, 1, course=make_course(partnership, title="Rare"))
    for one in (large[0], small[0], rare[0]):
        mark_quote(actor=actor_for(team), answer=one, words=one.text)
    found = {one.words: one for one in quotations(Invitation.objects.all())}
    assert {words: (one.course, one.session) for words, one in found.items()} == {
        large[0].text: ("Neglect", large[0].invitation.session.starts_at),
        small[0].text: ("Neglect", None),
        rare[0].text: ("", None),
    }
    assert {one.speaker for one in found.values()} == {"a learner"}
    assert quotations(asked_about(*rare)) == [], "fewer than five answered at all"
    assert list(found) == sorted(found)


def test_consent_taken_back_is_quoted_no_more(partnership, team) -> None:
    one, *_ = wrote(partnership, 5)
    mark_quote(actor=actor_for(team), answer=one, words="I will do […] thing")
    assert [found.words for found in quotations(asked_about(one))] == ["I will do […] thing […]"]
    stop_quoting(actor=holder_of(one.invitation), invitation=one.invitation)
    assert quotations(asked_about(one)) == []


@pytest.mark.parametrize("rows", [1, 5])
def test_the_same_queries_however_many(
    partnership, team, sharing, workload, rows, django_assert_num_queries
) -> None:
    for number in range(rows):
        answers = wrote(partnership, 5, course=make_course(partnership, title=f"Course {number}"))
        tick(team, answers, sharing, workload)
        mark_quote(actor=actor_for(team), answer=answers[0], words=answers[0].text)
    closed(partnership)
    everybody, about_one = Invitation.objects.all(), asked_about(*answers)
    with django_assert_num_queries(4):
        themes_by_question(everybody, for_team=True)
    with django_assert_num_queries(3):
        themes_by_course(everybody)
    with django_assert_num_queries(2):
        quotations(everybody)
    with django_assert_num_queries(2):
        themes_by_question(about_one, for_team=False)


class TestPages:
    """Page, PDF and spreadsheet, of the team and of trainers."""

    @pytest.fixture
    def trainer(self, partnership):
        return make_person(partnership, Role.TRAINER)

    @pytest.fixture
    def answers(self, partnership, neighbour, team, trainer, sharing):
        with acting_in(neighbour):
            adopt(neighbour)
            stranger = make_person(neighbour, Role.TEAM)
            theirs = add_theme(actor=actor_for(stranger), name="A neighbour’s theme")
            tick(stranger, wrote(neighbour, 5), theirs)
        found = wrote(partnership, 6, trainers=(trainer,))
        closed(partnership)
        tick(team, found, sharing)
        mark_quote(actor=actor_for(team), answer=found[0], words="I will do […] thing")
        return found

    @pytest.mark.parametrize("who", ["team", "trainer"])
    def test_the_report_of_a_session(self, partnership, team, trainer, answers, sign_in, who) -> None:
        name = {"team": "session_evaluation", "trainer": "trainer_evaluation"}[who]
        client = sign_in({"team": team, "trainer": trainer}[who])
        at = [partnership.slug, answers[0].invitation.session_id]
        page = client.get(reverse(f"evaluations:{name}", args=at)).content.decode()
        assert "What they wrote about" in page and "Information sharing" in page
        assert "“I will do […] thing […]” (a learner" in page
        assert (answers[1].text in page) is (who == "team")
        assert "A neighbour’s theme" not in page
        pdf = client.get(reverse(f"evaluations:{name}_file", args=[*at, "pdf"]))
        assert pdf.status_code == 200 and b"".join(pdf.streaming_content).startswith(b"%PDF")
        sheet = b"".join(
            client.get(reverse(f"evaluations:{name}_file", args=[*at, "xlsx"])).streaming_content
        )
        cells = [
            str(cell)
            for tab in CalamineWorkbook.from_filelike(BytesIO(sheet)).sheet_names
            for row in CalamineWorkbook.from_filelike(BytesIO(sheet)).get_sheet_by_name(tab).to_python()
            for cell in row
        ]
        assert "Information sharing" in cells and any("I will do […] thing […]" in one for one in cells)
        said = " ".join(cells)
        for one in answers:
            assert one.invitation.respondent_name not in said
            assert one.text not in said

    def test_a_trainer_reads_no_quote_of_four(self, partnership, team, trainer, sharing, sign_in) -> None:
        found = wrote(partnership, 4, trainers=(trainer,))
        tick(team, found, sharing)
        mark_quote(actor=actor_for(team), answer=found[0], words=found[0].text)
        at = [partnership.slug, found[0].invitation.session_id]
        page = sign_in(trainer).get(reverse("evaluations:trainer_evaluation", args=at)).content.decode()
        assert found[0].text not in page and "Information sharing" not in page

    def test_the_analysis(self, partnership, team, answers, sign_in) -> None:
        client = sign_in(team)
        page = client.get(reverse("evaluations:analysis", args=[partnership.slug])).content.decode()
        assert "What they wrote about" in page and "“I will do […] thing […]” (a learner" in page
        assert "A neighbour’s theme" not in page
