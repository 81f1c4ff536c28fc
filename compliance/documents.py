"""The report as a document and as a spreadsheet."""

from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

from compliance.models import Report
from compliance.sections import report_sections
from partnership_portal.documents import render_pdf
from partnership_portal.sections import sheets_of, words_of
from partnership_portal.tables import Sheet, write_xlsx
from partnership_portal.templatetags.portal import uk_datetime


def report_title(figures: dict[str, Any]) -> str:
    """The report's title."""
    return f"Multi-agency training: {figures['period']['name']}"


def report_pdf(report: Report, figures: dict[str, Any]) -> bytes:
    """Draw the report as PDF/UA; the same figures give the same bytes."""
    partnership = report.partnership
    context = {
        "partnership": partnership,
        "brand": partnership.brand_colour,
        "report": report,
        "period": figures["period"],
        "title": report_title(figures),
        "as_of": datetime.fromisoformat(figures["as_of"]),
        "sections": report_sections(figures, partnership.brand_colour),
    }
    return render_pdf(
        "pdf/report.html",
        context,
        title=f"{report_title(figures)}, version {report.version}",
        identifier=f"{partnership.slug}-report-{report.starts_on}-{report.ends_on}-v{report.version}",
    )


def write_report_xlsx(stream: IO[bytes], report: Report, figures: dict[str, Any]) -> None:
    """Write the report's tables, a sheet for each."""
    write_xlsx(stream, _sheets(report, figures))


def _sheets(report: Report, figures: dict[str, Any]) -> Iterator[Sheet]:
    facts: list[list[Any]] = [
        ["Partnership", report.partnership.name],
        ["Period", f"{figures['period']['name']} ({figures['period']['words']})"],
        ["Version", report.version],
        ["Figures as at", uk_datetime(datetime.fromisoformat(figures["as_of"]))],
    ]
    sections = report_sections(figures, report.partnership.brand_colour)
    facts += words_of(sections)
    yield Sheet("Report", ["What", "About this report"], facts, [32, 90])
    yield from sheets_of(sections)
