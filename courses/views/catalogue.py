"""What everybody may see: the catalogue, a course, a session."""

from typing import Any

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
    sessions = _coming(request.actor, course)
    return render(
        request,
        "courses/course.html",
        {
            "course": course,
            "groups": course.groups.order_by("position"),
            "sectors": course.sectors.order_by("position", "name"),
            "sessions": sessions,
            "can_be_booked": any(one.is_bookable for one in sessions),
            "expectations": expectations.expectations(course, policy),
            "charges": expectations.charges(course, policy, _charging_class(request.actor)),
        },
    )


@public
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """One session: when, where, who trains, and whether one can book."""
    sessions = (
        Session.objects.visible_to(request.actor)
        .select_related("course", "venue", "single_agency_for")
        .defer("course__search")
    )
    session = get_object_or_404(sessions, pk=pk)
    policy, actor = request.partnership.policy(session.starts_at), request.actor
    return render(
        request,
        "courses/session.html",
        {
            "session": session,
            "course": session.course,
            "dates": list(session.dates.all()),
            "trainers": [link.person for link in session.trainer_links.select_related("person")],
            "availability": availability(session, timezone.now()),
            "is_for_reader": _is_for(actor, session),
            "books_for_others": actor.is_team or _leads_for(actor, session),
            "certificate_rule": expectations.certificate_rule(policy),
            "charges": expectations.charges(session.course, policy, _charging_class(actor)),
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


def _is_for(actor: Actor, session: Session) -> bool:
    """Tell whether the actor may come; whose staff a visitor is, signing in will tell."""
    return actor.person is None or session.is_for_staff_of(actor.organisation_ids)


def _leads_for(actor: Actor, session: Session) -> bool:
    """Tell whether the actor leads an organisation whose people may come."""
    return bool(actor.led_organisation_ids) and session.is_for_staff_of(actor.led_organisation_ids)


def _coming(actor: Actor, course: Course) -> list[Any]:
    now = timezone.now()
    sessions: list[Any] = list(queries.coming_sessions(actor, course, now))
    for session in sessions:
        session.course = course
        session.availability = availability(session, now)
        is_open = session.availability.takes_bookings
        # Planners see what one organisation holds for its own staff as well.
        session.is_bookable = is_open and _is_for(actor, session)
        session.is_bookable_for_several = is_open and _leads_for(actor, session)
    return sessions
