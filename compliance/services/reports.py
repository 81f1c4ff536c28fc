"""The report to the sub-group: asked for, built step by step, published; then it never changes."""

from datetime import date, datetime, timedelta
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
from compliance.queries.report import PARTS, heading_figures
from compliance.tasks import build_report_task
from partnership_portal.working_days import uk_today
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Partnership
from partnerships.permissions import Permission, require
from partnerships.services.builds import Build, TakenOver, ask, stuck
from partnerships.services.locks import locked_partnership


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
        ask(report, timezone.now())
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
        # When the broker is away the report waits for ``requeue_stuck_reports``.
        transaction.on_commit(lambda: build_report_task.delay(partnership.pk, report.pk), robust=True)
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
            pdf = _keep(report, build.attempt, "pdf", ContentFile(report_pdf(report, figures)))
        with build.step("Writing the spreadsheet", 90):
            xlsx = _keep(report, build.attempt, "xlsx", _spreadsheet(report, figures))
        build.finish(actor, "compliance.build_report", figures=figures, pdf=pdf, xlsx=xlsx)
    except TakenOver:
        return


def publish_report(*, actor: Actor, report: Report) -> Report:
    """Show the report to the sub-group; from then on it can't change."""
    require(actor, Permission.BUILD_REPORTS)
    with transaction.atomic():
        report = Report.objects.select_for_update().get(partnership=actor.partnership, pk=report.pk)
        if report.state == Report.State.PUBLISHED:
            return report
        if report.state != Report.State.READY:
            raise DomainError("This report is not ready. Wait until it is built.")
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


def requeue_stuck_reports(partnership: Partnership, now: datetime) -> None:
    """Queue again the reports whose build has told nothing for five minutes (a frequent job)."""
    for report_id in stuck(Report, partnership, now):
        build_report_task.delay(partnership.pk, report_id)


def _spreadsheet(report: Report, figures: dict[str, Any]) -> File:
    stream: IO[bytes] = SpooledTemporaryFile(max_size=4 * 1024 * 1024)  # noqa: SIM115 (storage reads it)
    write_report_xlsx(stream, report, figures)
    stream.seek(0)
    return File(stream)


def _keep(report: Report, attempt: int, ending: str, content: File) -> str:
    """Store a file under a name that no other build uses, and give that name."""
    requested = f"{report.requested_at:%Y%m%d%H%M%S}"
    folder = f"reports/{report.partnership.slug}/{report.starts_on}-to-{report.ends_on}"
    with content:
        return default_storage.save(f"{folder}/v{report.version}-{requested}-{attempt}.{ending}", content)
