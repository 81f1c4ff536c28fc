"""Booking several people of one organisation at once, each exactly as if they were booked alone."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from bookings.as_shown import check_session_as_shown
from bookings.audience import Audience
from bookings.clashes import clashes_with
from bookings.colleagues import Candidates, Colleagues, Wanted
from bookings.group_outcomes import Fate, Outcome
from bookings.models import Booking, GroupBooking, HeldEvidence
from bookings.services.held_evidence import content_of, held_for
from bookings.services.locks import locked_session
from bookings.services.places import Told, ask_for_place, check_open
from bookings.services.prerequisites import NOTHING_EARLIER, EarlierTraining, asks_earlier_training
from bookings.services.queue import lock_people, position_in_queue
from bookings.states import BookingState
from courses.models import Session
from partnership_portal.working_days import uk_today
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.errors import DomainError
from partnerships.models import Membership, Organisation, Partnership, Person
from partnerships.permissions import Permission, require
from partnerships.services.locks import locked_partnership
from partnerships.services.people import add_colleague
from partnerships.tenancy import acting_in

MOST = 60
# Stands for what whoever books is still going to say on the check page.
_LATER = "Still to be said"
_FATES = {
    BookingState.CONFIRMED: Fate.PLACE,
    BookingState.WAITING: Fate.WAITING,
    BookingState.REQUESTED: Fate.APPROVAL,
}


class NotAsShown(DomainError):
    """What would come of it is not what whoever confirms was shown; nothing is booked."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        super().__init__("The list or the places have changed since you looked. Nothing is booked yet.")
        self.outcomes = outcomes


@dataclass(frozen=True)
class ForAll:
    """What is said for everybody on the list."""

    purchase_order: str = ""
    declared: str = ""


def check_group(
    *,
    actor: Actor,
    session: Session,
    organisation: Organisation,
    wanted: Sequence[Wanted],
    for_all: ForAll = ForAll(),
    session_shown: str | None = None,
) -> list[Outcome]:
    """Tell what would come of booking these people, by booking them and taking it all back.

    So the page shows what happens and not what a second set of rules thinks of it. What the page still asks for (a
    reason, a purchase order number) is taken as said. Locks like ``book_group``.
    """
    outcomes: list[Outcome] = []
    with _taken_back():
        outcomes = _book_all(actor, session, organisation, wanted, for_all, session_shown, unsaid=_LATER)
    return outcomes


def book_group(
    *,
    actor: Actor,
    session: Session,
    organisation: Organisation,
    wanted: Sequence[Wanted],
    key: UUID,
    shown: str,
    for_all: ForAll = ForAll(),
    session_shown: str | None = None,
) -> GroupBooking:
    """Book them all in one transaction, and only if what comes of it is what was ``shown`` (``digest``).

    And only if the session is where and when it was shown (``session_as_shown``). One transaction, so that nobody gets
    between the first and the last of them and the page that was confirmed stays true; each person within a step of
    their own, so that one who can't be booked keeps nobody else out. Whoever isn't in the organisation yet is added.
    Locks the partnership (for new people), then the session. ``key`` names the form: sent again, it books nobody.
    """
    with transaction.atomic():
        _may_book(actor, organisation)
        _lock(actor, session, wanted)
        sent = GroupBooking.objects.filter(partnership=actor.partnership, key=key).first()
        if sent is not None:
            return sent
        outcomes = _book_all(actor, session, organisation, wanted, for_all, session_shown)
        if digest(outcomes) != shown:
            raise NotAsShown(outcomes)
        booked = [one.booking.pk for one in outcomes if one.booking is not None]
        if not booked:
            raise DomainError("Nobody on this list can be booked.")
        group = GroupBooking.objects.create(
            partnership=actor.partnership,
            session=session,
            organisation=organisation,
            key=key,
            booked_by=actor.person,
            booked_at=timezone.now(),
            left_out=[{"name": one.name, "why": one.why} for one in outcomes if one.booking is None],
        )
        Booking.objects.filter(partnership=actor.partnership, pk__in=booked).update(group=group)
        held_for(actor, session, _held_keys(wanted)).delete()
        facts = {"session": session.pk, "organisation": organisation.pk, "booked": booked}
        audit.record(
            actor, "bookings.book_group", group, after={**facts, "left_out": len(outcomes) - len(booked)}
        )
    return group


def forget_who_was_left_out(partnership: Partnership, now: datetime) -> None:
    """Job: delete the names of those who were not booked, once the session is over; may run any number of times."""
    with acting_in(partnership):
        groups = GroupBooking.objects.filter(partnership=partnership, session__ends_at__lte=now)
        for group in groups.exclude(left_out=[]):
            group.left_out = []
            group.save(update_fields=["left_out"])
            audit.record(
                system(partnership, "forget who was left out"), "bookings.forget_who_was_left_out", group
            )


def digest(outcomes: Sequence[Outcome]) -> str:
    """What a page of outcomes says of each person, as one short text: who they are, and what becomes of them."""
    told = [[*one.wanted.identity, one.fate, one.person_id] for one in outcomes]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


