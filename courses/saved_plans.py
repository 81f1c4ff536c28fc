"""What a session is planned to be as it stands, so that a page left open undoes nobody's change of it unseen."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import fields

from courses.models import Session
from courses.plans import SessionPlan, Slot
from courses.refusals import PlanRefused
from partnership_portal.templatetags.portal import pence, time_range, uk_date
from partnerships.models import Person


class PlanChanged(PlanRefused):
    """The session isn't as the page showed it any more; ``saved`` is how it stands now."""

    def __init__(self, saved: SessionPlan, typed: SessionPlan) -> None:
        now = "; ".join(_differences(saved, typed))
        super().__init__(
            "Somebody has changed this session since you opened this page, so nothing is saved yet. "
            f"As it stands now: {now}. Below is what you had. Put it right, or save again if yours is to count."
        )
        self.saved = saved


def saved_plan(session: Session) -> SessionPlan:
    """The plan of a session as it stands, with whoever trains it (two queries, one more for an own organisation)."""
    slots = tuple(Slot(date.starts_at, date.ends_at) for date in session.dates.order_by("starts_at"))
    trainers = Person.objects.filter(partnership=session.partnership_id, trained_sessions__session=session)
    copied = {
        field.name: getattr(session, field.name)
        for field in fields(SessionPlan)
        if field.name not in ("slots", "trainers")
    }
    return SessionPlan(slots=slots, trainers=tuple(trainers.order_by("pk")), **copied)


def plan_as_shown(plan: SessionPlan) -> str:
    """What the page where a session is changed sends back: everything that it changes, as short as will do."""
    return hashlib.sha256(repr(_facts(plan)).encode()).hexdigest()[:16]


def check_plan_as_shown(session: Session, shown: str | None, typed: SessionPlan) -> None:
    """Refuse to save over what the page did not show, unless what was typed is what stands there.

    For the service that has locked the session; ``None`` is for those that no page stands behind.
    """
    if shown is None:
        return
    saved = saved_plan(session)
    if shown != plan_as_shown(saved) and _facts(typed) != _facts(saved):
        raise PlanChanged(saved, typed)


def _facts(plan: SessionPlan) -> dict[str, object]:
    found = {field.name: getattr(plan, field.name) for field in fields(SessionPlan)}
    found["slots"] = sorted((slot.starts_at.timestamp(), slot.ends_at.timestamp()) for slot in plan.slots)
    found["trainers"] = sorted(person.pk for person in plan.trainers)
    for name in ("venue", "single_agency_for"):
        found[name] = found[name] and getattr(plan, name).pk
    # A form gives back lines as browsers end them, and without the blanks around them.
    for name in ("joining_link", "joining_instructions", "lecture_style_reason"):
        found[name] = "\n".join(getattr(plan, name).split("\r\n")).strip()
    return found


def _differences(saved: SessionPlan, typed: SessionPlan) -> Iterator[str]:
    """How the saved plan differs from the typed one, each thing in words as it is saved."""
    ours, theirs = _facts(saved), _facts(typed)
    for name, (label, in_words) in _IN_WORDS.items():
        if ours[name] != theirs[name]:
            yield f"{label}: {in_words(saved)}"


def _dates(plan: SessionPlan) -> str:
    return ", ".join(
        f"{uk_date(slot.starts_at)} {time_range(slot.starts_at, slot.ends_at)}" for slot in plan.slots
    )


_IN_WORDS: dict[str, tuple[str, Callable[[SessionPlan], object]]] = {
    "slots": ("dates", _dates),
    "venue": ("venue", lambda plan: plan.venue.name if plan.venue else "none, it is online"),
    "joining_link": ("joining link", lambda plan: plan.joining_link or "none"),
    "joining_instructions": ("joining instructions", lambda plan: plan.joining_instructions or "none"),
    "capacity": ("number of places", lambda plan: plan.capacity),
    "minimum": ("bookings needed", lambda plan: plan.minimum),
    "trainers": ("trainers", lambda plan: ", ".join(one.name for one in plan.trainers) or "none"),
    "lecture_style": ("lecture-style", lambda plan: "yes" if plan.lecture_style else "no"),
    "lecture_style_reason": ("why it is lecture-style", lambda plan: plan.lecture_style_reason or "not said"),
    "cost_pence": ("what it costs", lambda plan: pence(plan.cost_pence) or "not said"),
    "single_agency_for": ("for one organisation", lambda plan: plan.single_agency_for or "no"),
    "opened_to_others": ("open to other agencies", lambda plan: "yes" if plan.opened_to_others else "no"),
}
