"""What still waits to be sent about a survey goes with it: nobody is asked for what is there, or for what is over."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from evaluations.jobs import ask_about_impact, ask_for_evaluations, remind_and_close
from evaluations.links import holder_of
from evaluations.models import Invitation
from evaluations.services.answers import save_answers
from evaluations.services.notices import ask_other_manager
from evaluations.services.observations import assign_observer, release_observation
from notifications.models import Message
from partnerships.permissions import Role
from tests.evaluations.made import answer, at, booked, held
from tests.factories import actor_for, make_course, make_person, make_session

HELD = at("2026-03-02 10:00")
ASKED = at("2026-03-02 14:00")


def messages(state: str) -> list[tuple[str, str]]:
    return list(Message.objects.filter(state=state).order_by("pk").values_list("purpose", "to_email"))


@pytest.fixture
def two(partnership) -> list[Invitation]:
    """Two people of one session who are asked; their messages wait, as at night or without a mail server."""
    session = held(partnership, starts_at=HELD)
    for _ in range(2):
        booked(session)
    ask_for_evaluations(partnership, ASKED)
    Invitation.objects.update(closes_at=timezone.now() + timedelta(days=30))
    return list(Invitation.objects.order_by("pk"))


def test_whoever_answers_first_is_not_asked_nor_reminded_any_more(partnership, two) -> None:
    remind_and_close(partnership, at("2026-03-09 06:30"))
    assert len(messages("queued")) == 4
    answer(two[0])
    purposes = ["survey-evaluation", "survey-reminder"]
    assert messages("dropped") == [(purpose, two[0].respondent_email) for purpose in purposes]
    assert [one for one in messages("queued") if one[0] in purposes] == [
        (purpose, two[1].respondent_email) for purpose in purposes
    ]


def test_a_survey_that_closes_is_announced_no_more(partnership, two) -> None:
    Invitation.objects.filter(pk=two[0].pk).update(closes_at=at("2026-03-05 23:59"))
    remind_and_close(partnership, at("2026-03-06 06:30"))
    assert messages("dropped") == [("survey-evaluation", two[0].respondent_email)]


def test_an_observer_who_gives_it_back_is_not_reminded_and_then_is_again(partnership) -> None:
    observer, team = make_person(partnership, Role.OBSERVER), actor_for(make_person(partnership, Role.TEAM))
    session = make_session(partnership, starts_at=timezone.now() - timedelta(days=5))
    observation = assign_observer(actor=team, session=session, observer=observer)
    for number in (1, 2):
        for later in range(7, 11):
            remind_and_close(partnership, timezone.now() + timedelta(days=14 * (number - 1) + later))
        assert Message.objects.filter(purpose="survey-reminder").count() == number
        release_observation(actor=actor_for(observer), observation=observation)
        assert ("survey-reminder", observer.email) not in messages("queued")
        observation = assign_observer(actor=team, session=session, observer=observer)


class TestAskedAgain:
    @pytest.fixture
    def form(self, partnership) -> Invitation:
        learner = make_person(partnership, line_manager_name="Meg", line_manager_email="meg@nursery.example")
        course = make_course(partnership, asks_line_manager=True)
        booking = booked(held(partnership, days_ago=100, course=course), person=learner)
        ask_about_impact(partnership, timezone.now())
        return booking.invitations.get(kind="line_manager")

    @pytest.fixture
    def team(self, partnership):
        return actor_for(make_person(partnership, Role.TEAM))

    def asked(self) -> list[str]:
        found = Message.objects.filter(purpose="survey-line_manager", state="queued")
        return list(found.values_list("to_email", flat=True))

    def test_the_former_manager_hears_nothing_any_more(self, form, team) -> None:
        assert self.asked() == ["meg@nursery.example"]
        ask_other_manager(actor=team, invitation=form, name="Max", email="max@nursery.example")
        assert self.asked() == ["max@nursery.example"]

    def test_it_goes_as_often_as_the_team_sends_it_and_the_last_link_counts(self, form, team) -> None:
        for number in (1, 2, 3):
            former = form
            form = ask_other_manager(actor=team, invitation=form, name="Meg", email="meg@nursery.example")
            sent = Message.objects.filter(purpose="survey-line_manager")
            assert sent.count() == number + 1 and self.asked() == ["meg@nursery.example"]
        with pytest.raises(PermissionDenied), transaction.atomic():
            save_answers(actor=holder_of(former), invitation=former, answers={})
        save_answers(actor=holder_of(form), invitation=form, answers={})

    def test_whoever_is_asked_once_more_is_reminded_once_more(self, partnership, form, team) -> None:
        day = timezone.now()
        for name in ("max", "meg", "max"):
            form = ask_other_manager(
                actor=team, invitation=form, name=name, email=f"{name}@nursery.example", now=day
            )
            Invitation.objects.filter(pk=form.pk).update(closes_at=day + timedelta(days=30))
            for later in range(7, 11):
                remind_and_close(partnership, day + timedelta(days=later))
            day += timedelta(days=11)
            assert ("survey-reminder", f"{name}@nursery.example") in messages("queued")
        assert Message.objects.filter(purpose="survey-reminder", to_name__in=["max", "meg"]).count() == 3
