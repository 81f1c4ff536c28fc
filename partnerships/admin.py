"""What the platform operator sees: partnerships and operators. People are the partnerships' own affair."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from partnerships.actors import Actor
from partnerships.models import Partnership, PolicyVersion, User
from partnerships.services.openness import set_open
from partnerships.tenancy import acting_in


class _ToRead(admin.ModelAdmin):
    """Shows and changes nothing: what changes goes through a service."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Partnership)
class PartnershipAdmin(_ToRead):
    """Each partnership, its policy's versions, and whether it is open."""

    list_display = ("name", "slug", "area", "is_open")
    list_filter = ("is_open",)
    search_fields = ("name", "slug")
    actions = ("open_them", "close_them")
    fields = (
        "name", "slug", "short_name", "area", "strategy_title", "website", "is_open", "policy_versions",
    )  # fmt: skip

    @admin.display(description="Versions of the policy")
    def policy_versions(self, partnership: Partnership) -> int:
        """How many versions the policy has had."""
        with acting_in(partnership):
            return PolicyVersion.objects.filter(partnership=partnership).count()

    @admin.action(description="Open the chosen partnerships", permissions=["view"])
    def open_them(self, request: HttpRequest, chosen: QuerySet[Partnership]) -> None:
        """Open each."""
        self._set_open(request, chosen, is_open=True)

    @admin.action(description="Close the chosen partnerships", permissions=["view"])
    def close_them(self, request: HttpRequest, chosen: QuerySet[Partnership]) -> None:
        """Close each: its pages are not found until it is opened again."""
        self._set_open(request, chosen, is_open=False)

    def _set_open(self, request: HttpRequest, chosen: QuerySet[Partnership], *, is_open: bool) -> None:
        for partnership in chosen:
            # The account's number and no address: the trail can't forget. The list of operators shows the numbers.
            label = f"platform operator, account {request.user.pk}"
            actor = Actor(partnership=partnership, label=label, user=request.user)
            set_open(actor=actor, is_open=is_open)
        self.message_user(request, f"{chosen.count()} {'opened' if is_open else 'closed'}.", messages.SUCCESS)


@admin.register(User)
class OperatorAdmin(_ToRead):
    """The operators' accounts; those of learners are not listed."""

    list_display = ("email", "id", "name", "is_active", "last_login")
    fields = ("id", "email", "name", "is_active", "is_superuser", "date_joined", "last_login")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).filter(is_staff=True)
