"""Forms of the team: a session with fewer people than it needs, merging two, whose booking it is."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms

from courses.models import Session
from partnership_portal.templatetags.portal import uk_datetime
from partnership_portal.widgets import GovDateField
from partnerships.models import Membership, Organisation

GO_AHEAD, MERGE, CANCEL, POSTPONE = "go_ahead", "merge", "cancel", "postpone"
_CHOICES = [
    (GO_AHEAD, "It goes ahead with the people it has"),
    (MERGE, "It is merged with another session"),
    (CANCEL, "It is cancelled"),
    (POSTPONE, "We decide later"),
]


def into_field(sessions: Iterable[Session], **options: Any) -> forms.TypedChoiceField:
    """Which other session people go to; each says how many places are left."""
    choices = [
        (str(one.pk), f"{uk_datetime(one.starts_at)}, {one.place}: {one.places_words}") for one in sessions
    ]
    return forms.TypedChoiceField(
        label="Which session do people go to?", choices=choices, coerce=int, empty_value=None, **options
    )


class MergeForm(forms.Form):
    """Which session takes the people of another."""

    reason = forms.CharField(
        label="Why are they merged?",
        max_length=250,
        help_text="Everybody who booked reads this.",
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": "Enter why they are merged"},
    )
    field_order = ("into", "reason")

    def __init__(self, *args: Any, sessions: Iterable[Session], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"] = into_field(
            sessions, widget=forms.RadioSelect, error_messages={"required": "Choose a session"}
        )
        self.order_fields(self.field_order)


class DecisionForm(forms.Form):
    """What becomes of a session with too few people."""

    decision = forms.ChoiceField(
        label="What do you decide?",
        choices=_CHOICES,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what you decide"},
    )
    note = forms.CharField(
        label="Reason or note",
        required=False,
        max_length=250,
        help_text="If you cancel or merge it, everybody who booked reads this. Else it is for the team.",
        widget=forms.Textarea({"rows": 3}),
    )
    until = GovDateField(
        label="Decide again on", required=False, help_text="Only if you decide later. For example, 27 3 2027."
    )
    field_order = ("decision", "into", "note", "until")

    def __init__(self, *args: Any, sessions: Iterable[Session], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = list(sessions)
        if others:
            self.fields["into"] = into_field(others, required=False)
            self.order_fields(self.field_order)
        else:
            decision = cast(forms.ChoiceField, self.fields["decision"])
            decision.choices = [choice for choice in _CHOICES if choice[0] != MERGE]

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        decision = found.get("decision")
        if decision in {MERGE, CANCEL} and not found.get("note") and "note" not in self.errors:
            self.add_error("note", "Enter the reason")
        if decision == POSTPONE:
            for name, sentence in (
                ("note", "Enter why you decide later"),
                ("until", "Enter when you decide"),
            ):
                if not found.get(name) and name not in self.errors:
                    self.add_error(name, sentence)
        if decision == MERGE and found.get("into") is None and "into" not in self.errors:
            self.add_error("into", "Choose a session")
        return found


class OrganisationForm(forms.Form):
    """In whose name a booking is."""

    organisation = forms.TypedChoiceField(
        label="Organisation",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the organisation"},
    )

    def __init__(self, *args: Any, memberships: Iterable[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisations = {one.organisation_id: one.organisation for one in memberships}
        choices = [(str(pk), one.name) for pk, one in self.organisations.items()]
        cast(forms.TypedChoiceField, self.fields["organisation"]).choices = choices

    @property
    def has_choice(self) -> bool:
        """Tell whether there is another one."""
        return bool(self.organisations)

    @property
    def chosen(self) -> Organisation:
        """The organisation that was chosen."""
        return self.organisations[self.cleaned_data["organisation"]]
