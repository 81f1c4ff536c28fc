from django.db import models
from django.db.models import Q

from courses.models.course import Course
from courses.querysets import CourseTaskQuerySet
from partnerships.tenancy import TenantModel


class CourseTask(TenantModel):
    """Something to do before a course: to read, to watch or to think about."""

    class Kind(models.TextChoices):
        READ = "read", "Read"
        WATCH = "watch", "Watch"
        REFLECT = "reflect", "Reflect"

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="tasks")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    title = models.CharField(max_length=200)
    link = models.URLField(max_length=500, blank=True)
    text = models.TextField(blank=True)
    minutes = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()

    objects = CourseTaskQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(link="") | ~Q(text=""), name="task_says_what_to_do"),
            models.CheckConstraint(condition=Q(minutes__gte=1), name="task_takes_time"),
        ]
        indexes = [models.Index(fields=["partnership", "course", "position"], name="task_by_course")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.title}"

    @property
    def in_words(self) -> str:
        """What to do and how long it takes, in one line."""
        return f"{self} ({self.minutes} minute{'' if self.minutes == 1 else 's'})"
