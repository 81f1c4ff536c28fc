"""The themes that a partnership starts with: those of its file, or the portal's own."""

import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from partnerships.profile import Profile, ThemeProfile

_OWN = Path(__file__).with_name("start_themes.toml")


def start_themes(profile: Profile) -> tuple[Sequence[ThemeProfile], bool]:
    """The themes, and whether they are the portal's own."""
    return (profile.themes, False) if profile.themes else (portal_themes(), True)


@lru_cache(maxsize=1)
def portal_themes() -> tuple[ThemeProfile, ...]:
    """The portal's own, in their order."""
    document = tomllib.loads(_OWN.read_text("utf-8"))
    return tuple(ThemeProfile.model_validate(one) for one in document["themes"])
