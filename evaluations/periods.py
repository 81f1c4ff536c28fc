"""The policies of a partnership in the order of time, and what each means for the moment to ask."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import F, Q

from bookings.states import BookingState
from courses.expectations import asks_before, asks_evaluation, asks_learners, asks_trainers
from courses.models import Session
from evaluations.answering import Response
from evaluations.gate import NEEDED
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation, SingleAgencyAudit
from partnership_portal.working_days import UK, add_months, add_working_days, uk_date, uk_moment
from partnerships.models import Partnership, PolicyVersion
from partnerships.policy import LineManagerRule, Policy, Window
from partnerships.services.policies import policy_of


@dataclass(frozen=True)
class PolicyPeriod:
    """One policy version with the sessions that it governs: those that began while it was in force."""

    version: PolicyVersion
    policy: Policy
    begins: datetime | None
    ends: datetime | None

    def of_sessions(self, prefix: str = "") -> Q:
        """Tell which sessions it governs; ``prefix`` is the way to the session, such as ``session__``."""
        governed = Q()
        if self.begins is not None:
            governed &= Q(**{f"{prefix}starts_at__gte": self.begins})
        if self.ends is not None:
            governed &= Q(**{f"{prefix}starts_at__lt": self.ends})
        return governed


def policy_periods(partnership: Partnership) -> list[PolicyPeriod]:
    """Every policy version with its time in force; the first also governs what was before it."""
    versions = partnership.policy_versions[::-1]
    ends = [version.effective_from for version in versions[1:]]
    return [
        PolicyPeriod(version, policy_of(version), version.effective_from if place else None, end)
        for place, (version, end) in enumerate(zip(versions, [*ends, None], strict=True))
    ]


def asks_line_manager(policy: Policy, *, course_asks: bool) -> bool:
    """Tell whether the learner's line manager is asked too."""
    return course_asks and policy.impact.line_manager.value is LineManagerRule.COURSES_THAT_ASK


def impact_opens_and_closes(ended_at: datetime, window: Window) -> tuple[datetime, datetime]:
    """When the impact survey of a session opens and closes: at the session's hour by UK clocks, also across a change.

    A month that is too short gives its last day.
    """
    return _later(ended_at, window.first, window.unit), _later(ended_at, window.last, window.unit)


def _later(moment: datetime, count: int, unit: str) -> datetime:
    day = uk_date(moment)
    later = add_months(day, count) if unit == "months" else day + timedelta(weeks=count)
    return uk_moment(later, moment.astimezone(UK).time())


def pre_course_opens_on(session: Session, policy: Policy) -> date:
    """The day from which those with a place are asked before the course."""
    return add_working_days(uk_date(session.starts_at), -policy.pre_course.opens_working_days.value)


# A register or a job that is late still leads to a survey, up to this long after it should have been sent; however long
# where the certificate waits for it.
LATEST = timedelta(days=90)
_TIME_FOR_A_LATE_ANSWER = timedelta(days=14)
# The job asks on the morning after the window opens, or once it runs again.
_ASKED_IN_TIME = timedelta(days=3)
# For how long the team may open a survey again at a time, for somebody who missed it.
LONGEST_OPEN_AGAIN = timedelta(days=28)


def state_to_ask(kind: str) -> BookingState:
    """The state of the bookings that are asked about."""
    return BookingState.CONFIRMED if kind == QuestionnaireKind.PRE_COURSE else BookingState.ATTENDED


def waits_for(kind: str, policy: Policy) -> bool:
    """Tell whether the certificate waits for these answers, so that whoever attended is asked however late."""
    return NEEDED[policy.certificate.release.value] == kind


