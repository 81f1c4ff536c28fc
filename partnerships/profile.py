"""The file that a partnership joins by: its names, organisations, framework, programme and policy."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from partnerships.policy import Policy, Strict

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=50)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Words = Annotated[str, Field(min_length=1)]

# The first parts of the portal's own addresses.
RESERVED = frozenset({"accounts", "admin", "demo", "healthz", "readyz", "static", "s"})


class Method(StrEnum):
    """How a course is taught."""

    FACE_TO_FACE = "face_to_face"
    VIRTUAL = "virtual"
    BLENDED = "blended"
    E_LEARNING = "e_learning"
    BRIEFING = "briefing"
    WEBINAR = "webinar"
    FORUM = "forum"
    CONFERENCE = "conference"

    @property
    def label(self) -> str:
        """The method in words."""
        return {"e_learning": "E-learning"}.get(self.value, self.value.replace("_", " ").capitalize())


class PartnershipProfile(Strict):
    """Names, colours and the coordinator in whose name messages go out."""

    slug: Slug
    name: Words
    short_name: Words
    area: Words
    strategy_title: Words
    policy_effective_from: date
    brand_colour: Colour
    accent_colour: Colour
    coordinator_name: Words
    coordinator_email: Email
    coordinator_phone: str = ""
    website: str = ""

    @model_validator(mode="after")
    def _free_address(self) -> Self:
        if self.slug in RESERVED:
            raise ValueError(f"slug “{self.slug}” is one of the portal's own addresses; choose another")
        return self


class SectorProfile(Strict):
    """A kind of organisation."""

    code: Slug
    name: Words


class OrganisationProfile(Strict):
    """An example organisation to start with."""

    name: Words
    sector: Slug
    charging_class: str = ""


class SubGroupProfile(Strict):
    """The group that steers training."""

    name: Words
    reports_to: tuple[Words, ...]
    remit: str = ""
    meetings_a_year: Annotated[int, Field(ge=1, le=24)]
    papers_working_days: Annotated[int, Field(ge=0, le=30)] = 5
    section: str = ""
    portal_default: bool = False


class PriorityProfile(Strict):
    """A priority of the partnership, to which courses may belong."""

    code: Words
    title: Words
    section: str = ""


class RequirementProfile(Strict):
    """One thing that a group must or should learn; any one of ``any_of`` meets it.

    Without ``any_of`` it is met outside the portal (such as an induction) and recorded by the organisation.
    """

    title: Words
    kind: Literal["required", "recommended"]
    any_of: tuple[Slug, ...] = ()
    accepts_equivalent: bool = False
    refresher_months: Annotated[int, Field(ge=1, le=120)] | None = None
    note: str = ""
    section: str = ""


class GroupProfile(Strict):
    """A target group or level of the competency framework."""

    code: Words
    title: Words
    who: Words
    builds_on: str = ""
    refresher_months: Annotated[int, Field(ge=1, le=120)] | None = None
    exemptions: str = ""
    section: str = ""
    requirements: tuple[RequirementProfile, ...] = ()


class CourseProfile(Strict):
    """One course of the learning offer."""

    slug: Slug
    title: Words
    theme: Words
    method: Method
    groups: tuple[str, ...] = ()
    priority: str = ""
    audience: str = ""
    summary: str = ""
    objectives: tuple[Words, ...] = ()
    duration: str = ""
    hours: Annotated[Decimal, Field(ge=0, le=100)] = Decimal(0)
    days: Annotated[int, Field(ge=1, le=10)] = 1
    frequency: str = ""
    trained_by: str = ""
    before_you_come: str = ""
    asks_impact: bool = True
    asks_line_manager: bool = False
    charge_band: Slug = "core"
    is_published: bool = True
    section: str = ""

    @model_validator(mode="after")
    def _published_courses_are_whole(self) -> Self:
        if self.is_published:
            for part in ("audience", "summary", "objectives", "duration", "trained_by"):
                if not getattr(self, part):
                    raise ValueError(f"a published course states its {part}; add it or set is_published = false")
        return self


class Profile(Strict):
    """A whole partnership, as its file describes it."""

    partnership: PartnershipProfile
    sectors: Annotated[tuple[SectorProfile, ...], Field(min_length=1)]
    organisations: tuple[OrganisationProfile, ...] = ()
    subgroup: SubGroupProfile
    priorities: tuple[PriorityProfile, ...] = ()
    groups: Annotated[tuple[GroupProfile, ...], Field(min_length=1)]
    courses: Annotated[tuple[CourseProfile, ...], Field(min_length=1)]
    policy: Policy
