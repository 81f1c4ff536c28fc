"""Forms about sessions on the desk."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q

from courses.models import Course, Session, Venue
from courses.plans import SessionPlan, Slot, slot_on
from courses.queries import trainers_of
from partnership_portal.widgets import GovDateField, GovTimeField, PoundsField
from partnership_portal.working_days import UK
from partnerships.actors import Actor
from partnerships.models import Organisation, Person
from partnerships.policy import Policy

ROWS = 4
_ABOUT_CHARGES = ("cost_pence", "single_agency_for", "opened_to_others")
MOST_PLACES = 5000


class SlotForm(forms.Form):
    """One date of a session; a row may stay empty."""

    day = GovDateField(label="Date", required=False)
    start = GovTimeField(label="Starts at", required=False, help_text="For example, 9:30am")
    end = GovTimeField(label="Ends at", required=False, help_text="For example, 4pm")

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        if any(found.get(name) for name in ("day", "start", "end")) and not self.errors:
            for name, what in (("day", "date"), ("start", "time it starts"), ("end", "time it ends")):
                if found.get(name) is None:
                    self.add_error(name, f"Enter the {what}")
            if not self.errors and found["end"] <= found["start"]:
                self.add_error("end", "It must end after it starts")
        return found

    @property
    def slot(self) -> Slot | None:
        """The date that was filled in, or nothing for an empty row."""
        found = self.cleaned_data
        return slot_on(found["day"], found["start"], found["end"]) if found.get("day") else None


class SlotsFormSet(forms.BaseFormSet):
    """The dates of a session, in a fixed number of rows."""

    def clean(self) -> None:
        if not any(self.errors) and not self.slots:
            if not self.forms:
                raise forms.ValidationError("Enter at least one date")
            self.refuse("Enter at least one date")

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The dates that were filled in."""
        return tuple(slot for form in self.forms if (slot := form.slot))

    @property
    def opened(self) -> bool:
        """Tell whether more than the first row needs to be seen."""
        return any(form.initial or form.has_changed() or form.errors for form in self.forms[1:])

    def refuse(self, sentence: str) -> None:
        """Show a refusal beside the first date."""
        self.forms[0].add_error("day", sentence)


def slots_formset(data: Any, slots: Sequence[Slot] = ()) -> SlotsFormSet:
    """The rows, filled with the session's dates by UK clocks."""
    rows = max(ROWS, len(slots))
    factory = forms.formset_factory(
        SlotForm, formset=SlotsFormSet, extra=rows, max_num=rows, absolute_max=rows
    )
    formset: Any = factory(data, prefix="dates")
    for form, slot in zip(formset.forms, slots, strict=False):
        start, end = slot.starts_at.astimezone(UK), slot.ends_at.astimezone(UK)
        form.initial = {"day": start.date(), "start": start.time(), "end": end.time()}
        # Else a row that is sent back as it was counts as empty, and the session would lose its date.
        form.empty_permitted = False
    return formset


