"""The certificate as a document: the same bytes at every download."""

import os
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from evaluations.models import Certificate
from partnership_portal.documents import render_pdf
from partnership_portal.qr import qr_code
from partnerships.errors import DomainError
from partnerships.links import absolute


def certificate_pdf(certificate: Certificate) -> bytes:
    """The PDF of a certificate, from the file store or, the first time or after a loss, drawn anew.

    Everything on it but the portal's address is the certificate's own snapshot, so that drawing it again gives the
    same bytes. Refuses one that is revoked.
    """
    if certificate.revoked_at is not None:
        raise DomainError(
            "This certificate is revoked, so it cannot be downloaded. Ask the partnership team."
        )
    name = _name_of(certificate, certificate.edition)
    if default_storage.exists(name):
        with default_storage.open(name) as file:
            return file.read()
    content = _draw(certificate)
    _keep(name, content)
    # Issued again meanwhile, its file may have been deleted before this one was there. Whoever issues it again after
    # this look deletes it.
    now = Certificate.objects.select_related("partnership").get(pk=certificate.pk)
    if now.edition != certificate.edition:
        forget_document(certificate, certificate.edition)
        return certificate_pdf(now)
    return content


def forget_document(certificate: Certificate, edition: int) -> None:
    """Delete the file of an edition that is replaced."""
    default_storage.delete(_name_of(certificate, edition))


def check_address(certificate: Certificate) -> str:
    """The public page that tells whether this certificate is genuine."""
    given = {"number": certificate.number}
    if certificate.needs_code:
        given["code"] = certificate.check_code
    return f"{_check_page(certificate)}?{urlencode(given)}"


def _check_page(certificate: Certificate) -> str:
    # Where the portal is now, not where it was: a code that leads nowhere proves nothing.
    return absolute("evaluations:check", partnership=certificate.partnership.slug)


def _name_of(certificate: Certificate, edition: int) -> str:
    return f"certificates/{certificate.partnership.slug}/{certificate.number}-{edition}.pdf"


def _draw(certificate: Certificate) -> bytes:
    return render_pdf(
        "pdf/certificate.html",
        {
            # As it was called and looked when it issued this, whatever it is called by now.
            "partnership": {"name": certificate.issuer_name, "short_name": certificate.issuer_short_name},
            "brand": certificate.issuer_colour,
            "certificate": certificate,
            "hours": f"{certificate.hours.normalize():f}",
            "check_address": _check_page(certificate),
            "qr_code": qr_code(
                check_address(certificate), title=f"Code that leads to {check_address(certificate)}"
            ),
        },
        title=f"Certificate {certificate.number}: {certificate.learner_name}, {certificate.course_title}",
        identifier=f"{certificate.partnership.slug}/{certificate.number}/{certificate.edition}",
    )


def _keep(name: str, content: bytes) -> None:
    # A reader must never meet half a file: written beside, then renamed. Object stores put whole objects anyway.
    try:
        path = Path(default_storage.path(name))
    except NotImplementedError:
        default_storage.save(name, ContentFile(content))
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{uuid4().hex}")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)
