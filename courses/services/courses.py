"""Writing, changing, publishing and archiving courses."""

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from courses.models import Course, CourseGroup, CourseSector, Priority
from courses.refusals import PlanRefused
from partnerships import audit
from partnerships.actors import Actor
from partnerships.models import CompetencyGroup, Sector
from partnerships.permissions import Permission, require
from partnerships.services.locks import locked_partnership

# What everybody who thinks of booking must be told, in the order of the course's page.
PARTS = {
    "audience": "target audience",
    "summary": "summary",
    "objectives": "learning objectives",
    "duration": "duration",
    "hours": "hours",
    "groups": "level (or that it counts for none)",
    "trained_by": "who trains",
}
# Addresses of the desk that a course's short name must leave free.
_RESERVED = frozenset({"new"})


@dataclass(frozen=True)
class CourseDetails:
    """Everything about a course that those who plan the programme decide."""

    title: str
    theme: str
    method: str
    groups: tuple[CompetencyGroup, ...] = ()
    sectors: tuple[Sector, ...] = ()
    priority: Priority | None = None
    audience: str = ""
    summary: str = ""
    objectives: str = ""
    duration: str = ""
    hours: Decimal = Decimal(0)
    counts_for_no_level: bool = False
    days: int = 1
    frequency: str = ""
    trained_by: str = ""
    before_you_come: str = ""
    asks_pre_course: bool = False
    asks_evaluation: bool = True
    asks_impact: bool = True
    asks_line_manager: bool = False
    asks_trainer_feedback: bool = False
    asks_prerequisite: bool = True
    approval: str = ""
    charge_band: str = "core"
    section: str = ""


_COLUMNS = [field.name for field in fields(CourseDetails) if field.name not in {"groups", "sectors"}]


def missing_parts(course: Course | CourseDetails, *, names_groups: bool) -> list[str]:
    """The parts that a published course states and this one does not, in words."""
    there = {name: bool(getattr(course, name).strip()) for name in PARTS if name not in {"hours", "groups"}}
    there |= {"hours": course.hours > 0, "groups": names_groups or course.counts_for_no_level}
    return [words for name, words in PARTS.items() if not there[name]]


def write_course(*, actor: Actor, details: CourseDetails) -> Course:
    """Add a course as a draft that only the planners see; its address comes from its title and then stays."""
    require(actor, Permission.PLAN_PROGRAMME)
    _refuse_both(details)
    with transaction.atomic():
        locked_partnership(actor)
        course = Course(partnership=actor.partnership, slug=_free_slug(actor, details.title))
        _apply(course, details)
        course.save()
        _name_audience(course, details)
        audit.record(actor, "courses.write_course", course, after=_facts(details))
    return course


def change_course(*, actor: Actor, course: Course, details: CourseDetails) -> Course:
    """Change a course; one that is published must stay whole."""
    require(actor, Permission.PLAN_PROGRAMME)
    _refuse_both(details)
    with transaction.atomic():
        course = _locked(actor, course)
        before = _facts(_details(course))
        missing = missing_parts(details, names_groups=bool(details.groups))
        if course.status == Course.Status.PUBLISHED and missing:
            field = next(name for name, words in PARTS.items() if words == missing[0])
            raise PlanRefused(f"A published course must state its {_listed(missing)}.", field)
        _apply(course, details)
        course.save()
        _name_audience(course, details)
        after = _facts(details)
        if after != before:
            audit.record(actor, "courses.change_course", course, before=before, after=after)
    return course


def publish_course(*, actor: Actor, course: Course) -> Course:
    """Show a course to everybody, once all its parts are there."""
    require(actor, Permission.PLAN_PROGRAMME)
    with transaction.atomic():
        course = _locked(actor, course)
        if course.status == Course.Status.PUBLISHED:
            return course
        missing = missing_parts(course, names_groups=course.groups.exists())
        if missing:
            raise PlanRefused(f"This course can’t be published yet. Add its {_listed(missing)}.")
        return _set_status(actor, course, Course.Status.PUBLISHED, "courses.publish_course")


def archive_course(*, actor: Actor, course: Course) -> Course:
    """Take a course out of the catalogue; its past sessions and certificates stay."""
    require(actor, Permission.PLAN_PROGRAMME)
    with transaction.atomic():
        course = _locked(actor, course)
        if course.status == Course.Status.ARCHIVED:
            return course
        coming = course.sessions.filter(status="published", ends_at__gt=timezone.now()).count()
        if coming:
            number = "1 session that is" if coming == 1 else f"{coming} sessions that are"
            raise PlanRefused(f"This course has {number} open for booking. Cancel or hold them first.")
        return _set_status(actor, course, Course.Status.ARCHIVED, "courses.archive_course")


def _set_status(actor: Actor, course: Course, status: Course.Status, action: str) -> Course:
    before = course.status
    course.status = status
    course.save(update_fields=["status"])
    audit.record(actor, action, course, before={"status": before}, after={"status": status})
    return course


def _locked(actor: Actor, course: Course) -> Course:
    return Course.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=course.pk)


def _refuse_both(details: CourseDetails) -> None:
    if details.groups and details.counts_for_no_level:
        raise PlanRefused(
            "A course that counts for no level can’t name any. Untick the levels, or untick this.",
            "counts_for_no_level",
        )


def _free_slug(actor: Actor, title: str) -> str:
    start = slugify(title)[:44].strip("-") or "course"
    taken = _RESERVED | set(
        Course.objects.filter(partnership=actor.partnership, slug__startswith=start).values_list(
            "slug", flat=True
        )
    )
    numbered = (f"{start}-{number}" for number in range(2, len(taken) + 3))
    return start if start not in taken else next(slug for slug in numbered if slug not in taken)


def _apply(course: Course, details: CourseDetails) -> None:
    for name in _COLUMNS:
        setattr(course, name, getattr(details, name))


def _name_audience(course: Course, details: CourseDetails) -> None:
    link_course(course, CourseGroup, "group_id", {group.pk for group in details.groups})
    link_course(course, CourseSector, "sector_id", {sector.pk for sector in details.sectors})


def link_course(
    course: Course, model: type[CourseGroup] | type[CourseSector], column: str, named: set[int]
) -> set[int]:
    """Let the course name these groups or sectors and no others; give back those that it named before."""
    links = model.objects.filter(partnership=course.partnership, course=course)
    had = set(links.values_list(column, flat=True))
    links.filter(**{f"{column}__in": had - named}).delete()
    for key in named - had:
        model.objects.create(partnership=course.partnership, course=course, **{column: key})
    return had


def _details(course: Course) -> CourseDetails:
    return CourseDetails(
        **{name: getattr(course, name) for name in _COLUMNS},
        groups=tuple(course.groups.order_by("pk")),
        sectors=tuple(course.sectors.order_by("pk")),
    )


def _facts(details: CourseDetails) -> dict[str, Any]:
    return {
        **{name: getattr(details, name) for name in _COLUMNS},
        "priority": details.priority.pk if details.priority else None,
        "hours": f"{details.hours:.2f}",
        "groups": sorted(group.pk for group in details.groups),
        "sectors": sorted(sector.pk for sector in details.sectors),
    }


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
