"""The desk's pages about what people do before they come to a course."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from courses.exports import TASKS
from courses.filters import TaskFilter
from courses.forms.task import TaskForm
from courses.models import Course, CourseTask
from courses.refusals import PlanRefused
from courses.services import tasks as services
from partnerships.downloads import download_list
from partnerships.permissions import Permission, requires

ROWS = 50


@requires(Permission.PLAN_PROGRAMME)
def task_list(request: HttpRequest, slug: str) -> HttpResponse:
    """The tasks of a course: in their order, or filtered and sorted."""
    course = _course(request, slug)
    chosen = _chosen(request, course)
    page = Paginator(chosen.qs, ROWS).get_page(request.GET.get("page"))
    in_order = not chosen.in_use and not chosen.order_asked
    context = {"course": course, "filter": chosen, "page_obj": page, "in_order": in_order}
    return render(request, "courses/desk/tasks.html", context)


@requires(Permission.PLAN_PROGRAMME)
def task_list_export(request: HttpRequest, slug: str, ending: str) -> HttpResponseBase:
    """The same tasks, to download."""
    chosen = _chosen(request, _course(request, slug))
    return download_list(request, "tasks", ending, TASKS.of(chosen.qs), filtered_by=chosen.in_use)


@requires(Permission.PLAN_PROGRAMME)
def task_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a task."""
    course = _course(request, slug)
    form = TaskForm(request.POST or None)
    if form.is_valid():
        try:
            services.write_task(actor=request.actor, course=course, details=form.details)
        except PlanRefused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
        else:
            messages.success(request, "The task is saved.")
            return redirect("courses:desk_tasks", request.partnership.slug, slug)
    return render(request, "courses/desk/task_form.html", {"form": form, "course": course})


@requires(Permission.PLAN_PROGRAMME)
def task_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a task."""
    task = _task(request, pk)
    initial = {name: getattr(task, name) for name in ("kind", "title", "link", "text", "minutes")}
    form = TaskForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            services.change_task(actor=request.actor, task=task, details=form.details)
        except PlanRefused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
        else:
            messages.success(request, "The task is saved.")
            return redirect("courses:desk_tasks", request.partnership.slug, task.course.slug)
    context = {"form": form, "course": task.course, "task": task}
    return render(request, "courses/desk/task_form.html", context)


@require_POST
@requires(Permission.PLAN_PROGRAMME)
def task_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a task one place up."""
    task = _task(request, pk)
    services.move_task_up(actor=request.actor, task=task)
    return redirect("courses:desk_tasks", request.partnership.slug, task.course.slug)


@requires(Permission.PLAN_PROGRAMME)
def task_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once more, then remove a task."""
    task = _task(request, pk)
    if request.method != "POST":
        return render(request, "courses/desk/task_remove.html", {"task": task, "course": task.course})
    services.remove_task(actor=request.actor, task=task)
    messages.success(request, "The task is removed.")
    return redirect("courses:desk_tasks", request.partnership.slug, task.course.slug)


def _course(request: HttpRequest, slug: str) -> Course:
    return get_object_or_404(Course.objects.visible_to(request.actor).defer("search"), slug=slug)


def _chosen(request: HttpRequest, course: Course) -> TaskFilter:
    tasks = CourseTask.objects.visible_to(request.actor).filter(course=course)
    return TaskFilter(request.GET, tasks, request=request)


def _task(request: HttpRequest, pk: int) -> CourseTask:
    tasks = CourseTask.objects.visible_to(request.actor).select_related("course").defer("course__search")
    return get_object_or_404(tasks, pk=pk)
