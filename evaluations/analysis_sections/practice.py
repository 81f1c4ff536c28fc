"""What changed in practice: pledges done, what stood in the way, and what managers saw."""

from collections.abc import Sequence

from evaluations.analysis_sections.drawn import drawn
from evaluations.analysis_sections.written import percents
from evaluations.kinds import QuestionnaireKind
from evaluations.queries.analysis import Analysis
from evaluations.queries.analysis.figures import QuestionFigures
from evaluations.statistics import share
from partnership_portal.sections import Cell, Section, numbers
from partnership_portal.templatetags.portal import of_people

_K = QuestionnaireKind
# These are told here, and not again among the answers.
TOLD = frozenset({"done", "barriers", "stopped_by"})


def practice(analysis: Analysis, brand: str) -> Section:
    """What was done, what could stop people and did, and whether managers saw it."""
    words, charts, tables = [], [], []
    done = analysis.followed(_K.IMPACT, "done")
    if done is not None and done.counts:
        charts.append(drawn(done, brand))
        did = next((count for code, _, count in done.counts if code == "done"), None)
        if did is not None and (found := share(did, done.counted)):
            words.append(
                f"{of_people(did, done.counted)} have done what they pledged "
                f"(likely range {percents(found.interval)})."
            )
    barriers = [
        (heading, when, found)
        for heading, when, found in (
            ("Expected", "before", analysis.followed(_K.EVALUATION, "barriers")),
            ("Met", "later", analysis.followed(_K.IMPACT, "stopped_by")),
        )
        if found is not None and found.counts
    ]
    if barriers:
        headers = ["Barrier", *(heading for heading, _, _ in barriers)]
        rows = _barriers([found for _, _, found in barriers])
        tables.append(numbers("What could stop people, and what did", headers, rows))
        counted = [f"{found.counted:,} {when}" for _, when, found in barriers]
        words.append(f"Barriers are those of the people who were asked about them: {' and '.join(counted)}.")
    agreement = analysis.agreement
    if agreement is not None:
        if agreement.share is not None:
            words.append(
                f"Learner and manager agree in {of_people(agreement.share.count, agreement.share.of)} of the bookings "
                f"about which both have said something (likely range {percents(agreement.share.interval)})."
            )
        cells: list[list[Cell]] = [
            ["Both say that something has changed", agreement.both],
            ["The learner says so, the manager has not seen it", agreement.learner_only],
            ["The manager has seen it, the learner has not done it yet", agreement.manager_only],
            ["Neither", agreement.neither],
            ["One of them cannot say", agreement.cannot_say],
        ]
        tables.append(numbers("Learner and line manager about the same booking", ["Pair", "Bookings"], cells))
    return Section("practice", "What changed in practice", words, charts=charts, tables=tables)


def _barriers(asked: Sequence[QuestionFigures]) -> list[list[Cell]]:
    labels: dict[str, str] = {}
    for one in asked:
        labels |= {code: label for code, label, _ in one.counts if code not in labels}
    counts = [{code: count for code, _, count in one.counts} for one in asked]
    return [[label, *(found.get(code, "not asked") for found in counts)] for code, label in labels.items()]
