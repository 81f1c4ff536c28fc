"""Documents as tagged PDF (PDF/UA-1), the same bytes for the same input."""

from __future__ import annotations

import logging
import unicodedata
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
from partnership_portal.typefaces import Typeface, style_of, typefaces_for

STATIC = Path(settings.BASE_DIR) / "static"
_BASE = STATIC.as_uri() + "/"
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


@lru_cache(maxsize=8)
def _look(typefaces: tuple[Typeface, ...]) -> tuple[list[CSS], FontConfiguration]:
    """The style sheets and their fonts, read once in each process for each set of scripts."""
    fonts = FontConfiguration()
    sheets = [CSS(filename=STATIC / "pdf.css", font_config=fonts, url_fetcher=OnlyOwnFiles())]
    if typefaces:
        more = style_of(typefaces)
        sheets.append(CSS(string=more, base_url=_BASE, font_config=fonts, url_fetcher=OnlyOwnFiles()))
    return sheets, fonts


def render_pdf(template: str, context: Mapping[str, Any], *, title: str, identifier: str) -> bytes:
    """Draw a template that extends pdf/base.html as PDF/UA-1.

    The identifier names the document for ever; with it, and no moment of rendering in the page,
    the same context gives the same bytes. Set `brand` in the context for the partnership's colour.
    """
    colours = palette(context.get("brand") or DEFAULT_BRAND)
    given = {"motif_ink": colours["brand-ink"], **context, "document_title": title, "colours": colours}
    # Letters and their marks in one, as the typefaces have them.
    page = unicodedata.normalize("NFC", render_to_string(template, given))
    sheets, fonts = _look(typefaces_for(page))
    document = HTML(string=page, base_url=_BASE, url_fetcher=OnlyOwnFiles())
    return document.write_pdf(
        stylesheets=sheets,
        font_config=fonts,
        pdf_variant="pdf/ua-1",
        pdf_identifier=identifier.encode(),
        optimize_images=True,
    )
