"""The messages about a booking: each is created once for a booking, whoever or whatever causes it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from bookings.arrangements import (
    dates_of,
    first_start,
    invitations,
    place_in_full,
    with_lost_withdrawals,
    withdrawals,
)
from bookings.before_the_course import to_do_for
from bookings.giving_up import giving_up
from bookings.links import COMING, MOVE, OFFER, approval_link, booking_link, record_link
from bookings.message_kinds import (
    APPROVAL_ESCALATED,
    CANCELLED,
    CHANGED,
    CHANGED_WITHOUT_PLACE,
    CLAIM_ASKED,
    CLAIM_TO_SETTLE,
    CONFIRMED,
    DATES_ADDED,
    DECLINED,
    JOINING,
    JOINING_CHANGED,
    LEFT,
    LIST_CLOSED,
    MERGED,
    OFFER_LAPSED,
    OFFERED,
    PASSED_ON,
    PASSED_ON_LEAD,
    REMINDER,
    REQUEST_LAPSED,
    REQUESTED,
    SESSION_CANCELLED,
    STILL_COMING,
    TRANSFERRED,
    WAITING,
)
from bookings.models import Approval, Booking, Interest
from bookings.news import OFFER_READ, SOON
from bookings.states import EXPECTED, BookingState
from courses.models import Session
from notifications.kinds import Fact, MessageKind
from notifications.outbox import Attachment, drop_unsent, queue_message
from partnership_portal.templatetags.portal import time_range, uk_date, uk_datetime, uk_time
from partnership_portal.working_days import uk_date as uk_day
from partnerships.links import absolute
from partnerships.models import Person

# What is sent ahead of a session can wait for the morning of the day itself.
_ON_THE_DAY = timedelta(hours=3)
# Of a merge for those who have no place to keep, change or give up.
_BUTTON_OF_OFFER, _BUTTON_OF_TURN = "Take the place or let it go", "See or leave the queue"
_LOOK_ELSEWHERE = (
    *(LIST_CLOSED, REQUEST_LAPSED, DECLINED, CANCELLED, LEFT, SESSION_CANCELLED),
    PASSED_ON,
)


def tell_confirmed(booking: Booking, *, now: datetime) -> None:
    """Say that the place is booked, with the dates for the diary."""
    _queue(booking, CONFIRMED, attachments=invitations(booking, stamp=now), more=_instead_of(booking))


def tell_waiting(booking: Booking, *, position: int) -> None:
    """Say that they are on the waiting list, where, and why."""
    full, held = "The session is full.", "The places that are left are held for others."
    _queue(booking, WAITING, {"position": str(position), "why": full if booking.session.is_full else held})


def tell_requested(booking: Booking, approval: Approval) -> None:
    """Say that the booking waits for an approval, whose, and until when."""
    approver, until = approval.asked_in_words, uk_datetime(approval.open_until)
    _queue(booking, REQUESTED, {"approver": approver, "until": until}, more=_instead_of(booking))


def tell_requested_of_another(booking: Booking, approval: Approval) -> None:
    """Say who is asked now, because whoever was asked as the line manager says that they are not."""
    reader = reader_of(booking)
    whose = values_of(booking, reader)["your"]
    why = f"{approval.manager_name} says that they are not {whose} line manager."
    approver, until = approval.asked_in_words, uk_datetime(approval.open_until)
    _queue(
        booking,
        REQUESTED,
        {"approver": approver, "until": until},
        suffix=":instead",
        more=[("Why somebody else is asked", [why])],
    )


def tell_declined(booking: Booking, approval: Approval) -> None:
    """Say that the booking was not approved, by whom and why."""
    _queue(booking, DECLINED, {"approver": approval.decided_name, "reason": approval.reason})


def tell_offered(booking: Booking, *, again: bool = False) -> None:
    """Say that a place came free, until when it is held, and where to take it or let it go; again, when that moved."""
    until = booking.offer_expires_at
    assert until is not None  # noqa: S101 (the database holds it)
    _queue(
        booking,
        OFFERED,
        {"until": uk_datetime(until)},
        suffix=f":{until:%Y%m%d%H%M}" if again else "",
        link=booking_link(booking, OFFER),
        no_later_than=until - OFFER_READ,
        more=[("Place", [booking.session.place])],
    )


def tell_offer_shortened(booking: Booking) -> None:
    """Say until when the place is held, now that booking closes sooner; what still waits to be sent said otherwise."""
    drop_untold(booking)
    tell_offered(booking, again=True)


def tell_lapsed(booking: Booking, *, before: str) -> None:
    """Say what ran out: the offer, the request for approval, or the waiting list."""
    drop_untold(booking)
    if before == BookingState.OFFERED:
        session = absolute("courses:session", partnership=booking.partnership.slug, pk=booking.session_id)
        until = uk_datetime(booking.offer_expires_at)
        _queue(booking, OFFER_LAPSED, {"until": until}, link=session)
    else:
        _queue(booking, REQUEST_LAPSED if before == BookingState.REQUESTED else LIST_CLOSED)


def tell_still_coming(booking: Booking, *, days: int) -> None:
    """Ask whether they still come; once for each of the policy's days before a session's day."""
    _queue(booking, STILL_COMING, suffix=f":{days}", link=booking_link(booking, COMING))


def tell_approval_asked(
    approval: Approval, kind: MessageKind, name: str, email: str, *, suffix: str = ""
) -> None:
    """Ask for a decision, repeat it, or pass it on: to a line manager or lead, with a link that needs no account.

    The same once more, with a ``suffix`` of its own, where it runs out sooner than was said or the session changed.
    """
    booking, until = approval.booking, approval.open_until
    named = {one.name for one in kind.placeholders}
    about = {name: value for name, value in values_of(booking, booking.person).items() if name in named}
    queue_message(
        partnership=booking.partnership,
        purpose=kind.purpose,
        subject_key=f"{_subject_of_request(approval)}{suffix}",
        to_name=name,
        to_email=email,
        values={**about, "until": uk_datetime(until)},
        facts=[
            *facts_of(booking),
            ("Place", [booking.session.place]),
            *_instead_of(booking),
            *_why_the_lead(approval, kind),
        ],
        link=approval_link(approval, name),
        no_later_than=until - SOON,
    )


def stop_asking(booking: Booking) -> None:
    """Drop what still waits to be sent to whoever was asked: there is nothing left to decide, or it runs out sooner."""
    drop_unsent(booking.partnership, _subject_of_request(booking.approval))


def tell_new_dates(interest: Interest, sessions: Sequence[Session]) -> None:
    """Say that a course can be booked again, with its next dates."""
    course, slug = interest.course, interest.partnership.slug
    dates = [f"{uk_date(one.starts_at, 'full')}, {one.place}, {one.places_words}" for one in sessions]
    queue_message(
        partnership=interest.partnership,
        purpose=DATES_ADDED.purpose,
        subject_key=f"interest:{interest.pk}",
        person=interest.person,
        values={"course": course.title},
        facts=[("Course", [course.title]), ("Dates", dates)],
        link=absolute("courses:course", partnership=slug, slug=course.slug),
    )


def tell_cancelled(booking: Booking, *, before: str, now: datetime) -> None:
    """Say that the booking is cancelled, and take it out of the diary; or what was given up where it was no place."""
    dropped = drop_untold(booking)
    if before == BookingState.CONFIRMED:
        late = "yes" if booking.was_late_cancellation else ""
        files = with_lost_withdrawals(withdrawals(booking, stamp=now), dropped)
        _queue(booking, CANCELLED, {"late": late}, attachments=files, more=_by_others(booking))
        return
    _queue(
        booking,
        LEFT,
        {"outcome": giving_up(booking, reader_of(booking), by=booking.ended_by, state=before).done},
    )


def tell_passed_on(booking: Booking, colleague: Booking, *, now: datetime) -> None:
    """Say to whom the place has gone, or who must be approved to have it, and take it out of the diary."""
    dropped = drop_untold(booking)
    files = with_lost_withdrawals(withdrawals(booking, stamp=now), dropped)
    values = {
        "colleague": colleague.person.name,
        "to be approved": "yes" if colleague.state == BookingState.REQUESTED else "",
    }
    _queue(booking, PASSED_ON, values, attachments=files)


def tell_lead_passed_on(booking: Booking, colleague: Booking, lead: Person) -> None:
    """Tell a lead that one of the organisation's people has given their place to a colleague."""
    queue_message(
        partnership=booking.partnership,
        purpose=PASSED_ON_LEAD.purpose,
        subject_key=subject_of(booking.pk),
        person=lead,
        values={**values_of(booking, lead), "colleague": colleague.person.name},
        facts=facts_of(booking),
        link=absolute("bookings:booking", partnership=booking.partnership.slug, pk=colleague.pk),
    )


