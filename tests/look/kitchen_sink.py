"""One page with every widget and component, to look at and to check with axe."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.template import engines
from django.test import RequestFactory

from partnership_portal import charts
from partnership_portal.widgets import GovDateField, GovTimeField

LEVELS = [("1", "Level 1: introduction"), ("2", "Level 2: overview"), ("3", "Level 3: safeguarding lead")]


class EveryWidget(forms.Form):
    """A form with each kind of field the pack draws."""

    name = forms.CharField(label="Full name", help_text="As it should stand on certificates.")
    email = forms.EmailField(label="Email address")
    places = forms.IntegerField(label="Places", min_value=1, required=False)
    charge = forms.DecimalField(
        label="Charge", widget=forms.NumberInput(attrs={"prefix": "£"}), required=False
    )
    day = GovDateField(label="Session date", help_text="For example, 27 3 2027.")
    start = GovTimeField(label="Start time")
    level = forms.ChoiceField(label="Level", choices=LEVELS, widget=forms.RadioSelect)
    agree = forms.ChoiceField(
        label="Would you recommend it?",
        choices=[("yes", "Yes"), ("no", "No")],
        widget=forms.RadioSelect(attrs={"class": "govuk-radios--inline govuk-radios--small"}),
    )
    needs = forms.MultipleChoiceField(
        label="Access needs",
        choices=[("loop", "Hearing loop"), ("step", "Step-free access"), ("print", "Large print")],
        widget=forms.CheckboxSelectMultiple,
        help_text="Choose all that apply.",
    )
    sector = forms.ChoiceField(label="Sector", choices=[("", "Choose a sector"), ("health", "Health")])
    notes = forms.CharField(label="Anything else?", max_length=200, widget=forms.Textarea)
    evidence = forms.FileField(label="Certificate from elsewhere")
    password = forms.CharField(label="Password", widget=forms.PasswordInput)
    confirm = forms.BooleanField(label="My manager has released me", help_text="You can ask them later.")

    def clean(self) -> dict[str, Any]:
        if self.errors:
            raise forms.ValidationError("Your answers were not saved.")
        return self.cleaned_data


def sample_charts(brand: str = "#6b2c5e") -> list[charts.Chart]:
    """One of each chart."""
    return [
        charts.bars(
            "Attendance by sector",
            [("Health", 120), ("School or college", 88), ("Police", 41), ("Voluntary", None)],
            brand=brand,
        ),
        charts.stacked(
            "Bookings by sector",
            ["Attended", "Did not attend", "Cancelled"],
            [("Health", [120, 14, 9]), ("School or college", [88, 3, 12]), ("Police", [41, 10, 2])],
            brand=brand,
        ),
        charts.columns(
            "Places taken by month",
            [("Apr", 40), ("May", 65), ("Jun", 52), ("Jul", 90), ("Aug", 12), ("Sep", 71)],
            brand=brand,
        ),
        charts.before_after(
            "Confidence before and after",
            [
                ("Recognising neglect", 2.6, 4.3),
                ("Making a referral", 3.1, 4.5),
                ("Challenging others", 2.2, 3.9),
            ],
            brand=brand,
        ),
    ]


def page(*, bound: bool, data: dict[str, str] | None = None) -> str:
    """The page as HTML, with the form empty or refused."""
    request = RequestFactory().get("/test/", {"q": "neglect", "page": "4"})
    request.user = AnonymousUser()
    form = EveryWidget(data or {"day_day": "27", "day_year": "2027"}, {}) if bound else EveryWidget()
    now = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)
    context = {
        "form": form,
        "portal_demo": True,
        "partnership": SimpleNamespace(
            name="Ŵyeshire Safeguarding Children Partnership",
            slug="wyeshire",
            brand_colour="#6b2c5e",
            coordinator_name="Dana Żak",
            coordinator_email="training@wyeshire.example",
        ),
        "navigation": [
            SimpleNamespace(label=label, url="/", active=label == "Courses")
            for label in ("Courses", "My page", "My team", "Organisation", "Reports")
        ],
        "crumbs": [("Wyeshire", "/"), ("Courses", "/")],
        "figures": [
            {"value": 42, "label": "sessions held"},
            {"value": "1,034", "label": "places taken", "note": "of 1,250 offered"},
            {"value": "92%", "label": "came on the day"},
            {"value": 3, "label": "courses at risk"},
        ],
        "rows": [
            {"key": "Name", "value": "Dana Żak", "url": "/"},
            {"key": "Organisation", "value": "Wyeshire Council"},
        ],
        "headers": ["Course", "When", {"text": "Places", "numeric": True}, "State"],
        "table": [
            ["Right Help, Right Time", "21 November 2026", {"text": 0, "numeric": True}, {"status": "open"}],
            [
                "Graded Care Profile 2",
                "3 December 2026",
                {"text": 7, "numeric": True},
                {"text": "Open it", "url": "/"},
            ],
        ],
        "tasks": [
            {
                "title": "Evaluate Child Neglect Overview",
                "status": "due",
                "url": "/",
                "hint": "By 5 December",
            },
            {"title": "Renew Level 2", "status": "overdue", "url": "/"},
            {"title": "Mark the register", "status": "done"},
        ],
        "events": [
            {"title": "Booked", "when": now, "done": True},
            {"title": "Attended", "when": now, "text": "Both half days.", "done": True},
            {"title": "Impact survey", "when": "Due in February 2027"},
        ],
        "statuses": [
            "booked",
            "waiting_list",
            "attended",
            "absent",
            "draft",
            "at_risk",
            "priority",
            "recommended",
            "other",
        ],
        "page_obj": Paginator(range(300), 25).page(4),
        "charts": sample_charts(),
        "now": now,
        "note": "Your place is booked.",
    }
    text = (Path(__file__).parent / "kitchen_sink.html").read_text()
    return engines["django"].from_string(text).render(context, request)
