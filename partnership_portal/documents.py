"""Documents as tagged PDF (PDF/UA-1), the same bytes for the same input."""

from __future__ import annotations

import logging
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
# Both tell each step of each document; only what is wrong belongs in the log.
for _talker in ("weasyprint.progress", "fontTools"):
    logging.getLogger(_talker).setLevel(logging.WARNING)


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


@lru_cache(maxsize=1)
def _look() -> tuple[CSS, FontConfiguration]:
    """The style sheet and its fonts, read once in each process."""
    fonts = FontConfiguration()
    return CSS(filename=STATIC / "pdf.css", font_config=fonts, url_fetcher=OnlyOwnFiles()), fonts


def render_pdf(template: str, context: Mapping[str, Any], *, title: str, identifier: str) -> bytes:
    """Draw a template that extends pdf/base.html as PDF/UA-1.

    The identifier names the document for ever; with it, and no moment of rendering in the page,
    the same context gives the same bytes. Set `brand` in the context for the partnership's colour.
    """
    colours = palette(context.get("brand") or DEFAULT_BRAND)
    given = {"motif_ink": colours["brand-ink"], **context, "document_title": title, "colours": colours}
    page = render_to_string(template, given)
    style, fonts = _look()
    document = HTML(string=page, base_url=STATIC.as_uri() + "/", url_fetcher=OnlyOwnFiles())
    return document.write_pdf(
        stylesheets=[style],
        font_config=fonts,
        pdf_variant="pdf/ua-1",
        pdf_identifier=identifier.encode(),
        optimize_images=True,
    )
