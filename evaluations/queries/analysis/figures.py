"""What an analysis says, in plain values, so that it can be kept as JSON and read again."""

from dataclasses import dataclass, field
from typing import NamedTuple

from evaluations.followed import FOLLOWED
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.statistics import Change, Mean, Share

NUMBERED = (QuestionKind.SCALE, QuestionKind.CONFIDENCE, QuestionKind.MATRIX)


@dataclass(frozen=True)
class Response:
    """How many were asked with one kind of survey, opened it, answered, did so late, and can still answer."""

    kind: QuestionnaireKind
    invited: int
    opened: int
    answered: int
    late: int
    waiting: int
    rate: Share | None


class Silent(NamedTuple):
    """How many of a sector were asked for an evaluation, and how many have not answered."""

    sector: str
    invited: int
    silent: int | None


class Count(NamedTuple):
    """How many chose one answer; None is not to be shown."""

    code: str
    label: str
    number: int | None


@dataclass(frozen=True)
class QuestionFigures:
    """How one question, or one row of a matrix, was answered.

    ``counted`` is how many answers the figures are of; there are no counts at all where the mean says more.
    """

    kind: QuestionnaireKind
    key: str
    answered_by: QuestionKind
    text: str
    counted: int
    counts: list[Count]
    mean: Mean | None = None
    row: str = ""

    @property
    def words(self) -> str:
        """What was asked."""
        return f"{self.text}: {self.row}" if self.row else self.text

    @property
    def is_scale(self) -> bool:
        """Tell whether a mean makes sense."""
        return self.answered_by in NUMBERED


@dataclass(frozen=True)
class Agreement:
    """Learners and managers about the same bookings: has anything been done, has a change been seen?"""

    pairs: int
    cannot_say: int
    both: int | None
    learner_only: int | None
    manager_only: int | None
    neither: int | None
    share: Share | None


@dataclass(frozen=True)
class Group:
    """One course, session, sector or priority beside the others."""

    name: str
    invited: int
    answered: int
    relevance: float | None
    change: Change | None


@dataclass(frozen=True)
class PeriodFigures:
    """How the sessions of one month, quarter or year were evaluated."""

    name: str
    invited: int
    answered: int
    late: int
    relevance: float | None
    change: Change | None


@dataclass(frozen=True)
class DipStrand:
    """What came of ringing the learners, or the line managers, who were drawn at random.

    Everybody who was drawn counts, reached or not; an interview counts once it is finished.
    """

    role: str
    drawn: int
    reached: int
    interviewed: int
    declined: int
    questions: list[QuestionFigures]


@dataclass(frozen=True)
class Analysis:
    """Everything that is said about a selection of surveys."""

    responses: list[Response]
    silent: list[Silent]
    questions: list[QuestionFigures]
    changes: dict[str, Change | None]
    agreement: Agreement | None
    groups: dict[str, list[Group]] = field(default_factory=dict)
    trend: dict[str, list[PeriodFigures]] = field(default_factory=dict)
    dip_sample: list[DipStrand] = field(default_factory=list)

    def of(self, kind: QuestionnaireKind, key: str) -> QuestionFigures | None:
        """The figures of the question of this identity, if it was answered."""
        return next((one for one in self.questions if (one.kind, one.key) == (kind, key)), None)

    def followed(self, kind: QuestionnaireKind, key: str) -> QuestionFigures | None:
        """The figures of a question that reports follow: one of that name that is answered in another way is not it."""
        answered_by = FOLLOWED[kind][key].answered_by
        return next(
            (
                one
                for one in self.questions
                if (one.kind, one.key, one.answered_by) == (kind, key, answered_by)
            ),
            None,
        )

    def response(self, kind: QuestionnaireKind) -> Response | None:
        """How many were asked and have answered."""
        return next((one for one in self.responses if one.kind == kind), None)
