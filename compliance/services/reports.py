"""The report to the sub-group: asked for, built step by step, published; then it never changes."""

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
from compliance.queries.report import PARTS, heading_figures
from compliance.tasks import build_report_task
from evaluations.queries.own_words import still_quoted
from partnership_portal.working_days import uk_today
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
            pdf = _keep(report, build.attempt, "pdf", ContentFile(report_pdf(report, figures)))
        with build.step("Writing the spreadsheet", 90):
            xlsx = _keep(report, build.attempt, "xlsx", _spreadsheet(report, figures))
        build.finish(actor, "compliance.build_report", figures=figures, pdf=pdf, xlsx=xlsx)
    except TakenOver:
        return


def publish_report(*, actor: Actor, report: Report) -> Report:
    """Show the report to the sub-group; from then on it can't change.

    Refuses where somebody whom it quotes is not to be quoted any more. Locks the report, then the quotes, so that
    consent that is taken back at this moment comes before or after.
    """
    require(actor, Permission.BUILD_REPORTS)
    with transaction.atomic():
        report = Report.objects.select_for_update().get(partnership=actor.partnership, pk=report.pk)
        if report.state == Report.State.PUBLISHED:
            return report
        if report.state != Report.State.READY:
            raise DomainError("This report is not ready. Wait until it is built.")
        require_quotes(report)
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


def require_quotes(report: Report) -> None:
    """Refuse to show a report that is not published where a quote in it may not be used any more.

    Locks the quotes. What is published stays as it is.
    """
    if report.state != Report.State.PUBLISHED and not still_quoted(_quotes(report)):
        raise DomainError(
            "This report quotes somebody who is not to be quoted like this any more. It is being built again: look at "
            "it in a few minutes."
        )


def renew_reports(partnership: Partnership, now: datetime) -> None:
    """Build again what is not published and quotes somebody who is not to be quoted any more (a frequent job)."""
    with acting_in(partnership):
        waiting = Report.objects.filter(partnership=partnership, state=Report.State.READY)
        lost = [one.pk for one in waiting if not still_quoted(_quotes(one))]
    one_by_one(partnership, (partial(_renew, partnership, pk) for pk in lost))


def requeue_stuck_reports(partnership: Partnership, now: datetime) -> None:
    """Queue again the reports whose build has told nothing for five minutes (a frequent job)."""
    for report_id in stuck(Report, partnership, now):
        build_report_task.delay(partnership.pk, report_id)


def _renew(partnership: Partnership, pk: int) -> None:
    report = Report.objects.select_for_update().filter(partnership=partnership, pk=pk).first()
    if report is None or report.state != Report.State.READY or still_quoted(_quotes(report)):
        return
    _begin_again(report)
    report.save()
    audit.record(system(partnership, "renew reports"), "compliance.renew_report", report)


def _begin_again(report: Report) -> None:
    """Have it built from the start; the caller saves it. What it said, and its files, are gone."""
    ask(report, timezone.now())
    for stored in filter(None, (report.pdf, report.xlsx)):
        transaction.on_commit(partial(default_storage.delete, stored), robust=True)
    report.figures, report.pdf, report.xlsx = None, "", ""
    # When the broker is away the report waits for ``requeue_stuck_reports``.
    transaction.on_commit(lambda: build_report_task.delay(report.partnership_id, report.pk), robust=True)


def _quotes(report: Report) -> dict[int, str]:
    """Whom it quotes, and in which words; reports built earlier quote nobody."""
    words = (report.figures or {}).get("own_words", {"quotes": []})
    return {one["quote"]: one["words"] for one in words["quotes"]}


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
