"""Switching messages off and on again, by category."""

from collections.abc import Collection

from django.core.exceptions import PermissionDenied
from django.db import transaction

from notifications.kinds import Category, every_category
from notifications.models import MessagePreference
from notifications.preferences import STOP
from partnerships import audit
from partnerships.actors import Actor
from partnerships.models import Person
from partnerships.permissions import Permission, require


def choose_messages(*, actor: Actor, wanted: Collection[str]) -> None:
    """Get the messages of these categories and no others; essential ones come all the same."""
    require(actor, Permission.CHANGE_OWN_DETAILS)
    if actor.person is None:
        raise PermissionDenied("Only people of this partnership choose their messages.")
    with transaction.atomic():
        for category in every_category():
            _choose(actor, actor.person, category, wanted=category.code in wanted)


def stop_messages(*, actor: Actor, person: Person, category: Category) -> None:
    """Switch a category off for whoever holds the link of one of its messages; done twice is done once."""
    if actor.label != f"link: {STOP}" or actor.person != person:
        raise PermissionDenied("Only whoever got the message can stop it.")
    with transaction.atomic():
        _choose(actor, person, category, wanted=False)


def _choose(actor: Actor, person: Person, category: Category, *, wanted: bool) -> None:
    # The person's row keeps two clicks apart.
    Person.objects.select_for_update(no_key=True).get(partnership=actor.partnership, pk=person.pk)
    kept = MessagePreference.objects.filter(
        partnership=actor.partnership, person=person, category=category.code
    ).first()
    before = kept is None or kept.wanted
    if before == wanted:
        return
    if kept is None:
        kept = MessagePreference(partnership=actor.partnership, person=person, category=category.code)
    kept.wanted = wanted
    kept.save()
    audit.record(
        actor,
        "notifications.choose_messages",
        kept,
        before={category.code: before},
        after={category.code: wanted},
    )
