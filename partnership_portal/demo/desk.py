"""What stands on the team's desk: offers, approvals, unanswered questions, held places, a bounced message."""

import datetime as dt

from django.db.models import Count, F, Q

from bookings.models import Approval, Booking, Interest, Quota
from bookings.services.approvals import ask_for_approval
from bookings.services.places import give_up
from bookings.services.quotas import add_quota
from bookings.states import HOLDS_PLACE, LIVE, BookingState
from courses.models import Course, Session
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation
from evaluations.queries.notices import ASKING, sent_to_nobody
from notifications.models import Message
from partnership_portal.demo.cast import PARTS
from partnership_portal.working_days import add_working_days, add_working_hours, uk_date, uk_moment
from partnerships.actors import Actor, actor_of
from partnerships.models import Membership, Partnership, Person, Sector
from partnerships.policy import ApprovalRule
from partnerships.services.policies import version_in_force
from partnerships.tenancy import acting_in

_LONG_AHEAD = dt.timedelta(days=35)


def fill_the_desk(partnership: Partnership, now: dt.datetime) -> None:
    """Let happen what a team finds on a usual morning, once."""
    with acting_in(partnership):
        if Quota.objects.filter(partnership=partnership).exists():
            return
        parts = {
            part.key: Person.objects.get(partnership=partnership, email_key=part.email(partnership.slug))
            for part in PARTS
        }
        team = actor_of(parts["team"].user, partnership)
        coming = list(
            Session.objects.visible_to(team)
            .coming(now)
            .filter(booking_closes_at__gt=now)
            .select_related("course")
            .annotate(waiting=Count("bookings", filter=Q(bookings__state=BookingState.WAITING)))
        )
        _ask_who_is_coming(partnership, now)
        _offer_places(team, coming, parts["practitioner"], now)
        _ask_for_approval(team, coming, parts, now)
        _hold_places(team, coming, now)
        _want_new_dates(partnership, coming, now)
        _bounce(partnership, parts)
        if not sent_to_nobody(team, now).exists():
            _take_an_address_away(partnership, parts, now)


def _take_an_address_away(partnership: Partnership, parts: dict[str, Person], now: dt.datetime) -> None:
    """A learner without an email address is asked what has changed, and nobody could write to them."""
    asked = Invitation.objects.filter(
        Q(kind=QuestionnaireKind.IMPACT) | Q(kind=QuestionnaireKind.EVALUATION, due_at__lte=now),
        partnership=partnership,
        closes_at__gt=now,
        respondent=F("booking__person"),
        respondent__user__isnull=True,
    )
    bounced = Message.objects.filter(partnership=partnership, state=Message.State.FAILED).values("person")
    others = asked.to_answer().exclude(respondent__in=parts.values()).exclude(respondent__in=bounced)
    one = others.order_by("closes_at", "pk").first()
    if one is not None:
        Person.objects.filter(pk=one.respondent_id).update(email="")
        Invitation.objects.filter(pk=one.pk).update(respondent_email="")


def _ask_who_is_coming(partnership: Partnership, now: dt.datetime) -> None:
    """Two of three have answered; nobody is written to, for that was the day before."""
    day = uk_date(now)
    asked_at = uk_moment(add_working_days(day, -1), dt.time(6, 30))
    days = max(partnership.policy(now).booking.still_coming_working_days.value, default=0)
    soon = uk_moment(add_working_days(day, days) + dt.timedelta(days=1), dt.time())
    places = Booking.objects.filter(
        partnership=partnership,
        state=BookingState.CONFIRMED,
        session__status=Session.Status.PUBLISHED,
        session__starts_at__gt=now,
        session__starts_at__lt=soon,
    )
    asked = list(places.order_by("pk"))
    for number, booking in enumerate(asked):
        booking.coming_asked_at = asked_at
        booking.coming_confirmed_at = asked_at + dt.timedelta(hours=3) if number % 3 else None
    Booking.objects.bulk_update(asked, ["coming_asked_at", "coming_confirmed_at"])


def _offer_places(team: Actor, coming: list[Session], practitioner: Person, now: dt.datetime) -> None:
    """Two give up their place on the full session: one is offered to whoever can be tried, one is about to lapse."""
    session = next((one for one in coming if one.waiting and one.is_full), None)  # type: ignore[attr-defined]
    if session is None:
        return
    waiting = Booking.objects.filter(partnership=team.partnership, session=session).in_line()
    if not Booking.objects.filter(session=session, person=practitioner, state__in=LIVE).exists():
        place = Membership.objects.live().filter(person=practitioner)[0]
        _book(place, session, BookingState.WAITING, waiting[0].booked_at - dt.timedelta(hours=2))
    for booking in Booking.objects.filter(session=session, state=BookingState.CONFIRMED).order_by("pk")[:2]:
        give_up(actor=team, booking=booking, reason="Cover for a colleague who is ill")
    other = Booking.objects.filter(session=session, state=BookingState.OFFERED).exclude(person=practitioner)
    other.update(offered_at=now - dt.timedelta(days=1), offer_expires_at=add_working_hours(now, 3))


