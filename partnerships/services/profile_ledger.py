"""Bringing rows in line with a partnership's file: what it said last time, what it says now, and what was done."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import ProtectedError, RestrictedError

from partnerships import audit
from partnerships.actors import Actor
from partnerships.models import ProfileLoad
from partnerships.permissions import Permission, require

Row = TypeVar("Row", bound=models.Model)
Item = dict[str, Any]


@dataclass
class Ledger:
    """One load of a file; ``created``, ``changed``, ``removed`` and ``kept`` are in words, ``unchanged`` a count.

    A value is written only where the file says something else than at the last load, so that what people have changed
    in the portal since then stays as they left it.
    """

    actor: Actor
    last: Item
    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unchanged: int = 0

    @property
    def is_still(self) -> bool:
        """Tell whether the load has changed nothing."""
        return not (self.created or self.changed or self.removed)

    def items(self, name: str) -> list[Item]:
        """A list of the file as it was at the last load."""
        return self.last.get(name, [])

    def said(self, item: Item, before: Item | None) -> set[str]:
        """The keys whose value is new or different in the file since the last load."""
        return {key for key, value in item.items() if before is None or before.get(key) != value}

    def settle(
        self,
        rows: models.QuerySet[Row],
        *,
        what: str,
        said: set[str],
        values: Item,
        new: Item,
    ) -> Row:
        """Make the one row that ``rows`` names, or write into it those of the values that the file newly says."""
        row = rows.first()
        if row is None:
            row = rows.model._default_manager.create(partnership=self.actor.partnership, **new, **values)
            self.created.append(what)
            self._record("created_from_file", row, after={**new, **values})
            return row
        differs = {key: value for key, value in values.items() if key in said and getattr(row, key) != value}
        if differs:
            before = {key: getattr(row, key) for key in differs}
            for key, value in differs.items():
                setattr(row, key, value)
            row.save(update_fields=list(differs))
            self.note_change(what, row, before=before, after=differs)
        else:
            self.unchanged += 1
        return row

    def note_change(self, what: str, row: models.Model, *, before: Item, after: Item) -> None:
        """Say that a row was changed, once, and write it to the audit trail."""
        if what not in self.changed and what not in self.created:
            self.changed.append(what)
        self._record("changed_from_file", row, before=before, after=after)

    def drop(self, row: models.Model, *, what: str) -> None:
        """Delete what the file no longer names, unless something still refers to it."""
        key, facts = row.pk, {"name": str(row)}
        try:
            with transaction.atomic():
                row.delete()
        except (ProtectedError, RestrictedError):
            self.kept.append(f"{what}: still in use, so it stays though the file no longer names it")
            return
        row.pk = key
        self.removed.append(what)
        self._record("removed_by_file", row, before=facts)

    def _record(self, action: str, row: models.Model, **facts: Item) -> None:
        plain = {
            when: {key: _plain(value) for key, value in values.items()} for when, values in facts.items()
        }
        audit.record(self.actor, f"{row._meta.app_label}.{action}", row, **plain)


def open_ledger(*, actor: Actor) -> Ledger:
    """Begin a load by what the file said at the last one (needs ``acting_in``)."""
    require(actor, Permission.MANAGE_PEOPLE)
    last = ProfileLoad.objects.filter(partnership=actor.partnership).first()
    return Ledger(actor=actor, last=last.document if last else {})


def close_ledger(*, ledger: Ledger, document: Item) -> None:
    """Remember what the file says now, if it is anything new."""
    if document != ledger.last:
        load = ProfileLoad.objects.create(partnership=ledger.actor.partnership, document=document)
        audit.record(
            ledger.actor,
            "partnerships.load_profile",
            load,
            after={
                "created": len(ledger.created),
                "changed": len(ledger.changed),
                "removed": len(ledger.removed),
            },
        )


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return value.pk
    return str(value) if isinstance(value, Decimal) else value
