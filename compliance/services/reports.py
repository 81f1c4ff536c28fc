"""The report to the sub-group: asked for, built step by step, published; then it never changes."""

from collections.abc import Iterator
from contextlib import contextmanager
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
from partnerships.services.locks import locked_partnership
from partnerships.tenancy import acting_in

MOST_ATTEMPTS = 5
STUCK_AFTER = timedelta(minutes=5)
_WAITING = "Waiting for its turn"


class _TakenOver(Exception):
    """Another worker has begun this report again, or it is no longer to be built."""


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
        report.state, report.progress, report.step = Report.State.BUILDING, 0, _WAITING
        report.requested_by, report.requested_at = actor.person, timezone.now()
        report.attempts, report.touched_at = 0, None
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
    build = _begin(actor.partnership, report_id)
    if build is None:
        return
    report, attempt = build
    try:
        with _step(report, attempt, "Reading the policy", 2):
            reporting = report.partnership.policy(now).reporting
            period = reported_period(reporting, report.starts_on, report.ends_on)
            figures = heading_figures(report.partnership, period, now)
        for words, progress, part in PARTS:
            with _step(report, attempt, words, progress):
                figures |= part(report.partnership, period, now)
        with _step(report, attempt, "Drawing the document", 75):
            pdf = _keep(report, attempt, "pdf", ContentFile(report_pdf(report, figures)))
        with _step(report, attempt, "Writing the spreadsheet", 90):
            xlsx = _keep(report, attempt, "xlsx", _spreadsheet(report, figures))
        _finish(actor, report, attempt, figures=figures, pdf=pdf, xlsx=xlsx)
    except _TakenOver:
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
    with acting_in(partnership):
        building = Report.objects.filter(partnership=partnership, state=Report.State.BUILDING)
        stuck = [
            report.pk for report in building if (report.touched_at or report.requested_at) < now - STUCK_AFTER
        ]
    for report_id in stuck:
        build_report_task.delay(partnership.pk, report_id)


def _begin(partnership: Partnership, report_id: int) -> tuple[Report, int] | None:
    with acting_in(partnership):
        report = Report.objects.select_for_update().filter(partnership=partnership, pk=report_id).first()
        if report is None or report.state != Report.State.BUILDING:
            return None
        report.partnership = partnership
        report.attempts += 1
        report.touched_at = timezone.now()
        if report.attempts > MOST_ATTEMPTS:
            report.state = Report.State.FAILED
            report.step = f"Given up after {MOST_ATTEMPTS} attempts"
        report.save(update_fields=["attempts", "touched_at", "state", "step"])
        return (report, report.attempts) if report.state == Report.State.BUILDING else None


@contextmanager
def _step(report: Report, attempt: int, words: str, progress: int) -> Iterator[None]:
    """Tell what is being done, commit that, then do it in a transaction of its own."""
    with acting_in(report.partnership):
        _still_ours(report, attempt).update(step=words, progress=progress, touched_at=timezone.now())
    with acting_in(report.partnership):
        yield


def _still_ours(report: Report, attempt: int) -> Any:
    mine = Report.objects.filter(
        partnership=report.partnership,
        pk=report.pk,
        state=Report.State.BUILDING,
        # Attempts are counted anew when the report is asked for again.
        requested_at=report.requested_at,
        attempts=attempt,
    )
    if not mine.select_for_update().exists():
        raise _TakenOver
    return mine


def _finish(actor: Actor, report: Report, attempt: int, **result: Any) -> None:
    with acting_in(report.partnership):
        _still_ours(report, attempt).update(
            state=Report.State.READY, progress=100, step="Ready", built_at=timezone.now(), **result
        )
        audit.record(actor, "compliance.build_report", report, after={"state": "ready", "attempt": attempt})


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
