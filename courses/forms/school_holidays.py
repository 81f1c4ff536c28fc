"""The form about a school holiday."""

from django import forms

from partnership_portal.widgets import GovDateField


class SchoolHolidayForm(forms.Form):
    """When the schools of the area are closed."""

    name = forms.CharField(
        label="Name",
        max_length=100,
        help_text="For example, Autumn half term.",
        error_messages={"required": "Enter a name"},
    )
    first_day = GovDateField(label="First day", error_messages={"required": "Enter the first day"})
    last_day = GovDateField(label="Last day", error_messages={"required": "Enter the last day"})
