"""An organisation's certificates in one file: whose, for whom, how long, and what becomes of it when a worker dies."""

import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.urls import reverse
from django.utils import timezone

from evaluations.documents import certificate_pdf
from evaluations.models import CertificateBundle
from evaluations.services import bundles
from evaluations.services.bundles import (
    build_bundle,
    forget_bundles,
    request_bundle,
    requeue_stuck_bundles,
)
from evaluations.services.corrections import reissue_certificate, revoke_certificate
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from tests.evaluations.test_certificates import make_certificate
from tests.factories import actor_for, job, make_organisation, make_person


@pytest.fixture
def school(partnership):
    return make_organisation(partnership, name="Ŵyn School")


@pytest.fixture
def lead(partnership, school):
    return make_person(partnership, Role.ORGANISATION_LEAD, organisation=school)


def _certificate(partnership, organisation):
    return make_certificate(partnership, person=make_person(partnership, organisation=organisation))


def _names(lead, bundle, sign_in) -> dict[str, bytes]:
    address = reverse("evaluations:bundle_file", args=[bundle.partnership.slug, bundle.pk])
    content = b"".join(sign_in(lead).get(address).streaming_content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_lead_gets_the_certificates_of_their_people_alone(
    partnership, school, lead, sign_in, django_capture_on_commit_callbacks
) -> None:
    ours = [_certificate(partnership, school) for _ in range(2)]
    revoked, _ = _certificate(partnership, school), _certificate(partnership, make_organisation(partnership))
    revoke_certificate(actor=job(partnership), certificate=revoked, reason="Wrong person")
    client = sign_in(lead)
    address = reverse("evaluations:bundles", args=[partnership.slug])
    with django_capture_on_commit_callbacks(execute=True):
        asked = client.post(address, {"organisation": school.pk})
    assert "2 certificates" in client.get(asked["Location"]).content.decode()
    bundle = CertificateBundle.objects.get()
    held = _names(lead, bundle, sign_in)
    assert sorted(held.values()) == sorted(certificate_pdf(one) for one in ours)
    assert all(any(one.number in name for name in held) for one in ours)
    assert AuditEntry.objects.filter(action="partnerships.record_download").get().after["rows"] == 2
    assert "Ŵyn School" in client.get(address).content.decode()


def test_only_for_the_lead_who_asked_and_still_leads(
    partnership, school, lead, sign_in, django_capture_on_commit_callbacks
) -> None:
    _certificate(partnership, school)
    with django_capture_on_commit_callbacks(execute=True):
        bundle = request_bundle(actor=actor_for(lead), organisation=school)
    address = reverse("evaluations:bundle_file", args=[partnership.slug, bundle.pk])
    other = make_person(partnership, Role.ORGANISATION_LEAD, organisation=school)
    for person in (
        other,
        make_person(partnership, Role.ORGANISATION_LEAD),
        make_person(partnership, Role.TEAM),
    ):
        assert sign_in(person).get(address).status_code == 404
    assert sign_in(make_person(partnership)).get(address).status_code == 403
    for person in (make_person(partnership, Role.ORGANISATION_LEAD), make_person(partnership, Role.TEAM)):
        with pytest.raises(PermissionDenied):
            request_bundle(actor=actor_for(person), organisation=school)
    lead.memberships.update(ended_on=timezone.localdate() - timedelta(days=1))
    assert sign_in(lead).get(address).status_code in {302, 403, 404}


def test_the_days_are_those_of_the_issue(partnership, school, lead) -> None:
    _certificate(partnership, school)
    today = timezone.localdate()
    with pytest.raises(DomainError, match="No certificate"):
        request_bundle(actor=actor_for(lead), organisation=school, first_day=today + timedelta(days=1))
    with pytest.raises(DomainError, match="No certificate"):
        request_bundle(actor=actor_for(lead), organisation=school, last_day=today - timedelta(days=1))
    days = {"first_day": today, "last_day": today}
    bundle = request_bundle(actor=actor_for(lead), organisation=school, **days)
    assert request_bundle(actor=actor_for(lead), organisation=school, **days) == bundle


def test_a_worker_that_died_is_followed_by_another(partnership, school, lead, monkeypatch, sign_in) -> None:
    _certificate(partnership, school)
    bundle = request_bundle(actor=actor_for(lead), organisation=school)

    def die(certificate):
        raise SystemExit

    with monkeypatch.context() as killed:
        killed.setattr(bundles, "certificate_pdf", die)
        with pytest.raises(SystemExit):
            build_bundle(actor=job(partnership), bundle_id=bundle.pk)
    assert not default_storage.exists("bundles")
    # Whoever comes meanwhile leaves it to the first, who may be at work.
    build_bundle(actor=job(partnership), bundle_id=bundle.pk)
    bundle.refresh_from_db()
    assert (bundle.state, bundle.attempts) == ("building", 1)
    bundle.touched_at -= timedelta(minutes=6)
    bundle.save(update_fields=["touched_at"])
    requeue_stuck_bundles(partnership, timezone.now())
    bundle.refresh_from_db()
    assert (bundle.state, bundle.attempts, bundle.count) == ("ready", 2, 1)
    # Once more does no harm.
    build_bundle(actor=job(partnership), bundle_id=bundle.pk)
    assert len(_names(lead, bundle, sign_in)) == 1


def test_deleted_after_a_week(partnership, school, lead, django_capture_on_commit_callbacks) -> None:
    _certificate(partnership, school)
    with django_capture_on_commit_callbacks(execute=True):
        bundle = request_bundle(actor=actor_for(lead), organisation=school)
    bundle.refresh_from_db()
    assert default_storage.exists(bundle.file)
    with django_capture_on_commit_callbacks(execute=True):
        forget_bundles(partnership, timezone.now() + timedelta(days=6))
    assert CertificateBundle.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        forget_bundles(partnership, timezone.now() + timedelta(days=8))
    assert not CertificateBundle.objects.exists()
    assert not default_storage.exists(bundle.file)


@pytest.mark.parametrize("change", ["revoke", "reissue"])
def test_no_bundle_serves_what_is_revoked_or_replaced(
    partnership, school, lead, change, django_capture_on_commit_callbacks
) -> None:
    certificate = _certificate(partnership, school)
    with django_capture_on_commit_callbacks(execute=True):
        bundle = request_bundle(actor=actor_for(lead), organisation=school)
    bundle.refresh_from_db()
    team = actor_for(make_person(partnership, Role.TEAM))
    with django_capture_on_commit_callbacks(execute=True):
        if change == "revoke":
            revoke_certificate(actor=team, certificate=certificate, reason="Wrong person")
        else:
            reissue_certificate(actor=team, certificate=certificate, name="Right Name", reason="Misspelt")
    assert not CertificateBundle.objects.exists()
    assert not default_storage.exists(bundle.file)


def test_no_file_is_left_where_a_certificate_is_revoked_while_it_is_stored(
    partnership, school, lead, monkeypatch
) -> None:
    certificate = _certificate(partnership, school)
    bundle = request_bundle(actor=actor_for(lead), organisation=school)
    team, save, stored = actor_for(make_person(partnership, Role.TEAM)), FileSystemStorage.save, []

    def save_and_revoke(storage, name, content):
        stored.append(save(storage, name, content))
        revoke_certificate(actor=team, certificate=certificate, reason="Wrong person")
        return stored[0]

    monkeypatch.setattr(FileSystemStorage, "save", save_and_revoke)
    build_bundle(actor=job(partnership), bundle_id=bundle.pk)
    assert stored and not default_storage.exists(stored[0])


def test_files_that_no_bundle_names_are_deleted(
    partnership, neighbour, school, lead, django_capture_on_commit_callbacks
) -> None:
    _certificate(partnership, school)
    forget_bundles(partnership, timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        ready = request_bundle(actor=actor_for(lead), organisation=school)
    ready.refresh_from_db()
    building = request_bundle(actor=actor_for(lead), organisation=school)

    def store(name: str) -> str:
        return default_storage.save(f"bundles/{name}", ContentFile(b"PK"))

    slug = partnership.slug
    kept = [ready.file, store(f"{slug}/{building.pk}-1.zip"), store(f"{neighbour.slug}/7-1.zip")]
    left = [store(f"{slug}/{ready.pk}-9.zip"), store(f"{slug}/{building.pk + 1}-1.zip")]
    forget_bundles(partnership, timezone.now())
    assert all(default_storage.exists(one) for one in kept)
    assert not any(default_storage.exists(one) for one in left)


def test_file_is_named_by_the_day_in_the_uk(
    partnership, school, lead, sign_in, django_capture_on_commit_callbacks
) -> None:
    _certificate(partnership, school)
    with django_capture_on_commit_callbacks(execute=True):
        bundle = request_bundle(actor=actor_for(lead), organisation=school)
    CertificateBundle.objects.update(requested_at=datetime(2026, 6, 30, 23, 30, tzinfo=UTC))
    address = reverse("evaluations:bundle_file", args=[partnership.slug, bundle.pk])
    assert "certificates-2026-07-01.zip" in sign_in(lead).get(address)["Content-Disposition"]
