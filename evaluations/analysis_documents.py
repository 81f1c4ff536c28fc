"""An analysis as a document and as a spreadsheet."""

from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from evaluations.analysis_sections import analysis_sections, answer_sheet
from evaluations.analysis_sections.own_words import OwnWords, own_words
from evaluations.analysis_sections.responses import what_is_deleted
from evaluations.queries.analysis import Analysis
from evaluations.queries.surveys import forgotten_sessions
from evaluations.selections import Selection
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


@dataclass(frozen=True)
class Parts:
    """What an analysis says, the sheets with every count behind it, and what of it people wrote."""

    sections: list[Section]
    sheets: list[Sheet]
    words: OwnWords
    for_team: bool


def analysis_parts(
    partnership: Partnership, figures: Analysis, selection: Selection, *, period: str
) -> Parts:
    """The figures as they were added up, and what people wrote as it is tagged and may be quoted now."""
    brand, for_team = partnership.brand_colour, selection.for_team
    chosen = selection.invitations(partnership)
    words = own_words(chosen, brand, for_team=for_team)
    deleted = what_is_deleted(forgotten_sessions(chosen), is_one=selection.session is not None)
    sections = analysis_sections(figures, brand, for_team=for_team, period=period, deleted=deleted)
    sections += words.sections
    return Parts(sections, [answer_sheet(figures), words.sheet], words, for_team)


def write_analysis(
    stream: IO[bytes], ending: str, partnership: Partnership, subject: Subject, parts: Parts
) -> None:
    """Write it as a document or as a spreadsheet."""
    if ending == "pdf":
        stream.write(analysis_pdf(partnership, subject, parts.sections, for_team=parts.for_team))
    else:
        write_analysis_xlsx(stream, partnership, subject, parts.sections, parts.sheets)
    stream.seek(0)


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
