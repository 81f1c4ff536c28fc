"""The team's and the trainers' pages about surveys, observations, and what waits for somebody."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evaluations.jobs import ask_for_evaluations
from evaluations.library import library
from evaluations.models import Invitation, QuestionnaireVersion
from evaluations.queries import courses_to_observe, to_do
from evaluations.services.observations import observe_session
from partnerships.errors import DomainError
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt, answer, at, booked, held
from tests.evaluations.test_summaries import evaluated, rated
from tests.factories import actor_for, make_course, make_person, make_session


class TestQuestionnaires:
    def test_library_is_adopted_once(self, partnership):
        count = QuestionnaireVersion.objects.count()
        assert count == len(library())
        adopt(partnership)
        assert QuestionnaireVersion.objects.count() == count

    def test_changed_words_are_a_new_version_and_answers_stay_with_theirs(self, partnership):
        booked(held(partnership))
        ask_for_evaluations(partnership, timezone.now())
        old = Invitation.objects.get().version
        QuestionnaireVersion.objects.filter(pk=old.pk).update(introduction="As it was last year.")
        adopt(partnership)
        assert old.questionnaire.versions.count() == 2
        assert Invitation.objects.get().version == old


class TestDesk:
    def test_response_rates_and_who_has_not_answered(self, partnership, sign_in):
        session = held(partnership)
        evaluated(partnership, session, [rated(5, 2, 8)] * 2, silent=1)
        client = sign_in(make_person(partnership, Role.TEAM))
        page = client.get(reverse("evaluations:surveys", args=[partnership.slug])).content.decode()
        assert "2 of 3 (67%)" in page
        silent = Invitation.objects.get(state="open")
        chase = client.get(reverse("evaluations:chase", args=[partnership.slug, session.pk])).content.decode()
        assert silent.respondent_name in chase
        for done in Invitation.objects.filter(state="answered"):
            assert done.respondent_name not in chase.split("Who has</h2>")[0]

    @pytest.mark.parametrize("rows", [1, 5])
    def test_list_takes_the_same_number_of_queries(
        self, partnership, sign_in, rows, django_assert_num_queries
    ):
        for _ in range(rows):
            evaluated(partnership, held(partnership), [rated(5, 2, 8)], silent=1)
        client = sign_in(make_person(partnership, Role.TEAM))
        address = reverse("evaluations:surveys", args=[partnership.slug])
        client.get(address)
        with django_assert_num_queries(11):
            client.get(address)

    def test_team_reads_the_texts_and_trainers_do_not(self, partnership, sign_in):
        trainer = make_person(partnership, Role.TRAINER)
        session = held(partnership, trainers=(trainer,))
        evaluated(partnership, session, [{**rated(5, 2, 8), "pledge": "Ask the child"}] * 5)
        team = sign_in(make_person(partnership, Role.TEAM))
        page = team.get(reverse("evaluations:session_evaluation", args=[partnership.slug, session.pk]))
        assert "Ask the child" in page.content.decode()
        own = reverse("evaluations:trainer_evaluation", args=[partnership.slug, session.pk])
        page = sign_in(trainer).get(own).content.decode()
        assert "confidence of 5 people rose by 6.0, from 2.0 to 8.0" in page
        assert "Ask the child" not in page
        assert sign_in(make_person(partnership, Role.TRAINER)).get(own).status_code == 404

    def test_trainer_sees_no_figure_of_fewer_than_five(self, partnership, sign_in):
        trainer = make_person(partnership, Role.TRAINER)
        session = held(partnership, trainers=(trainer,))
        evaluated(partnership, session, [rated(5, 2, 8)] * 4)
        own = reverse("evaluations:trainer_evaluation", args=[partnership.slug, session.pk])
        page = sign_in(trainer).get(own).content.decode()
        assert "There are figures once 5 people have answered about one session" in page
        assert "Mean" not in page.split("<main")[1]

    def test_neighbours_session_is_404(self, partnership, neighbour, sign_in):
        session = held(partnership)
        with acting_in(neighbour):
            client = sign_in(make_person(neighbour, Role.TEAM))
        for name in ("session_evaluation", "chase"):
            assert (
                client.get(reverse(f"evaluations:{name}", args=[neighbour.slug, session.pk])).status_code
                == 404
            )


class TestToDo:
    def test_own_open_surveys_in_one_query(self, partnership, django_assert_num_queries):
        mine = booked(held(partnership))
        booked(held(partnership))
        ask_for_evaluations(partnership, timezone.now())
        actor = actor_for(mine.person)
        to_do(actor)
        with django_assert_num_queries(1):
            (found,) = to_do(actor)
        assert found.title == f"Evaluate {mine.session.course.title}"
        assert found.releases_certificate
        answer(found.invitation)
        assert to_do(actor) == []


class TestObservations:
    @pytest.fixture
    def observer(self, partnership):
        return make_person(partnership, Role.OBSERVER)

    def test_courses_not_observed_for_a_year_are_due(self, partnership, observer):
        recent, old, never = (make_course(partnership, title=title) for title in ("Recent", "Old", "Never"))
        for course, days in ((recent, 30), (old, 400)):
            session = held(partnership, course=course, days_ago=days)
            make_session(partnership, course=course)
            self._observed(partnership, session, observer)
        due = {
            one.course.title: one.is_due for one in courses_to_observe(actor_for(observer), timezone.now())
        }
        assert due == {"Never": True, "Old": True, "Recent": False}
        assert never.title in due

    @pytest.mark.parametrize(
        ("today", "coming", "is_due"),
        [
            # Observed on 15 January 2026, so once more by 15 January 2027.
            ("2026-12-01", ["2027-01-10 09:30", "2027-04-10 09:30"], True),
            ("2026-12-01", ["2027-01-10 09:30", "2027-01-15 09:30"], False),
            ("2026-12-01", ["2026-12-10 09:30", "2027-01-10 09:30", "2027-04-10 09:30"], False),
            ("2026-12-11", ["2026-12-10 09:30", "2027-01-10 09:30", "2027-04-10 09:30"], True),
            # Nothing is planned after it yet: another one may still come in time, unless that is soon over.
            ("2026-03-01", ["2026-04-10 09:30"], False),
            ("2026-12-01", ["2027-01-10 09:30"], True),
            ("2026-09-01", [], False),
            ("2026-12-01", [], True),
            ("2027-01-16", [], True),
        ],
    )
    def test_due_while_the_next_session_is_still_in_time(self, partnership, observer, today, coming, is_due):
        course = make_course(partnership)
        seen = make_session(partnership, course=course, starts_at=at("2026-01-15 09:30"))
        self._observed(partnership, seen, observer)
        for start in coming:
            make_session(partnership, course=course, starts_at=at(start))
        found = courses_to_observe(actor_for(observer), at(today))
        assert [one.is_due for one in found] == ([is_due] if coming or is_due else [])
        assert all(one.due_by == date(2027, 1, 15) for one in found)

    def test_due_for_the_observer_who_trains_the_next_session_too(self, partnership, observer):
        course = make_course(partnership)
        self._observed(partnership, held(partnership, course=course, days_ago=355), observer)
        for days, trainers in ((5, (observer,)), (40, ())):
            start = timezone.now() + timedelta(days=days)
            make_session(partnership, course=course, starts_at=start, trainers=trainers)
        (found,) = courses_to_observe(actor_for(observer), timezone.now())
        assert found.is_due and len(found.sessions) == 1

    def test_taken_on_once_and_answered(self, partnership, observer, sign_in):
        session = make_session(partnership, starts_at=timezone.now())
        client = sign_in(observer)
        for _ in range(2):
            client.post(reverse("evaluations:observe", args=[partnership.slug, session.pk]))
        page = client.get(reverse("evaluations:observations", args=[partnership.slug])).content.decode()
        assert "Forms to fill in" in page
        answer(Invitation.objects.get())
        page = client.get(reverse("evaluations:observations", args=[partnership.slug])).content.decode()
        assert ">Sent</h2>" in page

    def test_form_is_not_sent_before_the_session(self, partnership, observer):
        observe_session(actor=actor_for(observer), session=make_session(partnership))
        with pytest.raises(DomainError, match="once the session has begun"):
            answer(Invitation.objects.get())

    def test_never_by_a_trainer_of_the_session(self, partnership):
        both = make_person(partnership, Role.OBSERVER, Role.TRAINER)
        session = make_session(partnership, trainers=(both,))
        with pytest.raises(DomainError, match="You train this session"):
            observe_session(actor=actor_for(both), session=session)
        (course,) = courses_to_observe(actor_for(both), timezone.now())
        assert course.sessions == []

    def test_only_by_observers(self, partnership, sign_in):
        session = make_session(partnership)
        with pytest.raises(PermissionDenied):
            observe_session(actor=actor_for(make_person(partnership)), session=session)
        address = reverse("evaluations:observe", args=[partnership.slug, session.pk])
        assert sign_in(make_person(partnership)).post(address).status_code == 403
        assert Client().post(address).status_code == 302

    def _observed(self, partnership, session, observer) -> None:
        invitation = observe_session_long_ago(partnership, session, observer)
        answer(invitation)


def observe_session_long_ago(partnership, session, observer) -> Invitation:
    """An observation of a session that is too long ago to be taken on now."""
    from evaluations.services.questionnaires import version_in_use
    from partnerships.services.policies import version_in_force

    return Invitation.objects.create(
        partnership=partnership,
        kind="observation",
        version=version_in_use(partnership, "observation"),
        session=session,
        respondent=observer,
        respondent_name=observer.name,
        policy_version=version_in_force(partnership, session.starts_at),
        invited_at=session.starts_at,
        closes_at=timezone.now() + timedelta(days=1),
        last_asked_on=session.starts_at.date(),
    )
