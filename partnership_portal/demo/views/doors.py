"""One click to sign in as each role of each partnership."""

from allauth.account.adapter import get_adapter
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from partnership_portal.demo.access import demonstration
from partnership_portal.demo.cast import OPERATOR, PARTS, PASSWORD
from partnerships.models import Partnership, User


@demonstration
def doors(request: HttpRequest) -> HttpResponse:
    """Everybody who can be tried."""
    partnerships = list(Partnership.objects.filter(is_open=True))
    emails = [part.email(one.slug) for one in partnerships for part in PARTS]
    names = dict(User.objects.filter(email__in=[*emails, OPERATOR]).values_list("email", "name"))
    houses = [
        (one, [(part, email, names[email]) for part in PARTS if (email := part.email(one.slug)) in names])
        for one in partnerships
    ]
    context = {"houses": houses, "operator": OPERATOR if OPERATOR in names else "", "password": PASSWORD}
    return render(request, "demo/doors.html", context)


@demonstration
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as one of them, and land where that person has work."""
    email = request.POST.get("email", "")
    known = {
        part.email(slug) for slug in Partnership.objects.values_list("slug", flat=True) for part in PARTS
    }
    user = get_object_or_404(User, email=email if email in known | {OPERATOR} else "", is_active=True)
    logout(request)
    login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return redirect(get_adapter(request).get_login_redirect_url(request))
