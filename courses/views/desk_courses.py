"""The desk's pages about courses and venues."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from courses import queries
from courses.exports import COURSES, VENUES
from courses.filters import CourseFilter, VenueFilter
from courses.forms.course import CourseForm, VenueForm
from courses.models import Course, Venue
from courses.refusals import PlanRefused
from courses.services import courses as services
from courses.services import venues
from partnerships.downloads import download_list
from partnerships.permissions import Permission, requires

PAGE_SIZE = 20


@requires(Permission.PLAN_PROGRAMME)
def course_list(request: HttpRequest) -> HttpResponse:
    """All courses, drafts and archived ones included."""
    chosen = _courses(request)
    page = Paginator(chosen.qs, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "courses/desk/courses.html", {"filter": chosen, "page_obj": page})


@requires(Permission.PLAN_PROGRAMME)
def course_list_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same courses, to download."""
    chosen = _courses(request)
    return download_list(request, "courses", ending, COURSES.of(chosen.qs), filtered_by=chosen.in_use)


def _courses(request: HttpRequest) -> CourseFilter:
    found = queries.desk_courses(request.actor, timezone.now())
    return CourseFilter(request.GET, found, request=request)


@requires(Permission.PLAN_PROGRAMME)
def course_new(request: HttpRequest) -> HttpResponse:
    """Write a course."""
    form = CourseForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        try:
            course = services.write_course(actor=request.actor, details=form.details)
        except PlanRefused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
        else:
            messages.success(request, "The course is saved as a draft.")
            return redirect("courses:desk_course", request.partnership.slug, course.slug)
    return render(request, "courses/desk/course_form.html", {"form": form})


@requires(Permission.PLAN_PROGRAMME)
def course_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a course, and see what it lacks."""
    course = get_object_or_404(Course.objects.visible_to(request.actor).defer("search"), slug=slug)
    form = CourseForm(request.POST or None, instance=course, actor=request.actor)
    if form.is_valid():
        try:
            services.change_course(actor=request.actor, course=course, details=form.details)
        except PlanRefused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
        else:
            messages.success(request, "The course is saved.")
            return redirect("courses:desk_course", request.partnership.slug, slug)
    missing = services.missing_parts(course, names_groups=course.groups.exists())
    return render(
        request, "courses/desk/course_form.html", {"form": form, "course": course, "missing": missing}
    )


@require_POST
@requires(Permission.PLAN_PROGRAMME)
def course_publish(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the course to everybody."""
    course = get_object_or_404(Course.objects.visible_to(request.actor).defer("search"), slug=slug)
    try:
        services.publish_course(actor=request.actor, course=course)
    except PlanRefused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "The course is published. Everybody can see it in the catalogue.")
    return redirect("courses:desk_course", request.partnership.slug, slug)


@requires(Permission.PLAN_PROGRAMME)
def course_archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask whether to take the course out of the catalogue, then do it."""
    course = get_object_or_404(Course.objects.visible_to(request.actor).defer("search"), slug=slug)
    if request.method != "POST":
        return render(request, "courses/desk/course_archive.html", {"course": course})
    try:
        services.archive_course(actor=request.actor, course=course)
    except PlanRefused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "The course is no longer offered.")
    return redirect("courses:desk_course", request.partnership.slug, slug)


@requires(Permission.PLAN_PROGRAMME)
def venue_list(request: HttpRequest) -> HttpResponse:
    """All venues."""
    chosen = _venues(request)
    page = Paginator(chosen.qs, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "courses/desk/venues.html", {"filter": chosen, "page_obj": page})


@requires(Permission.PLAN_PROGRAMME)
def venue_list_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same venues, to download."""
    chosen = _venues(request)
    return download_list(request, "venues", ending, VENUES.of(chosen.qs), filtered_by=chosen.in_use)


def _venues(request: HttpRequest) -> VenueFilter:
    return VenueFilter(request.GET, Venue.objects.visible_to(request.actor), request=request)


@requires(Permission.PLAN_PROGRAMME)
def venue_new(request: HttpRequest) -> HttpResponse:
    """Add a venue."""
    form = VenueForm(request.POST or None)
    if form.is_valid():
        try:
            venues.write_venue(actor=request.actor, details=form.details)
        except PlanRefused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
        else:
            messages.success(request, "The venue is saved.")
            return redirect("courses:desk_venues", request.partnership.slug)
    return render(request, "courses/desk/venue_form.html", {"form": form})


@requires(Permission.PLAN_PROGRAMME)
def venue_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a venue."""
    venue = get_object_or_404(Venue.objects.visible_to(request.actor), pk=pk)
    form = VenueForm(request.POST or None, instance=venue)
    if form.is_valid():
        try:
            venues.change_venue(actor=request.actor, venue=venue, details=form.details)
        except PlanRefused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
        else:
            messages.success(request, "The venue is saved.")
            return redirect("courses:desk_venues", request.partnership.slug)
    return render(request, "courses/desk/venue_form.html", {"form": form, "venue": venue})
