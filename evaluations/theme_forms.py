"""The forms of themes, and what the page of free texts sends."""

from collections.abc import Iterable

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from evaluations.answering import LONG_TEXT
from evaluations.models import Theme
from evaluations.services.tagging import Retagging


class ThemeForm(forms.Form):
    """What a theme is called, what belongs to it, and its key."""

    name = forms.CharField(
        label="Name",
        max_length=60,
        help_text="For example: Working with fathers.",
        error_messages={
            "required": "Enter the name of the theme",
            "max_length": "The name must be 60 characters or fewer",
        },
    )
    description = forms.CharField(
        label="What belongs to it",
        required=False,
        max_length=200,
        help_text="So that all of you use it alike.",
        widget=forms.Textarea(attrs={"rows": "2"}),
        error_messages={"max_length": "What belongs to it must be 200 characters or fewer"},
    )
    key = forms.CharField(
        label="Key on the keyboard",
        required=False,
        max_length=1,
        help_text="A number from 1 to 9 or a letter but J, K and S. Leave it empty for the next one free.",
        widget=forms.TextInput(attrs={"class": "govuk-input--width-2", "autocomplete": "off"}),
        error_messages={"max_length": "Enter one number or letter"},
    )


class MergeForm(forms.Form):
    """Into which theme another one is merged."""

    into = forms.ModelChoiceField(
        label="Merge it into",
        queryset=Theme.objects.none(),
        empty_label="Choose a theme",
        error_messages={
            "required": "Choose the theme that the answers will be about",
            "invalid_choice": "This theme is not offered any more. Choose another one",
        },
    )

    def __init__(self, themes: QuerySet[Theme], data: QueryDict | None) -> None:
        super().__init__(data)
        self.fields["into"].queryset = themes  # type: ignore[attr-defined]


class QuoteForm(forms.Form):
    """The words of an answer that may be used."""

    words = forms.CharField(
        label="Words to quote",
        max_length=LONG_TEXT,
        help_text="To shorten it, put […] in place of what you leave out: names, places, and whatever could tell who "
        "is meant. Change nothing else.",
        widget=forms.Textarea(attrs={"rows": "6"}),
        error_messages={"required": "Leave some words of the answer"},
    )


def retaggings(data: QueryDict) -> list[Retagging]:
    """What was ticked and unticked, of each answer of the page, against what the page had shown."""
    changes = []
    for answer in _ids(data.getlist("answer")):
        shown = _ids(data.get(f"shown-{answer}", "").split(","))
        ticked = _ids(data.getlist(f"themes-{answer}"))
        changes.append(Retagging(answer, added=ticked - shown, removed=shown - ticked))
    return changes


def _ids(words: Iterable[str]) -> frozenset[int]:
    return frozenset(int(one) for one in words if one.isascii() and one.isdigit() and len(one) < 19)
