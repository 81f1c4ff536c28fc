"""Whom a course is for, by the groups of the competency framework, and who is outside of that."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from courses.models import Course, CourseGroup, RequirementOption
from partnerships.models import CompetencyGroup, Membership


@dataclass(frozen=True)
class Audience:
    """The groups that a course names, and all that are inside; no group at all where the course is for everybody."""

    named: tuple[str, ...]
    inside: frozenset[int]
    titles: dict[int, str]

    def outside(self, membership: Membership) -> str:
        """Say why somebody is outside; nothing where they are not, or nobody has said which group they are in."""
        group = membership.competency_group_id
        if not self.named or group is None or group in self.inside:
            return ""
        return f"This course is for {_listed(self.named)}. It is not meant for {self.titles[group]}."


def audience_of(course: Course) -> Audience:
    """Whom the course is for: the groups that it names, those whose requirements it meets, and all that build on them.

    One query; ask once and then tell many people by it.
    """
    groups = list(
        CompetencyGroup.objects.filter(partnership=course.partnership_id)
        .annotate(
            is_named=Exists(CourseGroup.objects.filter(course=course, group=OuterRef("pk"))),
            needs_it=Exists(
                RequirementOption.objects.filter(course=course, requirement__group=OuterRef("pk"))
            ),
        )
        .order_by("position", "pk")
    )
    inside = {one.pk for one in groups if one.is_named or one.needs_it}
    while further := {one.pk for one in groups if one.builds_on_id in inside} - inside:
        inside |= further
    return Audience(
        named=tuple(one.title for one in groups if one.is_named),
        inside=frozenset(inside),
        titles={one.pk: one.title for one in groups},
    )


def outside_audience(course: Course, membership: Membership) -> str:
    """Say why this person is outside the course's audience; an empty text where they are not."""
    return audience_of(course).outside(membership)


def _listed(titles: tuple[str, ...]) -> str:
    return titles[0] if len(titles) == 1 else f"{'; '.join(titles[:-1])}; and {titles[-1]}"
