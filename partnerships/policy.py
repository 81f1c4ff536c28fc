"""The policy of a partnership as a typed document: every rule that differs from one partnership to another.

Each value is a ``Clause``: the value itself, and the section of the strategy that states it or, where the strategy is
silent, the mark that it is the portal's default. Code matches on these values, never on a partnership's name.
"""

from enum import StrEnum
from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from partnerships.framework import GroupProfile
from partnerships.strict import Strict

T = TypeVar("T")

Section = Annotated[str, Field(max_length=120)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]
Sentence = Annotated[str, Field(min_length=1)]


def cited_or_default(section: object, portal_default: object) -> None:
    """Refuse a value that names no source, or two."""
    if bool(section) == bool(portal_default):
        raise PydanticCustomError("source", 'give either section = "§…" or portal_default = true')


class Clause(Strict, Generic[T]):
    """One rule and where it comes from: a section of the strategy, or the portal's default."""

    value: T
    section: Section = ""
    portal_default: bool = False

    @model_validator(mode="after")
    def _cited_or_default(self) -> Self:
        cited_or_default(self.section, self.portal_default)
        return self

    @property
    def source(self) -> str:
        """Where the value comes from, in words."""
        return self.section or "Portal default"


def default(value: T) -> Clause[T]:
    """A clause for what the file leaves out: the portal's default."""
    return Clause(value=value, portal_default=True)


class CertificateRelease(StrEnum):
    """What a learner must hand in before the certificate is issued."""

    AFTER_ATTENDANCE = "after_attendance"
    AFTER_EVALUATION = "after_evaluation"
    AFTER_IMPACT = "after_impact"


class Numbering(StrEnum):
    """How certificates are numbered."""

    SEQUENTIAL = "sequential"
    UNGUESSABLE = "unguessable"


class LineManagerRule(StrEnum):
    """For which courses the line manager is asked about the impact."""

    NEVER = "never"
    COURSES_THAT_ASK = "courses_that_ask"
    DIP_SAMPLE = "dip_sample"


class ImpactRule(StrEnum):
    """Which learners get the impact survey."""

    ALL_LEARNERS = "all_learners"
    COURSES_THAT_ASK = "courses_that_ask"


class PreCourseRule(StrEnum):
    """For which courses those with a place get the pre-course questionnaire."""

    NONE = "none"
    ALL_COURSES = "all_courses"
    COURSES_THAT_ASK = "courses_that_ask"


class EvaluationRule(StrEnum):
    """For which courses those who attended are asked for an evaluation."""

    ALL_COURSES = "all_courses"
    COURSES_THAT_ASK = "courses_that_ask"


class TrainerFeedbackRule(StrEnum):
    """For which courses trainers are asked for their own account of a session."""

    NONE = "none"
    ALL_COURSES = "all_courses"
    COURSES_THAT_ASK = "courses_that_ask"


class ObservationRule(StrEnum):
    """Which courses are observed."""

    EVERY_COURSE_YEARLY = "every_course_yearly"
    SAMPLE = "sample"
    BY_MEMBERS = "by_members"
    BY_MEMBERS_SINGLE_AGENCY = "by_members_single_agency"
    FOUR_STAGES = "four_stages"


class CoDelivery(StrEnum):
    """Whether two trainers deliver together."""

    ALWAYS = "always"
    PREFERRED = "preferred"
    NOT_STATED = "not_stated"


class SingleAgencyAuditRule(StrEnum):
    """When organisations are asked about the training that they give their own staff."""

    WHEN_ASKED = "when_asked"
    YEARLY = "yearly"


class PrerequisiteRule(StrEnum):
    """What must be done before booking."""

    NONE = "none"
    PRE_COURSE_TASKS = "pre_course_tasks"
    SINGLE_AGENCY_FIRST = "single_agency_first"


class ApprovalRule(StrEnum):
    """Who approves a booking before it counts."""

    NONE = "none"
    LINE_MANAGER = "line_manager"
    ORGANISATION_LEAD = "organisation_lead"
    TEAM = "team"

    @property
    def label(self) -> str:
        """Who approves, in words."""
        return {
            ApprovalRule.NONE: "Nobody",
            ApprovalRule.LINE_MANAGER: "The line manager",
            ApprovalRule.ORGANISATION_LEAD: "The organisation lead",
            ApprovalRule.TEAM: "The partnership team",
        }[self]


