"""The form about a pre-course task."""

from django import forms

from courses.models import CourseTask
from courses.services.tasks import TaskDetails


class TaskForm(forms.Form):
    """What to read, watch or think about before the course."""

    kind = forms.ChoiceField(
        label="What do people do?",
        choices=CourseTask.Kind.choices,
        widget=forms.RadioSelect(attrs={"class": "govuk-radios--inline"}),
        error_messages={"required": "Choose what people do"},
    )
    title = forms.CharField(
        label="Title",
        help_text="For example, Working Together to Safeguard Children, chapter 1.",
        max_length=200,
        error_messages={"required": "Enter a title"},
    )
    link = forms.URLField(
        label="Link",
        required=False,
        max_length=500,
        assume_scheme="https",
        error_messages={"invalid": "Enter a web address, like https://www.example.org/guide"},
    )
    text = forms.CharField(
        label="In words",
        help_text="What to look out for, or what to think about.",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    minutes = forms.IntegerField(
        label="How long does it take?",
        min_value=1,
        max_value=600,
        widget=forms.NumberInput(attrs={"class": "govuk-input--width-3", "suffix": "minutes"}),
        error_messages={"required": "Enter how many minutes it takes"},
    )

    @property
    def details(self) -> TaskDetails:
        """What was filled in."""
        return TaskDetails(**self.cleaned_data)
