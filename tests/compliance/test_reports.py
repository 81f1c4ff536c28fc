"""A report's life: asked for, built, killed in the middle, published, corrected."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.db import ProgrammingError, transaction
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from compliance.models import Report
from compliance.services import reports as service
from compliance.services.reports import build_report, publish_report, request_report, requeue_stuck_reports
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.services.builds import MOST_ATTEMPTS
from tests.compliance.world import busy_quarter
from tests.factories import actor_for, job, make_person

START, END = date(2026, 7, 1), date(2026, 9, 30)
NOW = datetime(2026, 10, 5, 8, tzinfo=UTC)


class Killed(BaseException):
    """The worker dies here."""


@pytest.fixture
def team(partnership):
    return actor_for(make_person(partnership, Role.TEAM))


def asked(team):
    return request_report(actor=team, starts_on=START, ends_on=END)


def built(team):
    report = asked(team)
    build_report(actor=job(team.partnership), report_id=report.pk, now=NOW)
    report.refresh_from_db()
    return report


def published(team):
    return publish_report(actor=team, report=built(team))


def test_a_report_is_built_with_its_files(partnership, team):
    busy_quarter(partnership)
    report = built(team)
    assert (report.state, report.progress, report.version) == ("ready", 100, 1)
    assert report.figures["activity"]["total"]["attended"] == 3
    with default_storage.open(report.pdf) as file:
        assert file.read(5) == b"%PDF-"
    with default_storage.open(report.xlsx) as file:
        book = CalamineWorkbook.from_filelike(BytesIO(file.read()))
    assert book.sheet_names[:2] == ["Report", "Compared with earlier periods"]
    rows = book.get_sheet_by_name("Compared with earlier periods").to_python()
    assert ["Bookings made", 8.0, 1.0, 0.0] in rows


def test_asking_twice_gives_the_same_report(partnership, team):
    assert asked(team) == asked(team)
    assert Report.objects.count() == 1


def test_what_was_not_published_is_built_again_as_the_same_version(team):
    first = built(team)
    again = asked(team)
    assert (again.pk, again.version, again.state) == (first.pk, 1, "building")


def test_a_published_report_never_changes(team):
    report = published(team)
    for change in ({"figures": {}}, {"state": "ready"}, {"pdf": "other.pdf"}):
        with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
            Report.objects.filter(pk=report.pk).update(**change)
    with pytest.raises(ProgrammingError, match="Cannot"), transaction.atomic():
        report.delete()
    build_report(actor=job(team.partnership), report_id=report.pk, now=NOW)
    assert Report.objects.get(pk=report.pk).figures == report.figures


def test_a_correction_is_a_new_version_with_files_of_its_own(partnership, team):
    first = published(team)
    busy_quarter(partnership)
    second = published(team)
    first.refresh_from_db()
    assert (first.version, second.version) == (1, 2)
    assert first.figures["activity"]["total"]["attended"] == 0
    assert second.figures["activity"]["total"]["attended"] == 3
    assert first.pdf != second.pdf


def test_the_same_figures_give_the_same_document(partnership, team):
    busy_quarter(partnership)
    report = built(team)
    from compliance.documents import report_pdf

    with default_storage.open(report.pdf) as file:
        assert file.read() == report_pdf(report, report.figures)


@pytest.mark.parametrize("part", range(5))
def test_a_build_killed_in_the_middle_is_begun_again(partnership, team, monkeypatch, part):
    busy_quarter(partnership)
    report = asked(team)
    words, progress, _ = service.PARTS[part]

    def dies(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(service, "PARTS", (*service.PARTS[:part], (words, progress, dies)))
        with pytest.raises(Killed), transaction.atomic():
            build_report(actor=job(partnership), report_id=report.pk, now=NOW)
    build_report(actor=job(partnership), report_id=report.pk, now=NOW)
    report.refresh_from_db()
    assert (report.state, report.progress) == ("ready", 100)
    assert AuditEntry.objects.filter(action="compliance.build_report").count() == 1


def test_a_build_that_keeps_dying_fails_for_good(partnership, team):
    report = asked(team)
    Report.objects.filter(pk=report.pk).update(attempts=MOST_ATTEMPTS)
    build_report(actor=job(partnership), report_id=report.pk, now=NOW)
    report.refresh_from_db()
    assert (report.state, report.step) == ("failed", "Given up after 5 attempts")
    assert built(team).state == "ready"


def test_an_earlier_worker_that_is_still_alive_stops(partnership, team, monkeypatch):
    report = asked(team)
    words, progress, part = service.PARTS[0]

    def overtaken(*given):
        Report.objects.filter(pk=report.pk).update(attempts=2)
        return part(*given)

    monkeypatch.setattr(service, "PARTS", ((words, progress, overtaken), *service.PARTS[1:]))
    build_report(actor=job(partnership), report_id=report.pk, now=NOW)
    report.refresh_from_db()
    assert (report.state, report.progress, report.pdf) == ("building", progress, "")


def test_a_worker_of_an_earlier_request_does_not_finish_the_later_one(partnership, team, monkeypatch):
    report = asked(team)
    words, progress, part = service.PARTS[0]

    def asked_again(*given):
        Report.objects.filter(pk=report.pk).update(requested_at=timezone.now(), attempts=1)
        return part(*given)

    monkeypatch.setattr(service, "PARTS", ((words, progress, asked_again), *service.PARTS[1:]))
    build_report(actor=job(partnership), report_id=report.pk, now=NOW)
    report.refresh_from_db()
    assert (report.state, report.pdf) == ("building", "")


@pytest.mark.parametrize("ending", ["pdf", "xlsx"])
def test_a_file_that_was_lost_is_drawn_again(partnership, team, sign_in, ending):
    report = published(team)
    address = reverse("compliance:report_file", args=[partnership.slug, report.pk, ending])
    browser = sign_in(team.person)
    before = b"".join(browser.get(address).streaming_content)
    default_storage.delete(getattr(report, ending))
    again = browser.get(address)
    assert again.status_code == 200
    assert b"".join(again.streaming_content)[:4] == before[:4]


def test_stuck_reports_are_queued_again(partnership, team, monkeypatch):
    stuck, now = asked(team), timezone.now()
    request_report(actor=team, starts_on=date(2026, 4, 1), ends_on=date(2026, 6, 30))
    Report.objects.filter(pk=stuck.pk).update(touched_at=now - timedelta(minutes=6))
    queued = []
    monkeypatch.setattr(service.build_report_task, "delay", lambda *given: queued.append(given))
    requeue_stuck_reports(partnership, now)
    assert queued == [(partnership.pk, stuck.pk)]


def test_an_unfinished_report_is_not_published(team):
    with pytest.raises(DomainError, match="not ready"):
        publish_report(actor=team, report=asked(team))


@pytest.mark.parametrize(
    ("starts_on", "ends_on"),
    [
        (date(2026, 7, 2), date(2026, 9, 30)),
        (date(2026, 7, 1), date(2026, 9, 29)),
        (date(2099, 1, 1), date(2099, 3, 31)),
    ],
)
def test_only_whole_periods_that_have_begun(team, starts_on, ends_on):
    with pytest.raises(DomainError):
        request_report(actor=team, starts_on=starts_on, ends_on=ends_on)


def test_only_the_team_builds_and_publishes(partnership, team):
    chair = actor_for(make_person(partnership, Role.SUBGROUP_CHAIR))
    with pytest.raises(PermissionDenied):
        asked(chair)
    with pytest.raises(PermissionDenied):
        publish_report(actor=chair, report=built(team))
