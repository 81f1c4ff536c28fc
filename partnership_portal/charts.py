"""Charts as small SVG drawings with their figures beside them; the same drawing serves page and PDF.

No inline style and no script, so that they stand under the content security policy; every figure
is written on the drawing, so that nothing depends on colour.
"""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from partnership_portal.colours import DEFAULT_BRAND, WHITE, ink_on, mix, palette

WIDTH = 720
LABELS = 220
ROW = 44
NOT_SHOWN = "not shown"
WHY_NOT_SHOWN = "Figures that could single out somebody are not shown."


@dataclass(frozen=True)
class Chart:
    """A drawing and the table that says the same."""

    title: str
    description: str
    svg: SafeString
    headers: list[Any]
    rows: list[list[Any]]
    note: str = ""


def _identity(kind: str, *facts: Any) -> str:
    return f"chart-{hashlib.sha256(repr((kind, facts)).encode()).hexdigest()[:10]}"


def _number(value: float | None, unit: str = "") -> str:
    if value is None:
        return NOT_SHOWN
    text = f"{value:,.1f}".removesuffix(".0") if isinstance(value, float) else f"{value:,}"
    return f"{text}{unit}"


def _lines(label: str, width: int = 26) -> list[str]:
    lines = textwrap.wrap(str(label), width) or [""]
    if len(lines) <= 2:
        return lines
    # Titles of courses differ in their last words, such as the level.
    tail = textwrap.shorten(" ".join(lines[1:])[::-1], width, placeholder=" …")[::-1]
    return [lines[0], tail]


def _label(label: str, middle: float) -> list[dict[str, Any]]:
    lines = _lines(label)
    start = middle - (len(lines) - 1) * 9
    return [{"text": line, "y": round(start + 18 * number, 1)} for number, line in enumerate(lines)]


def _draw(
    kind: str,
    title: str,
    description: str,
    headers: list[Any],
    rows: list[list[Any]],
    height: float,
    note: str = "",
    **parts: Any,
) -> Chart:
    identity = _identity(kind, title, rows)
    context = {
        "id": identity,
        "title": title,
        "description": description,
        "width": WIDTH,
        "height": round(height),
        "labels_end": LABELS - 12,
        "start": LABELS,
        **parts,
    }
    drawing = render_to_string(f"charts/{kind}.svg", context)
    return Chart(title, description, drawing, headers, rows, note)


def _cell(value: float | None, unit: str = "") -> dict[str, Any]:
    return {"text": _number(value, unit), "numeric": True}


def _note(data: Sequence[tuple[str, float | None]]) -> str:
    return WHY_NOT_SHOWN if any(value is None for _, value in data) else ""


def bars(
    title: str,
    data: Sequence[tuple[str, float | None]],
    *,
    unit: str = "",
    brand: str = DEFAULT_BRAND,
    heading: str = "Group",
    measure: str = "Number",
    top: float | None = None,
) -> Chart:
    """Horizontal bars, one per label; a figure of None is not to be shown. `top` fixes the scale."""
    most = top or max((value or 0 for _, value in data), default=0) or 1
    room = WIDTH - LABELS - 90
    drawn = []
    for number, (label, value) in enumerate(data):
        middle = ROW * number + ROW / 2
        length = round(room * (value or 0) / most, 1)
        drawn.append(
            {
                "label": _label(label, middle),
                "y": middle - 13,
                "middle": middle,
                "length": length,
                "figure": _number(value, unit),
                "figure_x": round(LABELS + length + 9, 1),
            }
        )
    description = "; ".join(f"{label}: {_number(value, unit)}" for label, value in data)
    rows = [[label, _cell(value, unit)] for label, value in data]
    headers = [heading, {"text": measure, "numeric": True}]
    colour = palette(brand)["brand-deep"]
    return _draw(
        "bars", title, description, headers, rows, ROW * len(data), _note(data), bars=drawn, colour=colour
    )


