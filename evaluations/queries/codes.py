"""The codes of people without an email address: what each leads to, in the one browser that it was opened in.

Everything that was begun in another way before, by telephone or on an earlier code, stays out of it: whoever opens a
code first is not sure to be the one whom it is for.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from bookings.models import Booking
from courses.models import Session
from evaluations.kinds import QuestionnaireKind
from evaluations.models import HandedCode, Invitation
from partnership_portal.working_days import uk_date
from partnerships.actors import Actor
from partnerships.models import Partnership
from partnerships.permissions import Permission

OWN = (QuestionnaireKind.PRE_COURSE, QuestionnaireKind.EVALUATION, QuestionnaireKind.IMPACT)
_BEGUN = Q(opened_at__isnull=False) | Q(state=Invitation.State.ANSWERED)


def may_see_codes(actor: Actor, session: Session, now: datetime) -> bool:
    """Tell whether the codes are the actor's to hand out: the trainers' until the last day is over, the team's always.

    Whose session it is to mark is asked beforehand.
    """
    return actor.may(Permission.MANAGE_SURVEYS) or uk_date(now) <= uk_date(session.ends_at)


def code_of(booking: Booking) -> HandedCode:
    """The code as it stands; one that nobody has opened yet need not be kept (one query)."""
    found = HandedCode.objects.filter(partnership=booking.partnership_id, booking=booking).first()
    return found or HandedCode(partnership_id=booking.partnership_id, booking=booking)


def codes_of(bookings: Sequence[Booking]) -> dict[int, HandedCode]:
    """The same of many, by booking (one query)."""
    found = HandedCode.objects.filter(booking__in=bookings)
    return {one.booking_id: one for one in found}


def people_without_email(partnership: Partnership, session: Session) -> QuerySet[Booking]:
    """Those on the register whom nobody can write to."""
    expected = Booking.objects.filter(partnership=partnership, session=session, person__email="").expected()
    return expected.select_related("person", "organisation", "partnership").order_by("person__name_key", "pk")


def surveys_of_code(code: HandedCode) -> QuerySet[Invitation]:
    """The learner's own surveys that were not begun before the code was opened."""
    own = _own_of(code)
    if code.opened_at is None:
        return own.none()
    return own.exclude(_BEGUN & (Q(opened_at__isnull=True) | Q(opened_at__lt=code.opened_at)))


def sent_by_code(code: HandedCode) -> QuerySet[Invitation]:
    """Those of them that were sent, and whose answers are still there."""
    sent = surveys_of_code(code).filter(state=Invitation.State.ANSWERED, forgotten_at__isnull=True)
    return sent.order_by("answered_at")


def waits_behind(code: HandedCode) -> tuple[Invitation | None, bool]:
    """The survey that waits for answers, and whether one was begun in another way (two queries)."""
    now = timezone.now()
    waiting = _own_of(code).to_answer().filter(closes_at__gt=now).order_by("pk")
    mine = surveys_of_code(code).filter(pk__in=waiting.values("pk")).order_by("pk").first()
    return mine, mine is None and waiting.exists()


def shows_all(code: HandedCode) -> bool:
    """Tell whether everything that the learner has written was written in this browser, so that it may show it all."""
    return not _own_of(code).filter(_BEGUN).exclude(pk__in=surveys_of_code(code).values("pk")).exists()


def drafts_of_code(booking: Booking) -> QuerySet[Invitation]:
    """What is begun and not sent, which goes when a new code is made."""
    own = Invitation.objects.filter(partnership=booking.partnership_id, booking=booking, kind__in=OWN)
    return own.filter(state=Invitation.State.OPEN)


def _own_of(code: HandedCode) -> QuerySet[Invitation]:
    return Invitation.objects.filter(
        partnership=code.partnership_id, booking=code.booking_id, kind__in=OWN
    ).select_related("partnership")
