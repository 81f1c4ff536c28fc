"""What was agreed after observations: one list, and what can be done with each."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluations.exports import ACTIONS
from evaluations.filters import ActionFilter
from evaluations.forms import ActionForm
from evaluations.models import Invitation, ObservationAction
from evaluations.queries.observations import observation_shown_to
from evaluations.services.observation_actions import (
    agree_action,
    change_action,
    finish_action,
    may_agree,
    reopen_action,
    who_can_do,
)
from partnership_portal.working_days import uk_today
from partnerships.downloads import download_list
from partnerships.forms import carried_out
from partnerships.permissions import Permission, requires

_PER_PAGE = 50


@requires(Permission.SEE_OWN_PAGES)
@require_safe
def actions(request: HttpRequest) -> HttpResponse:
    """Everything agreed after the observations that somebody may read."""
    chosen = _chosen(request)
    found = chosen.qs.select_related("observation__session__course")
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    context = {"filter": chosen, "page_obj": page, "today": uk_today()}
    return render(request, "evaluations/observation_actions.html", context)


@requires(Permission.SEE_OWN_PAGES)
@require_safe
def actions_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same actions, to download."""
    chosen = _chosen(request)
    return download_list(
        request, "observation-actions", ending, ACTIONS.of(chosen.qs), filtered_by=chosen.in_use
    )


@requires(Permission.SEE_OWN_PAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def agree(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down what was agreed after an observation."""
    observation = _to_agree_on(request, get_object_or_404(observation_shown_to(request.actor), pk=pk))
    form = ActionForm(who_can_do(observation), request.POST if request.method == "POST" else None)

    def write_down() -> None:
        agree_action(actor=request.actor, observation=observation, agreed=form.agreed)

    if form.is_bound and carried_out(form, write_down):
        messages.success(request, "The action is on the list.")
        return redirect("evaluations:observation", request.partnership.slug, pk)
    return _form(request, form, observation)


@requires(Permission.SEE_OWN_PAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Say an action in other words, give it to somebody else, or put it off."""
    action = _action(request, pk)
    _to_agree_on(request, action.observation)
    people = [*who_can_do(action.observation), *([action.owner] if action.owner else [])]
    initial = {"text": action.text, "owner": action.owner, "due_on": action.due_on}
    form = ActionForm(people, request.POST if request.method == "POST" else None, initial)

    def say_otherwise() -> None:
        change_action(actor=request.actor, action=action, agreed=form.agreed)

    if form.is_bound and carried_out(form, say_otherwise):
        messages.success(request, "The action was changed.")
        return redirect("evaluations:observation", request.partnership.slug, action.observation_id)
    return _form(request, form, action.observation)


@requires(Permission.SEE_OWN_PAGES)
@require_POST
def done(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that an action is done, or that it isn't after all."""
    action = _action(request, pk)
    if "reopen" in request.POST:
        reopen_action(actor=request.actor, action=action)
        messages.success(request, "The action is open again.")
    else:
        finish_action(actor=request.actor, action=action)
        messages.success(request, "The action is done.")
    if action.observation in observation_shown_to(request.actor):
        return redirect("evaluations:observation", request.partnership.slug, action.observation_id)
    return redirect("evaluations:observation_actions", request.partnership.slug)


def _action(request: HttpRequest, pk: int) -> ObservationAction:
    visible = ObservationAction.objects.visible_to(request.actor)
    return get_object_or_404(visible.select_related("owner", "observation__session__course"), pk=pk)


def _to_agree_on(request: HttpRequest, observation: Invitation) -> Invitation:
    if not may_agree(request.actor, observation):
        raise Http404
    return observation


def _chosen(request: HttpRequest) -> ActionFilter:
    visible = ObservationAction.objects.visible_to(request.actor).with_owner_shown_to(request.actor)
    return ActionFilter(request.GET, visible, request=request)


def _form(request: HttpRequest, form: ActionForm, observation: Invitation) -> HttpResponse:
    context = {"form": form, "observation": observation, "session": observation.session}
    return render(request, "evaluations/observation_action.html", context)
