"""Pages that bring several apps together: the front doors, my page and the team's desk."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from partnerships.models import Partnership
from partnerships.permissions import Permission, anyone, public, requires


@anyone
def portal(request: HttpRequest) -> HttpResponse:
    """Choose a partnership."""
    return render(request, "pages/portal.html", {"partnerships": Partnership.objects.filter(is_open=True)})


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
    return render(request, "pages/partnership.html")


@requires(Permission.SEE_OWN_PAGES)
def my_page(request: HttpRequest) -> HttpResponse:
    """What I have to do, what is coming up, my record."""
    return render(request, "pages/me.html")


@requires(Permission.RUN_DESK)
def desk(request: HttpRequest) -> HttpResponse:
    """The partnership team's day."""
    return render(request, "pages/desk.html")