def tell_claimed(person: Person, email: str, *, until: datetime, day: date) -> None:
    """Send the link that attaches the address to the person; to one address once a day."""
    queue_message(
        partnership=person.partnership,
        purpose=CLAIM_ASKED.purpose,
        subject_key=f"claim:{person.pk}:{day.isoformat()}",
        to_name=person.name,
        to_email=email,
        values={"learner": person.name, "until": uk_datetime(until)},
        link=record_link(person, email, until),
    )


def tell_claim_to_settle(person: Person, other: Person, *, day: date) -> None:
    """Ask the team to settle who two people are, one of whom gave the address of the other."""
    partnership = person.partnership
    queue_message(
        partnership=partnership,
        purpose=CLAIM_TO_SETTLE.purpose,
        subject_key=f"claim:{person.pk}:{day.isoformat()}:{other.pk}",
        to_name=partnership.coordinator_name,
        to_email=partnership.coordinator_email,
        values={"learner": person.name, "other": other.name},
        link=absolute("partnerships:person", partnership=partnership.slug, pk=person.pk),
    )


def tell_session_cancelled(
    booking: Booking, *, before: str, now: datetime, instead: Sequence[Session], can_take: bool
) -> None:
    """Say that the session will not take place, take it out of the diary, and name the sessions to take instead.

    Whoever had yet to be approved can't take one (``can_take``): they are led to the course, to ask again.
    """
    dropped = drop_untold(booking)
    had_place = before == BookingState.CONFIRMED
    files = with_lost_withdrawals(withdrawals(booking, stamp=now), dropped) if had_place else ()
    course = absolute(
        "courses:course", partnership=booking.partnership.slug, slug=booking.session.course.slug
    )
    others = [f"{uk_date(one.starts_at, 'full')}, {one.place}, {one.places_words}" for one in instead]
    _queue(
        booking,
        SESSION_CANCELLED,
        {
            "had a place": "yes" if had_place else "",
            "not approved": "yes" if before == BookingState.REQUESTED else "",
        },
        attachments=files,
        link=(booking_link(booking, MOVE) if can_take else course) if others else "",
        more=[("Other dates", others)] if others else (),
    )


