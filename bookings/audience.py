"""Whom a course is for, by the groups of the competency framework and by sectors, and who is outside of that."""

from functools import cached_property

from django.db.models import CharField, F, Value

from courses.models import Course, CourseGroup, CourseSector, RequirementOption
from partnerships.models import CompetencyGroup, Membership, Sector


class Audience:
    """The groups that a course names, those whose requirements it meets, and all that build on them; of these, where
    it names sectors, those who come from one. None named is everybody.

    Asks once what the course names, and about the rest of the framework only when somebody may be outside: one query
    for everybody who is plainly inside, three at most.
    """

    def __init__(self, course: Course) -> None:
        self.course = course

    def outside(self, membership: Membership) -> str:
        """Say why somebody is outside; nothing where they are not, or nobody has said which group they are in."""
        return " ".join(filter(None, (self._outside_groups(membership), self._outside_sectors(membership))))

    def _outside_groups(self, membership: Membership) -> str:
        group, named = membership.competency_group_id, self._named["group"]
        if not named or group is None or group in named | self._named["needs it"] or group in self._inside:
            return ""
        titles = {key: title for key, title, _on in self._groups}
        those = tuple(title for key, title in titles.items() if key in named)
        return f"This course is for {_listed(those)}. It is not meant for {titles[group]}."

    def _outside_sectors(self, membership: Membership) -> str:
        named = self._named["sector"]
        if not named or membership.organisation.sector_id in named:
            return ""
        those = tuple(name for key, name in self._sectors.items() if key in named)
        theirs = f"{membership.organisation} belongs to {self._sectors[membership.organisation.sector_id]}"
        noun = "sector" if len(those) == 1 else "sectors"
        return f"This course is meant for the {noun} {_listed(those)}, and {theirs}."

    @cached_property
    def _named(self) -> dict[str, set[int]]:
        groups = CourseGroup.objects.filter(course=self.course)
        needing = RequirementOption.objects.filter(course=self.course)
        sectors = CourseSector.objects.filter(course=self.course)
        named: dict[str, set[int]] = {"group": set(), "needs it": set(), "sector": set()}
        rows = [
            rows.order_by().values_list(Value(kind, output_field=CharField()), F(key))
            for rows, kind, key in (
                (groups, "group", "group_id"),
                (needing, "needs it", "requirement__group_id"),
                (sectors, "sector", "sector_id"),
            )
        ]
        for kind, key in rows[0].union(*rows[1:], all=True):
            named[kind].add(key)
        return named

    @cached_property
    def _inside(self) -> set[int]:
        inside = self._named["group"] | self._named["needs it"]
        while further := {key for key, _title, on in self._groups if on in inside} - inside:
            inside |= further
        return inside

    @cached_property
    def _groups(self) -> list[tuple[int, str, int | None]]:
        groups = CompetencyGroup.objects.filter(partnership=self.course.partnership_id)
        return list(groups.values_list("pk", "title", "builds_on_id"))

    @cached_property
    def _sectors(self) -> dict[int, str]:
        sectors = Sector.objects.filter(partnership=self.course.partnership_id)
        return dict(sectors.values_list("pk", "name"))


def outside_audience(course: Course, membership: Membership) -> str:
    """Say why this person is outside the course's audience; an empty text where they are not."""
    return Audience(course).outside(membership)


def _listed(titles: tuple[str, ...]) -> str:
    return titles[0] if len(titles) == 1 else f"{'; '.join(titles[:-1])}; and {titles[-1]}"
