"""Whether a number is that of a genuine certificate."""

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
    typed = "".join(number.split()).upper().replace("–", "-")
    found = Certificate.objects.filter(partnership=partnership, number=typed).only("revoked_at").first()
    if found is None:
        return Standing.UNKNOWN
    return Standing.GENUINE if found.revoked_at is None else Standing.WITHDRAWN


def certificate_of_link(partnership: Partnership, pk: int) -> Certificate | None:
    """The certificate that a signed link names."""
    return Certificate.objects.filter(partnership=partnership, pk=pk).select_related("partnership").first()
