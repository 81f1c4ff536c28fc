"""What the dip sample found: learners and line managers apart."""

from evaluations.models import DipContact
from evaluations.queries.analysis.figures import DipStrand
from partnership_portal.sections import Cell, Section, Table, numbers
from partnership_portal.templatetags.portal import of_people

_ROLES = {DipContact.Role.LEARNER: "Learners", DipContact.Role.MANAGER: "Line managers"}


def dip_sample(strands: list[DipStrand]) -> Section:
    """How many were drawn, reached and interviewed, and what each group said."""
    if not strands:
        return Section("dip-sample", "Dip sample")
    said = [_said(one) for one in strands if one.questions]
    return Section(
        "dip-sample",
        "Dip sample",
        [
            "These people were drawn at random and rung. An interview counts once it is finished. Learners and line "
            "managers are asked different things, so they are never added up together."
        ],
        tables=[dip_rates(strands), *said],
    )


def dip_rates(strands: list[DipStrand]) -> Table:
    """Of those who were drawn how many were reached and interviewed, as a table."""
    rows: list[list[Cell]] = [
        [
            _ROLES[DipContact.Role(one.role)],
            one.drawn,
            of_people(one.reached, one.drawn),
            of_people(one.interviewed, one.drawn),
            one.declined,
        ]
        for one in strands
    ]
    headers = ["Who", "Drawn", "Reached", "Interviewed", "Declined or have left"]
    return numbers("From the draw to the interview", headers, rows)


def _said(strand: DipStrand) -> Table:
    who = _ROLES[DipContact.Role(strand.role)].lower()
    rows: list[list[Cell]] = [
        [one.words, label, of_people(number or 0, one.counted)]
        for one in strand.questions
        for _, label, number in one.counts
    ]
    return numbers(f"What {who} said in the interview", ["Question", "Answer", "Chosen by"], rows, 2)
