"""Planning, changing, publishing and cancelling sessions."""

import itertools
import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from courses.models import Course, Session, SessionDate, SessionTrainer
from courses.plans import SessionPlan, Slot, booking_deadline, check_class_size
from courses.queries import trainers_of
from courses.refusals import PlanRefused
from courses.saved_plans import check_plan_as_shown
from courses.services.agreements import check_single_agency
from partnership_portal.working_days import uk_date
from partnerships import audit
from partnerships.actors import Actor
from partnerships.permissions import Permission, require


def plan_session(
    *,
    actor: Actor,
    course: Course,
    plan: SessionPlan,
    series: uuid.UUID | None = None,
    copied_from: Session | None = None,
    copied_for_year: int | None = None,
) -> Session:
    """Add a session as a draft that only the planners see; booking closes as the policy at its start says.

    Locks the course. What is copied with a year's programme is refused the second time.
    """
    require(actor, Permission.PLAN_PROGRAMME)
    with transaction.atomic():
        course = Course.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=course.pk)
        if course.status == Course.Status.ARCHIVED:
            raise PlanRefused(
                "This course is no longer offered. Publish it again to plan sessions.", "course"
            )
        slots = _in_order(plan.slots)
        if slots[0].starts_at <= timezone.now():
            raise PlanRefused("Every date must be in the future.", "slots")
        _check(actor, plan, slots, course)
        if copied_from is not None and copied_for_year is not None:
            _refuse_second_copy(copied_from, copied_for_year)
        session = Session(
            partnership=actor.partnership,
            course=course,
            series=series,
            copied_from=copied_from,
            copied_for_year=copied_for_year,
        )
        _apply(session, plan, slots)
        session.save()
        _set_dates(session, slots)
        _set_trainers(session, plan)
        audit.record(actor, "courses.plan_session", session, after=_facts(session, slots, plan))
        _record_exception(actor, session)
    return session


def change_session(*, actor: Actor, session: Session, plan: SessionPlan, shown: str | None = None) -> Session:
    """Change a session; what has already taken place keeps its time, and nobody who holds a place loses it.

    Locks the session. ``shown`` is what a page showed of it (``plan_as_shown``): nobody saves over a colleague's
    change without having seen it (``PlanChanged``).
    """
    require(actor, Permission.PLAN_PROGRAMME)
    with transaction.atomic():
        session = _locked(actor, session)
        if session.status == Session.Status.CANCELLED:
            raise PlanRefused("This session was cancelled and can’t be changed. Plan a new one.")
        check_plan_as_shown(session, shown, plan)
        slots, old = _in_order(plan.slots), _slots(session)
        before = _facts(session, old, plan, trainers=_trainer_ids(session))
        excepted = (session.lecture_style, session.lecture_style_reason)
        _refuse_rewriting(slots, old)
        _check(actor, plan, slots, session.course, session)
        if session.status == Session.Status.PUBLISHED:
            _check_place(plan.venue is not None or bool(plan.joining_link))
        _apply(session, plan, slots)
        session.save()
        _set_dates(session, slots)
        _set_trainers(session, plan)
        after = _facts(session, slots, plan)
        if after != before:
            audit.record(actor, "courses.change_session", session, before=before, after=after)
        _record_exception(actor, session, excepted)
    return session


def publish_session(*, actor: Actor, session: Session) -> Session:
    """Open a session for booking."""
    require(actor, Permission.PLAN_PROGRAMME)
    with transaction.atomic():
        session = _locked(actor, session)
        if session.status == Session.Status.PUBLISHED:
            return session
        if session.status == Session.Status.CANCELLED:
            raise PlanRefused("This session was cancelled and can’t be opened again. Plan a new one.")
        if session.course.status != Course.Status.PUBLISHED:
            raise PlanRefused(
                "Publish the course first. People can’t book a session of a course they can’t see."
            )
        if not session.dates.exists():
            raise PlanRefused("Add at least one date before you publish this session.")
        if session.starts_at <= timezone.now():
            raise PlanRefused("This session’s first date has passed. Change its dates before you publish it.")
        _check_place(session.venue_id is not None or bool(session.joining_link))
        before = session.status
        session.status = Session.Status.PUBLISHED
        session.save(update_fields=["status"])
        audit.record(
            actor,
            "courses.publish_session",
            session,
            before={"status": before},
            after={"status": session.status},
        )
    return session


