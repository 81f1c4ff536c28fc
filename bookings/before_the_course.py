"""What is to be done before a course, and who has done how much of it."""

from dataclasses import dataclass

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from bookings.models import Booking, TaskDone
from bookings.querysets import BookingQuerySet
from courses.models import Course, CourseTask


@dataclass(frozen=True)
class ToDo:
    """One task for one booking."""

    task: CourseTask
    is_done: bool


def tasks_of(course: Course) -> list[CourseTask]:
    """The tasks of a course, in their order (one query)."""
    return list(CourseTask.objects.filter(partnership=course.partnership_id, course=course))


def to_do_for(booking: Booking) -> list[ToDo]:
    """The tasks of the booking's course, each with whether it is ticked off (at most two queries)."""
    tasks = tasks_of(booking.session.course)
    if not tasks:
        return []
    done = TaskDone.objects.filter(partnership=booking.partnership_id, booking=booking)
    keys = set(done.values_list("task_id", flat=True))
    return [ToDo(task, task.pk in keys) for task in tasks]


def with_tasks_done(bookings: BookingQuerySet) -> BookingQuerySet:
    """Annotate each with ``done_count``, how many tasks are ticked off."""
    done = (
        TaskDone.objects.filter(partnership=OuterRef("partnership"), booking=OuterRef("pk"))
        .order_by()
        .values("booking")
        .annotate(number=Count("*"))
        .values("number")
    )
    return bookings.annotate(done_count=Coalesce(Subquery(done), 0))
