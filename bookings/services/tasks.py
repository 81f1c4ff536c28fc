"""Ticking off what is to be done before a course."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from bookings.models import Booking, TaskDone
from bookings.services.locks import locked_booking
from courses.models import CourseTask
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError


def tick_task(*, actor: Actor, booking: Booking, task: CourseTask) -> None:
    """Say that a task is done. Locks the session; done twice is done once."""
    with transaction.atomic():
        booking = _own_booking(actor, booking, task)
        _, is_new = TaskDone.objects.get_or_create(
            partnership=actor.partnership, booking=booking, task=task, defaults={"done_at": timezone.now()}
        )
        if is_new:
            audit.record(actor, "bookings.tick_task", booking, after={"task": task.pk})


def untick_task(*, actor: Actor, booking: Booking, task: CourseTask) -> None:
    """Say that a task is not done after all. Locks the session; done twice is done once."""
    with transaction.atomic():
        booking = _own_booking(actor, booking, task)
        done = TaskDone.objects.filter(partnership=actor.partnership, booking=booking, task=task)
        if done.delete()[0]:
            audit.record(actor, "bookings.untick_task", booking, before={"task": task.pk})


def carry_tasks(ended: Booking, booking: Booking) -> None:
    """Take what was ticked off along to the booking that goes on for one that ended.

    For services that hold the session's lock and write the audit.
    """
    for done in TaskDone.objects.filter(partnership=ended.partnership, booking=ended):
        TaskDone.objects.get_or_create(
            partnership=ended.partnership,
            booking=booking,
            task_id=done.task_id,
            defaults={"done_at": done.done_at},
        )


def _own_booking(actor: Actor, booking: Booking, task: CourseTask) -> Booking:
    if actor.person is None or actor.person.pk != booking.person_id:
        raise PermissionDenied("Only the person who comes can tick tasks off.")
    booking = locked_booking(actor, booking)
    if not booking.is_upcoming:
        raise DomainError("This booking is closed, so its tasks can’t be ticked off any more.")
    if task.course_id != booking.session.course_id:
        raise DomainError("This task belongs to another course.")
    return booking
