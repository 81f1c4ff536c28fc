"""What people wrote, in the report to the sub-group: themes that single out nobody, quotes of whoever agrees."""

import os
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import ProgrammingError, connection, transaction
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from bookings.models import Booking
from compliance.documents import report_pdf
from compliance.models import Report
from compliance.periods import reported_period
from compliance.queries.quotes import reports_to_renew
from compliance.queries.report import MOST_QUOTES, own_words_figures
from compliance.sections import report_sections
from compliance.services import reports as service
from compliance.services.reports import (
    build_report,
    delete_files_of_no_report,
    publish_report,
    renew_reports,
    request_report,
    take_out_quotes,
)
from evaluations import disclosure
from evaluations.disclosure import FEWEST, shown_of
from evaluations.links import holder_of
from evaluations.models import Answer
from evaluations.queries import own_words
from evaluations.queries.own_words import reported_themes
from evaluations.services.quotes import mark_quote, stop_quoting
from evaluations.services.redaction import redact_answer
from evaluations.services.retention import forget_answers
from evaluations.services.themes import add_theme
from partnership_portal.working_days import quarter_of, uk_date
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt, closed, held
from tests.evaluations.test_disclosure import workbook
from tests.evaluations.test_own_words import asked_about, tick, wrote
from tests.evaluations.test_redaction import tables_with
from tests.factories import actor_for, job, make_course, make_person, policy
from tests.factories import adopt as adopt_policy


@pytest.fixture
def partnership(partnership):
    adopt(partnership)
    return partnership


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM)


@pytest.fixture
def sharing(team):
    return add_theme(actor=actor_for(team), name="Information sharing")


@pytest.fixture
def workload(team):
    return add_theme(actor=actor_for(team), name="Workload")


def built(team) -> Report:
    starts_on, ends_on = quarter_of(uk_date(timezone.now() - timedelta(days=1)))
    report = request_report(actor=actor_for(team), starts_on=starts_on, ends_on=ends_on)
    build_report(actor=job(team.partnership), report_id=report.pk, now=timezone.now())
    report.refresh_from_db()
    return report


def published(team) -> Report:
    return publish_report(actor=actor_for(team), report=built(team))


def page_of(client, report: Report, name: str = "report") -> str:
    address = reverse(f"compliance:{name}", args=[report.partnership.slug, report.pk])
    return client.get(address).content.decode()


def pdf_of(client, report: Report) -> str:
    reader = PdfReader(BytesIO(b"".join(pdf_bytes(client, report))))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def pdf_bytes(client, report: Report) -> Iterator[bytes]:
    args = [report.partnership.slug, report.pk, "pdf"]
    return client.get(reverse("compliance:report_file", args=args)).streaming_content


def sheet_of(client, report: Report) -> list[list[str]]:
    address = reverse("compliance:report_file", args=[report.partnership.slug, report.pk, "xlsx"])
    return workbook(client.get(address))


def themes_in(rows: list[list[str]]) -> dict[tuple[str, str], int]:
    """How many answers, at the least, are about a theme, by course."""
    found = [row for row in rows if len(row) == 6 and row[2] == "Information sharing"]
    return {(row[0], row[2]): int(float(row[3])) for row in found}


class TestAttack:
    """Who trains both sessions and reads the report takes one from the other."""

    @pytest.fixture
    def scene(self, partnership, team, sharing, workload):
        trainer = make_person(partnership, Role.TRAINER, Role.SUBGROUP_MEMBER)
        course = make_course(partnership, title="Neglect")
        sessions = []
        for number, about in ((11, 5), (12, 2)):
            session = held(partnership, course=course, days_ago=1, trainers=(trainer,))
            answers = wrote(partnership, number, session=session)
            tick(team, answers, workload)
            tick(team, answers[:about], sharing)
            sessions.append(session)
        closed(partnership)
        return trainer, sessions

    def read(self, partnership, client, sessions, report) -> tuple[list[int], list[int]]:
        """The theme's figures about each session, where there are any, and those of the report."""
        single = []
        for session in sessions:
            args = [partnership.slug, session.pk, "xlsx"]
            rows = workbook(client.get(reverse("evaluations:trainer_evaluation_file", args=args)))
            single += [
                int(float(row[3]))
                for row in rows
                if row[2:3] == ["Information sharing"] and row[3] != "not shown"
            ]
        page, pdf = page_of(client, report), pdf_of(client, report)
        rows = [row for row in sheet_of(client, report) if "Information sharing" in row]
        whole = [int(float(row[3])) for row in rows if len(row) == 6]
        for number in whole:
            assert f"Information sharing {number} " in pdf and f">{number}</" in page
        return single, whole

    def test_no_figure_of_few_is_left(self, partnership, team, sign_in, scene):
        trainer, sessions = scene
        single, whole = self.read(partnership, sign_in(trainer), sessions, published(team))
        # Ten of each session are counted.
        assert (single, whole) == ([5], [5])

    def test_control_there_is_one_without_the_rule(self, partnership, team, sign_in, scene, monkeypatch):
        monkeypatch.setattr(disclosure, "FEWEST", 1)
        monkeypatch.setattr(own_words, "FEWEST", 1)
        trainer, sessions = scene
        single, whole = self.read(partnership, sign_in(trainer), sessions, published(team))
        assert whole[0] - max(single) == 2

    def test_a_later_version_gives_away_no_more(self, partnership, team, sharing, sign_in, scene):
        trainer, sessions = scene
        first = published(team)
        more = wrote(partnership, 5, course=sessions[0].course, days_ago=1)
        tick(team, more[:3], sharing)
        closed(partnership)
        second = published(team)
        client = sign_in(trainer)
        assert themes_in(sheet_of(client, first)) == themes_in(sheet_of(client, second))


