"""What people have achieved: the days on which they attended a course or did an equivalent elsewhere."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Max

from bookings.models import Booking
from bookings.states import BookingState
from compliance.models import TrainingRecord
from courses.models import Requirement
from partnership_portal.working_days import uk_date


@dataclass(frozen=True, order=True)
class Achievement:
    """Something learnt: the day it was finished, and what it was in words."""

    on: date
    what: str


class Achievements:
    """The newest achievement of each person in each course, and of each equivalent (two queries)."""

    def __init__(
        self, partnership_id: int, persons: Collection[int], requirements: list[Requirement]
    ) -> None:
        self._by_course: dict[tuple[int, int], Achievement] = {}
        self._elsewhere: dict[tuple[int, int], list[Achievement]] = defaultdict(list)
        self._last: dict[int, date] = {}
        options = {one.pk: list(one.courses.all()) for one in requirements}
        self._options = {key: [course.pk for course in courses] for key, courses in options.items()}
        titles = {course.pk: course.title for courses in options.values() for course in courses}
        self._read_bookings(partnership_id, persons, titles)
        self._read_records(
            partnership_id, persons, {one.pk for one in requirements if counts_equivalents(one)}
        )

    def best(self, person_id: int, requirement: Requirement) -> Achievement | None:
        """The newest achievement that meets the requirement, by whichever of its options."""
        found = [self._by_course.get((person_id, course)) for course in self._options[requirement.pk]]
        found += self._elsewhere.get((person_id, requirement.pk), [])
        return max((one for one in found if one is not None), default=None)

    def last_day(self, person_id: int) -> date | None:
        """The day on which they last finished anything, whether or not one of the requirements asks for it."""
        return self._last.get(person_id)

    def _read_bookings(self, partnership_id: int, persons: Collection[int], titles: dict[int, str]) -> None:
        attended = (
            Booking.objects.filter(
                partnership=partnership_id, person__in=persons, state=BookingState.ATTENDED
            )
            .order_by()
            .values_list("person_id", "session__course_id")
            .annotate(last=Max("session__ends_at"))
        )
        for person_id, course_id, last in attended:
            self._finished(person_id, uk_date(last))
            if course_id in titles:
                self._by_course[person_id, course_id] = Achievement(uk_date(last), titles[course_id])

    def _read_records(self, partnership_id: int, persons: Collection[int], requirements: set[int]) -> None:
        records = TrainingRecord.objects.standing().filter(partnership=partnership_id, person__in=persons)
        rows = records.order_by().values_list(
            "person_id", "requirement_id", "completed_on", "title", "provider"
        )
        for person_id, requirement_id, on, title, provider in rows:
            self._finished(person_id, on)
            if requirement_id in requirements:
                self._elsewhere[person_id, requirement_id].append(Achievement(on, f"{title}, {provider}"))

    def _finished(self, person_id: int, on: date) -> None:
        self._last[person_id] = max(on, self._last.get(person_id, on))


def counts_equivalents(requirement: Requirement) -> bool:
    """Tell whether training done elsewhere may meet it: the strategy says so, or nothing else could."""
    return requirement.accepts_equivalent or not requirement.courses.all()
