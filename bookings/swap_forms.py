"""Forms about a place that goes to a colleague: chosen by the lead, or named by whoever gives the place away."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms

from bookings.models import Booking
from bookings.services.places import OutsideAudience, Told
from bookings.services.prerequisites import EarlierTraining
from partnership_portal.widgets import GovDateField
from partnerships.errors import DomainError
from partnerships.models import Membership

_BAD_ADDRESS = "Enter an email address in the correct format, like name@example.com"


class ColleagueForm(forms.Form):
    """What the rules ask about the colleague: a reason outside the audience, and the training that comes first."""

    audience_reason = forms.CharField(
        label="Why should they come all the same?",
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    training = forms.CharField(
        label="Child protection training that they have done in their own organisation",
        required=False,
        max_length=200,
    )
    trained_on = GovDateField(label="When was it?", required=False)

    def __init__(self, *args: Any, asks_training: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Asked only once it is known that the course is not for this colleague.
        self.asks_reason = bool(self.data.get("audience_reason"))
        if not asks_training:
            del self.fields["training"], self.fields["trained_on"]

    @property
    def told(self) -> Told:
        """What was said, as the services take it."""
        given = self.cleaned_data
        return Told(
            audience_reason=given["audience_reason"],
            earlier=EarlierTraining(given.get("training", ""), given.get("trained_on")),
        )

    def carried_out(self, action: Callable[[], Booking]) -> Booking | None:
        """Do what a valid form asks; a refusal becomes an error of the form."""
        if not self.is_valid():
            return None
        try:
            return action()
        except OutsideAudience as refusal:
            self.asks_reason = True
            self.add_error("audience_reason", refusal.sentence)
        except DomainError as refusal:
            self.add_error(None, refusal.sentence)
        return None


class SwapForm(ColleagueForm):
    """Which colleague comes instead: one of the organisation's people, or somebody new."""

    person = forms.TypedChoiceField(label="Who comes instead?", coerce=int, required=False, empty_value=None)
    name = forms.CharField(label="Full name", required=False, max_length=200)
    email = forms.EmailField(
        label="Email address",
        help_text="Leave it empty if they have none.",
        required=False,
        error_messages={"invalid": _BAD_ADDRESS},
    )
    field_order = ["person", "name", "email", "audience_reason", "training", "trained_on"]

    def __init__(self, *args: Any, people: Sequence[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [
            (one.person_id, f"{one.person.name}, {one.job_role}" if one.job_role else one.person.name)
            for one in people
        ]
        self.fields["person"].choices = [("", "Choose a colleague"), *named]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Somebody must be named, in one of the two ways."""
        given = super().clean() or self.cleaned_data
        if not given.get("person") and not given.get("name") and not self.errors:
            self.add_error("person", "Choose a colleague, or give the name of somebody new")
        if given.get("person") and given.get("name"):
            self.add_error("person", "Choose a colleague or give a name, not both")
        return given


class PassOnForm(ColleagueForm):
    """The colleague whom somebody names to come in their place."""

    name = forms.CharField(
        label="Your colleague’s full name",
        max_length=200,
        error_messages={"required": "Enter your colleague’s name"},
    )
    email = forms.EmailField(
        label="Your colleague’s email address",
        help_text="Their work address, as your organisation gave it to us.",
        error_messages={"required": "Enter your colleague’s email address", "invalid": _BAD_ADDRESS},
    )
    field_order = ["name", "email", "audience_reason", "training", "trained_on"]
