"""The certificate: its document, who may have it, the public check, withdrawal."""

import io
import re
import shutil
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from evaluations.documents import certificate_pdf
from evaluations.jobs import ask_for_evaluations
from evaluations.models import Certificate, Invitation
from evaluations.queries.certificates import standing
from evaluations.services.certificates import reinstate_certificate, revoke_certificate
from partnerships.errors import DomainError
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt, answer, booked, held
from tests.factories import actor_for, make_course, make_person


def make_certificate(partnership, *, person=None, **session) -> Certificate:
    """A certificate earned by attending and evaluating."""
    booking = booked(held(partnership, **session), person=person)
    ask_for_evaluations(partnership, booking.session.ends_at)
    answer(Invitation.objects.get(booking=booking))
    return Certificate.objects.get(booking=booking)


@pytest.fixture
def certificate(partnership) -> Certificate:
    return make_certificate(partnership)


def test_certificate_keeps_the_facts_as_they_were(partnership):
    course = make_course(partnership, title="Graded Care Profile 2", hours=Decimal("6.5"))
    person = make_person(partnership, name="Siân Ŵyn-Łukasz")
    certificate = make_certificate(partnership, person=person, course=course, days=2, days_ago=20)
    first = certificate.booking.session.starts_at
    assert re.fullmatch(r"ALPH-\d{4}-000001", certificate.number)
    assert certificate.learner_name == "Siân Ŵyn-Łukasz"
    assert certificate.level == "Level 2"
    assert certificate.hours == Decimal("6.5")
    assert certificate.held_on == f"{first:%-d %B %Y} and {first + timedelta(days=7):%-d %B %Y}"


