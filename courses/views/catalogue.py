"""What everybody may see: the catalogue, a course, a session."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from courses import expectations, queries
from courses.availability import availability
from courses.forms.catalogue import CatalogueForm
from courses.models import Course, Session
from courses.templatetags.programme import places_tag
from partnerships.actors import Actor
from partnerships.permissions import public

PAGE_SIZE = 50


@public
def catalogue(request: HttpRequest) -> HttpResponse:
    """Find a course: search, filters, and when each is held next."""
    choices = queries.catalogue_choices(request.actor)
    form = CatalogueForm(request.GET, choices=choices)
    wanted = form.wanted
    sessions = queries.next_sessions(request.actor, wanted, timezone.now())
    keys = queries.catalogue(request.actor, wanted, sessions)
    page = Paginator(keys, PAGE_SIZE).get_page(request.GET.get("page"))
    courses = queries.courses_of(request.actor, list(page), sessions)
    _prepare(courses, request.partnership.slug, choices)
    return render(
        request,
        "courses/catalogue.html",
        {
            "form": form,
            "page_obj": page,
            "courses": courses,
            "wanted": wanted,
            "filtered": any(request.GET.values()),
        },
    )


@public
def course(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything about one course, and its coming sessions."""
    courses = Course.objects.visible_to(request.actor).select_related("priority").defer("search")
    course = get_object_or_404(courses, slug=slug)
    policy = request.partnership.policy()
    return render(
        request,
        "courses/course.html",
        {
            "course": course,
            "groups": course.groups.order_by("position"),
            "sectors": course.sectors.order_by("position", "name"),
            "sessions": _bookable(request.actor, course),
            "expectations": expectations.expectations(course, policy),
            "charges": expectations.charges(course, policy, _charging_class(request.actor)),
        },
    )


@public
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """One session: when, where, who trains, and whether one can book."""
    sessions = (
        Session.objects.visible_to(request.actor).select_related("course", "venue").defer("course__search")
    )
    session = get_object_or_404(sessions, pk=pk)
    policy = request.partnership.policy(session.starts_at)
    return render(
        request,
        "courses/session.html",
        {
            "session": session,
            "course": session.course,
            "dates": list(session.dates.all()),
            "trainers": [link.person for link in session.trainer_links.select_related("person")],
            "availability": availability(session, timezone.now()),
            "certificate_rule": expectations.certificate_rule(policy),
            "charges": expectations.charges(session.course, policy, _charging_class(request.actor)),
        },
    )


def _prepare(courses: list[Course], partnership: str, choices: queries.Choices) -> None:
    """Put on each course what its row says: the busiest page is drawn from few template nodes and look-ups."""
    home = reverse("courses:catalogue", args=[partnership])
    for course in courses:
        groups = [title for key, title in choices.group_titles.items() if key in course.group_ids]
        course.facts = [course.get_method_display(), course.duration, *groups]
        course.url = f"{home}{course.slug}/"
        if course.next_session is not None:
            course.next_url = reverse("courses:session", args=[partnership, course.next_session.pk])
            course.next_places = places_tag(course.next_session)


def _charging_class(actor: Actor) -> str | None:
    return actor.membership.organisation.charging_class or None if actor.membership else None


def _bookable(actor: Actor, course: Course) -> list[Session]:
    now = timezone.now()
    sessions = list(queries.coming_sessions(actor, course, now))
    for session in sessions:
        session.course = course
        session.availability = availability(session, now)
    return sessions