def tell_joining(booking: Booking) -> None:
    """Say before the session where and how to join it; once for each booking and start."""
    _queue(booking, JOINING, no_later_than=booking.session.starts_at - _ON_THE_DAY)


def remind_of_session(booking: Booking) -> None:
    """Remind of the session, once for each booking and start."""
    left = "yes" if _still_to_do(booking) else ""
    _queue(booking, REMINDER, {"tasks left": left}, no_later_than=booking.session.starts_at - _ON_THE_DAY)


def tell_session_changed(booking: Booking, *, what: str, moved: bool, now: datetime) -> None:
    """Say what has changed and how the session is now, and move it in the diary; once for each change, and at once.

    Other dates or another place leave the choice; for other ways to join there is none, and the button shows them.
    Whoever calls it has waited until the quiet hours were over: it would be false in the morning, where it was put
    right at night.
    """
    files = invitations(booking, stamp=now)
    if moved:
        _queue(booking, CHANGED, attachments=files, link=booking_link(booking, MOVE), at_once=True)
    else:
        _queue(booking, JOINING_CHANGED, {"what has changed": what}, attachments=files, at_once=True)


def tell_session_changed_without_place(booking: Booking) -> None:
    """Say how the session is now to somebody who waits, asked or has an offer, and leave the choice; once a change.

    At once, as ``tell_session_changed``.
    """
    until = booking.offered_until if booking.state == BookingState.OFFERED else None
    values = values_of(booking, reader_of(booking))
    standing = {
        BookingState.REQUESTED: f"{_capital(values['you have'])} asked for a place on this session.",
        BookingState.WAITING: f"{_capital(values['you are'])} on the waiting list for this session.",
    }.get(BookingState(booking.state))
    if until is not None:
        standing = f"A place on this session is held for {values['you']} until {uk_datetime(until)}."
    _queue(
        booking,
        CHANGED_WITHOUT_PLACE,
        {"standing": standing or ""},
        link=booking_link(booking, OFFER if until is not None else MOVE),
        button=_BUTTON_OF_OFFER if until is not None else "",
        at_once=True,
        more=[("Place", [booking.session.place])],
    )


