"""Forms: what is to be drawn, and how a call or an email ended."""

from datetime import date, time
from typing import Any
from uuid import uuid4

from django import forms

from courses.models import Course, Priority
from evaluations.models import DipAttempt, DipSample
from evaluations.services.dip_samples import LARGEST, Draw
from partnership_portal.widgets import GovDateField, GovTimeField
from partnership_portal.working_days import uk_moment
from partnerships.actors import Actor


class DrawForm(forms.Form):
    """From whom is drawn, how many, and in which strata."""

    starts_on = GovDateField(label="Attended from")
    ends_on = GovDateField(label="Attended until")
    courses = forms.ModelMultipleChoiceField(
        label="Courses",
        queryset=Course.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "govuk-checkboxes--small"}),
        help_text="Tick none to draw from all.",
    )
    priorities = forms.ModelMultipleChoiceField(
        label="Priorities",
        queryset=Priority.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "govuk-checkboxes--small"}),
        help_text="Tick none to draw from courses of all priorities and of none.",
    )
    strata = forms.ChoiceField(
        label="In proportion",
        choices=DipSample.Strata.choices,
        widget=forms.RadioSelect,
        help_text="Each course, sector or level then has its share of those who are drawn.",
    )
    size = forms.IntegerField(
        label="How many learners",
        min_value=1,
        max_value=LARGEST,
        widget=forms.TextInput(attrs={"class": "govuk-input--width-3", "inputmode": "numeric"}),
        error_messages={"required": "Enter how many learners are drawn"},
    )
    with_managers = forms.BooleanField(label="Ring their line managers too", required=False, initial=True)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, actor: Actor, data: Any = None) -> None:
        super().__init__(data, initial={"key": uuid4(), "strata": DipSample.Strata.COURSE})
        courses = Course.objects.visible_to(actor).defer("search").order_by("title")
        for name, rows in (
            ("courses", courses),
            ("priorities", Priority.objects.filter(partnership=actor.partnership)),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101 - for mypy
            field.queryset = rows

    def clean(self) -> dict[str, Any]:
        """The period ends after it starts."""
        given = super().clean() or {}
        first, last = given.get("starts_on"), given.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", "The last day must be on or after the first")
        return given

    @property
    def wanted(self) -> Draw:
        """What the service is told."""
        given = self.cleaned_data
        return Draw(
            starts_on=given["starts_on"],
            ends_on=given["ends_on"],
            size=given["size"],
            strata=given["strata"],
            courses=[one.pk for one in given["courses"]],
            priorities=[one.pk for one in given["priorities"]],
            with_managers=given["with_managers"],
        )


class AttemptForm(forms.Form):
    """How a call ended or that an email was sent, and when to call back."""

    outcome = forms.ChoiceField(
        label="How did it end?",
        choices=DipAttempt.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say how it ended"},
    )
    day = GovDateField(label="Call back on", required=False, help_text="Only if they asked for it.")
    hour = GovTimeField(label="Call back at", required=False)

    def __init__(self, data: Any = None, *, has_address: bool) -> None:
        super().__init__(data)
        field = self.fields["outcome"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for mypy
        if has_address:
            field.help_text = "What they write back to an email you type in as the interview."
        else:
            emailed = DipAttempt.Outcome.EMAILED
            field.choices = [one for one in DipAttempt.Outcome.choices if one[0] != emailed]

    def clean(self) -> dict[str, Any]:
        """Whoever asks to be called back says when."""
        given = super().clean() or {}
        day: date | None = given.get("day")
        hour: time | None = given.get("hour")
        if given.get("outcome") == DipAttempt.Outcome.CALL_BACK and "day" not in self.errors:
            if day is None:
                self.add_error("day", "Say on which day to call back")
            else:
                given["call_back_at"] = uk_moment(day, hour or time(9))
        return given
