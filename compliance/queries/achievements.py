"""What people have achieved: the days on which they attended a course or did an equivalent elsewhere."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Max, Min

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
    """What each person achieved first and last in each course, and each equivalent (two queries)."""

    def __init__(
        self, partnership_id: int, persons: Collection[int], requirements: list[Requirement]
    ) -> None:
        self._by_course: dict[tuple[int, int], list[Achievement]] = {}
        self._elsewhere: dict[tuple[int, int], list[Achievement]] = defaultdict(list)
        self._last: dict[int, date] = {}
        self._meeting = {one.pk: [course.pk for course in one.courses] for one in requirements}
        self._renewing = {one.pk: [course.pk for course in one.renewals] for one in requirements}
        titles = {course.pk: course.title for one in requirements for course in (*one.courses, *one.renewals)}
        self._read_bookings(partnership_id, persons, titles)
        self._read_records(
            partnership_id, persons, {one.pk for one in requirements if counts_equivalents(one)}
        )

    def best(self, person_id: int, requirement: Requirement) -> Achievement | None:
        """The newest achievement that meets the requirement, by whichever of its courses, or renews it.

        A renewal counts for whoever has met the requirement on an earlier day, however long ago that was.
        """
        met = list(self._in(person_id, self._meeting[requirement.pk]))
        met += self._elsewhere.get((person_id, requirement.pk), [])
        if not met:
            return None
        first = min(met).on
        renewed = [one for one in self._in(person_id, self._renewing[requirement.pk]) if one.on > first]
        return max(met + renewed)

    def last_day(self, person_id: int) -> date | None:
        """The day on which they last finished anything, whether or not one of the requirements asks for it."""
        return self._last.get(person_id)

    def _in(self, person_id: int, courses: list[int]) -> Iterator[Achievement]:
        for course in courses:
            yield from self._by_course.get((person_id, course), [])

    def _read_bookings(self, partnership_id: int, persons: Collection[int], titles: dict[int, str]) -> None:
        attended = (
            Booking.objects.filter(
                partnership=partnership_id, person__in=persons, state=BookingState.ATTENDED
            )
            .order_by()
            .values_list("person_id", "session__course_id")
            .annotate(first=Min("session__ends_at"), last=Max("session__ends_at"))
        )
        for person_id, course_id, first, last in attended:
            self._finished(person_id, uk_date(last))
            if course_id in titles:
                self._by_course[person_id, course_id] = [
                    Achievement(uk_date(when), titles[course_id]) for when in (first, last)
                ]

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
    return requirement.accepts_equivalent or not requirement.courses
