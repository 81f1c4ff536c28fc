"""Taking words out of an answer, or of what the team wrote about a concern."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from evaluations.answering import REMOVED
from evaluations.forms import RedactionForm
from evaluations.models import Concern, ConcernRedaction, EarlierOutcome
from evaluations.queries.redaction import answers_to_redact, redactions_of, redactions_of_concern
from evaluations.services.redaction import redact_answer, redact_concern
from partnerships.forms import carried_out
from partnerships.permissions import Permission, requires

_Text = ConcernRedaction.Text


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def redact(request: HttpRequest, pk: int) -> HttpResponse:
    """One answer's words, what was taken out before and why, and the form that takes out more."""
    answer = get_object_or_404(answers_to_redact(request.actor), pk=pk)
    session = answer.invitation.session
    context = {
        "heading": "Take words out of an answer",
        "about": answer.question.text,
        "text": answer.text,
        "session": session,
        "redactions": redactions_of(answer),
        "is_answer": True,
        "back": reverse("evaluations:session_evaluation", args=[request.partnership.slug, session.pk]),
        "back_text": "Answers about the session",
    }
    return _page(request, context, lambda given: redact_answer(actor=request.actor, answer=answer, **given))


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def redact_outcome(request: HttpRequest, pk: int) -> HttpResponse:
    """What was done about a concern, and the form that takes words out of it."""
    concern = get_object_or_404(_concerns(request).filter(settled_at__isnull=False), pk=pk)
    return _of_concern(request, concern, None, _Text.OUTCOME)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def redact_earlier(request: HttpRequest, pk: int, earlier: int, text: str) -> HttpResponse:
    """What was done about a concern before it was opened again, or why it was, and the same form."""
    if text not in _Text.values:
        raise Http404
    concern = get_object_or_404(_concerns(request), pk=pk)
    return _of_concern(request, concern, get_object_or_404(concern.earlier_outcomes, pk=earlier), _Text(text))


def _concerns(request: HttpRequest) -> Any:
    return Concern.objects.visible_to(request.actor).select_related("response__session__course")


def _of_concern(
    request: HttpRequest, concern: Concern, earlier: EarlierOutcome | None, text: ConcernRedaction.Text
) -> HttpResponse:
    context = {
        "heading": "Take words out of what was written about a concern",
        "about": text.label,
        "text": getattr(earlier or concern, text.value),
        "session": concern.response.session,
        "redactions": redactions_of_concern(concern, earlier, text.value),
        "back": reverse("evaluations:concern", args=[request.partnership.slug, concern.pk]),
        "back_text": "Concern",
    }

    def take_out(given: dict[str, str]) -> None:
        redact_concern(actor=request.actor, concern=concern, earlier=earlier, text=text.value, **given)

    return _page(request, context, take_out)


def _page(
    request: HttpRequest, context: dict[str, Any], take_out: Callable[[dict[str, str]], None]
) -> HttpResponse:
    form = RedactionForm(request.POST if request.method == "POST" else None)
    if form.is_bound and carried_out(form, lambda: take_out(form.cleaned_data)):
        messages.success(request, "The words are gone.")
        return redirect(request.path)
    context |= {"form": form, "is_gone": context["text"] == REMOVED}
    return render(request, "evaluations/redact.html", context)
