"""Documents as tagged PDF (PDF/UA-1), the same bytes for the same input."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from partnership_portal.colours import DEFAULT_BRAND, palette

STATIC = Path(settings.BASE_DIR) / "static"


class OnlyOwnFiles(URLFetcher):
    """Reads the portal's own static files and data addresses, and nothing from the network or elsewhere."""

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """Refuse every address that isn't data: or a file beneath static/."""
        parts = urlsplit(url)
        if parts.scheme == "data":
            return super().fetch(url, headers)
        path = Path(unquote(parts.path)).resolve()
        if parts.scheme != "file" or not path.is_relative_to(STATIC.resolve()):
            raise ValueError(f"A document may not read {url}.")
        return super().fetch(url, headers)
