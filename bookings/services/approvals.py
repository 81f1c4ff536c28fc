"""Approving a booking: by the line manager (with a link, without an account), the organisation's lead or the team.

A request is never stuck: it is repeated, then goes on to the lead, or to the team where there is none, and runs out.
"""

from dataclasses import dataclass
from datetime import datetime, time
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from bookings.as_shown import check_as_shown
from bookings.links import holds_link_as_manager, holds_link_of
from bookings.message_kinds import APPROVAL_ASKED, APPROVAL_CHANGED, APPROVAL_ESCALATED, APPROVAL_REMINDED
from bookings.messages import (
    stop_asking,
    tell_approval_asked,
    tell_declined,
    tell_lapsed,
    tell_requested_of_another,
    tell_waiting,
)
from bookings.models import Approval, Booking
from bookings.news import is_untold
from bookings.services.ending import end_booking
from bookings.services.locks import locked_booking
from bookings.services.queue import allocate, position_in_queue
from bookings.services.rights import manages
from bookings.states import BookingState
from courses.models import Session
from notifications.kinds import MessageKind
from partnership_portal.working_days import add_working_days, uk_date, uk_moment
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.errors import DomainError
from partnerships.jobs import one_by_one
from partnerships.models import Membership, Partnership, Person
from partnerships.permissions import Permission
from partnerships.policy import ApprovalRule
from partnerships.services.memberships import forget_line_manager, name_line_manager
from partnerships.tenancy import acting_in

_JOB = "chase approvals"
_NOT_THE_MANAGER = "bookings.is_not_the_manager"


@dataclass(frozen=True)
class Manager:
    """A line manager as somebody names them while booking."""

    name: str
    email: str


def approval_rule(session: Session) -> ApprovalRule:
    """Who approves bookings of this session: as its course says or, where that is silent, the policy."""
    if session.course.approval:
        return ApprovalRule(session.course.approval)
    return session.partnership.policy(session.starts_at).booking.approval.value


def approval_needed(
    actor: Actor, session: Session, membership: Membership, *, can_name: bool = True
) -> ApprovalRule:
    """Who must still approve when this actor books for this person: nobody, where the actor speaks for them already.

    The team needs nobody's approval; a lead who books for the organisation's people stands for the organisation and
    for the line manager. A lead who books for themselves is approved by another lead or the team. Where none is
    recorded and nobody ``can_name`` a line manager, as in a list or a swap, the lead or the team decides.
    """
    own = actor.person is not None and actor.person.pk == membership.person_id
    if own:
        rule = ApprovalRule.NONE if actor.may(Permission.MANAGE_BOOKINGS) else approval_rule(session)
    else:
        rule = approval_of_others(actor, session, membership.organisation_id)
    if rule is ApprovalRule.LINE_MANAGER and not can_name and _contact(membership) is None:
        rule = ApprovalRule.ORGANISATION_LEAD
    if rule is ApprovalRule.ORGANISATION_LEAD and not leads_of(membership, but=membership.person):
        return ApprovalRule.TEAM
    return rule


def approval_of_others(actor: Actor, session: Session, organisation: int) -> ApprovalRule:
    """Who must still approve somebody else of this organisation for whom this actor books, whoever it is."""
    rule = approval_rule(session)
    speaks = rule is not ApprovalRule.TEAM and organisation in actor.led_organisation_ids
    return ApprovalRule.NONE if speaks or actor.may(Permission.MANAGE_BOOKINGS) else rule


def needs_manager_named(actor: Actor, session: Session, membership: Membership) -> bool:
    """Tell whether whoever books must name a line manager, because one must approve and none is recorded."""
    return (
        approval_needed(actor, session, membership) is ApprovalRule.LINE_MANAGER
        and _contact(membership) is None
    )


def ask_for_approval(
    actor: Actor,
    booking: Booking,
    rule: ApprovalRule,
    membership: Membership,
    named: Manager | None,
    now: datetime,
) -> Approval:
    """Ask whoever must approve; for ``book_place``, which holds the session's lock.

    A manager named while booking is kept with the membership, for the next time and for the impact form; the request
    says their name as it was typed, so that an address tells nobody who is in the portal.
    """
    manager = _contact(membership) if rule is ApprovalRule.LINE_MANAGER else None
    if rule is ApprovalRule.LINE_MANAGER and manager is None:
        manager = _named(actor, membership, named)
    policy = booking.partnership.policy(booking.session.starts_at).booking
    expires = _end_of_working_day(now, policy.approval_expiry_working_days.value)
    approval = Approval.objects.create(
        partnership=booking.partnership,
        booking=booking,
        rule=rule.value,
        asked=rule.value,
        manager_name=manager.name if manager else "",
        manager_email=manager.email if manager else "",
        asked_at=now,
        expires_at=min(expires, booking.session.booking_closes_at),
    )
    _tell_deciders(approval, membership, APPROVAL_ASKED)
    return approval


