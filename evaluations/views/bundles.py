"""An organisation lead downloads the certificates of their people as one file."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from evaluations.certificate_forms import BundleForm
from evaluations.models import CertificateBundle
from evaluations.services.bundles import request_bundle
from partnership_portal.working_days import uk_date
from partnerships.errors import DomainError
from partnerships.models import Organisation
from partnerships.permissions import Permission, requires
from partnerships.services.downloads import record_download


@requires(Permission.SEE_ORGANISATION)
@require_http_methods(["GET", "HEAD", "POST"])
def bundles(request: HttpRequest) -> HttpResponse:
    """Ask for a file of certificates, and those that were asked for in the last week."""
    led = Organisation.objects.filter(
        partnership=request.partnership, pk__in=request.actor.led_organisation_ids
    ).order_by("name_key")
    form = BundleForm(led, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            bundle = request_bundle(actor=request.actor, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("evaluations:bundle", request.partnership.slug, bundle.pk)
    asked = CertificateBundle.objects.visible_to(request.actor).select_related("organisation")
    return render(
        request, "evaluations/bundles.html", {"form": form, "bundles": asked, "leads": led.exists()}
    )


@requires(Permission.SEE_ORGANISATION)
@require_safe
def bundle(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a file is, and then the file."""
    found = get_object_or_404(
        CertificateBundle.objects.visible_to(request.actor).select_related("organisation"), pk=pk
    )
    return render(request, "evaluations/bundle.html", {"bundle": found})


@requires(Permission.SEE_ORGANISATION)
@require_safe
def bundle_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file, with an entry in the trail of who took it."""
    found = get_object_or_404(CertificateBundle.objects.visible_to(request.actor), pk=pk, state="ready")
    if not default_storage.exists(found.file):
        raise Http404
    record_download(
        actor=request.actor, what="certificates of an organisation", rows=found.count, filtered_by=[]
    )
    file = default_storage.open(found.file)
    return FileResponse(file, as_attachment=True, filename=f"certificates-{uk_date(found.requested_at)}.zip")
