"""Forms about bookings."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from bookings.models import Attendance, Booking
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


class AccessNeedsForm(forms.Form):
    """What somebody needs on the day."""

    access_needs = access_needs_field()


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


class RegisterForm(forms.Form):
    """Present or absent for each person; whoever is left open stays as they were."""

    def __init__(
        self, *args: Any, bookings: Sequence[Booking], held: Mapping[int, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._names = {f"mark_{booking.pk}": booking.pk for booking in bookings}
        for booking in bookings:
            self.fields[f"mark_{booking.pk}"] = forms.ChoiceField(
                label=booking.person.name,
                help_text=booking.organisation.name,
                choices=Attendance.Mark.choices,
                required=False,
                initial=held.get(booking.pk),
                widget=forms.RadioSelect(attrs={"class": "govuk-radios--inline govuk-radios--small"}),
            )

    @property
    def marks(self) -> dict[int, str]:
        """The marks that were made, by booking."""
        return {key: self.cleaned_data[name] for name, key in self._names.items() if self.cleaned_data[name]}

    @property
    def summary(self) -> str:
        """How many were present, absent and not marked."""
        marks = list(self.marks.values())
        present, absent = marks.count(Attendance.Mark.PRESENT), marks.count(Attendance.Mark.ABSENT)
        open_ = len(self._names) - len(marks)
        return f"{present} present, {absent} absent" + (f", {open_} not marked yet" if open_ else "")
