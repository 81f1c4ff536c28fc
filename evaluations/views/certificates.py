"""Certificates: downloading one, and checking whether one is genuine."""

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from evaluations.certificate_forms import CheckForm
from evaluations.documents import certificate_pdf
from evaluations.links import CERTIFICATE
from evaluations.models import Certificate
from evaluations.queries.certificates import certificate_of_link, checked
from partnerships.errors import DomainError
from partnerships.links import read_token
from partnerships.permissions import holder_of_link, public, signed_in

# Whoever has a certificate in hand checks a few numbers; whoever tries out numbers is stopped.
_CHECKS_A_MINUTE = 20


@signed_in
@require_safe
def download(request: HttpRequest, number: str) -> HttpResponse:
    """The PDF, for the learner, their organisation's lead, their manager and the team."""
    certificates = Certificate.objects.visible_to(request.actor).select_related("partnership")
    return _pdf(get_object_or_404(certificates, number=number))


@holder_of_link
@require_safe
def linked(request: HttpRequest, token: str) -> HttpResponse:
    """A page from which the learner downloads the certificate without an account."""
    certificate = by_link(request, token)
    return render(
        request, "evaluations/certificate_linked.html", {"certificate": certificate, "token": token}
    )


@holder_of_link
@require_safe
def linked_download(request: HttpRequest, token: str) -> HttpResponse:
    """The PDF, for whoever holds the link."""
    return _pdf(by_link(request, token))


@public
@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Whether a certificate is genuine, for whoever has it in hand: course, dates and initials, and no more."""
    if "number" not in request.GET:
        return render(request, "evaluations/check.html", {"form": CheckForm()})
    if _tries_too_often(request):
        return render(request, "429.html", status=429)
    form = CheckForm(request.GET)
    context: dict[str, object] = {"form": form}
    if form.is_valid():
        found = checked(request.partnership, form.cleaned_data["number"], form.cleaned_data["code"])
        context |= {"found": found, "verdict": found.standing if found else "unknown"}
    return render(request, "evaluations/check.html", context)


def by_link(request: HttpRequest, token: str) -> Certificate:
    """The certificate that a signed link names, or a 404."""
    try:
        pk, _ = read_token(request.partnership, CERTIFICATE, token)
    except DomainError as refusal:
        raise Http404 from refusal
    certificate = certificate_of_link(request.partnership, pk)
    if certificate is None:
        raise Http404
    return certificate


def _pdf(certificate: Certificate) -> HttpResponse:
    response = HttpResponse(certificate_pdf(certificate), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="certificate-{certificate.number}.pdf"'
    return response


def _tries_too_often(request: HttpRequest) -> bool:
    address = get_adapter(request).get_client_ip(request)
    key = f"certificate-check:{address}:{timezone.now():%Y%m%d%H%M}"
    cache.add(key, 0, timeout=120)
    return cache.incr(key) > _CHECKS_A_MINUTE
