"""A partnership's colours, made safe to read: one brand colour in, a whole palette out."""

from __future__ import annotations

import re

WHITE = "#ffffff"
BLACK = "#0b0c0c"
DEFAULT_BRAND = "#17505c"
READABLE = 4.5


def is_hex(colour: str) -> bool:
    """Whether this is a colour written as #rrggbb."""
    return re.fullmatch(r"#[0-9a-fA-F]{6}", colour or "") is not None


def _channels(colour: str) -> tuple[int, int, int]:
    if not is_hex(colour):
        raise ValueError(f"Write the colour as #rrggbb, not {colour!r}.")
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ink_on(background: str) -> str:
    """Black or white, whichever can be read better on this background."""
    return WHITE if contrast(WHITE, background) >= contrast(BLACK, background) else BLACK


def mix(colour: str, other: str, share: float) -> str:
    """The colour with this share (0 to 1) of the other mixed in."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def palette(brand: str) -> dict[str, str]:
    """Brand, ink on it, a pale tint, and a deep shade that is readable on white and on the tint."""
    tint = mix(brand, WHITE, 0.9)
    deep = brand
    while contrast(deep, tint) < READABLE:
        deep = mix(deep, BLACK, 0.1)
    return {"brand": brand, "brand-ink": ink_on(brand), "brand-tint": tint, "brand-deep": deep}


def stylesheet(brand: str) -> str:
    """The palette as CSS custom properties, for a page that may not carry inline style."""
    return ":root{" + "".join(f"--{name}:{value};" for name, value in palette(brand).items()) + "}\n"
