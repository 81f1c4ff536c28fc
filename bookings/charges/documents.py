"""The statement by which an organisation is told its charges of a month, as PDF/UA."""

from django.utils.text import slugify

from bookings.charges.lines import Line
from bookings.models import Batch
from partnership_portal.documents import render_pdf
from partnership_portal.templatetags.portal import pence, uk_date
from partnerships.models import Organisation

_HEADERS = ["Reference", "What for", "Person", "Purchase order", {"text": "Amount", "numeric": True}]


def statement_pdf(batch: Batch, lines: list[Line]) -> bytes:
    """Draw the statement of one organisation; the same lines give the same bytes."""
    organisation, partnership = lines[0].organisation_name, batch.partnership
    title = f"Charges of {batch.month:%B %Y}: {organisation}"
    context = {
        "partnership": partnership,
        "brand": partnership.brand_colour,
        "organisation": organisation,
        "month": batch.month,
        "headers": _HEADERS,
        "rows": [_row(line) for line in lines],
        "rules": sorted({(line.words, line.source) for line in lines}),
        "total": sum(line.pence for line in lines),
    }
    key = f"{partnership.slug}-charges-{batch.month:%Y-%m}-{lines[0].organisation}"
    return render_pdf("pdf/statement.html", context, title=title, identifier=key)


def statement_name(batch: Batch, organisation: Organisation) -> str:
    """The file's name: no two of a batch are alike."""
    return f"charges-{batch.month:%Y-%m}-{slugify(organisation.name)[:60]}-{organisation.pk}.pdf"


def _row(line: Line) -> list[object]:
    held = f"{line.label}: {line.course}, {uk_date(line.session_day)}"
    amount = {"text": pence(line.pence), "numeric": True}
    return [line.reference, held, line.person, line.purchase_order, amount]
