"""Forms of booking several people: whom to pick, the list to check, and what is said for everybody."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from django import forms
from django.http import QueryDict

from bookings.charges.announced import Announced
from bookings.colleagues import SOMEBODY_NEW, Wanted
from bookings.evidence import MOST_BYTES
from bookings.group_outcomes import Fate, Outcome
from bookings.pasted_lines import MOST_EMAIL, MOST_JOB, MOST_NAME, read_pasted
from bookings.said_before import said_again
from courses.models import Session
from partnership_portal.keys import keys_in
from partnership_portal.widgets import PARTS, GovDateField
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Membership, Organisation
from partnerships.permissions import Permission

_PREFIX = "rows"
_TRAINING = "Child protection training that they have done in their own organisation"


class FindOrganisationForm(forms.Form):
    """Which organisation the team books for."""

    q = forms.CharField(label="Organisation’s name contains", required=False, max_length=100)


class PickForm(forms.Form):
    """Whom to book: some of the organisation's people, and others as they stand in a list."""

    q = forms.CharField(label="Show only names that contain", required=False, max_length=100)
    people = forms.TypedMultipleChoiceField(
        label="Choose people", coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    pasted = forms.CharField(
        label="Names and email addresses",
        help_text="One person on each line: name, email address and, if you like, job role. You can paste them from a "
        "spreadsheet. Leave the address out for people who have none.",
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "data-count": "off"}),
    )

    # What was said of each on the check page already.
    said = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, people: Sequence[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(one.person_id, _in_words(one)) for one in people]
        self.fields["people"].choices = choices  # type: ignore[attr-defined]
        self.fields["people"].widget.attrs["class"] = "govuk-checkboxes--small"


def keys_picked(data: QueryDict) -> list[int]:
    """Whom the page says to have been chosen; the service judges whether they may be."""
    return keys_in(data.getlist("people"))


def picked(data: QueryDict) -> list[Wanted]:
    """Everybody on the list of the page where it is picked, those chosen first."""
    chosen = [Wanted(person=key) for key in keys_picked(data)]
    lines = read_pasted(data.get("pasted", ""))
    written = [Wanted(name=one.name, email=one.email, job_role=one.job_role) for one in lines]
    return said_again([*chosen, *written], data.get("said", ""))


class TrainingForAllForm(forms.Form):
    """The training that comes first, said once for all of the list who are not said to have done another."""

    all_training = forms.CharField(label=_TRAINING, required=False, max_length=200)
    all_trained_on = GovDateField(label="When was it?", required=False)

    def clean(self) -> dict[str, Any]:
        """Name and date are needed together."""
        given = super().clean() or self.cleaned_data
        if not self.errors and bool(given.get("all_training")) != bool(given.get("all_trained_on")):
            empty = "all_trained_on" if given.get("all_training") else "all_training"
            self.add_error(empty, "Name the training with its date")
        return given

    def fill_in(self, wanted: Wanted) -> Wanted:
        """The person with this training, unless something is said of theirs."""
        if not self.is_valid() or wanted.training or wanted.trained_on or wanted.evidence:
            return wanted
        given = self.cleaned_data
        return replace(wanted, training=given["all_training"], trained_on=given["all_trained_on"])


