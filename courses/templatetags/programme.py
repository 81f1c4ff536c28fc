"""Template tags about the programme."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString

from courses.models import Session
from partnership_portal.templatetags.portal import status_tag

register = template.Library()
FEW = 5


@register.filter
def of_session(bookings: Mapping[int, Any], session: Session) -> Any:
    """The reader's booking for a session, out of the ``my_bookings`` that every page may ask for."""
    return bookings.get(session.pk)


@register.simple_tag
def places_tag(session: Session) -> SafeString | str:
    """The places left in words, as a tag when there are few or none."""
    if session.is_full:
        return status_tag("full", "Full")
    return (
        status_tag("few_places", session.places_words) if session.places_left <= FEW else session.places_words
    )
