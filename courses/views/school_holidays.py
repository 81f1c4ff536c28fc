"""The desk's pages about school holidays, on which a series plans nothing."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from courses.forms.school_holidays import SchoolHolidayForm
from courses.models import SchoolHoliday
from courses.refusals import PlanRefused
from courses.services import school_holidays as services
from partnership_portal.working_days import uk_today
from partnerships.permissions import Permission, requires

PAGE_SIZE = 20


@requires(Permission.PLAN_PROGRAMME)
def holiday_list(request: HttpRequest) -> HttpResponse:
    """The school holidays to come, soonest first."""
    coming = SchoolHoliday.objects.visible_to(request.actor).filter(last_day__gte=uk_today())
    page = Paginator(coming, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "courses/desk/holidays.html", {"page_obj": page})


@requires(Permission.PLAN_PROGRAMME)
def holiday_new(request: HttpRequest) -> HttpResponse:
    """Add a school holiday."""
    form = SchoolHolidayForm(request.POST or None)
    if form.is_valid():
        try:
            services.write_school_holiday(actor=request.actor, **form.cleaned_data)
        except PlanRefused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
        else:
            messages.success(request, "The school holiday is saved.")
            return redirect("courses:desk_holidays", request.partnership.slug)
    return render(request, "courses/desk/holiday_form.html", {"form": form})


@requires(Permission.PLAN_PROGRAMME)
def holiday_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a school holiday."""
    holiday = _holiday(request, pk)
    initial = {name: getattr(holiday, name) for name in ("name", "first_day", "last_day")}
    form = SchoolHolidayForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            services.change_school_holiday(actor=request.actor, holiday=holiday, **form.cleaned_data)
        except PlanRefused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
        else:
            messages.success(request, "The school holiday is saved.")
            return redirect("courses:desk_holidays", request.partnership.slug)
    return render(request, "courses/desk/holiday_form.html", {"form": form, "holiday": holiday})


@requires(Permission.PLAN_PROGRAMME)
def holiday_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once more, then remove a school holiday."""
    holiday = _holiday(request, pk)
    if request.method != "POST":
        return render(request, "courses/desk/holiday_remove.html", {"holiday": holiday})
    services.remove_school_holiday(actor=request.actor, holiday=holiday)
    messages.success(request, "The school holiday is removed.")
    return redirect("courses:desk_holidays", request.partnership.slug)


def _holiday(request: HttpRequest, pk: int) -> SchoolHoliday:
    return get_object_or_404(SchoolHoliday.objects.visible_to(request.actor), pk=pk)
