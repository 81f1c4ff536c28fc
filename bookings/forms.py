"""Forms about bookings."""

from datetime import date
from typing import Any

from django import forms

from bookings.asked import Asked
from bookings.evidence import MOST_BYTES, NotEvidence, kind_of_evidence
from bookings.models import AccessNeeds
from bookings.services.approvals import Manager
from bookings.services.prerequisites import EarlierTraining
from partnership_portal.widgets import GovDateField
from partnership_portal.working_days import uk_today
from partnerships.models import Organisation

WHO_SEES_IT = (
    "For example step-free access, a hearing loop or large print. Only the partnership team and this session’s "
    "trainers see this. It is deleted when the session is over."
)


def access_needs_field() -> forms.CharField:
    """What somebody needs on the day, with who sees it and for how long."""
    return forms.CharField(
        label="Is there anything you need to take part?",
        help_text=WHO_SEES_IT,
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


def diets_field() -> forms.MultipleChoiceField:
    """What somebody eats, in the words that a caterer counts."""
    return forms.MultipleChoiceField(
        label="Dietary needs",
        help_text="Choose all that apply. The caterer gets numbers, not names.",
        required=False,
        choices=AccessNeeds.Diet.choices,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "govuk-checkboxes--small"}),
    )


def dietary_field() -> forms.CharField:
    """What the caterer must know beside."""
    return forms.CharField(
        label="Anything else about food",
        help_text="For example an allergy. The caterer is told this, without your name.",
        required=False,
        max_length=200,
    )


class BookForm(forms.Form):
    """Booking a place: for which organisation, what is needed on the day, who pays, and the promise to come."""

    organisation = forms.TypedChoiceField(
        label="Which organisation is this for?",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the organisation this is for"},
    )
    audience_reason = forms.CharField(
        label="Why do you want to come all the same?",
        help_text="Whoever approves the booking and the partnership team read this.",
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    training = forms.CharField(
        label="What was the training called?",
        help_text="For example, Safeguarding induction.",
        required=False,
        max_length=200,
    )
    trained_on = GovDateField(label="When was it completed?", required=False)
    evidence = forms.FileField(
        label="Or upload evidence",
        help_text="For example the certificate, as a PDF, PNG or JPEG of up to 5 MB. Only the partnership team and "
        "the person who comes can open it. It is deleted when the session is over.",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
        error_messages={"empty": "The file is empty. Choose another one."},
    )
    access_needs = access_needs_field()
    diets = diets_field()
    dietary = dietary_field()
    purchase_order = forms.CharField(
        label="Purchase order number or cost code",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"class": "govuk-input--width-20"}),
    )
    declaration = forms.BooleanField(error_messages={"required": "Confirm that you can come"})
    expects_place = forms.BooleanField(required=False, widget=forms.HiddenInput)
    session_shown = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, asked: Asked, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        self._for_organisations()
        self._for_learner()
        if asked.is_online:
            del self.fields["diets"], self.fields["dietary"]
        if not asked.outside:
            del self.fields["audience_reason"]
        if not asked.asks_earlier_training:
            del self.fields["training"], self.fields["trained_on"], self.fields["evidence"]
        elif asked.declared_before is not None:
            self.fields["training"].initial = asked.declared_before.training
            self.fields["trained_on"].initial = asked.declared_before.completed_on
        if not asked.asks_purchase_order:
            del self.fields["purchase_order"]
        else:
            self.fields["purchase_order"].help_text = self._about_purchase_order()

    def clean_trained_on(self) -> date | None:
        """What comes first has been done already."""
        day = self.cleaned_data["trained_on"]
        if day is not None and day > uk_today():
            raise forms.ValidationError("The date must be in the past")
        return day

    def clean_evidence(self) -> bytes:
        """The bytes of the file, once it is seen to be one that can be taken."""
        file = self.cleaned_data["evidence"]
        if not file:
            return b""
        content = bytes(file.read(MOST_BYTES + 1))
        try:
            kind_of_evidence(content)
        except NotEvidence as refusal:
            raise forms.ValidationError(refusal.sentence) from refusal
        return content

    def clean(self) -> dict[str, Any]:
        """Ask for what this organisation's booking can't do without."""
        found = super().clean() or self.cleaned_data
        if self.asked.must_show_earlier_training:
            self._check_earlier_training(found)
        organisation = found.get("organisation")
        if organisation is None:
            return found
        if self.asked.must_explain(organisation) and not found.get("audience_reason"):
            who = self.asked.learner or "you"
            come = "wants" if self.asked.learner else "want"
            self.add_error("audience_reason", f"Say why {who} {come} to come all the same")
        if self.asked.needs_purchase_order(organisation) and not found.get("purchase_order"):
            self.add_error("purchase_order", "Enter a purchase order number or cost code")
        return found

    @property
    def told(self) -> dict[str, Any]:
        """What was said, as ``Told`` takes it."""
        found = self.cleaned_data
        return {
            "access_needs": found["access_needs"],
            "diets": tuple(found.get("diets", ())),
            "dietary": found.get("dietary", ""),
            "purchase_order": found.get("purchase_order", ""),
            "audience_reason": found.get("audience_reason", ""),
            "declared": str(self.fields["declaration"].label),
            "earlier": EarlierTraining(
                training=found.get("training", ""),
                completed_on=found.get("trained_on"),
                evidence=found.get("evidence", b""),
            ),
        }

    @property
    def organisation_chosen(self) -> Organisation:
        """The organisation to book for."""
        return self.asked.chosen(self.cleaned_data["organisation"])

    def _check_earlier_training(self, found: dict[str, Any]) -> None:
        if found.get("evidence") or any(
            name in self.errors for name in ("training", "trained_on", "evidence")
        ):
            return
        if not found.get("training"):
            self.add_error("training", "Enter what the training was called, or upload evidence of it")
        if not found.get("trained_on"):
            self.add_error("trained_on", "Enter when the training was completed, or upload evidence of it")

    def _for_organisations(self) -> None:
        choices = [(str(one.organisation_id), one.organisation.name) for one in self.asked.memberships]
        self.fields["organisation"].choices = choices
        self.only_organisation = choices[0][1] if len(choices) == 1 else ""
        if self.only_organisation:
            self.fields["organisation"].widget = forms.HiddenInput()
            self.fields["organisation"].initial = choices[0][0]

    def _for_learner(self) -> None:
        learner, declaration = self.asked.learner, self.fields["declaration"]
        if not learner:
            # A manager who is asked anyway says so for themselves.
            agrees = "" if self.asked.manager_decides else "My manager agrees, and "
            declaration.label = f"{agrees}I {self.asked.promise}"
            return
        self.fields["access_needs"].label = f"Is there anything {learner} needs to take part?"
        self.fields["audience_reason"].label = f"Why should {learner} come all the same?"
        declaration.label = f"{learner} has agreed to be booked and {self.asked.promise}"
        declaration.error_messages["required"] = f"Confirm that {learner} can come"

    def _about_purchase_order(self) -> str:
        usual = [
            one.organisation.purchase_order for one in self.asked.costs if one.organisation.purchase_order
        ]
        if usual and len(self.asked.memberships) == 1:
            return f"Whatever is charged quotes it: {usual[0]}, if you leave it empty."
        return "Whatever is charged quotes it."


