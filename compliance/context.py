"""Lets every template ask where the signed-in person stands, without the page's view knowing of compliance."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject


def standing(request: HttpRequest) -> dict[str, object]:
    """Offer ``standing``: what the actor's group requires and what they still lack; nothing is read until used."""

    def look_up() -> object:
        from compliance.queries import standing_of

        actor = getattr(request, "actor", None)
        return standing_of(actor) if actor is not None and actor.person is not None else None

    return {"standing": SimpleLazyObject(look_up)}