@given(st.lists(st.lists(st.booleans(), min_size=5, max_size=15), min_size=1, max_size=6), st.data())
def test_whatever_is_taken_from_whatever_five_are_left_or_nobody(sessions, data):
    tagged = [own_words._Read([["A"] if one else ["B"] for one in session], set()) for session in sessions]
    part = data.draw(st.lists(st.sampled_from(tagged), unique_by=id, max_size=len(tagged)))
    whole, some = ({one.theme: one for one in own_words._at_least(found)} for found in (tagged, part))
    for theme, one in whole.items():
        other = some.get(theme)
        rest = one.answers - (other.answers if other else 0)
        assert one.answers >= FEWEST and (rest == 0 or rest >= FEWEST)
        assert (rest == 0) == (one.sessions == (other.sessions if other else 0))
    for session in tagged:
        count = sum(names == ["A"] for names in session.themes)
        alone = own_words._at_least([session])
        assert ("A" in {one.theme for one in alone}) == bool(
            count >= FEWEST and shown_of(count, session.number)
        )


def test_of_all_courses_and_of_each_on_page_pdf_and_sheet(partnership, team, sharing, sign_in):
    for title in ("Neglect", "Exploitation"):
        answers = wrote(partnership, 5, course=make_course(partnership, title=title), days_ago=1)
        tick(team, answers, sharing)
        mark_quote(actor=actor_for(team), answer=answers[0], words="I will do […] thing […]")
    closed(partnership)
    report = published(team)
    client = sign_in(make_person(partnership, Role.SUBGROUP_MEMBER))
    assert themes_in(sheet_of(client, report)) == {
        ("All courses", "Information sharing"): 10,
        ("Neglect", "Information sharing"): 5,
        ("Exploitation", "Information sharing"): 5,
    }
    quote = "“I will do […] thing […]” (a learner, Neglect)"
    for said in (page_of(client, report), pdf_of(client, report), str(sheet_of(client, report))):
        assert "What they wrote about" in said and "All courses" in said
        assert quote in said and "At least as many" in said
    assert "10 answers about 2 sessions" in page_of(client, report)
    for answer in answers:
        assert answer.invitation.respondent_name not in page_of(client, report)


def test_a_themes_answers_of_a_neighbour_or_another_quarter_are_not_counted(
    partnership, neighbour, team, sharing
):
    tick(team, wrote(partnership, 5, days_ago=200), sharing)
    closed(partnership)
    with acting_in(neighbour):
        adopt(neighbour)
        theirs = make_person(neighbour, Role.TEAM)
        tick(theirs, wrote(neighbour, 5, days_ago=1), add_theme(actor=actor_for(theirs), name="Theirs"))
        closed(neighbour)
    assert built(team).figures["own_words"] == {"themes": [], "quotes": []}


def test_unread_closed_late_and_dip_sample_are_left_out(partnership, team, sharing):
    answers = wrote(partnership, 5)
    tick(team, answers, sharing)
    assert reported_themes(asked_about(*answers)) == [], "somebody may still be asked"
    closed(partnership)
    (all_courses, _) = reported_themes(asked_about(*answers))
    assert (all_courses.read, all_courses.sessions) == (5, 1)
    redact_answer(actor=actor_for(team), answer=answers[0], reason="It named somebody.")
    assert reported_themes(asked_about(*answers)) == []


