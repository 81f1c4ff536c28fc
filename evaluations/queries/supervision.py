"""The supervision page of one booking: what the learner and the line manager wrote, for whom each has agreed to.

Who reads is the learner, a line manager, or the team; trainers are nobody here. A link names its reader: ``learner``,
``form-<invitation>-<number>`` for whoever got the line manager's form, or ``shared-<sharing>`` for whoever the learner
named; it holds as long as what it names does.
"""

from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet

from bookings.models import Booking
from evaluations.answering import asked, in_words, value_of
from evaluations.followed import followed
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation, Sharing
from partnership_portal.templatetags.portal import uk_date
from partnerships.actors import Actor
from partnerships.models import Partnership
from partnerships.permissions import Permission

_K = QuestionnaireKind
KINDS = (_K.EVALUATION, _K.IMPACT, _K.LINE_MANAGER)
# After these there is something to talk about.
SUPERVISED = (_K.IMPACT, _K.LINE_MANAGER)
_PLEDGE = ("pledge", "pledge_by")


@dataclass(frozen=True)
class Reader:
    """Who looks at a supervision page; ``part`` is whose page it is to them."""

    part: str
    name: str
    emails: frozenset[str] = frozenset()
    person_id: int | None = None

    def is_named(self, person_id: int | None, email: str) -> bool:
        """Tell whether these are the reader's."""
        return (person_id is not None and person_id == self.person_id) or email.lower() in self.emails


@dataclass(frozen=True)
class Pledge:
    """What somebody said after the course that they would do, and by when."""

    text: str
    by: str = ""
    answer_id: int | None = None


@dataclass(frozen=True)
class Part:
    """What one of the two wrote; ``invitation`` is nothing where they were not asked."""

    invitation: Invitation | None
    rows: list[dict[str, object]] = field(default_factory=list)
    sharing: Sharing | None = None
    is_visible: bool = False

    @property
    def is_answered(self) -> bool:
        """Tell whether there is something to read at all."""
        return (
            self.invitation is not None
            and self.invitation.state == Invitation.State.ANSWERED
            and self.invitation.forgotten_at is None
        )


@dataclass(frozen=True)
class Supervision:
    """Both parts side by side, as one reader may see them."""

    booking: Booking
    reader: Reader
    pledge: Pledge | None
    plan: Part
    learner: Part
    manager: Part

    @property
    def is_forgotten(self) -> bool:
        """Tell whether what was written is deleted, kept as long as was promised."""
        parts = (self.plan, self.learner, self.manager)
        return any(one.invitation is not None and one.invitation.forgotten_at is not None for one in parts)


def pledge_for(invitation: Invitation) -> Pledge | None:
    """What the learner said they would do, for the impact survey, or for the manager with whom it was shared.

    Two queries at most, none for other kinds.
    """
    if invitation.kind not in {_K.IMPACT, _K.LINE_MANAGER} or invitation.booking is None:
        return None
    plan = _answered(invitation.booking).filter(kind=_K.EVALUATION).first()
    if plan is None:
        return None
    if invitation.kind == _K.LINE_MANAGER:
        reader = _of_form(invitation)
        shared = Sharing.objects.filter(invitation=plan, withdrawn_at__isnull=True)
        if not any(reader.is_named(one.with_person_id, one.with_email) for one in shared):
            return None
    return _pledge(plan)


def reader_of_link(partnership: Partnership, booking: Booking, nonce: str) -> Reader | None:
    """Whom a link names, as long as it still does (one query)."""
    name, _, more = nonce.partition("-")
    numbers = more.split("-") if more else []
    if not all(one.isdecimal() for one in numbers):
        return None
    match name:
        case "learner":
            # Whoever has no address was never sent it, and reads the page by their code.
            return _learner(booking) if booking.person.email else None
        case "form":
            of_booking = Invitation.objects.filter(partnership=partnership, booking=booking)
            form = of_booking.filter(kind=_K.LINE_MANAGER, pk__in=numbers[:1]).first()
            return _of_form(form) if form is not None and nonce == reader_of_form(form) else None
        case "shared":
            sharing = Sharing.objects.filter(
                partnership=partnership,
                invitation__booking=booking,
                pk__in=numbers,
                withdrawn_at__isnull=True,
            ).first()
            if sharing is None:
                return None
            emails = frozenset({sharing.with_email.lower()} - {""})
            return Reader("manager", sharing.with_name, emails, sharing.with_person_id)
        case _:
            return None


def reader_of_code(booking: Booking) -> Reader:
    """The learner, in the browser that their code was opened in."""
    return _learner(booking)


def reader_of_actor(actor: Actor, booking: Booking) -> Reader | None:
    """As whom somebody who is signed in reads the page of a booking, before asking what is shared with them."""
    if actor.person is None:
        return None
    if booking.person_id == actor.person.pk:
        return _learner(booking)
    if actor.has_left:
        return None
    emails = frozenset({actor.person.email.lower()} - {""})
    return Reader("manager", actor.person.name, emails, actor.person.pk)


