"""Forms of the reconciliation desk: the report, who is who, and the marks."""

from typing import Any

from django import forms

from bookings.meeting_reports.text import MOST_BYTES
from bookings.reconciliation_desk import Desk, Entry

NOBODY = "nobody"


class ReportForm(forms.Form):
    """The attendance report of an online meeting."""

    file = forms.FileField(
        label="Attendance report (CSV)",
        help_text="As Microsoft Teams or Zoom gives it, unchanged.",
        error_messages={"required": "Choose the attendance report", "empty": "The file is empty"},
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
    )
    clock = forms.ChoiceField(
        label="The times in the report are in",
        choices=[("uk", "UK time, as usual"), ("utc", "UTC (an hour behind the UK in summer)")],
        initial="uk",
        widget=forms.RadioSelect(attrs={"class": "govuk-radios--small"}),
    )

    @property
    def content(self) -> bytes:
        """The bytes of the file, and never many more than a report may have."""
        return bytes(self.cleaned_data["file"].read(MOST_BYTES + 1))


class WhoForm(forms.Form):
    """Whose booking each entry of the reports is."""

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = {
            place.booking.pk: f"{place.booking.person.name} ({place.booking.organisation.name})"
            for place in desk.places
        }
        missing = [place.booking.pk for place in desk.missing]
        self._keys = {f"who_{entry.person.pk}": entry.person.pk for entry in desk.entries}
        for entry in desk.entries:
            self.fields[f"who_{entry.person.pk}"] = forms.ChoiceField(
                label=f"Who is {entry.person.name}?",
                choices=_choices(entry, names, missing),
                initial=_initial(entry),
                required=False,
            )

    @property
    def choices(self) -> dict[int, int | None]:
        """What was chosen, by entry: a booking, or nobody on the register; without those that are left open."""
        chosen = {key: self.cleaned_data[name] for name, key in self._keys.items()}
        return {key: None if value == NOBODY else int(value) for key, value in chosen.items() if value}


def _choices(entry: Entry, names: dict[int, str], missing: list[int]) -> list[tuple[str, str]]:
    own = [entry.booking.pk] if entry.booking else []
    likely = [key for key in entry.person.suggestions if key in names]
    keys = dict.fromkeys([*own, *likely, *missing])
    first = [("", "Choose")] if entry.person.is_open else []
    return [*first, *((str(key), names[key]) for key in keys), (NOBODY, "Nobody on the register")]


def _initial(entry: Entry) -> str:
    if entry.person.is_open:
        return ""
    return str(entry.booking.pk) if entry.booking else NOBODY


class MarksForm(forms.Form):
    """The mark of each person on the register."""

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._keys = {f"mark_{place.booking.pk}": place.booking.pk for place in desk.places}
        for place in desk.places:
            name = place.booking.person.name
            self.fields[f"mark_{place.booking.pk}"] = forms.ChoiceField(
                label=f"Mark of {name}",
                choices=place.choices,
                initial=place.initial,
                error_messages={"required": f"Choose the mark of {name}"},
            )

    @property
    def marks(self) -> dict[int, str]:
        """The marks, by booking."""
        return {key: self.cleaned_data[name] for name, key in self._keys.items()}
