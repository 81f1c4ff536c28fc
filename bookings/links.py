"""Signed links about bookings, for people without an account: to answer an offer, “still coming?”, or an approval."""

import base64
import binascii
from datetime import UTC, datetime

from bookings.models import Approval, Booking
from partnerships.actors import Actor, holder
from partnerships.links import absolute, token_for
from partnerships.models import Person
from partnerships.policy import ApprovalRule

OFFER, COMING, APPROVAL, MOVE = "offer", "coming", "approval", "move"
# A sheet of paper that names somebody without an address, and the message that proves the address.
CLAIM, RECORD = "claim", "record"
_ASKED_BY_LINK = (ApprovalRule.LINE_MANAGER, ApprovalRule.ORGANISATION_LEAD)


def booking_link(booking: Booking, purpose: str) -> str:
    """The full address of the page where the person answers about this booking."""
    token = token_for(booking.partnership, purpose, booking.pk).removeprefix(f"{purpose}-")
    return absolute(f"bookings:{purpose}_link", partnership=booking.partnership.slug, token=token)


def approval_link(approval: Approval, name: str) -> str:
    """The full address of the page where whoever is asked now decides; it carries as whom, and by which name."""
    nonce = base64.urlsafe_b64encode(f"{approval.asked}:{name}".encode()).decode().rstrip("=")
    token = token_for(approval.partnership, APPROVAL, approval.pk, nonce=nonce).removeprefix(f"{APPROVAL}-")
    return absolute("bookings:approval_link", partnership=approval.partnership.slug, token=token)


def asked_in(nonce: str, approval: Approval) -> tuple[ApprovalRule, str]:
    """As whom a link asked for the approval, and by which name: somebody may be the line manager and the lead."""
    try:
        said = base64.urlsafe_b64decode(nonce + "=" * (-len(nonce) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        said = ""
    role, _, name = said.partition(":")
    if role in _ASKED_BY_LINK:
        return ApprovalRule(role), name
    # A link that was sent before links said as whom: the name alone tells.
    is_manager = said == approval.manager_name
    return ApprovalRule.LINE_MANAGER if is_manager else ApprovalRule.ORGANISATION_LEAD, said


def holder_of_booking(booking: Booking, purpose: str) -> Actor:
    """Whoever opened the link of this one booking: acts as its person."""
    return holder(booking.partnership, f"{purpose} {booking.pk}", booking.person)


def holder_of_approval(approval: Approval, role: ApprovalRule | None = None) -> Actor:
    """Whoever opened the link of this one request, who was asked in this role; else in the one that is asked now."""
    return holder(approval.partnership, f"{APPROVAL} {approval.pk} {ApprovalRule(role or approval.asked)}")


def holds_link_of(actor: Actor, approval: Approval) -> bool:
    """Tell whether the actor opened the link of this very request."""
    return any(actor.label == holder_of_approval(approval, role).label for role in _ASKED_BY_LINK)


def holds_link_as_manager(actor: Actor, approval: Approval) -> bool:
    """Tell whether the actor opened the link by which the line manager was asked for this very approval."""
    return actor.label == holder_of_approval(approval, ApprovalRule.LINE_MANAGER).label


def claim_link(person: Person) -> str:
    """The full address on a joining sheet, by which its person claims their record."""
    token = token_for(person.partnership, CLAIM, person.pk).removeprefix(f"{CLAIM}-")
    return absolute("bookings:claim", partnership=person.partnership.slug, token=token)


def record_link(person: Person, email: str, until: datetime) -> str:
    """The full address that attaches an email address to a person, until it runs out; sent to that address alone."""
    nonce = base64.urlsafe_b64encode(f"{int(until.timestamp())} {email}".encode()).decode().rstrip("=")
    token = token_for(person.partnership, RECORD, person.pk, nonce=nonce).removeprefix(f"{RECORD}-")
    return absolute("bookings:claim_record", partnership=person.partnership.slug, token=token)


def email_in(nonce: str) -> tuple[str, datetime]:
    """Which address a link attaches, and until when; the signature vouches for both."""
    until, _, email = base64.urlsafe_b64decode(nonce + "=" * (-len(nonce) % 4)).decode().partition(" ")
    return email, datetime.fromtimestamp(int(until), UTC)


def holder_of_record(person: Person, purpose: str) -> Actor:
    """Whoever opened the link about one person's record: acts for nobody yet, since a sheet can be found."""
    return holder(person.partnership, f"{purpose} {person.pk}")


def holds_claim_of(actor: Actor, person: Person, purpose: str) -> bool:
    """Tell whether the actor opened this kind of link about this very person's record: sheet or message."""
    return actor.label == f"link: {purpose} {person.pk}"
