"""Forms about bookings."""

from collections.abc import Sequence
from typing import Any

from django import forms

from bookings.models import AccessNeeds
from partnerships.models import Membership, Organisation
from partnerships.policy import PrerequisiteRule

WHO_SEES_IT = (
    "For example step-free access, a hearing loop or large print. Only the partnership team and this session’s "
    "trainers see this. It is deleted when the session is over."
)
_BEFORE = {
    PrerequisiteRule.NONE: "can come to every date",
    PrerequisiteRule.PRE_COURSE_TASKS: "can come to every date and will do the pre-course tasks before",
    PrerequisiteRule.SINGLE_AGENCY_FIRST: "can come to every date and have done the child protection training of "
    "my own organisation",
}


def access_needs_field() -> forms.CharField:
    """What somebody needs on the day, with who sees it and for how long."""
    return forms.CharField(
        label="Is there anything you need to take part?",
        help_text=WHO_SEES_IT,
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class BookForm(forms.Form):
    """Booking a place: for which organisation, what is needed on the day, and the promise to come."""

    organisation = forms.TypedChoiceField(
        label="Which organisation is this for?",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the organisation this is for"},
    )
    access_needs = access_needs_field()
    declaration = forms.BooleanField(error_messages={"required": "Confirm that you can come"})
    expects_place = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        memberships: Sequence[Membership],
        prerequisite: PrerequisiteRule,
        learner: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(one.organisation_id), one.organisation.name) for one in memberships]
        self.fields["organisation"].choices = choices
        self.only_organisation = choices[0][1] if len(choices) == 1 else ""
        if len(choices) == 1:
            self.fields["organisation"].widget = forms.HiddenInput()
            self.fields["organisation"].initial = choices[0][0]
        if learner:
            self.fields["access_needs"].label = f"Is there anything {learner} needs to take part?"
            self.fields["declaration"].label = f"{learner} has agreed to be booked and can come to every date"
            self.fields["declaration"].error_messages["required"] = f"Confirm that {learner} can come"
        else:
            self.fields["declaration"].label = f"My manager agrees, and I {_BEFORE[prerequisite]}"

    def chosen(self, memberships: Sequence[Membership]) -> Organisation:
        """The organisation to book for."""
        key = self.cleaned_data["organisation"]
        return next(one.organisation for one in memberships if one.organisation_id == key)


def diets_field() -> forms.MultipleChoiceField:
    """What somebody eats, in the words that a caterer counts."""
    return forms.MultipleChoiceField(
        label="Dietary needs",
        help_text="Choose all that apply. The caterer gets numbers, not names.",
        required=False,
        choices=AccessNeeds.Diet.choices,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "govuk-checkboxes--small"}),
    )


def dietary_field() -> forms.CharField:
    """What the caterer must know beside."""
    return forms.CharField(
        label="Anything else about food",
        help_text="For example an allergy. The caterer is told this, without your name.",
        required=False,
        max_length=200,
    )


class NeedsForm(forms.Form):
    """What somebody needs on the day; about food only where people meet."""

    access_needs = access_needs_field()
    diets = diets_field()
    dietary = dietary_field()

    def __init__(self, *args: Any, is_online: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_online:
            del self.fields["diets"], self.fields["dietary"]

    @property
    def food(self) -> dict[str, Any]:
        """The dietary needs, as the services take them."""
        return {
            "diets": self.cleaned_data.get("diets", []),
            "dietary": self.cleaned_data.get("dietary", ""),
        }


class CancelForm(forms.Form):
    """Giving up a booking."""

    reason = forms.CharField(
        label="Why can’t you come?",
        help_text="The partnership team can read this. Leave out anything private.",
        required=False,
        max_length=250,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class SearchForm(forms.Form):
    """Finding a person by name."""

    q = forms.CharField(label="Name contains", required=False, max_length=100)


class DecisionForm(forms.Form):
    """Why somebody's booking is not approved."""

    reason = forms.CharField(
        label="If you decline, say why",
        help_text="The person who asked will read it.",
        max_length=250,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why you decline"},
    )


class ManagerForm(forms.Form):
    """The line manager, named while booking because none is recorded."""

    manager_name = forms.CharField(
        label="Your line manager’s name",
        max_length=200,
        error_messages={"required": "Enter your line manager’s name"},
    )
    manager_email = forms.EmailField(
        label="Your line manager’s email address",
        help_text="We ask them to approve this booking. They need no account.",
        error_messages={
            "required": "Enter your line manager’s email address",
            "invalid": "Enter an email address in the correct format, like name@example.com",
        },
    )