class NeedsForm(forms.Form):
    """What somebody needs on the day; about food only where people meet."""

    access_needs = access_needs_field()
    diets = diets_field()
    dietary = dietary_field()

    def __init__(self, *args: Any, is_online: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_online:
            del self.fields["diets"], self.fields["dietary"]

    @property
    def food(self) -> dict[str, Any]:
        """The dietary needs, as the services take them."""
        return {
            "diets": self.cleaned_data.get("diets", []),
            "dietary": self.cleaned_data.get("dietary", ""),
        }


class CancelForm(forms.Form):
    """Giving up a booking."""

    reason = forms.CharField(
        label="Why can’t you come?",
        help_text="Your organisation’s lead and the partnership team can read this. Leave out anything private.",
        required=False,
        max_length=250,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class SearchForm(forms.Form):
    """Finding a person by name."""

    q = forms.CharField(label="Name contains", required=False, max_length=100)


class DecisionForm(forms.Form):
    """Why somebody's booking is not approved."""

    reason = forms.CharField(
        label="If you decline, say why",
        help_text="The person who asked will read it.",
        max_length=250,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why you decline"},
    )


class ManagerForm(forms.Form):
    """The line manager, named while booking because none is recorded; not ``is_needed`` for every organisation."""

    manager_name = forms.CharField(
        label="Your line manager’s name",
        max_length=200,
        error_messages={"required": "Enter your line manager’s name"},
    )
    manager_email = forms.EmailField(
        label="Your line manager’s email address",
        help_text="We ask them to approve this booking. They need no account. A line manager who uses the portal also "
        "sees the training record of the people they manage.",
        error_messages={
            "required": "Enter your line manager’s email address",
            "invalid": "Enter an email address in the correct format, like name@example.com",
        },
    )

    def __init__(self, *args: Any, is_needed: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_needed = is_needed
        if not is_needed:
            # For an organisation where nobody is asked, or one is recorded, whatever was typed is left alone.
            self.fields = {
                name: forms.CharField(label=one.label, required=False) for name, one in self.fields.items()
            }

    @property
    def named(self) -> Manager | None:
        """Who was named, where somebody is to be."""
        given = self.cleaned_data
        return Manager(given["manager_name"], given["manager_email"]) if self.is_needed else None
