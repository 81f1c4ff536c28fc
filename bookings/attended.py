"""What follows in the same transaction when a register makes people attended: apps above say so when they start.

Lower apps may not import upper ones, and a certificate must not wait for a job. So this one list is kept where the
register is, and `settle` calls what is on it by name: nothing is sent to whoever may listen.
"""

from collections.abc import Callable, Sequence

from bookings.models import Booking
from courses.models import Session
from partnerships.actors import Actor

Step = Callable[[Actor, Session, Sequence[Booking]], None]
_steps: list[Step] = []


def when_attended(step: Step) -> Step:
    """Let a step follow from attendance; it may be called again for the same bookings and must do nothing then."""
    if step not in _steps:
        _steps.append(step)
    return step


def follow(actor: Actor, session: Session, bookings: Sequence[Booking]) -> None:
    """Take every step for bookings that have just become attended and whose rows the caller's transaction holds."""
    for step in _steps:
        step(actor, session, bookings)
