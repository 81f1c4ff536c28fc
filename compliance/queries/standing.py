"""Where people stand: which of their group's requirements they meet, and when that lapses."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

from compliance.queries.achievements import Achievement, Achievements
from compliance.queries.exemptions import exemptions_of
from courses.models import Course, Requirement
from partnership_portal.working_days import add_months, uk_today
from partnerships.actors import Actor
from partnerships.models import CompetencyGroup, Membership, Person

WARNING = timedelta(days=90)


class Status(StrEnum):
    """How one requirement stands; a lapse begins on the day itself, and who is exempt need not meet it."""

    MET = "met"
    LAPSING = "lapsing"
    LAPSED = "lapsed"
    MISSING = "missing"
    EXEMPT = "exempt"

    @property
    def label(self) -> str:
        """The status as a tag says it."""
        return {
            Status.MET: "Met",
            Status.LAPSING: "Renew soon",
            Status.LAPSED: "Lapsed",
            Status.MISSING: "Not yet met",
            Status.EXEMPT: "Exempt",
        }[self]

    @property
    def tag(self) -> str:
        """The label on one line, for narrow tables."""
        return self.label.replace(" ", "\N{NO-BREAK SPACE}")


@dataclass(frozen=True)
class RequirementStanding:
    """One requirement of somebody's group and what they have done about it."""

    requirement: Requirement
    status: Status
    met_on: date | None = None
    lapses_on: date | None = None
    met_by: str = ""
    exempt_as: str = ""

    @property
    def in_words(self) -> str:
        """The status, and why somebody is exempt."""
        return f"{self.status.label}: {self.exempt_as}" if self.exempt_as else self.status.label

    @property
    def is_met(self) -> bool:
        """Tell whether it is met today, also if that ends soon."""
        return self.status in {Status.MET, Status.LAPSING}

    @property
    def is_open_recommendation(self) -> bool:
        """Tell whether it is only recommended and was never done, which is no fault."""
        return self.status is Status.MISSING and self.requirement.kind == Requirement.Kind.RECOMMENDED

    @property
    def courses(self) -> list[Course]:
        """The courses of which any one meets it now: those that only renew it once it has been met."""
        courses = self.requirement.courses
        return courses if self.met_on is None else courses + self.requirement.renewals


@dataclass(frozen=True)
class Standing:
    """Everything that is required of and recommended to one person on one day.

    ``last_training`` is the day on which they last finished anything, required or not.
    """

    on: date
    groups: tuple[CompetencyGroup, ...] = ()
    requirements: tuple[RequirementStanding, ...] = ()
    last_training: date | None = None

    @cached_property
    def required(self) -> list[RequirementStanding]:
        """What must be met."""
        return [
            one
            for one in self.requirements
            if one.requirement.kind == Requirement.Kind.REQUIRED and one.status is not Status.EXEMPT
        ]

    @cached_property
    def exempt(self) -> list[RequirementStanding]:
        """What is required of others in the group, and not of them."""
        return [one for one in self.requirements if one.status is Status.EXEMPT]

    @cached_property
    def recommended(self) -> list[RequirementStanding]:
        """What should be met."""
        return [one for one in self.requirements if one.requirement.kind == Requirement.Kind.RECOMMENDED]

    @cached_property
    def to_do(self) -> list[RequirementStanding]:
        """What is required and missing, lapsed or about to lapse, the most pressing first."""
        order = [Status.LAPSED, Status.MISSING, Status.LAPSING]
        return sorted(
            (one for one in self.required if one.status in order), key=lambda one: order.index(one.status)
        )

    @cached_property
    def required_course_ids(self) -> frozenset[int]:
        """Courses by which something required can be met, or renewed where it has been met."""
        return _course_ids(self.required)

    @cached_property
    def recommended_course_ids(self) -> frozenset[int]:
        """Courses that are recommended and not required."""
        return _course_ids(self.recommended) - self.required_course_ids

    @cached_property
    def lacking_course_ids(self) -> frozenset[int]:
        """Courses that would meet something required which is missing or lapsed."""
        return _course_ids(one for one in self.required if not one.is_met)

    @property
    def required_count(self) -> int:
        """How many things are required."""
        return len(self.required)

    @cached_property
    def met_count(self) -> int:
        """How many of the required things are met today."""
        return sum(one.is_met for one in self.required)

    @property
    def lacking_count(self) -> int:
        """How many of the required things are missing or have lapsed."""
        return self.required_count - self.met_count

    @cached_property
    def next_lapse(self) -> date | None:
        """The day on which the first of the required things that are met lapses."""
        return min((one.lapses_on for one in self.required if one.is_met and one.lapses_on), default=None)

    @property
    def status(self) -> Status:
        """The whole in one word: the worst of what is required."""
        worst = [Status.MISSING, Status.LAPSED, Status.LAPSING]
        return next(
            (status for status in worst if any(one.status is status for one in self.required)), Status.MET
        )