def cancel_session(*, actor: Actor, session: Session, reason: str) -> Session:
    """Cancel a session that is not over; ``cancelled_at`` tells the bookings' own job whom to inform."""
    require(actor, Permission.PLAN_PROGRAMME)
    reason = reason.strip()
    if not reason:
        raise PlanRefused("Give the reason. Everybody who booked will read it.", "reason")
    with transaction.atomic():
        session = _locked(actor, session)
        if session.status == Session.Status.CANCELLED:
            return session
        if session.ends_at <= timezone.now():
            raise PlanRefused("This session is over and can’t be cancelled.")
        before = session.status
        # Nobody has seen a draft, so nobody needs to hear that it was given up.
        session.cancelled_as_draft = before == Session.Status.DRAFT
        session.status = Session.Status.CANCELLED
        session.cancelled_at = timezone.now()
        session.cancelled_reason = reason
        session.save(update_fields=["status", "cancelled_at", "cancelled_reason", "cancelled_as_draft"])
        audit.record(
            actor,
            "courses.cancel_session",
            session,
            before={"status": before},
            after={"status": session.status, "reason": reason, "places_taken": session.places_taken},
        )
    return session


def _locked(actor: Actor, session: Session) -> Session:
    return (
        Session.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .select_related("course")
        .get(pk=session.pk)
    )


def _refuse_second_copy(session: Session, year: int) -> None:
    copies = Session.objects.filter(
        partnership=session.partnership_id, copied_from=session, copied_for_year=year
    )
    if copies.exclude(status=Session.Status.CANCELLED).exists():
        raise PlanRefused("This session was copied already.")


def _slots(session: Session) -> tuple[Slot, ...]:
    return tuple(Slot(date.starts_at, date.ends_at) for date in session.dates.order_by("starts_at"))


