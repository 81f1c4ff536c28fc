"""Pages that bring several apps together: the front doors, my page and the team's desk."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from compliance.queries.standing import standing_of
from courses.models import Priority
from partnership_portal.pages.front import groups_with_needs, soonest_sessions
from partnership_portal.pages.mine import coming_up, record_figures
from partnership_portal.pages.need_lists import NEEDS_SHEET, NeedFilter
from partnership_portal.pages.needs import BY_KEY, Need, needs_of
from partnership_portal.pages.team_day import sessions_of
from partnership_portal.pages.to_do import tasks_of
from partnerships.accounts import partnerships_of
from partnerships.downloads import download_list
from partnerships.models import Partnership
from partnerships.permissions import Permission, anyone, public, requires

ROWS = 50


@anyone
def portal(request: HttpRequest) -> HttpResponse:
    """Choose a partnership; one's own come first."""
    own = partnerships_of(request.user) if request.user.is_authenticated else []
    everybody = Partnership.objects.filter(is_open=True)
    return render(request, "pages/portal.html", {"own": own, "partnerships": everybody})


@anyone
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement."""
    return render(request, "pages/accessibility.html")


@anyone
def privacy(request: HttpRequest) -> HttpResponse:
    """Which personal data the portal keeps, why, and how long."""
    return render(request, "pages/privacy.html")


@public
def partnership_home(request: HttpRequest) -> HttpResponse:
    """What this partnership offers, coming sessions, and what my role needs."""
    return render(
        request,
        "pages/partnership.html",
        {
            "sessions": soonest_sessions(request.actor, timezone.now()),
            "groups": groups_with_needs(request.actor),
            "priorities": Priority.objects.filter(partnership=request.partnership),
        },
    )


@requires(Permission.SEE_OWN_PAGES)
def my_page(request: HttpRequest) -> HttpResponse:
    """What I have to do, what is coming up, my record."""
    now = timezone.now()
    standing = standing_of(request.actor)
    return render(
        request,
        "pages/me.html",
        {
            "tasks": tasks_of(request.actor, standing, now),
            "figures": record_figures(request.actor, standing, now),
            **coming_up(request.actor, now),
        },
    )


@requires(Permission.RUN_DESK)
def desk(request: HttpRequest) -> HttpResponse:
    """The partnership team's day: the sessions, and what needs the team now."""
    now = timezone.now()
    context = {"now": now, "needs": needs_of(request.actor, now), **sessions_of(request.actor, now)}
    return render(request, "pages/desk.html", context)


@requires(Permission.RUN_DESK)
def desk_need(request: HttpRequest, name: str) -> HttpResponse:
    """Everything of one kind that needs the team, filtered and sorted, fifty to a page."""
    need, chosen = _chosen(request, name)
    page = Paginator(chosen.qs, ROWS).get_page(request.GET.get("page"))
    return render(request, "pages/desk_need.html", {"need": need, "filter": chosen, "page_obj": page})


@requires(Permission.RUN_DESK)
def desk_need_export(request: HttpRequest, name: str, ending: str) -> HttpResponseBase:
    """The same, to download."""
    need, chosen = _chosen(request, name)
    return download_list(request, need.key, ending, NEEDS_SHEET.of(chosen.qs), filtered_by=chosen.in_use)


def _chosen(request: HttpRequest, name: str) -> tuple[Need, NeedFilter]:
    need = BY_KEY.get(name)
    if need is None:
        raise Http404
    now = timezone.now()
    rows = need.rows(need.everything(request.actor, now), request.partnership.slug, now)
    return need, NeedFilter(request.GET, rows, request=request)
