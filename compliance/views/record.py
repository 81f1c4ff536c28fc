"""My training record: what I have done, what is required of me, and training done elsewhere."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from compliance.forms import TrainingForm, WithdrawForm
from compliance.models import TrainingRecord
from compliance.queries.record import record_of
from compliance.queries.requirements import met_elsewhere
from compliance.queries.standing import standing_of
from compliance.services.training import add_training, may_withdraw, withdraw_training
from compliance.spreadsheets import record_sheets
from partnership_portal.tables import sheet_response
from partnerships.errors import DomainError
from partnerships.permissions import Permission, requires


@requires(Permission.SEE_OWN_PAGES)
def record(request: HttpRequest) -> HttpResponse:
    """Everything I have learnt, and how I stand."""
    context = {
        "person": request.actor.person,
        "entries": record_of(request.actor.person, request.actor),
        "standing": standing_of(request.actor),
        "crumbs": [("My page", reverse("pages:me", args=[request.partnership.slug]))],
    }
    return render(request, "compliance/record.html", context)


@requires(Permission.SEE_OWN_PAGES)
def record_file(request: HttpRequest, ending: str) -> HttpResponseBase:
    """My record as a spreadsheet or CSV file."""
    entries = record_of(request.actor.person, request.actor)
    return sheet_response("training-record", ending, *record_sheets(entries, standing_of(request.actor)))


@requires(Permission.ADD_OWN_TRAINING)
def training_add(request: HttpRequest) -> HttpResponse:
    """Add training done elsewhere to my record."""
    person = request.actor.person
    form = TrainingForm(
        request.POST if request.method == "POST" else None,
        requirements=met_elsewhere(request.actor, [person]),
    )
    if request.method == "POST" and form.is_valid():
        try:
            added = add_training(actor=request.actor, person=person, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, f"“{added.title}” is on your record.")
            return redirect("compliance:record", partnership=request.partnership.slug)
    return render(request, "compliance/training_add.html", {"form": form, "crumbs": _crumbs(request)})


@requires(Permission.ADD_OWN_TRAINING)
def training_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take training that was recorded by mistake off a record."""
    found = get_object_or_404(
        TrainingRecord.objects.visible_to(request.actor).standing().select_related("person", "recorded_by"),
        pk=pk,
    )
    if not may_withdraw(request.actor, found):
        return render(request, "compliance/training_not_yours.html", {"training": found}, status=403)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        withdraw_training(actor=request.actor, record=found, **form.cleaned_data)
        messages.success(request, f"“{found.title}” was withdrawn.")
        return redirect(_home_of(request, found))
    context = {"form": form, "training": found, "back": _home_of(request, found)}
    return render(request, "compliance/training_withdraw.html", context)


def _home_of(request: HttpRequest, found: TrainingRecord) -> str:
    slug = request.partnership.slug
    if found.person == request.actor.person:
        return reverse("compliance:record", args=[slug])
    return reverse("compliance:organisation_person", args=[slug, found.person_id])


def _crumbs(request: HttpRequest) -> list[tuple[str, str]]:
    slug = request.partnership.slug
    return [
        ("My page", reverse("pages:me", args=[slug])),
        ("My training record", reverse("compliance:record", args=[slug])),
    ]
