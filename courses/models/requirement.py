from django.db import models

from courses.models.course import Course
from courses.querysets import RequirementQuerySet
from partnerships.models import CompetencyGroup
from partnerships.tenancy import TenantModel


class Requirement(TenantModel):
    """One thing that a group must or should learn; any one of its courses meets it.

    Without any it is met outside the portal, such as by an induction, and recorded by the organisation.
    """

    class Kind(models.TextChoices):
        REQUIRED = "required", "Required"
        RECOMMENDED = "recommended", "Recommended"

    group = models.ForeignKey(CompetencyGroup, on_delete=models.CASCADE, related_name="requirements")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    title = models.CharField(max_length=200)
    accepts_equivalent = models.BooleanField(default=False)
    refresher_months = models.PositiveSmallIntegerField(null=True, blank=True)
    exempt = models.TextField("who is exempt", blank=True, help_text="One kind of people a line.")
    note = models.TextField(blank=True)
    section = models.CharField(max_length=60, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    objects = RequirementQuerySet.as_manager()

    class Meta:
        ordering = ["group__position", "kind", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "group", "title"], name="one_requirement_per_title"
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.get_kind_display().lower()} for {self.group})"

    @property
    def exempt_reasons(self) -> list[str]:
        """Who is exempt, one by one: the reasons for which somebody may be."""
        return self.exempt.splitlines()

    @property
    def courses(self) -> list[Course]:
        """The courses of which any one meets it (reads the options unless they were read ``with_courses``)."""
        return [option.course for option in self.options.all() if not option.only_renews]

    @property
    def renewals(self) -> list[Course]:
        """The courses that renew it for whoever has met it before, and don't meet it by themselves."""
        return [option.course for option in self.options.all() if option.only_renews]


class RequirementOption(TenantModel):
    """One course by which a requirement can be met, or renewed by whoever has met it before."""

    requirement = models.ForeignKey(Requirement, on_delete=models.CASCADE, related_name="options")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="requirement_options")
    only_renews = models.BooleanField(default=False)

    class Meta:
        ordering = ["course__title", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "requirement", "course"], name="option_named_once")
        ]

    def __str__(self) -> str:
        return f"{self.course} {'renews' if self.only_renews else 'meets'} {self.requirement}"
