"""Addresses that the frame links to, for pages drawn outside the running portal."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from partnership_portal.colours import stylesheet

BRAND = "#6b2c5e"


def colours(request: HttpRequest, slug: str) -> HttpResponse:
    """The colours of the made-up partnership."""
    return HttpResponse(stylesheet(BRAND), content_type="text/css")


partnerships = ([path("<slug:slug>/colours.css", colours, name="colours")], "partnerships")
urlpatterns = [path("accounts/", include("allauth.urls")), path("", include(partnerships))]
