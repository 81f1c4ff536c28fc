"""The form about an agreement."""

from typing import Any

from django import forms
from django.db.models import Q

from courses.models import Agreement
from courses.services.agreements import AgreementDetails
from partnership_portal.widgets import GovDateField
from partnerships.actors import Actor
from partnerships.models import Organisation


class AgreementForm(forms.Form):
    """With whom, from when until when, and what was agreed."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label="Organisation",
        empty_label="Choose an organisation",
        error_messages={"required": "Choose the organisation"},
    )
    starts_on = GovDateField(label="First day")
    ends_on = GovDateField(
        label="Last day", required=False, help_text="Leave it open if there is no end yet."
    )
    terms = forms.CharField(
        label="What was agreed",
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Enter what was agreed"},
    )

    def __init__(self, *args: Any, actor: Actor, agreement: Agreement | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        theirs = agreement.organisation_id if agreement else None
        self.fields["organisation"].queryset = Organisation.objects.filter(
            Q(is_active=True) | Q(pk=theirs), partnership=actor.partnership
        )
        if agreement is not None:
            self.initial.update(
                organisation=agreement.organisation_id,
                starts_on=agreement.starts_on,
                ends_on=agreement.ends_on,
                terms=agreement.terms,
            )

    @property
    def details(self) -> AgreementDetails:
        """What was filled in."""
        return AgreementDetails(**self.cleaned_data)
