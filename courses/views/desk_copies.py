"""The desk's pages that duplicate a session, or a year's programme."""

import datetime as dt
from collections.abc import Sequence
from itertools import groupby

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from courses.clashes import clashes_of_session
from courses.days_off import days_off
from courses.forms.series import CopyYearForm, DuplicateForm, PickForm
from courses.models import ProgrammeCopy, Session
from courses.queries import copied_drafts
from courses.refusals import PlanRefused
from courses.services.copies import copy_programme, duplicate_session
from courses.suggestions import Suggestion, programme_of
from courses.views.desk_series import kept_fields, options_of
from courses.views.desk_sessions import desk_session_of
from courses.years import Year
from partnership_portal.working_days import uk_today
from partnerships.permissions import Permission, requires


@requires(Permission.PLAN_PROGRAMME)
def session_duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the day, then plan the same session again."""
    session = desk_session_of(request, pk)
    form = DuplicateForm(request.POST or None)
    if form.is_valid():
        try:
            copy = duplicate_session(actor=request.actor, session=session, day=form.cleaned_data["day"])
        except PlanRefused as refusal:
            form.add_error("day", refusal.sentence)
        else:
            messages.success(request, "The copy is saved as a draft. Publish it to open it for booking.")
            for clash in clashes_of_session(request.actor, copy):
                messages.info(request, clash)
            return redirect("courses:desk_session", request.partnership.slug, copy.pk)
    return render(request, "courses/desk/session_duplicate.html", {"form": form, "session": session})


@requires(Permission.PLAN_PROGRAMME)
def year_copy(request: HttpRequest) -> HttpResponse:
    """Ask for the year, show every session as it would be a year later, and copy those that stay ticked."""
    form = CopyYearForm(request.POST or None, years=_years(request))
    step = request.POST.get("step", "preview")
    if not form.is_valid() or step == "change":
        return render(request, "courses/desk/year_copy.html", {"form": form})
    suggestions = _suggestions(request, form)
    if all(one.left_out for one in suggestions):
        form.add_error("from_year", _nothing(suggestions))
        return render(request, "courses/desk/year_copy.html", {"form": form})
    pick = PickForm(request.POST if step == "save" else None, suggestions=suggestions)
    if pick.is_valid():
        chosen = set(pick.cleaned_data["days"])
        copy = copy_programme(
            actor=request.actor,
            year=form.year,
            chosen=[(one.key, one.day) for one in suggestions if one.value in chosen],
        )
        return redirect("courses:desk_year_progress", request.partnership.slug, copy.pk)
    return render(
        request,
        "courses/desk/year_preview.html",
        {
            "form": pick,
            "year": form.year.following,
            "groups": _by_month(options_of(suggestions, request)),
            "left_out": [one for one in suggestions if one.left_out],
            "clashes": sum(bool(one.clashes) for one in suggestions),
            "moved": sum(one.note.startswith("Moved") for one in suggestions),
            "kept": kept_fields(request),
        },
    )


@requires(Permission.PLAN_PROGRAMME)
def year_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a copy of a year's programme is, and then what came of it."""
    copy = get_object_or_404(ProgrammeCopy.objects.visible_to(request.actor), pk=pk)
    sessions = Session.objects.visible_to(request.actor).select_related("course").defer("course__search")
    found = sessions.in_bulk([key for key, _ in copy.refused])
    year = Year(copy.from_year, _begins_in(request)).following
    return render(
        request,
        "courses/desk/year_progress.html",
        {
            "copy": copy,
            "year": year,
            "saved": copy.done - len(copy.refused),
            "drafts": copied_drafts(request.actor, copy).count(),
            "refused": [(found[key], sentence) for key, sentence in copy.refused if key in found],
        },
    )


def _begins_in(request: HttpRequest) -> int:
    return request.partnership.policy().reporting.year_starts_in_month.value


def _years(request: HttpRequest) -> list[Year]:
    current = Year.of(uk_today(), _begins_in(request))
    return [Year(current.starts_in - 1, current.begins_in_month), current, current.following]


def _suggestions(request: HttpRequest, form: CopyYearForm) -> list[Suggestion]:
    left_out = form.cleaned_data["leave_out"]
    off = days_off(request.actor, bank_holidays="bank" in left_out, school_holidays="school" in left_out)
    return programme_of(request.actor, year=form.year, off=off, now=timezone.now())


def _nothing(suggestions: Sequence[Suggestion]) -> str:
    if not suggestions:
        return "No session was planned in this year."
    return f"There is nothing to copy. {suggestions[0].left_out}."


def _by_month(
    options: Sequence[tuple[Suggestion, bool]],
) -> list[tuple[str, list[tuple[Suggestion, bool]]]]:
    def month(option: tuple[Suggestion, bool]) -> dt.date:
        return option[0].day.replace(day=1)

    return [(f"{first:%B %Y}", list(group)) for first, group in groupby(options, key=month)]
