"""Keeps the demonstration's pages away from every portal that is not one."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from partnerships.permissions import anyone

View = Callable[..., HttpResponseBase]


def demonstration(view: View) -> View:
    """Open the page to everybody in a demonstration; elsewhere there is no such page."""

    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if not settings.PORTAL_DEMO:
            raise Http404
        return view(request, **kwargs)

    return anyone(guarded)
