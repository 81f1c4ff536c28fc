"""Template tags and filters of the portal: dates, money, counts, forms and tags."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from partnership_portal import form_markup

register = template.Library()

# Statuses and the GOV.UK tag colours that stand for them; anything else is grey.
TAG_COLOURS = {
    "green": "attended available complete completed confirmed current done genuine issued met open published "
    "ready released active answered accepted low",
    "blue": "booked coming draft invited new planned pending scheduled in_progress running building "
    "sent submitted",
    "yellow": "waiting waiting_list offered due due_soon lapsing partly_attended requested few_places medium "
    "to_do awaiting awaiting_approval",
    "orange": "at_risk full expiring overdue_soon",
    "red": "absent did_not_attend failed lapsed late missing overdue refused revoked urgent high not_met",
    "purple": "priority required",
    "teal": "recommended online virtual",
}
_COLOUR_OF = {word: colour for colour, words in TAG_COLOURS.items() for word in words.split()}


def _local(value: Any) -> Any:
    return timezone.localtime(value) if isinstance(value, dt.datetime) and timezone.is_aware(value) else value


def _clock(value: dt.datetime | dt.time) -> str:
    if (value.hour, value.minute) == (12, 0):
        return "midday"
    if (value.hour, value.minute) == (0, 0):
        return "midnight"
    minutes = f":{value.minute:02d}" if value.minute else ""
    return f"{value.hour % 12 or 12}{minutes}{'am' if value.hour < 12 else 'pm'}{_which_of_two(value)}"


def _which_of_two(value: dt.datetime | dt.time) -> str:
    """The zone, for the hour that clocks show twice when they go back."""
    if not isinstance(value, dt.datetime) or value.tzinfo is None:
        return ""
    other = value.replace(fold=1 - value.fold)
    return f" {value.tzname()}" if other.utcoffset() != value.utcoffset() else ""


@register.filter
def uk_date(value: dt.date | dt.datetime | None, style: str = "long") -> str:
    """21 November 2026; "full" adds the weekday, "short" shortens the month."""
    if not value:
        return ""
    local = _local(value)
    return _written(local.date() if isinstance(local, dt.datetime) else local, style)


@lru_cache(maxsize=2000)
def _written(day: dt.date, style: str) -> str:
    # Long tables name the same days again and again, and to write one takes as long as a whole row.
    patterns = {"long": "j F Y", "full": "l j F Y", "short": "j M Y"}
    return date_format(day, patterns[style], use_l10n=False)


@register.filter
def uk_time(value: dt.datetime | dt.time | None) -> str:
    """9:30am, 2pm, midday, in UK time."""
    return _clock(_local(value)) if value is not None and value != "" else ""


@register.filter
def uk_datetime(value: dt.datetime | None) -> str:
    """Saturday 21 November 2026, 9:30am, in UK time."""
    return f"{uk_date(value, 'full')}, {uk_time(value)}" if value else ""


@register.filter
def time_range(start: dt.datetime | dt.time | None, end: dt.datetime | dt.time | None) -> str:
    """9:30am to 4pm; with the second day named where the two differ."""
    if not start or not end:
        return uk_time(start or end)
    first, last = _local(start), _local(end)
    if isinstance(first, dt.datetime) and isinstance(last, dt.datetime) and first.date() != last.date():
        return f"{_clock(first)} to {uk_datetime(last)}"
    return f"{_clock(first)} to {_clock(last)}"


@register.filter
def pence(value: int | str | None) -> str:
    """£12.50 of 1250 pence; £12 when it is a round sum."""
    if value is None or value == "":
        return ""
    pounds, rest = divmod(abs(int(value)), 100)
    sign = "−" if int(value) < 0 else ""
    return f"{sign}£{pounds:,}" + (f".{rest:02d}" if rest else "")


@register.filter
def of_people(part: int | None, whole: int | None) -> str:
    """7 of 12 (58%)."""
    part, whole = int(part or 0), int(whole or 0)
    return f"{part:,} of {whole:,} ({round(100 * part / whole)}%)" if whole else f"{part:,} of {whole:,}"


@register.filter
def hours(minutes: int | None) -> str:
    """2 hours 30 minutes, of 150 minutes."""
    whole, rest = divmod(int(minutes or 0), 60)
    parts = [f"{whole} hour{'s' if whole != 1 else ''}"] if whole else []
    parts += [f"{rest} minutes"] if rest or not whole else []
    return " ".join(parts)


@register.simple_tag(takes_context=True)
def qs(context: template.Context, **changes: Any) -> str:
    """The page's query string with some values changed; None removes one, a new filter starts at page 1."""
    request = context.get("request")
    query = request.GET.copy() if request else None
    if query is None:
        return ""
    for name, value in changes.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = value
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def download_url(context: template.Context, export: str, ending: str) -> str:
    """Where the list on this page is downloaded: the same address parts, filters and order, and every page of it."""
    parts = context["request"].resolver_match.kwargs
    return reverse(export, kwargs={**parts, "ending": ending}) + qs(context, page=None)


