"""The purchase order number or cost code of a booking, and whose single-agency session anybody may book."""

from datetime import datetime

from bookings.charges.announced import announced
from courses.models import Session
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Organisation
from partnerships.permissions import Permission


def check_purchase_order(
    actor: Actor, session: Session, organisation: Organisation, purchase_order: str, now: datetime
) -> None:
    """Refuse a booking without the number where the policy requires it; the team, and walk-ins, may go without."""
    if purchase_order.strip() or session.starts_at <= now or actor.may(Permission.MANAGE_BOOKINGS):
        return
    (one,) = announced(session, actor.partnership.policy(session.starts_at), [organisation])
    if one.needs_purchase_order:
        raise DomainError(
            f"{organisation.name} may be charged for this booking. Give a purchase order number or cost code."
        )


def check_single_agency(session: Session, organisation: Organisation) -> None:
    """Refuse the people of others at a session that an organisation holds for its own staff."""
    if not session.is_for_staff_of({organisation.pk}):
        raise DomainError(f"This session is for the staff of {session.single_agency_for} only.")
