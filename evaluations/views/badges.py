"""Open Badges: downloading one, and what its readers look up: the issuer, its keys, and which are revoked."""

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from evaluations.badges import CONTEXT, LIST_LENGTH, badge_of, claims_of, issuer_of, status_list
from evaluations.models import Certificate, SigningKey
from evaluations.services.signing_keys import key_in_use
from evaluations.signing import Unreadable, signed
from evaluations.views.certificates import by_link
from partnerships.errors import DomainError
from partnerships.links import absolute
from partnerships.permissions import holder_of_link, public, signed_in


@signed_in
@require_safe
def badge(request: HttpRequest, number: str) -> HttpResponse:
    """The badge, for whoever may download the certificate."""
    certificates = Certificate.objects.visible_to(request.actor).for_badge()
    return _badge(request, get_object_or_404(certificates, number=number))


@holder_of_link
@require_safe
def linked_badge(request: HttpRequest, token: str) -> HttpResponse:
    """The badge, for whoever holds the link."""
    found = by_link(request, token)
    return _badge(
        request, Certificate.objects.filter(partnership=request.partnership).for_badge().get(pk=found.pk)
    )


@public
@require_safe
def issuer(request: HttpRequest) -> HttpResponse:
    """Who issues the badges."""
    return JsonResponse({"@context": CONTEXT, **issuer_of(request.partnership)})


@public
@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """Every key that badges were ever signed with."""
    found = SigningKey.objects.filter(partnership=request.partnership)
    return JsonResponse({"keys": [_public(request, one) for one in found]})


@public
@require_safe
def key(request: HttpRequest, kid: str) -> HttpResponse:
    """One key, at the address that badges name."""
    found = get_object_or_404(SigningKey, partnership=request.partnership, kid=kid)
    return JsonResponse(_public(request, found))


@public
@require_safe
def badge_status(request: HttpRequest, number: int) -> HttpResponse:
    """Which badges of one stretch are revoked, signed."""
    stretch = Certificate.objects.filter(
        partnership=request.partnership, pk__gte=number * LIST_LENGTH, pk__lt=(number + 1) * LIST_LENGTH
    )
    if not stretch.exists():
        raise Http404
    revoked = stretch.filter(revoked_at__isnull=False).values_list("pk", flat=True)
    return _token(request, status_list(request.partnership, number, revoked, timezone.now()))


def _badge(request: HttpRequest, certificate: Certificate) -> HttpResponse:
    if certificate.revoked_at is not None:
        raise DomainError(
            "This certificate is revoked, so its badge cannot be downloaded. Ask the partnership team."
        )
    response = _token(request, badge_of(certificate))
    if response.status_code == HTTPStatus.OK:
        response["Content-Disposition"] = f'attachment; filename="badge-{certificate.number}.jwt"'
    return response


def _token(request: HttpRequest, credential: dict[str, Any]) -> HttpResponse:
    try:
        used = key_in_use(actor=request.actor)
    except Unreadable:
        refused = {
            "heading": "Badges cannot be signed at the moment",
            "sentence": "The certificate itself is not touched by this. Try again later.",
        }
        return render(
            request, "evaluations/survey_refused.html", refused, status=HTTPStatus.SERVICE_UNAVAILABLE
        )
    token = signed(
        claims_of(credential), private_part=used.private_part, kid=_address(request, used), typ="JWT"
    )
    return HttpResponse(token, content_type="application/vc+jwt")


def _public(request: HttpRequest, found: SigningKey) -> dict[str, str]:
    return {**found.public_jwk, "kid": _address(request, found), "alg": "RS256", "use": "sig"}


def _address(request: HttpRequest, found: SigningKey) -> str:
    return absolute("evaluations:badge_key", partnership=request.partnership.slug, kid=found.kid)
