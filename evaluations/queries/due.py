"""Who is still to be asked, reminded or given a certificate; the services look again under a lock."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from bookings.models import Booking
from bookings.states import BookingState
from courses.expectations import leaves_evaluation
from courses.models import Session, SessionTrainer
from evaluations.gate import NEEDED
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation
from evaluations.periods import (
    LATEST,
    PolicyPeriod,
    answers_close_at,
    policy_periods,
    state_to_ask,
    waits_for,
)
from partnerships.models import Partnership, Person
from partnerships.policy import TrainerFeedbackRule
from partnerships.services.policies import policy_of

_LONGEST_MONTH = timedelta(days=31)
_LONGEST_YEAR = timedelta(days=366)


def sessions_to_ask_about(
    partnership: Partnership, kind: QuestionnaireKind, now: datetime, *, however_late: bool = False
) -> list[Session]:
    """The sessions about which somebody is to be asked now (one query for each version of the policy).

    ``however_late`` looks through all those about which a certificate may still wait for answers: once a day.
    """
    found = []
    for period in policy_periods(partnership):
        somebody = bookings_to_ask(partnership, kind).filter(session=OuterRef("pk"))
        sessions = (
            Session.objects.filter(
                period.of_sessions(), _when(period, kind, now, however_late), partnership=partnership
            )
            .filter(Exists(somebody), status=Session.Status.PUBLISHED)
            .select_related("course")
            .defer("course__search")
            .order_by("pk")
        )
        if kind == QuestionnaireKind.LINE_MANAGER:
            sessions = sessions.filter(course__asks_line_manager=True)
        if kind == QuestionnaireKind.EVALUATION and leaves_evaluation(period.policy):
            sessions = sessions.filter(course__asks_evaluation=True)
        found += [one for one in sessions if answers_close_at(kind, period.policy, one, now)]
    return found


def bookings_to_ask(partnership: Partnership, kind: QuestionnaireKind) -> "QuerySet[Booking]":
    """Those not asked yet: before the course who has a place, afterwards who attended.

    For the line manager's form it is the learner's booking.
    """
    return Booking.objects.filter(
        ~Exists(Invitation.objects.filter(booking=OuterRef("pk"), kind=kind)),
        partnership=partnership,
        state=state_to_ask(kind),
    )


def trainers_to_ask(partnership: Partnership, now: datetime) -> list[tuple[Session, Person]]:
    """Trainers of sessions that are over, whose own account of it is wanted and was not yet asked for."""
    kind = QuestionnaireKind.TRAINER_FEEDBACK
    asked = Invitation.objects.filter(session=OuterRef("session"), respondent=OuterRef("person"), kind=kind)
    found: list[tuple[Session, Person]] = []
    for period in policy_periods(partnership):
        rule = period.policy.trainers.feedback_after_session.value
        if rule is TrainerFeedbackRule.NONE:
            continue
        links = (
            SessionTrainer.objects.filter(
                period.of_sessions("session__"), ~Exists(asked), partnership=partnership
            )
            .filter(session__status=Session.Status.PUBLISHED, session__ends_at__lte=now)
            .filter(session__ends_at__gt=now - timedelta(days=period.policy.evaluation.open_days.value))
            .select_related("session__course", "person")
            .order_by("pk")
        )
        if rule is TrainerFeedbackRule.COURSES_THAT_ASK:
            links = links.filter(session__course__asks_trainer_feedback=True)
        found += [(link.session, link.person) for link in links]
    return found


def invitations_to_remind(partnership: Partnership, now: datetime) -> QuerySet[Invitation]:
    """Surveys that still wait for answers and can be answered."""
    return (
        Invitation.objects.filter(partnership=partnership, closes_at__gt=now)
        .to_answer()
        .select_related("policy_version")
        .order_by("pk")
    )


def invitations_to_close(partnership: Partnership, now: datetime) -> QuerySet[Invitation]:
    """Surveys whose time to answer is over, also of people who are not asked any more, and interviews."""
    over = Invitation.objects.filter(partnership=partnership, state=Invitation.State.OPEN, closes_at__lte=now)
    return over.order_by("pk")


def sessions_to_forget(partnership: Partnership, now: datetime) -> list[Session]:
    """Sessions of which answers may have been kept as long as was promised, the oldest first; a few days generous."""
    kept_long_enough = Q(pk__in=[])
    for version in partnership.policy_versions:
        years = policy_of(version).evaluation.answers_kept_years.value
        over = Q(policy_version=version, session__ends_at__lte=now - years * timedelta(days=365))
        kept_long_enough |= over
    asked = Invitation.objects.filter(kept_long_enough, partnership=partnership)
    with_answers = Invitation.objects.filter(
        partnership=partnership, session=OuterRef("pk"), forgotten_at__isnull=True
    ).exclude(state=Invitation.State.OPEN)
    sessions = Session.objects.filter(partnership=partnership, pk__in=asked.values("session"))
    return list(sessions.filter(Exists(with_answers)).order_by("ends_at", "pk"))


def certificates_due(
    partnership: Partnership, now: datetime, among: Iterable[Booking] | None = None
) -> list[Booking]:
    """Bookings (of all or some) that have everything their policy asks for before a certificate, and none yet."""
    asked = Q() if among is None else Q(pk__in=[one.pk for one in among])
    found: list[Booking] = []
    for period in policy_periods(partnership):
        needed = NEEDED[period.policy.certificate.release.value]
        answered = Invitation.objects.filter(
            booking=OuterRef("pk"), kind=needed, state=Invitation.State.ANSWERED
        )
        found += (
            Booking.objects.filter(period.of_sessions("session__"), partnership=partnership)
            .filter(state=BookingState.ATTENDED, session__ends_at__lte=now, certificate__isnull=True)
            .filter(asked, Q() if needed is None else Q(Exists(answered)))
            .order_by("pk")
        )
    return found


def _when(period: PolicyPeriod, kind: QuestionnaireKind, now: datetime, however_late: bool) -> Q:
    """Bounds to the sessions that may be asked about now."""
    if kind == QuestionnaireKind.PRE_COURSE:
        # Generous, since holidays come between; what is too early is left out day by day.
        latest = now + timedelta(days=14 + 2 * period.policy.pre_course.opens_working_days.value)
        return Q(starts_at__gt=now, starts_at__lt=latest)
    if however_late and waits_for(kind, period.policy):
        longest_ago = _LONGEST_YEAR * period.policy.evaluation.answers_kept_years.value
    else:
        longest_ago = _longest_ago(period, kind)
    return Q(ends_at__lte=now, ends_at__gt=now - longest_ago)


def _longest_ago(period: PolicyPeriod, kind: QuestionnaireKind) -> timedelta:
    if kind == QuestionnaireKind.EVALUATION:
        return max(timedelta(days=period.policy.evaluation.open_days.value), LATEST)
    window = period.policy.impact.window.value
    return window.last * (_LONGEST_MONTH if window.unit == "months" else timedelta(weeks=1)) + LATEST
