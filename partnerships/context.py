"""What every page is told: the partnership, who acts, and where the navigation leads."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from partnerships.actors import Actor
from partnerships.permissions import Permission

# Label, address name, permission; shown in this order to those who hold the permission.
_PLACES = (
    ("My page", "pages:me", Permission.SEE_OWN_PAGES),
    ("My team", "compliance:team", Permission.SEE_TEAM),
    ("Organisation", "compliance:organisation", Permission.SEE_ORGANISATION),
    ("Training", "bookings:training", Permission.SEE_OWN_SESSIONS),
    ("Observations", "evaluations:observations", Permission.OBSERVE_SESSION),
    ("Sub-group", "compliance:subgroup", Permission.READ_REPORTS),
    ("Desk", "pages:desk", Permission.RUN_DESK),
)


@dataclass(frozen=True)
class Place:
    """One entry of the navigation."""

    label: str
    url: str
    active: bool


def navigation(actor: Actor, path: str) -> list[Place]:
    """The places that the actor may go to in the partnership, the current one marked."""
    slug = actor.partnership.slug
    places = [("Courses", reverse("courses:catalogue", args=[slug]))]
    places += [(label, reverse(name, args=[slug])) for label, name, needed in _PLACES if actor.may(needed)]
    return [Place(label, url, path.startswith(url)) for label, url in places]


def portal(request: HttpRequest) -> dict[str, object]:
    """Give each template the partnership, the actor and the navigation."""
    actor = getattr(request, "actor", None)
    return {
        "portal_demo": settings.PORTAL_DEMO,
        "partnership": getattr(request, "partnership", None),
        "actor": actor,
        "navigation": navigation(actor, request.path) if actor else [],
    }
