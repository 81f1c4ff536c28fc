"""Whom a course is for, by the groups of the competency framework and by sectors, and who is outside of that."""

from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, CharField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast

from courses.models import Course, CourseGroup, CourseSector, RequirementOption
from partnerships.models import CompetencyGroup, Membership, Sector


@dataclass(frozen=True)
class Audience:
    """The groups and sectors that a course names, and all groups that are inside; none named is everybody."""

    named: tuple[str, ...]
    inside: frozenset[int]
    titles: dict[int, str]
    sectors: dict[int, str]
    sectors_named: frozenset[int]

    def outside(self, membership: Membership) -> str:
        """Say why somebody is outside; nothing where they are not, or nobody has said which group they are in."""
        return " ".join(filter(None, (self._outside_groups(membership), self._outside_sectors(membership))))

    def _outside_groups(self, membership: Membership) -> str:
        group = membership.competency_group_id
        if not self.named or group is None or group in self.inside:
            return ""
        return f"This course is for {_listed(self.named)}. It is not meant for {self.titles[group]}."

    def _outside_sectors(self, membership: Membership) -> str:
        if not self.sectors_named or membership.organisation.sector_id in self.sectors_named:
            return ""
        named = tuple(name for key, name in self.sectors.items() if key in self.sectors_named)
        theirs = f"{membership.organisation} belongs to {self.sectors[membership.organisation.sector_id]}"
        noun = "sector" if len(named) == 1 else "sectors"
        return f"This course is meant for the {noun} {_listed(named)}, and {theirs}."


def audience_of(course: Course) -> Audience:
    """Whom the course is for: the groups that it names, those whose requirements it meets, and all that build on them;
    of these, where it names sectors, those who come from one.

    One query; ask once and then tell many people by it.
    """
    groups = _rows(
        CompetencyGroup.objects.filter(partnership=course.partnership_id),
        "group",
        "title",
        Exists(CourseGroup.objects.filter(course=course, group=OuterRef("pk"))),
        Exists(RequirementOption.objects.filter(course=course, requirement__group=OuterRef("pk"))),
        F("builds_on_id"),
    )
    sectors = _rows(
        Sector.objects.filter(partnership=course.partnership_id),
        "sector",
        "name",
        Exists(CourseSector.objects.filter(course=course, sector=OuterRef("pk"))),
        Value(False),
        Value(None, output_field=BigIntegerField()),
    )
    rows = list(groups.union(sectors, all=True).order_by("kind", "position", "pk"))
    named = [row for row in rows if row["is_named"]]
    of_groups = [row for row in rows if row["kind"] == "group"]
    inside = {row["pk"] for row in of_groups if row["is_named"] or row["needs_it"]}
    while further := {row["pk"] for row in of_groups if row["on"] in inside} - inside:
        inside |= further
    return Audience(
        named=tuple(row["label"] for row in named if row["kind"] == "group"),
        inside=frozenset(inside),
        titles={row["pk"]: row["label"] for row in of_groups},
        sectors={row["pk"]: row["label"] for row in rows if row["kind"] == "sector"},
        sectors_named=frozenset(row["pk"] for row in named if row["kind"] == "sector"),
    )


def _rows(
    queryset: QuerySet, kind: str, label: str, is_named: Any, needs_it: Any, on: Any
) -> "QuerySet[Any, dict[str, Any]]":
    return (
        queryset.order_by()
        .annotate(
            kind=Value(kind, output_field=CharField()),
            label=Cast(label, CharField()),
            is_named=is_named,
            needs_it=needs_it,
            on=on,
        )
        .values("kind", "position", "pk", "label", "is_named", "needs_it", "on")
    )


def outside_audience(course: Course, membership: Membership) -> str:
    """Say why this person is outside the course's audience; an empty text where they are not."""
    return audience_of(course).outside(membership)


def _listed(titles: tuple[str, ...]) -> str:
    return titles[0] if len(titles) == 1 else f"{'; '.join(titles[:-1])}; and {titles[-1]}"
