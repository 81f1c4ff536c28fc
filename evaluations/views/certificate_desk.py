"""The team's list of certificates, and what it may do with one."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from evaluations.certificate_forms import ReasonForm, ReissueForm
from evaluations.exports import CERTIFICATES
from evaluations.filters import CertificateFilter
from evaluations.models import Certificate
from evaluations.services.corrections import reinstate_certificate, reissue_certificate, revoke_certificate
from partnerships.downloads import download_list
from partnerships.errors import DomainError
from partnerships.permissions import Permission, requires

_PER_PAGE = 50


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


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_certificate(request: HttpRequest, number: str) -> HttpResponse:
    """One certificate with its earlier editions, and the form that revokes or reinstates it."""
    certificate = _one(request, number)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        # What the button said, since a colleague may have been first.
        if "revoke" in request.POST:
            revoke_certificate(actor=request.actor, certificate=certificate, reason=reason)
            messages.success(request, f"Certificate {number} is revoked. The learner is told.")
        elif "reinstate" in request.POST:
            reinstate_certificate(actor=request.actor, certificate=certificate, reason=reason)
            messages.success(request, f"Certificate {number} counts again. The learner is told.")
        return redirect("evaluations:desk_certificate", request.partnership.slug, number)
    editions = certificate.earlier_editions.all()
    context = {"certificate": certificate, "form": form, "editions": editions}
    return render(request, "evaluations/certificate.html", context)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_reissue(request: HttpRequest, number: str) -> HttpResponse:
    """Issue a certificate again in the learner's right name."""
    certificate = _one(request, number)
    form = ReissueForm(request.POST or None, initial={"name": certificate.booking.person.name})
    if request.method == "POST" and form.is_valid():
        try:
            reissue_certificate(actor=request.actor, certificate=certificate, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Certificate {number} is in the name that you gave.")
            return redirect("evaluations:desk_certificate", request.partnership.slug, number)
    return render(request, "evaluations/certificate_reissue.html", {"certificate": certificate, "form": form})


def _chosen(request: HttpRequest) -> CertificateFilter:
    return CertificateFilter(request.GET, Certificate.objects.visible_to(request.actor), request=request)


def _one(request: HttpRequest, number: str) -> Certificate:
    certificates = Certificate.objects.visible_to(request.actor).select_related(
        "booking__organisation", "booking__person", "booking__session"
    )
    return get_object_or_404(certificates, number=number)