def reader_of_form(invitation: Invitation) -> str:
    """How the link of whoever got this line manager's form names them."""
    return f"form-{invitation.pk}-{invitation.link_number}"


def supervision_of(booking: Booking, reader: Reader) -> Supervision | None:
    """The page as the reader may see it; nothing for a manager whom nobody has named (four queries)."""
    invitations = {
        one.kind: one
        for one in Invitation.objects.filter(
            partnership=booking.partnership_id, booking=booking, kind__in=KINDS
        ).prefetch_related("answers__question", "version__questions")
    }
    live = {
        one.invitation_id: one
        for one in Sharing.objects.filter(
            partnership=booking.partnership_id, invitation__booking=booking, withdrawn_at__isnull=True
        )
    }

    def part(kind: QuestionnaireKind, *, is_own: bool, keys: tuple[str, ...] = ()) -> Part:
        invitation = invitations.get(kind)
        sharing = live.get(invitation.pk) if invitation else None
        named = sharing is not None and (
            reader.part == "learner"
            if kind == _K.LINE_MANAGER
            else reader.is_named(sharing.with_person_id, sharing.with_email)
        )
        found = Part(invitation, sharing=sharing, is_visible=is_own or reader.part == "team" or named)
        if invitation is None or not found.is_answered or not found.is_visible:
            return found
        return Part(invitation, _rows(invitation, keys), sharing, is_visible=True)

    own = reader.part == "learner"
    plan = part(_K.EVALUATION, is_own=own, keys=_PLEDGE)
    learner = part(_K.IMPACT, is_own=own)
    form = invitations.get(_K.LINE_MANAGER)
    wrote = (
        reader.part == "manager"
        and form is not None
        and form.closed_because != Invitation.Closing.NO_MANAGER
        and reader.is_named(form.respondent_id, form.respondent_email)
    )
    manager = part(_K.LINE_MANAGER, is_own=wrote)
    if reader.part == "manager" and not (wrote or plan.is_visible or learner.is_visible):
        return None
    pledge = _pledge(plan.invitation) if plan.invitation and plan.is_answered and plan.is_visible else None
    return Supervision(booking, reader, pledge, plan, learner, manager)


def shared_with(actor: Actor) -> QuerySet[Booking]:
    """Bookings of which something is shared with the actor, the newest session first."""
    if actor.person is None or actor.has_left:
        return Booking.objects.none()
    named = Q(with_person=actor.person)
    if actor.person.email:
        named |= Q(with_email=actor.person.email)
    live = Sharing.objects.filter(named, partnership=actor.partnership, withdrawn_at__isnull=True)
    return (
        Booking.objects.filter(partnership=actor.partnership, pk__in=live.values("invitation__booking"))
        .exclude(person=actor.person)
        .select_related("person", "session__course")
        .order_by("-session__starts_at", "pk")
    )


def own_to_prepare(actor: Actor) -> QuerySet[Booking]:
    """The actor's own bookings about which there is something to talk about, the newest first."""
    if actor.person is None:
        return Booking.objects.none()
    answered = Invitation.objects.filter(
        partnership=actor.partnership,
        kind=_K.IMPACT,
        state=Invitation.State.ANSWERED,
        forgotten_at__isnull=True,
    )
    return (
        Booking.objects.filter(
            partnership=actor.partnership, person=actor.person, pk__in=answered.values("booking")
        )
        .select_related("person", "session__course")
        .order_by("-session__starts_at", "pk")
    )


def team_reader(actor: Actor) -> Reader | None:
    """The team reads both parts."""
    return Reader("team", "") if actor.may(Permission.MANAGE_SURVEYS) else None


def _learner(booking: Booking) -> Reader:
    return Reader("learner", booking.person.name, person_id=booking.person_id)


def _of_form(form: Invitation) -> Reader:
    emails = frozenset({form.respondent_email.lower()} - {""})
    return Reader("manager", form.respondent_name, emails, form.respondent_id)


def _answered(booking: Booking) -> QuerySet[Invitation]:
    return Invitation.objects.filter(
        partnership=booking.partnership_id, booking=booking, state=Invitation.State.ANSWERED
    ).prefetch_related("answers__question")


def _pledge(plan: Invitation) -> Pledge | None:
    given = {
        one.question.key: one
        for one in plan.answers.all()
        if one.text and followed(plan.kind, one.question.key, one.question.kind)
    }
    if "pledge" not in given:
        return None
    pledge, by = given["pledge"], given["pledge_by"].text if "pledge_by" in given else ""
    return Pledge(pledge.text, uk_date(date.fromisoformat(by)) if by else "", pledge.pk)


def _rows(invitation: Invitation, keys: tuple[str, ...]) -> list[dict[str, object]]:
    answers = {one.question_id: one for one in invitation.answers.all()}
    given = {one.question.key: value_of(one) for one in answers.values()}
    return [
        {
            "key": question.text,
            "value": in_words(question, answers[question.pk]),
            "answer": answers[question.pk],
        }
        for question in asked(invitation.version.questions.all(), given)
        if question.pk in answers and (not keys or question.key in keys)
    ]
