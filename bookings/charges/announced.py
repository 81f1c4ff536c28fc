"""What a booking may cost, said before anybody books, and whether a purchase order number is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bookings.models import Booking
from bookings.notice import is_excused
from courses.models import Session
from courses.prices import booking_prices
from partnership_portal.templatetags.portal import pence
from partnerships.charging import Price
from partnerships.models import Organisation
from partnerships.policy import ChargeKind, Policy, PurchaseOrderRule

_EXCUSED = "Cancelling now costs nothing, since the dates or the place were changed at short notice."


@dataclass(frozen=True)
class Announced:
    """The prices of one booking in the name of one organisation."""

    organisation: Organisation
    prices: dict[ChargeKind, Price]
    notice_days: int
    rule: PurchaseOrderRule

    @property
    def may_follow(self) -> bool:
        """Tell whether the organisation may be charged for this booking, now or later."""
        return any(not price.is_free for price in self.prices.values())

    @property
    def asks_purchase_order(self) -> bool:
        """Tell whether whoever books is asked for a purchase order number."""
        return self.may_follow and self.rule is not PurchaseOrderRule.NO

    @property
    def needs_purchase_order(self) -> bool:
        """Tell whether the booking must give one, since the organisation has no usual one."""
        required = self.rule is PurchaseOrderRule.REQUIRED
        return self.may_follow and required and not self.organisation.purchase_order

    @property
    def words(self) -> list[str]:
        """What it costs, with the words of the rules that say so."""
        return [self._place, *self.if_not]

    @property
    def _place(self) -> str:
        price = self.prices[ChargeKind.PLACE]
        if price.pence is None:
            return f"{price.words} {price.why_unknown}"
        if price.is_free:
            return f"Free for {self.organisation.name}. {price.words}"
        return f"This will cost {self.organisation.name} {pence(price.pence)}. {price.words}"

    @property
    def if_not(self) -> list[str]:
        """What it costs to cancel late and not to come, with the words of the rules; nothing where it is free."""
        days = f"{self.notice_days} working day{'' if self.notice_days == 1 else 's'}"
        late = self._cost(ChargeKind.LATE_CANCELLATION, f"Cancelling less than {days} before")
        return [*late, *self.if_absent]

    @property
    def if_absent(self) -> list[str]:
        """What it costs not to come, with the words of the rule; nothing where it is free."""
        return self._cost(ChargeKind.NON_ATTENDANCE, "Not attending")

    def _cost(self, kind: ChargeKind, what: str) -> list[str]:
        price = self.prices[kind]
        if price.pence is None:
            return [f"{what}: {price.words} {price.why_unknown}"]
        return (
            [f"{what} costs {self.organisation.name} {pence(price.pence)}. {price.words}"]
            if price.pence
            else []
        )


def still_to_follow(booking: Booking, now: datetime) -> list[str]:
    """What it would cost whoever is booked to cancel late or not to come, said while they can still decide.

    Cancelling costs nothing any more where the partnership itself has changed the session at short notice.
    """
    policy = booking.partnership.policy(booking.session.starts_at)
    (cost,) = announced(booking.session, policy, [booking.organisation])
    if not is_excused(booking, now):
        return cost.if_not
    return [_EXCUSED, *cost.if_absent] if cost.if_not != cost.if_absent else cost.if_absent


def announced(session: Session, policy: Policy, organisations: Sequence[Organisation]) -> list[Announced]:
    """What booking this session costs each of the organisations, by the policy in force at the session."""
    return [
        Announced(
            organisation,
            booking_prices(session, policy, organisation),
            policy.booking.late_cancellation_working_days.value,
            policy.charging.purchase_order.value,
        )
        for organisation in organisations
    ]