def test_where_the_policy_asks_for_neither_part_nothing_is_said(partnership, team, sharing):
    tick(team, wrote(partnership, 5, days_ago=1), sharing)
    closed(partnership)
    figures = built(team).figures
    titles = [one.title for one in report_sections(figures, "#1d70b8")]
    assert "What they wrote about" in titles
    for contents, follows in (
        (["impact", "attendance"], "Impact on practice"),
        (["attendance", "evaluation"], "Evaluation"),
    ):
        titles = [one.title for one in report_sections(figures | {"contents": contents}, "#1d70b8")]
        assert titles[titles.index("What they wrote about") - 1] == follows
    titles = [one.title for one in report_sections(figures | {"contents": ["attendance"]}, "#1d70b8")]
    assert "What they wrote about" not in titles
    del figures["own_words"]
    assert report_sections(figures, "#1d70b8"), "a report of an earlier release"


@pytest.mark.parametrize("rows", [1, 5])
def test_the_same_queries_however_many(partnership, team, sharing, rows, django_assert_num_queries):
    for number in range(rows):
        answers = wrote(partnership, 5, course=make_course(partnership, title=f"Course {number}"), days_ago=1)
        tick(team, answers, sharing)
        mark_quote(actor=actor_for(team), answer=answers[0], words=answers[0].text)
    closed(partnership)
    policy = partnership.policy()
    period = reported_period(policy.reporting, *quarter_of(uk_date(timezone.now() - timedelta(days=1))))
    with django_assert_num_queries(5):
        own_words_figures(partnership, period, timezone.now())


class TestQuotes:
    @pytest.fixture
    def quoted(self, partnership, team):
        answers = wrote(partnership, 5, course=make_course(partnership, title="Neglect"), days_ago=1)
        mark_quote(actor=actor_for(team), answer=answers[0], words=answers[0].text)
        return answers[0]

    def test_the_last_ten(self, partnership, team):
        first, *answers = wrote(partnership, MOST_QUOTES + 2, days_ago=1)
        for one in (first, *answers):
            mark_quote(actor=actor_for(team), answer=one, words=one.text)
        # Marked anew, it is the last of all.
        mark_quote(actor=actor_for(team), answer=first, words="I will do the 0 thing […]")
        words = {one["words"] for one in built(team).figures["own_words"]["quotes"]}
        assert words == {"I will do the 0 thing […]", *(one.text for one in answers[2:])}

    @pytest.mark.parametrize("contents", [["attendance"], ["attendance", "impact"]])
    def test_words_are_kept_only_where_the_report_has_a_part_for_them(
        self, partnership, team, quoted, contents
    ):
        adopt_policy(
            partnership, policy(reporting__contents=contents), at=timezone.now() - timedelta(hours=1)
        )
        report = built(team)
        assert ("own_words" in report.figures) == (quoted.text in str(report.figures)) == (len(contents) == 2)
        stop_quoting(actor=holder_of(quoted.invitation), invitation=quoted.invitation)
        if len(contents) == 1:
            assert publish_report(actor=actor_for(team), report=report).state == "published"
        else:
            with pytest.raises(DomainError, match="not to be quoted"):
                publish_report(actor=actor_for(team), report=report)

    @pytest.mark.parametrize("change", ["taken back", "shortened", "words taken out", "not there"])
    def test_no_report_is_published_with_what_may_not_be_quoted(
        self, partnership, team, quoted, sign_in, change, monkeypatch
    ):
        report, client = built(team), sign_in(team)
        assert quoted.text in page_of(client, report, "desk_report")
        match change:
            case "taken back":
                stop_quoting(actor=holder_of(quoted.invitation), invitation=quoted.invitation)
            case "shortened":
                mark_quote(actor=actor_for(team), answer=quoted, words="I will do […]")
            case "not there":
                Booking.objects.filter(invitations=quoted.invitation_id).update(state="did_not_attend")
            case _:
                redact_answer(actor=actor_for(team), answer=quoted, reason="Names somebody")
        with pytest.raises(DomainError, match="not to be quoted"):
            publish_report(actor=actor_for(team), report=report)
        assert quoted.text not in page_of(client, report, "desk_report")
        file = reverse("compliance:report_file", args=[partnership.slug, report.pk, "pdf"])
        assert client.get(file)["Content-Type"] != "application/pdf"
        monkeypatch.setattr(service.build_report_task, "delay", lambda *given: None)
        with TestCase.captureOnCommitCallbacks(execute=True):
            renew_reports(partnership, timezone.now())
        again = Report.objects.get(pk=report.pk)
        assert (again.state, again.figures, again.version) == ("building", None, report.version)
        assert not any(default_storage.exists(one) for one in (report.pdf, report.xlsx))
        build_report(actor=job(partnership), report_id=report.pk, now=timezone.now())
        again = publish_report(actor=actor_for(team), report=again)
        quotes = [one["words"] for one in again.figures["own_words"]["quotes"]]
        assert quotes == (["I will do […]"] if change == "shortened" else [])

    def test_what_is_published_stays_and_the_next_version_is_without(
        self, partnership, team, quoted, sign_in
    ):
        report = published(team)
        stop_quoting(actor=holder_of(quoted.invitation), invitation=quoted.invitation)
        renew_reports(partnership, timezone.now())
        client = sign_in(make_person(partnership, Role.SUBGROUP_MEMBER))
        assert quoted.text in page_of(client, report) and quoted.text in pdf_of(client, report)
        assert quoted.text not in page_of(client, published(team))

    def test_whose_quotes_all_stand_is_left_alone(self, partnership, team, quoted):
        report = built(team)
        renew_reports(partnership, timezone.now())
        assert Report.objects.get(pk=report.pk).state == "ready"
        files = publish_report(actor=actor_for(team), report=report).pdf
        renew_reports(partnership, timezone.now())
        assert Report.objects.get(pk=report.pk).pdf == files

    @pytest.mark.parametrize("number", [1, 5])
    def test_the_job_looks_without_locks_and_at_the_quotes_alone(
        self, partnership, team, quoted, number, django_assert_num_queries
    ):
        first = built(team)
        for one in range(number):
            for state in ("ready", "published"):
                version = 2 * one + 2 + (state == "ready")
                copied = {"requested_at": first.requested_at, "state": state, "version": version}
                days = {"starts_on": first.starts_on, "ends_on": first.ends_on}
                Report.objects.create(partnership=partnership, figures=first.figures, **days, **copied)
        with django_assert_num_queries(3) as done:
            assert reports_to_renew(partnership) == ([], [])
        assert not any(
            "FOR UPDATE" in one["sql"] or "activity" in one["sql"] for one in done.captured_queries
        )

    @pytest.mark.parametrize("name", ["desk_report", "report_file"])
    def test_whoever_looks_locks_nothing(self, partnership, team, quoted, sign_in, name):
        report, client = built(team), sign_in(team)
        args = [partnership.slug, report.pk, *(["pdf"] if name == "report_file" else [])]
        with CaptureQueriesContext(connection) as done:
            assert client.get(reverse(f"compliance:{name}", args=args)).status_code == 200
        asked = [one["sql"] for one in done.captured_queries if "evaluations_quote" in one["sql"]]
        assert len(asked) == 1 and "FOR UPDATE" not in asked[0]


