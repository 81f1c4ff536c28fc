"""What the GOV.UK form templates need to know about a bound field."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BaseForm, BoundField
from django.forms.formsets import BaseFormSet

from partnership_portal.widgets import PARTS, GovDateInput

# Widget attributes that steer this template pack and are not written into the page.
OWN_ATTRS = ("label_size", "prefix", "suffix", "data-threshold", "placeholder")


@dataclass(frozen=True)
class Problem:
    """One line of an error summary."""

    text: str
    target: str


def kind_of(field: BoundField) -> str:
    """Which template of the pack draws this field."""
    widget = field.field.widget
    for kind, classes in (
        ("date", GovDateInput),
        ("checkboxes", forms.CheckboxSelectMultiple),
        ("radios", forms.RadioSelect),
        ("checkbox", forms.CheckboxInput),
        ("file", forms.FileInput),
        ("password", forms.PasswordInput),
        ("textarea", forms.Textarea),
        ("select", forms.Select),
    ):
        if isinstance(widget, classes):
            return kind
    return "input"


def first_id(field: BoundField) -> str:
    """The id of the element an error in this field must link to; it always exists."""
    kind = kind_of(field)
    if kind in ("radios", "checkboxes"):
        return f"{field.auto_id}_0"
    if kind == "date":
        parts = bad_parts(field)
        return f"{field.auto_id}_{parts[0] if parts else 'day'}"
    return field.id_for_label or field.auto_id


def bad_parts(field: BoundField) -> list[str]:
    """Which boxes of a date are wrong; all of them where the error doesn't say."""
    errors = field.errors.as_data() if hasattr(field.errors, "as_data") else []
    named = {part for error in errors for part in (getattr(error, "params", None) or {}).get("parts", [])}
    return [part for part in PARTS if part in named] if named else (list(PARTS) if errors else [])


def sentences(field: BoundField) -> list[str]:
    """The field's errors; Django's stock ones for an empty field and for a limit are said in plain words."""
    stock = str(forms.Field.default_error_messages["required"])
    told = [
        _missing(field) if text == stock else _beyond(field, error) if text.startswith("Ensure ") else text
        for error in field.errors.as_data()
        for text in map(str, error.messages)
    ]
    return [text[:-1] if text.endswith(".") and ". " not in text else text for text in told]


def _beyond(field: BoundField, error: forms.ValidationError) -> str:
    label = str(field.label or "").rstrip(".:")
    what = "Your answer" if label.endswith("?") or not label else label
    told = error.params or {}
    limit = told.get("limit_value", told.get("max"))
    limits = {
        "min_length": f"{what} must be {limit} characters or more",
        "max_digits": f"{what} must have {limit} digits or fewer",
        "max_decimal_places": f"{what} must have {limit} decimal places or fewer",
        "max_whole_digits": f"{what} must have {limit} digits or fewer before the decimal point",
        "max_length": f"{what} must be {limit} characters or fewer",
        "min_value": f"{what} must be {limit} or more",
        "max_value": f"{what} must be {limit} or less",
    }
    return limits.get(error.code or "", str(error.messages[0]))


def _missing(field: BoundField) -> str:
    label = str(field.label or "").rstrip(".:")
    name = label if label[:2].isupper() else label[:1].lower() + label[1:]
    kind = kind_of(field)
    if kind == "checkbox":
        return f"Tick the box: {label}"
    if label.endswith("?"):
        return f"Answer the question: {label}"
    verb = {"radios": "Choose", "checkboxes": "Choose", "select": "Choose", "file": "Choose a file for"}
    return f"{verb.get(kind, 'Enter')} {name}"


def _classes(field: BoundField) -> list[str]:
    return str(field.field.widget.attrs.get("class", "")).split()


def group_classes(field: BoundField, kind: str) -> str:
    """Modifier classes of the whole group, such as govuk-radios--inline."""
    return " ".join(name for name in _classes(field) if name.startswith(f"govuk-{kind}--"))


