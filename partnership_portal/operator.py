"""The platform operator's part of the portal: partnerships and operators, and nobody's personal data."""

from collections.abc import Iterable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from partnerships.models import Partnership, User


class OperatorSite(AdminSite):
    """Django's admin, for operators with a second factor and for what is registered in ``partnerships.admin``."""

    site_header = "Partnership Portal: platform operator"
    site_title = "Platform operator"
    index_title = "Partnerships and operators"
    index_template = "admin/operator.html"
    enable_nav_sidebar = False

    def register(
        self, model_or_iterable: type[Model] | Iterable[type[Model]], admin_class: Any = None, **options: Any
    ) -> None:
        """Take the portal's own models only: the libraries' pages show everybody's email addresses."""
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        own = [model for model in models if model._meta.app_label == "partnerships"]
        super().register(own, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in operators, outside the demonstration only with a second factor."""
        return _is_operator(request) and (settings.PORTAL_DEMO or is_mfa_enabled(request.user))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send those who may come in to where they get what they lack."""
        if _is_operator(request):
            return redirect("admin:index" if self.has_permission(request) else "mfa_index")
        if request.user.is_authenticated:
            raise PermissionDenied("This page is for the platform operator.")
        return redirect_to_login(request.GET.get("next", request.get_full_path()))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the portal in a few numbers."""
        figures = {
            "open_count": Partnership.objects.filter(is_open=True).count(),
            "closed_count": Partnership.objects.filter(is_open=False).count(),
            "account_count": User.objects.filter(is_active=True).count(),
        }
        return super().index(request, {**figures, **(extra_context or {})})


def _is_operator(request: HttpRequest) -> bool:
    return request.user.is_active and request.user.is_staff and request.user.is_superuser
