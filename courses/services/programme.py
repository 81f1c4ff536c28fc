"""The programme of a partnership as its file describes it: priorities, courses, and what each group requires."""

from collections.abc import Iterable
from decimal import Decimal

from courses.models import Course, CourseGroup, CourseSector, Priority, Requirement, RequirementOption
from courses.services.courses import archive_course, link_course, missing_parts
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import CompetencyGroup, Sector
from partnerships.permissions import Permission, require
from partnerships.services.profile_ledger import Item, Ledger

_COURSE = (
    "title",
    "theme",
    "method",
    "audience",
    "summary",
    "duration",
    "counts_for_no_level",
    "days",
    "frequency",
    "trained_by",
    "before_you_come",
    "asks_pre_course",
    "asks_evaluation",
    "asks_impact",
    "asks_line_manager",
    "asks_trainer_feedback",
    "asks_prerequisite",
    "approval",
    "charge_band",
    "section",
)
_REQUIREMENT = ("kind", "accepts_equivalent", "refresher_months", "note", "section", "position")


def load_programme(*, actor: Actor, ledger: Ledger, document: Item) -> None:
    """Bring priorities, courses and requirements in line with the file (needs ``acting_in``).

    Courses that the file no longer names are archived; those that were written in the portal are left alone.
    """
    require(actor, Permission.PLAN_PROGRAMME)
    _priorities(actor, ledger, document["priorities"])
    _courses(actor, ledger, document["courses"])
    _requirements(actor, ledger, document["groups"])
    _archive(actor, ledger, document["courses"])
    _drop_priorities(actor, ledger, document["priorities"])


def _priorities(actor: Actor, ledger: Ledger, items: list[Item]) -> None:
    before = {item["code"]: item for item in ledger.items("priorities")}
    for item in items:
        ledger.settle(
            Priority.objects.filter(partnership=actor.partnership, code=item["code"]),
            what=f"priority “{item['title']}”",
            said=ledger.said(item, before.get(item["code"])),
            values={"title": item["title"], "section": item["section"]},
            new={"code": item["code"]},
        )


def _drop_priorities(actor: Actor, ledger: Ledger, items: list[Item]) -> None:
    gone = {item["code"] for item in ledger.items("priorities")} - {item["code"] for item in items}
    for priority in Priority.objects.filter(partnership=actor.partnership, code__in=gone):
        ledger.drop(priority, what=f"priority “{priority}”")


def _courses(actor: Actor, ledger: Ledger, items: list[Item]) -> None:
    groups = {group.code: group for group in CompetencyGroup.objects.filter(partnership=actor.partnership)}
    priorities = {
        priority.code: priority for priority in Priority.objects.filter(partnership=actor.partnership)
    }
    sectors = {sector.code: sector for sector in Sector.objects.filter(partnership=actor.partnership)}
    before = {item["slug"]: item for item in ledger.items("courses")}
    for item in items:
        what = f"course “{item['title']}”"
        said = ledger.said(item, before.get(item["slug"]))
        values = {
            **{name: item[name] for name in _COURSE},
            "objectives": "\n".join(item["objectives"]),
            "hours": Decimal(item["hours"]),
            "priority": priorities.get(item["priority"]),
            "status": Course.Status.PUBLISHED if item["is_published"] else Course.Status.DRAFT,
        }
        if "is_published" in said:
            said.add("status")
        if "groups" in said and item["groups"]:
            # Whatever was ticked meanwhile, it counts for these.
            said.add("counts_for_no_level")
        elif "counts_for_no_level" not in before.get(item["slug"], item):
            # The last file didn't know the key, so this one doesn't say anything new by leaving it out.
            said.discard("counts_for_no_level")
        rows = Course.objects.filter(partnership=actor.partnership, slug=item["slug"])
        _stays_whole(rows.first(), said, values, item)
        course = ledger.settle(rows, what=what, said=said, values=values, new={"slug": item["slug"]})
        if "groups" in said:
            _names(ledger, what, course, CourseGroup, "group", [groups[code] for code in item["groups"]])
        if "sectors" in said:
            _names(ledger, what, course, CourseSector, "sector", [sectors[code] for code in item["sectors"]])


