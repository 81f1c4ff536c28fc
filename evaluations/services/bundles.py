"""An organisation's certificates in one file: asked for by its lead, put together by a job, deleted after a week."""

import tempfile
import zipfile
from collections.abc import Iterable
from datetime import date, datetime, time
from functools import partial
from typing import IO

from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import get_valid_filename

from evaluations.documents import certificate_pdf
from evaluations.models import Certificate, CertificateBundle
from evaluations.models.bundle import KEPT_FOR
from evaluations.tasks import build_bundle_task
from partnership_portal.working_days import uk_moment
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.errors import DomainError
from partnerships.jobs import one_by_one
from partnerships.models import Organisation, Partnership
from partnerships.permissions import Permission, require
from partnerships.services.builds import Build, TakenOver, ask, delete_files_of_nobody, stuck
from partnerships.services.locks import locked_partnership
from partnerships.tenancy import acting_in

_AT_ONCE = 25


def request_bundle(
    *, actor: Actor, organisation: Organisation, first_day: date | None = None, last_day: date | None = None
) -> CertificateBundle:
    """Ask for the genuine certificates of an organisation's people, issued between two days, as one file.

    While the same one is being put together, asking again gives that. Locks the partnership.
    """
    require(actor, Permission.SEE_ORGANISATION)
    if actor.person is None or organisation.pk not in actor.led_organisation_ids:
        raise PermissionDenied("You can download the certificates of the organisations that you lead.")
    wanted = {
        "organisation": organisation,
        "requested_by": actor.person,
        "first_day": first_day,
        "last_day": last_day,
    }
    with transaction.atomic():
        locked_partnership(actor)
        found = CertificateBundle.objects.visible_to(actor).filter(state="building", **wanted).first()
        if found is not None:
            return found
        bundle = CertificateBundle(partnership=actor.partnership, **wanted)
        if not certificates_in(bundle).exists():
            raise DomainError("No certificate was issued to your people in this time.")
        ask(bundle, timezone.now())
        bundle.save()
        audit.record(actor, "evaluations.request_bundle", bundle, after={"organisation": organisation.pk})
        # When the broker is away it waits for ``requeue_stuck_bundles``.
        transaction.on_commit(lambda: build_bundle_task.delay(actor.partnership.pk, bundle.pk), robust=True)
    return bundle


def build_bundle(*, actor: Actor, bundle_id: int) -> None:
    """Put a bundle together, a few certificates in each step, on the disk and never in memory as a whole.

    A worker that is killed leaves a file that no row names at most; whoever begins again starts anew.
    """
    build = Build.begin(CertificateBundle, actor.partnership, bundle_id)
    if build is None:
        return
    kept = ""
    try:
        with tempfile.TemporaryFile() as stream:
            count = _write(build, stream)
            with build.step("Storing the file", 95):
                stream.seek(0)
                name = f"{_folder(actor.partnership)}/{bundle_id}-{build.attempt}.zip"
                kept = default_storage.save(name, File(stream))
            build.finish(actor, "evaluations.build_bundle", file=kept, count=count)
    except TakenOver:
        # The row may be gone because a certificate was revoked. After any other error it isn't known whether the row
        # names the file by now: what it doesn't name goes with ``forget_bundles``.
        if kept:
            default_storage.delete(kept)


def certificates_in(bundle: CertificateBundle) -> QuerySet[Certificate]:
    """The genuine certificates of the organisation's people that were issued in its time."""
    found = Certificate.objects.filter(
        partnership=bundle.partnership_id, booking__organisation=bundle.organisation_id
    ).genuine()
    if bundle.first_day:
        found = found.filter(issued_at__gte=uk_moment(bundle.first_day, time()))
    if bundle.last_day:
        found = found.filter(issued_at__lt=uk_moment(bundle.last_day, time.max))
    return found.select_related("partnership").order_by("pk")


def drop_bundles_with(certificate: Certificate) -> None:
    """Delete the bundles that may hold a certificate which is not valid as it was; for services that change it."""
    organisation = certificate.booking.organisation_id
    _delete(CertificateBundle.objects.filter(partnership=certificate.partnership, organisation=organisation))


def forget_bundles(partnership: Partnership, now: datetime) -> None:
    """Job: delete bundles after a week, and files that no bundle names."""
    delete_files_of_nobody(CertificateBundle, partnership, _folder(partnership))
    with acting_in(partnership):
        old = CertificateBundle.objects.filter(partnership=partnership, requested_at__lt=now - KEPT_FOR)
        bundles = list(old)
    one_by_one(partnership, (partial(_forget, partnership, one) for one in bundles))


def requeue_stuck_bundles(partnership: Partnership, now: datetime) -> None:
    """Job: queue again the bundles that have made no progress for five minutes."""
    for bundle_id in stuck(CertificateBundle, partnership, now):
        build_bundle_task.delay(partnership.pk, bundle_id)


def _write(build: Build[CertificateBundle], stream: IO[bytes]) -> int:
    with build.step("Looking which certificates there are", 2):
        keys = list(certificates_in(build.row).values_list("pk", flat=True))
    count = 0
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for start in range(0, len(keys), _AT_ONCE):
            words = f"{start} of {len(keys)} certificates"
            with build.step(words, 5 + 90 * start // len(keys)):
                # Read again: one may have been revoked since.
                for one in certificates_in(build.row).filter(pk__in=keys[start : start + _AT_ONCE]):
                    archive.writestr(_name_in_bundle(one), certificate_pdf(one))
                    count += 1
    return count


def _name_in_bundle(certificate: Certificate) -> str:
    words = f"{certificate.learner_name} {certificate.course_title}"[:120]
    return f"{get_valid_filename(words)}_{certificate.number}.pdf"


def _folder(partnership: Partnership) -> str:
    return f"bundles/{partnership.slug}"


def _forget(partnership: Partnership, bundle: CertificateBundle) -> None:
    audit.record(system(partnership, "forget bundles"), "evaluations.forget_bundle", bundle)
    _delete([bundle])


def _delete(bundles: Iterable[CertificateBundle]) -> None:
    for bundle in bundles:
        if bundle.file:
            transaction.on_commit(partial(default_storage.delete, bundle.file), robust=True)
        bundle.delete()
