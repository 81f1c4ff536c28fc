"""What becomes of each person of a group: shown before anything is booked, and again afterwards."""

from dataclasses import dataclass
from enum import StrEnum

from bookings.clashes import Clash
from bookings.colleagues import Wanted
from bookings.models import Booking
from partnerships.models import Membership


class Fate(StrEnum):
    """What becomes of one person."""

    PLACE = "place"
    WAITING = "waiting"
    APPROVAL = "approval"
    ASK = "ask"
    REFUSED = "refused"


@dataclass(frozen=True)
class Outcome:
    """One person of the list: what becomes of them and, where nothing does, why."""

    wanted: Wanted
    fate: Fate
    name: str
    why: str = ""
    person_id: int | None = None
    membership: Membership | None = None
    booking: Booking | None = None
    is_new: bool = False
    position: int | None = None
    approver: str = ""
    candidates: tuple[Membership, ...] = ()
    outside: str = ""
    asks_training: bool = False
    evidence: str = ""
    clashes: tuple[Clash, ...] = ()

    @property
    def is_booked(self) -> bool:
        """Tell whether they get a place, or a place in the queue."""
        return self.booking is not None

    @property
    def lacks_reason(self) -> bool:
        """Tell whether it is still to be said why somebody outside the audience comes."""
        return bool(self.outside and self.is_booked and not self.wanted.audience_reason)

    @property
    def lacks_training(self) -> bool:
        """Tell whether the training that comes first is still to be named with its date, or shown by a file."""
        said = self.evidence or (self.wanted.training and self.wanted.trained_on)
        return self.asks_training and self.is_booked and not said

    @property
    def known_as(self) -> str:
        """The name in the records, where the line says another one: the address decides."""
        said = " ".join(self.wanted.name.lower().split())
        return self.name if said and said != " ".join(self.name.lower().split()) else ""