class TestGoneAfterPublication:
    """Words that are taken out of an answer, or kept long enough, go from published reports too."""

    GONE = "taken out on"

    @pytest.fixture
    def quoted(self, partnership, team):
        answers = wrote(partnership, 6, course=make_course(partnership, title="Neglect"), days_ago=1)
        for one in answers[:2]:
            mark_quote(actor=actor_for(team), answer=one, words=one.text)
        return answers[0]

    def go(self, partnership, team, answer: Answer, how: str) -> None:
        match how:
            case "a part":
                redact_answer(actor=actor_for(team), answer=answer, reason="Names a child", part="0 thing")
            case "all":
                redact_answer(actor=actor_for(team), answer=answer, reason="Names a child")
            case "after consent":
                stop_quoting(actor=holder_of(answer.invitation), invitation=answer.invitation)
                redact_answer(actor=actor_for(team), answer=answer, reason="Names a child")
            case _:
                later = timezone.now() + timedelta(days=20 * 366)
                assert forget_answers(actor=job(partnership), session=answer.invitation.session, now=later)

    def stored(self) -> list[str]:
        folder = settings.MEDIA_ROOT / "reports"
        return sorted(one.name for one in folder.rglob("*") if one.is_file())

    @pytest.mark.parametrize("how", ["a part", "all", "after consent", "forgotten"])
    def test_at_once_for_whoever_looks_then_from_figures_and_files(
        self, partnership, team, quoted, sign_in, how
    ):
        report = published(team)
        client, desk = sign_in(make_person(partnership, Role.SUBGROUP_MEMBER)), sign_in(team)
        before = report.figures
        saids = (page_of, pdf_of, lambda *given: str(sheet_of(*given)))
        assert all(quoted.text in said(client, report) for said in saids)
        self.go(partnership, team, quoted, how)

        def nowhere() -> None:
            for said in saids:
                text = said(client, report)
                assert quoted.text not in text and self.GONE in text
            assert quoted.text not in page_of(desk, report, "desk_report")

        nowhere()
        assert self.stored() and quoted.text in str(Report.objects.get(pk=report.pk).figures)
        with TestCase.captureOnCommitCallbacks(execute=True):
            renew_reports(partnership, timezone.now())
        after = Report.objects.get(pk=report.pk)
        nowhere()
        assert quoted.text not in str(after.figures) and "compliance_report" not in tables_with(quoted.text)
        assert not any(default_storage.exists(one) for one in (report.pdf, report.xlsx))
        assert self.stored() == sorted(one.rpartition("/")[2] for one in (after.pdf, after.xlsx))
        with default_storage.open(after.pdf) as file:
            assert b"".join(pdf_bytes(client, report)) == file.read() == report_pdf(after, after.figures)
        # All else is as it was published.
        own = before["own_words"]
        others = [] if how == "forgotten" else own["quotes"][1:]
        today = uk_date(timezone.now()).isoformat()
        days = [today] * (len(own["quotes"]) - len(others))
        assert after.figures == before | {"own_words": own | {"quotes": others, "taken_out": days}}
        assert (after.state, after.published_at) == ("published", report.published_at)
        entry = AuditEntry.objects.get(action="compliance.take_out_quotes")
        assert len(entry.after["quotes"]) == len(days) and "thing" not in str(entry.after)
        renew_reports(partnership, timezone.now())
        take_out_quotes(actor=job(partnership), report_id=report.pk, now=timezone.now())
        assert AuditEntry.objects.filter(action="compliance.take_out_quotes").count() == 1
        assert Report.objects.get(pk=report.pk).pdf == after.pdf

    def test_files_that_no_report_names_go_after_a_day(self, partnership, team, quoted):
        report = published(team)
        folder = report.pdf.rpartition("/")[0]
        killed, drawing = (
            default_storage.save(f"{folder}/{name}.pdf", ContentFile(b"thing"))
            for name in ("killed", "drawing")
        )
        for name in (killed, report.pdf, report.xlsx):
            os.utime(default_storage.path(name), times=(0, 0))
        delete_files_of_no_report(partnership, timezone.now())
        there = [default_storage.exists(one) for one in (killed, drawing, report.pdf, report.xlsx)]
        assert there == [False, True, True, True]

    def test_a_partnership_without_reports_has_no_files_to_delete(self, neighbour):
        delete_files_of_no_report(neighbour, timezone.now())

    def test_words_beside_what_was_taken_out_stay(self, partnership, team, quoted):
        mark_quote(actor=actor_for(team), answer=quoted, words="I will do […]")
        report = published(team)
        self.go(partnership, team, quoted, "a part")
        renew_reports(partnership, timezone.now())
        assert Report.objects.get(pk=report.pk).figures == report.figures

    def test_another_partnerships_report_is_not_touched(self, partnership, neighbour, team, quoted):
        report = published(team)
        self.go(partnership, team, quoted, "all")
        with acting_in(neighbour):
            take_out_quotes(actor=job(neighbour), report_id=report.pk, now=timezone.now())
        renew_reports(neighbour, timezone.now())
        assert Report.objects.get(pk=report.pk).figures == report.figures

    def test_only_the_team_and_jobs(self, partnership, team, quoted):
        report = published(team)
        member = actor_for(make_person(partnership, Role.SUBGROUP_CHAIR))
        with pytest.raises(PermissionDenied):
            take_out_quotes(actor=member, report_id=report.pk, now=timezone.now())

    def test_the_database_lets_quotes_go_and_nothing_else(self, partnership, team, quoted):
        report = published(team)
        own = report.figures["own_words"]
        one, other = own["quotes"]
        less = report.figures | {"own_words": own | {"quotes": [other]}}
        for change in (
            {"pdf": "other.pdf"},
            {"figures": None},
            {"figures": report.figures | {"own_words": own | {"taken_out": ["2026-11-27"]}}},
            {"figures": report.figures | {"own_words": own | {"quotes": [one | {"words": "Other"}, other]}}},
            {"figures": report.figures | {"own_words": own | {"quotes": [one | {"words": "Other"}]}}},
            {"figures": less | {"activity": {}}},
            {"figures": less, "version": 9},
            {"figures": less, "state": "ready"},
        ):
            with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
                Report.objects.filter(pk=report.pk).update(**change)
        Report.objects.filter(pk=report.pk).update(figures=less, pdf="")
