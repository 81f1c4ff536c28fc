"""Who was asked, and who has answered."""

from evaluations.kinds import QuestionnaireKind
from evaluations.queries.analysis import Analysis
from partnership_portal.charts import stacked
from partnership_portal.sections import Cell, Section, numbers
from partnership_portal.templatetags.portal import of_people

_K = QuestionnaireKind


def what_is_deleted(sessions: int, *, is_one: bool) -> str:
    """That answers are not kept any more, in one line; nothing where all are."""
    if not sessions:
        return ""
    about = "this session" if is_one else f"{sessions:,} session{'' if sessions == 1 else 's'}"
    return (
        f"The answers about {about} are deleted: they were kept as long as those who gave them were told. "
        "How many there were stays."
    )


def responses(analysis: Analysis, brand: str, deleted: str = "") -> Section:
    """How many were asked, and what became of it."""
    rows: list[list[Cell]] = [
        [
            str(one.kind.label),
            one.invited,
            of_people(one.opened, one.invited),
            of_people(one.answered, one.invited),
            of_people(one.answered, one.opened) if one.opened else "–",
            one.late,
            one.waiting,
        ]
        for one in analysis.responses
    ]
    parts = [
        (str(one.kind.label), (one.answered, one.opened - one.answered, one.invited - one.opened))
        for one in analysis.responses
    ]
    words = [deleted] if deleted else []
    tables = [
        numbers(
            "From asking to answering",
            [
                "Survey",
                "Asked",
                "Opened",
                "Answered",
                "Of those who opened",
                "Late",
                "Can still answer",
            ],
            rows,
        )
    ]
    silent = sum(count or 0 for _, _, count in analysis.silent)
    asked = analysis.response(_K.EVALUATION)
    if asked and asked.answered < asked.invited:
        words.append(
            f"{asked.invited - asked.answered:,} of the {asked.invited:,} people who were asked for an evaluation have "
            "not answered. The figures are of those who have; what the others would have said is not known."
        )
    if silent or any(count is None for _, _, count in analysis.silent):
        tables.append(
            numbers(
                "Evaluations not answered, by sector",
                ["Sector", "Asked", "Not answered"],
                [[name, invited, count] for name, invited, count in analysis.silent],
            )
        )
    chart = stacked(
        "Answered, opened only, not opened",
        ["Answered", "Opened only", "Not opened"],
        parts,
        brand=brand,
        heading="Survey",
    )
    return Section("response", "Who answered", words, charts=[chart], tables=tables)
