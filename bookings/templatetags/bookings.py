"""Template tags about bookings, for pages of the apps below, which don't know them."""

from django import template
from django.template import Context
from django.utils import timezone

from bookings.queries import coming_of
from bookings.querysets import BookingQuerySet
from partnerships.models import Membership

register = template.Library()


@register.simple_tag(takes_context=True)
def coming_bookings(context: Context, membership: Membership) -> BookingQuerySet:
    """The bookings ahead that were made in the name of this membership, as far as the reader may see them."""
    return coming_of(context["actor"], membership, timezone.now())
