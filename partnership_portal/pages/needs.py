"""What needs the partnership team now: one list for each kind of thing, its rows one click from what settles them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Count, QuerySet, Window
from django.urls import reverse

from bookings import attention
from bookings.minimum import due_of, short_of_people
from bookings.queries import registers_outstanding
from compliance.queries.risk import reasons_for_risk, starting_between
from courses.models import Session
from evaluations.models import ObservationAction
from evaluations.queries.concerns import concerns_open
from evaluations.queries.dip_samples import call_backs_due, promised
from evaluations.queries.notices import ASKING, not_delivered, notices_to_settle, sent_to_nobody
from evaluations.queries.single_agency_audits import overdue as overdue_audits
from notifications.models import Message
from partnership_portal.templatetags.portal import uk_date, uk_time
from partnership_portal.working_days import add_working_days
from partnership_portal.working_days import uk_date as day_of
from partnerships.actors import Actor
from partnerships.models import JoinRequest

SHOWN = 5
MOST_LISTED = 500
_AHEAD = timedelta(days=28)


@dataclass(frozen=True)
class Row:
    """One thing to settle: what it is, where that is done, and what helps to decide whether it is urgent."""

    title: str
    url: str
    facts: tuple[str, ...]
    tag: str = ""
    colour: str = "yellow"

    @property
    def words(self) -> str:
        """Everything that it shows."""
        return " ".join([self.title, *self.facts, self.tag])


@dataclass(frozen=True)
class Found:
    """The rows of one kind: the first of them, and how many there are."""

    need: "Need"
    rows: list[Row]
    total: int


@dataclass(frozen=True)
class Need:
    """One kind of thing that needs the team; ``page`` names a list of more than these, if there is one.

    Of what is found, ``keep`` holds what a query can't tell.
    """

    key: str
    title: str
    why: str
    find: "Callable[[Actor, datetime], QuerySet[Any]]"
    row: Callable[[Any, str, datetime], Row]
    page: str = ""
    page_title: str = ""
    keep: Callable[[Actor, Iterable[Any], datetime], list[Any]] | None = None

    def everything(self, actor: Actor, now: datetime) -> list[Any]:
        """All of this kind, the first five hundred at most: each row is put into words."""
        found = self.find(actor, now)
        kept = found if self.keep is None else self.keep(actor, found, now)
        return list(kept[:MOST_LISTED])

    def rows(self, found: Sequence[Any], slug: str, now: datetime) -> list[Row]:
        """How the things found are shown."""
        return [self.row(one, slug, now) for one in found]


def needs_of(actor: Actor, now: datetime) -> list[Found]:
    """Every kind of which there is something, with the first rows: one query for all, and one for each of these.

    Most kinds are empty on most days, and to plan their joins takes the database longer than to see that.
    """
    sought = {need: need.find(actor, now) for need in NEEDS}
    found = []
    for need, some in zip(NEEDS, _are_there(sought.values()), strict=True):
        if not some:
            continue
        first, total = _first(actor, need, sought[need], now)
        if total:
            found.append(Found(need, need.rows(first, actor.partnership.slug, now), total))
    return found


def _are_there(sought: "Iterable[QuerySet[Any]]") -> Sequence[bool]:
    """Of each of the lists whether it has a row, in one statement.

    Each is written out by itself: as ``Exists`` of a common query Django would first rename all that they hold.
    """
    statements, values = [], []
    for one in sought:
        try:
            statement, its_values = one.query.exists().get_compiler(DEFAULT_DB_ALIAS).as_sql()
        except EmptyResultSet:
            statements.append("FALSE")
        else:
            statements.append(f"EXISTS ({statement})")
            values += its_values
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(statements)}", values)
        return cursor.fetchone()


def when(moment: datetime, now: datetime) -> str:
    """A moment as one says it to somebody at the next desk: today, 4pm."""
    days = (day_of(moment) - day_of(now)).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    return f"{near.get(days) or uk_date(moment, 'full')}, {uk_time(moment)}"


def _first(actor: Actor, need: Need, found: "QuerySet[Any]", now: datetime) -> tuple[list[Any], int]:
    if need.keep is not None:
        kept = need.keep(actor, found, now)
        return kept[:SHOWN], len(kept)
    rows = list(found.annotate(total=Window(Count("*")))[:SHOWN])
    return rows, rows[0].total if rows else 0


def _people(number: int) -> str:
    return f"{number} {'person' if number == 1 else 'people'}"


def _offer(booking: Any, slug: str, now: datetime) -> Row:
    return Row(
        f"{booking.person}: {booking.session.course}",
        reverse("bookings:offer", args=[slug, booking.pk]),
        (
            str(booking.organisation),
            f"Session of {uk_date(booking.session.starts_at, 'full')}",
            *(() if booking.person.email else ("No email address: they don’t know yet",)),
        ),
        f"Until {when(booking.offered_until, now)}",
        "orange" if booking.person.email else "red",
    )


def _approval(approval: Any, slug: str, now: datetime) -> Row:
    booking = approval.booking
    if approval.asked == "team":
        tag, colour = "Waits for you", "red"
    elif approval.escalated_at:
        tag, colour = "Passed on to the lead", "orange"
    else:
        tag, colour = ("Reminded", "yellow") if approval.reminded_at else ("No answer", "yellow")
    asked = approval.get_asked_display().lower()
    name = f", {approval.manager_name}" if approval.asked == "line_manager" else ""
    return Row(
        f"{booking.person}: {booking.session.course}",
        reverse("bookings:approval", args=[slug, approval.pk]),
        (
            str(booking.organisation),
            *(() if approval.asked == "team" else (f"Asked: {asked}{name}",)),
            f"Since {uk_date(approval.asked_at)}, runs out {when(approval.open_until, now)}",
        ),
        tag,
        colour,
    )


def _decision(session: Any, slug: str, now: datetime) -> Row:
    return Row(
        str(session.course),
        reverse("bookings:decide", args=[slug, session.pk]),
        (
            when(session.starts_at, now),
            f"{session.confirmed} confirmed, {session.minimum} needed",
            *((f"Put off: {session.decision_note}",) if session.decision_note else ()),
        ),
        f"Decide by {uk_date(session.decide_by, 'short')}",
        "red" if session.decide_by < day_of(now) else "orange",
    )


def _not_answered(session: Any, slug: str, now: datetime) -> Row:
    return Row(
        str(session.course),
        f"{reverse('bookings:places', args=[slug, session.pk])}#not-answered",
        (when(session.starts_at, now), f"Last asked on {uk_date(session.last_asked)}"),
        f"{session.unanswered} of {session.places_taken} not answered",
    )


def _message(message: Any, slug: str, now: datetime) -> Row:
    return Row(
        message.title,
        reverse("notifications:message", args=[slug, message.pk]),
        (f"To {message.to_name}, {message.to_email}", f"Written {when(message.created_at, now)}"),
    )


def _register(date: Any, slug: str, now: datetime) -> Row:
    return Row(
        str(date.session.course),
        reverse("bookings:register", args=[slug, date.session_id, date.pk]),
        (when(date.starts_at, now),),
        f"{date.marked} of {date.session.places_taken} marked",
        "yellow" if date.marked else "red",
    )


def _join_request(asked: Any, slug: str, now: datetime) -> Row:
    return Row(
        f"{asked.name} asks to join {asked.organisation}",
        reverse("partnerships:join_request", args=[slug, asked.pk]),
        (asked.job_role, f"Asked {when(asked.asked_at, now)}"),
    )


def _walk_in(one: Any, slug: str, now: datetime) -> Row:
    return Row(
        str(one.booking.person),
        reverse("bookings:settle_walk_in", args=[slug, one.pk]),
        (
            f"Said: “{one.organisation_said}”",
            f"{one.booking.session.course}, {uk_date(one.booking.session.starts_at)}",
        ),
    )


def _over_demand(session: Any, slug: str, now: datetime) -> Row:
    return Row(
        str(session.course),
        reverse("bookings:places", args=[slug, session.pk]),
        (when(session.starts_at, now), f"{session.places_taken} of {session.capacity} places taken"),
        f"{_people(session.waiting)} waiting",
        "orange",
    )


def _wanted(course: Any, slug: str, now: datetime) -> Row:
    return Row(
        course.title,
        f"{reverse('courses:desk_session_new', args=[slug])}?course={course.pk}",
        (f"The first asked on {uk_date(course.since)}",),
        f"{_people(course.wanting)} waiting",
    )


def _quota(quota: Any, slug: str, now: datetime) -> Row:
    return Row(
        str(quota.session.course),
        f"{reverse('bookings:places', args=[slug, quota.session_id])}#quotas",
        (
            uk_date(quota.session.starts_at, "full"),
            f"{quota.places - quota.taken} of {quota.places} places for {quota.whom} not taken",
        ),
        f"Held until {uk_date(quota.releases_on, 'short')}",
    )


def _risk(found: Any, slug: str, now: datetime) -> Row:
    session, reasons = found
    return Row(
        str(session.course),
        reverse("bookings:places", args=[slug, session.pk]),
        (
            when(session.starts_at, now),
            f"{session.places_taken} of {session.capacity} places taken",
            "; ".join(reasons).capitalize(),
        ),
    )


def _concern(concern: Any, slug: str, now: datetime) -> Row:
    who = concern.acknowledged_by
    return Row(
        str(concern.response.session.course),
        reverse("evaluations:concern", args=[slug, concern.pk]),
        (
            f"{concern.response.get_kind_display()}, session of {uk_date(concern.response.session.starts_at)}",
            *concern.reasons,
            f"Noticed {when(concern.noticed_at, now)}",
        ),
        f"{who} looks into it" if who else "New",
        "yellow" if who else "red",
    )


def _action(action: Any, slug: str, now: datetime) -> Row:
    return Row(
        action.text,
        f"{reverse('evaluations:observation', args=[slug, action.observation_id])}#agreed",
        (action.who, f"After the observation of {action.observation.session.course}"),
        f"By {uk_date(action.due_on, 'short')}",
        "red",
    )


def _call_back(one: Any, slug: str, now: datetime) -> Row:
    contact, at = one.contact, one.attempts[0].call_back_at
    role = contact.get_role_display()
    return Row(
        one.name,
        reverse("evaluations:dip_contact", args=[slug, contact.pk]),
        (
            f"{role} of {contact.booking.person}" if contact.role == "manager" else role,
            f"{contact.booking.session.course}, {uk_date(contact.booking.session.starts_at)}",
            *((f"Telephone {one.phone}",) if one.phone else ()),
        ),
        f"Promised {when(at, now)}",
        "red" if at < now else "orange",
    )


def _audit(audited: Any, slug: str, now: datetime) -> Row:
    return Row(
        str(audited.organisation),
        reverse("evaluations:desk_audit", args=[slug, audited.pk]),
        (
            f"Asked on {uk_date(audited.asked_at)}",
            *(() if audited.told_at else ("Nobody could be written to",)),
            f"Closes {when(audited.closes_at, now)}",
        ),
        f"Asked for by {uk_date(audited.due_at, 'short')}",
        "orange" if audited.told_at else "red",
    )


def _actions(actor: Actor, now: datetime) -> QuerySet[Any]:
    overdue = ObservationAction.objects.visible_to(actor).with_owner_shown_to(actor).overdue(day_of(now))
    return overdue.select_related("observation__session__course").order_by("due_on", "pk")


def _registers(actor: Actor, now: datetime) -> QuerySet[Any]:
    found = registers_outstanding(Session.objects.visible_to(actor), now).filter(ends_at__lte=now)
    return found.only("starts_at", "session__places_taken", "session__course__title")


def _notice(notice: Any, slug: str, now: datetime) -> Row:
    invitation = notice.invitation
    return Row(
        f"{invitation.booking.person} has left"
        if notice.reason == "left"
        else f"{invitation.respondent_name} is not the line manager of {invitation.booking.person}",
        reverse("evaluations:asked", args=[slug, invitation.pk]),
        (
            str(invitation.booking.organisation),
            f"Asked about {invitation.session.course}, said {when(notice.given_at, now)}",
        ),
    )


def _not_delivered(invitation: Any, slug: str, now: datetime) -> Row:
    is_known = invitation.respondent is not None
    return Row(
        f"{invitation.respondent_name}: {invitation.session.course}",
        reverse("notifications:message", args=[slug, invitation.failed_message])
        if is_known
        else reverse("evaluations:asked", args=[slug, invitation.pk]),
        (
            invitation.get_kind_display(),
            f"To {invitation.respondent.email if is_known else invitation.respondent_email}",
        ),
        f"Closes {when(invitation.closes_at, now)}",
    )


def _sent_to_nobody(session: Any, slug: str, now: datetime) -> Row:
    return Row(
        str(session.course),
        reverse("evaluations:chase", args=[slug, session.pk]),
        (f"Session of {uk_date(session.starts_at, 'full')}",),
        f"{_people(session.to_ring)} to ring by {uk_date(session.closes_at, 'short')}",
    )


def _messages(actor: Actor, now: datetime) -> QuerySet[Any]:
    failed = Message.objects.filter(partnership=actor.partnership, state=Message.State.FAILED)
    # Those of surveys stand with the surveys, as long as these can still be answered; and what has lost its words
    # can't be sent again.
    failed = failed.exclude(purpose__in=ASKING).exclude(text="")
    return failed.only("title", "to_name", "to_email", "created_at").order_by("-created_at", "-pk")


def _walk_ins(actor: Actor, now: datetime) -> QuerySet[Any]:
    found = attention.walk_ins_to_settle(actor).select_related(None)
    return found.select_related("booking__person", "booking__session__course").only(
        "organisation_said",
        "booking__person__name",
        "booking__session__starts_at",
        "booking__session__course__title",
    )


def _join_requests(actor: Actor, now: datetime) -> QuerySet[Any]:
    waiting = JoinRequest.objects.visible_to(actor).filter(state=JoinRequest.State.OPEN)
    shown = waiting.only("name", "job_role", "asked_at", "organisation__name")
    return shown.select_related("organisation").order_by("asked_at", "pk")


def _coming(actor: Actor, now: datetime) -> QuerySet[Any]:
    return starting_between(actor.partnership, now, now + _AHEAD)


def _at_risk(actor: Actor, sessions: Iterable[Any], now: datetime) -> list[Any]:
    policy = actor.partnership.policy(now)
    percent = policy.reporting.at_risk_bookings_percent.value
    decided = add_working_days(day_of(now), policy.booking.decision_working_days.value)
    with_reasons = ((session, reasons_for_risk(session, percent)) for session in sessions)
    return [
        (session, reasons)
        for session, reasons in with_reasons
        # With too few people a session is decided on in these days; that nobody trains it is still to be settled.
        if reasons and (day_of(session.starts_at) > decided or not session.has_trainer)
    ]


# In the order in which they can't wait: what runs out within hours, then days, then what is untidy, then what comes.
NEEDS = (
    Need(
        "concerns",
        "Concerns about courses",
        "Somebody’s answers say that something is wrong. Look into it today, and say what was done.",
        concerns_open,
        _concern,
        "evaluations:concerns",
        "All concerns, also settled ones",
    ),
    Need(
        "offers",
        "Offers about to run out",
        "Ring them: without an answer the place goes on to the next person.",
        attention.offers_running_out,
        _offer,
    ),
    Need(
        "call-backs",
        "Call-backs promised for today",
        "Somebody of a dip sample asked you to ring again.",
        call_backs_due,
        _call_back,
        "evaluations:dip_samples",
        "All dip samples",
        keep=promised,
    ),
    Need(
        "approvals",
        "Approvals that are stuck",
        "Nobody has answered in good time. You can decide yourself.",
        attention.approvals_stuck,
        _approval,
        "bookings:approvals",
        "All requests for approval",
    ),
    Need(
        "decisions",
        "Too few people: decide",
        "Fewer places are confirmed than the session needs.",
        short_of_people,
        _decision,
        keep=due_of,
    ),
    Need(
        "not-answered",
        "“Still coming?” not answered",
        "A place that nobody needs can still go to somebody else.",
        attention.not_answered,
        _not_answered,
    ),
    Need(
        "messages",
        "Messages that could not be delivered",
        "Whoever they were for does not know. Correct the address and send them again, or let them go.",
        _messages,
        _message,
        "notifications:messages",
        "All messages",
    ),
    Need(
        "survey-addresses",
        "Surveys that did not arrive",
        "The message came back. Correct the address, or ring them and type in what they say.",
        not_delivered,
        _not_delivered,
        "evaluations:surveys",
        "All surveys",
    ),
    Need(
        "survey-calls",
        "Surveys that nobody could be sent",
        "They have no email address, so nothing asks or reminds them. Ring them and type in what they say.",
        sent_to_nobody,
        _sent_to_nobody,
        "evaluations:surveys",
        "All surveys",
    ),
    Need(
        "registers",
        "Registers outstanding",
        "Evaluations and certificates wait for them.",
        _registers,
        _register,
    ),
    Need(
        "requests",
        "Requests to join",
        "Nobody can book before they belong to an organisation.",
        _join_requests,
        _join_request,
        "partnerships:desk_requests",
        "All requests, also decided ones",
    ),
    Need(
        "walk-ins",
        "Walk-ins to settle",
        "What they said of their organisation is not on the list, or not theirs by our records.",
        _walk_ins,
        _walk_in,
    ),
    Need(
        "observation-actions",
        "Agreed after observations, overdue",
        "Ask whoever was to do it, or put it off.",
        _actions,
        _action,
        "evaluations:observation_actions",
        "Everything that was agreed",
    ),
    Need(
        "single-agency-audits",
        "Single-agency audits, overdue",
        "Ring the organisation and write down what it says, or withdraw the audit.",
        overdue_audits,
        _audit,
        "evaluations:desk_audits",
        "All organisations",
    ),
    Need(
        "survey-notices",
        "Has left, or is not the manager",
        "So we were told instead of getting answers. End the membership, or put it right.",
        notices_to_settle,
        _notice,
    ),
    Need(
        "over-demand",
        "Long waiting lists",
        "So many wait that another session would be filled. Add places, or plan one.",
        attention.over_demand,
        _over_demand,
    ),
    Need(
        "wanted-dates",
        "People wait for new dates",
        "These courses have no session to book. Once one is published, everybody who asked is told.",
        attention.wanted_dates,
        _wanted,
    ),
    Need(
        "quotas",
        "Held places, soon released",
        "Ask whom they are held for, or let the date pass: then anybody gets them.",
        attention.quotas_to_be_released,
        _quota,
    ),
    Need(
        "risks",
        "At risk in the next 4 weeks",
        "Few bookings or no trainer, and still time to do something about it.",
        _coming,
        _risk,
        keep=_at_risk,
    ),
)
BY_KEY = {need.key: need for need in NEEDS}
