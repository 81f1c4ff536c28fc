"""Tables of people with where they stand: those of an organisation, and those whom somebody manages."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from compliance.queries.standing import Standing, Status, standings_in
from partnerships.actors import Actor
from partnerships.models import Membership, Organisation
from partnerships.permissions import Permission

PER_PAGE = 50
_FAR = date.max


class Show(StrEnum):
    """Which people a table shows."""

    ALL = ""
    MET = "met"
    LACKING = "lacking"
    LAPSING = "lapsing"


class Sort(StrEnum):
    """By what a table is sorted."""

    NAME = "name"
    LACKING = "lacking"
    LAPSE = "lapse"
    LAST = "last"


@dataclass(frozen=True)
class PersonRow:
    """One person in a table."""

    membership: Membership
    standing: Standing


def organisations_of(actor: Actor) -> QuerySet[Organisation]:
    """The organisations whose people the actor may see: those that they lead, or all for the team."""
    organisations = Organisation.objects.filter(partnership=actor.partnership)
    if actor.may(Permission.MANAGE_PEOPLE):
        return organisations
    return organisations.filter(pk__in=actor.led_organisation_ids)


def people_of(actor: Actor, organisation: Organisation, *, name: str = "") -> QuerySet[Membership]:
    """The live memberships of an organisation, by name; only those that the actor may see."""
    memberships = (
        Membership.objects.live()
        .visible_to(actor)
        .filter(organisation=organisation)
        .select_related("person", "competency_group")
        .order_by("person__name_key", "pk")
    )
    return (
        memberships.filter(person__name_key__contains=name.strip().lower()) if name.strip() else memberships
    )


def managed_people(actor: Actor) -> list[PersonRow]:
    """The people whom the actor manages, by name (a constant number of queries)."""
    memberships = (
        Membership.objects.managed_by(actor)
        .select_related("person", "competency_group", "organisation")
        .order_by("person__name_key", "pk")
    )
    return rows_of(list(memberships))


def page_of_people(
    actor: Actor, memberships: QuerySet[Membership], *, show: Show, sort: Sort, page: str | None
) -> Page:
    """One page of an organisation's people as rows.

    By name the database does the work for this page alone; any other order or choice needs everybody's standing.
    """
    if show is Show.ALL and sort is Sort.NAME:
        found = Paginator(memberships, PER_PAGE).get_page(page)
        found.object_list = rows_of(list(found.object_list))  # type: ignore[assignment]  # rows for memberships
        return found
    return Paginator(every_row(actor, memberships, show=show, sort=sort), PER_PAGE).get_page(page)


def every_row(actor: Actor, memberships: QuerySet[Membership], *, show: Show, sort: Sort) -> list[PersonRow]:
    """The rows of all of an organisation's people who are to be shown, in the order asked for."""
    rows = [row for row in rows_of(list(memberships)) if _is_shown(row.standing, show)]
    if sort is not Sort.NAME:
        rows.sort(key=_SORTED_BY[sort])
    return rows


def rows_of(memberships: Collection[Membership]) -> list[PersonRow]:
    """The rows of these memberships, by what each asks of its person (five queries at most)."""
    standings = standings_in(memberships)
    return [PersonRow(one, standings[one.pk]) for one in memberships]


def _is_shown(standing: Standing, show: Show) -> bool:
    match show:
        case Show.MET:
            return standing.required_count > 0 and standing.lacking_count == 0
        case Show.LACKING:
            return standing.lacking_count > 0
        case Show.LAPSING:
            return any(one.status is Status.LAPSING for one in standing.required)
        case _:
            return True


_SORTED_BY = {
    Sort.LACKING: lambda row: -row.standing.lacking_count,
    Sort.LAPSE: lambda row: row.standing.next_lapse or _FAR,
    Sort.LAST: lambda row: row.standing.last_training or date.min,
}
