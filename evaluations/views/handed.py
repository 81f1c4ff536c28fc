"""For learners without an email address: a code to keep, which leads to their survey and then to their certificate."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.models import Booking
from bookings.services.register import may_mark
from courses.models import Session
from evaluations.kinds import QuestionnaireKind
from evaluations.links import LEARNER, certificate_token, learner_link, survey_token
from evaluations.models import Certificate, Invitation
from partnership_portal.qr import qr_code
from partnerships.errors import DomainError
from partnerships.links import read_token
from partnerships.permissions import Permission, holder_of_link, requires

_OWN = (QuestionnaireKind.PRE_COURSE, QuestionnaireKind.EVALUATION, QuestionnaireKind.IMPACT)


@holder_of_link
@require_safe
def learner(request: HttpRequest, token: str) -> HttpResponse:
    """Lead to the survey that waits, else to the certificate, else say when to come back."""
    try:
        pk, _ = read_token(request.partnership, LEARNER, token)
    except DomainError as refusal:
        refused = {"heading": "This link does not work", "sentence": refusal.sentence}
        return render(request, "evaluations/survey_refused.html", refused, status=404)
    bookings = Booking.objects.filter(partnership=request.partnership).select_related("session__course")
    booking = get_object_or_404(bookings, pk=pk)
    slug = request.partnership.slug
    waiting = Invitation.objects.filter(
        partnership=request.partnership, booking=booking, kind__in=_OWN, closes_at__gt=timezone.now()
    )
    survey = waiting.to_answer().select_related("partnership").order_by("pk").first()
    if survey is not None:
        return redirect("evaluations:survey", slug, survey_token(survey))
    certificate = (
        Certificate.objects.filter(partnership=request.partnership, booking=booking)
        .genuine()
        .select_related("partnership")
        .first()
    )
    if certificate is not None:
        return redirect("evaluations:linked_certificate", slug, certificate_token(certificate))
    context = {"session": booking.session, "is_over": booking.session.ends_at <= timezone.now()}
    return render(request, "evaluations/learner.html", context)


@requires(Permission.MARK_REGISTER)
@require_safe
def codes(request: HttpRequest, pk: int) -> HttpResponse:
    """The codes of those on a session who have no email address, to show or to print."""
    session = get_object_or_404(
        Session.objects.filter(partnership=request.partnership).select_related("course"), pk=pk
    )
    if not may_mark(request.actor, session):
        raise Http404
    people = (
        Booking.objects.filter(partnership=request.partnership, session=session, person__email="")
        .expected()
        .select_related("person", "organisation", "partnership")
        .order_by("person__name_key", "pk")
    )
    rows = [
        {
            "booking": one,
            "link": learner_link(one),
            "code": qr_code(learner_link(one), title=f"Code for {one.person.name}"),
        }
        for one in people
    ]
    return render(request, "evaluations/codes.html", {"session": session, "rows": rows})
