"""The pages of a survey: by link or signed in, saved as one goes, and every wrong link in a plain sentence."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evaluations.jobs import ask_about_impact, ask_for_evaluations
from evaluations.links import holder_of, survey_token
from evaluations.models import Answer, Certificate, Invitation
from evaluations.services.answers import save_answers, submit_answers
from partnerships.actors import holder
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt, answer, answers_to, at, booked, held
from tests.factories import actor_for, make_course, make_person, policy
from tests.factories import adopt as adopt_policy

FIRST = {"overall": "4", "relevance": "5"}
SECOND = {
    "knowledge--before": "2",
    "knowledge--after": "4",
    "confidence_before": "0",
    "confidence_after": "8",
}
THIRD = {"trainer": "4", "content": "4"}
FOURTH = {"pledge": "Use the tool in supervision", "barriers": ["time", "manager"]}
FIFTH = {"comments": ""}
PAGES = [FIRST, SECOND, THIRD, FOURTH, FIFTH]


@pytest.fixture
def invitation(partnership) -> Invitation:
    booking = booked(held(partnership))
    ask_for_evaluations(partnership, booking.session.ends_at)
    return Invitation.objects.for_answering().get()


@pytest.fixture
def link(partnership, invitation) -> str:
    return reverse("evaluations:survey", args=[partnership.slug, survey_token(invitation)])


def test_whole_survey_by_link_without_an_account(link, invitation):
    client = Client()
    start = client.get(link)
    assert start.status_code == 200
    for sentence in ("confidential, but not anonymous", "do not name children", "Your certificate is issued"):
        assert sentence in start.content.decode()
    for number, given in enumerate(PAGES, start=1):
        following = f"{number + 1}/" if number < len(PAGES) else "check/"
        assert client.post(f"{link}{number}/", given).url == f"{link}{following}"
    check = client.get(f"{link}check/").content.decode()
    assert "Use the tool in supervision" in check
    assert "Time or workload, Support from my manager" in check
    assert not Certificate.objects.exists()
    assert client.post(f"{link}check/").url == f"{link}sent/"
    assert Certificate.objects.get().number in client.get(f"{link}sent/").content.decode()
    assert Answer.objects.get(question__key="confidence_before").number == 0
    assert Answer.objects.get(question__key="barriers").chosen == ["time", "manager"]


def test_the_line_manager_is_not_led_to_the_learners_certificate(partnership):
    learner = make_person(
        partnership, line_manager_name="Mel Manager", line_manager_email="mel.manager@example.org"
    )
    course = make_course(partnership, asks_line_manager=True)
    booking = booked(held(partnership, days_ago=100, course=course), person=learner)
    ask_for_evaluations(partnership, booking.session.ends_at)
    Invitation.objects.filter(booking=booking).update(closes_at=timezone.now() + timedelta(days=1))
    answer(Invitation.objects.get(booking=booking, kind="evaluation"))
    certificate = Certificate.objects.get(booking=booking)
    ask_about_impact(partnership, timezone.now())
    form = Invitation.objects.get(booking=booking, kind="line_manager")
    answer(form)
    sent = reverse("evaluations:survey_sent", args=[partnership.slug, survey_token(form)])
    page = Client().get(sent).content.decode()
    assert "Thank you" in page
    assert certificate.number not in page
    assert "s/certificate-" not in page


def test_whole_survey_signed_in(partnership, invitation, sign_in):
    client = sign_in(invitation.respondent)
    assert (
        "Evaluate" in client.get(reverse("evaluations:my_surveys", args=[partnership.slug])).content.decode()
    )
    start = reverse("evaluations:my_survey", args=[partnership.slug, invitation.pk])
    assert client.get(start).status_code == 200
    for number, given in enumerate(PAGES, start=1):
        client.post(f"{start}{number}/", given)
    assert client.post(f"{start}check/").url == f"{start}sent/"
    assert client.get(f"{start}sent/").status_code == 200


def test_who_waits_for_a_certificate_is_told_when_it_comes(partnership):
    adopt_policy(partnership, policy(certificate__release="after_impact"), at=at("2026-01-01"))
    booking = booked(held(partnership))
    ask_for_evaluations(partnership, booking.session.ends_at)
    invitation = Invitation.objects.for_answering().get()
    link = reverse("evaluations:survey", args=[partnership.slug, survey_token(invitation)])
    client = Client()
    later = client.post(f"{link}1/", {**FIRST, "later": "yes"}, follow=True).content.decode()
    assert "You can come back with the same link." in later
    answer(invitation)
    sent = client.get(f"{link}sent/").content.decode()
    assert "You get your certificate when you have attended every date and" in sent
    assert "told us what has changed" in sent


def test_looking_never_acts(link, invitation):
    """Mail scanners open every link: nothing is answered, saved or issued by a GET."""
    before = AuditEntry.objects.count()
    for page in ("", "1/", "2/", "3/", "4/", "5/", "check/", "sent/"):
        assert Client().get(f"{link}{page}").status_code in {200, 302}
        assert Client().head(f"{link}{page}").status_code in {200, 302}
    assert AuditEntry.objects.count() == before
    assert Invitation.objects.get().state == "open"


def test_answers_are_kept_page_by_page_and_shown_again(link):
    Client().post(f"{link}1/", FIRST)
    again = Client().get(f"{link}1/").content.decode()
    assert len(re.findall(r"\schecked", again)) == 2
    assert "Continue" in Client().get(link).content.decode()


def test_what_is_right_on_a_page_is_kept_when_something_is_missing(link):
    response = Client().post(f"{link}1/", {"relevance": "5"})
    page = response.content.decode()
    assert "There is a problem" in page
    assert 'href="#id_overall_0"' in page
    assert Answer.objects.get().number == 5


def test_saving_for_later_asks_for_nothing(link):
    response = Client().post(f"{link}1/", {"relevance": "2", "later": "yes"}, follow=True)
    assert "Your answers are saved" in response.content.decode()
    assert Answer.objects.get().number == 2


def test_each_question_left_out_is_named_and_a_long_answer_too(link):
    page = Client().post(f"{link}1/", {}).content.decode()
    summary = page.split("govuk-error-summary__list")[1].split("</ul>")[0]
    assert summary.count("<li>") == 2
    for question in ("How good was the course overall?", "How relevant was the course to your work?"):
        assert f"Answer the question: {question}" in summary
    page = Client().post(f"{link}4/", {**FOURTH, "pledge": "x" * 2001}).content.decode()
    assert "Your answer must be 2000 characters or fewer: What will you do differently" in page


def test_emptied_answer_is_taken_back(link):
    client = Client()
    client.post(f"{link}4/", FOURTH)
    client.post(f"{link}4/", {**FOURTH, "barriers": []})
    assert not Answer.objects.filter(question__key="barriers").exists()


def test_nothing_is_sent_while_a_required_answer_is_missing(link, invitation):
    client = Client()
    client.post(f"{link}1/", FIRST)
    response = client.post(f"{link}check/")
    assert "Some answers are missing" in response.content.decode()
    assert Invitation.objects.get().state == "open"
    with pytest.raises(DomainError, match="Answer “How much do you know about this"):
        submit_answers(actor=holder_of(invitation), invitation=invitation)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("relevance", 0),
        ("relevance", 6),
        ("confidence_before", 11),
        ("confidence_before", -1),
        ("relevance", "five"),
        ("barriers", ["money"]),
        ("pledge", "x" * 2001),
        ("no-such-question", 1),
    ],
)
def test_answers_that_are_not_offered_are_refused(invitation, key, value):
    with pytest.raises(DomainError):
        save_answers(actor=holder_of(invitation), invitation=invitation, answers={key: value})
    assert not Answer.objects.exists()


class TestWrongLinks:
    def test_tampered(self, link):
        for wrong in (link[:-2] + "x/", link.replace("survey-", "survey-1")):
            response = Client().get(wrong)
            assert response.status_code == 404
            assert "This link is not complete or has been changed" in response.content.decode()

    def test_token_for_something_else(self, partnership, invitation):
        from partnerships.links import token_for

        token = token_for(partnership, "certificate", invitation.pk).removeprefix("certificate-")
        assert Client().get(reverse("evaluations:survey", args=[partnership.slug, token])).status_code == 404

    def test_used(self, link, invitation):
        answer(invitation)
        for page in ("", "1/", "check/"):
            response = Client().get(f"{link}{page}")
            assert response.status_code == 409
            assert "You have already sent your answers" in response.content.decode()
        assert Client().post(f"{link}1/", FIRST).status_code == 409
        assert Answer.objects.get(question__key="relevance").number == 4

    def test_closed(self, link):
        Invitation.objects.update(closes_at=at("2026-01-01"))
        for response in (
            Client().get(link),
            Client().post(f"{link}1/", FIRST),
            Client().post(f"{link}check/"),
        ):
            assert response.status_code == 410
            assert "The time to answer it is over" in response.content.decode()
        assert not Answer.objects.exists()

    def test_late_answers_count_until_closing(self, invitation):
        Invitation.objects.update(reminders_sent=2)
        assert answer(invitation) is not None

    def test_neighbours_survey(self, neighbour, invitation):
        token = survey_token(invitation)
        assert Client().get(reverse("evaluations:survey", args=[neighbour.slug, token])).status_code == 404

    def test_page_that_does_not_exist(self, link):
        assert Client().get(f"{link}9/").status_code == 404


class TestSomebodyElses:
    def test_colleague_gets_404(self, partnership, invitation, sign_in):
        client = sign_in(make_person(partnership))
        for name in ("my_survey", "my_survey_check"):
            address = reverse(f"evaluations:{name}", args=[partnership.slug, invitation.pk])
            assert client.get(address).status_code == 404
            assert client.post(address).status_code in {404, 405}

    def test_neighbour_gets_404(self, neighbour, invitation, sign_in):
        with acting_in(neighbour):
            adopt(neighbour)
            client = sign_in(make_person(neighbour))
        address = reverse("evaluations:my_survey", args=[neighbour.slug, invitation.pk])
        assert client.get(address).status_code == 404

    def test_link_of_another_survey_or_colleague_may_not_answer(self, partnership, invitation):
        from django.core.exceptions import PermissionDenied

        others = [holder(partnership, f"survey {invitation.pk + 1}"), actor_for(make_person(partnership))]
        for actor in others:
            with pytest.raises(PermissionDenied):
                save_answers(actor=actor, invitation=invitation, answers=answers_to(invitation))


@pytest.mark.parametrize(("page", "queries"), [("", 10), ("1/", 9), ("check/", 9)])
def test_pages_take_the_same_few_queries(link, page, queries, django_assert_num_queries):
    client = Client()
    client.get(f"{link}{page}")
    # Three for the tenant's transaction, one for the partnership, the others for the survey, its questions and answers.
    with django_assert_num_queries(queries):
        client.get(f"{link}{page}")
