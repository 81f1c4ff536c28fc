"""Analyses of many answers: added up by a job in sight of whoever asked, kept, made anew when answers have changed."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.db.models import Value
from django.db.models.functions import Concat
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from courses.models import Course, Priority
from evaluations.kinds import QuestionnaireKind
from evaluations.models import AnalysisFile, Answer, Invitation, KeptAnalysis
from evaluations.selections import Reader, Selection
from evaluations.services import analyses, analysis_files
from evaluations.services.analyses import (
    build_analysis,
    find_analysis,
    forget_analyses,
    requeue_stuck_analyses,
)
from evaluations.services.analysis_files import build_file, drop_files, forget_files, requeue_stuck_files
from evaluations.services.quotes import mark_quote, stop_quoting, unmark_quote
from evaluations.services.redaction import redact_answer
from evaluations.services.retention import forget_answers
from evaluations.services.tagging import Retagging, tag_answers
from evaluations.services.themes import add_theme
from partnerships.models import AuditEntry, Organisation, Sector
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


def drawn(partnership) -> None:
    for one in AnalysisFile.objects.filter(state="building"):
        build_file(actor=job(partnership), file_id=one.pk)


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
        assert client.get(file).status_code == 302
        drawn(partnership)
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


class TestFiles:
    """Drawn by a job in sight of whoever asks; kept as long as they say what is so, and no longer."""

    @pytest.fixture
    def analysed(self, partnership, session, team, sign_in):
        client = sign_in(team)
        page_of(client, "analysis", partnership)
        built(partnership)
        return client

    def address(self, partnership, ending: str = "pdf", query: str = "") -> str:
        return reverse("evaluations:analysis_file", args=[partnership.slug, ending]) + query

    def test_progress_then_the_file_the_same_at_every_download(self, partnership, team, analysed):
        file = self.address(partnership)
        asked = analysed.get(file)
        waiting = analysed.get(asked["Location"]).content.decode()
        assert "Waiting for its turn" in waiting and "data-refresh-seconds" in waiting
        assert analysed.get(file)["Location"] == asked["Location"]
        drawn(partnership)
        ready = analysed.get(asked["Location"]).content.decode()
        assert "data-refresh-seconds" not in ready and f'href="{file}"' in ready
        first, second = (b"".join(analysed.get(file)) for _ in range(2))
        assert first == second and first.startswith(b"%PDF")
        row = AnalysisFile.objects.get()
        assert (
            row.state == "ready"
            and AuditEntry.objects.filter(action="partnerships.record_download").count() == 2
        )

    def test_the_same_figures_and_words_give_the_same_bytes(self, partnership, analysed):
        found = []
        for _ in range(2):
            analysed.get(self.address(partnership))
            drawn(partnership)
            found.append(b"".join(analysed.get(self.address(partnership))))
            drop_files(partnership)
        assert found[0] == found[1]

    def test_each_ending_and_division_of_time_is_another(self, partnership, session, analysed):
        asked = [self.address(partnership), self.address(partnership, "xlsx")]
        asked += [self.address(partnership, "pdf", query) for query in ("?period=month", "?period=")]
        places = [analysed.get(one)["Location"] for one in asked]
        assert len(set(places)) == 3 and places[3] == places[0]
        drawn(partnership)
        for one, place in zip(asked[:3], places[:3], strict=True):
            assert f'href="{one}"' in analysed.get(place).content.decode()
            assert analysed.get(one).status_code == 200

    def test_the_way_back_keeps_what_was_chosen(self, partnership, session, analysed):
        chosen = f"?course={session.course_id}&first_day=2026-01-31"
        analysed.get(reverse("evaluations:analysis", args=[partnership.slug]) + chosen)
        built(partnership)
        place = analysed.get(self.address(partnership, "pdf", chosen))["Location"]
        page = analysed.get(place).content.decode().replace("&amp;", "&")
        assert f"{reverse('evaluations:analysis', args=[partnership.slug])}{chosen}" in page

    def test_new_answers_and_new_themes_have_it_drawn_anew(self, partnership, session, team, analysed):
        file = self.address(partnership)

        def is_drawn() -> bool:
            analysed.get(self.address(partnership))
            return AnalysisFile.objects.get().state == "ready"

        assert not is_drawn()
        drawn(partnership)
        assert is_drawn()
        evaluated(partnership, session, [{**rated(1, 3, 7), "pledge": "Ring the school."}])
        page_of(analysed, "analysis", partnership)
        built(partnership)
        assert not is_drawn()
        drawn(partnership)
        assert analysed.get(file).status_code == 200
        theme = add_theme(actor=actor_for(team), name="Telephone")
        pledge = Answer.objects.get(question__key="pledge", text="Ring the school.")
        tag_answers(actor=actor_for(team), changes=[Retagging(pledge.pk, frozenset({theme.pk}), frozenset())])
        assert not is_drawn()
        drawn(partnership)
        assert is_drawn()

    @pytest.mark.parametrize("gone", ["taken back", "unmarked", "shortened", "words taken out", "forgotten"])
    def test_no_file_keeps_a_quote_that_is_no_more(self, partnership, session, team, analysed, gone):
        evaluated(partnership, session, [{**rated(4, 3, 7), "pledge": "Ring Mrs Ólafsdóttir."}])
        invitation = Invitation.objects.filter(state="answered").latest("pk")
        Invitation.objects.filter(pk=invitation.pk).update(quoting_agreed_at=timezone.now())
        pledge = Answer.objects.get(invitation=invitation, question__key="pledge")
        actor = actor_for(team)
        mark_quote(actor=actor, answer=pledge, words=pledge.text)
        page_of(analysed, "analysis", partnership)
        built(partnership)
        for ending in ("pdf", "xlsx"):
            analysed.get(self.address(partnership, ending))
        drawn(partnership)
        # One is being drawn just then.
        analysed.get(self.address(partnership, "xlsx", "?period=year"))
        stored = [one.file for one in AnalysisFile.objects.filter(state="ready")]
        waiting = AnalysisFile.objects.get(state="building")
        assert all(default_storage.exists(one) for one in stored) and len(stored) == 2
        with TestCase.captureOnCommitCallbacks(execute=True):
            match gone:
                case "taken back":
                    stop_quoting(actor=actor, invitation=invitation)
                case "unmarked":
                    unmark_quote(actor=actor, answer=pledge)
                case "shortened":
                    mark_quote(actor=actor, answer=pledge, words="Ring […].")
                case "words taken out":
                    redact_answer(actor=actor, answer=pledge, reason="Names somebody")
                case "forgotten":
                    Invitation.objects.filter(state="open").update(state="closed")
                    kept_long = timezone.now() + timedelta(days=10 * 366)
                    forget_answers(actor=job(partnership), session=session, now=kept_long)
        assert not any(default_storage.exists(one) for one in stored)
        left = AnalysisFile.objects.filter(pk=waiting.pk).first()
        assert not AnalysisFile.objects.exclude(pk=waiting.pk).exists()
        assert left is None if gone == "forgotten" else left.requested_at > waiting.requested_at

    def test_what_was_being_drawn_when_a_quote_went_is_thrown_away(
        self, partnership, team, analysed, monkeypatch
    ):
        analysed.get(self.address(partnership))
        write = analysis_files.write_analysis

        def write_and_lose(*given):
            write(*given)
            drop_files(partnership)

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(analysis_files, "write_analysis", write_and_lose)
            drawn(partnership)
        assert AnalysisFile.objects.get().state == "building"
        assert default_storage.listdir(f"analyses/{partnership.slug}")[1] == []
        drawn(partnership)
        assert AnalysisFile.objects.get().state == "ready"

    def test_a_dead_worker_is_followed_by_another(self, partnership, analysed, monkeypatch):
        analysed.get(self.address(partnership))

        def die(*given):
            raise SystemExit

        with monkeypatch.context() as killed:
            killed.setattr(analysis_files, "write_analysis", die)
            with pytest.raises(SystemExit):
                drawn(partnership)
        drawn(partnership)
        assert AnalysisFile.objects.get().state == "building"
        AnalysisFile.objects.update(touched_at=timezone.now() - timedelta(minutes=6))
        requeue_stuck_files(partnership, timezone.now())
        assert (AnalysisFile.objects.get().state, AnalysisFile.objects.get().attempts) == ("ready", 2)

    def test_failed_says_so_and_is_begun_again(self, partnership, analysed):
        place = analysed.get(self.address(partnership))["Location"]
        AnalysisFile.objects.update(attempts=MOST_ATTEMPTS)
        drawn(partnership)
        page = analysed.get(place).content.decode()
        assert "could not be made" in page and f'href="{self.address(partnership)}"' in page
        analysed.get(self.address(partnership))
        drawn(partnership)
        assert analysed.get(self.address(partnership)).status_code == 200

    def test_a_file_that_is_lost_is_drawn_again(self, partnership, analysed):
        analysed.get(self.address(partnership))
        drawn(partnership)
        default_storage.delete(AnalysisFile.objects.get().file)
        assert analysed.get(self.address(partnership)).status_code == 302
        drawn(partnership)
        assert analysed.get(self.address(partnership)).status_code == 200

    def test_gone_with_the_analysis(self, partnership, analysed):
        analysed.get(self.address(partnership))
        drawn(partnership)
        stored = AnalysisFile.objects.get().file
        forget_files(partnership, timezone.now())
        assert default_storage.exists(stored)
        forget_analyses(partnership, timezone.now() + timedelta(days=31))
        forget_files(partnership, timezone.now())
        assert not AnalysisFile.objects.exists() and not default_storage.exists(stored)

    def test_only_for_whoever_may_read_the_analysis(
        self, partnership, neighbour, session, trainer, sign_in, analysed
    ):
        client = sign_in(trainer)
        page_of(client, "trainer_evaluation", partnership, session.pk)
        built(partnership)
        theirs = client.get(
            reverse("evaluations:trainer_evaluation_file", args=[partnership.slug, session.pk, "pdf"])
        )
        page = client.get(theirs["Location"]).content.decode()
        assert reverse("evaluations:trainer_evaluation", args=[partnership.slug, session.pk]) in page
        teams = analysed.get(self.address(partnership))["Location"]
        assert client.get(teams).status_code == 404
        assert analysed.get(theirs["Location"]).status_code == 404
        other = sign_in(make_person(partnership, Role.TRAINER))
        assert other.get(theirs["Location"]).status_code == 404
        with acting_in(neighbour):
            foreign = sign_in(make_person(neighbour, Role.TEAM))
        assert foreign.get(teams.replace(partnership.slug, neighbour.slug)).status_code == 404
        session.trainer_links.all().delete()
        assert client.get(theirs["Location"]).status_code == 404
