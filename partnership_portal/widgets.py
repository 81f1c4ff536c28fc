"""Form fields for dates and times as people write them, with the GOV.UK Design System's sentences."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

PARTS = ("day", "month", "year")
# Nothing here happens outside these, and near the ends of the calendar adding a day or a zone breaks.
EARLIEST, LATEST = dt.date(1900, 1, 1), dt.date(2199, 12, 31)
DATE_FORMATS = ["%d/%m/%Y", "%d/%m/%y", "%d %B %Y", "%d %b %Y", "%Y-%m-%d"]
DATE_HINT = "For example, 27/3/2027"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class GovDateInput(forms.Widget):
    """Three boxes for day, month and year, named <field>_day, <field>_month and <field>_year."""

    template_name = "govuk/widgets/date.html"
    use_fieldset = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        return {part: (data.get(f"{name}_{part}") or "").strip() for part in PARTS}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(f"{name}_{part}" in data for part in PARTS)

    def format_value(self, value: Any) -> dict[str, str]:
        if isinstance(value, dict):
            return value
        if isinstance(value, str) and value:
            value = dt.date.fromisoformat(value)
        if isinstance(value, dt.date):
            return {part: str(getattr(value, part)) for part in PARTS}
        return dict.fromkeys(PARTS, "")

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        values = self.format_value(value)
        base = context["widget"]["attrs"].get("id", f"id_{name}")
        context["boxes"] = [
            {
                "id": f"{base}_{part}",
                "name": f"{name}_{part}",
                "label": part.capitalize(),
                "value": values[part],
                "width": 4 if part == "year" else 2,
                "birthday": f"bday-{part}" if self.attrs.get("autocomplete") == "bday" else "",
            }
            for part in PARTS
        ]
        return context

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_day" if id_ else ""


class GovDateField(forms.Field):
    """A date in three boxes; its errors say which part is missing and point to that box.

    Errors carry `params["parts"]`, the boxes to mark. The month may be written as a word.
    """

    widget = GovDateInput
    default_error_messages = {"real": "%(label)s must be a real date"}

    def to_python(self, value: Any) -> dt.date | None:
        if value in self.empty_values or isinstance(value, dt.date):
            return value or None
        missing = [part for part in PARTS if not value[part]]
        if len(missing) == len(PARTS):
            return None
        if missing:
            names = " and ".join(missing)
            label = "The date" if str(self.label).endswith("?") else "%(label)s"
            self._refuse(f"{label} must include a {names}", missing)
        if any(len(value[part]) > 20 for part in PARTS):
            self._refuse(self.error_messages["real"], list(PARTS))
        month = self._month(value["month"])
        if month is None or not value["day"].isdecimal():
            wrong = [
                part for part, bad in (("day", not value["day"].isdecimal()), ("month", not month)) if bad
            ]
            self._refuse(self.error_messages["real"], wrong)
        if not re.fullmatch(r"\d{4}", value["year"]):
            self._refuse("Year must include 4 numbers", ["year"])
        try:
            day = dt.date(int(value["year"]), month or 0, int(value["day"]))
        except (ValueError, OverflowError):
            self._refuse(self.error_messages["real"], list(PARTS))
        if not EARLIEST <= day <= LATEST:
            self._refuse(f"Year must be from {EARLIEST.year} to {LATEST.year}", ["year"])
        return day

    def validate(self, value: Any) -> None:
        if self.required and value is None:
            custom = self.error_messages["required"]
            stock = forms.Field.default_error_messages["required"]
            text = f"Enter the {self._name(lower=True)}" if custom == stock else custom
            self._refuse(text, list(PARTS))

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(data) != (initial or None)
        except ValidationError:
            return True

    def _month(self, text: str) -> int | None:
        if text.isdecimal():
            return int(text)
        start = text[:3].lower()
        return MONTHS.index(start) + 1 if start in MONTHS else None

    def _name(self, *, lower: bool = False) -> str:
        name = str(self.label or "date")
        return name[:1].lower() + name[1:] if lower and not name[:2].isupper() else name

    def _refuse(self, text: object, parts: list[str]) -> None:
        raise ValidationError(
            str(text), code="date", params={"label": self._name() or "Date", "parts": parts}
        )


class GovTimeField(forms.Field):
    """A time of day as people write it: 9am, 9.30am, 2:15 pm, 14:15."""

    widget = forms.TimeInput(attrs={"class": "govuk-input--width-5"}, format="%H:%M")
    default_error_messages = {"invalid": "Enter a time, like 9:30am or 14:15"}

    def to_python(self, value: Any) -> dt.time | None:
        if value in self.empty_values or isinstance(value, dt.time):
            return value or None
        found = re.fullmatch(r"(\d{1,2})(?:[:.]?(\d{2}))?\s*([ap])?\.?m?\.?", str(value).strip().lower())
        words = {"midday": dt.time(12), "noon": dt.time(12), "midnight": dt.time(0)}
        if not found:
            if str(value).strip().lower() in words:
                return words[str(value).strip().lower()]
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
        if half and 1 <= hour <= 12:
            hour = hour % 12 + (12 if half == "p" else 0)
        elif half or not (found[2] or half):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        try:
            return dt.time(hour, minute)
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


class PoundsField(forms.DecimalField):
    """An amount that people write in pounds and the portal keeps in pence."""

    def __init__(self, *, max_pounds: int = 100_000, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"class": "govuk-input--width-5", "prefix": "£"}))
        kwargs.setdefault("error_messages", {"invalid": "Enter an amount in pounds, like 60 or 42.50"})
        super().__init__(min_value=0, max_value=max_pounds, decimal_places=2, **kwargs)

    def clean(self, value: Any) -> int | None:
        text = value.strip().removeprefix("£").replace(",", "") if isinstance(value, str) else value
        pounds = super().clean(text)
        return None if pounds is None else int(pounds * 100)

    def prepare_value(self, value: Any) -> Any:
        return f"{value / 100:.2f}".removesuffix(".00") if isinstance(value, int) else value


def filter_date(label: str) -> forms.DateField:
    """One box for a date, as lists are filtered by."""
    unreal = f"{label} must be a real date, like 27/3/2027"
    return forms.DateField(
        label=label,
        required=False,
        validators=[MinValueValidator(EARLIEST, unreal), MaxValueValidator(LATEST, unreal)],
        input_formats=DATE_FORMATS,
        help_text=DATE_HINT,
        widget=forms.TextInput(attrs={"class": "govuk-input--width-10"}),
        error_messages={"invalid": unreal},
    )
