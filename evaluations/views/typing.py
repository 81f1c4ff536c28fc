"""Saving what is typed on a page of questions before its button is pressed."""

from django.http import JsonResponse, QueryDict

from evaluations.answering import value_of
from evaluations.forms import QuestionPageForm
from evaluations.models import Invitation
from evaluations.services.answers import save_answers
from evaluations.tabs import carried
from partnerships.actors import Actor

# By which ``answering.js`` says that nobody has pressed a button.
FIELD = "typing"


def saved_while_typing(
    actor: Actor, invitation: Invitation, form: QuestionPageForm, sent: QueryDict
) -> JsonResponse:
    """Keep what is right so far, and tell the page what it has seen by now."""
    form.is_valid()
    save_answers(actor=actor, invitation=invitation, answers=form.kept, is_typing=True)
    answers = invitation.answers.select_related("question").order_by("pk")
    saved = {one.question.key: value_of(one) for one in answers}
    return JsonResponse({"shown": carried(form.questions, saved, sent)})
