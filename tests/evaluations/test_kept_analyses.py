"""Analyses of many answers: added up by a job in sight of whoever asked, kept, made anew when answers have changed."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.db.models import Value
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from courses.models import Course, Priority
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation, KeptAnalysis
from evaluations.selections import Reader, Selection
from evaluations.services import analyses
from evaluations.services.analyses import (
    build_analysis,
    find_analysis,
    forget_analyses,
    requeue_stuck_analyses,
)
from evaluations.services.retention import forget_answers
from partnerships.models import Organisation, Sector
from partnerships.permissions import Role
from partnerships.services.builds import MOST_ATTEMPTS
from partnerships.tenancy import acting_in
from tests.evaluations.made import analysis_of, held
from tests.evaluations.test_analysis import followed_up
from tests.evaluations.test_summaries import evaluated, rated
from tests.factories import actor_for, job, make_course, make_person

K = QuestionnaireKind


@pytest.fixture(autouse=True)
def _all_are_many(monkeypatch) -> None:
    monkeypatch.setattr(analyses, "AT_ONCE", 0)


@pytest.fixture
def trainer(partnership):
    return make_person(partnership, Role.TRAINER)


@pytest.fixture
def session(partnership, trainer):
    found = held(partnership, course=make_course(partnership, title="Neglect"), trainers=(trainer,))
    evaluated(partnership, found, [rated(4, 3, 7)] * 6)
    return found


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM)


def page_of(client, name: str, partnership, *more, **query) -> str:
    where = reverse(f"evaluations:{name}", args=[partnership.slug, *more])
    return client.get(where, query).content.decode().replace("\xa0", " ")


def built(partnership) -> None:
    for one in KeptAnalysis.objects.filter(state="building"):
        build_analysis(actor=job(partnership), analysis_id=one.pk)


class TestJob:
    def test_progress_then_figures_then_files_of_the_same_moment(self, partnership, session, team, sign_in):
        client = sign_in(team)
        waiting = page_of(client, "analysis", partnership)
        assert "See how far it is now" in waiting and "Waiting for its turn" in waiting
        assert "data-refresh-seconds" in waiting and "Who answered" not in waiting
        file = reverse("evaluations:analysis_file", args=[partnership.slug, "xlsx"])
        assert client.get(file).status_code == 302
        built(partnership)
        ready = page_of(client, "analysis", partnership)
        assert "6 of 6 (100%)" in ready and "Figures as at" in ready
        assert "data-refresh-seconds" not in ready
        KeptAnalysis.objects.update(as_of=timezone.now() - timedelta(days=3))
        book = CalamineWorkbook.from_filelike(BytesIO(b"".join(client.get(file))))
        facts = dict(row[:2] for row in book.get_sheet_by_name("Report").to_python()[1:4])
        day = timezone.localtime() - timedelta(days=3)
        assert f"{day:%-d %B}" in facts["Figures as at"]
        assert KeptAnalysis.objects.count() == 1

    def test_what_is_kept_is_what_is_added_up_at_once(self, partnership, team):
        people = [
            {
                "evaluation": {**rated(4, 2, 6 + place % 3), "barriers": ["time"]},
                "impact": {"confidence_now": 7, "done": ["done"]},
                "line_manager": {"saw_change": ["yes"]},
            }
            for place in range(6)
        ]
        followed_up(partnership, people)
        actor, selection = actor_for(team), Selection()
        find_analysis(actor=actor, selection=selection)
        built(partnership)
        found = find_analysis(actor=actor, selection=selection)
        at_once = analysis_of(
            selection.invitations(partnership), for_team=True, groupings=selection.groupings
        )
        assert found.figures == at_once

    def test_made_anew_when_answers_change_and_meanwhile_the_earlier_stand(
        self, partnership, session, team, sign_in
    ):
        client = sign_in(team)
        page_of(client, "analysis", partnership)
        built(partnership)
        evaluated(partnership, session, [rated(1, 3, 7)])
        meanwhile = page_of(client, "analysis", partnership)
        assert "Answers have come in since" in meanwhile and "6 of 6 (100%)" in meanwhile
        built(partnership)
        assert "7 of 7 (100%)" in page_of(client, "analysis", partnership)

    @pytest.mark.parametrize("change", ["priority", "title of priority", "title", "sector", "name of sector"])
    def test_made_anew_when_groups_change_without_an_answer(self, partnership, session, team, change):
        actor = actor_for(team)

        def state() -> str:
            return find_analysis(actor=actor, selection=Selection()).kept.state

        course = session.course
        course.priority = Priority.objects.create(
            partnership=partnership, code="A", title="Harm outside the home"
        )
        course.save()
        state()
        built(partnership)
        assert state() == "ready"
        match change:
            case "priority":
                course.priority = Priority.objects.create(
                    partnership=partnership, code="B", title="Neglect first"
                )
                course.save()
            case "title of priority":
                Priority.objects.filter(pk=course.priority_id).update(title="Exploitation")
            case "title":
                Course.objects.filter(pk=course.pk).update(title="Neglect and what to do")
            case "sector":
                first = Organisation.objects.filter(bookings__session=session).first()
                first.sector = Sector.objects.create(partnership=partnership, code="other", name="Other")
                first.save()
            case _:
                Sector.objects.update(name=Concat("name", Value(" and others")))
        assert state() == "building"
        built(partnership)
        assert state() == "ready"

    def test_gone_with_the_answers_that_were_forgotten(self, partnership, session, team):
        actor = actor_for(team)
        find_analysis(actor=actor, selection=Selection())
        built(partnership)
        # One is being added up just then.
        find_analysis(actor=actor, selection=Selection(course=session.course_id))
        Invitation.objects.filter(state="open").update(state="closed")
        kept_long = timezone.now() + timedelta(days=10 * 366)
        assert forget_answers(actor=job(partnership), session=session, now=kept_long)
        assert not KeptAnalysis.objects.exists()

    def test_each_selection_is_another_and_asked_twice_is_one(self, partnership, session, team, sign_in):
        client = sign_in(team)
        for _ in range(2):
            page_of(client, "analysis", partnership)
            page_of(client, "analysis", partnership, course=session.course_id)
            page_of(client, "analysis", partnership, first_day="2026-01-31")
        assert KeptAnalysis.objects.count() == 3
        built(partnership)
        for kept in KeptAnalysis.objects.all():
            assert Selection.read(kept.selection).key == kept.key

    def test_a_dead_worker_is_followed_by_another(self, partnership, session, team, monkeypatch):
        find_analysis(actor=actor_for(team), selection=Selection())
        kept = KeptAnalysis.objects.get()

        def die(asked):
            raise SystemExit

        with monkeypatch.context() as killed:
            killed.setattr(analyses, "PARTS", (("Dying", 5, die),))
            with pytest.raises(SystemExit):
                build_analysis(actor=job(partnership), analysis_id=kept.pk)
        KeptAnalysis.objects.update(touched_at=timezone.now() - timedelta(minutes=6))
        requeue_stuck_analyses(partnership, timezone.now())
        kept.refresh_from_db()
        assert (kept.state, kept.attempts) == ("ready", 2)

    def test_failed_says_so_and_is_begun_again_at_a_press(self, partnership, session, team, sign_in):
        client = sign_in(team)
        page_of(client, "analysis", partnership)
        KeptAnalysis.objects.update(attempts=MOST_ATTEMPTS)
        built(partnership)
        assert "could not be added up" in page_of(client, "analysis", partnership)
        assert "could not be added up" in page_of(client, "analysis", partnership)
        client.post(reverse("evaluations:analysis", args=[partnership.slug]))
        built(partnership)
        assert "6 of 6 (100%)" in page_of(client, "analysis", partnership)

    def test_of_an_earlier_release_is_added_up_anew(self, partnership, session, team, monkeypatch):
        actor = actor_for(team)
        find_analysis(actor=actor, selection=Selection())
        built(partnership)
        assert find_analysis(actor=actor, selection=Selection()).kept.state == "ready"
        monkeypatch.setattr(analyses, "_form_hash", lambda: "another form")
        assert find_analysis(actor=actor, selection=Selection()).kept.state == "building"

    def test_forgotten_after_a_month(self, partnership, session, team):
        find_analysis(actor=actor_for(team), selection=Selection())
        forget_analyses(partnership, timezone.now() + timedelta(days=29))
        assert KeptAnalysis.objects.exists()
        forget_analyses(partnership, timezone.now() + timedelta(days=31))
        assert not KeptAnalysis.objects.exists()


class TestWhoMayLook:
    def test_trainers_get_theirs_and_never_the_teams(self, partnership, session, trainer, team, sign_in):
        page_of(sign_in(team), "session_evaluation", partnership, session.pk)
        page_of(sign_in(trainer), "trainer_evaluation", partnership, session.pk)
        built(partnership)
        kept = {one.reader: one for one in KeptAnalysis.objects.all()}
        assert set(kept) == {"team", "trainers"}
        seen = KeptAnalysis.objects.visible_to(actor_for(trainer))
        assert list(seen) == [kept["trainers"]]
        assert list(KeptAnalysis.objects.visible_to(actor_for(team))) == [kept["team"]]
        page = page_of(sign_in(trainer), "trainer_evaluation", partnership, session.pk)
        assert "6 of 6 (100%)" in page and "confidence of 5 people" in page

    def test_checked_at_every_look(self, partnership, session, trainer, sign_in):
        client = sign_in(trainer)
        page_of(client, "trainer_evaluation", partnership, session.pk)
        built(partnership)
        session.trainer_links.all().delete()
        where = reverse("evaluations:trainer_evaluation", args=[partnership.slug, session.pk])
        assert client.get(where).status_code == 404
        assert not KeptAnalysis.objects.visible_to(actor_for(trainer)).exists()
        with pytest.raises(PermissionDenied):
            find_analysis(
                actor=actor_for(trainer), selection=Selection(reader=Reader.TRAINERS, session=session.pk)
            )

    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.TEAM])
    def test_nobody_else_has_anything_added_up(self, partnership, session, role):
        actor = actor_for(make_person(partnership, role))
        for selection in (Selection(), Selection(reader=Reader.TRAINERS, session=session.pk)):
            with pytest.raises(PermissionDenied):
                find_analysis(actor=actor, selection=selection)
        assert not KeptAnalysis.objects.exists()

    def test_neighbours_see_and_count_nothing(self, partnership, neighbour, session, team):
        find_analysis(actor=actor_for(team), selection=Selection())
        built(partnership)
        with acting_in(neighbour):
            other = make_person(neighbour, Role.TEAM)
            assert not KeptAnalysis.objects.visible_to(actor_for(other)).exists()
            assert find_analysis(actor=actor_for(other), selection=Selection()).figures.responses == []