def stacked(
    title: str,
    series: Sequence[str],
    data: Sequence[tuple[str, Sequence[int]]],
    *,
    brand: str = DEFAULT_BRAND,
    heading: str = "Group",
) -> Chart:
    """Horizontal bars made of parts, dark to pale in the order of the series."""
    deep = palette(brand)["brand-deep"]
    shades = [mix(deep, WHITE, 0.82 * number / max(len(series) - 1, 1)) for number in range(len(series))]
    most = max((sum(values) for _, values in data), default=0) or 1
    room = WIDTH - LABELS - 60
    legend, x = [], 1.0
    for name, shade in zip(series, shades, strict=True):
        legend.append({"name": name, "x": x, "text_x": x + 24, "colour": shade})
        x += 48 + 8.2 * len(name)
    drawn = []
    for number, (label, values) in enumerate(data):
        middle = 48 + ROW * number + ROW / 2
        parts, at = [], float(LABELS)
        for value, shade in zip(values, shades, strict=True):
            length = round(room * value / most, 1)
            fits = length > 9.5 * len(_number(value)) + 6
            parts.append(
                {
                    "x": round(at, 1),
                    "length": length,
                    "colour": shade,
                    "ink": ink_on(shade),
                    "centre": round(at + length / 2, 1),
                    "figure": _number(value) if fits else "",
                }
            )
            at += length
        drawn.append(
            {
                "label": _label(label, middle),
                "y": middle - 14,
                "middle": middle,
                "parts": parts,
                "total": _number(sum(values)),
                "total_x": round(at + 9, 1),
            }
        )
    description = "; ".join(
        f"{label}: " + ", ".join(f"{name} {value}" for name, value in zip(series, values, strict=True))
        for label, values in data
    )
    headers = [
        heading,
        *({"text": name, "numeric": True} for name in series),
        {"text": "Total", "numeric": True},
    ]
    rows = [[label, *(_cell(value) for value in values), _cell(sum(values))] for label, values in data]
    return _draw(
        "stacked", title, description, headers, rows, 48 + ROW * len(data), bars=drawn, legend=legend
    )


def columns(
    title: str,
    data: Sequence[tuple[str, float | None]],
    *,
    unit: str = "",
    brand: str = DEFAULT_BRAND,
    heading: str = "Period",
    measure: str = "Number",
) -> Chart:
    """Columns over time, oldest first."""
    most = max((value or 0 for _, value in data), default=0) or 1
    step = WIDTH / max(len(data), 1)
    wide = min(step * 0.68, 80)
    floor, room = 246, 200
    drawn = []
    for number, (label, value) in enumerate(data):
        tall = round(room * (value or 0) / most, 1)
        centre = step * number + step / 2
        drawn.append(
            {
                "x": round(centre - wide / 2, 1),
                "centre": round(centre, 1),
                "y": floor - tall,
                "tall": tall,
                # The words would run into the next column; the table has them.
                "figure": _number(value, unit) if value is not None else "–",
                "figure_y": round(floor - tall - 9, 1),
                "label": _lines(label, max(int(step / 8.5), 4)),
            }
        )
    description = "; ".join(f"{label}: {_number(value, unit)}" for label, value in data)
    rows = [[label, _cell(value, unit)] for label, value in data]
    headers = [heading, {"text": measure, "numeric": True}]
    colour = palette(brand)["brand-deep"]
    return _draw(
        "columns",
        title,
        description,
        headers,
        rows,
        292,
        _note(data),
        columns=drawn,
        colour=colour,
        floor=floor,
        wide=round(wide, 1),
    )


def before_after(
    title: str,
    data: Sequence[tuple[str, float, float]],
    *,
    lowest: float = 1,
    highest: float = 5,
    brand: str = DEFAULT_BRAND,
    heading: str = "Question",
) -> Chart:
    """For each label a hollow mark (before) and a full mark (after) on one scale."""
    left, right = LABELS + 40, WIDTH - 50

    def place(value: float) -> float:
        return round(left + (right - left) * (value - lowest) / (highest - lowest), 1)

    ticks = [{"x": place(value), "text": f"{value:g}"} for value in range(int(lowest), int(highest) + 1)]
    drawn = []
    for number, (label, before, after) in enumerate(data):
        middle = 44 + ROW * number + ROW / 2
        rises = after >= before
        drawn.append(
            {
                "label": _label(label, middle),
                "y": middle,
                "before": place(before),
                "after": place(after),
                "before_text": f"{before:.1f}",
                "after_text": f"{after:.1f}",
                "before_x": place(before) + (-15 if rises else 15),
                "after_x": place(after) + (15 if rises else -15),
                "before_anchor": "end" if rises else "start",
                "after_anchor": "start" if rises else "end",
            }
        )
    description = "; ".join(
        f"{label}: {before:.1f} before, {after:.1f} after" for label, before, after in data
    )
    headers = [heading, {"text": "Before", "numeric": True}, {"text": "After", "numeric": True}]
    rows = [
        [label, {"text": f"{before:.1f}", "numeric": True}, {"text": f"{after:.1f}", "numeric": True}]
        for label, before, after in data
    ]
    bottom = 44 + ROW * len(data)
    return _draw(
        "before_after",
        title,
        description,
        headers,
        rows,
        bottom + 26,
        marks=drawn,
        ticks=ticks,
        bottom=bottom,
        legend_x=left,
        colour=palette(brand)["brand-deep"],
    )