class SessionForm(forms.ModelForm):
    """Everything about a session but its dates."""

    capacity = forms.IntegerField(label="Number of places", min_value=1, max_value=MOST_PLACES)
    minimum = forms.IntegerField(
        label="Bookings needed to go ahead",
        min_value=0,
        max_value=MOST_PLACES,
        initial=0,
        help_text="Leave it at 0 if it goes ahead with any number.",
    )
    trainers = forms.ModelMultipleChoiceField(
        queryset=Person.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    cost_pence = PoundsField(
        label="What it costs",
        required=False,
        help_text="Where the strategy charges at cost: for one place or, of an organisation’s own training, for "
        "the whole session.",
    )

    class Meta:
        model = Session
        fields = [
            "course",
            "venue",
            "joining_link",
            "capacity",
            "minimum",
            "lecture_style",
            "lecture_style_reason",
            "trainers",
            "joining_instructions",
            "cost_pence",
            "single_agency_for",
            "opened_to_others",
        ]
        labels = {
            "joining_link": "Joining link",
            "lecture_style": "It is lecture-style, so more people may take part",
            "lecture_style_reason": "Why is it lecture-style?",
            "single_agency_for": "One organisation’s own training",
            "opened_to_others": "It is open to other agencies, within the priorities",
        }
        help_texts = {
            "joining_link": "For online sessions. Only people who have booked see it.",
            "joining_instructions": "Sent to people who have booked, and again when they change.",
            "single_agency_for": "An organisation with an agreement may book its own staff here, and pays for it.",
            "opened_to_others": "Everybody can book then, and the organisation pays nothing.",
        }
        widgets = {
            "joining_instructions": forms.Textarea({"rows": 5}),
            "joining_link": forms.URLInput,
            "lecture_style_reason": forms.Textarea({"rows": 2}),
        }

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["venue"].queryset = Venue.objects.visible_to(actor)
        self.fields["venue"].empty_label = "No venue: it is online"
        self.fields["joining_link"].assume_scheme = "https"
        policy = actor.partnership.policy()
        self._offer_exception(policy)
        self._offer_charges(actor, policy)
        eligible = Q(pk__in=trainers_of(actor).values("pk"))
        if self.instance.pk:
            # The course of a session never changes: bookings were made for it.
            del self.fields["course"]
            if "cost_pence" in self.fields:
                self.fields["cost_pence"].help_text += " What was charged already is worked out anew."
            self.initial["trainers"] = list(self.instance.trainer_links.values_list("person_id", flat=True))
            eligible |= Q(pk__in=self.initial["trainers"])
        else:
            courses = Course.objects.visible_to(actor).exclude(status="archived").defer("search")
            self.fields["course"].queryset = courses
            self.fields["course"].empty_label = "Choose a course"
        self.fields["trainers"].queryset = Person.objects.filter(eligible, partnership=actor.partnership)

    def _offer_exception(self, policy: Policy) -> None:
        """Ask about lecture style only where the strategy lets such sessions be larger."""
        booking = policy.booking
        cap = booking.class_size_cap.value
        if not self.instance.lecture_style and (cap == "none" or not booking.lecture_style_exempt.value):
            del self.fields["lecture_style"], self.fields["lecture_style_reason"]
            return
        hint = f"The strategy allows at most {cap} people in other sessions. The exception is written down."
        self.fields["lecture_style"].help_text = hint

    def _offer_charges(self, actor: Actor, policy: Policy) -> None:
        """Ask what it costs only where a rule charges at cost, and for whom it is only where agreements are."""
        if self.instance.cost_pence is None and not any(rule.at_cost for rule in policy.charging.rules):
            del self.fields["cost_pence"]
        chosen = Q(pk=self.instance.single_agency_for_id)
        organisations = Organisation.objects.filter(
            Q(agreements__isnull=False) | chosen, partnership=actor.partnership
        ).distinct()
        if not organisations:
            del self.fields["single_agency_for"], self.fields["opened_to_others"]
            return
        self.fields["single_agency_for"].queryset = organisations
        self.fields["single_agency_for"].empty_label = "No: it is multi-agency training"

    def _post_clean(self) -> None:
        """Leave the instance alone: the service writes."""

    def plan(self, slots: tuple[Slot, ...]) -> SessionPlan:
        """What was filled in, with these dates; about charges, what was not asked stays as it is."""
        kept = {name: getattr(self.instance, name) for name in _ABOUT_CHARGES}
        found = kept | {name: value for name, value in self.cleaned_data.items() if name != "course"}
        return SessionPlan(slots=slots, **{**found, "trainers": tuple(found["trainers"])})

    def refuse(self, sentence: str, field: str) -> None:
        """Show a service's refusal beside its field."""
        self.add_error(field if field in self.fields else None, sentence)


class CancelForm(forms.Form):
    """Why a session is cancelled."""

    reason = forms.CharField(
        label="Why is it cancelled?",
        max_length=250,
        help_text="Everybody who booked will read this.",
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": "Enter why it is cancelled"},
    )
