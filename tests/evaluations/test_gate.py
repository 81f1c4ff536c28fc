"""A certificate if and only if it is due, exactly once, whatever the order of events."""

from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings.models import Booking
from bookings.services.register import mark_attendance, set_times, undo_mark
from bookings.services.walk_ins import Newcomer, add_walk_in
from compliance.queries.record import record_of
from compliance.queries.standing import standing_of
from evaluations.jobs import (
    ask_about_impact,
    ask_after_late_registers,
    ask_for_evaluations,
    issue_certificates,
)
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Certificate, Invitation
from evaluations.periods import impact_opens_and_closes, kept_until
from evaluations.services.answers import SurveyClosed
from notifications.models import Message
from partnership_portal.pages.mine import record_figures
from partnership_portal.working_days import uk_date
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.moving import begun
from tests.evaluations.made import adopt, answer, at, booked, held
from tests.factories import actor_for, job, make_course, make_partnership, make_person, make_session, policy
from tests.factories import adopt as adopt_policy

HEREFORDSHIRE = {"certificate__release": "after_evaluation"}
HARROW = {
    "certificate__release": "after_impact",
    "impact__window": {"first": 6, "last": 8, "unit": "weeks"},
}
NONE = {"certificate__release": "after_attendance"}

# The evaluation is left to courses, and this one does not ask for it.
LEFT = {"evaluation__courses": "courses_that_ask"}
BOTH = {"evaluation", "impact"}

# The policy, what is needed for a certificate, and what people are asked.
POLICIES = [
    pytest.param(HEREFORDSHIRE, {"attend", "evaluation"}, BOTH, id="Herefordshire §8.2: after the evaluation"),
    pytest.param(HARROW, {"attend", "impact"}, BOTH, id="Harrow: after the impact evaluation, 6–8 weeks on"),
    pytest.param(NONE, {"attend"}, BOTH, id="no condition but attendance"),
    pytest.param(
        HEREFORDSHIRE | LEFT, {"attend", "evaluation"}, BOTH, id="after the evaluation, left to courses"
    ),
    pytest.param(HARROW | LEFT, {"attend", "impact"}, {"impact"}, id="after the impact, and no evaluation"),
    pytest.param(NONE | LEFT, {"attend"}, {"impact"}, id="attendance, and no evaluation"),
]  # fmt: skip
HELD = at("2026-03-02 10:00")
EVALUATING = at("2026-03-03 08:00")
EVENTS = ["attend", "absent", "half", "undo", "walk in", "evaluation", "impact"]


class Story:
    """One booking and the events that can befall it; each may come at any time and more than once.

    No job runs once it has begun: whatever is due must be there when the event is over. What nobody is asked can't be
    answered.
    """

    def __init__(self, partnership, asked) -> None:
        self.partnership = partnership
        self.trainer = make_person(partnership, Role.TRAINER)
        course = make_course(partnership, asks_evaluation=False)
        session = held(partnership, starts_at=HELD, course=course, trainers=(self.trainer,))
        self.booking = booked(session, person=make_person(partnership, name="Lena Learner"))
        self.date = session.dates.get()
        # Everybody is asked what is asked of them, so that every order of the answers is possible.
        ask_for_evaluations(partnership, EVALUATING)
        opens, _ = impact_opens_and_closes(session.ends_at, partnership.policy().impact.window.value)
        ask_about_impact(partnership, opens + timedelta(days=1))
        Invitation.objects.update(closes_at=at("2099-01-01"))
        Booking.objects.update(state="confirmed")
        self.asked = set(Invitation.objects.values_list("kind", flat=True))
        assert self.asked == asked
        self.answered: set[str] = set()

    def do(self, event: str) -> None:
        match event:
            case "attend":
                self._mark("present")
            case "absent":
                self._mark("absent")
            case "half":
                self._leave_early()
            case "undo":
                undo_mark(actor=self._at_the_door(), session_date=self.date, booking=self.booking)
            case "walk in":
                self._walk_in()
            case _:
                self._answer(event)

    def is_due(self, needed: set[str]) -> bool:
        self.booking.refresh_from_db()
        attended = {"attend"} if self.booking.state == "attended" else set()
        return needed <= self.answered | attended

    def _at_the_door(self):
        return actor_for(self.trainer)

    def _mark(self, mark: str) -> None:
        # As it comes by day and in time: everybody throughout.
        times = {self.booking.pk: (None, None)}
        mark_attendance(
            actor=self._at_the_door(), session_date=self.date, marks={self.booking.pk: mark}, times=times
        )

    def _leave_early(self) -> None:
        left = self.date.starts_at + timedelta(minutes=30)
        set_times(
            actor=self._at_the_door(),
            session_date=self.date,
            booking=self.booking,
            arrived_late=None,
            left_early=left,
        )

    def _walk_in(self) -> None:
        """The team adds afterwards, by the address, somebody who has a booking and didn't know it."""
        person = self.booking.person
        newcomer = Newcomer(person.name, person.email, self.booking.organisation)
        team = actor_for(make_person(self.partnership, Role.TEAM))
        add_walk_in(actor=team, session_date=self.date, newcomer=newcomer, key=uuid4())

    def _answer(self, kind: str) -> None:
        if kind not in self.asked:
            return
        invitation = self.booking.invitations.select_related("booking").get(kind=QuestionnaireKind(kind))
        if invitation.state == "open" and invitation.has_lapsed:
            with pytest.raises(SurveyClosed):
                answer(invitation)
            return
        self.answered.add(kind)
        if invitation.state == "open":
            answer(invitation)


