"""Charts: well-formed, named, free of style and script, and with every figure written out."""

import re
from xml.etree import ElementTree

import pytest

from partnership_portal import charts
from tests.look.kitchen_sink import sample_charts

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("chart", sample_charts(), ids=lambda chart: chart.title)
def test_a_chart_can_be_read_without_being_seen(chart):
    root = ElementTree.fromstring(chart.svg)
    assert root.get("role") == "img"
    ids = root.get("aria-labelledby").split()
    assert [root.find(f"{SVG}title").get("id"), root.find(f"{SVG}desc").get("id")] == ids
    assert root.find(f"{SVG}title").text == chart.title
    assert root.find(f"{SVG}desc").text == chart.description
    assert chart.rows
    assert not re.search(r"style=|<style|<script|class=", chart.svg)


def test_ids_differ_between_charts_and_not_between_drawings():
    one, two = charts.bars("A", [("x", 1)]), charts.bars("B", [("x", 1)])
    first = re.search(r'id="([^"]+)', one.svg)[1]
    assert first != re.search(r'id="([^"]+)', two.svg)[1]
    assert one.svg == charts.bars("A", [("x", 1)]).svg


def test_a_figure_that_is_too_small_is_not_given():
    chart = charts.bars("A", [("Police", None), ("Health", 9)])
    assert "not shown" in chart.svg
    assert chart.rows[0][1]["text"] == "not shown"
    assert chart.note == charts.WHY_NOT_SHOWN
    assert charts.bars("A", [("Health", 9)]).note == ""


def test_a_label_that_would_not_fit_beside_its_bar_is_wrapped():
    chart = charts.bars("A", [("Voluntary, faith and community", 3)])
    assert ">Voluntary, faith and</text>" in chart.svg


def test_a_shortened_label_keeps_the_words_that_tell_courses_apart():
    title = "Working Together to Safeguard Children (Level %d)"
    chart = charts.bars("A", [(title % 2, 3), (title % 3, 4)])
    assert "… Children (Level 2)</text>" in chart.svg and "… Children (Level 3)</text>" in chart.svg


def test_names_cannot_break_out_of_the_drawing():
    chart = charts.bars('"><script>', [("<b>&", 3)])
    ElementTree.fromstring(chart.svg)
    assert "<script" not in chart.svg


def test_nothing_to_show_is_still_a_drawing():
    for chart in (
        charts.bars("A", []),
        charts.columns("A", [("x", 0)]),
        charts.stacked("A", ["s"], [("x", [0])]),
    ):
        ElementTree.fromstring(chart.svg)
