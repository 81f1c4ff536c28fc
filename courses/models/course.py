from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q

from courses.querysets import CourseQuerySet
from partnerships.models import CompetencyGroup, Sector
from partnerships.policy import ApprovalRule
from partnerships.profile import Method
from partnerships.tenancy import TenantModel


class Priority(TenantModel):
    """A priority of the partnership to which courses may belong."""

    code = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    section = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "priorities"
        constraints = [models.UniqueConstraint(fields=["partnership", "code"], name="one_priority_per_code")]

    def __str__(self) -> str:
        return self.title


class Course(TenantModel):
    """A course of the learning offer; its sessions are the dated deliveries."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        ARCHIVED = "archived", "No longer offered"

    slug = models.SlugField()
    title = models.CharField(max_length=200)
    theme = models.CharField(max_length=100)
    method = models.CharField(max_length=20, choices=[(method.value, method.label) for method in Method])
    priority = models.ForeignKey(
        Priority, null=True, blank=True, on_delete=models.PROTECT, related_name="courses"
    )
    groups = models.ManyToManyField(
        CompetencyGroup,
        through="CourseGroup",
        through_fields=("course", "group"),
        related_name="courses",
    )
    sectors = models.ManyToManyField(
        Sector, through="CourseSector", through_fields=("course", "sector"), related_name="courses"
    )
    audience = models.TextField("target audience", blank=True)
    summary = models.TextField(blank=True)
    objectives = models.TextField("learning objectives", blank=True, help_text="One objective a line.")
    duration = models.CharField(max_length=100, blank=True, help_text="In words, such as half a day.")
    hours = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    counts_for_no_level = models.BooleanField(
        "counts for no level or group",
        default=False,
        help_text="Where no group is named on purpose, such as for a trainers’ event.",
    )
    days = models.PositiveSmallIntegerField(default=1)
    frequency = models.CharField(max_length=100, blank=True)
    trained_by = models.CharField(max_length=200, blank=True)
    before_you_come = models.TextField(blank=True, help_text="Prerequisites and pre-course tasks.")
    asks_pre_course = models.BooleanField("asks those with a place before the course", default=False)
    asks_evaluation = models.BooleanField("asks those who attended for an evaluation", default=True)
    asks_impact = models.BooleanField("asks for longer-term impact", default=True)
    asks_line_manager = models.BooleanField("asks the line manager about impact", default=False)
    asks_trainer_feedback = models.BooleanField("asks its trainers for feedback", default=False)
    asks_prerequisite = models.BooleanField(
        "asks for what the policy wants done first",
        default=True,
        help_text="Not for a course that is itself the first training.",
    )
    approval = models.CharField(
        "who approves bookings",
        max_length=20,
        blank=True,
        choices=[(rule.value, rule.label) for rule in ApprovalRule],
        help_text="Empty for what the policy says.",
    )
    charge_band = models.SlugField(default="core")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    section = models.CharField("section of the strategy", max_length=60, blank=True)
    search = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("theme", weight="B", config="english")
        + SearchVector("summary", "audience", weight="C", config="english")
        + SearchVector("objectives", weight="D", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = CourseQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "slug"], name="one_course_per_slug"),
            # What every published course states before anybody is asked to book it.
            models.CheckConstraint(
                condition=~Q(status="published")
                | (
                    ~Q(audience="")
                    & ~Q(summary="")
                    & ~Q(objectives="")
                    & ~Q(duration="")
                    & ~Q(trained_by="")
                    & Q(hours__gt=0)
                ),
                name="published_course_is_whole",
            ),
        ]
        indexes = [models.Index(fields=["partnership", "status", "title"], name="course_by_title")]

    def __str__(self) -> str:
        return self.title

    @property
    def objective_list(self) -> list[str]:
        """The objectives one by one."""
        return [line.strip() for line in self.objectives.splitlines() if line.strip()]


class CourseGroup(TenantModel):
    """The level or group that a course counts for."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="group_links")
    group = models.ForeignKey(CompetencyGroup, on_delete=models.PROTECT, related_name="course_links")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "course", "group"], name="course_counts_once_for_a_group"
            )
        ]

    def __str__(self) -> str:
        return f"{self.course} counts for {self.group}"


class CourseSector(TenantModel):
    """A sector whose people a course is meant for; a course without any is meant for all sectors."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="sector_links")
    sector = models.ForeignKey(Sector, on_delete=models.PROTECT, related_name="course_links")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "course", "sector"], name="course_names_a_sector_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.course} is meant for {self.sector}"
