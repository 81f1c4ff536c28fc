"""Forms about people and organisations."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from django import forms

from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import (
    CompetencyGroup,
    Membership,
    MembershipRole,
    Organisation,
    Person,
    Sector,
)
from partnerships.permissions import Role

_GRANTED = MembershipRole.GRANTED

_PHONE = {"type": "tel", "autocomplete": "tel", "class": "govuk-input--width-20"}


def carried_out(form: forms.Form, action: Callable[[], object]) -> bool:
    """Do what a valid form asks; a refusal becomes an error at its field or of the form, and the answer is no."""
    if not form.is_valid():
        return False
    try:
        action()
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
        return False
    return True


class SignUpForm(forms.Form):
    """What signing up asks beside email and password."""

    name = forms.CharField(
        max_length=200, label="Full name", help_text="As it should stand on your certificates."
    )

    def signup(self, request: object, user: object) -> None:
        """Keep the name with the account (called by allauth before it saves)."""
        user.name = self.cleaned_data["name"]
        user.save()


class SearchForm(forms.Form):
    """A search box."""

    q = forms.CharField(required=False, label="Search", widget=forms.TextInput(attrs={"type": "search"}))


class JobForm(forms.Form):
    """What somebody does in an organisation, and for whom."""

    job_role = forms.CharField(
        max_length=200,
        label="Job or volunteer role",
        help_text="For example health visitor, teaching assistant or youth worker.",
    )
    competency_group = forms.ModelChoiceField(
        CompetencyGroup.objects.none(),
        required=False,
        label="Which group or level fits the role?",
        empty_label="I am not sure",
        blank=True,
        widget=forms.RadioSelect,
        help_text="It decides which courses are required. Choose the highest that fits.",
    )
    line_manager_name = forms.CharField(max_length=200, required=False, label="Line manager’s name")
    line_manager_email = forms.EmailField(
        required=False,
        label="Line manager’s email address",
        help_text="For some courses we ask the line manager what has changed in practice.",
    )

    def __init__(self, *args: Any, actor: Actor, membership: Membership | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["competency_group"]
        field.queryset = CompetencyGroup.objects.filter(partnership=actor.partnership)
        if membership is not None:
            name, email = membership.manager_contact or (membership.line_manager_name, "")
            self.initial.update(
                job_role=membership.job_role,
                competency_group=membership.competency_group_id,
                line_manager_name=name,
                line_manager_email=email,
            )

    def clean(self) -> dict[str, Any]:
        """A name alone reaches nobody, and neither does an address without a name look like a person."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        name, email = cleaned.get("line_manager_name"), cleaned.get("line_manager_email")
        if email and not name and "line_manager_name" not in self.errors:
            self.add_error("line_manager_name", "Enter the line manager’s name, or leave both empty.")
        return cleaned


class ContactForm(forms.Form):
    """How somebody is called and reached."""

    name = forms.CharField(max_length=200, label="Full name", help_text="As it should stand on certificates.")
    email = forms.EmailField(required=False, label="Email address")
    phone = forms.CharField(
        max_length=40, required=False, label="Telephone number", widget=forms.TextInput(attrs=_PHONE)
    )

    def __init__(self, *args: Any, person: Person | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if person is not None:
            self.initial.update(name=person.name, email=person.email, phone=person.phone)


class OwnDetailsForm(ContactForm):
    """One's own name and contact; the email is one of the account's confirmed addresses."""

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, person=actor.person, **kwargs)
        own = actor.person.email if actor.person else ""
        verified = EmailAddress.objects.filter(user=actor.user, verified=True).values_list("email", flat=True)
        addresses = sorted({email.lower() for email in verified} | ({own} if own else set()))
        self.fields["email"] = forms.ChoiceField(
            choices=[(email, email) for email in addresses],
            label="Email address for messages",
            help_text="To use another address, add it to your account first.",
            widget=forms.RadioSelect,
        )


class AddPersonForm(ContactForm, JobForm):
    """Somebody new in the workforce."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label="Organisation", empty_label="Choose an organisation"
    )
    field_order = ["name", "email", "phone", "organisation"]

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.filter(
            partnership=actor.partnership, is_active=True
        )
        self.fields["email"].help_text = "Leave empty if they have none. They can claim their record with it."


class RoleForm(forms.Form):
    """A role to give or take."""

    role = forms.ChoiceField(
        choices=[("", "Choose a role"), *((role.value, role.label) for role in _GRANTED)],
        label="Role to give",
        error_messages={"required": "Choose a role to give."},
    )


class OrganisationForm(forms.Form):
    """An organisation."""

    name = forms.CharField(max_length=200, label="Name")
    sector = forms.ModelChoiceField(
        Sector.objects.none(), label="Sector", widget=forms.RadioSelect, empty_label=None
    )
    charging_class = forms.ChoiceField(required=False, label="Charging class")
    is_active = forms.BooleanField(
        required=False,
        initial=True,
        label="Active",
        help_text="Without this it takes no new members.",
    )

    def __init__(
        self, *args: Any, actor: Actor, organisation: Organisation | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sector"].queryset = Sector.objects.filter(partnership=actor.partnership)
        classes = actor.partnership.policy().charging.classes
        if classes:
            self.fields["charging_class"].choices = [("", "None"), *[(one.code, one.name) for one in classes]]
        else:
            del self.fields["charging_class"]
        if organisation is None:
            del self.fields["is_active"]
        else:
            self.initial.update(
                name=organisation.name,
                sector=organisation.sector_id,
                charging_class=organisation.charging_class,
                is_active=organisation.is_active,
            )


class DeclineForm(forms.Form):
    """Why a request is declined."""

    reason = forms.CharField(
        max_length=500,
        label="Why do you decline?",
        help_text="The person reads this.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AuditFilter(forms.Form):
    """Which entries of the audit trail to list."""

    action = forms.ChoiceField(required=False, label="What was done")
    who = forms.CharField(required=False, label="Name of the person who did it")

    def __init__(self, *args: Any, actions: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = Counter(map(in_words, actions))
        self.fields["action"].choices = [
            ("", "Anything"),
            *(
                (one, f"{in_words(one)} ({one.split('.')[0]})" if told[in_words(one)] > 1 else in_words(one))
                for one in actions
            ),
        ]


def in_words(action: str) -> str:
    """A service's name as words: ``bookings.book_place`` is "Book place"."""
    return action.rpartition(".")[2].replace("_", " ").capitalize()


def roles_of(membership: Membership) -> list[Role]:
    """The roles granted with a membership, in the order of the table (prefetch ``granted_roles``)."""
    held = {granted.role for granted in membership.granted_roles.all()}
    return [role for role in Role if role.value in held]