@pytest.fixture
def story(db):
    with ExitStack() as stack:

        def begin(changes, asked) -> Story:
            partnership = make_partnership("gateshire", **changes)
            stack.enter_context(acting_in(partnership))
            adopt(partnership)
            return Story(partnership, asked)

        yield begin


ORDERS = [
    *permutations(["attend", "evaluation", "impact"]),
    ("evaluation", "absent", "impact", "attend", "impact"),
    ("absent", "evaluation", "attend", "impact", "evaluation"),
    ("evaluation", "impact", "half", "attend"),
    ("half", "impact", "attend", "evaluation", "impact"),
    ("attend", "evaluation", "absent", "attend", "impact"),
    ("attend", "undo", "evaluation", "impact", "attend"),
    ("evaluation", "impact", "walk in"),
    ("walk in", "impact", "evaluation"),
    ("impact", "walk in", "evaluation", "attend"),
]


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
@pytest.mark.parametrize(("changes", "needed", "asked"), POLICIES)
def test_certificate_comes_with_the_last_piece_and_not_before(story, changes, needed, asked, order):
    story = story(changes, asked)
    was_due = False
    for event in order:
        story.do(event)
        was_due = was_due or story.is_due(needed)
        assert Certificate.objects.exists() == was_due, f"after {event}"
    assert Certificate.objects.count() == 1
    assert Message.objects.filter(purpose="certificate").count() == 1


@pytest.mark.parametrize("state", ["confirmed", "partly_attended", "did_not_attend", "cancelled"])
@pytest.mark.parametrize(("changes", "needed", "asked"), POLICIES)
def test_no_certificate_without_attendance(story, changes, needed, asked, state):
    """Whoever has answered everything gets none as long as the booking says anything but attended, and then gets it."""
    story = story(changes, asked)
    story.do("evaluation")
    story.do("impact")
    assert Invitation.objects.filter(state="answered").count() == len(asked)
    Booking.objects.update(state=state)
    issue_certificates(story.partnership, at("2026-06-01"))
    assert not Certificate.objects.exists()
    # What was cancelled stays so; of all others nothing but the mark was missing.
    if state != "cancelled":
        Booking.objects.update(state="attended")
        issue_certificates(story.partnership, at("2026-06-01"))
        assert Certificate.objects.get().booking == story.booking


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(policy=st.sampled_from(POLICIES), order=st.lists(st.sampled_from(EVENTS), max_size=8))
def test_certificate_if_and_only_if_due_whatever_happens(db, policy, order):
    from django.db import transaction

    changes, needed, asked = policy.values
    with transaction.atomic():
        partnership = make_partnership("gateshire", **changes)
        with acting_in(partnership):
            adopt(partnership)
            story = Story(partnership, asked)
            was_due = False
            for event in order:
                story.do(event)
                was_due = was_due or story.is_due(needed)
                assert Certificate.objects.count() == was_due
                assert Message.objects.filter(purpose="certificate").count() == was_due
            # The job finds nothing that was left lying.
            issue_certificates(partnership, at("2026-06-01"))
            assert Certificate.objects.count() == was_due
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("percent", "marks", "is_due"),
    [
        (100, ("present", "present"), True),
        (100, ("present", "absent"), False),
        (50, ("present", "absent"), True),
        (50, ("absent", "absent"), False),
    ],
)
def test_complaint_a_certificate_before_every_required_date_was_attended(
    partnership, percent, marks, is_due
) -> None:
    adopt_policy(
        partnership,
        policy(certificate__release="after_attendance", certificate__attendance_percent=percent),
        at=at("2026-01-01"),
    )
    booking = booked(held(partnership, starts_at=HELD, days=2), state="confirmed")
    for date, mark in zip(booking.session.dates.all(), marks, strict=True):
        assert not Certificate.objects.exists()
        mark_attendance(actor=job(partnership), session_date=date, marks={booking.pk: mark})
    assert Certificate.objects.exists() == is_due


