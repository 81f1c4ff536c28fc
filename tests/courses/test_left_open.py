"""A page on which a session is changed, left open while a colleague changes the session."""

from dataclasses import replace

import pytest
from django.utils import timezone

from courses.models import Session
from courses.saved_plans import PlanChanged, plan_as_shown, saved_plan
from courses.services.sessions import change_session
from partnership_portal.working_days import UK, uk_date
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from tests.courses.desk_forms import session_data
from tests.factories import make_person, make_session


@pytest.fixture
def session(partnership, venue):
    return make_session(partnership, days=2, venue=venue, joining_link="")


CHANGES = {
    "capacity": (lambda plan: replace(plan, capacity=plan.capacity + 5), "number of places: "),
    "dates": (lambda plan: replace(plan, slots=plan.slots[:1]), "dates: "),
    "link": (
        lambda plan: replace(plan, joining_link="https://meet.example.org/2"),
        "joining link: https://meet",
    ),
    "minimum": (lambda plan: replace(plan, minimum=3), "bookings needed: 3"),
    "instructions": (
        lambda plan: replace(plan, joining_instructions="Bring a coat."),
        "instructions: Bring a coat.",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_nobody_saves_over_what_they_have_not_seen(what, planner, session):
    change, words = CHANGES[what]
    seen = saved_plan(session)
    colleagues = change(seen)
    change_session(actor=planner, session=session, plan=colleagues)
    with pytest.raises(PlanChanged) as refused:
        mine = replace(seen, lecture_style_reason="", cost_pence=900)
        change_session(actor=planner, session=session, plan=mine, shown=plan_as_shown(seen))
    assert words in refused.value.sentence
    assert plan_as_shown(saved_plan(Session.objects.get(pk=session.pk))) == plan_as_shown(colleagues)


def test_trainers_are_part_of_what_was_seen(planner, partnership, session):
    seen = saved_plan(session)
    trainer = make_person(partnership, Role.TRAINER, name="Ola Nowak")
    change_session(actor=planner, session=session, plan=replace(seen, trainers=(trainer,)))
    with pytest.raises(PlanChanged, match="trainers: Ola Nowak"):
        change_session(actor=planner, session=session, plan=seen, shown=plan_as_shown(seen))


def test_what_a_page_does_not_change_is_no_hindrance(planner, session):
    seen = saved_plan(session)
    Session.objects.filter(pk=session.pk).update(places_taken=2, decided_at=timezone.now())
    change_session(actor=planner, session=session, plan=replace(seen, minimum=4), shown=plan_as_shown(seen))
    assert Session.objects.get(pk=session.pk).minimum == 4


def test_the_second_press_of_the_same_page_is_no_refusal(planner, session):
    seen = saved_plan(session)
    for _ in range(2):
        change_session(
            actor=planner, session=session, plan=replace(seen, minimum=4), shown=plan_as_shown(seen)
        )
    assert AuditEntry.objects.filter(action="courses.change_session").count() == 1


def test_the_page_shows_both_and_saves_when_asked_again(planner, sign_in, team, session):
    desk, address = sign_in(team), f"/alphashire/desk/sessions/{session.pk}/"
    shown = desk.get(address).context["shown"]
    change_session(actor=planner, session=session, plan=replace(saved_plan(session), minimum=2, capacity=18))
    data = _as_it_is(session) | {"joining_instructions": "Ring the bell.\r\nTwice.", "shown": shown}
    page = desk.post(address, data)
    told = page.content.decode()
    assert "Somebody has changed this session since you opened this page" in told
    assert "number of places: 18; bookings needed: 2" in told and "Ring the bell." in told
    assert Session.objects.get(pk=session.pk).joining_instructions == ""
    again = desk.post(address, data | {"shown": page.context["shown"]})
    assert again.status_code == 302
    saved = Session.objects.get(pk=session.pk)
    assert (saved.capacity, saved.minimum) == (session.capacity, session.minimum)


def _as_it_is(session):
    """What the page sends of a session that nobody changes."""
    rows = [
        (
            uk_date(one.starts_at),
            *(f"{moment.astimezone(UK):%H:%M}" for moment in (one.starts_at, one.ends_at)),
        )
        for one in session.dates.order_by("starts_at")
    ]
    numbers = {"capacity": session.capacity, "minimum": session.minimum}
    return session_data(session.course, session.venue, *rows, **numbers)