class ReportLine(StrEnum):
    """One part of the report to the sub-group."""

    COURSES_OFFERED = "courses_offered"
    PLACES = "places"
    APPLICANTS_AND_PARTICIPANTS = "applicants_and_participants"
    ATTENDANCE = "attendance"
    NON_ATTENDANCE = "non_attendance"
    BY_ORGANISATION = "by_organisation"
    BY_SECTOR = "by_sector"
    EVALUATION = "evaluation"
    IMPACT = "impact"
    COURSES_AT_RISK = "courses_at_risk"
    NON_ATTENDANCE_INCOME = "non_attendance_income"
    TRAINER_COSTS = "trainer_costs"
    VENUE_COSTS = "venue_costs"
    RISKS = "risks"
    SUFFICIENCY = "sufficiency"


class Window(Strict):
    """A span after the session, from ``first`` to ``last`` weeks or months."""

    first: Annotated[int, Field(ge=1, le=60)]
    last: Annotated[int, Field(ge=1, le=60)]
    unit: Literal["weeks", "months"]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last <= self.first:
            raise PydanticCustomError("window", "last must be later than first")
        return self


class CertificatePolicy(Strict):
    """When a certificate is issued."""

    release: Clause[CertificateRelease]
    numbering: Clause[Numbering]
    attendance_percent: Clause[Annotated[int, Field(ge=1, le=100)]]
    minutes_percent: Clause[Annotated[int, Field(ge=1, le=100)]] = default(80)


class PreCoursePolicy(Strict):
    """The questionnaire before the course; it closes when the session starts."""

    courses: Clause[PreCourseRule] = default(PreCourseRule.COURSES_THAT_ASK)
    opens_working_days: Clause[Annotated[int, Field(ge=1, le=30)]] = default(10)
    reminders: Clause[Annotated[int, Field(ge=0, le=5)]] = default(1)
    reminder_working_days: Clause[Annotated[int, Field(ge=1, le=30)]] = default(5)


class EvaluationPolicy(Strict):
    """The form at the end of the course."""

    courses: Clause[EvaluationRule] = default(EvaluationRule.ALL_COURSES)
    open_days: Clause[Annotated[int, Field(ge=1, le=365)]]
    reminders: Clause[Annotated[int, Field(ge=0, le=5)]]
    reminder_working_days: Clause[Annotated[int, Field(ge=1, le=30)]]
    due_days: Clause[Annotated[int, Field(ge=1, le=365)]] = default(14)
    answers_kept_years: Clause[Annotated[int, Field(ge=1, le=25)]] = default(3)


class ImpactPolicy(Strict):
    """The follow-up about what changed in practice and for children."""

    window: Clause[Window]
    learners: Clause[ImpactRule]
    line_manager: Clause[LineManagerRule]
    reminders: Clause[Annotated[int, Field(ge=0, le=5)]]
    reminder_working_days: Clause[Annotated[int, Field(ge=1, le=30)]]
    due_days: Clause[Annotated[int, Field(ge=1, le=365)]] = default(28)


class TrainerPolicy(Strict):
    """Who may train, and what is expected of them."""

    pool: Clause[Sentence]
    feedback_after_session: Clause[TrainerFeedbackRule]
    train_the_trainer: Clause[bool]
    observe_before_delivering: Clause[bool]
    co_delivery: Clause[CoDelivery]
    delivery_days_a_year: Clause[Annotated[int, Field(ge=0, le=60)]]
    yearly_event_compulsory: Clause[bool]
    lead_tutor_reviews_a_year: Clause[Annotated[int, Field(ge=0, le=12)]]
    train_the_trainer_runs_a_year: Clause[Annotated[int, Field(ge=0, le=12)]] = default(0)
    new_with_experienced: Clause[bool] = default(False)
    released_days_a_year: Clause[Annotated[int, Field(ge=0, le=60)]] = default(0)
    pool_meetings_a_year: Clause[Annotated[int, Field(ge=0, le=24)]] = default(0)
    pool_meeting_hours: Clause[Annotated[int, Field(ge=0, le=8)]] = default(0)


