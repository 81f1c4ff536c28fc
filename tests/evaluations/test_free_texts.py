"""The page of free texts: which stand there and in which order, what is suggested, and that saving writes the rest."""

from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from evaluations.answering import REMOVED, WithWords
from evaluations.jobs import ask_for_evaluations
from evaluations.links import holder_of
from evaluations.models import Answer, Invitation, Theme, ThemeTag
from evaluations.queries.free_texts import free_texts
from evaluations.queries.tagging import to_tag
from evaluations.services.answers import save_answers
from evaluations.services.tagging import Retagging, tag_answers
from evaluations.services.themes import add_theme, retire_theme
from evaluations.similar import MOST, Tagged, suggestions
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt, answer, booked, held
from tests.factories import actor_for, make_course, make_person

TEXTS = (
    "Share information with the school before the meeting",
    "Ask the school to share information sooner",
    "Hear what the child says",
    "Our caseload is too high",
    "Bring the chronology to supervision",
)


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM, name="Tia Team")


@pytest.fixture
def address(partnership) -> str:
    return reverse("evaluations:free_texts", args=[partnership.slug])


@pytest.fixture
def sharing(team) -> Theme:
    return add_theme(actor=actor_for(team), name="Information sharing", key="1")


@pytest.fixture
def workload(team) -> Theme:
    return add_theme(actor=actor_for(team), name="Workload", key="w")


def said(partnership, *texts: str, course=None, **more) -> list[Answer]:
    """A pledge of one learner each, about one session."""
    session = held(partnership, **({"course": course} if course else {}), days_ago=2)
    for _ in texts:
        booked(session)
    ask_for_evaluations(partnership, timezone.now())
    asked = Invitation.objects.filter(session=session, state="open").order_by("pk")
    for invitation, text in zip(asked, texts, strict=True):
        answer(invitation, pledge=text, **more)
    return list(Answer.objects.filter(invitation__session=session, question__key="pledge").order_by("pk"))


def tick(person, answer: Answer, theme: Theme) -> None:
    tag_answers(actor=actor_for(person), changes=[Retagging(answer.pk, frozenset([theme.pk]), frozenset())])


def shown(response) -> list[str]:
    return [row.answer.text for row in response.context["rows"]]


def test_only_words_that_were_sent_and_are_still_there(partnership, team) -> None:
    first, *_ = said(partnership, *TEXTS[:2], concern=WithWords("yes", "The room was cold"))
    Answer.objects.filter(pk=first.pk).update(text=REMOVED)
    draft = Invitation.objects.filter(state="answered").last()
    found = set(free_texts(actor_for(team)).values_list("text", flat=True))
    assert {TEXTS[1], "The room was cold"} <= found
    assert REMOVED not in found and not any(text[:2] == "20" for text in found), "neither gone nor days"
    Invitation.objects.filter(pk=draft.pk).update(state="open", answered_at=None)
    save_answers(actor=holder_of(draft), invitation=draft, answers={"pledge": "Not sent"})
    assert "Not sent" not in free_texts(actor_for(team)).values_list("text", flat=True)


def test_without_a_theme_first_and_nobodys_name(partnership, team, sharing, address, sign_in) -> None:
    answers = said(partnership, *TEXTS[:3])
    tick(team, answers[0], sharing)
    response = sign_in(team).get(address)
    assert shown(response) == [TEXTS[2], TEXTS[1], TEXTS[0]]
    page = response.content.decode()
    for one in answers:
        asked = one.invitation
        assert asked.respondent_name not in unescape(page)
        assert asked.booking.organisation.name not in unescape(page)


def test_the_filters(partnership, team, sharing, address, sign_in) -> None:
    course = make_course(partnership, title="Neglect")
    mine = said(partnership, TEXTS[0], course=course)
    said(partnership, TEXTS[1], comments="Good biscuits")
    tick(team, mine[0], sharing)
    client = sign_in(team)

    def found(**query: object) -> set[str]:
        return set(shown(client.get(address, query)))

    assert found(course=course.pk) == {TEXTS[0]}
    assert found(course=course.pk, session=mine[0].invitation.session_id) == {TEXTS[0]}
    assert found(standing="tagged") == found(theme=sharing.pk) == {TEXTS[0]}
    assert found(standing="untagged") == {TEXTS[1], "Good biscuits"}
    assert found(q="SCHOOL sooner") == {TEXTS[1]}
    assert found(q="biscuits school") == set()
    assert found(question="evaluation.comments") == {"Good biscuits"}
    assert found(question="evaluation.pledge") == {TEXTS[0], TEXTS[1]}
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert found(first_day=tomorrow.strftime("%d/%m/%Y")) == set()
    assert (
        "Change or clear the filters"
        in client.get(address, {"first_day": tomorrow.strftime("%d/%m/%Y")}).content.decode()
    )


