"""What learner and line manager have shared, side by side, for their supervision meeting."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from bookings.models import Booking
from evaluations.kinds import QuestionnaireKind
from evaluations.links import SUPERVISION, holder_of
from evaluations.models import Invitation
from evaluations.queries.supervision import (
    Reader,
    Supervision,
    reader_of_actor,
    reader_of_link,
    supervision_of,
    team_reader,
)
from evaluations.services.sharing import NamedAnother, could_be_shared_with, share_answers, stop_sharing
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.links import read_token
from partnerships.permissions import Permission, holder_of_link, requires

_TAKEN_BACK: dict[str, str] = {QuestionnaireKind.EVALUATION: "You no longer share your plan."}


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def linked(request: HttpRequest, token: str) -> HttpResponse:
    """For whoever holds the link that names them."""
    try:
        pk, nonce = read_token(request.partnership, SUPERVISION, token)
    except DomainError as refusal:
        return _refused(request, "This link does not work", refusal.sentence)
    booking = _booking(request, pk)
    reader = reader_of_link(request.partnership, booking, nonce)
    if reader is None:
        return _refused(
            request,
            "This page is not shared with you any more",
            "Whoever shared it has taken it back, or it is somebody else’s to read now.",
        )
    return show_supervision(request, booking, reader, holder_of)


@requires(Permission.ANSWER_OWN_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest, pk: int) -> HttpResponse:
    """For the learner, and for the line manager with whom something is shared."""
    booking = _booking(request, pk)
    reader = reader_of_actor(request.actor, booking)
    if reader is None:
        raise Http404
    return show_supervision(request, booking, reader, lambda _: request.actor)


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def desk(request: HttpRequest, pk: int) -> HttpResponse:
    """For the team, who read both parts."""
    booking = _booking(request, pk)
    reader = team_reader(request.actor)
    if reader is None:
        raise Http404
    return show_supervision(request, booking, reader, lambda _: request.actor)


def _booking(request: HttpRequest, pk: int) -> Booking:
    bookings = Booking.objects.filter(partnership=request.partnership).select_related(
        "person", "organisation", "partnership", "session__course"
    )
    return get_object_or_404(bookings, pk=pk)


def _refused(request: HttpRequest, heading: str, sentence: str) -> HttpResponse:
    context = {"heading": heading, "sentence": sentence}
    return render(request, "evaluations/survey_refused.html", context, status=404)


def show_supervision(
    request: HttpRequest, booking: Booking, reader: Reader, acting: Callable[[Invitation], Actor]
) -> HttpResponse:
    """The page of one reader; ``acting`` says as whom they share their part, or take it back."""
    found = supervision_of(booking, reader)
    if found is None:
        raise Http404
    own = _own_parts(found)
    if request.method == "POST":
        invitation = own.get(request.POST.get("part", ""))
        if invitation is None:
            raise Http404
        if request.POST.get("share") == "yes":
            try:
                share_answers(
                    actor=acting(invitation), invitation=invitation, named=request.POST.get("named", "")
                )
                messages.success(request, "Shared. You can take it back here.")
            except NamedAnother as refusal:
                messages.info(request, refusal.sentence)
        else:
            stop_sharing(actor=acting(invitation), invitation=invitation)
            messages.success(request, _TAKEN_BACK.get(invitation.kind, "You no longer share your answers."))
        return redirect(request.path)
    offers = {kind: could_be_shared_with(one) for kind, one in own.items()}
    context = {
        "found": found,
        "session": booking.session,
        "offers": offers,
        "own": dict.fromkeys(own, True),
        "is_team": reader.part == "team",
    }
    return render(request, "evaluations/supervision.html", context)


def _own_parts(found: Supervision) -> dict[str, Invitation]:
    """What the reader wrote, by kind: theirs to share."""
    parts = {"learner": (found.plan, found.learner), "manager": (found.manager,)}.get(found.reader.part, ())
    return {
        one.invitation.kind: one.invitation
        for one in parts
        if one.invitation is not None
        and one.is_answered
        and (
            found.reader.part == "learner"
            or found.reader.is_named(one.invitation.respondent_id, one.invitation.respondent_email)
        )
    }
