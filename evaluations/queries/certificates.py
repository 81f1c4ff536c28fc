"""What the public may learn about a certificate from what is printed on it."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from evaluations.models import Certificate
from partnerships.models import Partnership


@dataclass(frozen=True)
class Checked:
    """What the public check tells of one certificate, and no more than that."""

    standing: str
    number: str
    course: str
    held_on: str
    initials: str
    reissued_at: datetime | None


def checked(partnership: Partnership, number: str, code: str) -> Checked | None:
    """What the check tells, however number and code were typed; nothing where they don't belong together.

    A number that can be guessed needs the code printed beside it, so that nobody learns by trying numbers out even
    which of them exist.
    """
    found = Certificate.objects.filter(partnership=partnership, number__in=_readings(number)).first()
    if found is None or (found.needs_code and _letters(code) != _letters(found.check_code)):
        return None
    return Checked(
        found.standing,
        found.number,
        found.course_title,
        found.held_on,
        initials(found.learner_name),
        found.reissued_at,
    )


def initials(name: str) -> str:
    """The first letter of each word of a name with its marks: "S. Ŵ." for Siân Ŵyn-Łukasz."""
    return " ".join(f"{_first_letter(word)}." for word in name.split())


def certificate_of_link(partnership: Partnership, pk: int) -> Certificate | None:
    """The certificate that a signed link names."""
    return Certificate.objects.filter(partnership=partnership, pk=pk).select_related("partnership").first()


def _readings(number: str) -> set[str]:
    typed = _plain(number)
    # A space is a slip of the finger or stands for a hyphen.
    return {"".join(typed.split()), re.sub(r"[\s-]+", "-", typed.strip())}


def _letters(code: str) -> str:
    return re.sub(r"[\s-]", "", _plain(code))


def _plain(typed: str) -> str:
    return re.sub("[\u2010-\u2015]", "-", typed.upper())


def _first_letter(word: str) -> str:
    whole = unicodedata.normalize("NFC", word.upper())
    end = 1
    while end < len(whole) and unicodedata.category(whole[end]).startswith("M"):
        end += 1
    return whole[:end]
