"""What a course or session costs an organisation, by the policy in force."""

from courses.models import Course, Session
from partnerships.charging import Price, Priced, price
from partnerships.models import Organisation
from partnerships.policy import ChargeKind, Policy

OF_A_BOOKING = (ChargeKind.PLACE, ChargeKind.LATE_CANCELLATION, ChargeKind.NON_ATTENDANCE)


def course_price(kind: ChargeKind, course: Course, policy: Policy, charging_class: str) -> Price:
    """What the course costs before a session is chosen."""
    return price(policy, kind, _priced(course), charging_class)


def booking_prices(session: Session, policy: Policy, organisation: Organisation) -> dict[ChargeKind, Price]:
    """What a booking of this session may cost the organisation: for the place, cancelling late, not coming.

    Whoever uses the booking system for their own staff pays for the session (``single_agency_price``), so that their
    bookings cost nothing more.
    """
    if session.is_single_agency:
        return {
            kind: Price(kind, 0, "The organisation pays for this session as a whole.", "Portal default")
            for kind in OF_A_BOOKING
        }
    priced = _priced(session.course, session.cost_pence)
    return {kind: price(policy, kind, priced, organisation.charging_class) for kind in OF_A_BOOKING}


def single_agency_price(session: Session, policy: Policy, organisation: Organisation) -> Price:
    """What the organisation pays for a session of its own; the caller has seen that it is one."""
    priced = _priced(session.course, session.cost_pence)
    return price(policy, ChargeKind.SINGLE_AGENCY_USE, priced, organisation.charging_class)


def _priced(course: Course, cost_pence: int | None = None) -> Priced:
    return Priced(course.charge_band, course.days, float(course.hours), cost_pence)
