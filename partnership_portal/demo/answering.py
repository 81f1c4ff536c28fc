"""What people do with a survey besides answering it: share it, say that they have left, answer on the telephone."""

from evaluations.kinds import QuestionnaireKind
from evaluations.links import holder_of
from evaluations.models import Invitation, Notice, Sharing
from evaluations.services.invitations import asked_key, send
from evaluations.services.notices import say_left, say_not_manager
from evaluations.services.sharing import could_be_shared_with, share_answers
from notifications.models import Message
from partnership_portal.demo.cast import PARTS
from partnerships.models import Partnership, Person
from partnerships.tenancy import acting_in

_K = QuestionnaireKind
_SUPERVISED = (_K.EVALUATION, _K.IMPACT, _K.LINE_MANAGER)


def answer_otherwise(partnership: Partnership) -> None:
    """Let the practitioner and the manager share their parts, and others say why not to ask them, once."""
    with acting_in(partnership):
        if (
            Sharing.objects.filter(partnership=partnership).exists()
            or Notice.objects.filter(partnership=partnership).exists()
        ):
            return
        emails = {part.key: part.email(partnership.slug) for part in PARTS}
        practitioner = Person.objects.get(partnership=partnership, email_key=emails["practitioner"])
        every = (
            Invitation.objects.filter(partnership=partnership).for_answering().order_by("-session__starts_at")
        )
        own = every.filter(booking__person=practitioner, kind__in=_SUPERVISED)
        for invitation in own.filter(state=Invitation.State.ANSWERED)[:6]:
            if could_be_shared_with(invitation) is not None:
                share_answers(actor=holder_of(invitation), invitation=invitation)
        of_others = every.to_answer().exclude(respondent__email_key__in=emails.values())
        form = of_others.filter(kind=_K.LINE_MANAGER).exclude(booking__person=practitioner).first()
        if form is not None:
            say_not_manager(
                actor=holder_of(form), invitation=form, name="Mina Okafor", email="mina.okafor@example.org"
            )
        survey = of_others.filter(kind=_K.EVALUATION).first()
        if survey is not None:
            say_left(actor=holder_of(survey), invitation=survey)
        _bounce(of_others.filter(kind=_K.EVALUATION, respondent__isnull=False).last())


def _bounce(survey: Invitation | None) -> None:
    """The mail server of somebody's organisation does not know them any more."""
    if survey is None:
        return
    send(survey, survey.policy_version, purpose=f"survey-{survey.kind}", about=asked_key(survey))
    Message.objects.filter(
        partnership=survey.partnership, person=survey.respondent, purpose=f"survey-{survey.kind}"
    ).update(state=Message.State.FAILED, error="550 5.1.1 The mailbox is not known here.")
