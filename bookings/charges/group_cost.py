"""What a group booking may cost, said before anybody is booked."""

from collections.abc import Sequence

from bookings.charges.announced import Announced
from bookings.group_outcomes import Fate, Outcome
from partnership_portal.templatetags.portal import pence
from partnerships.policy import ChargeKind


def cost_of(cost: Announced, outcomes: Sequence[Outcome]) -> list[str]:
    """What it costs, and how much for all who get a place at once; nothing where nothing can be charged."""
    if not cost.may_follow:
        return []
    places = sum(one.fate is Fate.PLACE for one in outcomes)
    each = cost.prices[ChargeKind.PLACE].pence
    if not each or places < 2:
        return cost.words
    return [*cost.words, f"For {places} places that is {pence(each * places)}."]