def tell_merged(booking: Booking, *, reason: str, now: datetime) -> None:
    """Say that the booking has moved to another session with which theirs was merged, and leave the choice."""
    dropped = drop_untold(booking)
    has_place, until = booking.state in EXPECTED, booking.offer_expires_at
    values = values_of(booking, reader_of(booking))
    is_offer = booking.state == BookingState.OFFERED and until is not None
    what = "place" if has_place else "place in the queue"
    outcome = f"{_capital(values['your'])} {what} has moved to this session."
    if is_offer:
        # Perhaps the first that they hear of it: the offer itself may have waited for the morning.
        outcome = f"A place on this session is held for {values['you']} until {uk_datetime(until)}."
    _queue(
        booking,
        MERGED,
        {"outcome": outcome, "had a place": "yes" if has_place else ""},
        attachments=with_lost_withdrawals(invitations(booking, stamp=now), dropped) if has_place else (),
        link=booking_link(booking, OFFER if is_offer else MOVE),
        button=_BUTTON_OF_OFFER if is_offer else "" if has_place else _BUTTON_OF_TURN,
        no_later_than=until - OFFER_READ if is_offer and until else None,
        more=[("Reason", [reason])],
    )


def tell_merged_with_own(
    booking: Booking,
    ended: Booking,
    *,
    had_place: bool,
    dropped: Sequence[Attachment],
    reason: str,
    now: datetime,
) -> None:
    """Say to somebody who had booked both sessions which booking is left, and take the other one out of the diary.

    With the files of what was ``dropped`` of the other one.
    """
    you_have = values_of(booking, reader_of(booking))["you have"]
    _queue(
        booking,
        MERGED,
        {
            "outcome": f"{_capital(you_have)} booked this session as well, so the other booking has ended. Nothing "
            "changes here.",
            "had a place": "yes" if had_place else "",
        },
        attachments=with_lost_withdrawals(withdrawals(ended, stamp=now), dropped) if had_place else (),
        suffix=f":merged:{ended.pk}",
        button="See the booking",
        more=[("Reason", [reason])],
    )


def tell_transferred(booking: Booking, *, now: datetime) -> None:
    """Say which session they have taken instead, and put it into the diary."""
    dropped = drop_untold(booking)
    _queue(booking, TRANSFERRED, attachments=with_lost_withdrawals(invitations(booking, stamp=now), dropped))


def subject_of(booking_id: int) -> str:
    """How a message says which booking it is about."""
    return f"booking:{booking_id}"


def drop_untold(booking: Booking) -> list[Attachment]:
    """Drop what still waits to be sent about a booking, for a message that is sent instead; gives its files."""
    return drop_unsent(booking.partnership, subject_of(booking.pk))


def subject_for(booking: Booking, kind: MessageKind) -> str:
    """How a message of this kind about the booking is told from others: a move or a new start makes another one."""
    if kind in (CHANGED, CHANGED_WITHOUT_PLACE, JOINING_CHANGED, MERGED, TRANSFERRED):
        return f"{subject_of(booking.pk)}:{booking.calendar_sequence}"
    if kind in (JOINING, REMINDER, STILL_COMING):
        day = uk_day(booking.session.starts_at).isoformat()
        # Asked anew after a change, also where the day is the old one again; what was said of it is forgotten.
        change = f":{booking.calendar_sequence}" if kind is STILL_COMING else ""
        return f"{subject_of(booking.pk)}:{booking.session_id}:{day}{change}"
    return subject_of(booking.pk)