class RowForm(forms.Form):
    """One person of the list, to be mended or left out."""

    person = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(label="Name", required=False, max_length=MOST_NAME)
    email = forms.CharField(
        label="Email address",
        required=False,
        max_length=MOST_EMAIL,
        widget=forms.TextInput(attrs={"type": "email", "autocomplete": "off"}),
    )
    job_role = forms.CharField(label="Job or volunteer role", required=False, max_length=MOST_JOB)
    same_as = forms.ChoiceField(label="Who is meant?", required=False, widget=forms.RadioSelect)
    audience_reason = forms.CharField(
        label="Why should they come all the same?", required=False, max_length=300
    )
    training = forms.CharField(label=_TRAINING, required=False, max_length=200)
    trained_on = GovDateField(label="When was it?", required=False)
    evidence = forms.FileField(
        label="Or attach evidence",
        help_text="A PDF, PNG or JPEG of up to 5 MB.",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
    )
    held = forms.UUIDField(required=False, widget=forms.HiddenInput)
    leave_out = forms.BooleanField(label="Leave out", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The choices are known with the outcome only; until then any answer is read and the service judges it.
        self.fields["same_as"].choices = [(said, said) for said in [self._said("same_as")] if said]  # type: ignore[attr-defined]

    def offer(self, outcome: Outcome) -> None:
        """Ask what this person's outcome leaves open."""
        if outcome.candidates:
            known = [(str(one.person_id), _in_full(one)) for one in outcome.candidates]
            self.fields["same_as"].choices = [*known, (SOMEBODY_NEW, "Somebody else of the same name")]  # type: ignore[attr-defined]
        else:
            self.fields["same_as"].widget = forms.HiddenInput()
        if not outcome.outside:
            self.fields["audience_reason"].widget = forms.HiddenInput()
        if not outcome.asks_training:
            for name in ("training", "trained_on", "evidence", "held"):
                del self.fields[name]
        elif outcome.evidence:
            self.fields["evidence"].label = "Attach another file instead"
        self.fields["leave_out"].label = f"Leave {outcome.name} out"

    @property
    def wanted(self) -> Wanted:
        """The person as the row names them."""
        given = self.cleaned_data
        texts = {name: " ".join(str(given.get(name) or self._said(name)).split()) for name in _TEXTS}
        return Wanted(
            person=given.get("person"),
            trained_on=given.get("trained_on"),
            evidence=str(given.get("held") or ""),
            **texts,
        )

    def _said(self, name: str) -> str:
        return str(self.data.get(self.add_prefix(name), ""))


_TEXTS = ("name", "email", "job_role", "same_as", "audience_reason", "training")
Rows = forms.formset_factory(RowForm, extra=0, absolute_max=500, max_num=500)


def rows_sent(
    data: Mapping[str, Any], files: Mapping[str, Any], hold: Callable[[bytes], str]
) -> list[Wanted] | None:
    """The list as it was sent from the check page, without those left out; nothing where it is not in the data.

    ``hold`` keeps a file until the list is booked, and gives the key to it.
    """
    if f"{_PREFIX}-TOTAL_FORMS" not in data:
        return None
    rows = Rows(data, prefix=_PREFIX)
    rows.is_valid()
    kept = [row for row in rows if not getattr(row, "cleaned_data", {}).get("leave_out")]
    for_all = TrainingForAllForm(data)
    return [
        for_all.fill_in(_with_file(row.wanted, files.get(row.add_prefix("evidence")), hold))
        for row in kept
        if row.wanted != Wanted()
    ]


def _with_file(wanted: Wanted, file: Any, hold: Callable[[bytes], str]) -> Wanted:
    if file is None:
        return wanted
    try:
        return replace(wanted, evidence=hold(bytes(file.read(MOST_BYTES + 1))))
    except DomainError as refusal:
        return replace(wanted, evidence_refused=refusal.sentence)


def training_for_all(data: Mapping[str, Any], outcomes: Sequence[Outcome]) -> TrainingForAllForm | None:
    """The form that says it once, while several people's training is still to be named."""
    if sum(one.lacks_training for one in outcomes) < 2:
        return None
    sent = TrainingForAllForm(data)
    return sent if sent.errors else TrainingForAllForm()


def rows_of(outcomes: Sequence[Outcome]) -> Any:
    """The rows of the check page, one for each outcome."""
    data: dict[str, Any] = {f"{_PREFIX}-TOTAL_FORMS": len(outcomes), f"{_PREFIX}-INITIAL_FORMS": 0}
    for number, outcome in enumerate(outcomes):
        one = outcome.wanted
        given = {name: getattr(one, name) for name in _TEXTS}
        given |= {"person": one.person or "", "held": one.evidence if outcome.evidence else ""}
        given |= {f"trained_on_{part}": str(getattr(one.trained_on, part, "")) for part in PARTS}
        data |= {f"{_PREFIX}-{number}-{name}": value for name, value in given.items()}
    rows = Rows(data, prefix=_PREFIX)
    for row, outcome in zip(rows, outcomes, strict=True):
        row.offer(outcome)
    rows.is_valid()
    for row, outcome in zip(rows, outcomes, strict=True):
        # Who is left out all the same is asked for no other file.
        asks = "evidence" in row.fields and outcome.fate is not Fate.REFUSED
        if outcome.wanted.evidence_refused and asks:
            row.add_error("evidence", f"{outcome.name}: {outcome.wanted.evidence_refused}")
    return rows


def ask_what_is_missing(rows: Any, outcomes: Sequence[Outcome], actor: Actor) -> bool:
    """Mark what a row must still say before it can be booked; tells whether anything is missing.

    The team may leave out what others must give.
    """
    by_team = actor.may(Permission.MANAGE_BOOKINGS)
    for row, outcome in zip(rows, outcomes, strict=True):
        if outcome.fate is Fate.ASK:
            row.add_error("same_as", f"Say who is meant by {outcome.name}, or leave the line out")
        if outcome.lacks_reason and not by_team:
            row.add_error("audience_reason", f"Say why {outcome.name} should come all the same")
        if outcome.lacks_training and not by_team:
            empty = "trained_on" if outcome.wanted.training else "training"
            row.add_error(
                empty, f"Name the training that {outcome.name} has done, with its date, or attach evidence"
            )
    return any(row.errors for row in rows)


class ConfirmForm(forms.Form):
    """What is said for everybody on the list, and what whoever confirms was shown."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    shown = forms.CharField(widget=forms.HiddenInput)
    session_shown = forms.CharField(required=False, widget=forms.HiddenInput)
    purchase_order = forms.CharField(
        label="Purchase order number or cost code",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"class": "govuk-input--width-20"}),
    )
    declaration = forms.BooleanField(
        label="Everybody on this list has agreed to be booked and can come to every date",
        error_messages={"required": "Confirm that everybody on the list can come"},
    )

    def __init__(self, *args: Any, cost: Announced, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        order = self.fields["purchase_order"]
        if not cost.asks_purchase_order:
            del self.fields["purchase_order"]
            return
        usual = cost.organisation.purchase_order
        order.help_text = "Charges for these bookings quote it."
        if usual:
            order.help_text += f" Left empty, they quote {usual}."
        order.required = cost.needs_purchase_order and not actor.may(Permission.MANAGE_BOOKINGS)
        order.error_messages["required"] = "Enter a purchase order number or cost code"

    @property
    def declared(self) -> str:
        """What was confirmed, in its own words."""
        return str(self.fields["declaration"].label)


def as_lines(wanted: Sequence[Wanted]) -> str:
    """Those who were written down, as lines again."""
    written = [one for one in wanted if one.person is None]
    return "\n".join("\t".join(filter(None, [one.name, one.email, one.job_role])) for one in written)


def _in_words(one: Membership) -> str:
    return f"{one.person.name}, {one.job_role}" if one.job_role else one.person.name


def _in_full(one: Membership) -> str:
    return f"{_in_words(one)} ({one.person.email or 'no email address'})"


def organisations_to_book_for(actor: Actor, session: Session, text: str) -> list[Organisation]:
    """The organisations that the actor leads; for the team those whose name contains the text.

    Where one organisation holds the session for its own staff, no other one.
    """
    organisations = Organisation.objects.filter(partnership=actor.partnership, is_active=True)
    if session.is_single_agency:
        organisations = organisations.filter(own_sessions=session)
        if actor.may(Permission.MANAGE_BOOKINGS):
            return list(organisations)
    if actor.may(Permission.MANAGE_BOOKINGS):
        found = organisations.filter(name_key__contains=text.lower()) if text else organisations.none()
        led = organisations.filter(pk__in=actor.led_organisation_ids)
        return list((found | led).order_by("name_key")[:30])
    return list(organisations.filter(pk__in=actor.led_organisation_ids).order_by("name_key"))
