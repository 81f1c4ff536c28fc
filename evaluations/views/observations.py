"""What is to be observed and by whom, the forms, and what was seen."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses.models import Session
from evaluations.forms import ObserverForm
from evaluations.models import Invitation
from evaluations.queries.observations import (
    courses_to_observe,
    observation_shown_to,
    observers,
    own_observations,
    sees_observer,
    sent_observations,
    what_was_seen,
)
from evaluations.services.observation_actions import may_agree, may_finish
from evaluations.services.observations import assign_observer, observe_session, release_observation
from partnership_portal.working_days import uk_date
from partnerships.actors import Actor
from partnerships.forms import carried_out
from partnerships.permissions import Permission, requires
from partnerships.services.policies import policy_of

_PER_PAGE = 50


@requires(Permission.OBSERVE_SESSION)
@require_safe
def observations(request: HttpRequest) -> HttpResponse:
    """Which courses are due for an observation, and the observer's own forms."""
    now = timezone.now()
    own = list(own_observations(request.actor))
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


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def plan(request: HttpRequest) -> HttpResponse:
    """Which courses are due, who observes what, and which sessions would suit."""
    now = timezone.now()
    courses = courses_to_observe(request.actor, now)
    context = {
        "clause": request.partnership.policy(now).observation.rule,
        "courses": courses,
        "due": sum(1 for one in courses if one.is_due),
    }
    return render(request, "evaluations/observation_plan.html", context)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask an observer to observe a session."""
    sessions = Session.objects.visible_to(request.actor).select_related("course", "venue")
    session = get_object_or_404(sessions, pk=pk)
    form = ObserverForm(observers(session), request.POST if request.method == "POST" else None)

    def ask() -> None:
        assign_observer(actor=request.actor, session=session, observer=form.cleaned_data["observer"])

    if form.is_bound and carried_out(form, ask):
        observer = form.cleaned_data["observer"]
        messages.success(request, f"{observer} observes this session and was written to.")
        return redirect("evaluations:observation_plan", request.partnership.slug)
    return render(request, "evaluations/assign_observer.html", {"session": session, "form": form})


@requires(Permission.SEE_OWN_PAGES)
@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an observation back that was not sent."""
    shown = Invitation.objects.observations_shown_to(request.actor)
    release_observation(actor=request.actor, observation=get_object_or_404(shown, pk=pk))
    messages.success(request, "The observation was given back. Somebody else can observe the session.")
    page = "observation_plan" if request.actor.may(Permission.MANAGE_SURVEYS) else "observations"
    return redirect(f"evaluations:{page}", request.partnership.slug)


@requires(Permission.SEE_OWN_PAGES)
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """The observations that somebody may read: trainers those of their sessions, the group and the team all."""
    page = Paginator(sent_observations(request.actor), _PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "evaluations/sent_observations.html", {"page_obj": page})


def _what_was_seen(actor: Actor, one: Invitation) -> list[tuple[str, list[dict[str, str]]]]:
    if one.state != Invitation.State.ANSWERED or one.forgotten_at is not None:
        return []
    return what_was_seen(one, for_team=actor.may(Permission.MANAGE_SURVEYS))


@requires(Permission.SEE_OWN_PAGES)
@require_safe
def observation(request: HttpRequest, pk: int) -> HttpResponse:
    """What was seen at one session, and what was agreed."""
    actor = request.actor
    one = get_object_or_404(observation_shown_to(actor), pk=pk)
    context = {
        "observation": one,
        "session": one.session,
        "is_sent": one.state == Invitation.State.ANSWERED,
        "pages": _what_was_seen(actor, one),
        "names_observer": sees_observer(actor, one),
        "may_agree": may_agree(actor, one),
        "actions": [(action, may_finish(actor, action)) for action in one.actions.all()],
        "policy": policy_of(one.policy_version).observation,
        "today": uk_date(timezone.now()),
    }
    return render(request, "evaluations/observation.html", context)
