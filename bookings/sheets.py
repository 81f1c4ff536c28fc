"""The sheet to sign, on paper: for a room without a line, or beside the register."""

from bookings.register_rows import rows_of
from courses.models import SessionDate
from partnership_portal.documents import render_pdf
from partnership_portal.templatetags.portal import uk_date
from partnerships.models import Partnership

# Lines for people who come without a booking.
SPARE_LINES = 8


def sign_in_sheet(partnership: Partnership, date: SessionDate) -> bytes:
    """Names, organisations and room for signatures of one date as PDF; never what anybody needs."""
    course = date.session.course
    return render_pdf(
        "pdf/sign_in_sheet.html",
        {
            "partnership": partnership,
            "brand": partnership.brand_colour,
            "session": date.session,
            "date": date,
            "trainers": [link.person.name for link in date.session.trainer_links.select_related("person")],
            "rows": rows_of(date),
            "spare_lines": range(SPARE_LINES),
        },
        title=f"Sign-in sheet: {course.title}, {uk_date(date.starts_at)}",
        identifier=f"{partnership.slug}/sign-in-sheet/{date.pk}",
    )