def test_saving_writes_what_was_changed_and_keeps_a_colleagues(
    partnership, team, sharing, workload, address, sign_in
) -> None:
    first, second, *_ = said(partnership, *TEXTS)
    tick(team, first, sharing)
    client = sign_in(team)
    page = client.get(address).content.decode()
    assert f'name="shown-{first.pk}" value="{sharing.pk}"' in page
    # Meanwhile a colleague ticks another theme; this page, which has not heard of it, takes its own tick away.
    tick(make_person(partnership, Role.TEAM), first, workload)
    sent = {
        "answer": [first.pk, second.pk],
        f"shown-{first.pk}": sharing.pk,
        f"shown-{second.pk}": "",
        f"themes-{second.pk}": [sharing.pk, workload.pk],
    }
    response = client.post(f"{address}?standing=untagged", sent, follow=True)
    assert "Saved: 2 answers changed." in response.content.decode()
    assert response.redirect_chain == [(f"{address}?standing=untagged", 302)]
    assert [one.theme for one in ThemeTag.objects.filter(answer=first)] == [workload]
    assert {one.theme for one in ThemeTag.objects.filter(answer=second)} == {sharing, workload}
    assert "Saved: 0 answers changed." in client.post(address, sent, follow=True).content.decode()


def test_what_can_be_saved_is_saved_where_a_colleague_has_retired_a_theme(
    partnership, team, sharing, workload, address, sign_in
) -> None:
    first, second, third = said(partnership, *TEXTS[:3])
    tick(team, third, workload)
    retire_theme(actor=actor_for(team), theme=sharing)
    sent = {
        "answer": [first.pk, second.pk, third.pk],
        f"themes-{first.pk}": [sharing.pk, workload.pk],
        f"themes-{second.pk}": [sharing.pk],
        f"shown-{third.pk}": str(workload.pk),
    }
    page = unescape(sign_in(team).post(address, sent, follow=True).content.decode())
    assert "Saved: 2 answers changed. “Information sharing” is not offered any more" in page
    assert list(ThemeTag.objects.values_list("answer", "theme")) == [(first.pk, workload.pk)]


def test_nonsense(partnership, team, sharing, address, sign_in) -> None:
    (one,) = said(partnership, TEXTS[0])
    client = sign_in(team)
    page = client.post(address, {"answer": one.pk, f"themes-{one.pk}": sharing.pk + 999}, follow=True)
    assert "is not there" in page.content.decode()
    for sent in ({"answer": "x"}, {"answer": one.pk, f"themes-{one.pk}": "x"}, {}, {"answer": "9" * 30}):
        assert client.post(address, sent).status_code == 302
    assert not ThemeTag.objects.exists()


def test_a_retired_theme_stands_where_it_is_and_can_be_taken_away(
    partnership, team, sharing, workload, address, sign_in
) -> None:
    first, second = said(partnership, *TEXTS[:2])
    tick(team, first, sharing)
    retire_theme(actor=actor_for(team), theme=sharing)
    client = sign_in(team)
    boxes = {row.answer.pk: [box.theme for box in row.boxes] for row in client.get(address).context["rows"]}
    assert boxes == {first.pk: [sharing, workload], second.pk: [workload]}
    client.post(address, {"answer": first.pk, f"shown-{first.pk}": sharing.pk})
    assert not ThemeTag.objects.exists()


def test_similar_answers_suggest_their_themes(partnership, neighbour, team, sharing, workload) -> None:
    first, second, third, fourth, _ = said(partnership, *TEXTS)
    tick(team, first, sharing)
    tick(team, fourth, workload)
    rows = {row.answer.pk: row for row in to_tag(actor_for(team), [second, third])}
    assert [box.theme for box in rows[second.pk].suggested] == [sharing]
    suggestion = rows[second.pk].suggested[0].suggestion
    assert (suggestion.has, suggestion.of) == (1, 1)
    assert rows[third.pk].suggested == []
    assert ThemeTag.objects.count() == 2, "nobody but the team ticks"
    with acting_in(neighbour):
        adopt(neighbour)
        stranger = make_person(neighbour, Role.TEAM)
        add_theme(actor=actor_for(stranger), name="Theirs")
        theirs = said(neighbour, TEXTS[1])
        assert to_tag(actor_for(stranger), theirs)[0].suggested == []


def test_the_nearest_decide() -> None:
    tagged = [
        Tagged(frozenset({"share", "school", "meet"}), frozenset({1})),
        Tagged(frozenset({"share", "school", "soon"}), frozenset({1, 2})),
        Tagged(frozenset({"caseload", "high", "team"}), frozenset({3})),
    ]
    found = suggestions({7: ["share", "school", "late"], 8: ["caseload"], 9: []}, tagged)
    assert [(one.theme, one.has, one.of) for one in found[7]][:1] == [(1, 2, 2)]
    assert found[8] == [], "one word in common says nothing"
    assert found[9] == []