def approve(*, actor: Actor, approval: Approval, name: str = "", shown: str | None = None) -> Booking:
    """Say yes: the booking gets a place if one is free for it, else keeps its turn in the queue.

    Locks the session. ``name`` tells who decided where they have no account, and ``shown`` what the page showed of the
    session. Done twice is done once.
    """
    with transaction.atomic():
        booking, approval = _open_request(actor, approval)
        if approval.decision == Approval.Decision.APPROVED:
            return booking
        _check_undecided(actor, approval)
        check_as_shown(actor, booking, shown)
        now = timezone.now()
        _decide(approval, Approval.Decision.APPROVED, actor, name, "", now)
        booking.state = BookingState.WAITING
        booking.save(update_fields=["state"])
        audit.record(
            actor,
            "bookings.approve",
            booking,
            before={"state": BookingState.REQUESTED},
            after={"state": booking.state},
        )
        allocate(booking.session, now, present={booking.pk})
        booking.refresh_from_db(fields=["state", "confirmed_at", "told", "offer_expires_at"])
        if booking.state == BookingState.WAITING:
            tell_waiting(booking, position=position_in_queue(booking))
    return booking


def decline(
    *, actor: Actor, approval: Approval, reason: str, name: str = "", shown: str | None = None
) -> Booking:
    """Say no, with a reason that the learner reads. Locks the session; done twice is done once.

    ``shown`` is what the page showed of the session: whoever can't be spared on one day may be on another.
    """
    reason = reason.strip()
    if not reason:
        raise DomainError("Say why not. The person who asked will read it.")
    with transaction.atomic():
        booking, approval = _open_request(actor, approval)
        if approval.decision == Approval.Decision.DECLINED:
            return booking
        _check_undecided(actor, approval)
        check_as_shown(actor, booking, shown)
        now = timezone.now()
        _decide(approval, Approval.Decision.DECLINED, actor, name, reason, now)
        end_booking(booking, BookingState.DECLINED, by=actor.person, reason=reason, now=now)
        audit.record(
            actor,
            "bookings.decline",
            booking,
            before={"state": BookingState.REQUESTED},
            after={"state": booking.state},
        )
        tell_declined(booking, approval)
        allocate(booking.session, now)
    return booking


def is_not_the_manager(*, actor: Actor, approval: Approval) -> Approval:
    """Let whoever was asked as the line manager say that they are not: the lead or the team is asked at once instead.

    They are recorded as the line manager no longer, and the learner hears whose answer they wait for. Where the request
    has gone on meanwhile, nobody is asked again. Locks the session, then the membership; done twice is done once.
    """
    with transaction.atomic():
        booking, approval = _open_request(actor, approval)
        if approval.is_not_the_manager:
            return approval
        _check_undecided(actor, approval)
        if not was_asked_as_manager(actor, approval):
            raise PermissionDenied("Only the line manager who was asked can say that they are not.")
        membership = _membership_of(booking)
        forget_line_manager(actor=actor, membership=membership, email=approval.manager_email)
        approval.manager_email = ""
        if approval.asked == ApprovalRule.LINE_MANAGER:
            stop_asking(booking)
            _ask_the_next(actor, approval, membership, timezone.now(), _NOT_THE_MANAGER)
            tell_requested_of_another(booking, approval)
        else:
            approval.save(update_fields=["manager_email"])
            audit.record(actor, _NOT_THE_MANAGER, booking, after={"asked": approval.asked})
    return approval


def tell_deciders_of_change(actor: Actor, booking: Booking, now: datetime) -> None:
    """Tell whoever still has to decide when and where the session is now; once a change.

    For services that hold the session's lock and have raised the booking's ``calendar_sequence``. Where the deadline
    has moved earlier with it, this says until when, and nothing else does.
    """
    request = Approval.objects.filter(partnership=booking.partnership, booking=booking).open().first()
    if request is None:
        return
    request.booking, request.partnership = booking, booking.partnership
    if request.open_until <= now:
        return
    if request.open_until < request.expires_at:
        _run_out_sooner(actor, request, now)
    stop_asking(booking)
    suffix = f":{booking.calendar_sequence}"
    _tell_deciders(request, _membership_of(booking), APPROVAL_CHANGED, suffix=suffix)


