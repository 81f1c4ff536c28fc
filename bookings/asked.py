"""What the booking form asks of somebody for one session, and why: each question only where it matters."""

from collections.abc import Sequence
from dataclasses import dataclass

from bookings.audience import Audience
from bookings.before_the_course import tasks_of
from bookings.charges.announced import Announced, announced
from bookings.models import Prerequisite
from bookings.services.approvals import approval_needed, needs_manager_named
from bookings.services.prerequisites import asks_earlier_training, last_declared
from courses.models import CourseTask, Session
from partnerships.actors import Actor
from partnerships.models import Membership, Organisation
from partnerships.permissions import Permission
from partnerships.policy import ApprovalRule, PrerequisiteRule


@dataclass(frozen=True)
class Approver:
    """Who approves a booking in the name of one organisation, and whether whoever books names the line manager."""

    organisation: Organisation
    rule: ApprovalRule
    is_named: bool
    manager: str = ""

    @property
    def words(self) -> str:
        """What is said of it beside the organisation's name."""
        if self.is_named:
            return "your line manager there must approve it. Name them below."
        label = self.label
        must = "has to" if self.rule is ApprovalRule.NONE else "must"
        return f"{label[:1].lower()}{label[1:]} {must} approve it."

    @property
    def label(self) -> str:
        """Who it is, with the name of a line manager who is recorded."""
        return f"{self.rule.label}, {self.manager}," if self.manager else self.rule.label


@dataclass(frozen=True)
class Asked:
    """What is asked when one person is booked, in the name of any of their organisations.

    ``learner`` names the person where somebody else books. ``outside`` says of each organisation why the course is
    not for them. The team may leave out what others must give.
    """

    memberships: tuple[Membership, ...]
    learner: str
    by_team: bool
    approvers: tuple[Approver, ...]
    is_online: bool
    rule: PrerequisiteRule
    prices: tuple[Announced, ...]
    outside: dict[int, str]
    tasks: tuple[CourseTask, ...]
    asks_earlier_training: bool
    declared_before: Prerequisite | None

    @property
    def manager_decides(self) -> bool:
        """Tell whether a line manager is asked, for any of the organisations."""
        return any(one.rule is ApprovalRule.LINE_MANAGER for one in self.approvers)

    @property
    def approver(self) -> Approver | None:
        """Who approves, where that is the same for all of the organisations."""
        first = self.approvers[0]
        alike = all(one.words == first.words for one in self.approvers)
        return first if alike else None

    @property
    def needs_approval(self) -> bool:
        """Tell whether somebody must approve, for any of the organisations."""
        return any(one.rule is not ApprovalRule.NONE for one in self.approvers)

    @property
    def always_needs_approval(self) -> bool:
        """Tell whether somebody must approve, whichever organisation is chosen."""
        return all(one.rule is not ApprovalRule.NONE for one in self.approvers)

    @property
    def may_name_manager(self) -> bool:
        """Tell whether the line manager is to be named, for any of the organisations."""
        return any(one.is_named for one in self.approvers)

    def must_name_manager(self, organisation: int | None) -> bool:
        """Tell whether the line manager is to be named for this organisation; where none is chosen, for all of them."""
        return all(one.is_named for one in self.approvers if organisation in {None, one.organisation.pk})

    @property
    def costs(self) -> list[Announced]:
        """The organisations that may be charged for it; where nobody may, nothing is said of money."""
        return [one for one in self.prices if one.may_follow]

    @property
    def asks_purchase_order(self) -> bool:
        """Tell whether a purchase order number is asked for."""
        return any(one.asks_purchase_order for one in self.prices)

    @property
    def promise(self) -> str:
        """What somebody who books promises to do."""
        if self.tasks or self.rule is PrerequisiteRule.PRE_COURSE_TASKS:
            return "can come to every date and will do the pre-course tasks before"
        return "can come to every date"

    @property
    def must_show_earlier_training(self) -> bool:
        """Tell whether the booking can't do without the training that comes first."""
        return self.asks_earlier_training and not self.by_team

    @property
    def may_leave_out_purchase_order(self) -> bool:
        """Tell whether none of the organisations must give one."""
        return not any(self.needs_purchase_order(one.organisation.pk) for one in self.prices)

    def needs_purchase_order(self, organisation: int) -> bool:
        """Tell whether the booking of this organisation must give one."""
        needs = (one.needs_purchase_order for one in self.prices if one.organisation.pk == organisation)
        return not self.by_team and any(needs)

    def must_explain(self, organisation: int) -> bool:
        """Tell whether somebody outside the audience must say why they want to come."""
        return not self.by_team and organisation in self.outside

    def chosen(self, organisation: int) -> Organisation:
        """The organisation to book for."""
        return next(one.organisation for one in self.memberships if one.organisation_id == organisation)


def asked_of(actor: Actor, session: Session, memberships: Sequence[Membership], learner: str = "") -> Asked:
    """Find out what to ask; the number of queries does not depend on how many organisations there are.

    What was declared with an earlier booking is offered again.
    """
    policy = actor.partnership.policy(session.starts_at)
    audience = Audience(session.course)
    earlier = asks_earlier_training(session, policy)
    outside = {one.organisation_id: audience.outside(one) for one in memberships}
    return Asked(
        memberships=tuple(memberships),
        learner=learner,
        by_team=actor.may(Permission.MANAGE_BOOKINGS),
        approvers=tuple(_approver(actor, session, one) for one in memberships),
        is_online=session.is_online,
        rule=policy.booking.prerequisite.value,
        prices=tuple(announced(session, policy, [one.organisation for one in memberships])),
        outside={key: sentence for key, sentence in outside.items() if sentence},
        tasks=tuple(tasks_of(session.course)),
        asks_earlier_training=earlier,
        declared_before=last_declared(actor, memberships[0].person) if earlier else None,
    )


def _approver(actor: Actor, session: Session, membership: Membership) -> Approver:
    rule, contact = approval_needed(actor, session, membership), membership.manager_contact
    manager = contact[0] if contact and membership.has_manager and rule is ApprovalRule.LINE_MANAGER else ""
    named = needs_manager_named(actor, session, membership)
    return Approver(membership.organisation, rule, named, manager)
