"""Forms about who is asked: who the line manager is."""

from django import forms

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
