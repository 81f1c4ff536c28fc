"""The desk's page that plans several sessions of a course: the rule, then each date, then the drafts."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from courses.days_off import days_off
from courses.forms.series import PickForm, RepeatForm
from courses.forms.session import SessionForm, SlotsFormSet, slots_formset
from courses.models import Session
from courses.refusals import PlanRefused
from courses.services.series import plan_series
from courses.suggestions import Suggestion, series_of
from courses.views.desk_sessions import initial_course, mention_trainers, show_refusal
from partnership_portal.working_days import uk_date
from partnerships.permissions import Permission, requires

# What belongs to the preview itself and not to what was filled in before it.
_OWN = frozenset({"csrfmiddlewaretoken", "step", "days"})


@requires(Permission.PLAN_PROGRAMME)
def series_new(request: HttpRequest) -> HttpResponse:
    """Ask for the rule, show every date that it makes, and save those that stay ticked."""
    form = SessionForm(request.POST or None, actor=request.actor, initial=initial_course(request))
    slots, repeat = slots_formset(request.POST or None), RepeatForm(request.POST or None)
    context = {"form": form, "slots": slots, "repeat": repeat}
    step = request.POST.get("step", "preview")
    if not (form.is_valid() & slots.is_valid() & repeat.is_valid()) or step == "change":
        return render(request, "courses/desk/session_form.html", context)
    suggestions = _suggestions(request, form, slots, repeat)
    if all(one.left_out for one in suggestions):
        repeat.add_error("repeat", _nothing(suggestions))
        return render(request, "courses/desk/session_form.html", context)
    pick = PickForm(request.POST if step == "save" else None, suggestions=suggestions)
    if pick.is_valid():
        chosen = set(pick.cleaned_data["days"])
        try:
            planned = plan_series(
                actor=request.actor,
                course=form.cleaned_data["course"],
                plan=form.plan(slots.slots),
                first_days=[one.day for one in suggestions if one.value in chosen],
            )
        except PlanRefused as refusal:
            show_refusal(refusal, form, slots)
            return render(request, "courses/desk/session_form.html", context)
        count = "1 session is" if len(planned) == 1 else f"{len(planned)} sessions are"
        messages.success(request, f"{count} saved as drafts. Nobody can book before they are published.")
        mention_trainers(request, form.plan(slots.slots))
        return redirect(_drafts_of(request, planned[0]))
    return render(
        request,
        "courses/desk/series_preview.html",
        {
            "form": pick,
            "course": form.cleaned_data["course"],
            "groups": [("", options_of(suggestions, request))],
            "left_out": [one for one in suggestions if one.left_out],
            "clashes": sum(bool(one.clashes) for one in suggestions),
            "kept": kept_fields(request),
        },
    )


def kept_fields(request: HttpRequest) -> list[tuple[str, str]]:
    """Everything that was filled in on the page before, to be sent again with what is ticked."""
    return [(name, value) for name, values in request.POST.lists() if name not in _OWN for value in values]


def _suggestions(
    request: HttpRequest, form: SessionForm, slots: SlotsFormSet, repeat: RepeatForm
) -> list[Suggestion]:
    left_out = repeat.cleaned_data["leave_out"]
    return series_of(
        request.actor,
        course=form.cleaned_data["course"],
        plan=form.plan(slots.slots),
        rule=repeat.rule(uk_date(min(slots.slots).starts_at)),
        off=days_off(request.actor, bank_holidays="bank" in left_out, school_holidays="school" in left_out),
        most=repeat.most,
        now=timezone.now(),
    )


def options_of(suggestions: list[Suggestion], request: HttpRequest) -> list[tuple[Suggestion, bool]]:
    """Each date that can be made, and whether its box is ticked: as it was sent, or else as the portal suggests."""
    sent = set(request.POST.getlist("days")) if request.POST.get("step") == "save" else None
    return [
        (one, one.is_ticked if sent is None else one.value in sent) for one in suggestions if not one.left_out
    ]


def _nothing(suggestions: list[Suggestion]) -> str:
    if not suggestions:
        return "No date fits this rule. Look at the first date and the last day."
    reasons = list(dict.fromkeys(one.left_out for one in suggestions))
    return f"Every date of this rule is left out. {reasons[0]}."


def _drafts_of(request: HttpRequest, session: Session) -> str:
    return f"{reverse('courses:desk_sessions', args=[request.partnership.slug])}?show=draft&series={session.series}"
