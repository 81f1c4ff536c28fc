from django.db import models

from courses.models.course import Course
from partnerships.models import CompetencyGroup
from partnerships.tenancy import TenantModel


class Requirement(TenantModel):
    """One thing that a group must or should learn; any one of its options meets it.

    Without options it is met outside the portal, such as by an induction, and recorded by the organisation.
    """

    class Kind(models.TextChoices):
        REQUIRED = "required", "Required"
        RECOMMENDED = "recommended", "Recommended"

    group = models.ForeignKey(CompetencyGroup, on_delete=models.CASCADE, related_name="requirements")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    title = models.CharField(max_length=200)
    accepts_equivalent = models.BooleanField(default=False)
    refresher_months = models.PositiveSmallIntegerField(null=True, blank=True)
    note = models.TextField(blank=True)
    section = models.CharField(max_length=60, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    courses = models.ManyToManyField(
        Course,
        through="RequirementOption",
        through_fields=("requirement", "course"),
        related_name="requirements",
    )

    class Meta:
        ordering = ["group__position", "kind", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "group", "title"], name="one_requirement_per_title"
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.get_kind_display().lower()} for {self.group})"


class RequirementOption(TenantModel):
    """One course by which a requirement can be met."""

    requirement = models.ForeignKey(Requirement, on_delete=models.CASCADE, related_name="options")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="requirement_options")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partnership", "requirement", "course"], name="option_named_once")
        ]

    def __str__(self) -> str:
        return f"{self.course} meets {self.requirement}"
