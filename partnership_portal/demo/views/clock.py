"""The clock: what happens on another day, now."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from partnership_portal.demo.access import demonstration
from partnership_portal.demo.clock import run_as_of
from partnership_portal.widgets import GovDateField
from partnership_portal.working_days import add_months, uk_today
from partnerships.models import Partnership


class ClockForm(forms.Form):
    """Which day, for whom."""

    day = GovDateField(
        label="Which day should it be?",
        help_text="For example four months from now.",
        error_messages={"required": "Enter a day", "real": "The day must be a real date"},
    )
    partnership = forms.ModelChoiceField(
        Partnership.objects.filter(is_open=True),
        required=False,
        label="For which partnership?",
        empty_label="All partnerships",
    )


@demonstration
def clock(request: HttpRequest) -> HttpResponse:
    """Choose a day and run all scheduled jobs as of that day; shows what they did."""
    form = ClockForm(request.POST or None, initial={"day": add_months(uk_today(), 4)})
    done = []
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["partnership"]
        everybody = [chosen] if chosen else list(Partnership.objects.filter(is_open=True))
        done = [run_as_of(partnership, form.cleaned_data["day"]) for partnership in everybody]
    return render(
        request,
        "demo/clock.html",
        {"form": form, "done": done, "day": form.cleaned_data["day"] if done else None},
    )
