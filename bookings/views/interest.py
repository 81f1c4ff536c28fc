"""“Tell me when there are new dates”: a button on the page of a course."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from bookings.models import Interest
from bookings.services.interest import stop_waiting_for_dates, wait_for_dates
from courses.models import Course
from partnerships.permissions import Permission, requires


@requires(Permission.BOOK_PLACE)
def tell_me(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask to be told of new dates of a course, or take that back."""
    course = get_object_or_404(Course.objects.visible_to(request.actor).published(), slug=slug)
    if request.method == "POST":
        if "stop" in request.POST:
            stop_waiting_for_dates(actor=request.actor, course=course)
            messages.success(request, f"We won’t write to you about new dates of {course.title}.")
        else:
            wait_for_dates(actor=request.actor, course=course)
            messages.success(request, f"We will write to you once, when {course.title} has new dates.")
        return redirect("courses:course", request.partnership.slug, course.slug)
    asked = Interest.objects.filter(
        partnership=request.partnership, person=request.actor.person, course=course
    ).exists()
    return render(request, "bookings/tell_me.html", {"course": course, "asked": asked})