_STEMS = st.frozensets(st.sampled_from("abcdefgh"), max_size=5)


@given(st.lists(st.builds(Tagged, _STEMS, st.frozensets(st.integers(1, 4), min_size=1))), _STEMS)
def test_suggestions_are_few_and_of_similar_answers(tagged, stems) -> None:
    found = suggestions({1: stems}, tagged)[1]
    assert len(found) <= MOST
    assert all(0 < one.has <= one.of for one in found)
    known = {theme for one in tagged if len(one.stems & stems) >= 2 for theme in one.themes}
    assert {one.theme for one in found} <= known


def test_pages_of_ten(partnership, team, sharing, address, sign_in) -> None:
    said(partnership, *(f"Text {number}" for number in range(12)))
    client = sign_in(team)
    pages = [shown(client.get(address, {"page": number})) for number in (1, 2)]
    assert [len(one) for one in pages] == [10, 2] and not set(pages[0]) & set(pages[1])


@pytest.mark.parametrize("tagged", [0, 1, 3, 10, 12])
def test_untagged_ones_come_first_over_the_pages(
    partnership, team, sharing, address, sign_in, tagged
) -> None:
    answers = said(partnership, *(f"Text {number:02}" for number in range(12)))
    for one in answers[:tagged]:
        tick(team, one, sharing)
    client = sign_in(team)
    pages = [shown(client.get(address, {"page": number})) for number in (1, 2)]
    expected = [one.text for one in [*answers[tagged:][::-1], *answers[:tagged][::-1]]]
    assert pages == [expected[:10], expected[10:]]


def test_the_newest_to_one_question_after_the_other(partnership, address, team, sign_in) -> None:
    for number in range(2):
        said(partnership, f"Plan {number}", comments=f"Comment {number}")
    assert shown(sign_in(team).get(address)) == ["Comment 1", "Comment 0", "Plan 1", "Plan 0"]


@pytest.mark.parametrize("tagged", [0, 5, 15])
@pytest.mark.parametrize("query", [{}, {"q": "text"}, {"standing": "tagged"}])
def test_of_many_the_first_stand_there_and_the_page_says_so(
    partnership, team, sharing, address, sign_in, monkeypatch, tagged, query
) -> None:
    answers = said(partnership, *(f"Text {number:02}" for number in range(15)))
    for one in answers[:tagged]:
        tick(team, one, sharing)
    client = sign_in(team)
    every = [shown(client.get(address, query | {"page": number})) for number in (1, 2)]
    monkeypatch.setattr("evaluations.queries.free_texts.MOST", 10)
    few = query.get("standing") == "tagged" and tagged < 15
    for number, page in ((1, 0), (2, 0), ("x", 0)):
        response = client.get(address, query | {"page": number})
        words = " ".join(response.content.decode().split())
        assert ("<strong>More than 10</strong> answers." in words) == (not few)
        if not few:
            assert response.context["page_obj"].paginator.num_pages == 1
            assert shown(response) == every[page]


def test_as_many_as_stand_there_at_most_are_no_more_than_that(
    partnership, team, address, sign_in, monkeypatch
) -> None:
    said(partnership, *TEXTS[:2])
    client = sign_in(team)
    for most, words in ((2, "<strong>2</strong> answers."), (1, "<strong>More than 1</strong>")):
        monkeypatch.setattr("evaluations.queries.free_texts.MOST", most)
        assert words in client.get(address).content.decode()


@pytest.mark.parametrize("role", [Role.TRAINER, Role.OBSERVER, Role.SUBGROUP_CHAIR, Role.ORGANISATION_LEAD])
def test_for_the_team_alone(partnership, address, sign_in, role) -> None:
    said(partnership, TEXTS[0])
    person = make_person(partnership, role)
    assert sign_in(person).get(address).status_code == 403
    assert not free_texts(actor_for(person)).exists()


def test_nothing_of_the_neighbour(partnership, neighbour, team, sharing, address, sign_in) -> None:
    (mine,) = said(partnership, TEXTS[0])
    with acting_in(neighbour):
        adopt(neighbour)
        (theirs,) = said(neighbour, "A neighbour’s words")
    client = sign_in(team)
    assert shown(client.get(address)) == [TEXTS[0]]
    client.post(address, {"answer": [mine.pk, theirs.pk], f"themes-{theirs.pk}": sharing.pk})
    assert not ThemeTag.objects.exists()
    with acting_in(neighbour):
        assert not ThemeTag.objects.exists()


@pytest.mark.parametrize("rows", [1, 5])
def test_the_page_takes_the_same_queries(
    partnership, team, sharing, address, sign_in, rows, django_assert_num_queries
) -> None:
    answers = said(partnership, *TEXTS[:rows], "Share information with everybody")
    tick(team, answers[-1], sharing)
    client = sign_in(team)
    client.get(address)
    with django_assert_num_queries(21):
        client.get(address)