def answers_close_at(kind: str, policy: Policy, session: Session, now: datetime) -> datetime | None:
    """When the answers to a survey that is sent now must be in, or nothing if it is not the time to send it."""
    match kind:
        case QuestionnaireKind.PRE_COURSE if asks_before(session.course, policy):
            in_time = pre_course_opens_on(session, policy) <= uk_date(now) and now < session.starts_at
            return session.starts_at if in_time else None
        case QuestionnaireKind.EVALUATION if asks_evaluation(session.course, policy):
            open_for = timedelta(days=policy.evaluation.open_days.value)
            in_time = now < session.ends_at + max(open_for, LATEST) or waits_for(kind, policy)
            closes = min(end_of_day(now + open_for), _last_minute_of_answers(policy, session))
            return closes if in_time and session.ends_at <= now < closes else None
        case QuestionnaireKind.IMPACT if asks_learners(session.course, policy):
            return _impact_closes_at(policy, session, now)
        case QuestionnaireKind.LINE_MANAGER if asks_line_manager(
            policy, course_asks=session.course.asks_line_manager
        ):
            opens, closes = impact_opens_and_closes(session.ends_at, policy.impact.window.value)
            return closes if opens <= now < closes else None
        case QuestionnaireKind.TRAINER_FEEDBACK if asks_trainers(session.course, policy):
            closes = end_of_day(session.ends_at + timedelta(days=policy.evaluation.open_days.value))
            return closes if session.ends_at <= now < closes else None
        case _:
            return None


def answers_due_at(
    kind: str, policy: Policy, *, invited_at: datetime, closes_at: datetime
) -> datetime | None:
    """By when answers are asked for; those that come later, and before the survey closes, are late.

    Nothing where only the closing counts: before the course, and for what observers write.
    """
    match kind:
        case QuestionnaireKind.EVALUATION | QuestionnaireKind.TRAINER_FEEDBACK:
            days = policy.evaluation.due_days.value
        case QuestionnaireKind.IMPACT | QuestionnaireKind.LINE_MANAGER:
            days = policy.impact.due_days.value
        case _:
            return None
    return min(end_of_day(invited_at + timedelta(days=days)), closes_at)


def years_kept(response: Response) -> int:
    """For how many years the answers are kept, after the course or the audit: what is read before answering."""
    return policy_of(response.policy_version).evaluation.answers_kept_years.value


def kept_until(invitation: Invitation) -> datetime:
    """When these answers must go, at the session's hour by UK clocks."""
    return _later(invitation.session.ends_at, 12 * years_kept(invitation), "months")


def kept_long_enough(audited: SingleAgencyAudit, now: datetime) -> bool:
    """Tell whether the answers of an audit must go: so many years after they were sent, or else asked for."""
    return _later(audited.answered_at or audited.asked_at, 12 * years_kept(audited), "months") <= now


def audit_due_and_closes(policy: Policy, now: datetime) -> tuple[datetime, datetime]:
    """By when an organisation that is asked now should answer about its own training, and until when it can."""
    rules = policy.single_agency_audit
    return (
        end_of_day(now + timedelta(days=rules.due_days.value)),
        end_of_day(now + timedelta(days=rules.open_days.value)),
    )


# Answers that came after they were asked for; as ``Invitation.is_late`` tells of one.
LATE = Q(answered_at__gt=F("due_at"))
# Whoever has answered has opened it, also before it was noted when.
OPENED = Q(opened_at__isnull=False) | Q(answered_at__isnull=False)


def _impact_closes_at(policy: Policy, session: Session, now: datetime) -> datetime | None:
    opens, closes = impact_opens_and_closes(session.ends_at, policy.impact.window.value)
    needed = waits_for(QuestionnaireKind.IMPACT, policy)
    if opens <= now < closes and (now < opens + _ASKED_IN_TIME or not needed):
        return closes
    # Whoever was marked present late must still be able to earn a certificate that waits for this survey.
    late = max(closes, end_of_day(now + _TIME_FOR_A_LATE_ANSWER))
    late = min(late, _last_minute_of_answers(policy, session))
    return late if needed and opens <= now < late else None


def _last_minute_of_answers(policy: Policy, session: Session) -> datetime:
    """The end of the day before the answers go: nobody is asked for what would not be kept."""
    kept = _later(session.ends_at, 12 * policy.evaluation.answers_kept_years.value, "months")
    return last_minute_of(uk_date(kept) - timedelta(days=1))


def end_of_day(moment: datetime) -> datetime:
    """The last minute of the moment's day."""
    return last_minute_of(uk_date(moment))


def last_minute_of(day: date) -> datetime:
    """A minute before midnight by UK clocks, so that nobody wonders which midnight is meant."""
    return uk_moment(day, time(23, 59))
