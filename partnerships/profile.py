"""The file that a partnership joins by: its names, organisations, framework, programme and policy."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from partnerships.framework import Code, GroupProfile, Name, ShortSection, Slug, Words
from partnerships.policy import Policy
from partnerships.strict import Strict

Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]
Website = Annotated[str, Field(pattern=r"^(https?://\S+)?$", max_length=200)]
Label = Annotated[str, Field(min_length=1, max_length=100)]

# The first parts of the portal's own addresses.
RESERVED = frozenset(
    {"accounts", "admin", "demo", "healthz", "readyz", "static", "s", "accessibility", "privacy"}
)
PARTS_OF_A_PUBLISHED_COURSE = ("audience", "summary", "objectives", "duration", "hours", "trained_by")
MISSING_PART = "is missing; a published course states it (or set is_published = false)"
MISSING_LEVEL = (
    "is missing; a published course names the groups it counts for, or says counts_for_no_level = true "
    "(or set is_published = false)"
)


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
    name: Name
    short_name: Annotated[str, Field(min_length=1, max_length=40)]
    area: Label
    strategy_title: Name
    policy_effective_from: date
    brand_colour: Colour
    accent_colour: Colour
    coordinator_name: Name
    coordinator_email: Email
    coordinator_phone: Annotated[str, Field(max_length=40)] = ""
    website: Website = ""

    @model_validator(mode="after")
    def _free_address(self) -> Self:
        if self.slug in RESERVED:
            raise PydanticCustomError("reserved", "is one of the portal's own addresses; choose another slug")
        return self


class SectorProfile(Strict):
    """A kind of organisation."""

    code: Slug
    name: Label


class OrganisationProfile(Strict):
    """An example organisation to start with."""

    name: Name
    sector: Slug
    charging_class: str = ""


class SubGroupProfile(Strict):
    """The group that steers training."""

    name: Name
    reports_to: tuple[Words, ...]
    remit: str = ""
    meetings_a_year: Annotated[int, Field(ge=1, le=24)]
    papers_working_days: Annotated[int, Field(ge=0, le=30)] = 5
    section: ShortSection = ""
    portal_default: bool = False


class PriorityProfile(Strict):
    """A priority of the partnership, to which courses may belong."""

    code: Code
    title: Name
    section: ShortSection = ""


class CourseProfile(Strict):
    """One course of the learning offer."""

    slug: Slug
    title: Name
    theme: Label
    method: Method
    groups: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    priority: str = ""
    audience: str = ""
    summary: str = ""
    objectives: tuple[Words, ...] = ()
    duration: Annotated[str, Field(max_length=100)] = ""
    hours: Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)] = Decimal(0)
    hours_portal_default: bool = Field(
        default=False, description="The strategy doesn't say how long the course is."
    )
    counts_for_no_level: bool = False
    days: Annotated[int, Field(ge=1, le=10)] = 1
    frequency: Annotated[str, Field(max_length=100)] = ""
    trained_by: Annotated[str, Field(max_length=200)] = ""
    before_you_come: str = ""
    asks_pre_course: bool = False
    asks_evaluation: bool = True
    asks_impact: bool = True
    asks_line_manager: bool = False
    asks_trainer_feedback: bool = False
    asks_prerequisite: bool = True
    approval: Literal["", "none", "line_manager", "organisation_lead", "team"] = ""
    charge_band: Slug = "core"
    is_published: bool = True
    section: ShortSection = ""

    @model_validator(mode="after")
    def _published_courses_are_whole(self) -> Self:
        if self.is_published:
            for part in PARTS_OF_A_PUBLISHED_COURSE:
                if not getattr(self, part):
                    raise PydanticCustomError("whole", "{part} " + MISSING_PART, {"part": part})
            if not self.groups and not self.counts_for_no_level:
                raise PydanticCustomError("whole", "groups " + MISSING_LEVEL)
        if self.groups and self.counts_for_no_level:
            raise PydanticCustomError("whole", "groups are named, so counts_for_no_level can’t be true")
        return self


class ThemeProfile(Strict):
    """What several answers are about, by which the team sorts what people write."""

    code: Slug
    name: Annotated[str, Field(min_length=1, max_length=60)]
    description: Annotated[str, Field(max_length=200)] = ""


class Profile(Strict):
    """A whole partnership, as its file describes it."""

    partnership: PartnershipProfile
    sectors: Annotated[tuple[SectorProfile, ...], Field(min_length=1)]
    organisations: tuple[OrganisationProfile, ...] = ()
    subgroup: SubGroupProfile
    priorities: tuple[PriorityProfile, ...] = ()
    groups: Annotated[tuple[GroupProfile, ...], Field(min_length=1)]
    courses: Annotated[tuple[CourseProfile, ...], Field(min_length=1)]
    questionnaires: dict[str, Words] = Field(
        default={}, description="By kind, the library's questionnaire that is asked instead of the usual one."
    )
    themes: Annotated[tuple[ThemeProfile, ...], Field(max_length=32)] = ()
    policy: Policy
