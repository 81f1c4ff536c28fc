"""An analysis as a document and as a spreadsheet."""

from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from partnership_portal.documents import render_pdf
from partnership_portal.sections import Section, sheets_of, words_of
from partnership_portal.tables import Sheet, write_xlsx
from partnership_portal.templatetags.portal import uk_datetime
from partnerships.models import Partnership


@dataclass(frozen=True)
class Subject:
    """What an analysis is about, in words, the name of its files, and of which moment the figures are."""

    title: str
    about: str
    file_name: str
    as_of: datetime


def analysis_pdf(
    partnership: Partnership, subject: Subject, sections: list[Section], *, for_team: bool
) -> bytes:
    """Draw it as PDF/UA."""
    context = {
        "partnership": partnership,
        "brand": partnership.brand_colour,
        "subject": subject,
        "for_team": for_team,
        "sections": sections,
    }
    identifier = f"{partnership.slug}-{subject.file_name}-{subject.as_of.isoformat()}"
    return render_pdf("pdf/analysis.html", context, title=subject.title, identifier=identifier)


def write_analysis_xlsx(
    stream: IO[bytes],
    partnership: Partnership,
    subject: Subject,
    sections: list[Section],
    sheets: list[Sheet],
) -> None:
    """Write its words, its tables, and the sheets with every count."""
    facts: list[list[Any]] = [
        ["Partnership", partnership.name],
        ["About", subject.about],
        ["Figures as at", uk_datetime(subject.as_of)],
        *words_of(sections),
    ]
    write_xlsx(
        stream,
        [
            Sheet("Report", [subject.title, ""], facts, [32, 90]),
            *sheets_of(one for one in sections if one.tables),
            *sheets,
        ],
    )
