"""Placeholders: what people write is looked up and never run, and no value becomes HTML."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.placeholders import (
    as_html,
    as_line,
    as_text,
    has_loose_brackets,
    names_in,
    unknown_in,
)

VALUES = {"course": "Child Neglect", "you have": "you have", "late": "", "reason": "Ill\nand <b>tired</b>"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Come to ((course))!", "Come to Child Neglect!"),
        ("(( COURSE ))", "Child Neglect"),
        ("((You have)) a place", "You have a place"),
        ("((you\nhave)) a place", "you have a place"),
        ("((late??Too late.))", ""),
        ("((course??There is a course.)) Come.", "There is a course. Come."),
        ("((nothing)) here", "here"),
        ("a (normal) bracket", "a (normal) bracket"),
        ("((half", "((half"),
        ("{{ course }} {% now %} ${course} %(course)s", "{{ course }} {% now %} ${course} %(course)s"),
        ("((course.__class__))", ""),
    ],
)
def test_a_placeholder_is_filled_in_and_everything_else_stays_text(text, filled) -> None:
    assert as_line(text, VALUES) == filled


def test_paragraphs_are_kept_and_empty_ones_left_out() -> None:
    text = "One\nstill one\r\n\r\n((late??Late.))\n\n  \nTwo ((reason))"
    assert as_text(text, VALUES) == ["One\nstill one", "Two Ill\nand <b>tired</b>"]
    assert as_html(text, VALUES) == ["One<br>still one", "Two Ill<br>and &lt;b&gt;tired&lt;/b&gt;"]


def test_addresses_become_links_in_words_and_not_in_values() -> None:
    values = {"name": "www.evil.example"}
    (html,) = as_html("See https://good.example or ask ((name))", values)
    assert html.count("<a ") == 1 and 'href="https://good.example"' in html


def test_unknown_names_and_loose_brackets_are_found() -> None:
    assert unknown_in("((Course)) ((cuorse)) ((late??x)) ((cuorse))", VALUES) == ["cuorse"]
    assert names_in("((a b)) ((c??d))") == ["a b", "c"]
    assert [has_loose_brackets(text) for text in ("((a", "a))", "((a))", "(a)")] == [True, True, False, False]


# Texts made of what could go wrong: brackets, question marks, markup, template languages, odd spaces.
_PIECES = st.sampled_from(
    [
        "((",
        "))",
        "??",
        "course",
        "((course))",
        "((late??",
        "{{",
        "}}",
        "{%",
        "<script>",
        "&",
        '"',
        "\n\n",
        "\r",
        "x ",
    ]
)
_TEXTS = st.lists(st.one_of(_PIECES, st.text(max_size=5)), max_size=25).map("".join)


@given(text=_TEXTS, value=st.text(max_size=30))
def test_no_text_breaks_it_and_no_markup_gets_through(text, value) -> None:
    values = {"course": value, "late": value}
    assert "\n" not in as_line(text, values)
    as_text(text, values)
    for paragraph in as_html(text, values):
        # All that is markup are line breaks and the links that the portal makes.
        rest = re.sub(r'<br>|<a href="[^"<>]*">|</a>', "", paragraph)
        assert "<" not in rest and ">" not in rest


@given(value=st.text(max_size=60))
def test_a_value_is_the_same_text_in_mail_and_html(value) -> None:
    html = "".join(as_html("[((course))]", {"course": value}))
    text = "".join(as_text("[((course))]", {"course": value}))
    assert unescape(html.replace("<br>", "\n")) == text
