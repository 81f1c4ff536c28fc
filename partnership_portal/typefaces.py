"""The typefaces of documents: whose letters a name needs, and the style sheet that embeds them.

A document carries its typefaces, since a reader's machine may lack them, and must look the same whatever is installed
on the server. Those beyond Latin are read only for a text that needs them.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Typeface:
    """One family, the files of its weights, and the characters that call for it."""

    family: str
    file: str
    needed_by: str
    weights: tuple[int, ...] = (400,)
    # The small form takes seconds to unpack where there are thousands of characters.
    form: str = "woff2"

    def is_needed_by(self, text: str) -> bool:
        """Tell whether the text has any of its characters."""
        return re.search(f"[{self.needed_by}]", text) is not None

    @property
    def faces(self) -> str:
        """Its rules of a style sheet."""
        return "".join(
            f'@font-face {{ font-family: "{self.family}"; font-weight: {weight};'
            f' src: url("fonts/{self.file}-{weight}-normal.{self.form}") format("{self.form}"); }}\n'
            for weight in self.weights
        )


_ALL_WEIGHTS = (400, 600, 700)
_HAN = r"\u2e80-\u2fdf\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_KANA = r"\u3040-\u30ff\u31f0-\u31ff"
_HANGUL = r"\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"


def _letters(name: str, subset: str, needed_by: str) -> Typeface:
    return Typeface(f"Source Sans 3 {name}", f"source-sans-3-{subset}", needed_by, _ALL_WEIGHTS)


def _script(name: str, needed_by: str) -> Typeface:
    return Typeface(f"Noto Sans {name}", f"noto-sans-{name.lower()}-{name.lower()}", needed_by)


# In the order in which they are asked. Each subset has a family of its own: under one name WeasyPrint draws the glyphs
# of one file with the numbers of the other.
_TYPEFACES = (
    _letters("Vietnamese", "vietnamese", r"\u01a0\u01a1\u01af\u01b0\u0300-\u036f\u1ea0-\u1ef9\u20ab"),
    _letters("Cyrillic", "cyrillic", r"\u0400-\u045f\u0490\u0491\u04b0\u04b1\u2116"),
    _letters("Cyrillic Ext", "cyrillic-ext", r"\u0460-\u052f\u1c80-\u1c88\u2de0-\u2dff\ua640-\ua69f"),
    _letters("Greek", "greek", r"\u0370-\u03ff"),
    _letters("Greek Ext", "greek-ext", r"\u1f00-\u1fff"),
    _script("Arabic", r"\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc"),
    _script("Hebrew", r"\u0590-\u05ff\ufb1d-\ufb4f"),
    _script("Armenian", r"\u0530-\u058f\ufb13-\ufb17"),
    _script("Georgian", r"\u10a0-\u10ff\u1c90-\u1cbf\u2d00-\u2d2f"),
    _script("Ethiopic", r"\u1200-\u139f\u2d80-\u2ddf\uab00-\uab2f"),
    _script("Devanagari", r"\u0900-\u097f\ua8e0-\ua8ff"),
    _script("Bengali", r"\u0980-\u09ff"),
    _script("Gurmukhi", r"\u0a00-\u0a7f"),
    _script("Gujarati", r"\u0a80-\u0aff"),
    _script("Tamil", r"\u0b80-\u0bff"),
    _script("Telugu", r"\u0c00-\u0c7f"),
    _script("Malayalam", r"\u0d00-\u0d7f"),
    _script("Sinhala", r"\u0d80-\u0dff"),
    _script("Thai", r"\u0e00-\u0e7f"),
    Typeface("Noto Sans KR", "noto-sans-kr-korean", _HANGUL, form="woff"),
    Typeface("Noto Sans JP", "noto-sans-jp-japanese", _KANA, form="woff"),
    Typeface("Noto Sans SC", "noto-sans-sc-chinese-simplified", _HAN, form="woff"),
)
# What a Chinese typeface lacks of a name, the Japanese one may have.
_MORE_HAN = next(one for one in _TYPEFACES if one.family == "Noto Sans JP")


def typefaces_for(text: str) -> tuple[Typeface, ...]:
    """The typefaces that a text needs beside the Latin ones."""
    needed = [one for one in _TYPEFACES if one.is_needed_by(text)]
    if re.search(f"[{_HAN}]", text) and _MORE_HAN not in needed:
        needed.append(_MORE_HAN)
    return tuple(needed)


def style_of(typefaces: tuple[Typeface, ...]) -> str:
    """A style sheet, read after ``pdf.css``, with which a document is drawn in these typefaces too."""
    if not typefaces:
        return ""
    families = ", ".join(f'"{family}"' for family in ["Source Sans 3", "Source Sans 3 Ext"])
    more = ", ".join(f'"{one.family}"' for one in typefaces)
    return "".join(one.faces for one in typefaces) + f"body {{ font-family: {families}, {more}; }}\n"