def facts_of(booking: Booking) -> list[Fact]:
    """What, when and where, for the message; where is left to those with a place."""
    session = booking.session
    dates = dates_of(session)
    when = [
        f"{uk_date(date.starts_at, 'full')}, {time_range(date.starts_at, date.ends_at)}" for date in dates
    ]
    facts: list[Fact] = [("Course", [session.course.title]), ("Dates" if len(dates) > 1 else "Date", when)]
    if booking.state in EXPECTED:
        name = "Joining link" if session.venue is None else "Place"
        facts.append((name, [place_in_full(session)]))
        if session.venue is not None and session.venue.access:
            facts.append(("Getting there", session.venue.access.splitlines()))
        if session.venue is not None and session.joining_link:
            facts.append(("Joining link", [session.joining_link]))
        if session.joining_instructions:
            facts.append(("Joining instructions", session.joining_instructions.splitlines()))
        if session.course.before_you_come:
            facts.append(("Before you come", session.course.before_you_come.splitlines()))
    return facts


def values_of(booking: Booking, reader: Person) -> dict[str, str]:
    """What the words of a message about a booking may name (``message_kinds.ABOUT_BOOKING``)."""
    session, learner = booking.session, booking.person.name
    own = reader == booking.person
    return {
        "course": session.course.title,
        "date": uk_date(session.starts_at),
        "day": uk_date(session.starts_at, "full"),
        "time": uk_time(session.starts_at),
        "place": session.place,
        "organisation": booking.organisation.name,
        "learner": learner,
        "for whom": "" if own else learner,
        "you": "you" if own else learner,
        "your": "your" if own else f"{learner}’s",
        "you have": "you have" if own else f"{learner} has",
        "you are": "you are" if own else f"{learner} is",
    }


def reader_of(booking: Booking) -> Person:
    """Who gets the message: the person or, where they have no address, whoever booked for them."""
    if not booking.person.email and booking.booked_by is not None:
        return booking.booked_by
    return booking.person


def _queue(
    booking: Booking,
    kind: MessageKind,
    values: Mapping[str, str] | None = None,
    *,
    attachments: Sequence[Attachment] = (),
    suffix: str = "",
    link: str = "",
    button: str = "",
    at_once: bool = False,
    no_later_than: datetime | None = None,
    more: Sequence[Fact] = (),
) -> None:
    reader = reader_of(booking)
    queue_message(
        partnership=booking.partnership,
        purpose=kind.purpose,
        subject_key=f"{subject_for(booking, kind)}{suffix}",
        person=reader,
        values={**values_of(booking, reader), **(values or {})},
        facts=[*_facts(booking, kind), *more],
        link=link or _link(booking, kind),
        button=button,
        attachments=attachments,
        at_once=at_once,
        no_later_than=no_later_than or first_start(booking) - SOON,
    )


def _link(booking: Booking, kind: MessageKind) -> str:
    slug = booking.partnership.slug
    if kind in _LOOK_ELSEWHERE:
        return absolute("courses:catalogue", partnership=slug)
    return absolute("bookings:booking", partnership=slug, pk=booking.pk)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _by_others(booking: Booking) -> list[Fact]:
    """Who has cancelled somebody's booking for them, and why; who does it themselves knows."""
    if booking.ended_by is None or booking.ended_by == reader_of(booking):
        return []
    why: list[Fact] = [("Reason", [booking.end_reason])] if booking.end_reason else []
    return [("Cancelled by", [booking.ended_by.name]), *why]


def _instead_of(booking: Booking) -> list[Fact]:
    """Whose place it was: whoever gets a colleague's has perhaps never asked for one."""
    return [("Instead of", [booking.swapped_from.person.name])] if booking.swapped_from is not None else []


def _subject_of_request(approval: Approval) -> str:
    return f"approval:{approval.pk}"


def _why_the_lead(approval: Approval, kind: MessageKind) -> list[Fact]:
    """Why a request has come to the lead, who may well be the one who has just said that they are not the manager."""
    if kind is not APPROVAL_ESCALATED:
        return []
    why = "says that they are not" if approval.is_not_the_manager else "has not answered yet"
    return [("Why you are asked", [f"{approval.manager_name}, who was asked as the line manager, {why}."])]


def _still_to_do(booking: Booking) -> list[str]:
    return [one.task.in_words for one in to_do_for(booking) if not one.is_done]


def _facts(booking: Booking, kind: MessageKind) -> list[Fact]:
    facts = facts_of(booking)
    reason = booking.session.cancelled_reason
    if kind in (JOINING, REMINDER) and (tasks := _still_to_do(booking)):
        facts.append(("To do before you come", tasks))
    return [*facts, ("Reason", [reason])] if kind is SESSION_CANCELLED and reason else facts
