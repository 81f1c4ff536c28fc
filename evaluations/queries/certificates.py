"""Whether a number is that of a genuine certificate."""

import re
from enum import StrEnum

from evaluations.models import Certificate
from partnerships.models import Partnership


class Standing(StrEnum):
    """What the public may know about a number, and no more than that."""

    GENUINE = "genuine"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"


def standing(partnership: Partnership, number: str) -> Standing:
    """Tell whether a number, however it was typed, is that of a genuine certificate of this partnership."""
    typed = number.upper().replace("–", "-")
    # A space is a slip of the finger or stands for a hyphen.
    readings = {"".join(typed.split()), re.sub(r"[\s-]+", "-", typed.strip())}
    found = (
        Certificate.objects.filter(partnership=partnership, number__in=readings).only("revoked_at").first()
    )
    if found is None:
        return Standing.UNKNOWN
    return Standing.GENUINE if found.revoked_at is None else Standing.WITHDRAWN


def certificate_of_link(partnership: Partnership, pk: int) -> Certificate | None:
    """The certificate that a signed link names."""
    return Certificate.objects.filter(partnership=partnership, pk=pk).select_related("partnership").first()
