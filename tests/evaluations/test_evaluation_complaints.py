"""What users of other systems complain about evaluations, each as a test."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.models import Session
from evaluations.jobs import ask_for_evaluations, remind_and_close
from evaluations.links import survey_token
from evaluations.models import Answer, Invitation, Questionnaire
from evaluations.versions import draft_of
from notifications.models import Message
from notifications.tasks import sweep_outboxes
from partnerships.models import Person
from partnerships.permissions import Role
from tests.evaluations.made import analysis_of, answer, booked, closed, counted, held
from tests.evaluations.test_disclosure import workbook
from tests.evaluations.test_drafts import changed, with_text
from tests.evaluations.test_summaries import evaluated, rated
from tests.factories import actor_for, make_course, make_person


@pytest.fixture
def trainer(partnership) -> Person:
    return make_person(partnership, Role.TRAINER, Role.SUBGROUP_CHAIR)


@pytest.fixture
def session(partnership, trainer) -> Session:
    return held(partnership, course=make_course(partnership, title="Neglect"), trainers=(trainer,))


@pytest.fixture
def client(trainer, sign_in) -> Client:
    return sign_in(trainer)


def pages(session: Session, client: Client) -> list[str]:
    """What trainer and sub-group read about the answers, as text: page, spreadsheet, live figures."""
    args = [session.partnership.slug, session.pk]
    texts = [
        client.get(reverse("evaluations:trainer_evaluation", args=args)).content.decode(),
        client.get(reverse("compliance:live", args=args[:1])).content.decode(),
    ]
    said = [" ".join(unescape(re.sub(r"<[^>]+>", " ", one.split("<main")[1])).split()) for one in texts]
    sheet = client.get(reverse("evaluations:trainer_evaluation_file", args=[*args, "xlsx"]))
    return [*said, str(workbook(sheet))]


def test_complaint_anonymous_answers_that_show_names(partnership, session, client, trainer) -> None:
    """Nobody is promised to be anonymous, and no name stands beside an answer or a figure for others than the team."""
    evaluated(partnership, session, [rated(4, 3, 7)] * 6)
    waiting = booked(session)
    ask_for_evaluations(partnership, timezone.now())
    fresh = Invitation.objects.get(booking=waiting)
    link = reverse("evaluations:survey", args=[partnership.slug, survey_token(fresh)])
    first_page = " ".join(Client().get(link).content.decode().split())
    assert "confidential" in first_page and "not anonymous" in first_page
    closed(partnership)
    names = {one.person.name for one in session.bookings.select_related("person")}
    emails = {one.person.email for one in session.bookings.select_related("person")}
    said = pages(session, client)
    assert "How relevant" in said[0] and "How relevant" in said[2], "there must be something to read"
    for page in said:
        assert not [one for one in names | emails if re.search(rf"\b{re.escape(one)}\b", page)]
    # Nor is what somebody wrote shown to others.
    assert Answer.objects.filter(text="Listen to the child first.").exists()
    assert not [page for page in said if "Listen to the child first." in page]


def test_complaint_answers_can_be_worked_out_from_the_time(partnership, session, client) -> None:
    """Whoever looks again after each answer sees nothing new until there are five more."""
    for _ in range(11):
        booked(session)
    ask_for_evaluations(partnership, session.ends_at)
    seen = []
    for number, invitation in enumerate(Invitation.objects.order_by("pk"), start=1):
        # Each says something else, so that one more answer would show.
        answer(invitation, **rated(2 + number % 3, number % 5, 5 + number % 5))
        counted(partnership)
        rows = pages(session, client)[2]
        seen.append(re.findall(r"\['[^]]*(?:relevant was|how confident were|How confident are)[^]]*\]", rows))
    assert [number for number in range(1, 11) if seen[number] != seen[number - 1]] == [4, 9]


def test_complaint_answers_can_be_worked_out_from_a_group_of_two(partnership, session, client) -> None:
    """Of two who answered others learn how many they were, and nothing that they said."""
    evaluated(partnership, session, [rated(4, 3, 7)] * 2)
    closed(partnership)
    before = pages(session, client)
    assert "2 of 2" in before[0]
    Answer.objects.filter(question__key__in=["relevance", "confidence_after"]).update(number=1)
    assert pages(session, client) == before


def test_complaint_reminders_to_those_who_have_answered(partnership, session) -> None:
    """Not on any later day, and not one that still waited to be sent when they answered."""
    for _ in range(3):
        booked(session)
    ask_for_evaluations(partnership, timezone.now())
    at_once, after_one, never = Invitation.objects.order_by("pk").for_answering()
    answer(at_once)
    sweep_outboxes()

    def reminded() -> set[str]:
        return set(Message.objects.filter(purpose="survey-reminder").values_list("to_email", flat=True))

    for day in range(1, 15):
        remind_and_close(partnership, timezone.now() + timedelta(days=day))
    assert reminded() == {after_one.respondent_email, never.respondent_email}
    # The mail server was busy: the reminder waits while the answers come.
    answer(Invitation.objects.for_answering().get(pk=after_one.pk))
    Message.objects.update(not_before=None)
    sweep_outboxes()
    told = Message.objects.filter(purpose="survey-reminder", state="sent")
    sent = set(told.values_list("to_email", flat=True))
    assert sent == {never.respondent_email}


def test_complaint_all_the_answers_to_an_edited_questionnaire_are_lost(partnership, session) -> None:
    """An edit is another version: what was answered stays as it was asked, and a minor rewording keeps the trend."""
    evaluated(partnership, session, [rated(5, 3, 7)] * 3)
    kept = list(Answer.objects.order_by("pk").values("pk", "number", "chosen", "text", "question__text"))
    form = Questionnaire.objects.get(kind="evaluation", is_default=True)
    team = actor_for(make_person(partnership, Role.TEAM))
    draft = with_text(draft_of(form.versions.first()), "relevance", "How much was it about your work?")
    changed(team, form, draft, same={"relevance"})
    later = held(partnership, course=session.course)
    evaluated(partnership, later, [rated(2, 3, 7)] * 3)
    assert Invitation.objects.values("version").distinct().count() == 2
    answers = Answer.objects.filter(pk__in=[one["pk"] for one in kept]).order_by("pk")
    assert list(answers.values("pk", "number", "chosen", "text", "question__text")) == kept
    found = analysis_of(Invitation.objects.all(), for_team=True).of("evaluation", "relevance")
    assert (found.counted, found.mean.value) == (6, 3.5)
