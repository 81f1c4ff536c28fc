"""Who is exempt from what, and for which reason."""

from collections.abc import Collection, Iterable

from compliance.models import Exemption
from courses.models import Requirement


class Exemptions:
    """The reasons by membership and requirement."""

    def __init__(self, reasons: dict[tuple[int, int], str]) -> None:
        self._reasons = reasons

    def reason(self, requirement: Requirement, memberships: Collection[int]) -> str:
        """Why somebody is exempt in all of these jobs, which ask for the requirement; nothing where one still does."""
        found = [self._reasons.get((one, requirement.pk), "") for one in memberships]
        return "; ".join(dict.fromkeys(found)) if found and all(found) else ""


def exemptions_of(
    partnership_id: int, memberships: Iterable[int], requirements: Iterable[Requirement]
) -> Exemptions:
    """The exemptions of these memberships (one query, and none where nobody can be exempt)."""
    open_to_some = [one.pk for one in requirements if one.exempt]
    if not open_to_some:
        return Exemptions({})
    rows = Exemption.objects.live().filter(
        partnership=partnership_id, membership__in=list(memberships), requirement__in=open_to_some
    )
    found = rows.order_by().values_list("membership_id", "requirement_id", "reason")
    return Exemptions({(membership, requirement): reason for membership, requirement, reason in found})
