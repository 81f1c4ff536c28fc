"""What a policy charges: the one engine behind what pages announce, what is charged and what is reported."""

from dataclasses import dataclass

from partnerships.policy import ChargeKind, ChargeRule, Policy

HALF_DAY_HOURS = 4
PORTAL_DEFAULT = "Portal default"
_SILENT = {
    ChargeKind.PLACE: "The strategy states no charge for a place.",
    ChargeKind.LATE_CANCELLATION: "The strategy states no charge for cancelling late.",
    ChargeKind.NON_ATTENDANCE: "The strategy states no charge for not attending.",
    ChargeKind.SINGLE_AGENCY_USE: "The strategy states no charge for single-agency use of the booking system.",
}


@dataclass(frozen=True)
class Priced:
    """What is to be paid for: the facts about a course or session that rules look at.

    ``cost_pence`` is what the session costs, for rules that charge at cost; nothing while nobody has said so.
    """

    band: str
    days: int = 1
    hours: float = 0
    cost_pence: int | None = None

    @property
    def is_half_day(self) -> bool:
        """Tell whether each of its days is half a day or less; a course that doesn't say counts as full days."""
        return 0 < self.hours <= HALF_DAY_HOURS * self.days


@dataclass(frozen=True)
class Price:
    """What is charged, and the rule that says so. ``pence`` is nothing where the amount can't be told yet."""

    kind: ChargeKind
    pence: int | None
    words: str
    source: str
    why_unknown: str = ""
    is_stated: bool = True

    @property
    def is_free(self) -> bool:
        """Tell whether nothing is to be paid, for certain."""
        return self.pence == 0


def price(policy: Policy, kind: ChargeKind, priced: Priced, charging_class: str) -> Price:
    """What one organisation pays: the first rule that fits the kind, the course and the organisation decides.

    An organisation without a charging class fits no rule that names classes; since such a rule might be the one that
    decides, the amount is unknown until the team has given the class.
    """
    for rule in policy.charging.rules:
        if not concerns(rule, kind, priced.band):
            continue
        if rule.classes and not charging_class:
            why = "The partnership team has not yet said how this organisation is charged."
            return Price(kind, None, rule.words, rule.source, why)
        if not rule.classes or charging_class in rule.classes:
            return _priced(rule, kind, priced)
    return Price(kind, 0, _SILENT[kind], PORTAL_DEFAULT, is_stated=False)


def concerns(rule: ChargeRule, kind: ChargeKind, band: str) -> bool:
    """Tell whether a rule is about this kind of charge for this band of courses."""
    return rule.kind is kind and (not rule.courses or band in rule.courses)


def _priced(rule: ChargeRule, kind: ChargeKind, priced: Priced) -> Price:
    if not rule.at_cost:
        return Price(kind, _amount(rule, priced), rule.words, rule.source)
    why = "" if priced.cost_pence is not None else "What it costs has not been entered yet."
    return Price(kind, priced.cost_pence, rule.words, rule.source, why)


def _amount(rule: ChargeRule, priced: Priced) -> int:
    """A rule that tells half days from full ones counts days; any other is one amount, however long it takes."""
    if rule.half_day_pence is None:
        return rule.pence
    return priced.days * (rule.half_day_pence if priced.is_half_day else rule.pence)