def standing_of(who: Actor | Person, *, on: date | None = None) -> Standing:
    """Where one person stands, by the groups of all their live memberships (seven queries at most)."""
    if isinstance(who, Person):
        return standings_of([who], on=on)[who.pk]
    if who.person is None:
        return Standing(on=on or uk_today())
    return standing_in(who.memberships, on=on)


def standings_of(persons: Iterable[Person], *, on: date | None = None) -> dict[int, Standing]:
    """Where many people of one partnership stand, by their keys (seven queries at most, however many)."""
    persons = list(persons)
    if not persons:
        return {}
    groups: dict[int, dict[int, int]] = {person.pk: {} for person in persons}
    memberships = Membership.objects.live().filter(
        partnership=persons[0].partnership_id, person__in=groups, competency_group__isnull=False
    )
    for key, person_id, group_id in memberships.values_list("pk", "person_id", "competency_group_id"):
        groups[person_id][key] = group_id
    return _standings(persons[0].partnership_id, {pk: (pk, jobs) for pk, jobs in groups.items()}, on)


def standings_in(memberships: Iterable[Membership], *, on: date | None = None) -> dict[int, Standing]:
    """Where people stand with what each of these memberships asks of them, by its key (six queries at most)."""
    memberships = list(memberships)
    if not memberships:
        return {}
    wanted = {one.pk: (one.person_id, _group_of(one)) for one in memberships}
    return _standings(memberships[0].partnership_id, wanted, on)


def standing_in(memberships: Iterable[Membership], *, on: date | None = None) -> Standing:
    """Where one person stands with what these memberships of theirs ask together (six queries at most)."""
    memberships = list(memberships)
    if not memberships:
        return Standing(on=on or uk_today())
    jobs = {key: group for one in memberships for key, group in _group_of(one).items()}
    first = memberships[0]
    return _standings(first.partnership_id, {first.person_id: (first.person_id, jobs)}, on)[first.person_id]


def _group_of(membership: Membership) -> dict[int, int]:
    return {membership.pk: membership.competency_group_id} if membership.competency_group_id else {}


def _standings(
    partnership_id: int, wanted: Mapping[int, tuple[int, Mapping[int, int]]], on: date | None
) -> dict[int, Standing]:
    """Judge each wanted pair of a person and jobs (memberships with their groups), under the key it is wanted by."""
    on = on or uk_today()
    groups = {group.pk: group for group in CompetencyGroup.objects.filter(partnership=partnership_id)}
    asked = {key for _, jobs in wanted.values() for key in _with_foundations(jobs.values(), groups)}
    requirements = list(
        Requirement.objects.filter(partnership=partnership_id, group__in=asked).with_courses()
    )
    by_group: dict[int, list[Requirement]] = defaultdict(list)
    for requirement in requirements:
        requirement.group = groups[requirement.group_id]
        by_group[requirement.group_id].append(requirement)
    achievements = Achievements(partnership_id, {person_id for person_id, _ in wanted.values()}, requirements)
    exemptions = exemptions_of(
        partnership_id, (key for _, jobs in wanted.values() for key in jobs), requirements
    )
    standings = {}
    for key, (person_id, jobs) in wanted.items():
        # Which jobs ask for what each group requires: somebody is exempt when they are so in every one of these.
        asking: dict[int, list[int]] = defaultdict(list)
        for job, own_group in jobs.items():
            for group_id in _with_foundations([own_group], groups):
                asking[group_id].append(job)
        mine = sorted((groups[one] for one in asking), key=lambda one: (one.position, one.pk))
        judged = [
            _judge(
                requirement,
                achievements.best(person_id, requirement),
                on,
                exempt_as=exemptions.reason(requirement, asking[group.pk]),
            )
            for group in mine
            for requirement in by_group[group.pk]
        ]
        own = tuple(group for group in mine if group.pk in jobs.values())
        standings[key] = Standing(on, own, tuple(judged), achievements.last_day(person_id))
    return standings


def _with_foundations(keys: Iterable[int], groups: Mapping[int, CompetencyGroup]) -> set[int]:
    """The groups themselves and, again and again, what they build on."""
    found: set[int] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            foundation = groups[key].builds_on_id
            waiting += [foundation] if foundation else []
    return found


def _judge(
    requirement: Requirement, achievement: Achievement | None, on: date, *, exempt_as: str
) -> RequirementStanding:
    if exempt_as:
        met_on, met_by = (achievement.on, achievement.what) if achievement else (None, "")
        return RequirementStanding(
            requirement, Status.EXEMPT, met_on=met_on, met_by=met_by, exempt_as=exempt_as
        )
    if achievement is None:
        return RequirementStanding(requirement, Status.MISSING)
    months = requirement.refresher_months or requirement.group.refresher_months
    lapses_on = add_months(achievement.on, months) if months else None
    if lapses_on is None or on + WARNING < lapses_on:
        status = Status.MET
    else:
        status = Status.LAPSING if on < lapses_on else Status.LAPSED
    return RequirementStanding(requirement, status, achievement.on, lapses_on, achievement.what)


def _course_ids(standings: Iterable[RequirementStanding]) -> frozenset[int]:
    return frozenset(course.pk for one in standings for course in one.courses)
