"""Forms about charges."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms


class DecisionForm(forms.Form):
    """Why a charge is waived or credited."""

    reason = forms.CharField(
        label="Why?",
        help_text="The organisation can read this. Leave out anything private.",
        max_length=250,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Enter the reason"},
    )


class CloseMonthForm(forms.Form):
    """Which month is sent to finance."""

    month = forms.TypedChoiceField(
        label="Which month?",
        coerce=date.fromisoformat,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a month"},
    )

    def __init__(self, *args: Any, months: Sequence[date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["month"].choices = [(month.isoformat(), f"{month:%B %Y}") for month in months]
        if len(months) == 1:
            # The button names it: there is nothing to choose.
            self.fields["month"].widget = forms.HiddenInput()
            self.initial["month"] = months[0].isoformat()


class PurchaseOrderForm(forms.Form):
    """What charges quote where a booking gives nothing of its own."""

    purchase_order = forms.CharField(
        label="Usual purchase order number or cost code",
        help_text="Charges quote it, unless a booking gives another.",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"class": "govuk-input--width-20"}),
    )
