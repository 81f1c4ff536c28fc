"""The sessions of one partnership in the demonstration: two quarters past, today, and the months to come."""

import datetime as dt
from dataclasses import dataclass, field
from random import Random

from courses.models import Course, Session, SessionDate, SessionTrainer, Venue
from courses.plans import Slot, booking_deadline, class_size_cap
from partnership_portal.demo.people import People
from partnership_portal.working_days import add_months, add_working_days, uk_moment
from partnerships.models import Partnership, Person
from partnerships.permissions import Role
from partnerships.policy import Policy

_PAST = (200, 186, 172, 158, 144, 131, 124, 117, 103, 89, 75, 68, 54, 40, 26, 12)
_ONLINE = frozenset({"virtual", "webinar", "briefing"})
_LINK = "https://meet.example/partnership-training"


@dataclass
class Scene:
    """One session and what has happened, or will happen, with its places."""

    session: Session
    dates: list[SessionDate]
    taken: int
    waiting: int = 0
    with_practitioner: bool = False
    trainers: list[Person] = field(default_factory=list)
    register_done: bool = True


@dataclass(frozen=True)
class Programme:
    """Everything that is shown, by what it is for."""

    past: list[Scene]
    outstanding: Scene
    coming: list[Scene]


class Planner:
    """Makes the sessions of one partnership around today."""

    def __init__(self, partnership: Partnership, people: People, random: Random, today: dt.date) -> None:
        self.partnership, self.people, self.random, self.today = partnership, people, random, today
        self.policy: Policy = partnership.policy()
        self.venues = _venues(partnership)
        places = {one.person_id: one.person for one in people.memberships}
        trainers = Person.objects.filter(
            partnership=partnership, memberships__granted_roles__role=Role.TRAINER
        )
        self.pool = [places[one.pk] for one in trainers.exclude(pk=people.parts["trainer"].pk).order_by("pk")]
        offered = Course.objects.filter(partnership=partnership, status="published").exclude(
            method="e_learning"
        )
        # What is required comes first: it is what people look for.
        ranked = sorted(offered.prefetch_related("requirement_options"), key=_rank)
        self.single = [course for course in ranked if course.days == 1] or ranked
        self.double = [course for course in ranked if course.days > 1] or ranked
        self.asking = next((course for course in self.single if course.asks_line_manager), self.single[0])

    def programme(self) -> Programme:
        """All sessions."""
        past = [self._past(number, days) for number, days in enumerate(_PAST)]
        past.append(self._scene(self._impact_day(), self.asking, taken=14, with_practitioner=True))
        past.append(
            self._scene(
                self._working(-3), self.single[1 % len(self.single)], taken=12, with_practitioner=True
            )
        )
        yesterday = self._scene(self._working(-1), self.single[0], taken=13, trainer=True)
        yesterday.register_done = False
        return Programme(past, yesterday, self._coming())

    def _past(self, number: int, days: int) -> Scene:
        pool = self.double if number % 5 == 4 else self.single
        taken = self.random.randint(9, 17) if number % 6 else 7
        return self._scene(
            add_working_days(self.today - dt.timedelta(days=days), 0),
            pool[number % min(len(pool), 6)],
            taken=taken,
            trainer=number % 3 == 0,
            with_practitioner=number in {3, 8},
        )

    def _impact_day(self) -> dt.date:
        # The impact survey of this session opened a few days ago, so that it waits to be answered.
        window = self.policy.impact.window.value
        if window.unit == "months":
            opened = add_months(self.today, -window.first)
        else:
            opened = self.today - dt.timedelta(weeks=window.first)
        return add_working_days(opened - dt.timedelta(days=3), -1)

    def _coming(self) -> list[Scene]:
        single, double = self.single, self.double
        at = single.__getitem__
        number = len(single)
        scenes = [
            # Also on a Saturday: whoever tries the portal finds a session today.
            self._scene(self.today, at(2 % number), taken=11, trainer=True, hour=13),
            self._scene(self._working(2), at(0), taken=18, trainer=True),
            self._scene(self._working(4), at(3 % number), taken=3),
            self._scene(self._working(6), at(1 % number), taken=16, capacity=16, waiting=9),
            self._scene(self._working(9), at(4 % number), taken=8, online=True, trainer=True),
            self._scene(self._working(13), double[0], taken=6, days=2),
            self._scene(self._working(17), at(0), taken=0),
            self._scene(self._working(24), at(2 % number), taken=2),
            self._scene(self._working(31), at(5 % number), taken=5, online=True),
            self._scene(self._working(38), at(0), taken=1, trainer=True),
            self._scene(self._working(45), double[-1], taken=0, days=2),
            self._scene(self._working(52), at(1 % number), taken=0),
        ]
        cancelled = self._scene(self._working(8), at(6 % number), taken=5)
        cancelled.session.status = Session.Status.CANCELLED
        cancelled.session.cancelled_reason = "The trainer is ill. New dates will follow."
        cancelled.session.cancelled_at = uk_moment(self.today, dt.time(8))
        cancelled.session.save(update_fields=["status", "cancelled_reason", "cancelled_at"])
        draft = self._scene(self._working(60), at(3 % number), taken=0)
        draft.session.status = Session.Status.DRAFT
        draft.session.save(update_fields=["status"])
        return [*scenes, cancelled, draft]

    def _working(self, days: int) -> dt.date:
        return add_working_days(self.today, days)

    def _scene(
        self,
        day: dt.date,
        course: Course,
        *,
        taken: int,
        capacity: int = 20,
        waiting: int = 0,
        days: int = 1,
        online: bool = False,
        trainer: bool = False,
        with_practitioner: bool = False,
        hour: int = 9,
    ) -> Scene:
        whole_day = course.hours > 4 * course.days
        slots = _slots(course, day, 9 if whole_day else hour, max(days, course.days))
        cap = class_size_cap(self.policy, lecture_style=False)
        online = online or course.method in _ONLINE
        session = Session.objects.create(
            partnership=self.partnership,
            course=course,
            status=Session.Status.PUBLISHED,
            venue=None if online else self.random.choice(self.venues),
            joining_link=_LINK if online else "",
            capacity=min(capacity, cap or capacity),
            minimum=6,
            starts_at=slots[0].starts_at,
            ends_at=slots[-1].ends_at,
            booking_closes_at=booking_deadline(slots[0].starts_at, self.policy),
            joining_instructions="Please be there ten minutes early. Bring your organisation’s procedures with you.",
        )
        dates = SessionDate.objects.bulk_create(
            SessionDate(
                partnership=self.partnership, session=session, starts_at=slot.starts_at, ends_at=slot.ends_at
            )
            for slot in slots
        )
        own = [self.people.parts["trainer"]] if trainer else []
        trainers = [*own, *self.random.sample(self.pool, k=min(len(self.pool), 2 - len(own)))]
        SessionTrainer.objects.bulk_create(
            SessionTrainer(partnership=self.partnership, session=session, person=person)
            for person in trainers
        )
        return Scene(session, dates, min(taken, session.capacity), waiting, with_practitioner, trainers)


def _rank(course: Course) -> tuple[int, int]:
    return -len(course.requirement_options.all()), course.pk


def _slots(course: Course, day: dt.date, hour: int, days: int) -> list[Slot]:
    minutes = max(60, int(float(course.hours or 3) * 60 / days))
    slots = []
    for number in range(days):
        start = uk_moment(day + dt.timedelta(weeks=number), dt.time(hour, 30))
        # A day's course has an hour for lunch.
        slots.append(Slot(start, start + dt.timedelta(minutes=minutes + (60 if minutes > 270 else 0))))
    return slots


def _venues(partnership: Partnership) -> list[Venue]:
    area = partnership.area
    rows = (
        (
            "Training room 1, Civic Centre",
            "1 Market Street",
            "Step-free entrance from the car park. Hearing loop.",
        ),
        ("Riverside Community Hub", "Mill Lane", "Lift to all floors. Bus stop outside."),
        (
            "Fire and Rescue headquarters",
            "Station Road",
            "Park in the visitors’ bays and sign in at reception.",
        ),
    )
    return Venue.objects.bulk_create(
        Venue(
            partnership=partnership, name=name, address=f"{street}\n{area}", postcode="ZZ1 1AA", access=access
        )
        for name, street, access in rows
    )
