"""Answering as one goes: begun, left and taken up again, in two windows at once, in time and late."""

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from evaluations.answering import WithWords
from evaluations.jobs import ask_about_impact, ask_for_evaluations
from evaluations.kinds import QuestionnaireKind
from evaluations.links import survey_token
from evaluations.models import Answer, Invitation, Question
from evaluations.periods import answers_due_at
from evaluations.queries import course_rates, response_rates
from evaluations.tabs import _posted, marks, with_newer
from notifications.models import Message
from partnerships.links import token_for
from partnerships.models import AuditEntry, Person
from partnerships.permissions import Role
from partnerships.services.policies import policy_of
from tests.evaluations.made import analysis_of, answer, at, booked, held
from tests.evaluations.test_answering import FIRST, FOURTH, PAGES, SECOND
from tests.evaluations.test_codes import opened, path_of
from tests.factories import adopt, make_course, make_person, policy


@pytest.fixture
def invitation(partnership) -> Invitation:
    booking = booked(held(partnership))
    ask_for_evaluations(partnership, booking.session.ends_at)
    return Invitation.objects.for_answering().get()


@pytest.fixture
def link(partnership, invitation) -> str:
    return reverse("evaluations:survey", args=[partnership.slug, survey_token(invitation)])


def page_of(link: str, number: int) -> str:
    return Client().get(f"{link}{number}/").content.decode()


