"""Taking words out of an answer."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from evaluations.answering import REMOVED
from evaluations.forms import RedactionForm
from evaluations.queries.redaction import answers_to_redact, redactions_of
from evaluations.services.redaction import redact_answer
from partnerships.errors import DomainError
from partnerships.permissions import Permission, requires


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def redact(request: HttpRequest, pk: int) -> HttpResponse:
    """One answer's words, what was taken out before and why, and the form that takes out more."""
    answer = get_object_or_404(answers_to_redact(request.actor), pk=pk)
    form = RedactionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            redact_answer(actor=request.actor, answer=answer, reason=given["reason"], part=given["part"])
        except DomainError as refusal:
            form.add_error(
                "part" if "stand in the answer" in refusal.sentence else "reason", refusal.sentence
            )
        else:
            messages.success(request, "The words are gone.")
            return redirect("evaluations:redact", request.partnership.slug, pk)
    session = answer.invitation.session
    context = {
        "answer": answer,
        "redactions": redactions_of(answer),
        "session": session,
        "form": form,
        "is_gone": answer.text == REMOVED,
    }
    return render(request, "evaluations/redact.html", context)