class ObservationPolicy(Strict):
    """How courses are observed."""

    rule: Clause[ObservationRule]
    shared_with_trainers: Clause[bool] = default(True)
    shared_with_group: Clause[bool] = default(True)


class SingleAgencyAuditPolicy(Strict):
    """How organisations are asked about the training that they give their own staff."""

    rule: Clause[SingleAgencyAuditRule] = default(SingleAgencyAuditRule.WHEN_ASKED)
    due_days: Clause[Annotated[int, Field(ge=1, le=365)]] = default(28)
    open_days: Clause[Annotated[int, Field(ge=1, le=365)]] = default(84)
    reminders: Clause[Annotated[int, Field(ge=0, le=5)]] = default(2)
    reminder_working_days: Clause[Annotated[int, Field(ge=1, le=30)]] = default(10)

    @model_validator(mode="after")
    def _due_before_it_closes(self) -> Self:
        if self.due_days.value > self.open_days.value:
            raise PydanticCustomError("audit", "due_days must not be more than open_days")
        return self


class ConcernPolicy(Strict):
    """What in the answers about a course is put before the team the same day.

    ``low_score`` is the highest mark on a scale from 1 to 5 that gives cause. ``words`` are found as whole words or
    phrases in any inflection, whatever the case.
    """

    low_score: Clause[Annotated[int, Field(ge=1, le=3)]] = default(1)
    words: Clause[tuple[Annotated[str, Field(min_length=3, max_length=60)], ...]] = default(
        (
            "inappropriate",
            "unprofessional",
            "offensive",
            "offended",
            "racist",
            "racism",
            "sexist",
            "sexism",
            "homophobic",
            "transphobic",
            "islamophobic",
            "antisemitic",
            "humiliated",
            "belittled",
            "mocked",
            "harassed",
            "made fun of",
            "felt unsafe",
            "not safe",
            "breach of confidentiality",
            "wrong advice",
            "complaint",
        )
    )


class BookingPolicy(Strict):
    """What is asked before and while booking."""

    class_size_cap: Clause[Annotated[int, Field(ge=1, le=500)] | Literal["none"]]
    lecture_style_exempt: Clause[bool] = default(False)
    prerequisite: Clause[PrerequisiteRule]
    deadline_working_days: Clause[Annotated[int, Field(ge=0, le=20)]]
    late_cancellation_working_days: Clause[Annotated[int, Field(ge=0, le=30)]]
    approval: Clause[ApprovalRule] = default(ApprovalRule.NONE)
    approval_reminder_working_days: Clause[Annotated[int, Field(ge=1, le=20)]] = default(2)
    approval_escalation_working_days: Clause[Annotated[int, Field(ge=1, le=20)]] = default(4)
    approval_expiry_working_days: Clause[Annotated[int, Field(ge=2, le=40)]] = default(8)
    offer_working_hours: Clause[Annotated[int, Field(ge=1, le=80)]] = default(16)
    offer_short_working_hours: Clause[Annotated[int, Field(ge=1, le=80)]] = default(4)
    offer_short_within_working_days: Clause[Annotated[int, Field(ge=0, le=30)]] = default(5)
    fair_mix_release_days: Clause[Annotated[int, Field(ge=0, le=90)]] = default(14)
    still_coming_working_days: Clause[tuple[Annotated[int, Field(ge=1, le=30)], ...]] = default((7, 3))
    decision_working_days: Clause[Annotated[int, Field(ge=0, le=30)]] = default(7)


Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class MessagesPolicy(Strict):
    """When messages go out, from evening to morning those that can wait do not; and how long their words are kept."""

    quiet_from: Clause[Clock] = default("20:00")
    quiet_until: Clause[Clock] = default("07:00")
    weekends: Clause[bool] = default(False)
    joining_working_days: Clause[Annotated[int, Field(ge=0, le=30)]] = default(5)
    reminder_working_days: Clause[Annotated[int, Field(ge=0, le=10)]] = default(1)
    words_kept_months: Clause[Annotated[int, Field(ge=1, le=120)]] = default(12)

    @model_validator(mode="after")
    def _over_night(self) -> Self:
        if self.quiet_until.value > self.quiet_from.value:
            raise PydanticCustomError(
                "quiet", "quiet_until is a time of the morning, quiet_from one after it"
            )
        return self


