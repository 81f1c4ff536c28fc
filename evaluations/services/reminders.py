"""Reminding those who have not answered, and closing surveys whose time is over."""

from datetime import datetime
from typing import Any

from django.db import transaction

from bookings.models import Booking
from courses.expectations import asks_before
from courses.models import Session
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation
from evaluations.periods import answers_close_at, pre_course_opens_on
from evaluations.services.invitations import about_survey, asked_key, send
from notifications.outbox import drop_unsent
from partnership_portal.working_days import add_working_days, is_working_day, uk_date, working_days_between
from partnerships import audit
from partnerships.actors import Actor
from partnerships.permissions import Permission, require
from partnerships.policy import EvaluationPolicy, ImpactPolicy, Policy, PreCoursePolicy
from partnerships.services.policies import policy_of, version_in_force


def is_time_to_remind(invitation: Invitation, now: datetime) -> bool:
    """Tell whether the next reminder is due today: a working day, enough of them passed, one left by the policy."""
    today, rules = uk_date(now), _rules(invitation)
    return (
        invitation.state == Invitation.State.OPEN
        and now < invitation.closes_at
        and is_working_day(today)
        and invitation.reminders_sent < rules.reminders.value
        and working_days_between(invitation.last_asked_on, today) >= rules.reminder_working_days.value
    )


def remind(*, actor: Actor, invitation: Invitation, now: datetime) -> bool:
    """Send the next reminder if it is due; tells whether it was. Locks the booking, then the invitation.

    Of whoever has no email address none is counted, so that those are left that the policy has once there is one.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        # A place that is being given up in this moment must not be reminded of.
        Booking.objects.select_for_update(no_key=True, of=("self",)).filter(invitations=invitation).first()
        invitation = _locked(invitation)
        if invitation.has_lapsed or invitation.has_moved or not is_time_to_remind(invitation, now):
            return False
        # By the day, since reminders are counted anew when somebody else is asked, or the same one again.
        about = f"{about_survey(invitation)}:reminder:{uk_date(now).isoformat()}"
        if not send(invitation, invitation.policy_version, purpose="survey-reminder", about=about):
            return False
        invitation.reminders_sent += 1
        invitation.last_asked_on = uk_date(now)
        invitation.save(update_fields=["reminders_sent", "last_asked_on"])
        audit.record(
            actor, "evaluations.remind", invitation, after={"reminders_sent": invitation.reminders_sent}
        )
        return True


def close(*, actor: Actor, invitation: Invitation, now: datetime) -> bool:
    """Close a survey that nobody answered in time; tells whether it did. Locks the invitation.

    Of whoever could not have answered, having lost the place, that is said as the reason. Whose booking has moved to
    another session can answer until that one starts.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        invitation = _locked(invitation)
        if invitation.state != Invitation.State.OPEN or now < invitation.closes_at:
            return False
        if invitation.has_moved and not invitation.has_lost_place:
            return False
        invitation.state = Invitation.State.CLOSED
        if invitation.has_lost_place:
            invitation.closed_because = Invitation.Closing.NO_PLACE
        invitation.save(update_fields=["state", "closed_because"])
        drop_unsent(invitation.partnership, about_survey(invitation))
        audit.record(
            actor, "evaluations.close", invitation, before={"state": "open"}, after={"state": "closed"}
        )
        return True


def follow_session(*, actor: Actor, invitation: Invitation, now: datetime) -> bool:
    """Close a pre-course questionnaire whose booking has lost its place, or let it close when its session now starts.

    The rules are those in force on that day. Where the booking is on another session, it asks about that one from now
    on, with what was begun, and says so once. Tells whether there was anything to do. Locks the booking, then the
    invitation.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        booking = (
            Booking.objects.select_for_update(no_key=True, of=("self",))
            .select_related("session__course")
            .get(invitations=invitation)
        )
        invitation = _locked(invitation)
        if invitation.state != Invitation.State.OPEN or invitation.kind != QuestionnaireKind.PRE_COURSE:
            return False
        before = _standing(invitation)
        if invitation.has_lost_place:
            invitation.state = Invitation.State.CLOSED
            invitation.closed_because = Invitation.Closing.NO_PLACE
            drop_unsent(invitation.partnership, about_survey(invitation))
        elif invitation.has_moved:
            _ask_about_another(invitation, booking, now)
        elif invitation.closes_at != invitation.session.starts_at:
            _follow_rules(invitation, invitation.session)
        else:
            return False
        invitation.save(
            update_fields=[
                "state",
                "closed_because",
                "closes_at",
                "session",
                "policy_version",
                "last_asked_on",
                "reminders_sent",
            ]
        )
        after = _standing(invitation)
        audit.record(actor, "evaluations.follow_session", invitation, before=before, after=after)
        return True


def _ask_about_another(invitation: Invitation, booking: Booking, now: datetime) -> None:
    """Put it on the session of its booking, under the rules of that one, and write once for each move.

    Where that session is not asked about yet, the first reminder on the day that it would be says so; where it never
    is, the questionnaire closes.
    """
    session = booking.session
    drop_unsent(invitation.partnership, about_survey(invitation))
    invitation.session, invitation.last_asked_on = session, uk_date(now)
    policy = _follow_rules(invitation, session)
    if invitation.state == Invitation.State.CLOSED:
        return
    if answers_close_at(invitation.kind, policy, session, now):
        send(
            invitation,
            invitation.policy_version,
            purpose=f"survey-{invitation.kind}",
            about=f"{asked_key(invitation)}:moved:{booking.calendar_sequence}",
        )
    elif now < session.starts_at:
        invitation.reminders_sent = 0
        apart = policy.pre_course.reminder_working_days.value
        invitation.last_asked_on = add_working_days(pre_course_opens_on(session, policy), -apart)


def _follow_rules(invitation: Invitation, session: Session) -> Policy:
    """Put it under the rules of the day on which the session begins, until then; closes it where these ask nobody."""
    invitation.policy_version = version_in_force(invitation.partnership, session.starts_at)
    invitation.closes_at = session.starts_at
    policy = policy_of(invitation.policy_version)
    if not asks_before(session.course, policy):
        invitation.state = Invitation.State.CLOSED
        drop_unsent(invitation.partnership, about_survey(invitation))
    return policy


def _standing(invitation: Invitation) -> dict[str, Any]:
    return {
        "state": invitation.state,
        "session": invitation.session_id,
        "policy": invitation.policy_version.number,
        "closes_at": invitation.closes_at.isoformat(),
    }


def _locked(invitation: Invitation) -> Invitation:
    return (
        Invitation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("partnership", "session__course", "booking__person", "respondent", "policy_version")
        .get(pk=invitation.pk)
    )


def _rules(invitation: Invitation) -> PreCoursePolicy | EvaluationPolicy | ImpactPolicy:
    policy = policy_of(invitation.policy_version)
    match invitation.kind:
        case QuestionnaireKind.PRE_COURSE:
            return policy.pre_course
        case QuestionnaireKind.IMPACT | QuestionnaireKind.LINE_MANAGER:
            return policy.impact
        case _:
            return policy.evaluation
