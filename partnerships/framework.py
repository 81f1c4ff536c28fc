"""The competency framework: the groups or levels of a partnership, and what each requires.

A partnership's file describes it, and each version of the policy keeps it as it then was.
"""

from typing import Annotated, Literal

from pydantic import Field

from partnerships.strict import Strict

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=50)]
# As long as the database's columns are.
Words = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Code = Annotated[str, Field(min_length=1, max_length=20)]
ShortSection = Annotated[str, Field(max_length=60)]


class RequirementProfile(Strict):
    """One thing that a group must or should learn; any one of ``any_of`` meets it.

    Each of ``renewed_by`` renews it for whoever has met it before; ``exempt`` says in words who need not meet it, each
    of whom the organisation or the team names. Without ``any_of`` it is met outside the portal (such as an induction)
    and recorded by the organisation.
    """

    title: Name
    kind: Literal["required", "recommended"]
    any_of: tuple[Slug, ...] = ()
    renewed_by: tuple[Slug, ...] = ()
    accepts_equivalent: bool = False
    refresher_months: Annotated[int, Field(ge=1, le=120)] | None = None
    exempt: tuple[Name, ...] = ()
    note: str = ""
    section: ShortSection = ""


class GroupProfile(Strict):
    """A target group or level of the competency framework."""

    code: Code
    title: Name
    who: Words
    builds_on: str = ""
    refresher_months: Annotated[int, Field(ge=1, le=120)] | None = None
    exemptions: str = ""
    section: ShortSection = ""
    requirements: tuple[RequirementProfile, ...] = ()


def in_words(framework: tuple[GroupProfile, ...]) -> dict[str, tuple[str, str]]:
    """Each group and each requirement by a key of its own: its name, and what the framework says of it."""
    found: dict[str, tuple[str, str]] = {}
    titles = {group.code: group.title for group in framework}
    for group in framework:
        found[f"framework.{group.code}"] = (f"Competency framework: {group.title}", _group(group, titles))
        for one in group.requirements:
            key = f"framework.{group.code}.{one.title.lower()}"
            found[key] = (f"{group.title}: {one.title}", _requirement(one))
    return found


def _group(group: GroupProfile, titles: dict[str, str]) -> str:
    parts = [
        group.who,
        f"Builds on: {titles[group.builds_on]}." if group.builds_on else "",
        _again(group.refresher_months),
        group.exemptions,
        _source(group.section),
    ]
    return " ".join(filter(None, parts))


def _requirement(one: RequirementProfile) -> str:
    parts = [
        f"{one.kind.capitalize()}.",
        f"Met by: {_listed(one.any_of)}." if one.any_of else "Recorded by the organisation.",
        f"Whoever has met it before renews it by: {_listed(one.renewed_by)}." if one.renewed_by else "",
        "An equivalent course counts as well." if one.accepts_equivalent and one.any_of else "",
        _again(one.refresher_months),
        f"Exempt: {'; '.join(one.exempt)}." if one.exempt else "",
        one.note,
        _source(one.section),
    ]
    return " ".join(filter(None, parts))


def _again(months: int | None) -> str:
    return f"To be done again within {months} months." if months else ""


def _source(section: str) -> str:
    return f"Source: {section}." if section else ""


def _listed(slugs: tuple[str, ...]) -> str:
    return " or ".join(f"“{slug.replace('-', ' ')}”" for slug in slugs)
