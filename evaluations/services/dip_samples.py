"""Dip samples: drawing people at random, noting how each call or email ended, and writing down what they say."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from secrets import randbelow
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from courses.models import Session
from evaluations.drawing import draw, fingerprint
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Answer, DipAttempt, DipContact, DipSample, Invitation, Notice
from evaluations.periods import end_of_day
from evaluations.queries.dip_samples import frame_of, name_of, with_answers_kept
from evaluations.services.questionnaires import version_in_use
from partnership_portal.working_days import uk_date
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Partnership, Person
from partnerships.permissions import Permission, require
from partnerships.services.policies import version_in_force

LARGEST = 200
_SEEDS = 10**9
_TIME_TO_TALK = timedelta(days=90)
_KEPT_NO_LONGER = (
    "The answers about this session are deleted: they were kept as long as we said. Nobody is interviewed about it any "
    "more."
)


@dataclass(frozen=True)
class Draw:
    """What is to be drawn: from those who attended in a period, how many, in which strata."""

    starts_on: date
    ends_on: date
    size: int
    strata: str = DipSample.Strata.NONE
    courses: list[int] = field(default_factory=list)
    priorities: list[int] = field(default_factory=list)
    with_managers: bool = True


def draw_sample(*, actor: Actor, key: UUID, wanted: Draw) -> DipSample:
    """Draw learners, and their line managers with them, and keep how it was done; the same form draws once.

    The portal chooses the seed. Every draw stays, so that nobody draws until the result pleases. Locks the partnership,
    so that of two alike at once the second finds the first.
    """
    who = _team_member(actor)
    with transaction.atomic():
        Partnership.objects.select_for_update(no_key=True).get(pk=actor.partnership.pk)
        if there := DipSample.objects.filter(partnership=actor.partnership, key=key).first():
            return there
        frame = frame_of(actor.partnership, wanted)
        people = sum(len(ids) for _, ids in frame)
        if not 1 <= wanted.size <= LARGEST:
            raise DomainError(f"Draw between 1 and {LARGEST} people.")
        if wanted.size > people:
            raise DomainError(
                f"Only {people} who attended then can still be asked about it, so {wanted.size} can’t be drawn."
            )
        sample = DipSample.objects.create(
            partnership=actor.partnership,
            key=key,
            starts_on=wanted.starts_on,
            ends_on=wanted.ends_on,
            filters={"courses": sorted(wanted.courses), "priorities": sorted(wanted.priorities)},
            strata=wanted.strata,
            size=wanted.size,
            with_managers=wanted.with_managers,
            seed=randbelow(_SEEDS),
            frame=frame,
            frame_hash=fingerprint(frame),
            drawn_at=timezone.now(),
            drawn_by=who,
        )
        _contacts(sample)
        audit.record(
            actor,
            "evaluations.draw_sample",
            sample,
            after={"size": sample.size, "seed": sample.seed, "frame": sample.frame_hash, "of": people},
        )
        return sample


def note_attempt(
    *, actor: Actor, contact: DipContact, outcome: str, call_back_at: datetime | None = None
) -> DipAttempt:
    """Write down how a call ended, or that an email was sent; the same within a minute is the same.

    Who is said to have left is put before the team as what people say instead of answering is: the learner's membership
    is to be ended, or another line manager named. Locks the contact, then the session.
    """
    who = _team_member(actor)
    is_call_back = outcome == DipAttempt.Outcome.CALL_BACK
    now = timezone.now()
    if is_call_back and (call_back_at is None or call_back_at <= now):
        raise DomainError("Say when to call back, in the time to come.")
    with transaction.atomic():
        contact = _locked(contact)
        if contact.interview is not None and contact.interview.state == Invitation.State.ANSWERED:
            raise DomainError("The interview is done. There is nobody left to ring here.")
        facts = {"outcome": outcome, "call_back_at": call_back_at if is_call_back else None}
        same = contact.attempts.filter(**facts, by=who, at__gt=now - timedelta(minutes=1)).first()
        if same is not None:
            return same
        attempt = DipAttempt.objects.create(
            partnership=actor.partnership, contact=contact, at=now, by=who, **facts
        )
        audit.record(actor, "evaluations.note_attempt", attempt, after={"outcome": outcome})
        if outcome == DipAttempt.Outcome.LEFT:
            _say_left(actor, contact, now)
        return attempt


def begin_interview(*, actor: Actor, contact: DipContact) -> Invitation:
    """Open the interview form for somebody who talks; the same one when begun again.

    One whose time is over is open again, with what was written so far. The team fills it in, so that nobody is asked or
    reminded. Refuses where the answers about the session are deleted, or would be by the next night. Locks the contact,
    then the session, as whoever deletes them does, or the interview.
    """
    _team_member(actor)
    with transaction.atomic():
        contact = _locked(contact)
        if contact.interview is not None:
            return _open_again(actor, contact, contact.interview)
        interview = _interview(actor, contact, timezone.now())
        contact.interview = interview
        contact.save(update_fields=["interview"])
        _say_as_whom(interview, contact)
        audit.record(actor, "evaluations.begin_interview", contact, after={"interview": interview.pk})
        return interview


def _interview(actor: Actor, contact: DipContact, now: datetime) -> Invitation:
    session = contact.booking.session
    Session.objects.select_for_update(no_key=True).get(pk=session.pk)
    if not with_answers_kept(actor.partnership, {session.pk: session}, now):
        raise DomainError(_KEPT_NO_LONGER)
    version = version_in_use(actor.partnership, QuestionnaireKind.DIP_SAMPLE, session.course)
    if version is None:
        raise DomainError("The partnership has no interview guide yet. Publish one under “Questionnaires”.")
    return Invitation.objects.create(
        partnership=actor.partnership,
        kind=QuestionnaireKind.DIP_SAMPLE,
        version=version,
        session=session,
        booking=contact.booking,
        respondent_name=name_of(contact),
        policy_version=version_in_force(actor.partnership, session.starts_at),
        invited_at=now,
        closes_at=end_of_day(now + _TIME_TO_TALK),
        last_asked_on=uk_date(now),
    )


def _say_left(actor: Actor, contact: DipContact, now: datetime) -> None:
    """Put before the team that the learner has left, or that whoever left is the line manager no more; once.

    It hangs on an interview that there will not be; the one that was begun stays, should they talk after all.
    """
    said = Notice.objects.filter(
        partnership=actor.partnership,
        invitation__kind=QuestionnaireKind.DIP_SAMPLE,
        invitation__booking=contact.booking_id,
        settled_at__isnull=True,
    )
    is_learner = contact.role == DipContact.Role.LEARNER
    reason = Invitation.Closing.LEFT if is_learner else Invitation.Closing.NOT_MANAGER
    if said.filter(reason=reason).exists():
        return
    try:
        interview = _interview(actor, contact, now)
    except DomainError:
        # Of a session whose answers are deleted nothing is kept that hangs on one; the call is noted all the same.
        return
    interview.state, interview.closed_because = Invitation.State.CLOSED, reason
    interview.save(update_fields=["state", "closed_because"])
    Notice.objects.create(partnership=actor.partnership, invitation=interview, reason=reason, given_at=now)
    audit.record(
        actor, "evaluations.say_instead", interview, after={"state": "closed", "reason": reason.value}
    )


def _open_again(actor: Actor, contact: DipContact, interview: Invitation) -> Invitation:
    interview = Invitation.objects.select_for_update(no_key=True).get(pk=interview.pk)
    if interview.forgotten_at is not None:
        raise DomainError(_KEPT_NO_LONGER)
    now = timezone.now()
    is_over = interview.state == Invitation.State.CLOSED or interview.closes_at <= now
    if interview.state != Invitation.State.ANSWERED and is_over:
        interview.state, interview.closes_at = Invitation.State.OPEN, end_of_day(now + _TIME_TO_TALK)
        interview.closed_because = ""
        interview.save(update_fields=["state", "closes_at", "closed_because"])
        audit.record(
            actor, "evaluations.begin_interview", contact, after={"interview": interview.pk, "again": True}
        )
    return interview


def _contacts(sample: DipSample) -> None:
    roles = [DipContact.Role.LEARNER, *([DipContact.Role.MANAGER] if sample.with_managers else [])]
    drawn = [(label, pk) for label, ids in draw(sample.frame, sample.size, sample.seed) for pk in ids]
    DipContact.objects.bulk_create(
        DipContact(
            partnership=sample.partnership,
            sample=sample,
            booking_id=pk,
            role=role,
            stratum=label,
            position=position,
        )
        for position, (label, pk) in enumerate(drawn, start=1)
        for role in roles
    )


def _say_as_whom(interview: Invitation, contact: DipContact) -> None:
    """The guide's question whom one is talking to is known already."""
    question = interview.version.questions.filter(key="speaks_as").first()
    if question is not None and contact.role in {option["value"] for option in question.options}:
        Answer.objects.create(
            partnership=interview.partnership, invitation=interview, question=question, chosen=[contact.role]
        )


def _team_member(actor: Actor) -> Person:
    require(actor, Permission.MANAGE_SURVEYS)
    if actor.person is None:
        raise PermissionDenied("Only a person can draw and ring people.")
    return actor.person


def _locked(contact: DipContact) -> DipContact:
    return (
        DipContact.objects.select_for_update(no_key=True, of=("self",))
        .select_related("interview", "booking__session__course", "booking__person", "booking__organisation")
        .get(pk=contact.pk)
    )