def structure(node) -> list:
    """Every element of a document's structure tree."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        return [found for child in node for found in structure(child)]
    if not isinstance(node, dict):
        return []
    return ([node] if "/S" in node else []) + (structure(node["/K"]) if "/K" in node else [])


class TestDocument:
    def test_says_all_that_matters(self, partnership, certificate):
        reader = PdfReader(io.BytesIO(certificate_pdf(certificate)))
        assert len(reader.pages) == 1
        text = " ".join(reader.pages[0].extract_text().split())
        expected = [
            partnership.name,
            certificate.learner_name,
            certificate.course_title,
            certificate.held_on,
            "Level 2",
            certificate.number,
            "/certificates/check/",
        ]
        for words in expected:
            assert words in text
        assert reader.root_object["/Lang"].startswith("en")
        assert reader.root_object["/MarkInfo"]["/Marked"]
        assert certificate.number in reader.metadata.title

    def test_every_picture_says_what_it_is(self, certificate):
        reader = PdfReader(io.BytesIO(certificate_pdf(certificate)))
        figures = [
            one.get("/Alt")
            for one in structure(reader.root_object["/StructTreeRoot"])
            if one["/S"] == "/Figure"
        ]
        assert len(figures) == 2
        assert all(figures)

    def test_same_bytes_each_time_and_after_a_loss(self, certificate):
        first = certificate_pdf(certificate)
        assert certificate_pdf(certificate) == first
        shutil.rmtree(settings.MEDIA_ROOT)
        assert certificate_pdf(certificate) == first

    def test_later_changes_of_name_and_course_do_not_reach_it(self, certificate):
        first = certificate_pdf(certificate)
        certificate.booking.person.name = "Somebody Else"
        certificate.booking.person.save()
        certificate.booking.session.course.title = "Another course"
        certificate.booking.session.course.save()
        shutil.rmtree(settings.MEDIA_ROOT)
        assert certificate_pdf(Certificate.objects.get()) == first

    def test_no_half_file_is_left(self, certificate):
        certificate_pdf(certificate)
        names = [path.name for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
        assert names == [f"{certificate.number}.pdf"]


class TestDownload:
    def _status(self, client, partnership, certificate) -> int:
        address = reverse("evaluations:certificate", args=[partnership.slug, certificate.number])
        return client.get(address).status_code

    def test_learner_lead_manager_and_team_only(self, partnership, sign_in):
        manager = make_person(partnership)
        learner = make_person(partnership, line_manager=manager)
        certificate = make_certificate(partnership, person=learner)
        organisation = certificate.booking.organisation
        lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
        for person in (learner, manager, lead, make_person(partnership, Role.TEAM)):
            assert self._status(sign_in(person), partnership, certificate) == 200
        colleague = make_person(partnership, organisation=organisation)
        for person in (colleague, make_person(partnership, Role.ORGANISATION_LEAD), make_person(partnership)):
            assert self._status(sign_in(person), partnership, certificate) == 404
        assert self._status(Client(), partnership, certificate) == 302

    def test_neighbours_team_gets_404(self, partnership, neighbour, certificate, sign_in):
        with acting_in(neighbour):
            team = make_person(neighbour, Role.TEAM)
        assert self._status(sign_in(team), neighbour, certificate) == 404

    def test_by_link_without_an_account(self, partnership):
        from evaluations.links import certificate_token

        certificate = make_certificate(partnership, person=make_person(partnership, account=False))
        token = certificate_token(certificate)
        page = Client().get(reverse("evaluations:linked_certificate", args=[partnership.slug, token]))
        assert certificate.course_title in page.content.decode()
        file = Client().get(reverse("evaluations:linked_download", args=[partnership.slug, token]))
        assert file.content == certificate_pdf(certificate)
        for wrong in (token[:-1], "x" + token):
            address = reverse("evaluations:linked_download", args=[partnership.slug, wrong])
            assert Client().get(address).status_code == 404


class TestCheck:
    def _page(self, partnership, number: str):
        return Client().get(reverse("evaluations:check", args=[partnership.slug]), {"number": number})

    def test_tells_genuine_withdrawn_and_unknown(self, partnership, certificate):
        assert "Genuine" in self._page(partnership, certificate.number).content.decode()
        typed = f" {certificate.number.lower()} "
        assert "Genuine" in self._page(partnership, typed).content.decode()
        assert "Not known" in self._page(partnership, "ALPH-2026-999999").content.decode()
        team = actor_for(make_person(partnership, Role.TEAM))
        revoke_certificate(actor=team, certificate=certificate, reason="Issued in error")
        page = self._page(partnership, certificate.number).content.decode()
        assert "Withdrawn" in page
        assert "Issued in error" not in page

    def test_tells_nothing_else(self, partnership, certificate):
        page = self._page(partnership, certificate.number).content.decode()
        for fact in (certificate.learner_name, certificate.course_title, certificate.held_on):
            assert fact not in page

    def test_neighbours_number_is_unknown(self, neighbour, certificate):
        assert "Not known" in self._page(neighbour, certificate.number).content.decode()

    def test_empty_number_is_a_mistake_in_the_form(self, partnership):
        assert "Enter the number of the certificate" in self._page(partnership, "").content.decode()

    def test_numbers_cannot_be_tried_out(self, partnership):
        # Counted by the minute, and one may begin in between: so many that 21 fall into one of two.
        statuses = [self._page(partnership, f"ALPH-2026-{number:06d}").status_code for number in range(41)]
        assert statuses[:20] == [200] * 20
        assert 429 in statuses


class TestWithdrawal:
    def test_needs_a_reason_and_the_team(self, partnership, certificate):
        team = actor_for(make_person(partnership, Role.TEAM))
        with pytest.raises(DomainError):
            revoke_certificate(actor=team, certificate=certificate, reason="  ")
        with pytest.raises(PermissionDenied):
            revoke_certificate(
                actor=actor_for(make_person(partnership)), certificate=certificate, reason="No"
            )

    def test_withdrawn_cannot_be_downloaded_and_counts_again_when_reinstated(self, partnership, certificate):
        team = actor_for(make_person(partnership, Role.TEAM))
        before = certificate_pdf(certificate)
        withdrawn = revoke_certificate(actor=team, certificate=certificate, reason="Wrong person")
        with pytest.raises(DomainError):
            certificate_pdf(withdrawn)
        back = reinstate_certificate(actor=team, certificate=certificate, reason="It was the right person")
        assert certificate_pdf(back) == before
        assert back.number == certificate.number

    def test_through_the_desk(self, partnership, certificate, sign_in):
        client = sign_in(make_person(partnership, Role.TEAM))
        address = reverse("evaluations:desk_certificate", args=[partnership.slug, certificate.number])
        assert "Enter the reason" in client.post(address, {"reason": ""}).content.decode()
        client.post(address, {"reason": "Wrong person"})
        assert Certificate.objects.get().revoked_reason == "Wrong person"
        client.post(address, {"reason": "Right after all"})
        assert Certificate.objects.get().revoked_at is None

    def test_database_refuses_other_changes(self, certificate):
        for change in ({"learner_name": "X"}, {"number": "X"}, {"issued_at": "2020-01-01T00:00Z"}):
            with pytest.raises((IntegrityError, Exception), match="trigger"), transaction.atomic():
                Certificate.objects.update(**change)
        with pytest.raises(Exception, match="trigger"), transaction.atomic():
            Certificate.objects.all().delete()


def test_a_number_is_known_however_it_is_typed_and_found_by_a_part(partnership, certificate, sign_in):
    number = certificate.number
    for typed in (number.lower(), f" {number} ", number.replace("-", " "), number.replace("-", " - ")):
        assert standing(partnership, typed) == "genuine", typed
    client = sign_in(make_person(partnership, Role.TEAM))
    asked = client.get(f"/{partnership.slug}/certificates/check/").content.decode()
    assert "Check another" not in asked and "Not a valid certificate" not in asked
    found = client.get(f"/{partnership.slug}/desk/certificates/", {"q": number[-4:]}).content.decode()
    assert number in found
    none = client.get(f"/{partnership.slug}/desk/certificates/", {"q": "nobody at all"}).content.decode()
    assert "None found" in none


def test_unguessable_numbers_where_the_policy_prefers_them(partnership):
    from datetime import UTC, datetime

    from tests.factories import adopt as adopt_policy
    from tests.factories import policy

    unguessable = policy(certificate__numbering="unguessable")
    adopt_policy(partnership, unguessable, at=datetime(2021, 1, 1, tzinfo=UTC))
    numbers = {make_certificate(partnership).number for _ in range(3)}
    assert len(numbers) == 3
    assert all(re.fullmatch(r"ALPH(-[2-9A-HJ-NP-Z]{4}){4}", number) for number in numbers)


@pytest.mark.parametrize("rows", [1, 5])
def test_desk_list_takes_the_same_number_of_queries(partnership, sign_in, rows, django_assert_num_queries):
    for _ in range(rows):
        make_certificate(partnership)
    client = sign_in(make_person(partnership, Role.TEAM))
    address = reverse("evaluations:certificates", args=[partnership.slug])
    client.get(address)
    with django_assert_num_queries(11):
        client.get(address)


def test_neighbours_certificates_are_not_in_the_list(partnership, neighbour, certificate, sign_in):
    with acting_in(neighbour):
        adopt(neighbour)
        client = sign_in(make_person(neighbour, Role.TEAM))
    page = client.get(reverse("evaluations:certificates", args=[neighbour.slug])).content.decode()
    assert certificate.number not in page
