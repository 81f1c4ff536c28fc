"""Certificates: downloading one, checking a number, and the desk's list."""

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from evaluations.documents import certificate_pdf
from evaluations.exports import CERTIFICATES
from evaluations.filters import CertificateFilter
from evaluations.forms import CheckForm, ReasonForm
from evaluations.links import CERTIFICATE
from evaluations.models import Certificate
from evaluations.queries.certificates import certificate_of_link, standing
from evaluations.services.certificates import reinstate_certificate, revoke_certificate
from partnerships.downloads import download_list
from partnerships.errors import DomainError
from partnerships.links import read_token
from partnerships.permissions import Permission, holder_of_link, public, requires, signed_in

# Whoever has a certificate in hand checks a few numbers; whoever tries out numbers is stopped.
_CHECKS_A_MINUTE = 20
_PER_PAGE = 50


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
    certificate = _by_link(request, token)
    return render(
        request, "evaluations/certificate_linked.html", {"certificate": certificate, "token": token}
    )


@holder_of_link
@require_safe
def linked_download(request: HttpRequest, token: str) -> HttpResponse:
    """The PDF, for whoever holds the link."""
    return _pdf(_by_link(request, token))


@public
@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Whether a number is that of a genuine certificate, and no more than that."""
    if "number" not in request.GET:
        return render(request, "evaluations/check.html", {"form": CheckForm()})
    if _tries_too_often(request):
        return render(request, "429.html", status=429)
    form = CheckForm(request.GET)
    context: dict[str, object] = {"form": form}
    if form.is_valid():
        number = form.cleaned_data["number"]
        context |= {"number": number, "verdict": standing(request.partnership, number)}
    return render(request, "evaluations/check.html", context)


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def desk_list(request: HttpRequest) -> HttpResponse:
    """Every certificate, to be searched."""
    chosen = _chosen(request)
    found = chosen.qs.select_related("booking__organisation")
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "evaluations/certificates.html", {"filter": chosen, "page_obj": page})


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def desk_list_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same certificates, to download."""
    chosen = _chosen(request)
    return download_list(
        request, "certificates", ending, CERTIFICATES.of(chosen.qs), filtered_by=chosen.in_use
    )


def _chosen(request: HttpRequest) -> CertificateFilter:
    return CertificateFilter(request.GET, Certificate.objects.visible_to(request.actor), request=request)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_certificate(request: HttpRequest, number: str) -> HttpResponse:
    """One certificate, and the form that withdraws or reinstates it."""
    certificates = Certificate.objects.visible_to(request.actor).select_related(
        "booking__organisation", "booking__person", "booking__session"
    )
    certificate = get_object_or_404(certificates, number=number)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if certificate.revoked_at is None:
            revoke_certificate(actor=request.actor, certificate=certificate, reason=reason)
            messages.success(request, f"Certificate {number} is withdrawn.")
        else:
            reinstate_certificate(actor=request.actor, certificate=certificate, reason=reason)
            messages.success(request, f"Certificate {number} counts again.")
        return redirect("evaluations:desk_certificate", request.partnership.slug, number)
    return render(request, "evaluations/certificate.html", {"certificate": certificate, "form": form})


def _by_link(request: HttpRequest, token: str) -> Certificate:
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
