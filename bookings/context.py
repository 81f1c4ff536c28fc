"""Lets every template ask what the signed-in person has booked, without the page's view knowing of bookings."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject


def my_bookings(request: HttpRequest) -> dict[str, object]:
    """Offer ``my_bookings``, the actor's places and waiting places by session, and ``my_interests``, the keys of the
    courses of whose new dates they want to hear; nothing is read until used."""

    def look_up() -> object:
        from django.utils import timezone

        from bookings.queries import coming_by_session

        actor = getattr(request, "actor", None)
        return coming_by_session(actor, timezone.now()) if actor is not None and actor.person else {}

    def look_up_interests() -> object:
        from bookings.models import Interest

        actor = getattr(request, "actor", None)
        if actor is None or not actor.person:
            return frozenset()
        mine = Interest.objects.filter(partnership=actor.partnership, person=actor.person)
        return frozenset(mine.values_list("course_id", flat=True))

    return {
        "my_bookings": SimpleLazyObject(look_up),
        "my_interests": SimpleLazyObject(look_up_interests),
    }