def chase_approvals(partnership: Partnership, now: datetime) -> None:
    """Job: repeat requests, pass them on to the lead or the team, and let those run out that nobody answered.

    One that would outlast the deadline, which has moved earlier since, is open until the new one, and asked again.
    """
    with acting_in(partnership):
        open_ones = list(
            Approval.objects.open()
            .filter(partnership=partnership)
            .filter(
                Q(expires_at__lte=now)
                | Q(expires_at__gt=F("booking__session__booking_closes_at"))
                | Q(reminded_at__isnull=True)
                | Q(escalated_at__isnull=True)
            )
            .order_by("pk")
        )
    one_by_one(partnership, (partial(_chase, partnership, one.pk, now) for one in open_ones))


def leads_of(membership: Membership, *, but: Person | None = None) -> list[Person]:
    """The leads of the membership's organisation who can be written to."""
    people = Person.objects.filter(partnership=membership.partnership_id)
    return list(people.leading(membership.organisation_id).exclude(pk__in=[but.pk] if but else []))


def may_decide(actor: Actor, approval: Approval) -> bool:
    """Tell whether it is the actor's to decide; nobody decides about their own booking.

    The team always may. A lead may for the organisation's people, and a line manager for their team there, unless it
    is the team that must. The holder of the approval's link may as the view that read the token says.
    """
    if actor.person is not None and actor.person.pk == approval.booking.person_id:
        return False
    if actor.may(Permission.MANAGE_BOOKINGS):
        return True
    if approval.rule == ApprovalRule.TEAM:
        return False
    if holds_link_of(actor, approval):
        return True
    if approval.booking.organisation_id in actor.led_organisation_ids:
        return True
    return approval.rule == ApprovalRule.LINE_MANAGER and manages(actor, approval.booking)


def was_asked_as_manager(actor: Actor, approval: Approval) -> bool:
    """Tell whether it is the actor, signed in or by the link, who was asked as the line manager and has not denied it.

    Not whoever is recorded as the line manager since: they were not asked, and can't speak for the one who was.
    """
    if not (approval.is_open and approval.manager_email):
        return False
    address = actor.person.email_key if actor.person is not None else ""
    return holds_link_as_manager(actor, approval) or address == approval.manager_email.lower()


def _open_request(actor: Actor, approval: Approval) -> tuple[Booking, Approval]:
    booking = locked_booking(actor, approval.booking)
    approval = Approval.objects.get(partnership=actor.partnership, pk=approval.pk)
    approval.booking = booking
    if not may_decide(actor, approval):
        raise PermissionDenied("You can approve bookings of your team or of the organisation that you lead.")
    if approval.is_open and booking.session.status != Session.Status.PUBLISHED:
        # The job that ends the bookings of a cancelled session has not run yet.
        raise DomainError(
            f"This session will not take place, so there is nothing left to decide. We tell {booking.person.name}."
        )
    ran_out = approval.is_open and approval.open_until <= timezone.now()
    if ran_out or approval.decision in {Approval.Decision.LAPSED, Approval.Decision.WITHDRAWN}:
        raise DomainError(
            "This request is closed: it ran out or was taken back. "
            f"{booking.person.name} can book again if there is time."
        )
    return booking, approval


def _decide(
    approval: Approval, decision: Approval.Decision, actor: Actor, name: str, reason: str, now: datetime
) -> None:
    approval.decision, approval.decided_at, approval.decided_by = decision, now, actor.person
    approval.decided_name = name or (actor.person.name if actor.person else "the partnership team")
    approval.reason = reason[:250]
    approval.save(update_fields=["decision", "decided_at", "decided_by", "decided_name", "reason"])
    stop_asking(approval.booking)


def _check_undecided(actor: Actor, approval: Approval) -> None:
    if not approval.is_open:
        words = "approved" if approval.decision == Approval.Decision.APPROVED else "declined"
        raise DomainError(f"This request was {words} already by {approval.decided_name}.")
    if approval.is_not_the_manager and holds_link_as_manager(actor, approval):
        raise DomainError("You have told us that you are not the line manager, so somebody else is asked.")


def _membership_of(booking: Booking) -> Membership:
    """The membership that it is booked with, live or ended since."""
    membership = (
        Membership.objects.filter(
            partnership=booking.partnership, person=booking.person_id, organisation=booking.organisation_id
        )
        .select_related("person", "organisation", "line_manager")
        .order_by("-pk")[0]
    )
    membership.partnership = booking.partnership
    return membership


