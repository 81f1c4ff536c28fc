"""What templates say about charges."""

from django import template
from django.utils.safestring import SafeString

from bookings.charges.lines import reference as _reference
from bookings.models import Charge
from partnership_portal.templatetags.portal import status_tag

register = template.Library()
_COLOURS = {"open": "blue", "waived": "yellow", "withdrawn": "grey", "batched": "green", "credited": "purple"}


@register.filter
def reference(key: int) -> str:
    """A charge's number as it is quoted."""
    return _reference(key)


@register.simple_tag
def charge_tag(charge: Charge) -> SafeString:
    """The state of a charge."""
    return status_tag(charge.state, charge.get_state_display(), _COLOURS[charge.state])
