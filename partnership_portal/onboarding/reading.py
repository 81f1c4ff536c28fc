"""Reads a partnership's file and tells everything that is wrong with it at once."""

import re
import tomllib
from pathlib import Path

from pydantic import ValidationError

import partnerships
from partnership_portal.onboarding.cross_checks import check
from partnership_portal.onboarding.problems import Problem, ProfileRefused, in_file
from partnerships.profile import Profile

SHIPPED = Path(partnerships.__file__).parent / "profiles"


def shipped_profiles() -> list[str]:
    """The names of the profiles that come with the portal."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def read_file(name: str | Path) -> str:
    """The text of a file, or of a profile that comes with the portal when its bare name is given."""
    path = Path(name)
    if str(name) in shipped_profiles() and not path.is_file():
        path = SHIPPED / f"{name}.toml"
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ProfileRefused([Problem("", "This is not a text file in UTF-8.")]) from None
    except OSError as error:
        known = ", ".join(shipped_profiles())
        reason = f"{(error.strerror or 'It can’t be read').capitalize()}. Profiles that come with the portal: {known}."
        raise ProfileRefused([Problem("", reason)]) from None


def read_profile(text: str) -> Profile:
    """The profile that a file's text describes, or ``ProfileRefused`` with every error."""
    document = _parse(text)
    found = check(document)
    profile = None
    try:
        profile = Profile.model_validate(document)
    except ValidationError as invalid:
        found += in_file(document, invalid.errors(include_url=False))
    if found:
        first_of_each_place = {problem.path: problem for problem in reversed(found)}
        raise ProfileRefused(sorted(first_of_each_place.values(), key=lambda one: _natural(one.path)))
    assert profile is not None  # noqa: S101 - for the types: without errors there is a profile
    return profile


def _natural(path: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path)]


def _parse(text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileRefused([_syntax(str(error), text)]) from None
    except RecursionError:
        raise ProfileRefused([Problem("", "The file nests its values too deeply.")]) from None
    except ValueError:
        raise ProfileRefused(
            [Problem("", "The file has a number or date that is out of every range.")]
        ) from None


def _syntax(message: str, text: str) -> Problem:
    words, _, place = message.partition(" (at ")
    found = re.match(r"line (\d+), column (\d+)", place)
    line = found[1] if found else str(text.count("\n") + 1)
    column = f" (column {found[2]})" if found else " (the file ends there)"
    return Problem(f"line {line}", f"{words[:1].lower()}{words[1:]}{column}")
