"""QR codes as drawings that a page or a document holds."""

import segno
from django.utils.safestring import SafeString, mark_safe


def qr_code(address: str, *, title: str, scale: int = 1) -> SafeString:
    """Draw the code of an address; ``title`` is what a screen reader says instead."""
    svg = segno.make(address, error="m").svg_inline(border=0, scale=scale, omitsize=True, title=title)
    return mark_safe(svg)  # drawn by segno, which escapes the title
