"""When the schools of the area are closed, as the team writes it down."""

from datetime import date
from typing import Any

from django.db import transaction

from courses.models import SchoolHoliday
from courses.refusals import PlanRefused
from partnerships import audit
from partnerships.actors import Actor
from partnerships.permissions import Permission, require
from partnerships.services.locks import locked_partnership


def write_school_holiday(*, actor: Actor, name: str, first_day: date, last_day: date) -> SchoolHoliday:
    """Add a school holiday; two of them never share a day. Locks the partnership."""
    require(actor, Permission.PLAN_PROGRAMME)
    with transaction.atomic():
        locked_partnership(actor)
        _check(actor, first_day, last_day)
        holiday = SchoolHoliday.objects.create(
            partnership=actor.partnership, name=name, first_day=first_day, last_day=last_day
        )
        audit.record(actor, "courses.write_school_holiday", holiday, after=_facts(holiday))
    return holiday


def change_school_holiday(
    *, actor: Actor, holiday: SchoolHoliday, name: str, first_day: date, last_day: date
) -> SchoolHoliday:
    """Change a school holiday; what is planned already stays where it is."""
    require(actor, Permission.PLAN_PROGRAMME)
    with transaction.atomic():
        locked_partnership(actor)
        holiday = SchoolHoliday.objects.visible_to(actor).get(pk=holiday.pk)
        _check(actor, first_day, last_day, but=holiday.pk)
        before = _facts(holiday)
        holiday.name, holiday.first_day, holiday.last_day = name, first_day, last_day
        if _facts(holiday) != before:
            holiday.save(update_fields=["name", "first_day", "last_day"])
            audit.record(
                actor, "courses.change_school_holiday", holiday, before=before, after=_facts(holiday)
            )
    return holiday


def remove_school_holiday(*, actor: Actor, holiday: SchoolHoliday) -> None:
    """Take a school holiday out; done twice is done once."""
    require(actor, Permission.PLAN_PROGRAMME)
    with transaction.atomic():
        locked_partnership(actor)
        found = SchoolHoliday.objects.visible_to(actor).filter(pk=holiday.pk).first()
        if found is None:
            return
        audit.record(actor, "courses.remove_school_holiday", found, before=_facts(found))
        found.delete()


def _check(actor: Actor, first_day: date, last_day: date, but: int | None = None) -> None:
    if last_day < first_day:
        raise PlanRefused("The last day can’t be before the first day.", "last_day")
    others = SchoolHoliday.objects.visible_to(actor).exclude(pk=but or 0)
    other = others.filter(first_day__lte=last_day, last_day__gte=first_day).first()
    if other is not None:
        raise PlanRefused(f"These days overlap with “{other.name}”.", "first_day")


def _facts(holiday: SchoolHoliday) -> dict[str, Any]:
    return {
        "name": holiday.name,
        "first_day": holiday.first_day.isoformat(),
        "last_day": holiday.last_day.isoformat(),
    }
