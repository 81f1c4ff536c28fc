"""The report to the sub-group: asked for, built step by step, published; then only quotes can go from it."""

from datetime import date, datetime, timedelta
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from compliance.documents import report_pdf, write_report_xlsx
from compliance.models import Report
from compliance.periods import reported_period
from compliance.queries.quotes import (
    gone_quotes,
    lost_quotes,
    reports_to_renew,
    require_quotes,
    without_quotes,
)
from compliance.queries.report import PARTS, heading_figures
from compliance.tasks import build_report_task, take_out_quotes_task
from partnership_portal.working_days import uk_date, uk_today
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.errors import DomainError
from partnerships.jobs import one_by_one
from partnerships.models import Partnership
from partnerships.permissions import Permission, require
from partnerships.services.builds import Build, TakenOver, ask, stuck
from partnerships.services.locks import locked_partnership
from partnerships.tenancy import acting_in


def request_report(*, actor: Actor, starts_on: date, ends_on: date) -> Report:
    """Ask for the report on a period; it is built by a job.

    While it is being built, asking again gives that one. A version that was not published is built again; after
    publication a new version is made. Locks the partnership, so that a version is made once.
    """
    require(actor, Permission.BUILD_REPORTS)
    if starts_on.day != 1 or (ends_on + timedelta(days=1)).day != 1 or ends_on <= starts_on:
        raise DomainError("A report covers whole months. Choose one of the periods.")
    if starts_on > uk_today():
        raise DomainError("This period has not begun yet.")
    with transaction.atomic():
        partnership = locked_partnership(actor)
        latest = (
            Report.objects.select_for_update()
            .filter(partnership=partnership, starts_on=starts_on, ends_on=ends_on)
            .order_by("-version")
            .first()
        )
        if latest is not None and latest.state == Report.State.BUILDING:
            return latest
        if latest is None or latest.state == Report.State.PUBLISHED:
            report = Report(
                partnership=partnership,
                starts_on=starts_on,
                ends_on=ends_on,
                version=latest.version + 1 if latest else 1,
            )
        else:
            report = latest
        _begin_again(report)
        report.requested_by = actor.person
        report.save()
        audit.record(
            actor,
            "compliance.request_report",
            report,
            after={
                "starts_on": starts_on.isoformat(),
                "ends_on": ends_on.isoformat(),
                "version": report.version,
            },
        )
    return report


def build_report(*, actor: Actor, report_id: int, now: datetime) -> None:
    """Build a report: add up its parts one after the other, draw its files, and make it ready to publish.

    Each step is committed in a short transaction of its own, so that the page can show it. Whoever begins last goes
    on; an earlier worker that is still alive notices and stops. After five beginnings the report has failed.
    """
    build = Build.begin(Report, actor.partnership, report_id)
    if build is None:
        return
    report = build.row
    try:
        with build.step("Reading the policy", 2):
            reporting = report.partnership.policy(now).reporting
            period = reported_period(reporting, report.starts_on, report.ends_on)
            figures = heading_figures(report.partnership, period, now)
        for words, progress, part in PARTS:
            with build.step(words, progress):
                figures |= part(report.partnership, period, now)
        with build.step("Drawing the document", 75):
            pdf = _keep(report, f"{build.attempt}.pdf", ContentFile(report_pdf(report, figures)))
        with build.step("Writing the spreadsheet", 90):
            xlsx = _keep(report, f"{build.attempt}.xlsx", _spreadsheet(report, figures))
        build.finish(actor, "compliance.build_report", figures=figures, pdf=pdf, xlsx=xlsx)
    except TakenOver:
        return


def publish_report(*, actor: Actor, report: Report) -> Report:
    """Show the report to the sub-group; from then on nothing but a quote can go from it.

    Refuses where somebody whom it quotes is not to be quoted any more. Locks the report, then the quotes in the order
    of their keys, so that consent that is taken back at this moment comes before or after.
    """
    require(actor, Permission.BUILD_REPORTS)
    with transaction.atomic():
        report = Report.objects.select_for_update().get(partnership=actor.partnership, pk=report.pk)
        if report.state == Report.State.PUBLISHED:
            return report
        if report.state != Report.State.READY:
            raise DomainError("This report is not ready. Wait until it is built.")
        require_quotes(report, hold=True)
        report.state = Report.State.PUBLISHED
        report.published_at, report.published_by = timezone.now(), actor.person
        report.save(update_fields=["state", "published_at", "published_by"])
        audit.record(
            actor,
            "compliance.publish_report",
            report,
            before={"state": "ready"},
            after={"state": "published"},
        )
    return report


