"""Which messages somebody wants: those that are not essential can be switched off, by category."""

from collections.abc import Iterable

from notifications.kinds import Category, MessageKind, every_category
from notifications.models import MessagePreference
from partnerships.errors import DomainError
from partnerships.links import absolute, read_token, token_for
from partnerships.models import Partnership, Person

STOP = "stop"


def who_want_none(people: Iterable[Person], kind: MessageKind) -> set[int]:
    """The keys of those of these people who have switched off messages of this kind (one query; none if essential)."""
    if kind.category is None:
        return set()
    unwanted = MessagePreference.objects.filter(
        person__in=list(people), category=kind.category.code, wanted=False
    )
    return set(unwanted.values_list("person_id", flat=True))


def unwanted_by(person: Person) -> set[str]:
    """The categories that the person has switched off."""
    rows = MessagePreference.objects.filter(partnership=person.partnership_id, person=person, wanted=False)
    return set(rows.values_list("category", flat=True))


def stop_link(person: Person | None, kind: MessageKind) -> str:
    """The page on which the person can switch off messages of this kind; none for essential ones."""
    if person is None or kind.category is None:
        return ""
    partnership = person.partnership
    token = token_for(partnership, STOP, person.pk, nonce=kind.category.code).removeprefix(f"{STOP}-")
    return absolute("notifications:stop", partnership=partnership.slug, token=token)


def read_stop_token(partnership: Partnership, token: str) -> tuple[int, Category]:
    """Whose messages of which category the link is about."""
    person_id, code = read_token(partnership, STOP, token)
    for category in every_category():
        if category.code == code:
            return person_id, category
    raise DomainError("The portal doesn’t send messages of this kind any more.")