def shown_on(link: str, number: int) -> dict[str, object]:
    """What a page carries besides its questions."""
    from html.parser import HTMLParser

    class Hidden(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: dict[str, list[str]] = {}

        def handle_starttag(self, tag, attrs) -> None:
            given = dict(attrs)
            if tag == "input" and given.get("type") == "hidden" and given["name"] in {"shown", "heading"}:
                self.found.setdefault(given["name"], []).append(given["value"])

    parser = Hidden()
    parser.feed(page_of(link, number))
    return parser.found


class TestOpened:
    def test_a_press_and_not_a_look_opens_it_once(self, link) -> None:
        Client().get(link)
        Client().get(f"{link}1/")
        assert Invitation.objects.get().opened_at is None
        assert Client().post(link).url == f"{link}1/"
        opened = Invitation.objects.get().opened_at
        assert opened is not None
        Client().post(link)
        assert Invitation.objects.get().opened_at == opened
        assert AuditEntry.objects.filter(action="evaluations.open_survey").count() == 1

    def test_an_answer_opens_it_too(self, link) -> None:
        Client().post(f"{link}1/", FIRST)
        assert Invitation.objects.get().opened_at is not None

    def test_whoever_has_answered_has_opened_it_also_before_that_was_noted(
        self, partnership, invitation
    ) -> None:
        answer(invitation)
        Invitation.objects.update(opened_at=None)
        for rates in (response_rates(partnership), course_rates(partnership)):
            assert rates.get(kind="evaluation")["opened"] == 1
        found = analysis_of(Invitation.objects.filter(partnership=partnership), for_team=True)
        assert found.response(QuestionnaireKind.EVALUATION).opened == 1

    def test_rates_say_how_many_at_each_step(self, partnership, sign_in) -> None:
        session = held(partnership)
        for _ in range(4):
            booked(session)
        ask_for_evaluations(partnership, timezone.now())
        first, second, third, _ = Invitation.objects.for_answering()
        for one in (first, second):
            answer(one)
        Invitation.objects.filter(pk=second.pk).update(due_at=timezone.now() - timedelta(days=1))
        Client().post(reverse("evaluations:survey", args=[partnership.slug, survey_token(third)]))
        row = response_rates(partnership).get()
        assert [row[name] for name in ("invited", "opened", "answered", "late", "waiting")] == [4, 3, 2, 1, 2]
        client = sign_in(make_person(partnership, Role.TEAM))
        page = client.get(reverse("evaluations:surveys", args=[partnership.slug])).content.decode()
        assert "3 of 4 (75%)" in page and "2 of 4 (50%)" in page and "1 late" in page


class TestGoingOn:
    def test_leads_to_the_first_page_that_lacks_an_answer(self, link) -> None:
        client = Client()
        for number, answers in enumerate(PAGES, start=1):
            assert client.post(link).url == f"{link}{number}/"
            client.post(f"{link}{number}/", answers)
        # The last page asks for nothing that must be answered: it is still shown once.
        assert client.post(link).url == f"{link}5/"
        client.post(f"{link}5/", {"comments": "Good coffee"})
        assert client.post(link).url == f"{link}check/"
        client.post(f"{link}2/", {**SECOND, "confidence_after": ""})
        assert client.post(link).url == f"{link}2/"

    def test_nothing_right_is_lost_on_a_page_with_an_error(self, link) -> None:
        wrong = {**FOURTH, "pledge_by_day": "31", "pledge_by_month": "2", "pledge_by_year": "2027"}
        page = Client().post(f"{link}4/", wrong).content.decode()
        assert "There is a problem" in page and 'value="31"' in page
        assert Answer.objects.get(question__key="pledge").text == FOURTH["pledge"]
        assert Answer.objects.get(question__key="barriers").chosen == FOURTH["barriers"]


class TestTwoWindows:
    def test_an_older_window_does_not_empty_what_a_newer_one_has_saved(self, link) -> None:
        old = shown_on(link, 4)
        dated = {**FOURTH, "pledge_by_day": "1", "pledge_by_month": "3", "pledge_by_year": "2027"}
        Client().post(f"{link}4/", dated)
        response = Client().post(f"{link}4/", {**old, "pledge": "Ask the child"})
        assert response.url == f"{link}5/"
        assert Answer.objects.get(question__key="pledge").text == "Ask the child"
        assert Answer.objects.get(question__key="barriers").chosen == FOURTH["barriers"]
        assert Answer.objects.get(question__key="pledge_by").text == "2027-03-01"

    def test_what_was_answered_elsewhere_is_not_missing_here(self, link) -> None:
        old = shown_on(link, 2)
        Client().post(f"{link}2/", SECOND)
        assert Client().post(f"{link}2/", old).url == f"{link}3/"
        assert Answer.objects.get(question__key="confidence_after").number == 8

    def test_who_empties_a_box_that_was_full_empties_it(self, link) -> None:
        Client().post(f"{link}4/", FOURTH)
        Client().post(f"{link}4/", {**shown_on(link, 4), "pledge": FOURTH["pledge"]})
        assert not Answer.objects.filter(question__key="barriers").exists()

    def test_a_page_whose_number_has_changed_is_still_the_same_page(self, partnership, sign_in) -> None:
        booking = booked(held(partnership, days_ago=100))
        ask_about_impact(partnership, timezone.now())
        invitation = Invitation.objects.for_answering().get(booking=booking)
        link = reverse("evaluations:survey", args=[partnership.slug, survey_token(invitation)])
        Client().post(f"{link}1/", {"done": "partly"})
        old = shown_on(link, 3)
        assert old["heading"] == ["What has changed"]
        gone = shown_on(link, 2)
        Client().post(f"{link}1/", {"done": "done"})
        changed = {"practice": "I ask", "child": "Safer", "lasting": "everyday"}
        assert Client().post(f"{link}3/", {**old, **changed}).url == f"{link}3/"
        assert Answer.objects.get(question__key="practice").text == "I ask"
        page = Client().post(f"{link}2/", {**gone, "stopped_by": ["time"]}, follow=True).content.decode()
        assert "Your other answers have changed what we ask" in page

    def test_a_window_left_open_after_sending_says_so(self, link, invitation) -> None:
        old = shown_on(link, 4)
        answer(invitation, pledge="Kept")
        response = Client().post(f"{link}4/", {**old, "pledge": "Other"})
        assert response.status_code == 409
        assert Answer.objects.get(question__key="pledge").text == "Kept"


_OPTIONS = [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]
_WORDS = st.text("ab \n", max_size=4).map(str.strip)
_CODES = st.lists(st.sampled_from("ab"), unique=True).map(sorted)
KINDS = {
    "scale": st.none() | st.integers(1, 5),
    "long_text": st.none() | _WORDS.filter(bool),
    "choices": _CODES.map(lambda codes: codes or None),
    "date": st.none() | st.dates().map(lambda day: day.isoformat()),
    "matrix": st.lists(st.sampled_from(["a:1", "b:5"]), unique=True).map(lambda them: sorted(them) or None),
    "yes_no": st.none() | st.just(["no"]) | st.builds(WithWords, st.just("yes"), _WORDS.filter(bool)),
}


@given(st.data(), st.sampled_from(sorted(KINDS)))
def test_what_only_the_other_window_changed_stays_and_what_this_one_changed_counts(data, kind) -> None:
    more = {"follow_up": {"on": "yes", "text": "Why?"}} if kind == "yes_no" else {}
    question = Question(key="q", kind=kind, text="Q", options=_OPTIONS, rows=_OPTIONS, **more)
    shown, sent, saved = (data.draw(KINDS[kind], label=name) for name in ("shown", "sent", "saved"))
    posted = QueryDict(mutable=True)
    for name, values in _posted(question, sent).items():
        # Browsers send line ends of their own.
        posted.setlist(name, [value.replace("\n", "\r\n") for value in values])
    posted.setlist("shown", marks([question], {"q": shown}))
    kept = with_newer([question], {"q": saved}, posted)
    expected = _posted(question, saved if sent == shown else sent)
    assert {name: [one.replace("\r\n", "\n") for one in kept.getlist(name)] for name in expected} == expected


class TestTyping:
    """What a page sends by itself while somebody types on it."""

    def typed(self, link: str, number: int, given: dict[str, object], **more: object):
        return Client().post(f"{link}{number}/", {**shown_on(link, number), **given, "typing": "yes", **more})

    def test_is_kept_though_required_answers_are_missing(self, link) -> None:
        response = self.typed(link, 1, {"overall": "4"})
        assert response.status_code == 200
        assert Answer.objects.get().number == 4
        assert "checked" in page_of(link, 1)

    def test_is_no_press_of_a_button_and_not_in_the_trail(self, link) -> None:
        for overall in ("4", "5"):
            self.typed(link, 1, {"overall": overall, "relevance": "5"})
        assert not AuditEntry.objects.filter(action="evaluations.save_answers").exists()
        assert Client().post(f"{link}1/", FIRST).url == f"{link}2/"
        assert AuditEntry.objects.filter(action="evaluations.save_answers").count() == 1

    def test_what_is_wrong_waits_and_the_rest_is_kept(self, link) -> None:
        Client().post(f"{link}1/", FIRST)
        response = self.typed(link, 4, {"pledge": "x" * 3000, "barriers": ["time"]})
        assert response.status_code == 200
        assert Answer.objects.get(question__key="barriers").chosen == ["time"]
        assert not Answer.objects.filter(question__key="pledge").exists()

    def test_a_page_that_goes_back_to_what_it_showed_first_means_it(self, link) -> None:
        """It has saved something else meanwhile, and knows that it has."""
        hidden = shown_on(link, 4)
        typed = Client().post(f"{link}4/", {**hidden, "pledge": "Half a thou", "typing": "yes"})
        carried = dict(mark.rsplit(":", 1) for mark in typed.json()["shown"])
        marks = [
            f"{key}:{carried.get(key, mark)}" for key, mark in (one.rsplit(":", 1) for one in hidden["shown"])
        ]
        Client().post(f"{link}4/", {**hidden, "shown": marks, "pledge": "", "later": "yes"})
        assert not Answer.objects.filter(question__key="pledge").exists()

    def test_it_has_not_seen_what_another_window_has_saved(self, link) -> None:
        hidden = shown_on(link, 4)
        Client().post(f"{link}4/", FOURTH | {"later": "yes"})
        typed = Client().post(f"{link}4/", {**hidden, "pledge": "", "barriers": ["time"], "typing": "yes"})
        keys = {mark.rsplit(":", 1)[0] for mark in typed.json()["shown"]}
        assert "barriers" in keys and "pledge" not in keys
        assert Answer.objects.get(question__key="pledge").text == FOURTH["pledge"]

    def test_nothing_is_kept_that_can_not_be_answered_any_more(self, link, invitation) -> None:
        hidden = shown_on(link, 1)
        answer(invitation)
        response = Client().post(f"{link}1/", {**hidden, "overall": "1", "typing": "yes"})
        assert response.status_code == 409
        assert Answer.objects.get(question__key="overall").number == 4


class TestLate:
    DUE = [
        pytest.param("evaluation", {}, "2026-03-16 23:59", id="evaluation: fourteen days"),
        pytest.param("trainer_feedback", {}, "2026-03-16 23:59", id="trainers too"),
        pytest.param("impact", {}, "2026-03-30 23:59", id="impact: 28 days, into summer time"),
        pytest.param("line_manager", {}, "2026-03-30 23:59", id="line manager"),
        pytest.param("pre_course", {}, None, id="before the course only the closing counts"),
        pytest.param("observation", {}, None, id="observers"),
        pytest.param(
            "evaluation", {"evaluation__due_days": 60}, "2026-04-01 13:00", id="never after closing"
        ),
    ]

    @pytest.mark.parametrize(("kind", "rules", "due"), DUE)
    def test_by_when_answers_are_asked_for(self, kind, rules, due) -> None:
        found = answers_due_at(
            kind, policy(**rules), invited_at=at("2026-03-02 14:00"), closes_at=at("2026-04-01 13:00")
        )
        assert found == (at(due) if due else None)

    def test_late_answers_count_and_are_marked(self, link, invitation) -> None:
        Invitation.objects.update(due_at=timezone.now() - timedelta(days=1))
        assert "They still count: we accept them until" in Client().get(link).content.decode()
        answer(invitation)
        found = Invitation.objects.get()
        assert found.is_late and hasattr(found.booking, "certificate")
        entry = AuditEntry.objects.get(action="evaluations.submit_answers")
        assert entry.after["late"] is True

    def test_answers_in_time_are_not(self, invitation) -> None:
        assert invitation.due_at < invitation.closes_at
        answer(invitation)
        assert not Invitation.objects.get().is_late

    def test_message_and_page_say_both_dates(self, partnership, link, invitation) -> None:
        for words in (Client().get(link).content.decode(), Message.objects.get().text):
            assert "Please answer by" in words and "We accept answers until" in words


def test_the_page_says_how_long_answers_are_kept(partnership, link, invitation) -> None:
    assert "We keep them for 3 years after the course" in Client().get(link).content.decode()
    assert policy_of(invitation.policy_version).evaluation.answers_kept_years.portal_default
    strategy = Client().get(reverse("partnerships:strategy", args=[partnership.slug])).content.decode()
    assert "Answers to every questionnaire are kept for 3 years after the course." in strategy
    adopt(partnership, policy(evaluation__answers_kept_years=1), at=at("2026-01-01"))
    booked(held(partnership))
    ask_for_evaluations(partnership, timezone.now())
    other = Invitation.objects.for_answering().exclude(pk=invitation.pk).get()
    address = reverse("evaluations:survey", args=[partnership.slug, survey_token(other)])
    assert "We keep them for 1 year after the course" in Client().get(address).content.decode()


class TestLinksOfOthers:
    """The link of one survey opens that one and no other, whatever is changed in it."""

    @pytest.fixture
    def other(self, partnership, invitation) -> Invitation:
        booked(held(partnership))
        ask_for_evaluations(partnership, timezone.now())
        return Invitation.objects.for_answering().exclude(pk=invitation.pk).get()

    def test_the_number_in_it_can_not_be_changed(self, partnership, link, invitation, other) -> None:
        forged = survey_token(invitation).replace(f".{invitation.pk}.", f".{other.pk}.", 1)
        assert forged != survey_token(invitation)
        address = reverse("evaluations:survey", args=[partnership.slug, forged])
        for response in (Client().get(address), Client().post(address), Client().post(f"{address}1/", FIRST)):
            assert response.status_code == 404
        assert not Answer.objects.exists()

    @pytest.mark.parametrize("purpose", ["learner", "certificate", "approval", "offer"])
    def test_a_signature_for_something_else_does_not_fit(self, partnership, invitation, purpose) -> None:
        token = token_for(partnership, purpose, invitation.pk).removeprefix(f"{purpose}-")
        assert Client().get(reverse("evaluations:survey", args=[partnership.slug, token])).status_code == 404

    def test_a_link_does_not_open_the_signed_in_pages(self, partnership, link, invitation) -> None:
        client = Client()
        client.post(link)
        own = reverse("evaluations:my_survey", args=[partnership.slug, invitation.pk])
        assert "/accounts/login/" in client.get(own).url

    @pytest.mark.parametrize("page", ["", "1/", "check/"])
    def test_after_sending_every_page_and_button_refuses(self, link, invitation, page) -> None:
        answer(invitation)
        before = list(Answer.objects.order_by("pk").values_list("number", "text", "chosen"))
        assert Client().post(f"{link}{page}", FIRST).status_code == 409
        assert list(Answer.objects.order_by("pk").values_list("number", "text", "chosen")) == before
        assert AuditEntry.objects.filter(action="evaluations.submit_answers").count() == 1

    def test_the_learners_code_leads_to_nobody_elses(self, partnership, invitation, other) -> None:
        course = make_course(partnership, asks_line_manager=True)
        learner = make_person(partnership, line_manager_email="meg@nursery.example")
        booking = booked(held(partnership, days_ago=100, course=course), person=learner)
        ask_about_impact(partnership, timezone.now())
        Person.objects.filter(pk=learner.pk).update(email="")
        booking.refresh_from_db()
        own = Invitation.objects.get(booking=booking, kind="impact")
        phone = opened(booking)
        assert phone.get(path_of(booking)).url.endswith(f"/{own.pk}/")
        for foreign in (invitation, other, Invitation.objects.get(booking=booking, kind="line_manager")):
            assert phone.get(f"{path_of(booking)}{foreign.pk}/1/").status_code == 404
