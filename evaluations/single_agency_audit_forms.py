"""The forms of audits of organisations' own training."""

from django import forms


class GiveBackForm(forms.Form):
    """What an organisation is to put right in its answers."""

    because = forms.CharField(
        label="What is to be put right",
        max_length=1000,
        help_text="The leads of the organisation read it. If an answer names somebody, do not repeat the name.",
        widget=forms.Textarea(attrs={"rows": "4"}),
        error_messages={
            "required": "Say what is to be put right",
            "max_length": "What is to be put right must be 1,000 characters or fewer",
        },
    )
