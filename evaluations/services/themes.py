"""The themes of a partnership: those to start with, and what the team makes of them."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from evaluations.models import Theme
from evaluations.models.theme import KEYS
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import Permission, require
from partnerships.profile import ThemeProfile
from partnerships.services.locks import locked_partnership


def adopt_themes(*, actor: Actor, themes: Sequence[ThemeProfile], from_portal: bool) -> list[Theme]:
    """Take over the themes that the partnership never had; what the team changed or retired stays so.

    Where the team has a theme of the same name already, that one stands for it. Gives those made. Locks the
    partnership's row. Done twice is done once.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        partnership = locked_partnership(actor)
        there = list(Theme.objects.filter(partnership=partnership))
        codes, names = {one.code for one in there}, {one.name.casefold() for one in there}
        made = []
        for theme in themes:
            if theme.code in codes or theme.name.casefold() in names or not (free := _free_keys(actor)):
                continue
            facts = {"code": theme.code, "name": theme.name, "description": theme.description}
            made.append(_create(actor, **facts, key=free[0], from_portal=from_portal))
        return made


def add_theme(*, actor: Actor, name: str, description: str = "", key: str = "") -> Theme:
    """Offer one more theme; without a key it takes the next one free. Locks the partnership's row."""
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        locked_partnership(actor)
        name = _free_name(actor, name, None)
        key = _free_key(actor, key, None)
        return _create(actor, code="", name=name, description=description.strip(), key=key, from_portal=False)


def change_theme(*, actor: Actor, theme: Theme, name: str, description: str, key: str) -> Theme:
    """Say a theme in other words or give it another key; its answers stay with it. Locks the partnership's row."""
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        locked_partnership(actor)
        theme = Theme.objects.get(partnership=actor.partnership, pk=theme.pk)
        before = _facts(theme)
        theme.name, theme.description = _free_name(actor, name, theme), description.strip()
        theme.key = theme.key if theme.retired_at else _free_key(actor, key or theme.key, theme)
        # Other words than the portal's own are the team's.
        theme.from_portal = theme.from_portal and (theme.name, theme.description) == (
            before["name"],
            before["description"],
        )
        if before == (after := _facts(theme)):
            return theme
        theme.save(update_fields=["name", "description", "key", "from_portal"])
        audit.record(actor, "evaluations.change_theme", theme, before=before, after=after)
        return theme


def retire_theme(*, actor: Actor, theme: Theme) -> Theme:
    """Offer it for no answer any more; the answers that have it keep it. Locks the partnership's row."""
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        locked_partnership(actor)
        theme = Theme.objects.get(partnership=actor.partnership, pk=theme.pk)
        return _retire(actor, theme, timezone.now())


def bring_back_theme(*, actor: Actor, theme: Theme) -> Theme:
    """Offer a retired theme again, by another key where its own is taken.

    One that was merged comes back without answers. Locks the partnership's row.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        locked_partnership(actor)
        theme = Theme.objects.get(partnership=actor.partnership, pk=theme.pk)
        if theme.retired_at is not None and theme.key not in (free := _free_keys(actor)):
            theme.key = _first(free)
        return _retire(actor, theme, None)


def _create(actor: Actor, **facts: object) -> Theme:
    theme = Theme.objects.create(partnership=actor.partnership, **facts)
    audit.record(actor, "evaluations.add_theme", theme, after=_facts(theme))
    return theme


def _retire(actor: Actor, theme: Theme, retired_at: datetime | None) -> Theme:
    before = theme.retired_at
    if (before is None) != (retired_at is None):
        theme.retired_at, theme.merged_into = retired_at, None
        theme.save(update_fields=["retired_at", "merged_into", "key"])
        audit.record(
            actor,
            "evaluations.retire_theme" if retired_at else "evaluations.bring_back_theme",
            theme,
            before={"retired_at": before.isoformat() if before else None},
            after={"retired_at": retired_at.isoformat() if retired_at else None},
        )
    return theme


def _facts(theme: Theme) -> dict[str, str]:
    return {"name": theme.name, "description": theme.description, "key": theme.key}


def _free_name(actor: Actor, name: str, own: Theme | None) -> str:
    name = " ".join(name.split())
    if not name:
        raise DomainError("Enter the name of the theme.")
    same = Theme.objects.filter(partnership=actor.partnership, name__iexact=name)
    other = (same.exclude(pk=own.pk) if own else same).first()
    if other is not None:
        where = " It is retired: bring it back instead." if other.retired_at else " Choose another name."
        raise DomainError(f"There is already a theme called “{other.name}”.{where}")
    return name


def _free_key(actor: Actor, key: str, own: Theme | None) -> str:
    free = _free_keys(actor)
    key = key.strip().lower()
    if not key:
        return _first(free)
    if key not in KEYS:
        raise DomainError("A key is a number from 1 to 9 or a letter; J, K and S have another use.")
    if key not in free and (own is None or own.key != key):
        raise DomainError(f"Another theme has the key {key.upper()}. Choose another key.")
    return key


def _free_keys(actor: Actor) -> list[str]:
    offered = Theme.objects.filter(partnership=actor.partnership).offered()
    taken = set(offered.values_list("key", flat=True))
    return [key for key in KEYS if key not in taken]


def _first(free: list[str]) -> str:
    if not free:
        raise DomainError("Every key on the keyboard has a theme. Retire one that you use seldom.")
    return free[0]