@contextmanager
def _taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _may_book(actor: Actor, organisation: Organisation) -> None:
    require(actor, Permission.BOOK_PLACE)
    if not actor.may(Permission.MANAGE_BOOKINGS) and organisation.pk not in actor.led_organisation_ids:
        raise PermissionDenied("You can book several people of an organisation that you lead.")


def _lock(actor: Actor, session: Session, wanted: Sequence[Wanted]) -> Session:
    if any(one.person is None for one in wanted):
        # Adding people takes this lock; taken here, before the session's, so that nobody waits in a circle.
        locked_partnership(actor)
    return locked_session(actor, session)


def _book_all(
    actor: Actor,
    session: Session,
    organisation: Organisation,
    wanted: Sequence[Wanted],
    for_all: ForAll,
    session_shown: str | None,
    unsaid: str = "",
) -> list[Outcome]:
    _may_book(actor, organisation)
    if len(wanted) > MOST:
        raise DomainError(f"Book at most {MOST} people at once. This list has {len(wanted)}.")
    session = _lock(actor, session, wanted)
    check_open(actor, session, timezone.now())
    check_session_as_shown(session, session_shown)
    colleagues, audience = Colleagues(actor, organisation), Audience(session.course)
    asks_training = asks_earlier_training(session, actor.partnership.policy(session.starts_at))
    lock_people(session, also=_may_come_to_wait(actor, colleagues, wanted))
    held = _held(actor, session, wanted) if asks_training else {}
    outcomes = []
    for one in wanted:
        told = Told(
            purchase_order=for_all.purchase_order or unsaid,
            declared=for_all.declared,
            audience_reason=one.audience_reason or unsaid,
            earlier=_earlier(one, unsaid, held) if asks_training else NOTHING_EARLIER,
        )
        outcome = _book_one(actor, session, colleagues, one, told)
        if outcome.membership is not None:
            outside = audience.outside(outcome.membership)
            clashes = () if outcome.is_new else clashes_with(actor, outcome.membership.person, session)
            outcome = replace(outcome, outside=outside, clashes=tuple(clashes))
        # Also of somebody who is not booked yet, so that nothing that was said or attached is lost.
        shown = held[one.evidence].get_evidence_type_display() if one.evidence in held else ""
        outcomes.append(replace(outcome, asks_training=asks_training, evidence=shown))
    return outcomes


def _may_come_to_wait(actor: Actor, colleagues: Colleagues, wanted: Sequence[Wanted]) -> set[int]:
    """Everybody whom the list may mean: the second one's turn locks the first, if they wait by then."""
    meant = (colleagues.may_be_meant(one) for one in wanted)
    # Whatever the name: of two people of one name, the one with the address may be of another organisation.
    emails = {one.email.lower() for one in wanted if one.email}
    addressed = Person.objects.filter(partnership=actor.partnership, email_key__in=emails)
    return set().union(*meant, addressed.values_list("pk", flat=True))


def _book_one(actor: Actor, session: Session, colleagues: Colleagues, one: Wanted, told: Told) -> Outcome:
    found: Membership | None = None
    try:
        with transaction.atomic():
            named = colleagues.named_by(one)
            if isinstance(named, Candidates):
                return Outcome(one, Fate.ASK, one.name, why=named.question, candidates=named.memberships)
            found = named or _added(actor, colleagues.organisation, one)
            colleagues.check_once(found)
            booking = ask_for_place(actor, session, found, told, timezone.now(), can_name=False)
    except DomainError as refusal:
        # What was counted for somebody who was not booked in the end is counted no more.
        session.refresh_from_db(fields=["places_taken"])
        name = found.person.name if found else one.name or one.email
        return Outcome(one, Fate.REFUSED, name, why=refusal.sentence)
    colleagues.take(found)
    return Outcome(
        one,
        _FATES[BookingState(booking.state)],
        found.person.name,
        person_id=found.person_id if named else None,
        membership=found,
        booking=booking,
        is_new=named is None,
        position=position_in_queue(booking) if booking.is_in_line else None,
        approver=booking.approval.get_asked_display() if booking.state == BookingState.REQUESTED else "",
    )


def _held_keys(wanted: Sequence[Wanted]) -> list[str]:
    return [one.evidence for one in wanted if one.evidence]


def _held(actor: Actor, session: Session, wanted: Sequence[Wanted]) -> dict[str, HeldEvidence]:
    """What is held for the list, without the files themselves: together they are more than a process should hold."""
    files = held_for(actor, session, _held_keys(wanted)).defer("content")
    return {str(one.key): one for one in files}


def _earlier(one: Wanted, unsaid: str, held: Mapping[str, HeldEvidence]) -> EarlierTraining:
    # A look books nobody, so that it need not read the files.
    if unsaid:
        return EarlierTraining(one.training or unsaid, one.trained_on or uk_today())
    file = held.get(one.evidence)
    return EarlierTraining(one.training, one.trained_on, content_of(file) if file else b"")


def _added(actor: Actor, organisation: Organisation, one: Wanted) -> Membership:
    person = add_colleague(
        actor=actor, name=one.name, email=one.email, job_role=one.job_role, organisation=organisation
    )
    membership = Membership.objects.live().get(
        partnership=actor.partnership, person=person, organisation=organisation
    )
    membership.person, membership.organisation = person, organisation
    return membership
