"""What people do before they come to a course, as the team writes it down."""

from dataclasses import asdict, dataclass

from django.db import transaction
from django.db.models import Max

from courses.models import Course, CourseTask
from courses.refusals import PlanRefused
from partnerships import audit
from partnerships.actors import Actor
from partnerships.permissions import Permission, require

MOST = 20


@dataclass(frozen=True)
class TaskDetails:
    """One task: what to do, where to find it, and how long it takes."""

    kind: str
    title: str
    minutes: int
    link: str = ""
    text: str = ""


def write_task(*, actor: Actor, course: Course, details: TaskDetails) -> CourseTask:
    """Add a task at the end of the course's tasks. Locks the course."""
    require(actor, Permission.PLAN_PROGRAMME)
    with transaction.atomic():
        course = _locked(actor, course)
        _check(details)
        tasks = CourseTask.objects.filter(partnership=actor.partnership, course=course)
        if tasks.count() >= MOST:
            raise PlanRefused(f"A course has at most {MOST} tasks.", "title")
        last = tasks.aggregate(last=Max("position"))["last"] or 0
        task = CourseTask.objects.create(
            partnership=actor.partnership, course=course, position=last + 1, **asdict(details)
        )
        audit.record(actor, "courses.write_task", task, after={**asdict(details), "course": course.pk})
    return task


def change_task(*, actor: Actor, task: CourseTask, details: TaskDetails) -> CourseTask:
    """Change a task; whoever has ticked it off has done it all the same. Locks the course."""
    require(actor, Permission.PLAN_PROGRAMME)
    with transaction.atomic():
        _locked(actor, task.course)
        task = CourseTask.objects.visible_to(actor).get(pk=task.pk)
        _check(details)
        after = asdict(details)
        before = {name: getattr(task, name) for name in after}
        if after != before:
            for name, value in after.items():
                setattr(task, name, value)
            task.save(update_fields=list(after))
            audit.record(actor, "courses.change_task", task, before=before, after=after)
    return task


def move_task_up(*, actor: Actor, task: CourseTask) -> None:
    """Let a task change places with the one before it. Locks the course."""
    require(actor, Permission.PLAN_PROGRAMME)
    with transaction.atomic():
        _locked(actor, task.course)
        tasks = list(CourseTask.objects.visible_to(actor).filter(course=task.course_id))
        here = next((number for number, one in enumerate(tasks) if one.pk == task.pk), 0)
        if here == 0:
            return
        before = [one.pk for one in tasks]
        tasks[here - 1], tasks[here] = tasks[here], tasks[here - 1]
        for position, one in enumerate(tasks, start=1):
            one.position = position
        CourseTask.objects.bulk_update(tasks, ["position"])
        after = [one.pk for one in tasks]
        audit.record(actor, "courses.move_task_up", task, before={"order": before}, after={"order": after})


def remove_task(*, actor: Actor, task: CourseTask) -> None:
    """Take a task out, with what was ticked off of it; done twice is done once. Locks the course."""
    require(actor, Permission.PLAN_PROGRAMME)
    with transaction.atomic():
        _locked(actor, task.course)
        found = CourseTask.objects.visible_to(actor).filter(pk=task.pk).first()
        if found is None:
            return
        audit.record(
            actor, "courses.remove_task", found, before={"course": found.course_id, "title": found.title}
        )
        found.delete()


def _locked(actor: Actor, course: Course) -> Course:
    return Course.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=course.pk)


def _check(details: TaskDetails) -> None:
    if not details.link and not details.text:
        raise PlanRefused("Give a link, or say in words what to do.", "link")
