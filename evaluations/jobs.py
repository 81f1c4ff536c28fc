"""The scheduled jobs of surveys and certificates: each finds what is still to be done and does one thing at a time.

The people of one session are asked in one transaction, and every other item has one of its own, so that a job killed
in the middle has done some of them whole and the next run does the rest; two at once wait for one another's row and
then find it done. One item that fails is logged and tried again at the next run; it does not keep the others waiting.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from courses.models import Session
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation
from evaluations.observation_messages import tell_shared
from evaluations.queries.concerns import not_watched_yet, signs_in
from evaluations.queries.due import (
    bookings_to_ask,
    certificates_due,
    invitations_to_close,
    invitations_to_remind,
    sessions_to_ask_about,
    sessions_to_forget,
    trainers_to_ask,
)
from evaluations.queries.managers import forms_astray, shared_with_former
from evaluations.queries.observations import (
    actions_to_remind_of,
    observations_to_follow,
    observations_to_share,
)
from evaluations.queries.single_agency_audits import (
    audits_to_close,
    audits_to_forget,
    audits_to_remind,
    audits_to_tell,
    organisations_to_ask_again,
)
from evaluations.services.certificates import issue_if_due
from evaluations.services.concerns import pass_over, raise_concern
from evaluations.services.invitations import ask_about_bookings, ask_trainer
from evaluations.services.line_managers import follow_line_manager, stop_sharing_with_former
from evaluations.services.observation_actions import remind_of_action
from evaluations.services.observations import follow_observed_session
from evaluations.services.reminders import close, follow_session, is_time_to_remind, remind
from evaluations.services.retention import forget_answers
from evaluations.services.single_agency_audits import (
    ask_again,
    close_audit,
    forget_audit,
    remind_leads,
    tell_leads,
)
from partnerships.actors import Actor, system
from partnerships.jobs import one_by_one, piecewise, together
from partnerships.models import Partnership
from partnerships.tenancy import acting_in


def ask_before_courses(partnership: Partnership, now: datetime) -> None:
    """Ask those with a place what they hope for, where the policy wants it; not those who have lost it since."""
    follow_bookings(partnership, now)
    _ask(partnership, QuestionnaireKind.PRE_COURSE, now)


def follow_bookings(partnership: Partnership, now: datetime) -> None:
    """Let pre-course questionnaires follow their bookings: to another day or session, or nowhere without a place."""
    actor = system(partnership, "follow bookings")
    with acting_in(partnership):
        astray = list(Invitation.objects.filter(partnership=partnership).astray().order_by("pk"))
    one_by_one(partnership, (partial(follow_session, actor=actor, invitation=one, now=now) for one in astray))


def follow_line_managers(partnership: Partnership, now: datetime) -> None:
    """Let forms and what learners share follow the line manager: to the new one, or nowhere without one."""
    actor = system(partnership, "follow line managers")
    with acting_in(partnership):
        shared = list(shared_with_former(partnership))
        forms = list(forms_astray(partnership, now))
    one_by_one(partnership, (partial(stop_sharing_with_former, actor=actor, sharing=one) for one in shared))
    one_by_one(
        partnership, (partial(follow_line_manager, actor=actor, invitation=one, now=now) for one in forms)
    )


def ask_for_evaluations(partnership: Partnership, now: datetime) -> None:
    """Ask those who attended what the course was like, on the day the register says so."""
    _ask(partnership, QuestionnaireKind.EVALUATION, now)


def ask_after_late_registers(partnership: Partnership, now: datetime) -> None:
    """Ask also those whose register came so late that the frequent job looks no more, where the certificate waits."""
    _ask(partnership, QuestionnaireKind.EVALUATION, now, however_late=True)


def ask_about_impact(partnership: Partnership, now: datetime) -> None:
    """Ask learners, and line managers where the course asks for it, what has changed, when the policy's time comes."""
    _ask(partnership, QuestionnaireKind.IMPACT, now, however_late=True)
    _ask(partnership, QuestionnaireKind.LINE_MANAGER, now)


def ask_trainers(partnership: Partnership, now: datetime) -> None:
    """Ask trainers for their own account of the sessions that are over, where the policy wants it."""
    actor = system(partnership, "ask trainers")
    with acting_in(partnership):
        waiting = trainers_to_ask(partnership, now)
    one_by_one(
        partnership,
        (
            partial(ask_trainer, actor=actor, session=session, person=person, now=now)
            for session, person in waiting
        ),
    )


def issue_certificates(partnership: Partnership, now: datetime) -> None:
    """Issue what only time was missing for: the register was marked before the session was over."""
    actor = system(partnership, "issue certificates")
    with acting_in(partnership):
        waiting = certificates_due(partnership, now)
    one_by_one(partnership, (partial(issue_if_due, actor=actor, booking=one, now=now) for one in waiting))


def close_surveys(partnership: Partnership, now: datetime) -> None:
    """Close the surveys whose time is over: what still waits to be sent about them must not go out any more."""
    actor = system(partnership, "close surveys")
    for over in piecewise(partnership, lambda: invitations_to_close(partnership, now)):
        one_by_one(partnership, (partial(close, actor=actor, invitation=one, now=now) for one in over))


