from django.db import models

from courses.models import Course
from partnerships.models import Person
from partnerships.tenancy import TenantModel


class Interest(TenantModel):
    """Somebody who wants to hear when a course has new dates; told once, then the interest is over."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="interests")
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="interests")
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "person", "course"], name="one_interest_in_a_course"
            )
        ]
        indexes = [models.Index(fields=["partnership", "course"], name="interest_by_course")]

    def __str__(self) -> str:
        return f"{self.person} waits for dates of {self.course}"