def take_out_quotes(*, actor: Actor, report_id: int, now: datetime) -> None:
    """Take out of a published report the quotes whose words are gone, and draw its files without them.

    For good: the database lets nothing else of it change. The earlier files are deleted. Locks the report while the
    files are drawn. Done twice is done once.
    """
    require(actor, Permission.BUILD_REPORTS)
    with acting_in(actor.partnership):
        report = (
            Report.objects.select_for_update()
            .filter(partnership=actor.partnership, pk=report_id, state=Report.State.PUBLISHED)
            .first()
        )
        gone = gone_quotes(report) if report is not None else set()
        if report is None or not gone:
            return
        _delete_files(report)
        figures = without_quotes(report, gone, uk_date(now))
        mark = f"{report.attempts}-less-{len(figures['own_words']['taken_out'])}"
        report.figures = figures
        report.pdf = _keep(report, f"{mark}.pdf", ContentFile(report_pdf(report, figures)))
        report.xlsx = _keep(report, f"{mark}.xlsx", _spreadsheet(report, figures))
        report.save(update_fields=["figures", "pdf", "xlsx"])
        audit.record(actor, "compliance.take_out_quotes", report, after={"quotes": sorted(gone)})


def renew_reports(partnership: Partnership, now: datetime) -> None:
    """Have quotes go from reports that may not have them any more (a frequent job).

    What is not published is built again; from what is published, quotes whose words are gone are taken out. Looks
    without locks.
    """
    with acting_in(partnership):
        lost, gone = reports_to_renew(partnership)
    one_by_one(partnership, (partial(_renew, partnership, pk) for pk in lost))
    # Queued again at the next run, until it is done.
    one_by_one(partnership, (partial(take_out_quotes_task.delay, partnership.pk, pk) for pk in gone))


def delete_files_of_no_report(partnership: Partnership, now: datetime) -> None:
    """Delete stored files that no report names: of builds that were killed, and what could not be deleted (a daily
    job). Files of the last day stay, since they are stored before a report names them."""
    folder = f"reports/{partnership.slug}"
    try:
        periods, _ = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    stored = [
        f"{folder}/{one}/{name}" for one in periods for name in default_storage.listdir(f"{folder}/{one}")[1]
    ]
    # Looked up after the folders: a file that is stored meanwhile is not among the names.
    with acting_in(partnership):
        reports = Report.objects.filter(partnership=partnership)
        named = {name for names in reports.values_list("pdf", "xlsx") for name in names}
    yesterday = timezone.now() - timedelta(days=1)
    for name in stored:
        if name not in named and default_storage.get_modified_time(name) < yesterday:
            default_storage.delete(name)


def requeue_stuck_reports(partnership: Partnership, now: datetime) -> None:
    """Queue again the reports whose build has told nothing for five minutes (a frequent job)."""
    for report_id in stuck(Report, partnership, now):
        build_report_task.delay(partnership.pk, report_id)


def _renew(partnership: Partnership, pk: int) -> None:
    report = Report.objects.select_for_update().filter(partnership=partnership, pk=pk).first()
    if report is None or report.state != Report.State.READY or not lost_quotes(report):
        return
    _begin_again(report)
    report.save()
    audit.record(system(partnership, "renew reports"), "compliance.renew_report", report)


def _begin_again(report: Report) -> None:
    """Have it built from the start; the caller saves it. What it said, and its files, are gone."""
    ask(report, timezone.now())
    _delete_files(report)
    report.figures, report.pdf, report.xlsx = None, "", ""
    # When the broker is away the report waits for ``requeue_stuck_reports``.
    transaction.on_commit(lambda: build_report_task.delay(report.partnership_id, report.pk), robust=True)


def _delete_files(report: Report) -> None:
    for stored in filter(None, (report.pdf, report.xlsx)):
        transaction.on_commit(partial(default_storage.delete, stored), robust=True)


def _spreadsheet(report: Report, figures: dict[str, Any]) -> File:
    stream: IO[bytes] = SpooledTemporaryFile(max_size=4 * 1024 * 1024)  # noqa: SIM115 (storage reads it)
    write_report_xlsx(stream, report, figures)
    stream.seek(0)
    return File(stream)


def _keep(report: Report, ending: str, content: File) -> str:
    """Store a file under a name that no other build uses, and give that name."""
    requested = f"{report.requested_at:%Y%m%d%H%M%S}"
    folder = f"reports/{report.partnership.slug}/{report.starts_on}-to-{report.ends_on}"
    with content:
        return default_storage.save(f"{folder}/v{report.version}-{requested}-{ending}", content)
