"""The desk's pages that publish many drafts at once: those of a series, and those of a copied programme."""

import uuid

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from courses.models import ProgrammeCopy, Session
from courses.queries import copied_drafts, series_drafts
from courses.services.series import MOST, DraftsRefused, publish_drafts
from partnerships.permissions import Permission, requires


@requires(Permission.PLAN_PROGRAMME)
def series_publish(request: HttpRequest, series: uuid.UUID) -> HttpResponse:
    """Show the drafts of a series, then open all of them for booking."""
    sessions = reverse("courses:desk_sessions", args=[request.partnership.slug])
    return _publish(
        request,
        series_drafts(request.actor, series),
        back=f"{sessions}?show=draft&series={series}",
        done=f"{sessions}?show=coming&series={series}",
    )


@requires(Permission.PLAN_PROGRAMME)
def year_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the drafts of a copied programme, then open all of them for booking."""
    copy = get_object_or_404(ProgrammeCopy.objects.visible_to(request.actor), pk=pk)
    back = reverse("courses:desk_year_progress", args=[request.partnership.slug, copy.pk])
    return _publish(request, copied_drafts(request.actor, copy), back=back, done=back)


def _publish(request: HttpRequest, found: QuerySet[Session], *, back: str, done: str) -> HttpResponse:
    every = list(found)
    drafts = every[:MOST]
    if request.method == "POST":
        # What was on the page, and no draft that was made since.
        shown = set(request.POST.getlist("session"))
        drafts = [one for one in every if str(one.pk) in shown][:MOST]
    if not drafts:
        messages.info(request, "There are no drafts left to publish.")
        return redirect(done)
    reasons: dict[int, str] = {}
    if request.method == "POST":
        try:
            published = publish_drafts(actor=request.actor, sessions=drafts)
        except DraftsRefused as refusal:
            reasons = {session.pk: sentence for session, sentence in refusal.reasons}
        else:
            one = len(published) == 1
            messages.success(request, f"{len(published)} session{' is' if one else 's are'} published.")
            return redirect(done)
    now = timezone.now()
    context = {
        "drafts": [
            {"session": one, "refusal": reasons.get(one.pk, ""), "is_closed": one.booking_closes_at <= now}
            for one in drafts
        ],
        "refused": len(reasons),
        "left": len(every) - len(drafts),
        "back": back,
    }
    return render(request, "courses/desk/drafts_publish.html", context)
