"""The periods that reports are about: quarters, or two months, as the policy says."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from partnership_portal.templatetags.portal import uk_date
from partnership_portal.working_days import add_months, quarter_name
from partnerships.policy import ReportingPolicy

_MONTHS = {"quarterly": 3, "every_two_months": 2}


@dataclass(frozen=True)
class Period:
    """Whole months from the first to the last day, both included."""

    starts_on: date
    ends_on: date
    year_starts_in_month: int = 4

    @property
    def months(self) -> int:
        """How many months it spans."""
        after = self.ends_on + timedelta(days=1)
        return (after.year - self.starts_on.year) * 12 + after.month - self.starts_on.month

    @property
    def name(self) -> str:
        """Quarter 2, 2026/27, or the months in words."""
        if self.months == 3 and (self.starts_on.month - self.year_starts_in_month) % 3 == 0:
            return quarter_name(self.starts_on, self.year_starts_in_month)
        return f"{self.starts_on:%B %Y} to {self.ends_on:%B %Y}"

    @property
    def words(self) -> str:
        """Its days in words."""
        return f"{uk_date(self.starts_on)} to {uk_date(self.ends_on)}"

    def moved(self, months: int) -> Self:
        """The period of the same length some months later or earlier."""
        first = add_months(self.starts_on, months)
        return type(self)(
            first, add_months(first, self.months) - timedelta(days=1), self.year_starts_in_month
        )

    @property
    def previous(self) -> Self:
        """The period just before."""
        return self.moved(-self.months)

    @property
    def following(self) -> Self:
        """The period just after."""
        return self.moved(self.months)

    @property
    def year_before(self) -> Self:
        """The same months of the year before."""
        return self.moved(-12)


def period_of(policy: ReportingPolicy, day: date) -> Period:
    """The reporting period that holds a day."""
    months, first_month = _MONTHS[policy.cadence.value], policy.year_starts_in_month.value
    start = add_months(day.replace(day=1), -((day.month - first_month) % 12 % months))
    return Period(start, add_months(start, months) - timedelta(days=1), first_month)


def periods_to_report(policy: ReportingPolicy, today: date, count: int = 8) -> list[Period]:
    """The period that is running and those before it, newest first."""
    newest = period_of(policy, today)
    return [newest.moved(-newest.months * number) for number in range(count)]


def year_of_periods(policy: ReportingPolicy, today: date) -> list[Period]:
    """The period that is running and those back to the same one of the year before, newest first."""
    return periods_to_report(policy, today, count=12 // _MONTHS[policy.cadence.value] + 1)


def reported_period(policy: ReportingPolicy, starts_on: date, ends_on: date) -> Period:
    """The period between two days, named as the policy counts years."""
    return Period(starts_on, ends_on, policy.year_starts_in_month.value)
