"""A certificate if and only if it is due, exactly once, whatever the order of events."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluations.jobs import ask_about_impact, ask_for_evaluations, issue_certificates
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Certificate, Invitation
from evaluations.periods import impact_opens_and_closes
from notifications.models import Message
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt, answer, at, booked, held
from tests.factories import make_partnership

HEREFORDSHIRE = {"certificate__release": "after_evaluation"}
HARROW = {
    "certificate__release": "after_impact",
    "impact__window": {"first": 6, "last": 8, "unit": "weeks"},
}
NONE = {"certificate__release": "after_attendance"}

POLICIES = [
    pytest.param(HEREFORDSHIRE, {"attend", "evaluation"}, id="Herefordshire §8.2: after the evaluation"),
    pytest.param(HARROW, {"attend", "impact"}, id="Harrow: after the impact evaluation, 6–8 weeks on"),
    pytest.param(NONE, {"attend"}, id="no condition but attendance"),
]
HELD = at("2026-03-02 10:00")
EVALUATING = at("2026-03-03 08:00")


class Story:
    """One booking and the events that can befall it; each may come at any time and more than once."""

    def __init__(self, partnership) -> None:
        self.partnership = partnership
        self.booking = booked(held(partnership, starts_at=HELD))
        # Everybody is asked, so that every order of the answers is possible.
        ask_for_evaluations(partnership, EVALUATING)
        opens, _ = impact_opens_and_closes(
            self.booking.session.ends_at, partnership.policy().impact.window.value
        )
        self.now = opens + timedelta(days=1)
        ask_about_impact(partnership, self.now)
        Invitation.objects.update(closes_at=at("2099-01-01"))
        self._mark("confirmed")
        self.happened: set[str] = set()

    def events(self) -> dict[str, Callable[[], None]]:
        return {
            "attend": lambda: self._mark("attended"),
            "absent": lambda: self._mark("did_not_attend"),
            "half": lambda: self._mark("partly_attended"),
            "evaluation": lambda: self._answer(QuestionnaireKind.EVALUATION),
            "impact": lambda: self._answer(QuestionnaireKind.IMPACT),
        }

    def do(self, event: str) -> None:
        self.events()[event]()
        issue_certificates(self.partnership, self.now)

    def is_due(self, needed: set[str]) -> bool:
        return needed <= self.happened

    def _mark(self, state: str) -> None:
        self.booking.state = state
        self.booking.save(update_fields=["state"])
        if hasattr(self, "happened"):
            self.happened -= {"attend"}
            self.happened |= {"attend"} if state == "attended" else set()

    def _answer(self, kind: QuestionnaireKind) -> None:
        self.happened.add(kind.value)
        invitation = self.booking.invitations.get(kind=kind)
        if invitation.state == "open":
            answer(invitation)


@pytest.fixture
def story(db):
    with ExitStack() as stack:

        def begin(changes) -> Story:
            partnership = make_partnership("gateshire", **changes)
            stack.enter_context(acting_in(partnership))
            adopt(partnership)
            return Story(partnership)

        yield begin


@pytest.mark.parametrize("order", list(permutations(["attend", "evaluation", "impact"])), ids="-".join)
@pytest.mark.parametrize(("changes", "needed"), POLICIES)
def test_certificate_comes_with_the_last_piece_and_not_before(story, changes, needed, order):
    story = story(changes)
    for event in order:
        story.do(event)
        assert Certificate.objects.exists() == story.is_due(needed), f"after {event}"
    assert Certificate.objects.count() == 1
    assert Message.objects.filter(purpose="certificate").count() == 1


@pytest.mark.parametrize("state", ["confirmed", "partly_attended", "did_not_attend", "cancelled"])
@pytest.mark.parametrize(("changes", "needed"), POLICIES)
def test_no_certificate_without_attendance(story, changes, needed, state):
    story = story(changes)
    story._mark(state)
    story.do("evaluation")
    story.do("impact")
    assert not Certificate.objects.exists()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    policy=st.sampled_from(POLICIES),
    order=st.lists(st.sampled_from(["attend", "absent", "half", "evaluation", "impact"]), max_size=7),
)
def test_certificate_if_and_only_if_due_whatever_happens(db, policy, order):
    from django.db import transaction

    changes, needed = policy.values
    with transaction.atomic():
        partnership = make_partnership("gateshire", **changes)
        with acting_in(partnership):
            adopt(partnership)
            story = Story(partnership)
            was_due = False
            for event in order:
                story.do(event)
                was_due = was_due or story.is_due(needed)
                assert Certificate.objects.count() == was_due
        transaction.set_rollback(True)


def test_gate_follows_the_policy_in_force_when_the_session_began(partnership):
    from tests.factories import adopt as adopt_policy
    from tests.factories import policy

    adopt_policy(partnership, policy(certificate__release="after_attendance"), at=at("2026-03-10"))
    before = booked(held(partnership, starts_at=at("2026-03-09 10:00")))
    after = booked(held(partnership, starts_at=at("2026-03-11 10:00")))
    issue_certificates(partnership, at("2026-03-12"))
    assert list(Certificate.objects.values_list("booking", flat=True)) == [after.pk]
    assert before.state == "attended"


def test_no_certificate_before_the_session_is_over(partnership):
    from tests.factories import adopt as adopt_policy
    from tests.factories import policy

    adopt_policy(partnership, policy(certificate__release="after_attendance"), at=at("2026-03-01"))
    booked(held(partnership, starts_at=at("2026-03-11 10:00")))
    issue_certificates(partnership, at("2026-03-11 11:00"))
    assert not Certificate.objects.exists()
    issue_certificates(partnership, at("2026-03-11 13:00"))
    assert Certificate.objects.count() == 1
