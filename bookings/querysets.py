"""Which bookings somebody may see."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, When
from django.db.models.functions import Least

from bookings.states import EXPECTED, HOLDS_PLACE, IN_LINE, LIVE, BookingState
from partnerships.models import Membership
from partnerships.permissions import Permission
from partnerships.policy import ApprovalRule

if TYPE_CHECKING:
    from partnerships.actors import Actor


class BookingQuerySet(models.QuerySet):
    """Bookings of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees all; a trainer those of own sessions; a lead and a manager those of their people; each own.

        A manager at one employer sees nothing of what their people book for another.
        """
        bookings = self.filter(partnership=actor.partnership)
        if actor.may(Permission.MANAGE_BOOKINGS):
            return bookings
        if actor.person is None:
            return bookings.none()
        seen = Q(person=actor.person)
        if actor.may(Permission.MARK_REGISTER):
            seen |= Q(session__trainer_links__person=actor.person)
        if actor.led_organisation_ids:
            seen |= Q(organisation__in=actor.led_organisation_ids)
        if actor.may(Permission.SEE_TEAM):
            seen |= of_the_team(actor)
        return bookings.filter(seen).distinct()

    def of(self, actor: "Actor") -> Self:
        """The actor's own bookings."""
        return self.filter(partnership=actor.partnership, person=actor.person)

    def with_end_of_offer(self) -> "BookingQuerySet":
        """Annotate each offer with ``end_of_offer``, which is ``offered_until`` in a query; others with nothing."""
        until = Least("offer_expires_at", "session__booking_closes_at")
        return self.annotate(end_of_offer=Case(When(state=BookingState.OFFERED, then=until)))

    def live(self) -> Self:
        """Bookings that were not cancelled."""
        return self.filter(state__in=LIVE)

    def holding_a_place(self) -> Self:
        """Bookings that take up a place."""
        return self.filter(state__in=HOLDS_PLACE)

    def expected(self) -> Self:
        """Bookings that the register lists: confirmed or marked, not merely offered."""
        return self.filter(state__in=EXPECTED)

    def in_line(self) -> Self:
        """The queue, first come first: those who wait, and those who still wait for an approval."""
        return self.filter(state__in=IN_LINE).order_by("booked_at", "pk")


def of_the_team(actor: "Actor", path: str = "") -> Q:
    """Tell whether the booking is of somebody whom the actor manages at the organisation that it is for."""
    own = Membership.objects.managed_by(actor)
    there = own.filter(person=OuterRef(f"{path}person"), organisation=OuterRef(f"{path}organisation"))
    return Q(Exists(there))


class GroupBookingQuerySet(models.QuerySet):
    """Group bookings of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees all; a lead those of the organisation."""
        groups = self.filter(partnership=actor.partnership)
        if actor.may(Permission.MANAGE_BOOKINGS):
            return groups
        return groups.filter(organisation__in=actor.led_organisation_ids)


class ApprovalQuerySet(models.QuerySet):
    """Approvals of one partnership."""

    def open(self) -> Self:
        """Requests that nobody has decided."""
        return self.filter(decision="")

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees all; a lead those of the organisation; a manager those of their team; each their own."""
        approvals = self.filter(partnership=actor.partnership)
        if actor.may(Permission.MANAGE_BOOKINGS):
            return approvals
        if actor.person is None:
            return approvals.none()
        seen = Q(booking__person=actor.person)
        if actor.led_organisation_ids:
            seen |= Q(booking__organisation__in=actor.led_organisation_ids)
        if actor.may(Permission.SEE_TEAM):
            seen |= of_the_team(actor, "booking__")
        return approvals.filter(seen)

    def to_decide(self, actor: "Actor") -> Self:
        """Open requests that the actor may decide, whoever is asked now; as ``may_decide`` says of one."""
        others = self.visible_to(actor).open().exclude(booking__person=actor.person)
        if actor.may(Permission.MANAGE_BOOKINGS):
            return others
        led = Q(booking__organisation__in=actor.led_organisation_ids) & ~Q(rule=ApprovalRule.TEAM)
        return others.filter(led | Q(rule=ApprovalRule.LINE_MANAGER))

    def waiting_for(self, actor: "Actor") -> Self:
        """Open requests that are the actor's to decide now: as line manager, as lead, or as the team."""
        asked = Q(pk__in=[])
        if actor.may(Permission.MANAGE_BOOKINGS):
            asked |= Q(asked=ApprovalRule.TEAM)
        if actor.led_organisation_ids:
            asked |= Q(
                asked=ApprovalRule.ORGANISATION_LEAD, booking__organisation__in=actor.led_organisation_ids
            )
        if actor.person is not None and actor.may(Permission.SEE_TEAM):
            asked |= Q(of_the_team(actor, "booking__"), asked=ApprovalRule.LINE_MANAGER)
        # Each of these is seen too; to ask for that as well would only make the database look twice.
        waiting = self.filter(asked, partnership=actor.partnership).open()
        return waiting.exclude(booking__person=actor.person)


class QuotaQuerySet(models.QuerySet):
    """Quotas of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees them; everybody else only feels that the mix is fair."""
        quotas = self.filter(partnership=actor.partnership)
        return quotas if actor.may(Permission.MANAGE_BOOKINGS) else quotas.none()


class PrerequisiteQuerySet(models.QuerySet):
    """What was done before a course, as declared or shown with bookings of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees all; everybody what was said of themselves."""
        given = self.filter(partnership=actor.partnership)
        if actor.may(Permission.MANAGE_BOOKINGS):
            return given
        return given.filter(booking__person=actor.person) if actor.person else given.none()


class WalkInQuerySet(models.QuerySet):
    """Walk-ins of one partnership."""

    def unsettled(self) -> Self:
        """Those whose organisation the team must settle."""
        return self.filter(settled_at__isnull=True).exclude(organisation_said="")


class BulkMessageQuerySet(models.QuerySet):
    """Bulk messages of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees all, nobody else any."""
        found = self.filter(partnership=actor.partnership)
        return found if actor.may(Permission.MANAGE_BOOKINGS) else found.none()
