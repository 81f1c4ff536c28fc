"""Signed links to surveys and certificates, for people without an account."""

from bookings.models import Booking
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Certificate, HandedCode, Invitation
from partnerships.actors import Actor, holder
from partnerships.links import absolute, token_for
from partnerships.permissions import Permission

SURVEY = "survey"
CERTIFICATE = "certificate"
LEARNER = "learner"
SUPERVISION = "supervision"
_BY_CODE = ", by code "


def survey_token(invitation: Invitation) -> str:
    """The part of the address that follows ``s/survey-``."""
    token = token_for(invitation.partnership, SURVEY, invitation.pk, nonce=survey_nonce(invitation))
    return token.removeprefix(f"{SURVEY}-")


def survey_nonce(invitation: Invitation) -> str:
    """What tells the link of whoever is asked now from those of the people asked before them."""
    return str(invitation.link_number) if invitation.link_number else ""


def survey_link(invitation: Invitation) -> str:
    """The full address of a survey for whoever holds the link."""
    return absolute(
        "evaluations:survey", partnership=invitation.partnership.slug, token=survey_token(invitation)
    )


def certificate_token(certificate: Certificate) -> str:
    """The part of the address that follows ``s/certificate-``."""
    return token_for(certificate.partnership, CERTIFICATE, certificate.pk).removeprefix(f"{CERTIFICATE}-")


def certificate_link(certificate: Certificate) -> str:
    """The full address of a certificate for whoever holds the link."""
    return absolute(
        "evaluations:linked_certificate",
        partnership=certificate.partnership.slug,
        token=certificate_token(certificate),
    )


def learner_link(booking: Booking, number: int = 0) -> str:
    """The full address at which somebody without an email finds what waits for them about one session.

    ``number`` counts the codes that were made anew for them (``HandedCode``); only the last one opens anything.
    """
    nonce = str(number) if number else ""
    token = token_for(booking.partnership, LEARNER, booking.pk, nonce=nonce).removeprefix(f"{LEARNER}-")
    return absolute("evaluations:learner", partnership=booking.partnership.slug, token=token)


def supervision_link(booking: Booking, reader: str) -> str:
    """The full address of a supervision page for one reader of it (``queries.supervision``)."""
    return absolute(
        "evaluations:linked_supervision",
        partnership=booking.partnership.slug,
        token=supervision_token(booking, reader),
    )


def supervision_token(booking: Booking, reader: str) -> str:
    """The part of the address that follows ``s/supervision-``."""
    return token_for(booking.partnership, SUPERVISION, booking.pk, nonce=reader).removeprefix(
        f"{SUPERVISION}-"
    )


def holder_of(invitation: Invitation) -> Actor:
    """Whoever opened the link of this one survey, of those people whom it was sent to the last."""
    number = survey_nonce(invitation)
    purpose = f"survey {invitation.pk}, link {number}" if number else f"survey {invitation.pk}"
    return holder(invitation.partnership, purpose, invitation.respondent)


def holder_of_booking(booking: Booking) -> Actor:
    """Whoever opens the code of one learner."""
    return holder(booking.partnership, f"code of booking {booking.pk}", booking.person)


def holder_of_code(invitation: Invitation, code: HandedCode) -> Actor:
    """Whoever answers this one survey in the browser that its learner's code was opened in."""
    return holder(
        invitation.partnership, f"survey {invitation.pk}{_BY_CODE}{code.number}", invitation.respondent
    )


def is_sent_by_link(invitation: Invitation) -> bool:
    """Tell whether whoever is asked can have got the link: learners without an address come by a code, or are rung."""
    respondent = invitation.respondent
    return respondent is None or bool(invitation.respondent_email or respondent.email)


def _is_learners_own(invitation: Invitation) -> bool:
    """Tell whether it is the learner who is asked about their own booking."""
    booking = invitation.booking
    return booking is not None and booking.person_id == invitation.respondent_id


def may_answer(actor: Actor, invitation: Invitation) -> bool:
    """Tell whether the actor is the one who is asked now, signed in or by the link or code to this very survey.

    Whoever has left is, once signed in, asked as a learner only.
    Ask it of an invitation that is locked: until then somebody else may be asked, whose link has another number.
    """
    if actor.holds_link:
        return actor.label == holder_of(invitation).label or _came_by_code(actor, invitation)
    if actor.person is None or actor.person != invitation.respondent:
        return False
    return not actor.has_left or _is_learners_own(invitation)


def may_type_in(actor: Actor, invitation: Invitation) -> bool:
    """Tell whether the actor may write down what somebody else said on the telephone; observers write themselves."""
    return (
        actor.person is not None
        and actor.may(Permission.MANAGE_SURVEYS)
        and invitation.kind != QuestionnaireKind.OBSERVATION
    )


def _came_by_code(actor: Actor, invitation: Invitation) -> bool:
    if _BY_CODE not in actor.label:
        return False
    opened = HandedCode.objects.filter(booking=invitation.booking_id, opened_at__isnull=False).first()
    return opened is not None and actor.label == holder_of_code(invitation, opened).label
