"""What is to be observed, by whom, and the forms."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from courses.models import Session
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation
from evaluations.queries.observations import courses_to_observe
from evaluations.services.observations import observe_session
from partnerships.permissions import Permission, requires


@requires(Permission.OBSERVE_SESSION)
@require_safe
def observations(request: HttpRequest) -> HttpResponse:
    """Which courses are due for an observation, and the observer's own forms."""
    now = timezone.now()
    own = (
        Invitation.objects.of(request.actor)
        .filter(kind=QuestionnaireKind.OBSERVATION)
        .select_related("session__course", "session__venue")
        .order_by("-session__starts_at")
    )
    context = {
        "clause": request.partnership.policy(now).observation.rule,
        "courses": courses_to_observe(request.actor, now),
        "to_fill_in": [one for one in own if one.state == Invitation.State.OPEN and one.closes_at > now],
        "done": [one for one in own if one.state == Invitation.State.ANSWERED],
    }
    return render(request, "evaluations/observations.html", context)


@requires(Permission.OBSERVE_SESSION)
@require_POST
def observe(request: HttpRequest, pk: int) -> HttpResponse:
    """Take on the observation of a session."""
    session = get_object_or_404(Session.objects.visible_to(request.actor).distinct(), pk=pk)
    observe_session(actor=request.actor, session=session)
    messages.success(request, "The observation is yours. The form is listed below.")
    return redirect("evaluations:observations", request.partnership.slug)
