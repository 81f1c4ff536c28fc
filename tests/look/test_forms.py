"""The form pack: what is drawn, what is said, and where the links of an error summary lead."""

import datetime as dt
import re

import pytest
from django import forms
from django.template import engines

from partnership_portal.widgets import GovDateField, GovTimeField
from tests.look.kitchen_sink import EveryWidget


class Dated(forms.Form):
    day = GovDateField(label="Session date")


def refused(day: str, month: str, year: str) -> tuple[str, list[str]]:
    form = Dated({"day_day": day, "day_month": month, "day_year": year})
    assert not form.is_valid()
    error = form.errors.as_data()["day"][0]
    return form.errors["day"][0], error.params["parts"]


@pytest.mark.parametrize(
    ("typed", "sentence", "parts"),
    [
        (("", "", ""), "Enter the session date", ["day", "month", "year"]),
        (("27", "", "2027"), "Session date must include a month", ["month"]),
        (("", "", "2027"), "Session date must include a day and month", ["day", "month"]),
        (("31", "2", "2027"), "Session date must be a real date", ["day", "month", "year"]),
        (("3", "Mumble", "2027"), "Session date must be a real date", ["month"]),
        (("3", "13", "2027"), "Session date must be a real date", ["day", "month", "year"]),
        (("3", "3", "27"), "Year must include 4 numbers", ["year"]),
        (("²", "3", "2027"), "Session date must be a real date", ["day"]),
        (("99999999999", "3", "2027"), "Session date must be a real date", ["day", "month", "year"]),
        (("3", "9" * 5000, "2027"), "Session date must be a real date", ["day", "month", "year"]),
        (("31", "12", "9999"), "Year must be from 1900 to 2199", ["year"]),
    ],
)
def test_a_wrong_date_is_told_by_its_part(typed, sentence, parts):
    assert refused(*typed) == (sentence, parts)


@pytest.mark.parametrize("month", ["3", "03", "March", "mar"])
def test_a_month_may_be_a_number_or_a_word(month):
    form = Dated({"day_day": "27", "day_month": month, "day_year": "2027"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["day"] == dt.date(2027, 3, 27)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("9am", dt.time(9)),
        ("9.30am", dt.time(9, 30)),
        ("2:15 pm", dt.time(14, 15)),
        ("14:15", dt.time(14, 15)),
        ("12pm", dt.time(12)),
        ("12am", dt.time(0)),
        ("midday", dt.time(12)),
    ],
)
def test_times_are_read_as_people_write_them(typed, meant):
    assert GovTimeField().clean(typed) == meant


@pytest.mark.parametrize("typed", ["9", "25:00", "13pm", "half nine", "9:75", "0am"])
def test_other_times_are_refused(typed):
    with pytest.raises(forms.ValidationError):
        GovTimeField().clean(typed)


def drawn(form: forms.Form, markup: str = "{% error_summary form %}{{ form|crispy }}") -> str:
    return (
        engines["django"].from_string("{% load portal crispy_forms_tags %}" + markup).render({"form": form})
    )


def test_every_link_of_the_error_summary_leads_to_an_input():
    html = drawn(EveryWidget({"day_day": "27", "day_year": "2027"}, {}))
    targets = re.findall(r'<li><a href="#([^"]+)"', html)
    inputs = re.findall(r'<(?:input|select|textarea)[^>]* id="([^"]+)"', html)
    assert len(targets) == 13
    assert set(targets) <= set(inputs)
    assert "id_day_month" in targets


def test_every_description_that_an_input_names_exists():
    html = drawn(EveryWidget({}, {}))
    named = {one for ids in re.findall(r'aria-describedby="([^"]+)"', html) for one in ids.split()}
    assert named
    assert named <= set(re.findall(r' id="([^"]+)"', html))


def test_an_empty_field_is_told_by_its_name():
    html = drawn(EveryWidget({}, {}))
    for sentence in (
        "Enter full name",
        "Choose level",
        "Answer the question: Would you recommend it?",
        "Choose a file for certificate from elsewhere",
        "Tick the box: My manager has released me",
    ):
        assert html.count(sentence) == 2, sentence
    assert "This field is required" not in html


def test_the_summary_is_shown_once_even_where_a_page_does_not_place_it():
    assert drawn(EveryWidget({}, {})).count("There is a problem") == 1
    assert drawn(EveryWidget({}, {}), "{{ form|crispy }}").count("There is a problem") == 1
    assert drawn(EveryWidget({}, {}), "{% crispy form %}").count("There is a problem") == 1
    assert "There is a problem" not in drawn(EveryWidget())


def test_what_was_typed_comes_back():
    html = drawn(EveryWidget({"name": "Žaneta <b>", "level": "2", "needs": ["loop"], "day_day": "27"}, {}))
    assert 'value="Žaneta &lt;b&gt;"' in html
    assert re.search(r'id="id_level_1"[^>]*value="2" checked', html)
    assert re.search(r'id="id_needs_0"[^>]*value="loop" checked', html)
    assert re.search(r'id="id_day_day"[^>]*value="27"', html)


class Hours(forms.Form):
    hours = forms.DecimalField(max_digits=5, decimal_places=2)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("123456", "Hours must have 5 digits or fewer"),
        ("1.234", "Hours must have 2 decimal places or fewer"),
        ("1234.5", "Hours must have 3 digits or fewer before the decimal point"),
    ],
)
def test_limits_of_numbers_are_told_in_plain_words(typed, told):
    html = drawn(Hours({"hours": typed}))
    assert html.count(told) == 2 and "Ensure" not in html
