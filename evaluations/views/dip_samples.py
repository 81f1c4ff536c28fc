"""Dip samples: the draws, the call sheet of one, each call, and the interview."""

from functools import partial

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluations.answering import asked, gaps, value_of
from evaluations.call_sheets import call_sheet_pdf
from evaluations.dip_forms import AttemptForm, DrawForm
from evaluations.forms import QuestionPageForm
from evaluations.models import DipAttempt, DipContact, DipSample, Invitation
from evaluations.queries.dip_samples import alike, call_sheet, comes_out_the_same, samples, strata_of
from evaluations.services.answers import save_answers, submit_answers
from evaluations.services.dip_samples import begin_interview, draw_sample, note_attempt
from evaluations.views.typing import FIELD, saved_while_typing
from partnerships.errors import DomainError
from partnerships.permissions import Permission, requires
from partnerships.services.downloads import record_download

_PER_PAGE = 50
_NOTED = {
    DipAttempt.Outcome.EMAILED: "The email is noted.",
    DipAttempt.Outcome.LEFT: "The call is noted. It stands on the desk until you have put our records right.",
}


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def dip_samples(request: HttpRequest) -> HttpResponse:
    """Every draw."""
    page = Paginator(samples(request.actor), _PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "evaluations/dip_samples.html", {"page_obj": page})


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def dip_sample_new(request: HttpRequest) -> HttpResponse:
    """Draw a sample."""
    form = DrawForm(request.actor, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            sample = draw_sample(actor=request.actor, key=form.cleaned_data["key"], wanted=form.wanted)
        except DomainError as refusal:
            form.add_error("size", refusal.sentence)
        else:
            messages.success(request, "The sample is drawn.")
            return redirect("evaluations:dip_sample", request.partnership.slug, sample.pk)
    return render(request, "evaluations/dip_sample_new.html", {"form": form})


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def dip_sample(request: HttpRequest, pk: int) -> HttpResponse:
    """Whom to ring, and how the draw was made."""
    sample = get_object_or_404(DipSample.objects.visible_to(request.actor).select_related("drawn_by"), pk=pk)
    now = timezone.now()
    sheet = [(one, one.is_due(now)) for one in call_sheet(sample.contacts.all())]  # type: ignore[attr-defined]
    context = {
        "sample": sample,
        "sheet": sheet,
        "strata": strata_of(sample),
        "is_fair": comes_out_the_same(sample),
        "others": alike(sample),
        "interviewed": sum(1 for one, _ in sheet if one.standing == "interviewed"),
    }
    return render(request, "evaluations/dip_sample.html", context)


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def dip_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """The call sheet to print."""
    sample = get_object_or_404(DipSample.objects.visible_to(request.actor), pk=pk)
    sheet = call_sheet(sample.contacts.all())  # type: ignore[attr-defined]
    record_download(actor=request.actor, what="call-sheet", rows=len(sheet), filtered_by=[])
    response = HttpResponse(call_sheet_pdf(sample, sheet), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="call-sheet-{sample.pk}.pdf"'
    return response


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def dip_contact(request: HttpRequest, pk: int) -> HttpResponse:
    """One person to ring or write to: how earlier calls ended, and how this one did."""
    one = _to_ring(request, pk)
    form = AttemptForm(request.POST if request.method == "POST" else None, has_address=bool(one.email))
    if form.is_valid():
        given = form.cleaned_data
        try:
            note_attempt(
                actor=request.actor,
                contact=one.contact,
                outcome=given["outcome"],
                call_back_at=given.get("call_back_at"),
            )
        except DomainError as refusal:
            form.add_error("day", refusal.sentence)
        else:
            messages.success(request, _NOTED.get(given["outcome"], "The call is noted."))
            return redirect("evaluations:dip_sample", request.partnership.slug, one.contact.sample_id)
    return render(request, "evaluations/dip_contact.html", {"one": one, "form": form})


@requires(Permission.MANAGE_SURVEYS)
@require_POST
def dip_begin(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the interview form, or open it again."""
    begin_interview(actor=request.actor, contact=_to_ring(request, pk).contact)
    return redirect("evaluations:dip_interview", request.partnership.slug, pk)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def dip_interview(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole guide on one page, since a talk does not keep to pages; saved as often as one likes, sent once."""
    one = _to_ring(request, pk)
    found = Invitation.objects.visible_to(request.actor).for_answering()
    interview = get_object_or_404(found, pk=one.contact.interview_id)
    here = redirect("evaluations:dip_interview", request.partnership.slug, pk)
    sheet = redirect("evaluations:dip_sample", request.partnership.slug, one.contact.sample_id)
    if interview.state == Invitation.State.ANSWERED:
        messages.info(request, "This interview is done.")
        return sheet
    if request.method == "POST":
        # What was typed is kept, also on a page that stood open until its time was over.
        begin_interview(actor=request.actor, contact=one.contact)
    saved = {answer.question.key: value_of(answer) for answer in interview.answers.all()}
    questions = asked(interview.version.questions.all(), saved)
    form = QuestionPageForm(questions, saved, request.POST if request.method == "POST" else None)
    save = partial(save_answers, actor=request.actor, invitation=interview)
    if FIELD in request.POST:
        return saved_while_typing(interview, form, request.POST, save)
    if request.method == "POST":
        is_whole = form.is_valid()
        save(answers=form.kept)
        if "later" in request.POST:
            messages.success(request, "What you wrote is saved.")
            return sheet
        if is_whole and not gaps(Invitation.objects.get(pk=interview.pk)):
            submit_answers(actor=request.actor, invitation=interview)
            messages.success(request, f"The interview with {one.name} is done.")
            return sheet
        if is_whole:
            messages.info(request, "What you wrote has opened more questions.")
            return here
    context = {"one": one, "form": form, "interview": interview}
    return render(request, "evaluations/dip_interview.html", context)


def _to_ring(request: HttpRequest, pk: int):
    contacts = DipContact.objects.visible_to(request.actor)
    get_object_or_404(contacts, pk=pk)
    (one,) = call_sheet(contacts.filter(pk=pk))
    return one