def _in_order(slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
    if not slots:
        raise PlanRefused("Enter at least one date.", "slots")
    slots = tuple(sorted(slots))
    for slot in slots:
        if slot.ends_at <= slot.starts_at:
            raise PlanRefused("Each date must end after it starts.", "slots")
    for one, following in itertools.pairwise(slots):
        if following.starts_at < one.ends_at:
            raise PlanRefused("Two of the dates overlap. Each must end before the next one starts.", "slots")
    return slots


def _refuse_rewriting(slots: tuple[Slot, ...], old: tuple[Slot, ...]) -> None:
    now = timezone.now()
    begun = {slot for slot in old if slot.starts_at <= now}
    if not begun <= set(slots):
        raise PlanRefused("A date that has already begun keeps its time.", "slots")
    if any(slot.starts_at <= now for slot in set(slots) - begun):
        raise PlanRefused("Every new date must be in the future.", "slots")


def _check(
    actor: Actor, plan: SessionPlan, slots: tuple[Slot, ...], course: Course, session: Session | None = None
) -> None:
    if plan.capacity < 1:
        raise PlanRefused("A session needs at least 1 place.", "capacity")
    if session is not None and plan.capacity < session.places_taken:
        taken = session.places_taken
        people = "1 person holds" if taken == 1 else f"{taken} people hold"
        raise PlanRefused(
            f"Places can’t be fewer than {taken}, because {people} a place already.", "capacity"
        )
    _check_size(actor, plan, slots, session)
    if plan.minimum > plan.capacity:
        raise PlanRefused(
            "The number needed to go ahead can’t be larger than the number of places.", "minimum"
        )
    named = {person.pk for person in plan.trainers}
    known = set(_trainer_ids(session)) if session is not None else set()
    if named - known - set(trainers_of(actor).filter(pk__in=named).values_list("pk", flat=True)):
        raise PlanRefused("Choose trainers who hold the trainer role.", "trainers")
    check_single_agency(plan, course, uk_date(slots[0].starts_at))


def _check_size(
    actor: Actor, plan: SessionPlan, slots: tuple[Slot, ...], session: Session | None = None
) -> None:
    policy = actor.partnership.policy(slots[0].starts_at)
    if plan.lecture_style:
        if not (policy.booking.lecture_style_exempt.value or (session and session.lecture_style)):
            raise PlanRefused(
                "The partnership’s strategy makes no exception for lecture-style sessions.", "lecture_style"
            )
        if not plan.lecture_style_reason.strip():
            raise PlanRefused("Say why this session is lecture-style.", "lecture_style_reason")
    if session is None or _is_larger(session, plan, slots):
        check_class_size(plan.capacity, policy, lecture_style=plan.lecture_style)


def _is_larger(session: Session, plan: SessionPlan, slots: tuple[Slot, ...]) -> bool:
    """Tell whether a change asks for more than the session is: on the day, walk-ins may have gone beyond the cap."""
    as_it_is = (plan.lecture_style, slots[0].starts_at) == (session.lecture_style, session.starts_at)
    return plan.capacity > session.capacity or not as_it_is


def _check_place(is_there: bool) -> None:
    if not is_there:
        raise PlanRefused("A session that people can book needs a venue or a joining link.", "venue")


def _apply(session: Session, plan: SessionPlan, slots: tuple[Slot, ...]) -> None:
    if session.starts_at != slots[0].starts_at:
        # Facts keep the policy they were made under: only another start gives another deadline.
        policy = session.partnership.policy(slots[0].starts_at)
        session.booking_closes_at = booking_deadline(slots[0].starts_at, policy)
        # Whether enough people come to another day is another question.
        session.decision, session.decided_at = "", None
        session.decision_note, session.decide_again_on = "", None
    session.starts_at, session.ends_at = slots[0].starts_at, slots[-1].ends_at
    for name in (
        *("venue", "joining_link", "joining_instructions", "capacity", "minimum", "lecture_style"),
        *("cost_pence", "single_agency_for", "opened_to_others"),
    ):
        setattr(session, name, getattr(plan, name))
    session.lecture_style_reason = plan.lecture_style_reason.strip() if plan.lecture_style else ""


def _record_exception(actor: Actor, session: Session, before: tuple[bool, str] = (False, "")) -> None:
    """Write an exception to the class size down by itself, so that the trail can be asked for all of them."""
    after = (session.lecture_style, session.lecture_style_reason)
    if after != before:
        names = ("lecture_style", "reason")
        audit.record(
            actor,
            "courses.except_from_class_size",
            session,
            before=dict(zip(names, before, strict=True)),
            after={**dict(zip(names, after, strict=True)), "capacity": session.capacity},
        )


def _set_dates(session: Session, slots: tuple[Slot, ...]) -> None:
    kept = {date.starts_at: date for date in session.dates.all()}
    wanted = {slot.starts_at: slot for slot in slots}
    try:
        session.dates.exclude(starts_at__in=wanted).delete()
    except ProtectedError as error:
        raise PlanRefused("A date whose register was marked can’t be removed.", "slots") from error
    for start, slot in wanted.items():
        if start not in kept:
            SessionDate.objects.create(
                partnership=session.partnership, session=session, starts_at=start, ends_at=slot.ends_at
            )
        elif kept[start].ends_at != slot.ends_at:
            kept[start].ends_at = slot.ends_at
            kept[start].save(update_fields=["ends_at"])


def _trainer_ids(session: Session) -> list[int]:
    return sorted(session.trainer_links.values_list("person_id", flat=True))


def _set_trainers(session: Session, plan: SessionPlan) -> None:
    named = {person.pk for person in plan.trainers}
    session.trainer_links.exclude(person_id__in=named).delete()
    for person_id in named.difference(_trainer_ids(session)):
        try:
            with transaction.atomic():
                SessionTrainer.objects.create(
                    partnership=session.partnership, session=session, person_id=person_id
                )
        except IntegrityError as error:
            if _broken_rule(error) != "observer_never_trains":
                raise
            # Observers are known further up; that nobody observes what they train is the database's rule.
            raise PlanRefused(
                "One of these trainers observes this session. Let somebody else observe it first.", "trainers"
            ) from error


def _broken_rule(error: IntegrityError) -> str:
    """The name of the database's rule that a write would have broken."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""


def _facts(
    session: Session, slots: tuple[Slot, ...], plan: SessionPlan, trainers: list[int] | None = None
) -> dict[str, Any]:
    return {
        "course": session.course_id,
        **({"copied_from": session.copied_from_id} if session.copied_from_id else {}),
        "status": session.status,
        "dates": [[slot.starts_at.isoformat(), slot.ends_at.isoformat()] for slot in slots],
        "venue": session.venue_id,
        "joining_link": session.joining_link,
        "joining_instructions": session.joining_instructions,
        "capacity": session.capacity,
        "minimum": session.minimum,
        "lecture_style": session.lecture_style,
        "booking_closes_at": session.booking_closes_at.isoformat(),
        "cost_pence": session.cost_pence,
        "single_agency_for": session.single_agency_for_id,
        "opened_to_others": session.opened_to_others,
        "trainers": sorted(person.pk for person in plan.trainers) if trainers is None else trainers,
    }
