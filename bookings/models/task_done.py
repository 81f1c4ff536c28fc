import pgtrigger
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
        triggers = [
            # Its other half is on bookings, which may move to another session.
            pgtrigger.Trigger(
                name="task_of_the_course",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("booking_id", "task_id"),
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM bookings_booking booking
                        JOIN courses_session session ON session.id = booking.session_id
                        JOIN courses_coursetask task ON task.course_id = session.course_id
                        WHERE booking.id = NEW.booking_id AND task.id = NEW.task_id
                    ) THEN
                        RAISE EXCEPTION 'a task that is ticked off is one of the course that is booked'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task}, by {self.booking.person}"
