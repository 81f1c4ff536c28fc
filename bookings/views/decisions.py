"""The desk's pages about sessions with too few people, and about merging two sessions."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from bookings.decision_forms import CANCEL, GO_AHEAD, MERGE, DecisionForm, MergeForm
from bookings.exports import TOO_FEW
from bookings.filters import TooFewFilter
from bookings.minimum import confirmed_on, due_of, other_sessions, short_of_people
from bookings.services.merging import merge_sessions
from courses.models import Session
from courses.refusals import PlanRefused
from courses.services.decisions import decide_to_cancel, go_ahead, postpone_decision
from partnerships.downloads import download_list
from partnerships.errors import DomainError
from partnerships.permissions import Permission, requires

ROWS = 50


@requires(Permission.PLAN_PROGRAMME)
def decisions(request: HttpRequest) -> HttpResponse:
    """Every session whose decision is due, filtered and sorted, fifty to a page."""
    chosen, found = _due(request)
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    return render(request, "bookings/decisions.html", {"filter": chosen, "page_obj": page})


@requires(Permission.PLAN_PROGRAMME)
def decisions_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same sessions, to download."""
    chosen, found = _due(request)
    return download_list(request, "too-few", ending, TOO_FEW.of(found), filtered_by=chosen.in_use)


@requires(Permission.PLAN_PROGRAMME)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask what becomes of one session with too few people, and do it."""
    session = _session(request, pk)
    others = list(other_sessions(request.actor, session, timezone.now()))
    form = DecisionForm(request.POST or None, sessions=others)
    if form.is_valid():
        try:
            told = _decide(request, session, form, others)
        except PlanRefused as refusal:
            field = {"reason": "note", "capacity": "into"}.get(refusal.field, refusal.field)
            form.add_error(field if field in form.fields else None, refusal.sentence)
        except DomainError as refusal:
            form.add_error("into" if "into" in form.fields else None, refusal.sentence)
        else:
            messages.success(request, told)
            return redirect("bookings:decisions", request.partnership.slug)
    return render(
        request,
        "bookings/decide.html",
        {"form": form, "session": session, "confirmed": confirmed_on(session)},
    )


@requires(Permission.PLAN_PROGRAMME)
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask which session takes the people of this one, then merge the two."""
    session = _session(request, pk)
    others = list(other_sessions(request.actor, session, timezone.now()))
    form = MergeForm(request.POST or None, sessions=others)
    if form.is_valid():
        try:
            _merge(request, session, others, form.cleaned_data["into"], form.cleaned_data["reason"])
        except DomainError as refusal:
            form.add_error("into", refusal.sentence)
        else:
            messages.success(request, "The sessions are merged. Everybody concerned is told.")
            return redirect("bookings:desk_session", request.partnership.slug, form.cleaned_data["into"])
    return render(
        request,
        "bookings/merge.html",
        {"form": form, "session": session, "others": others, "confirmed": confirmed_on(session)},
    )


def _due(request: HttpRequest) -> tuple[TooFewFilter, list[Session]]:
    now = timezone.now()
    chosen = TooFewFilter(request.GET, short_of_people(request.actor, now), request=request)
    return chosen, due_of(request.actor, chosen.qs, now)


def _session(request: HttpRequest, pk: int) -> Session:
    sessions = Session.objects.visible_to(request.actor).select_related("course", "venue")
    return get_object_or_404(sessions.defer("course__search"), pk=pk)


def _decide(request: HttpRequest, session: Session, form: DecisionForm, others: list[Session]) -> str:
    found, actor = form.cleaned_data, request.actor
    if found["decision"] == GO_AHEAD:
        go_ahead(actor=actor, session=session, note=found["note"])
        return "The session goes ahead."
    if found["decision"] == CANCEL:
        decide_to_cancel(actor=actor, session=session, reason=found["note"])
        return "The session is cancelled. Everybody who booked is told."
    if found["decision"] == MERGE:
        _merge(request, session, others, found["into"], found["note"])
        return "The sessions are merged. Everybody concerned is told."
    postpone_decision(actor=actor, session=session, until=found["until"], note=found["note"])
    return "The decision is put off."


def _merge(request: HttpRequest, session: Session, others: list[Session], into: int, reason: str) -> None:
    kept = next(one for one in others if one.pk == into)
    merge_sessions(actor=request.actor, emptied=session, kept=kept, reason=reason)
