"""Names in the letters of the county and beyond it: in the document's own typefaces, and no boxes."""

import io
import unicodedata

import pypdf
import pytest

from partnership_portal.documents import render_pdf
from partnership_portal.typefaces import typefaces_for

NAMES = {
    "Welsh": "Siân Ŵyn Ŷnyr Rhŷdd",
    "Polish": "Łukasz Żółć-Gębała",
    "Czech, Romanian, Turkish": "Jiří Țepeș Ğülşen",
    "Vietnamese": "Nguyễn Thị Ánh Đặng",
    "Russian, Ukrainian, Serbian": "Юлия Їжак Ђорђе",
    "Kazakh": "Әлия Қасымова Өмір",
    "Greek": "Έλλη Παπαδοπούλου",
    "ancient Greek": "Ἀρίστη ᾠδή",
    "Arabic": "محمد علي",
    "Persian, Urdu": "گلچهره ٹیپو ڈاکٹر",
    "Hebrew": "דוד לוי",
    "Armenian": "Արամ Խաչատրյան",
    "Georgian": "გიორგი",
    "Amharic": "አበበ ቢቂላ",
    "Hindi, Nepali": "अनिल कुमार श्रेष्ठ",
    "Bengali": "আবদুল করিম",
    "Punjabi": "ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ",
    "Gujarati": "પ્રીતિ પટેલ",
    "Tamil": "செல்வம் முருகன்",
    "Telugu": "రాముడు",
    "Malayalam": "മോഹൻ",
    "Sinhala": "සුනිල් පෙරේරා",
    "Thai": "สมชาย",
    "Chinese, short and long": "王小明 陳大文 龍",
    "Japanese": "やまだ 渡邊 タロウ",
    "Korean": "김철수",
}


def _draw(name: str, caplog) -> tuple[set[str], list[str]]:
    """The typefaces in a document with this name, and what was complained of while drawing it."""
    caplog.clear()
    context = {
        "partnership": {"name": "Test partnership"},
        "certificate": {"learner_name": name, "course_title": name, "held_on": "", "level": ""},
    }
    pdf = render_pdf("pdf/certificate.html", context, title=name, identifier="names")
    [page] = pypdf.PdfReader(io.BytesIO(pdf)).pages
    fonts = {font.get_object()["/BaseFont"][8:] for font in page["/Resources"]["/Font"].values()}
    return fonts, [record.getMessage() for record in caplog.records if "notdef" in record.getMessage()]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_are_drawn_in_typefaces_that_the_document_carries(name, caplog) -> None:
    fonts, boxes = _draw(name, caplog)
    assert boxes == []
    # Whatever is installed on the server stays out of it.
    assert {font.split("-")[0] for font in fonts} <= {"Source", "Noto"}


def test_a_letter_of_no_typeface_is_noticed(caplog) -> None:
    """The control: the test above would see a box."""
    _, boxes = _draw("\U0010fffd", caplog)
    assert boxes


def test_letters_and_their_marks_are_put_together(caplog) -> None:
    whole, apart = "Nguyễn Ŵyn", unicodedata.normalize("NFD", "Nguyễn Ŵyn")
    assert _draw(apart, caplog)[0] == _draw(whole, caplog)[0]


def test_a_latin_document_reads_no_other_typeface() -> None:
    assert typefaces_for("Siân Ŵyn-Łukasz “O’Neill” – £5 … Žižka") == ()
