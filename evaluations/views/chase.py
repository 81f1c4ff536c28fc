"""Whom to ring: one person who was asked, what became of it, and what the team can do about it."""

from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluations.kinds import QuestionnaireKind
from evaluations.links import may_type_in
from evaluations.models import Invitation, Notice
from evaluations.notice_forms import OpenAgainForm, OtherManagerForm
from evaluations.queries.managers import membership_of
from evaluations.queries.notices import not_delivered
from evaluations.services.notices import ask_other_manager, say_left, settle_notice
from evaluations.services.reopening import last_day_to_open_again, open_again, refuse_to_open_again
from partnership_portal.templatetags.portal import uk_date
from partnership_portal.working_days import uk_today
from partnerships.errors import DomainError
from partnerships.forms import carried_out
from partnerships.permissions import Permission, requires

_USUALLY = timedelta(days=14)
_DONE = {
    Notice.Outcome.ENDED: "The membership is ended.",
    Notice.Outcome.ASKED_AGAIN: "They are asked again. The next reminder goes out by itself, if one is left.",
    Notice.Outcome.NOTED: "Noted. Nobody is asked any more.",
}


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def asked(request: HttpRequest, pk: int) -> HttpResponse:
    """Who was asked what and when, how to reach them, and what the team can do."""
    invitation = _invitation(request, pk)
    return _page(request, invitation, None)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["POST"])
def manager(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask another line manager, or the same one at another address."""
    invitation = _invitation(request, pk)
    form = OtherManagerForm(request.POST)
    if form.is_valid():
        try:
            ask_other_manager(
                actor=request.actor,
                invitation=invitation,
                name=form.cleaned_data["name"],
                email=form.cleaned_data["email"],
            )
        except DomainError as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, f"The form is on its way to {form.cleaned_data['name']}.")
            return redirect("evaluations:asked", request.partnership.slug, pk)
    return _page(request, invitation, form)


@requires(Permission.MANAGE_SURVEYS)
@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that somebody has left, or settle what was said instead of an answer."""
    invitation = _invitation(request, pk)
    notice = invitation.notices.filter(settled_at__isnull=True).first()
    outcome = request.POST.get("outcome", "")
    if outcome == "left":
        say_left(actor=request.actor, invitation=invitation)
        messages.success(request, "Nobody is asked any more. End the membership if it should end.")
    elif notice is not None and outcome in _DONE:
        settle_notice(actor=request.actor, notice=notice, outcome=Notice.Outcome(outcome))
        messages.success(request, _DONE[Notice.Outcome(outcome)])
    return redirect("evaluations:asked", request.partnership.slug, pk)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def open_survey_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Let somebody who attended and missed the time answer after all, until a day that the team chooses."""
    invitation = _invitation(request, pk)
    last_day = last_day_to_open_again(invitation, timezone.now())
    if request.method == "POST":
        form = OpenAgainForm(last_day, request.POST)
    else:
        refuse_to_open_again(invitation, timezone.now())
        form = OpenAgainForm(last_day, initial={"until": min(uk_today() + _USUALLY, last_day)})

    def open_it() -> None:
        open_again(actor=request.actor, invitation=invitation, **form.cleaned_data)

    if request.method == "POST" and carried_out(form, open_it):
        messages.success(request, f"It is open again until {uk_date(form.cleaned_data['until'])}.")
        return redirect("evaluations:asked", request.partnership.slug, pk)
    return render(request, "evaluations/open_again.html", {"invitation": invitation, "form": form})


def _invitation(request: HttpRequest, pk: int) -> Invitation:
    found = Invitation.objects.visible_to(request.actor).select_related(
        "session__course",
        "booking__person",
        "booking__organisation",
        "respondent",
        "typed_in_by",
        "policy_version",
    )
    return get_object_or_404(found.prefetch_related("notices__settled_by", "reopenings__opened_by"), pk=pk)


def _can_be_opened_again(invitation: Invitation, now: datetime) -> bool:
    try:
        refuse_to_open_again(invitation, now)
    except DomainError:
        return False
    return True


def _page(request: HttpRequest, invitation: Invitation, form: OtherManagerForm | None) -> HttpResponse:
    now = timezone.now()
    notice = next((one for one in invitation.notices.all() if one.settled_at is None), None)
    is_form = invitation.kind == QuestionnaireKind.LINE_MANAGER
    can_answer = invitation.state == Invitation.State.OPEN and invitation.closes_at > now
    if (
        form is None
        and is_form
        and invitation.state != Invitation.State.ANSWERED
        and invitation.closes_at > now
        and not invitation.has_lapsed
    ):
        said = {"name": notice.manager_name, "email": notice.manager_email} if notice else {}
        form = OtherManagerForm(initial=said)
    failed = not_delivered(request.actor, now).filter(pk=invitation.pk).first()
    context = {
        "invitation": invitation,
        "notice": notice,
        "form": form,
        "can_answer": can_answer and not invitation.has_lapsed,
        "can_type_in": may_type_in(request.actor, invitation),
        "failed_message": getattr(failed, "failed_message", None),
        "membership": membership_of(invitation.booking) if invitation.booking else None,
        "is_form": is_form,
        "is_interview": invitation.kind == QuestionnaireKind.DIP_SAMPLE,
        "is_over": invitation.closes_at <= now,
        "can_be_opened_again": _can_be_opened_again(invitation, now),
    }
    return render(request, "evaluations/asked.html", context)
