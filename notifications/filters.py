"""The filters and orders of the team's list of messages."""

from typing import Any

from django.db.models import QuerySet
from django_filters import CharFilter, ChoiceFilter

from notifications.kinds import every_kind
from notifications.models import Message
from partnership_portal.lists import ListFilter


def _kinds() -> list[tuple[str, str]]:
    return [(kind.purpose, kind.name) for kind in every_kind()]


class MessageFilter(ListFilter):
    """Which messages, and in which order; those that failed, when nobody says in which state."""

    state = ChoiceFilter(
        label="State",
        empty_label=Message.State.FAILED.label,
        choices=[(one.value, one.label) for one in reversed(Message.State) if one != Message.State.FAILED],
    )
    kind = ChoiceFilter("purpose", label="Kind", choices=_kinds, empty_label="All")
    to = CharFilter(label="Email address", max_length=254, method="to_address")

    orders = {"written": ("created_at", "pk")}
    first_order = "-written"

    class Meta:
        model = Message
        fields: list[str] = []

    @property
    def state_shown(self) -> Message.State:
        """The state asked for."""
        return Message.State(self.values.get("state") or Message.State.FAILED)

    def filter_queryset(self, rows: QuerySet) -> QuerySet:
        """The messages that fit, all of one state."""
        return super().filter_queryset(rows.filter(state=self.state_shown))

    def to_address(self, rows: QuerySet, name: str, address: Any) -> QuerySet:
        """Those to one address."""
        return rows.filter(to_email=address.strip().lower())
