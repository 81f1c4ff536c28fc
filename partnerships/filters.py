"""The filters and orders of the team's lists of people, organisations and requests to join."""

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django_filters import ChoiceFilter, ModelChoiceFilter

from partnership_portal.lists import Contains, ListFilter
from partnerships.models import JoinRequest, Membership, MembershipRole, Organisation, Person, Sector


def _organisations(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(partnership=request.partnership)


def _sectors(request: HttpRequest) -> QuerySet[Sector]:
    return Sector.objects.filter(partnership=request.partnership)


class PeopleFilter(ListFilter):
    """Which people, and in which order."""

    q = Contains("name_key", "email_key", label="Name or email")
    role = ChoiceFilter(
        label="Role",
        empty_label="Any role",
        method="with_membership",
        choices=[(role.value, role.label) for role in MembershipRole.GRANTED],
    )
    organisation = ModelChoiceFilter(
        queryset=_organisations, widget=forms.HiddenInput, method="with_membership"
    )

    orders = {"name": ("name_key", "pk")}
    first_order = "name"

    class Meta:
        model = Person
        fields: list[str] = []

    @property
    def organisation_chosen(self) -> Organisation | None:
        """The one organisation whose people are asked for."""
        return self.values.get("organisation")

    def with_membership(self, rows: QuerySet, name: str, value: object) -> QuerySet:
        """Those with one live membership that has the role, in the organisation."""
        wanted = Membership.objects.live()
        if role := self.values.get("role"):
            wanted = wanted.filter(granted_roles__role=role)
        if self.organisation_chosen:
            wanted = wanted.filter(organisation=self.organisation_chosen)
        return rows.filter(pk__in=wanted.values("person"))


class OrganisationFilter(ListFilter):
    """Which organisations, and in which order; a partnership has a thousand at most."""

    q = Contains("name_key", label="Name contains")
    sector = ModelChoiceFilter(label="Sector", queryset=_sectors, empty_label="All")
    is_active = ChoiceFilter(
        label="Show", empty_label="All", choices=[("True", "Active"), ("False", "Not active")]
    )

    orders = {"name": ("name_key", "pk"), "sector": ("sector__position", "sector__name", "name_key", "pk")}
    first_order = "name"

    class Meta:
        model = Organisation
        fields: list[str] = []


class JoinRequestFilter(ListFilter):
    """Which requests to join, and in which order; those without a decision, when nobody says."""

    state = ChoiceFilter(
        label="Show",
        empty_label=JoinRequest.State.OPEN.label,
        choices=JoinRequest.State.choices[1:],
    )
    organisation = Contains("organisation__name_key", label="Organisation contains")

    orders = {
        "asked": ("asked_at", "pk"),
        "name": ("name", "asked_at", "pk"),
        "organisation": ("organisation__name_key", "asked_at", "pk"),
    }
    first_order = "asked"

    class Meta:
        model = JoinRequest
        fields: list[str] = []

    @property
    def state_shown(self) -> JoinRequest.State:
        """The state asked for."""
        return JoinRequest.State(self.values.get("state") or JoinRequest.State.OPEN)

    def filter_queryset(self, rows: QuerySet) -> QuerySet:
        """The requests that fit, all of one state."""
        return super().filter_queryset(rows.filter(state=self.state_shown))