def _stays_whole(course: Course | None, said: set[str], values: Item, item: Item) -> None:
    """Refuse to take a part away from a course that was published in the portal meanwhile."""
    if course is None or "status" in said or course.status != Course.Status.PUBLISHED:
        return
    for name in said & values.keys():
        setattr(course, name, values[name])
    names_groups = bool(item["groups"]) if "groups" in said else course.groups.exists()
    missing = missing_parts(course, names_groups=names_groups)
    if missing:
        raise DomainError(
            f"The course “{course.title}” is published in the portal. The file takes away its {missing[0]}."
        )


def _names(
    ledger: Ledger,
    what: str,
    course: Course,
    model: type[CourseGroup] | type[CourseSector],
    noun: str,
    wanted: Iterable[CompetencyGroup] | Iterable[Sector],
) -> None:
    named = {one.pk for one in wanted}
    had = link_course(course, model, f"{noun}_id", named)
    if had != named:
        ledger.note_change(what, course, before={f"{noun}s": sorted(had)}, after={f"{noun}s": sorted(named)})


def _archive(actor: Actor, ledger: Ledger, items: list[Item]) -> None:
    gone = {item["slug"] for item in ledger.items("courses")} - {item["slug"] for item in items}
    archived = Course.Status.ARCHIVED
    for course in Course.objects.filter(partnership=actor.partnership, slug__in=gone).exclude(
        status=archived
    ):
        try:
            archive_course(actor=actor, course=course)
        except DomainError as refusal:
            raise DomainError(
                f"The file no longer names the course “{course}”. {refusal.sentence}"
            ) from refusal
        ledger.removed.append(f"course “{course}”, archived")


def _requirements(actor: Actor, ledger: Ledger, items: list[Item]) -> None:
    groups = {group.code: group for group in CompetencyGroup.objects.filter(partnership=actor.partnership)}
    courses = {course.slug: course for course in Course.objects.filter(partnership=actor.partnership)}
    before = _by_group_and_title(ledger.items("groups"))
    wanted = _by_group_and_title(items)
    for (code, title), item in wanted.items():
        group = groups[code]
        what = f"“{title}” for {group.title}"
        said = ledger.said(item, before.get((code, title)))
        requirement = ledger.settle(
            Requirement.objects.filter(partnership=actor.partnership, group=group, title=title),
            what=what,
            said=said,
            values={**{name: item[name] for name in _REQUIREMENT}, "exempt": "\n".join(item["exempt"])},
            new={"group": group, "title": title},
        )
        if said & {"any_of", "renewed_by"}:
            meeting = {courses[slug].pk: False for slug in item["any_of"]}
            renewing = {courses[slug].pk: True for slug in item["renewed_by"]}
            _met_by(ledger, what, requirement, meeting | renewing)
    for code, title in before.keys() - wanted.keys():
        gone = Requirement.objects.filter(partnership=actor.partnership, group__code=code, title=title)
        for requirement in gone:
            ledger.drop(requirement, what=f"“{title}” for {requirement.group}")


def _by_group_and_title(groups: list[Item]) -> dict[tuple[str, str], Item]:
    return {
        (group["code"], item["title"]): {**item, "position": position}
        for group in groups
        for position, item in enumerate(group["requirements"], start=1)
    }


def _met_by(ledger: Ledger, what: str, requirement: Requirement, wanted: dict[int, bool]) -> None:
    """Name the courses that meet it and those that only renew it: by key of the course, whether it only renews."""
    options = RequirementOption.objects.filter(partnership=requirement.partnership, requirement=requirement)
    had = dict(options.values_list("course_id", "only_renews"))
    if had == wanted:
        return
    options.exclude(course_id__in=wanted).delete()
    for key, only_renews in wanted.items():
        RequirementOption.objects.update_or_create(
            partnership=requirement.partnership,
            requirement=requirement,
            course_id=key,
            defaults={"only_renews": only_renews},
        )
    ledger.note_change(what, requirement, before=_courses_named(had), after=_courses_named(wanted))


def _courses_named(options: dict[int, bool]) -> Item:
    return {
        "courses": sorted(key for key, only_renews in options.items() if not only_renews),
        "renewals": sorted(key for key, only_renews in options.items() if only_renews),
    }