def described_by(field: BoundField, *more: str) -> str:
    """The ids of hint and error, in reading order."""
    ids = [f"{field.auto_id}_helptext"] if field.help_text else []
    ids += list(more)
    if field.errors:
        ids.append(f"{field.auto_id}_error")
    return " ".join(ids)


def date_boxes(field: BoundField) -> list[dict[str, Any]]:
    """The three boxes of a date with what was typed in them."""
    context = field.field.widget.get_context(field.html_name, field.value(), {"id": field.auto_id})
    return context["boxes"]


def counted(field: BoundField) -> int | None:
    """The limit of a text area that shows a character count."""
    limit = getattr(field.field, "max_length", None)
    return limit if limit and kind_of(field) == "textarea" else None


def control(field: BoundField) -> str:
    """The field's own input, select or textarea with GOV.UK classes and wiring.

    `required` and `maxlength` are left out, so that the page, not the browser, says what is wrong.
    """
    kind = kind_of(field)
    widget = copy.copy(field.field.widget)
    widget.attrs = {key: value for key, value in widget.attrs.items() if key not in OWN_ATTRS}
    widget.use_required_attribute = lambda initial: False  # type: ignore[method-assign]
    if kind == "file":
        widget = forms.FileInput(attrs=widget.attrs)
        widget.use_required_attribute = lambda initial: False  # type: ignore[method-assign]
    base = {"file": "govuk-file-upload", "textarea": "govuk-textarea", "select": "govuk-select"}.get(
        kind, "govuk-input"
    )
    classes = [base, *_classes(field)]
    if field.errors:
        classes.append(f"{base}--error")
    attrs: dict[str, Any] = {}
    if kind == "password":
        classes += ["govuk-password-input__input", "govuk-js-password-input-input"]
        attrs |= {"spellcheck": "false", "autocapitalize": "none"}
        if "autocomplete" not in widget.attrs:
            attrs["autocomplete"] = "current-password"
    if isinstance(widget, forms.NumberInput):
        attrs["inputmode"] = "decimal" if isinstance(field.field, forms.DecimalField) else "numeric"
        widget.input_type = "text"
        for name in ("min", "max", "step"):
            widget.attrs.pop(name, None)
        if not any("--width-" in name for name in classes):
            classes.append("govuk-input--width-5")
    if isinstance(widget, forms.EmailInput):
        attrs["spellcheck"] = "false"
    extra = []
    if counted(field):
        widget.attrs.pop("maxlength", None)
        classes.append("govuk-js-character-count")
        extra = [f"{field.auto_id}-info"]
    if kind == "textarea":
        widget.attrs["rows"] = widget.attrs.get("rows") if widget.attrs.get("rows") != "10" else "5"
        widget.attrs.pop("cols", None)
    widget.attrs["class"] = " ".join(classes)
    if ids := described_by(field, *extra):
        attrs["aria-describedby"] = ids
    return field.as_widget(widget=widget, attrs=attrs)


def problems(form: BaseForm | BaseFormSet[Any] | None) -> list[Problem]:
    """Everything wrong with a form or formset, in the order of the page."""
    if form is None or not getattr(form, "is_bound", False):
        return []
    if isinstance(form, BaseFormSet):
        inner = [problem for each in form.forms for problem in problems(each)]
        first = next((_first_target(each) for each in form.forms if each.fields), "main-content")
        return [Problem(str(text), first) for text in form.non_form_errors()] + inner
    found = [Problem(str(text), _first_target(form)) for text in form.non_field_errors()]
    for field in form:
        target = _first_target(form) if field.is_hidden else first_id(field)
        found += [Problem(text, target) for text in sentences(field)]
    return found


def _first_target(form: BaseForm) -> str:
    return next((first_id(field) for field in form.visible_fields()), "main-content")


def all_problems(forms_: Iterable[Any]) -> list[Problem]:
    """The problems of several forms of one page, in order."""
    return [problem for form in forms_ for problem in problems(form)]
