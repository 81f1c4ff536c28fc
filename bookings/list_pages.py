"""Pages of a list of bookings, of which a partnership has hundreds of thousands."""

from django.core.paginator import Page, Paginator

from bookings.filters import OrganisationBookingFilter
from bookings.queries import listed

ROWS = 50


def page_of_bookings(chosen: OrganisationBookingFilter, number: str | None) -> Page:
    """Fifty bookings: sorted and counted by key alone, and the names joined for those that are shown."""
    keys = chosen.qs.values_list("pk", flat=True)
    if chosen.order.removeprefix("-") != "name":
        page = Paginator(keys, ROWS).get_page(number)
    else:
        # Said of people too, the partnership lets their index by name give the order; to count, nobody is joined.
        pages = Paginator(keys.filter(person__partnership=chosen.request.partnership), ROWS)
        pages.count = keys.count()
        page = pages.get_page(number)
    page.object_list = listed(list(page.object_list))
    return page
