"""What the team decides about a session with fewer people than it needs; merging it is a matter of bookings."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from courses.models import Session
from courses.refusals import PlanRefused
from courses.services.sessions import cancel_session
from partnership_portal.working_days import uk_date, uk_today
from partnerships import audit
from partnerships.actors import Actor
from partnerships.permissions import Permission, require


def go_ahead(*, actor: Actor, session: Session, note: str = "") -> Session:
    """Let a session go ahead with the people it has; the question is not put again. Done twice is done once."""
    return _decide(actor, session, Session.Decision.GO_AHEAD, note)


def postpone_decision(*, actor: Actor, session: Session, until: date, note: str) -> Session:
    """Put the question again on a later day, with a note why; not later than the session itself."""
    require(actor, Permission.PLAN_PROGRAMME)
    if not note.strip():
        raise PlanRefused("Say why you decide later.", "note")
    if until <= uk_today():
        raise PlanRefused("Choose a day after today.", "until")
    return _decide(actor, session, Session.Decision.POSTPONED, note, until)


def decide_to_cancel(*, actor: Actor, session: Session, reason: str) -> Session:
    """Cancel a session for want of people; everybody who booked reads the reason."""
    require(actor, Permission.PLAN_PROGRAMME)
    with transaction.atomic():
        session = cancel_session(actor=actor, session=session, reason=reason)
        if session.decision != Session.Decision.CANCELLED:
            write_decision(
                actor=actor, session=session, decision=Session.Decision.CANCELLED, now=timezone.now()
            )
    return session


def write_decision(
    *,
    actor: Actor,
    session: Session,
    decision: Session.Decision,
    now: datetime,
    note: str = "",
    until: date | None = None,
) -> None:
    """Write a decision down, with the trail; for services that hold the session's lock."""
    before = _facts(session)
    session.decision, session.decided_at = decision, now
    session.decision_note, session.decide_again_on = note.strip()[:250], until
    session.save(update_fields=["decision", "decided_at", "decision_note", "decide_again_on"])
    audit.record(actor, "courses.decide_on_session", session, before=before, after=_facts(session))


def _decide(
    actor: Actor, session: Session, decision: Session.Decision, note: str, until: date | None = None
) -> Session:
    require(actor, Permission.PLAN_PROGRAMME)
    with transaction.atomic():
        session = (
            Session.objects.visible_to(actor)
            .select_for_update(of=("self",))
            .select_related("course")
            .get(pk=session.pk)
        )
        now = timezone.now()
        if session.status != Session.Status.PUBLISHED:
            raise PlanRefused("There is nothing to decide: this session is not open for booking.")
        if session.starts_at <= now:
            raise PlanRefused("This session has begun, so there is nothing to decide any more.")
        if until is not None and until > uk_date(session.starts_at):
            raise PlanRefused("Choose a day before the session.", "until")
        same = (session.decision, session.decision_note, session.decide_again_on)
        if same != (decision, note.strip()[:250], until):
            write_decision(actor=actor, session=session, decision=decision, now=now, note=note, until=until)
    return session


def _facts(session: Session) -> dict[str, Any]:
    return {
        "decision": session.decision,
        "note": session.decision_note,
        "again_on": session.decide_again_on.isoformat() if session.decide_again_on else None,
        "places_taken": session.places_taken,
        "minimum": session.minimum,
    }
