"""Forms about who is asked: who the line manager is, and until when somebody who missed it may still answer."""

from datetime import date
from typing import Any

from django import forms

from partnership_portal.templatetags.portal import uk_date as in_words
from partnership_portal.widgets import GovDateField

_EMAIL = {"class": "govuk-input--width-20", "autocomplete": "off", "spellcheck": "false"}


class WhoIsManagerForm(forms.Form):
    """Who the line manager is, as far as somebody knows."""

    name = forms.CharField(label="Name of the line manager", max_length=200, required=False)
    email = forms.EmailField(
        label="Email address of the line manager",
        required=False,
        widget=forms.EmailInput(attrs=_EMAIL),
        error_messages={"invalid": "Enter an email address, such as name@example.com"},
    )


class OtherManagerForm(forms.Form):
    """The line manager whom the team asks."""

    name = forms.CharField(label="Name", max_length=200, error_messages={"required": "Enter the name"})
    email = forms.EmailField(
        label="Email address",
        widget=forms.EmailInput(attrs=_EMAIL),
        error_messages={
            "required": "Enter the email address",
            "invalid": "Enter an email address, such as name@example.com",
        },
    )


class OpenAgainForm(forms.Form):
    """Until when somebody who missed the time may still answer, and why."""

    until = GovDateField(
        label="Open until the end of",
        error_messages={"required": "Enter the last day on which they can answer"},
    )
    reason = forms.CharField(
        label="Reason",
        max_length=250,
        help_text="Only the team sees it. Do not write anything about health or about a child: “was away” is enough.",
        widget=forms.Textarea(attrs={"rows": "2"}),
        error_messages={"required": "Enter the reason"},
    )

    def __init__(self, last_day: date, data: Any = None, *, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["until"].help_text = f"At the latest {in_words(last_day)}."