def _chase(partnership: Partnership, approval_id: int, now: datetime) -> None:
    actor = system(partnership, _JOB)
    approval = Approval.objects.select_related("booking__session").get(
        partnership=partnership, pk=approval_id
    )
    booking = locked_booking(actor, approval.booking)
    approval = Approval.objects.get(partnership=partnership, pk=approval_id)
    approval.booking, approval.partnership = booking, partnership
    if not approval.is_open or booking.state != BookingState.REQUESTED:
        return
    if approval.open_until <= now:
        end_booking(booking, BookingState.LAPSED, by=None, reason="", now=now)
        audit.record(
            actor,
            "bookings.lapse",
            booking,
            before={"state": BookingState.REQUESTED},
            after={"state": booking.state},
        )
        tell_lapsed(booking, before=BookingState.REQUESTED)
        allocate(booking.session, now)
        return
    if is_untold(booking):
        # They hear of the change, and until when they may decide, from the job that tells of it.
        return
    policy = partnership.policy(booking.session.starts_at).booking
    membership = _membership_of(booking)
    if approval.open_until < approval.expires_at:
        _shorten(actor, approval, membership, now)
    elif approval.escalated_at is None and now >= _end_of_working_day(
        approval.asked_at, policy.approval_escalation_working_days.value
    ):
        _ask_the_next(actor, approval, membership, now, "bookings.escalate")
    elif approval.reminded_at is None and now >= _end_of_working_day(
        approval.asked_at, policy.approval_reminder_working_days.value
    ):
        approval.reminded_at = now
        approval.save(update_fields=["reminded_at"])
        audit.record(actor, "bookings.remind_approver", booking, after={"asked": approval.asked})
        _tell_deciders(approval, membership, APPROVAL_REMINDED)


def _shorten(actor: Actor, approval: Approval, membership: Membership, now: datetime) -> None:
    """Let the request run out when booking closes, and say so to whoever decides: that is a reminder too."""
    _run_out_sooner(actor, approval, now)
    stop_asking(approval.booking)
    suffix = f":{approval.open_until:%Y%m%d%H%M}"
    _tell_deciders(approval, membership, APPROVAL_REMINDED, suffix=suffix)


def _run_out_sooner(actor: Actor, approval: Approval, now: datetime) -> None:
    before, approval.expires_at = approval.expires_at, approval.open_until
    approval.reminded_at = now
    approval.save(update_fields=["expires_at", "reminded_at"])
    audit.record(
        actor,
        "bookings.shorten_request",
        approval.booking,
        before={"until": before.isoformat()},
        after={"until": approval.expires_at.isoformat()},
    )


def _ask_the_next(
    actor: Actor, approval: Approval, membership: Membership, now: datetime, action: str
) -> None:
    before, approval.escalated_at = approval.asked, now
    approval.asked = _next_decider(approval, membership).value
    approval.save(update_fields=["asked", "escalated_at", "manager_email"])
    audit.record(actor, action, approval.booking, before={"asked": before}, after={"asked": approval.asked})
    _tell_deciders(approval, membership, APPROVAL_ESCALATED)


def _named(actor: Actor, membership: Membership, named: Manager | None) -> Manager | None:
    if named is None:
        raise DomainError("Name your line manager, who approves this booking.")
    if named.email.strip().lower() == membership.person.email_key:
        raise DomainError("Name somebody else than yourself as the line manager who approves this booking.")
    kept = _contact(name_line_manager(actor=actor, membership=membership, name=named.name, email=named.email))
    typed = Manager(named.name.strip(), named.email.strip().lower())
    # Another one was recorded meanwhile.
    return kept if kept is not None and kept.email.lower() != typed.email else typed


def _next_decider(approval: Approval, membership: Membership) -> ApprovalRule:
    if approval.asked == ApprovalRule.LINE_MANAGER and leads_of(membership, but=approval.booking.person):
        return ApprovalRule.ORGANISATION_LEAD
    return ApprovalRule.TEAM


def _contact(membership: Membership) -> Manager | None:
    contact = membership.manager_contact
    return Manager(*contact) if contact and membership.has_manager else None


def _tell_deciders(
    approval: Approval, membership: Membership, kind: MessageKind, *, suffix: str = ""
) -> None:
    """Write to whoever is asked; the team finds requests on its desk and gets no message."""
    if approval.asked == ApprovalRule.LINE_MANAGER:
        tell_approval_asked(approval, kind, approval.manager_name, approval.manager_email, suffix=suffix)
    elif approval.asked == ApprovalRule.ORGANISATION_LEAD:
        for lead in leads_of(membership, but=approval.booking.person):
            tell_approval_asked(approval, kind, lead.name, lead.email, suffix=suffix)


def _end_of_working_day(start: datetime, days: int) -> datetime:
    return uk_moment(add_working_days(uk_date(start), days), time(17))