@pytest.mark.parametrize(
    ("days", "marks", "hours"),
    [
        (1, ("present",), "7"),
        (2, ("present", "present"), "7"),
        (2, ("present", "absent"), "3.5"),
        # A third of seven hours less, to the quarter; whoever left half-way counts for no more than the absent.
        (3, ("present", "absent", "present"), "4.75"),
        (3, ("present", "left half-way", "present"), "4.75"),
        (3, ("present", "left at the end", "present"), "7"),
    ],
)
def test_states_the_hours_of_the_dates_that_count(partnership, days, marks, hours) -> None:
    adopt_policy(
        partnership,
        policy(certificate__release="after_attendance", certificate__attendance_percent=50),
        at=at("2026-01-01"),
    )
    course = make_course(partnership, hours=7)
    booking = booked(held(partnership, starts_at=HELD, days=days, course=course), state="confirmed")
    for date, mark in zip(booking.session.dates.all(), marks, strict=True):
        left = {"left half-way": timedelta(minutes=90), "left at the end": timedelta(minutes=160)}.get(mark)
        if left is None:
            mark_attendance(actor=job(partnership), session_date=date, marks={booking.pk: mark})
        else:
            times = {"arrived_late": None, "left_early": date.starts_at + left}
            set_times(actor=job(partnership), session_date=date, booking=booking, **times)
    certificate = Certificate.objects.get()
    assert certificate.hours == Decimal(hours)
    (entry,) = record_of(booking.person, actor_for(booking.person))
    assert entry.hours == Decimal(hours)
    figures = record_figures(actor_for(booking.person), standing_of(booking.person), at("2026-03-20"))
    assert {"value": hours, "label": "Hours since 1 April 2025"} in figures


def test_complaint_not_issued_until_somebody_opens_a_page(partnership) -> None:
    """Marked when it is over, it is there with the mark; marked while it runs, once the session is over."""
    adopt_policy(partnership, policy(certificate__release="after_attendance"), at=at("2026-01-01"))
    late = booked(held(partnership, starts_at=HELD), state="confirmed")
    mark_attendance(actor=job(partnership), session_date=late.session.dates.get(), marks={late.pk: "present"})
    assert Certificate.objects.get().booking == late
    running = booked(begun(make_session(partnership)), state="confirmed")
    mark_attendance(
        actor=job(partnership), session_date=running.session.dates.get(), marks={running.pk: "present"}
    )
    issue_certificates(partnership, timezone.now())
    assert not hasattr(Booking.objects.get(pk=running.pk), "certificate")
    issue_certificates(partnership, running.session.ends_at)
    assert Booking.objects.get(pk=running.pk).certificate.number


def test_somebody_added_long_after_the_day_gets_theirs_with_the_evaluation(partnership) -> None:
    session = held(partnership, days_ago=20)
    team = actor_for(make_person(partnership, Role.TEAM))
    booking = add_walk_in(
        actor=team,
        session_date=session.dates.get(),
        newcomer=Newcomer("Nell Newcomer", "", make_person(partnership).memberships.get().organisation),
        key=uuid4(),
    )
    assert not Certificate.objects.exists()
    ask_for_evaluations(partnership, timezone.now())
    assert answer(Invitation.objects.get(booking=booking)) == Certificate.objects.get()


