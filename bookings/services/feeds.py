"""Calendar feeds: opening one, giving it a new address, closing it."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from bookings.feeds import may_have
from bookings.models import CalendarFeed
from bookings.models.feed import new_secret
from partnerships import audit
from partnerships.actors import Actor
from partnerships.models import Person
from partnerships.permissions import Permission, require


def open_feed(*, actor: Actor, covers: CalendarFeed.Covers) -> CalendarFeed:
    """Give the actor a feed, or a new address to the one they have; the old address leads nowhere from then on."""
    person = _own(actor)
    if not may_have(person, covers):
        raise PermissionDenied("Only trainers have a calendar of the sessions that they train.")
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(partnership=actor.partnership, pk=person.pk)
        feed = _feed(actor, person, covers) or CalendarFeed(
            partnership=actor.partnership, person=person, covers=covers
        )
        feed.secret = new_secret()
        feed.save()
        audit.record(actor, "bookings.open_feed", feed, after={"covers": covers.value})
    return feed


def close_feed(*, actor: Actor, covers: CalendarFeed.Covers) -> None:
    """Close a feed; done twice is done once."""
    person = _own(actor)
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(partnership=actor.partnership, pk=person.pk)
        feed = _feed(actor, person, covers)
        if feed is not None:
            audit.record(actor, "bookings.close_feed", feed, before={"covers": covers.value})
            feed.delete()


def _own(actor: Actor) -> Person:
    require(actor, Permission.SEE_OWN_PAGES)
    if actor.person is None:
        raise PermissionDenied("Only people of this partnership have a calendar.")
    return actor.person


def _feed(actor: Actor, person: Person, covers: CalendarFeed.Covers) -> CalendarFeed | None:
    return CalendarFeed.objects.filter(partnership=actor.partnership, person=person, covers=covers).first()
