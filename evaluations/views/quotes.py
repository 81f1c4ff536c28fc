"""Whether and how an answer may be quoted."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from evaluations.queries.free_texts import asked_in_words, free_texts
from evaluations.quoting import may_agree_afterwards, quoted
from evaluations.services.quotes import mark_quote, stop_quoting, unmark_quote
from evaluations.theme_forms import QuoteForm
from partnerships.errors import DomainError
from partnerships.permissions import Permission, requires


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def quote(request: HttpRequest, pk: int) -> HttpResponse:
    """One answer, whether its giver agreed, and the words that may be used."""
    found = free_texts(request.actor).select_related("question", "invitation__booking", "quote__marked_by")
    answer = get_object_or_404(found, pk=pk)
    mark = getattr(answer, "quote", None)
    words = quoted(answer.text, mark.parts) if mark else answer.text
    form = QuoteForm(request.POST if request.method == "POST" else None, initial={"words": words})
    here = redirect("evaluations:quote", request.partnership.slug, pk)
    if request.method == "POST" and "unmark" in request.POST:
        unmark_quote(actor=request.actor, answer=answer)
        messages.success(request, "It is quoted no more.")
        return here
    if request.method == "POST" and "taken_back" in request.POST:
        stop_quoting(actor=request.actor, invitation=answer.invitation)
        messages.success(request, "Nothing that they wrote in this survey is quoted any more.")
        return here
    if form.is_valid():
        try:
            mark_quote(actor=request.actor, answer=answer, words=form.cleaned_data["words"])
        except DomainError as refusal:
            form.add_error("words", refusal.sentence)
        else:
            messages.success(request, "It may be quoted like this.")
            return here
    context = {
        "answer": answer,
        "question": asked_in_words(answer.question),
        "agreed": answer.invitation.quoting_agreed_at,
        "can_agree": may_agree_afterwards(answer.invitation),
        "quote": mark,
        "form": form,
    }
    return render(request, "evaluations/themes/quote.html", context)
