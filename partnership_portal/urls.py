"""Every address of the portal; a partnership's pages begin with its slug."""

from django.contrib import admin
from django.urls import include, path

from partnership_portal import health
from partnership_portal.pages import views as pages

handler403 = "partnership_portal.errors.forbidden"
handler404 = "partnership_portal.errors.not_found"
handler500 = "partnership_portal.errors.broken"

urlpatterns = [
    path("", pages.portal, name="portal"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("privacy/", pages.privacy, name="privacy"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
    # Each of its views is 404 outside a demonstration.
    path("demo/", include("partnership_portal.demo.urls")),
]

_PARTNERSHIP_PAGES = [
    path("", include("partnership_portal.pages.urls")),
    path("", include("partnerships.urls")),
    path("", include("notifications.urls")),
    path("", include("courses.urls")),
    path("", include("bookings.urls")),
    path("", include("evaluations.urls")),
    path("", include("compliance.urls")),
]
urlpatterns.append(path("<slug:partnership>/", include(_PARTNERSHIP_PAGES)))
