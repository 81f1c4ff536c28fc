"""Documents: the same bytes each time, tagged, in the portal's own typeface, with no door to the outside."""

import io
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import pypdf
import pytest
import tinycss2
from django.conf import settings

from partnership_portal.documents import OnlyOwnFiles, render_pdf
from tests.look.kitchen_sink import sample_charts


@pytest.fixture
def drawn(tmp_path, settings):
    """Draw a template given as text."""
    (tmp_path / "page.html").write_text(
        '{% extends "pdf/base.html" %}{% block content %}<h1>Report</h1>'
        "<p>Ŵyn ŷ Łukasz Žaneta <b>Łž</b> <i>ŵ</i></p>"
        '{% for chart in charts %}{% include "pdf/chart.html" %}{% endfor %}{% endblock %}'
    )
    given = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**given, "DIRS": [*given["DIRS"], tmp_path]}]
    context = {
        "partnership": SimpleNamespace(name="Ŵyeshire", short_name="WSCP"),
        "brand": "#6b2c5e",
        "charts": sample_charts(),
    }
    return lambda: render_pdf("page.html", context, title="Report of Ŵyeshire", identifier="WSCP-1")


def test_the_same_input_gives_the_same_bytes(drawn):
    assert drawn() == drawn()


def test_tagged_named_and_in_british_english(drawn):
    reader = pypdf.PdfReader(io.BytesIO(drawn()))
    root = reader.trailer["/Root"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "en-GB"
    assert reader.metadata.title == "Report of Ŵyeshire"
    assert "Ŵyn ŷ Łukasz Žaneta" in reader.pages[0].extract_text()


def test_only_the_portals_own_typeface(drawn):
    reader = pypdf.PdfReader(io.BytesIO(drawn()))
    names = {
        font.get_object()["/BaseFont"]
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert names
    assert all("Source-Sans-3" in name for name in names), names


def test_no_two_font_files_share_a_name():
    """Under one name WeasyPrint draws the glyphs of one file with the numbers of the other."""
    css = (Path(settings.BASE_DIR) / "static/pdf.css").read_text()
    faces = defaultdict(set)
    for rule in tinycss2.parse_stylesheet(css, skip_whitespace=True, skip_comments=True):
        if rule.type == "at-rule" and rule.lower_at_keyword == "font-face":
            said = {
                one.lower_name: tinycss2.serialize(one.value).strip()
                for one in tinycss2.parse_blocks_contents(rule.content)
                if one.type == "declaration"
            }
            faces[said["font-family"], said["font-weight"], said["font-style"]].add(said["src"])
    assert len(faces) == 8
    assert all(len(files) == 1 for files in faces.values())


@pytest.mark.parametrize(
    "address",
    ["http://example.org/x.png", "file:///etc/passwd", "ftp://example.org/x", "file:///x/../etc/passwd"],
)
def test_documents_read_nothing_from_outside(address):
    with pytest.raises(ValueError, match="may not read"):
        OnlyOwnFiles().fetch(address)


def test_documents_do_not_climb_out_of_the_static_folder():
    static = Path(settings.BASE_DIR) / "static"
    with pytest.raises(ValueError, match="may not read"):
        OnlyOwnFiles().fetch(f"{static.as_uri()}/../manage.py")
    with pytest.raises(ValueError, match="may not read"):
        OnlyOwnFiles().fetch(f"{static.as_uri()}/%2e%2e/manage.py")
