"""The forms of certificates: checking one, revoking it, and issuing it again."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from evaluations.models.certificate import is_secret_number
from partnership_portal.widgets import GovDateField
from partnerships.models import Organisation


class CheckForm(forms.Form):
    """What is printed on a certificate; a number that could be guessed asks for the code beside it."""

    number = forms.CharField(
        label="Certificate number",
        max_length=60,
        help_text="It is printed on the certificate.",
        widget=forms.TextInput(
            attrs={"class": "govuk-input--width-20", "autocomplete": "off", "spellcheck": "false"}
        ),
        error_messages={
            "required": "Enter the number of the certificate",
            "max_length": "The number of a certificate has at most 60 characters",
        },
    )
    code = forms.CharField(
        label="Check code",
        required=False,
        max_length=20,
        help_text="It is printed beside the number. A number with four groups of four, such as "
        "HSCP-PE44-3SEZ-QWER-DPVK, has none.",
        widget=forms.TextInput(
            attrs={"class": "govuk-input--width-10", "autocomplete": "off", "spellcheck": "false"}
        ),
        error_messages={"max_length": "A check code has at most 20 characters"},
    )

    def clean(self) -> dict[str, Any]:
        """Ask for the code by the look of the number alone: whether there is such a number must not show."""
        given = super().clean() or {}
        number, code = given.get("number", ""), given.get("code", "")
        if number and not code and not is_secret_number("-".join(number.upper().replace("-", " ").split())):
            self.add_error("code", "Enter the check code that is printed beside the number")
        return given


class ReasonForm(forms.Form):
    """Why a certificate is revoked or reinstated."""

    reason = forms.CharField(
        label="Reason",
        max_length=250,
        help_text="The learner is told it, and it is kept. Do not write anything about health or about a child.",
        widget=forms.Textarea(attrs={"rows": "3"}),
        error_messages={"required": "Enter the reason"},
    )


class ReissueForm(forms.Form):
    """The learner's right name, and why the certificate had another."""

    name = forms.CharField(
        label="Name on the certificate",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": "Enter the name as it should be on the certificate",
            "max_length": "A name on a certificate has at most 200 characters",
        },
    )
    reason = forms.CharField(
        label="Reason",
        max_length=250,
        help_text="Only the team sees it. Do not write anything about health or about a child.",
        widget=forms.Textarea(attrs={"rows": "2"}),
        error_messages={"required": "Enter the reason"},
    )


class BundleForm(forms.Form):
    """Whose certificates, issued between which days."""

    organisation = forms.ModelChoiceField(
        label="Organisation",
        queryset=Organisation.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": "Choose the organisation"},
    )
    first_day = GovDateField(label="Issued from", required=False, help_text="Leave it empty for the first.")
    last_day = GovDateField(label="Issued until", required=False, help_text="Leave it empty for today.")

    def __init__(self, led: QuerySet[Organisation], data: Any = None) -> None:
        super().__init__(data, initial={"organisation": led.first()})
        field = self.fields["organisation"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for mypy
        field.queryset = led
