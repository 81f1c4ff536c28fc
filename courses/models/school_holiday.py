from datetime import date

from django.db import models
from django.db.models import F, Q

from courses.querysets import SchoolHolidayQuerySet
from partnerships.tenancy import TenantModel


class SchoolHoliday(TenantModel):
    """Days on which the schools of the area are closed, so that their staff can't come."""

    name = models.CharField(max_length=100)
    first_day = models.DateField()
    last_day = models.DateField()

    objects = SchoolHolidayQuerySet.as_manager()

    class Meta:
        ordering = ["first_day", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "first_day"], name="one_holiday_per_first_day"),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="holiday_ends_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.first_day:%d %B %Y}"

    def holds(self, day: date) -> bool:
        """Tell whether the day belongs to it."""
        return self.first_day <= day <= self.last_day
