"""The trainer's pages: own sessions, and who is coming."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from bookings.arrangements import dates_of
from bookings.before_the_course import tasks_of, with_tasks_done
from bookings.queries import people_on, registers_of, trained_sessions
from courses.models import Session
from partnerships.permissions import Permission, requires


@requires(Permission.SEE_OWN_SESSIONS)
def training(request: HttpRequest) -> HttpResponse:
    """The sessions I train, with their numbers and the registers still to be marked."""
    return render(request, "bookings/training.html", trained_sessions(request.actor, timezone.now()))


@requires(Permission.SEE_OWN_SESSIONS)
def training_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is coming to one of my sessions, and what they need."""
    sessions = Session.objects.trained_by(request.actor).select_related("course", "venue")
    session = get_object_or_404(sessions.prefetch_related("dates"), pk=pk)
    tasks = tasks_of(session.course)
    context = {
        "session": session,
        "task_count": len(tasks),
        "dates": dates_of(session),
        "registers": registers_of(session, timezone.now()),
        "people": with_tasks_done(people_on(session)),
        "waiting": session.bookings.filter(partnership=request.partnership).in_line().count(),
        "is_over": session.ends_at <= timezone.now(),
    }
    return render(request, "bookings/training_session.html", context)