class ChargeKind(StrEnum):
    """What is charged for."""

    PLACE = "place"
    LATE_CANCELLATION = "late_cancellation"
    NON_ATTENDANCE = "non_attendance"
    SINGLE_AGENCY_USE = "single_agency_use"


class ChargeBand(Strict):
    """A kind of course for which the same charges apply; courses name it as their ``charge_band``."""

    code: Code
    name: Sentence


class ChargingClass(Strict):
    """A class of organisations that pay alike."""

    code: Code
    name: Sentence
    section: Section = ""


class ChargeRule(Strict):
    """What a class of organisations pays for which courses; the first rule that fits decides.

    ``courses`` names charge bands of courses ("core", "specialist", "learning-event"); ``classes`` charging classes;
    an empty list means all. ``pence`` is what a full day costs; ``at_cost`` leaves the amount to the session.
    ``amount_portal_default`` says that the strategy states the charge but not how much it is.
    """

    kind: ChargeKind
    courses: tuple[Code, ...] = ()
    classes: tuple[Code, ...] = ()
    pence: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    half_day_pence: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    at_cost: bool = False
    words: Sentence
    section: Section = ""
    portal_default: bool = False
    amount_portal_default: bool = False

    @model_validator(mode="after")
    def _cited_or_default(self) -> Self:
        cited_or_default(self.section, self.portal_default)
        return self

    @property
    def source(self) -> str:
        """Where the rule comes from, in words."""
        return self.section or "Portal default"


class PurchaseOrderRule(StrEnum):
    """Whether whoever books something that may be charged gives a purchase order number or cost code."""

    REQUIRED = "required"
    ASKED = "asked"
    NO = "no"


class ChargingPolicy(Strict):
    """Who pays for what; the profile's cross-checks see that rules name known classes and bands."""

    classes: tuple[ChargingClass, ...] = ()
    rules: tuple[ChargeRule, ...] = ()
    bands: tuple[ChargeBand, ...] = ()
    purchase_order: Clause[PurchaseOrderRule] = default(PurchaseOrderRule.ASKED)
    repeat_non_attendances: Clause[Annotated[int, Field(ge=2, le=20)]] = default(2)
    repeat_within_months: Clause[Annotated[int, Field(ge=1, le=60)]] = default(12)


class FurtherReport(Strict):
    """Something else that is reported, to whom and how often."""

    to: Sentence
    what: Sentence
    cadence: Literal["quarterly", "every_two_months", "yearly", "as_needed"]
    section: Section


class ReportingPolicy(Strict):
    """What the sub-group receives, and how often."""

    cadence: Clause[Literal["quarterly", "every_two_months"]]
    year_starts_in_month: Clause[Annotated[int, Field(ge=1, le=12)]]
    contents: Clause[tuple[ReportLine, ...]]
    added: Clause[tuple[ReportLine, ...]] = default(())
    on_request: Clause[tuple[ReportLine, ...]] = default(())
    further: tuple[FurtherReport, ...] = ()

    @property
    def lines(self) -> tuple[ReportLine, ...]:
        """Every line that the portal's report has: asked for by the strategy, on request, and added by the portal."""
        asked = {*self.contents.value, *self.added.value, *self.on_request.value}
        return tuple(line for line in ReportLine if line in asked)

    at_risk_bookings_percent: Clause[Annotated[int, Field(ge=1, le=100)]]


class Statement(Strict):
    """Something that the strategy says and the portal shows, but which no code needs to act on."""

    words: Sentence
    section: Section
    heading: str = ""


class Policy(Strict):
    """Every rule of one partnership.

    ``framework`` is what the file says under ``groups``, kept so that a change of it is a version with its date.
    """

    certificate: CertificatePolicy
    evaluation: EvaluationPolicy
    impact: ImpactPolicy
    trainers: TrainerPolicy
    observation: ObservationPolicy
    booking: BookingPolicy
    charging: ChargingPolicy
    reporting: ReportingPolicy
    statements: tuple[Statement, ...] = ()
    messages: MessagesPolicy = MessagesPolicy()
    concerns: ConcernPolicy = ConcernPolicy()
    pre_course: PreCoursePolicy = PreCoursePolicy()
    single_agency_audit: SingleAgencyAuditPolicy = SingleAgencyAuditPolicy()
    framework: tuple[GroupProfile, ...] = ()
