"""The call sheet of a dip sample on paper."""

from collections.abc import Sequence

from evaluations.models import DipSample
from evaluations.queries.dip_samples import ToRing
from partnership_portal.documents import render_pdf
from partnership_portal.templatetags.portal import uk_date


def call_sheet_pdf(sample: DipSample, sheet: Sequence[ToRing]) -> bytes:
    """Whom to ring, by which number, about what, with room to write."""
    partnership = sample.partnership
    return render_pdf(
        "pdf/call_sheet.html",
        {
            "partnership": partnership,
            "brand": partnership.brand_colour,
            "sample": sample,
            "sheet": sheet,
        },
        title=f"Call sheet: dip sample, {uk_date(sample.starts_on)} to {uk_date(sample.ends_on)}",
        identifier=f"{partnership.slug}/call-sheet/{sample.pk}",
    )
