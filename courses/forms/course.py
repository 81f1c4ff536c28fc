"""Forms about courses and venues on the desk."""

from typing import Any

from django import forms

from courses.expectations import left_to_courses
from courses.models import Course, Priority, Venue
from courses.services.courses import CourseDetails
from courses.services.venues import VenueDetails
from partnerships.actors import Actor
from partnerships.models import CompetencyGroup, Sector

_LONG = {"rows": 5}


class CourseForm(forms.ModelForm):
    """Everything about a course; only what a draft needs is compulsory."""

    groups = forms.ModelMultipleChoiceField(
        queryset=CompetencyGroup.objects.none(),
        required=False,
        label="Levels or groups it counts for",
        widget=forms.CheckboxSelectMultiple,
    )

    sectors = forms.ModelMultipleChoiceField(
        queryset=Sector.objects.none(),
        required=False,
        label="Sectors it is meant for",
        help_text="Tick none where it is meant for all. Whoever comes from another sector may book with a reason.",
        widget=forms.CheckboxSelectMultiple,
    )

    hours = forms.DecimalField(
        label="Hours on the certificate",
        help_text="Of learning, all dates together. A draft may have 0 while they aren’t known.",
        min_value=0,
        max_digits=5,
        decimal_places=2,
        initial=3,
    )
    days = forms.IntegerField(label="Number of dates", min_value=1, max_value=50, initial=1)

    class Meta:
        model = Course
        fields = [
            "title",
            "theme",
            "method",
            "groups",
            "counts_for_no_level",
            "sectors",
            "priority",
            "audience",
            "summary",
            "objectives",
            "duration",
            "hours",
            "days",
            "frequency",
            "trained_by",
            "before_you_come",
            "asks_pre_course",
            "asks_evaluation",
            "asks_impact",
            "asks_line_manager",
            "asks_trainer_feedback",
            "asks_prerequisite",
            "approval",
            "charge_band",
            "section",
        ]
        labels = {
            "method": "How it is taught",
            "counts_for_no_level": "It counts for no level or group",
            "frequency": "How often",
            "trained_by": "Who trains",
            "before_you_come": "Before you come",
            "asks_pre_course": "Ask participants before the course what they hope for",
            "asks_evaluation": "Ask those who attended for an evaluation",
            "asks_impact": "Ask participants later what has changed",
            "asks_line_manager": "Ask the line manager too",
            "asks_trainer_feedback": "Ask the trainers for feedback after each session",
            "asks_prerequisite": "Ask what was done first",
            "approval": "Who approves bookings",
            "charge_band": "Charge band",
        }
        help_texts = {
            "counts_for_no_level": "Tick it where none is ticked above on purpose, such as for a trainers’ event. The "
            "certificate then says so.",
            "theme": "Courses are grouped by theme. For example, Exploitation.",
            "duration": "In words. For example, half a day.",
            "frequency": "For example, every 2 months.",
            "trained_by": "For example, the training pool.",
            "asks_prerequisite": "Where the policy wants an organisation’s own training done first. Untick it for a "
            "course that is that training.",
            "charge_band": "The kind of course by which the partnership’s charges differ.",
        }
        widgets = {
            **{
                name: forms.Textarea(_LONG)
                for name in ("audience", "summary", "objectives", "before_you_come")
            },
            "charge_band": forms.Select,
            **{
                name: forms.TextInput({"class": "govuk-input--width-20"})
                for name in ("theme", "duration", "frequency", "trained_by", "section")
            },
        }

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["groups"].queryset = CompetencyGroup.objects.filter(partnership=actor.partnership)
        self.fields["sectors"].queryset = Sector.objects.filter(partnership=actor.partnership)
        self.fields["priority"].queryset = Priority.objects.filter(partnership=actor.partnership)
        self.fields["priority"].empty_label = "Not a priority course"
        self.fields["method"].choices = [
            ("", "Choose a way"),
            *Course._meta.get_field("method").choices,
        ]
        self.fields["approval"].choices = [
            ("", "As the policy says"),
            *Course._meta.get_field("approval").choices,
        ]
        policy = actor.partnership.policy()
        bands = {band for rule in policy.charging.rules for band in rule.courses}
        bands |= {"core", self.instance.charge_band}
        self.fields["charge_band"].widget.choices = [
            (band, band.replace("-", " ").capitalize()) for band in sorted(bands)
        ]
        # A tick that decides nothing is not shown, and stays as it is.
        self._kept = [name for name, is_left in left_to_courses(policy).items() if not is_left]
        for name in self._kept:
            del self.fields[name]
        if self.instance.pk:
            self.initial["groups"] = list(self.instance.groups.all())
            self.initial["sectors"] = list(self.instance.sectors.all())

    def clean_charge_band(self) -> str:
        band = self.cleaned_data["charge_band"]
        if band not in dict(self.fields["charge_band"].widget.choices):
            raise forms.ValidationError("Choose a charge band from the list")
        return band

    def _post_clean(self) -> None:
        """Leave the instance alone: the service writes."""

    @property
    def details(self) -> CourseDetails:
        """What was filled in."""
        several = {name: tuple(self.cleaned_data[name]) for name in ("groups", "sectors")}
        kept = {name: getattr(self.instance, name) for name in self._kept}
        return CourseDetails(**{**self.cleaned_data, **several, **kept})


class VenueForm(forms.ModelForm):
    """Where a venue is."""

    class Meta:
        model = Venue
        fields = ["name", "address", "postcode", "access"]
        help_texts = {"access": "Parking, public transport, steps, lifts, hearing loop."}
        widgets = {
            "address": forms.Textarea({"rows": 3}),
            "postcode": forms.TextInput({"class": "govuk-input--width-10"}),
            "access": forms.Textarea(_LONG),
        }

    def _post_clean(self) -> None:
        """Leave the instance alone: the service writes."""

    @property
    def details(self) -> VenueDetails:
        """What was filled in."""
        return VenueDetails(**self.cleaned_data)
