"""What giving up a booking is called on the page, once it is done, and in the message: a place, an offer, a turn."""

from dataclasses import dataclass

from bookings.models import Booking
from bookings.states import BookingState
from partnerships.models import Person


@dataclass(frozen=True)
class GivingUp:
    """The question, the button that answers it, and what has come of it."""

    question: str
    button: str
    done: str


def giving_up(booking: Booking, reader: Person | None, *, by: Person | None, state: str = "") -> GivingUp:
    """How to call giving up a booking in this state (its own, if none is named) to whoever reads it.

    Who does it (``by``) says whether the person leaves the list or is taken off it.
    """
    own, learner = reader == booking.person, booking.person.name
    themselves = by == booking.person
    your = "your" if own else f"{learner}’s"
    match BookingState(state or booking.state):
        case BookingState.REQUESTED:
            return GivingUp(
                f"Take back {your} request?",
                "Take the request back",
                f"{your[:1].upper()}{your[1:]} request for a place on this session is taken back.",
            )
        case BookingState.WAITING:
            step = "Leave the waiting list" if themselves else f"Take {learner} off the waiting list"
            if themselves:
                done = f"{'You have' if own else f'{learner} has'} left the waiting list for this session."
            else:
                done = (
                    f"{'You were' if own else f'{learner} was'} taken off the waiting list for this session."
                )
            return GivingUp(f"{step}?", step, done)
        case BookingState.OFFERED:
            you = "you" if own else learner
            return GivingUp(
                f"Let the place go that is held for {you}?",
                "Let the place go",
                f"The place on this session that was held for {you} is let go.",
            )
    whose = "your place" if own else f"the place of {learner}"
    return GivingUp(f"Cancel {whose}?", "Cancel the booking", "The booking is cancelled.")