@register.inclusion_tag("components/column_head.html", takes_context=True)
def column_head(context: template.Context, name: str, text: str, numeric: bool = False) -> dict[str, Any]:
    """The head of a column by which the list in ``filter`` can be sorted; pressed again it turns the order round."""
    order = context["filter"].order
    is_sorted = order.removeprefix("-") == name
    return {
        "text": text,
        "numeric": numeric,
        "direction": ("descending" if order.startswith("-") else "ascending") if is_sorted else "",
        "url": qs(context, order=f"-{name}" if order == name else name, page=None),
    }


@register.simple_tag
def status_tag(status: Any, text: str = "", colour: str = "") -> SafeString:
    """A GOV.UK tag for a status; its colour follows from the word, its text from the choice's label."""
    value = str(getattr(status, "value", status) or "")
    label = text or str(getattr(status, "label", "")) or capfirst(value.replace("_", " "))
    tone = colour or _COLOUR_OF.get(value.lower().replace(" ", "_").replace("-", "_"), "grey")
    return format_html('<strong class="govuk-tag govuk-tag--{}">{}</strong>', tone, label)


@register.simple_tag
def submit(text: str = "Continue", style: str = "", name: str = "", value: str = "") -> SafeString:
    """A form's button; style is "secondary", "warning" or nothing."""
    return render_to_string("govuk/button.html", {"text": text, "style": style, "name": name, "value": value})


@register.simple_tag
def error_summary(*forms: Any) -> SafeString | str:
    """What is wrong with the forms of this page, each line linking to its field; once per form."""
    found = form_markup.all_problems(forms)
    for form in forms:
        if form is not None and form != "":
            form.summary_shown = True
    return render_to_string("govuk/error_summary.html", {"problems": found}) if found else ""


@register.simple_tag
def error_summary_once(form: Any) -> SafeString | str:
    """The error summary, unless the page has already shown it for this form."""
    return "" if getattr(form, "summary_shown", False) else error_summary(form)


@register.filter
def has_errors(form: Any) -> bool:
    """Whether a form or formset was sent and refused."""
    return bool(form_markup.problems(form)) if hasattr(form, "is_bound") else False


@register.simple_tag
def govuk_field(field: BoundField, optional: bool = True) -> SafeString:
    """One form field as a GOV.UK form group; optional=False leaves "(optional)" out of the label."""
    kind = form_markup.kind_of(field)
    shown = {"radios": "choices", "checkboxes": "choices", "checkbox": "checkbox", "date": "date"}
    says_optional = optional and not field.field.required and kind != "checkbox"
    label = str(field.label or "")
    return render_to_string(
        f"govuk/fields/{shown.get(kind, 'input')}.html",
        {
            "field": field,
            "kind": kind,
            "label": f"{label} (optional)" if says_optional and "optional" not in label else label,
            "label_size": field.field.widget.attrs.get("label_size", "s"),
            "errors": form_markup.sentences(field),
            "described_by": form_markup.described_by(field),
            "group_classes": form_markup.group_classes(field, kind),
            "counted": form_markup.counted(field),
            "threshold": field.field.widget.attrs.get("data-threshold"),
            "prefix": field.field.widget.attrs.get("prefix"),
            "suffix": field.field.widget.attrs.get("suffix"),
            "control": form_markup.control(field) if kind not in shown else "",
            "bad_parts": form_markup.bad_parts(field) if kind == "date" else [],
            "boxes": form_markup.date_boxes(field) if kind == "date" else [],
        },
    )


@register.simple_tag
def govuk_cell(field: BoundField) -> SafeString:
    """One form field in a cell of a table: its label is there for those who can't see what the row is about."""
    return render_to_string(
        "govuk/fields/cell.html",
        {"field": field, "errors": form_markup.sentences(field), "control": form_markup.control(field)},
    )


@register.simple_tag
def page_numbers(page: Any) -> list[int | str]:
    """The page numbers to show, with Django's ellipsis for those left out."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1))


@register.filter
def moment(value: Any) -> str:
    """A date or time in words, or a text as it is."""
    if isinstance(value, dt.datetime):
        return uk_datetime(value)
    return uk_date(value, "full") if isinstance(value, dt.date) else str(value)
