"""Forms about training records and reports."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet

from compliance.periods import Period
from compliance.queries.people import Show, Sort
from courses.models import Requirement
from partnership_portal.widgets import GovDateField
from partnership_portal.working_days import uk_today
from partnerships.models import Membership, Organisation


class TrainingForm(forms.Form):
    """Training done elsewhere."""

    title = forms.CharField(label="Title of the training", max_length=200)
    provider = forms.CharField(
        label="Who provided it?",
        max_length=200,
        help_text="For example, your employer or a college.",
        error_messages={"required": "Enter who provided it"},
    )
    completed_on = GovDateField(
        label="When was it completed?",
        help_text="For example, 27 3 2026.",
        error_messages={
            "required": "Enter the day when it was completed",
            "real": "The day when it was completed must be a real date",
        },
    )
    hours = forms.DecimalField(
        label="How long did it take?",
        required=False,
        min_value=0,
        max_value=999,
        max_digits=5,
        decimal_places=2,
        error_messages={"invalid": "Enter the hours as a number", "min_value": "Hours must be 0 or more"},
        widget=forms.NumberInput(attrs={"suffix": "hours", "class": "govuk-input--width-5", "step": "0.25"}),
    )
    requirement = forms.ModelChoiceField(
        Requirement.objects.none(),
        label="Does it count for something required or recommended?",
        required=False,
        empty_label="No, it stands by itself",
        help_text="Only what may be met by training from elsewhere is listed.",
    )

    def __init__(self, *args: Any, requirements: QuerySet[Requirement], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["requirement"].queryset = requirements
        self.fields["requirement"].label_from_instance = lambda one: f"{one.title} ({one.group.title})"

    def clean_completed_on(self) -> date:
        """Refuse a day to come, beside its field."""
        day: date = self.cleaned_data["completed_on"]
        if day > uk_today():
            raise forms.ValidationError("The day when it was completed must be today or in the past.")
        return day


class TrainingForManyForm(TrainingForm):
    """In-house training of several people."""

    people = forms.ModelMultipleChoiceField(
        Membership.objects.none(),
        label="Who completed it?",
        widget=forms.CheckboxSelectMultiple(attrs={"class": "govuk-checkboxes--small"}),
        error_messages={"required": "Choose at least one person."},
    )
    field_order = ["people"]

    def __init__(self, *args: Any, memberships: QuerySet[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = memberships
        self.fields["people"].label_from_instance = lambda one: (
            f"{one.person.name}, {one.job_role}" if one.job_role else one.person.name
        )


class WithdrawForm(forms.Form):
    """Why training is taken off a record."""

    reason = forms.CharField(
        label="Why is it withdrawn?",
        max_length=250,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For example, it was recorded for the wrong person.",
    )


class ExemptionForm(forms.Form):
    """From what somebody is exempt, and why."""

    exemption = forms.ChoiceField(
        label="What are they exempt from, and why?",
        widget=forms.RadioSelect,
        help_text="The strategy names these exemptions, and no others.",
        error_messages={"required": "Choose what they are exempt from"},
    )

    def __init__(self, *args: Any, requirements: Iterable[Requirement], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choices = {
            f"{one.pk} {reason}": {"requirement": one, "reason": reason}
            for one in requirements
            for reason in one.exempt_reasons
        }
        self.fields["exemption"].choices = [
            (key, f"{one['requirement'].title}: {one['reason']}") for key, one in self._choices.items()
        ]

    @property
    def has_choices(self) -> bool:
        """Tell whether the strategy names anybody who is exempt from what is required here."""
        return bool(self._choices)

    def clean_exemption(self) -> dict[str, Any]:
        """Give the requirement and the reason themselves."""
        return self._choices[self.cleaned_data["exemption"]]


class PeopleFilter(forms.Form):
    """Which of an organisation's people to show, and how."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label="Organisation", required=False, empty_label=None
    )
    name = forms.CharField(label="Name", required=False, max_length=100)
    show = forms.ChoiceField(
        label="Show",
        required=False,
        choices=[
            (Show.ALL.value, "Everybody"),
            (Show.MET.value, "All required training met"),
            (Show.LACKING.value, "Something missing or lapsed"),
            (Show.LAPSING.value, "Something to renew soon"),
        ],
    )
    sort = forms.ChoiceField(
        label="Sort by",
        required=False,
        choices=[
            (Sort.NAME.value, "Name"),
            (Sort.LACKING.value, "Most missing"),
            (Sort.LAPSE.value, "Next to lapse"),
            (Sort.LAST.value, "Longest without training"),
        ],
    )

    def __init__(
        self, *args: Any, organisations: QuerySet[Organisation], several: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if several:
            self.fields["organisation"].queryset = organisations
        else:
            del self.fields["organisation"]

    def clean_show(self) -> Show:
        """Give the choice as what it means."""
        return Show(self.cleaned_data["show"])

    def clean_sort(self) -> Sort:
        """Sort by name where nothing is chosen."""
        return Sort(self.cleaned_data["sort"] or Sort.NAME)


class ReportForm(forms.Form):
    """Which period a new report is about."""

    period = forms.ChoiceField(label="Period", widget=forms.RadioSelect)

    def __init__(self, *args: Any, periods: Iterable[Period], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._periods = {period.starts_on.isoformat(): period for period in periods}
        today = uk_today()
        self.fields["period"].choices = [
            (key, f"{one.name}: {one.words}" + (" (not over yet)" if one.ends_on >= today else ""))
            for key, one in self._periods.items()
        ]

    def clean_period(self) -> Period:
        """Give the period itself."""
        return self._periods[self.cleaned_data["period"]]
