"""The filters of the team's list of messages."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from notifications.kinds import every_kind
from notifications.models import Message
from partnerships.models import Partnership

ORDERS = {
    "newest": ("Newest first", ["-created_at", "-pk"]),
    "oldest": ("Oldest first", ["created_at", "pk"]),
}


class MessageFilter:
    """What the address asks for; anything that makes no sense is left out. Failed messages are what is looked for."""

    def __init__(self, query: QueryDict, *, partnership: Partnership) -> None:
        self.partnership = partnership
        self.form = _MessageFilterForm(query)
        self.form.is_valid()
        self.values: dict[str, Any] = self.form.cleaned_data

    @property
    def state(self) -> str:
        """The state asked for."""
        return self.values.get("state") or Message.State.FAILED

    @property
    def label(self) -> str:
        """The state in words."""
        return str(Message.State(self.state).label)

    @property
    def active(self) -> bool:
        """Tell whether anything is filtered."""
        return any(value for name, value in self.values.items() if name != "order")

    def messages(self) -> QuerySet[Message]:
        """The messages that fit, in the order asked for."""
        found = Message.objects.filter(partnership=self.partnership, state=self.state)
        if purpose := self.values.get("kind"):
            found = found.filter(purpose=purpose)
        if text := self.values.get("to"):
            found = found.filter(to_email=text.strip().lower())
        return found.order_by(*ORDERS[self.values.get("order") or "newest"][1])


class _MessageFilterForm(forms.Form):
    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[("", Message.State.FAILED.label)]
        + [(one.value, one.label) for one in reversed(Message.State) if one != Message.State.FAILED],
    )
    kind = forms.ChoiceField(label="Kind", required=False)
    to = forms.CharField(label="Email address", required=False, max_length=254)
    order = forms.ChoiceField(
        label="Sort by", required=False, choices=[(key, label) for key, (label, _) in ORDERS.items()]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds: Any = self.fields["kind"]
        kinds.choices = [("", "All"), *((kind.purpose, kind.name) for kind in every_kind())]
