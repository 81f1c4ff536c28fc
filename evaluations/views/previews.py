"""A questionnaire as whoever is asked will see it, to be tried without anything being kept."""

from csp.constants import SELF
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_safe

from evaluations.answering import pages_asked
from evaluations.drafts import Draft
from evaluations.forms import QuestionPageForm
from evaluations.models import Questionnaire
from evaluations.versions import draft_of, questions_of
from partnerships.permissions import Permission, requires

_OF_THE_FORM = {"csrfmiddlewaretoken", "page"}


@requires(Permission.MANAGE_SURVEYS)
@csp_replace({"frame-src": [SELF]})
@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """A frame as wide as a phone, in which the questionnaire can be tried."""
    found = _questionnaire(request, pk)
    return render(request, "evaluations/questionnaires/preview.html", {"questionnaire": found})


@requires(Permission.MANAGE_SURVEYS)
@xframe_options_sameorigin
@csp_replace({"frame-ancestors": [SELF]})
@require_http_methods(["GET", "HEAD", "POST"])
def preview_frame(request: HttpRequest, pk: int) -> HttpResponse:
    """What stands in the frame: the first page, and after each answer the next one.

    The answers travel in the page; nothing is kept.
    """
    found = _questionnaire(request, pk)
    document = _document(found)
    questions = questions_of(document)
    shared = {"questionnaire": found, "introduction": document.introduction, "is_empty": not questions}
    if request.method != "POST":
        return render(request, "evaluations/questionnaires/preview_start.html", shared)
    sent = QuestionPageForm(questions, {}, request.POST)
    sent.full_clean()
    pages = pages_asked(questions, sent.kept)
    answered = int(page) if (page := request.POST.get("page", "")).isdecimal() and len(page) < 4 else 0
    if answered > len(pages):
        return render(request, "evaluations/questionnaires/preview_start.html", shared)
    number = answered + 1
    form = QuestionPageForm(pages[answered - 1][1], {}, request.POST) if answered else None
    if form is not None and not form.is_valid():
        number = answered
    elif number > len(pages):
        return render(request, "evaluations/questionnaires/preview_end.html", shared)
    else:
        form = QuestionPageForm(pages[answered][1], {})
    heading = pages[number - 1][0]
    own = {name for one in form.asked for field in one.fields for name in _names(field.name)}
    context = {
        "form": form,
        "heading": heading,
        "number": number,
        "of": len(pages),
        "carried": [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name not in own | _OF_THE_FORM
        ],
    }
    return render(request, "evaluations/questionnaires/preview_page.html", {**shared, **context})


def _names(field: str) -> list[str]:
    """The names under which a field may be sent: a date has three boxes."""
    return [field, f"{field}_day", f"{field}_month", f"{field}_year"]


def _questionnaire(request: HttpRequest, pk: int) -> Questionnaire:
    return get_object_or_404(Questionnaire.objects.visible_to(request.actor).select_related("draft"), pk=pk)


def _document(questionnaire: Questionnaire) -> Draft:
    """What is being written, or else what was published last."""
    draft = getattr(questionnaire, "draft", None)
    if draft is not None:
        return Draft.model_validate(draft.document)
    version = questionnaire.versions.first()
    return draft_of(version) if version else Draft()
