"""Joining sheets on paper: what somebody must know to come, and how they claim their record if they have no email."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from bookings.arrangements import dates_of, place_in_full
from bookings.links import claim_link
from bookings.models import Booking
from courses.models import SessionDate
from partnership_portal.documents import render_pdf
from partnership_portal.qr import qr_code
from partnership_portal.templatetags.portal import uk_date
from partnerships.models import Partnership


@dataclass(frozen=True)
class JoiningSheet:
    """One person's sheet; the code and the address of the claim only for somebody with neither email nor account."""

    booking: Booking
    dates: list[SessionDate]
    place: str
    claim: str
    code: SafeString | str


def joining_sheets(partnership: Partnership, bookings: Sequence[Booking]) -> bytes:
    """The sheets of these bookings as one PDF, a page for each; the same for the same bookings."""
    course = bookings[0].session.course
    return render_pdf(
        "pdf/joining_sheets.html",
        {
            "partnership": partnership,
            "brand": partnership.brand_colour,
            "sheets": [_sheet(one) for one in bookings],
        },
        title=f"Joining sheet: {course.title}, {uk_date(bookings[0].session.starts_at)}",
        identifier=f"{partnership.slug}/joining-sheets/{'-'.join(str(one.pk) for one in bookings)}",
    )


def _sheet(booking: Booking) -> JoiningSheet:
    person, session = booking.person, booking.session
    unclaimed = not person.email and person.user_id is None
    claim = claim_link(person) if unclaimed else ""
    code = qr_code(claim, title=f"Code to claim the record of {person.name}") if claim else ""
    return JoiningSheet(booking, dates_of(session), place_in_full(session), claim, code)
