from django.db import models

from bookings.models.booking import Booking
from courses.models import CourseTask
from partnerships.tenancy import TenantModel


class TaskDone(TenantModel):
    """A pre-course task that somebody has ticked off for a booking."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="tasks_done")
    task = models.ForeignKey(CourseTask, on_delete=models.CASCADE, related_name="done")
    done_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partnership", "booking", "task"], name="task_done_once")
        ]

    def __str__(self) -> str:
        return f"{self.task}, by {self.booking.person}"
