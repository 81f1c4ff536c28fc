"""The desk's pages about sessions."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from courses import queries
from courses.availability import availability
from courses.clashes import clashes_of_session
from courses.exports import SESSIONS
from courses.filters import SessionFilter
from courses.forms.session import (
    CancelForm,
    SessionForm,
    SlotsFormSet,
    slots_formset,
)
from courses.models import Session
from courses.plans import SessionPlan, trainers_missing
from courses.refusals import PlanRefused
from courses.saved_plans import PlanChanged, plan_as_shown, saved_plan
from courses.services import sessions as services
from partnerships.downloads import download_list
from partnerships.permissions import Permission, requires

PAGE_SIZE = 20


@requires(Permission.PLAN_PROGRAMME)
def session_list(request: HttpRequest) -> HttpResponse:
    """All sessions: coming, drafts, past, cancelled."""
    chosen = _chosen(request)
    page = Paginator(chosen.qs, PAGE_SIZE).get_page(request.GET.get("page"))
    for session in page.object_list:
        session.availability = availability(session, timezone.now())
    series = chosen.values.get("series")
    context = {
        "filter": chosen,
        "page_obj": page,
        "series": series,
        "series_drafts": queries.series_drafts(request.actor, series).count() if series else 0,
    }
    return render(request, "courses/desk/sessions.html", context)


@requires(Permission.PLAN_PROGRAMME)
def session_list_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same sessions, to download."""
    chosen = _chosen(request)
    return download_list(request, "sessions", ending, SESSIONS.of(chosen.qs), filtered_by=chosen.in_use)


def _chosen(request: HttpRequest) -> SessionFilter:
    return SessionFilter(request.GET, queries.desk_sessions(request.actor), request=request)


@requires(Permission.PLAN_PROGRAMME)
def session_new(request: HttpRequest) -> HttpResponse:
    """Plan one session."""
    form = SessionForm(request.POST or None, actor=request.actor, initial=initial_course(request))
    slots = slots_formset(request.POST or None)
    if form.is_valid() & slots.is_valid():
        try:
            session = services.plan_session(
                actor=request.actor, course=form.cleaned_data["course"], plan=form.plan(slots.slots)
            )
        except PlanRefused as refusal:
            show_refusal(refusal, form, slots)
        else:
            messages.success(request, "The session is saved as a draft. Publish it to open it for booking.")
            mention_trainers(request, form.plan(slots.slots))
            mention_clashes(request, session)
            return redirect("courses:desk_session", request.partnership.slug, session.pk)
    return render(request, "courses/desk/session_form.html", {"form": form, "slots": slots})


@requires(Permission.PLAN_PROGRAMME)
def session_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a session, and go on to publish or cancel it."""
    session = desk_session_of(request, pk)
    saved = saved_plan(session)
    form = SessionForm(request.POST or None, instance=session, actor=request.actor)
    slots = slots_formset(request.POST or None, saved.slots)
    shown = request.POST.get("shown", plan_as_shown(saved))
    if form.is_valid() & slots.is_valid():
        try:
            services.change_session(
                actor=request.actor, session=session, plan=form.plan(slots.slots), shown=shown
            )
        except PlanChanged as refusal:
            shown = plan_as_shown(refusal.saved)
            form.refuse(refusal.sentence, "")
        except PlanRefused as refusal:
            show_refusal(refusal, form, slots)
        else:
            messages.success(request, "The session is saved.")
            mention_trainers(request, form.plan(slots.slots))
            mention_clashes(request, desk_session_of(request, pk))
            return redirect("courses:desk_session", request.partnership.slug, pk)
    return render(
        request,
        "courses/desk/session_form.html",
        {
            "form": form,
            "slots": slots,
            "session": session,
            "shown": shown,
            "availability": availability(session, timezone.now()),
        },
    )


@requires(Permission.PLAN_PROGRAMME)
def session_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what people will see, then open the session for booking."""
    session = desk_session_of(request, pk)
    can_be_booked = session.booking_closes_at > timezone.now()
    if request.method != "POST":
        clashes = clashes_of_session(request.actor, session)
        context = {"session": session, "can_be_booked": can_be_booked, "clashes": clashes}
        return render(request, "courses/desk/session_publish.html", context)
    try:
        services.publish_session(actor=request.actor, session=session)
    except PlanRefused as refusal:
        messages.error(request, refusal.sentence)
    else:
        who = "People can book it now" if can_be_booked else "Booking has closed: only you can book people"
        messages.success(request, f"The session is published. {who}.")
    return redirect("courses:desk_session", request.partnership.slug, pk)


@requires(Permission.PLAN_PROGRAMME)
def session_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the reason, then cancel the session."""
    session = desk_session_of(request, pk)
    form = CancelForm(request.POST or None)
    if form.is_valid():
        try:
            services.cancel_session(actor=request.actor, session=session, reason=form.cleaned_data["reason"])
        except PlanRefused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
        else:
            messages.success(request, "The session is cancelled.")
            return redirect("courses:desk_session", request.partnership.slug, pk)
    return render(request, "courses/desk/session_cancel.html", {"form": form, "session": session})


def desk_session_of(request: HttpRequest, pk: int) -> Session:
    """The session that the address names, or a 404."""
    sessions = (
        Session.objects.visible_to(request.actor).select_related("course", "venue").defer("course__search")
    )
    return get_object_or_404(sessions, pk=pk)


def initial_course(request: HttpRequest) -> dict[str, object]:
    """The course that the address names, to begin with."""
    return {"course": request.GET.get("course", "")}


def show_refusal(refusal: PlanRefused, form: SessionForm, slots: SlotsFormSet) -> None:
    """Put a refusal beside the field that it is about."""
    if refusal.field == "slots":
        slots.refuse(refusal.sentence)
    else:
        form.refuse(refusal.sentence, refusal.field)


def mention_trainers(request: HttpRequest, plan: SessionPlan) -> None:
    """Say when fewer trainers are named than the strategy wants."""
    policy = request.partnership.policy(min(plan.slots).starts_at)
    if told := trainers_missing(plan.trainers, policy):
        messages.info(request, told)


def mention_clashes(request: HttpRequest, session: Session) -> None:
    """Say what the session wants at the same time as others: the room, or a trainer."""
    for clash in clashes_of_session(request.actor, session):
        messages.info(request, clash)
