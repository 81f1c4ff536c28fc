"""What visitors can filter the catalogue by."""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from courses.queries import Choices, Wanted
from partnership_portal.widgets import filter_date
from partnerships.profile import Method


class QuickSelect(forms.Select):
    """A select drawn without a template for each of its options: there are many on the busiest page."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        widget = self.get_context(name, value, attrs)["widget"]
        options = [option for _, group, _ in widget["optgroups"] for option in group]
        rows = (
            (option["value"], " selected" if option["selected"] else "", option["label"])
            for option in options
        )
        return format_html(
            '<select name="{}"{}>{}</select>',
            name,
            flatatt(widget["attrs"]),
            format_html_join("", '<option value="{}"{}>{}</option>', rows),
        )


class CatalogueForm(forms.Form):
    """Search and filters; a filter that can't be read is named and left out."""

    q = forms.CharField(
        label="Search", required=False, max_length=200, widget=forms.TextInput({"type": "search"})
    )
    theme = forms.ChoiceField(label="Theme", required=False, widget=QuickSelect)
    group = forms.ChoiceField(label="Who it is for", required=False, widget=QuickSelect)
    sector = forms.ChoiceField(label="Sector", required=False, widget=QuickSelect)
    method = forms.ChoiceField(
        label="How it is taught",
        required=False,
        widget=QuickSelect,
        choices=[("", "Any way"), *((method.value, method.label) for method in Method)],
    )
    place = forms.ChoiceField(label="Where", required=False, widget=QuickSelect)
    first_day = filter_date("From")
    last_day = filter_date("Until")
    places = forms.BooleanField(
        label="Only with places left",
        required=False,
        widget=forms.CheckboxInput({"class": "govuk-checkboxes--small"}),
    )
    sort = forms.ChoiceField(
        label="Sort by",
        required=False,
        widget=QuickSelect,
        choices=[("", "Best match"), ("soonest", "Soonest date"), ("title", "Title, A to Z")],
    )

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["theme"].choices = [("", "All themes"), *choices.themes]
        self.fields["group"].choices = [("", "Everybody"), *choices.groups]
        if choices.sectors:
            self.fields["sector"].choices = [("", "All sectors"), *choices.sectors]
        else:
            del self.fields["sector"]
        self.fields["place"].choices = [("", "Anywhere"), ("online", "Online"), *choices.venues]

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        if found.get("first_day") and found.get("last_day") and found["last_day"] < found["first_day"]:
            self.add_error("last_day", "Until must be the same as or after From")
        return found

    @property
    def wanted(self) -> Wanted:
        """What could be read of the filters."""
        self.is_valid()
        found = self.cleaned_data
        return Wanted(
            words=found.get("q", ""),
            theme=found.get("theme", ""),
            group=found.get("group", ""),
            sector=found.get("sector", ""),
            method=found.get("method", ""),
            place=found.get("place", ""),
            first_day=found.get("first_day"),
            last_day=found.get("last_day"),
            only_with_places=found.get("places", False),
            sort=found.get("sort", ""),
        )