def _ask_for_approval(team: Actor, coming: list[Session], parts: dict[str, Person], now: dt.datetime) -> None:
    """Line managers approve one of the courses: one was asked just now, one was reminded, two requests went on."""
    session = [one for one in coming if not one.is_full and one.starts_at > now + _LONG_AHEAD][-1]
    Course.objects.filter(pk=session.course_id).update(approval=ApprovalRule.LINE_MANAGER)
    people = (
        Membership.objects.live()
        .filter(partnership=team.partnership)
        .exclude(person__in=parts.values())
        .exclude(person__bookings__session=session)
        .exclude(person__email="")
        .select_related("person", "organisation", "line_manager")
        .order_by("pk")
    )
    own = people.filter(line_manager=parts["manager"])
    led = Membership.objects.live().filter(person=parts["lead"])[0].organisation
    others = people.exclude(organisation=led)
    fresh = _book(own[0], session, BookingState.REQUESTED, now)
    ask_for_approval(team, fresh, ApprovalRule.LINE_MANAGER, own[0], None, now)
    _asked_before(others[0], session, now, days=3)
    _asked_before(own[1], session, now, days=5, asked=ApprovalRule.ORGANISATION_LEAD)
    _asked_before(others[1], session, now, days=6, asked=ApprovalRule.TEAM)


def _asked_before(
    place: Membership,
    session: Session,
    now: dt.datetime,
    *,
    days: int,
    asked: ApprovalRule = ApprovalRule.LINE_MANAGER,
) -> None:
    """A request that was made some working days ago and has been repeated, and passed on if others are asked now."""
    rules = place.partnership.policy(session.starts_at).booking
    day = add_working_days(uk_date(now), -days)
    asked_at = uk_moment(day, dt.time(10, 20))
    contact = place.manager_contact

    def on(later: int) -> dt.datetime:
        return uk_moment(add_working_days(day, later), dt.time(17))

    Approval.objects.create(
        partnership=place.partnership,
        booking=_book(place, session, BookingState.REQUESTED, asked_at),
        rule=ApprovalRule.LINE_MANAGER,
        asked=asked,
        manager_name=contact[0] if contact else "",
        manager_email=contact[1] if contact else "",
        asked_at=asked_at,
        reminded_at=on(rules.approval_reminder_working_days.value),
        escalated_at=None
        if asked is ApprovalRule.LINE_MANAGER
        else on(rules.approval_escalation_working_days.value),
        expires_at=on(rules.approval_expiry_working_days.value),
    )


def _book(place: Membership, session: Session, state: BookingState, booked_at: dt.datetime) -> Booking:
    booking = Booking(
        partnership=place.partnership,
        session=session,
        person=place.person,
        organisation=place.organisation,
        job_role=place.job_role,
        state=state,
        booked_by=place.person,
        booked_at=booked_at,
        policy_version=version_in_force(place.partnership, booked_at),
    )
    booking.save()
    return booking


def _hold_places(team: Actor, coming: list[Session], now: dt.datetime) -> None:
    """Places held for whom nobody has come from yet: soon released on one session, long held on another."""
    today = uk_date(now)
    near = [
        one for one in coming if one.places_left > 4 and uk_date(one.starts_at) > add_working_days(today, 4)
    ]
    for session, days in zip((near[0], near[-1]), (3, 20), strict=True):
        missing = Sector.objects.filter(partnership=team.partnership).exclude(
            pk__in=Booking.objects.filter(session=session, state__in=HOLDS_PLACE).values(
                "organisation__sector"
            )
        )
        sector = missing.first() or Sector.objects.filter(partnership=team.partnership)[0]
        until = min(add_working_days(today, days), uk_date(session.starts_at))
        add_quota(actor=team, session=session, places=4, releases_on=until, sector=sector)


def _want_new_dates(partnership: Partnership, coming: list[Session], now: dt.datetime) -> None:
    """Some would like to come to a course that has no dates at the moment."""
    offered = Course.objects.filter(partnership=partnership, status="published").exclude(method="e_learning")
    course = offered.exclude(pk__in=[one.course_id for one in coming]).order_by("pk").first()
    if course is None:
        return
    people = Person.objects.filter(partnership=partnership, user__isnull=True).exclude(email="")
    Interest.objects.bulk_create(
        Interest(
            partnership=partnership,
            person=person,
            course=course,
            asked_at=now - dt.timedelta(days=3 + number),
        )
        for number, person in enumerate(people.order_by("pk")[:6])
    )


def _bounce(partnership: Partnership, parts: dict[str, Person]) -> None:
    """The mail server of one organisation does not know somebody any more."""
    found = Message.objects.filter(partnership=partnership, person__isnull=False).exclude(
        Q(person__in=parts.values()) | Q(purpose__in=ASKING)
    )
    one = found.exclude(state=Message.State.DROPPED).order_by("pk").first()
    if one is not None:
        one.state, one.attempts = Message.State.FAILED, F("attempts") + 1
        one.error = "550 5.1.1 The mailbox is not known here."
        one.save(update_fields=["state", "attempts", "error"])