@pytest.fixture
def asked_again(partnership):
    """What the jobs of a day do after a register."""

    def run() -> None:
        for ask in 2 * (ask_for_evaluations, ask_after_late_registers, ask_about_impact):
            ask(partnership, timezone.now())

    return run


@pytest.mark.parametrize("days", [95, 300])
@pytest.mark.parametrize(("changes", "needed", "kinds"), POLICIES)
@pytest.mark.parametrize("how", ["marked", "walk in"])
def test_however_late_the_register_comes_whoever_attended_can_earn_theirs(
    partnership, asked_again, changes, needed, kinds, days, how
) -> None:
    adopt_policy(partnership, policy(**changes), at=timezone.now() - timedelta(days=400))
    course = make_course(partnership, asks_evaluation=False)
    session = held(partnership, days_ago=days, course=course)
    learner = make_person(partnership)
    booking = None if how == "walk in" else booked(session, person=learner, state="confirmed")
    asked_again()
    assert not Invitation.objects.exists()
    team, date = actor_for(make_person(partnership, Role.TEAM)), session.dates.get()
    if booking is None:
        newcomer = Newcomer(learner.name, learner.email, learner.memberships.get().organisation)
        booking = add_walk_in(actor=team, session_date=date, newcomer=newcomer, key=uuid4())
    else:
        mark_attendance(actor=team, session_date=date, marks={booking.pk: "present"})
    asked_again()
    asked = {one.kind for one in Invitation.objects.all()}
    # Nobody is troubled months later with an evaluation that no certificate waits for.
    assert needed - {"attend"} <= asked <= kinds and ("evaluation" in asked) == ("evaluation" in needed)
    for invitation in Invitation.objects.filter(kind__in=needed):
        assert not Certificate.objects.exists()
        assert invitation.closes_at > timezone.now() + timedelta(days=13)
        answer(invitation)
    assert Certificate.objects.get().booking == booking
    assert Message.objects.filter(purpose="certificate").count() == 1


@pytest.mark.parametrize("changes", [HEREFORDSHIRE, HARROW])
def test_nobody_is_asked_for_answers_that_would_be_deleted_before_they_are_in(
    partnership, asked_again, changes
) -> None:
    kept = {"evaluation__answers_kept_years": 1}
    adopt_policy(partnership, policy(**changes, **kept), at=timezone.now() - timedelta(days=900))
    booked(held(partnership, days_ago=370))
    asked_again()
    assert not Invitation.objects.exists()
    # As long as there are days left, and no longer.
    late = booked(held(partnership, days_ago=355))
    asked_again()
    for asked in Invitation.objects.filter(booking=late):
        assert timezone.now() + timedelta(days=5) < asked.closes_at < kept_until(asked)
    assert Invitation.objects.filter(booking=late).exists()


def test_a_survey_that_is_open_as_long_as_answers_are_kept_closes_the_day_before(partnership) -> None:
    changes = {"evaluation__open_days": 365, "evaluation__answers_kept_years": 1}
    adopt_policy(partnership, policy(**changes), at=timezone.now() - timedelta(days=900))
    booking = booked(held(partnership))
    ask_for_evaluations(partnership, timezone.now())
    asked = Invitation.objects.get(booking=booking)
    assert uk_date(asked.closes_at) == uk_date(kept_until(asked)) - timedelta(days=1)


def test_gate_follows_the_policy_in_force_when_the_session_began(partnership):
    adopt_policy(partnership, policy(certificate__release="after_attendance"), at=at("2026-03-10"))
    before = booked(held(partnership, starts_at=at("2026-03-09 10:00")))
    after = booked(held(partnership, starts_at=at("2026-03-11 10:00")))
    issue_certificates(partnership, at("2026-03-12"))
    assert list(Certificate.objects.values_list("booking", flat=True)) == [after.pk]
    assert before.state == "attended"


def test_no_certificate_before_the_session_is_over(partnership):
    adopt_policy(partnership, policy(certificate__release="after_attendance"), at=at("2026-03-01"))
    booked(held(partnership, starts_at=at("2026-03-11 10:00")))
    issue_certificates(partnership, at("2026-03-11 11:00"))
    assert not Certificate.objects.exists()
    issue_certificates(partnership, at("2026-03-11 13:00"))
    assert Certificate.objects.count() == 1
