"""Saving what is typed on a page of questions before its button is pressed."""

from collections.abc import Callable

from django.http import JsonResponse, QueryDict

from evaluations.answering import Response, value_of
from evaluations.forms import QuestionPageForm
from evaluations.tabs import carried

# By which ``answering.js`` says that nobody has pressed a button.
FIELD = "typing"


def saved_while_typing(
    response: Response, form: QuestionPageForm, sent: QueryDict, save: Callable[..., None]
) -> JsonResponse:
    """Keep what is right so far, and tell the page what it has seen by now."""
    form.is_valid()
    save(answers=form.kept, is_typing=True)
    answers = response.answers.select_related("question").order_by("pk")
    saved = {one.question.key: value_of(one) for one in answers}
    return JsonResponse({"shown": carried(form.questions, saved, sent)})
