"""The desk's lists of people, organisations and requests to join as spreadsheets."""

from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from partnership_portal.tables import Column, ListSheet
from partnerships.models import JoinRequest, Membership, Organisation, Person


def _organisations(places: list[Membership]) -> str:
    return "; ".join(one.organisation.name for one in places) or "Has left"


def _jobs(places: list[Membership]) -> str:
    return "; ".join(one.job_role for one in places if one.job_role)


def _roles(places: list[Membership]) -> str:
    return "; ".join(sorted({role.get_role_display() for one in places for role in one.granted_roles.all()}))


PEOPLE = ListSheet(
    "People",
    (
        Column("Name", "name", 30),
        Column("Email", "email", 34),
        Column("Telephone", "phone", 18),
        Column("Organisations", "places", 44, _organisations),
        Column("Job roles", "places", 34, _jobs),
        Column("Roles in the portal", "places", 34, _roles),
    ),
)
ORGANISATIONS = ListSheet(
    "Organisations",
    (
        Column("Organisation", "name", 40),
        Column("Sector", "sector__name", 24),
        Column("Charging class", "charging_class", 20),
        Column("Usual purchase order or cost code", "purchase_order", 24),
        Column("Active", "is_active", 10),
        Column("People", "people", 10),
    ),
)
JOIN_REQUESTS = ListSheet(
    "Requests to join",
    (
        Column("Name", "name", 30),
        Column("Email", "email", 34),
        Column("Organisation", "organisation__name", 40),
        Column("Job role", "job_role", 30),
        Column("Asked", "asked_at", 18),
        Column("State", "state", 22, dict[Any, Any](JoinRequest.State.choices).get),
        Column("Decided", "decided_at", 18),
    ),
)


def with_places(people: QuerySet[Person]) -> QuerySet[Person]:
    """With the live memberships of each as ``places``, their organisations and roles (two queries more)."""
    live = Membership.objects.live().select_related("organisation").prefetch_related("granted_roles")
    return people.prefetch_related(Prefetch("memberships", live, to_attr="places"))


def with_people(organisations: QuerySet[Organisation]) -> QuerySet[Organisation]:
    """With how many people each has here."""
    return organisations.annotate(people=Count("memberships", filter=Q(memberships__ended_on__isnull=True)))