def remind_and_close(partnership: Partnership, now: datetime) -> None:
    """Close the surveys whose time is over, and remind those who have not answered the others, on working days.

    Whoever is no longer the line manager must not be among them.
    """
    close_surveys(partnership, now)
    follow_line_managers(partnership, now)
    actor = system(partnership, "remind")
    for found in piecewise(partnership, lambda: invitations_to_remind(partnership, now)):
        waiting = [one for one in found if is_time_to_remind(one, now)]
        one_by_one(partnership, (partial(remind, actor=actor, invitation=one, now=now) for one in waiting))


def forget_old_answers(partnership: Partnership, now: datetime) -> None:
    """Delete answers that were kept as long as was promised, a session at a time."""
    actor = system(partnership, "forget old answers")
    with acting_in(partnership):
        waiting = sessions_to_forget(partnership, now)
    one_by_one(partnership, (partial(forget_answers, actor=actor, session=one, now=now) for one in waiting))


def follow_observations(partnership: Partnership, now: datetime) -> None:
    """Tell observers of another day or a cancelled session, and trainers that their observation can be read."""
    actor = system(partnership, "follow observations")
    with acting_in(partnership):
        astray = observations_to_follow(partnership, now)
        sent = observations_to_share(partnership, now)
    one_by_one(
        partnership,
        (partial(follow_observed_session, actor=actor, observation=one, now=now) for one in astray),
    )
    one_by_one(partnership, (partial(tell_shared, one, trainer) for one, trainer in sent))


def remind_of_actions(partnership: Partnership, now: datetime) -> None:
    """Tell whoever is to do something after an observation when its day has come."""
    actor = system(partnership, "remind of actions")
    with acting_in(partnership):
        waiting = actions_to_remind_of(partnership, now)
    one_by_one(partnership, (partial(remind_of_action, actor=actor, action=one, now=now) for one in waiting))


def watch_for_concerns(partnership: Partnership, now: datetime) -> None:
    """Put answers that say something is wrong with a course before the team within minutes, each once."""
    actor = system(partnership, "watch for concerns")
    with acting_in(partnership):
        responses = not_watched_yet(partnership)
        signs = signs_in(responses, partnership.policy(now).concerns) if responses else {}
        pass_over(actor=actor, responses=[one for one in responses if one.pk not in signs], now=now)
    one_by_one(
        partnership,
        (
            partial(raise_concern, actor=actor, response=one, signs=signs[one.pk], now=now)
            for one in responses
            if one.pk in signs
        ),
    )


def _ask(
    partnership: Partnership, kind: QuestionnaireKind, now: datetime, *, however_late: bool = False
) -> None:
    actor = system(partnership, f"ask: {kind.label.lower()}")
    with acting_in(partnership):
        sessions = sessions_to_ask_about(partnership, kind, now, however_late=however_late)
    for session in sessions:
        with acting_in(partnership):
            to_ask = bookings_to_ask(partnership, kind).filter(session=session)
            waiting = list(to_ask.order_by("pk").values_list("pk", flat=True))
        together(partnership, waiting, partial(_ask_about, actor, session, kind, now))


def _ask_about(
    actor: Actor, session: Session, kind: QuestionnaireKind, now: datetime, bookings: Sequence[int]
) -> None:
    ask_about_bookings(actor=actor, session=session, bookings=bookings, kind=kind, now=now)


def ask_organisations_again(partnership: Partnership, now: datetime) -> None:
    """Ask organisations about their own training a year after they were asked before, where the policy wants it."""
    actor = system(partnership, "ask organisations again")
    with acting_in(partnership):
        due = list(organisations_to_ask_again(partnership, now).order_by("pk"))
    one_by_one(partnership, (partial(ask_again, actor=actor, organisation=one, now=now) for one in due))


def tell_leads_of_audits(partnership: Partnership, now: datetime) -> None:
    """Write to the leads of organisations that are asked about their own training, also to one who comes later."""
    actor = system(partnership, "tell leads of audits")
    for found in piecewise(partnership, lambda: audits_to_tell(partnership, now)):
        one_by_one(partnership, (partial(tell_leads, actor=actor, audited=one, now=now) for one in found))


def remind_and_close_audits(partnership: Partnership, now: datetime) -> None:
    """Close the audits whose time is over, and remind the leads of those that have not answered the others."""
    actor = system(partnership, "remind of audits")
    for over in piecewise(partnership, lambda: audits_to_close(partnership, now)):
        one_by_one(partnership, (partial(close_audit, actor=actor, audited=one, now=now) for one in over))
    for found in piecewise(partnership, lambda: audits_to_remind(partnership, now)):
        one_by_one(partnership, (partial(remind_leads, actor=actor, audited=one, now=now) for one in found))


def forget_old_audits(partnership: Partnership, now: datetime) -> None:
    """Delete the answers of audits that were kept as long as was promised."""
    actor = system(partnership, "forget old audits")
    with acting_in(partnership):
        waiting = audits_to_forget(partnership, now)
    one_by_one(partnership, (partial(forget_audit, actor=actor, audited=one, now=now) for one in waiting))
