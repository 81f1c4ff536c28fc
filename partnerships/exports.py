"""The desk's lists of people, organisations and requests to join as spreadsheets."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from partnership_portal.tables import Column, Sheet, sheet_of
from partnerships.models import JoinRequest, Membership, Organisation, Person

_ORGANISATIONS = (
    Column("Organisation", "name", 40),
    Column("Sector", "sector__name", 24),
    Column("Charging class", "charging_class", 20),
    Column("Usual purchase order or cost code", "purchase_order", 24),
    Column("Active", "is_active", 10),
    Column("People", "people", 10),
)
_REQUESTS = (
    Column("Name", "name", 30),
    Column("Email", "email", 34),
    Column("Organisation", "organisation__name", 40),
    Column("Job role", "job_role", 30),
    Column("Asked", "asked_at", 18),
    Column("State", "state", 22, dict[Any, Any](JoinRequest.State.choices).get),
    Column("Decided", "decided_at", 18),
)


def with_places(people: QuerySet[Person]) -> QuerySet[Person]:
    """With the live memberships of each as ``places``, their organisations and roles (two queries more)."""
    live = Membership.objects.live().select_related("organisation").prefetch_related("granted_roles")
    return people.prefetch_related(Prefetch("memberships", live, to_attr="places"))


def people_sheet(people: QuerySet[Person]) -> Sheet:
    """One sheet of these people, in their order, with their organisations, jobs and roles."""
    headers = ["Name", "Email", "Telephone", "Organisations", "Job roles", "Roles in the portal"]
    return Sheet("People", headers, _people(people), (30, 34, 18, 44, 34, 34))


def _people(people: QuerySet[Person]) -> Iterator[list[Any]]:
    for person in with_places(people).iterator(chunk_size=1000):
        places: list[Membership] = person.places  # type: ignore[attr-defined]
        roles = {role.get_role_display() for place in places for role in place.granted_roles.all()}
        yield [
            person.name,
            person.email,
            person.phone,
            "; ".join(place.organisation.name for place in places) or "Has left",
            "; ".join(place.job_role for place in places if place.job_role),
            "; ".join(sorted(roles)),
        ]


def organisations_sheet(organisations: QuerySet[Organisation]) -> Sheet:
    """One sheet of these organisations, in their order, with how many people each has here."""
    people = Count("memberships", filter=Q(memberships__ended_on__isnull=True))
    return sheet_of("Organisations", _ORGANISATIONS, organisations.annotate(people=people))


def join_requests_sheet(requests: QuerySet[JoinRequest]) -> Sheet:
    """One sheet of these requests, in their order."""
    return sheet_of("Requests to join", _REQUESTS, requests)
