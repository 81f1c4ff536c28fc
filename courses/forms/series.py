"""Forms about many sessions at once."""

import calendar
import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from django import forms

from courses.recurrence import LAST, EveryWeeks, Listed, OnWeekday, Rule
from courses.services.series import MOST
from courses.suggestions import Suggestion
from courses.years import Year
from partnership_portal.widgets import GovDateField, filter_date

_NUMBERS = [("1", "First"), ("2", "Second"), ("3", "Third"), ("4", "Fourth"), (str(LAST), "Last")]
LEFT_OUT = [("bank", "Bank holidays"), ("school", "School holidays")]


def leave_out_field() -> forms.MultipleChoiceField:
    """Which days nothing is planned on."""
    return forms.MultipleChoiceField(
        label="Which days are left out?",
        required=False,
        choices=LEFT_OUT,
        initial=["bank", "school"],
        widget=forms.CheckboxSelectMultiple({"class": "govuk-checkboxes--small"}),
    )


class RepeatForm(forms.Form):
    """How often a series repeats."""

    repeat = forms.ChoiceField(
        label="How does it repeat?",
        help_text="The series begins on the first date above.",
        widget=forms.RadioSelect,
        choices=[
            ("weeks", "Every few weeks"),
            ("months", "Every few months, on the same weekday as the first date"),
            ("weekday", "On a weekday of the month, such as the first Tuesday of every second month"),
            ("days", "On first dates that I list"),
        ],
        error_messages={"required": "Choose how it repeats"},
    )
    every = forms.IntegerField(
        label="Every how many weeks or months?", required=False, min_value=1, max_value=26, initial=1
    )
    number = forms.TypedChoiceField(
        label="Which one of the month?", required=False, choices=_NUMBERS, coerce=int, empty_value=None
    )
    weekday = forms.TypedChoiceField(
        label="Which weekday?",
        required=False,
        choices=[(str(number), name) for number, name in enumerate(calendar.day_name)],
        coerce=int,
        empty_value=None,
    )
    in_months = forms.TypedMultipleChoiceField(
        label="Only in some months?",
        required=False,
        choices=[(str(number), calendar.month_name[number]) for number in range(1, 13)],
        coerce=int,
        help_text="Only with a weekday of the month. Tick none for all months.",
        widget=forms.CheckboxSelectMultiple({"class": "govuk-checkboxes--small"}),
    )
    until = filter_date("No later than")
    count = forms.IntegerField(
        label="How many sessions at most?", required=False, min_value=1, max_value=MOST, initial=6
    )
    leave_out = leave_out_field()
    first_days = forms.CharField(
        label="First dates of the other sessions",
        required=False,
        help_text="One a line. For example, 27/3/2027. Only if you list the dates.",
        widget=forms.Textarea({"rows": 4}),
    )

    def clean_first_days(self) -> list[dt.date]:
        reader = filter_date("The date")
        days = []
        for line in filter(None, re.split(r"[\n,;]+", self.cleaned_data["first_days"])):
            if not line.strip():
                continue
            try:
                days.append(reader.clean(line.strip()))
            except forms.ValidationError as error:
                raise forms.ValidationError(f"“{line.strip()}” is not a date like 27/3/2027") from error
        return days

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        if found.get("repeat") == "days":
            if not found.get("first_days") and "first_days" not in self.errors:
                self.add_error("first_days", "Enter at least one first date")
        elif found.get("repeat"):
            self._need("every", "Enter every how many weeks or months it repeats")
            self._need("count", "Enter how many sessions there are at most")
        if found.get("repeat") == "weekday":
            self._need("number", "Choose which weekday of the month it is")
            self._need("weekday", "Choose the weekday")
        return found

    def _need(self, name: str, sentence: str) -> None:
        if self.cleaned_data.get(name) is None and name not in self.errors:
            self.add_error(name, sentence)

    def rule(self, first: dt.date) -> Rule:
        """What was filled in, beginning with the first of the dates above."""
        found = self.cleaned_data
        if found["repeat"] == "days":
            return Listed((first, *found["first_days"]))
        if found["repeat"] == "weeks":
            return EveryWeeks(first, found["every"], found["until"])
        if found["repeat"] == "months":
            return OnWeekday.like(first, every=found["every"], until=found["until"])
        months = tuple(found["in_months"])
        return OnWeekday(first, found["number"], found["weekday"], found["every"], months, found["until"])

    @property
    def most(self) -> int:
        """How many sessions at most."""
        return MOST if self.cleaned_data["repeat"] == "days" else self.cleaned_data["count"]


class PickForm(forms.Form):
    """Which of the suggested sessions are made."""

    days = forms.MultipleChoiceField(error_messages={"required": "Tick at least one date"})

    def __init__(self, *args: Any, suggestions: Sequence[Suggestion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days"].choices = [(one.value, one.value) for one in suggestions if not one.left_out]
        self.fields["days"].widget = forms.CheckboxSelectMultiple(choices=self.fields["days"].choices)


class CopyYearForm(forms.Form):
    """Which year's programme is copied into the year after."""

    from_year = forms.TypedChoiceField(
        label="Which year do you want to copy?",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a year"},
    )
    leave_out = leave_out_field()

    def __init__(self, *args: Any, years: Sequence[Year], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.years = {year.starts_in: year for year in years}
        self.fields["from_year"].choices = [
            (str(year.starts_in), f"{year.name}, into {year.following.name}") for year in years
        ]

    @property
    def year(self) -> Year:
        """The year that was chosen."""
        return self.years[self.cleaned_data["from_year"]]


class DuplicateForm(forms.Form):
    """When the copy of a session is held."""

    day = GovDateField(label="First date of the copy", error_messages={"required": "Enter the first date"})
