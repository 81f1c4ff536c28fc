"""The certificate: its document, who may have it, the public check, revocation, new editions."""

import io
import re
import shutil
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import pgtrigger
import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from evaluations.badges import badge_of
from evaluations.documents import certificate_pdf, check_address
from evaluations.jobs import ask_for_evaluations
from evaluations.models import Certificate, EarlierEdition, Invitation
from evaluations.queries.certificates import checked, initials
from evaluations.services.corrections import (
    reinstate_certificate,
    reissue_certificate,
    revoke_certificate,
)
from notifications.models import Message
from partnership_portal.working_days import uk_date
from partnerships.errors import DomainError
from partnerships.models import AuditEntry, Membership, Partnership
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt, answer, booked, held
from tests.factories import (
    actor_for,
    make_course,
    make_organisation,
    make_partnership,
    make_person,
    policy,
)
from tests.factories import adopt as adopt_policy


def make_certificate(partnership, *, person=None, **session) -> Certificate:
    """A certificate earned by attending and evaluating."""
    booking = booked(held(partnership, **session), person=person)
    ask_for_evaluations(partnership, booking.session.ends_at)
    answer(Invitation.objects.get(booking=booking))
    return Certificate.objects.get(booking=booking)


ISSUER = ("issuer_name", "issuer_short_name", "issuer_colour")


def rename(partnership) -> None:
    """What loading a partnership's changed file does to its name and look."""
    Partnership.objects.filter(pk=partnership.pk).update(
        name="Renamed Partnership", short_name="RP", brand_colour="#aa0000", accent_colour="#aa0000"
    )
    partnership.refresh_from_db()


def text_of(document: bytes) -> str:
    """The words of a document's first page."""
    return " ".join(PdfReader(io.BytesIO(document)).pages[0].extract_text().split())


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


def test_a_certificate_says_where_a_course_counts_for_no_level(partnership, client):
    course = make_course(partnership, counts_for_no_level=True)
    course.group_links.all().delete()
    certificate = make_certificate(partnership, course=course)
    assert (certificate.level, certificate.hours) == ("No level of the competency framework", 3)
    page = client.get(f"/alphashire/courses/{course.slug}/").content.decode()
    assert "No level of the competency framework" in page


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
        old = certificate.partnership.name
        certificate.booking.person.name = "Somebody Else"
        certificate.booking.person.save()
        certificate.booking.session.course.title = "Another course"
        certificate.booking.session.course.save()
        rename(certificate.partnership)
        shutil.rmtree(settings.MEDIA_ROOT)
        assert certificate_pdf(Certificate.objects.get()) == first
        assert old in text_of(first)

    def test_whoever_first_downloads_it_after_a_change_of_name_has_it_as_issued(self, partnership):
        make_certificate(partnership)
        old = partnership.name
        rename(partnership)
        text = text_of(certificate_pdf(Certificate.objects.get()))
        assert old in text and "Renamed" not in text
        later = make_certificate(partnership)
        assert "Renamed Partnership" in text_of(certificate_pdf(later))

    def test_a_certificate_of_before_is_given_what_its_partnership_is_called_now(self, certificate):
        issued = {name: getattr(certificate, name) for name in ISSUER}
        migration = import_module("evaluations.migrations.0032_issuer_as_it_was")
        with pgtrigger.ignore("evaluations.Certificate:facts_never_change"):
            Certificate.objects.update(**dict.fromkeys(ISSUER, ""))
            migration.as_it_is_now(apps, None)
        certificate.refresh_from_db()
        assert {name: getattr(certificate, name) for name in ISSUER} == issued

    def test_drawn_after_the_portal_has_moved_it_leads_to_where_it_can_be_checked(
        self, certificate, settings
    ):
        settings.PORTAL_BASE_URL = "https://elsewhere.example"
        assert "https://elsewhere.example/alphashire/certificates/check/" in text_of(
            certificate_pdf(certificate)
        )

    def test_no_half_file_is_left(self, certificate):
        certificate_pdf(certificate)
        names = [path.name for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
        assert names == [f"{certificate.number}-1.pdf"]


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

    def test_the_manager_at_another_employer_opens_neither_certificate_nor_badge(self, partnership, sign_in):
        here, elsewhere = make_person(partnership), make_person(partnership)
        learner = make_person(partnership, line_manager=here)
        certificate = make_certificate(partnership, person=learner)
        second = make_organisation(partnership)
        Membership.objects.create(
            partnership=partnership,
            person=learner,
            organisation=second,
            line_manager=elsewhere,
            started_on=uk_date(timezone.now()),
        )
        badge = reverse("evaluations:badge", args=[partnership.slug, certificate.number])
        for person, status in ((here, 200), (elsewhere, 404)):
            client = sign_in(person)
            assert self._status(client, partnership, certificate) == status
            assert client.get(badge).status_code == status
        # Nor does the manager of before, once the learner has left.
        learner.memberships.filter(line_manager=here).update(ended_on=uk_date(timezone.now()))
        assert self._status(sign_in(here), partnership, certificate) == 404

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
    def _page(self, partnership, number: str, code: str = "") -> str:
        given = {"number": number, "code": code}
        return Client().get(reverse("evaluations:check", args=[partnership.slug]), given).content.decode()

    def test_tells_genuine_revoked_and_unknown(self, partnership, certificate):
        number, code = certificate.number, certificate.check_code
        assert "Genuine" in self._page(partnership, number, code)
        assert "Not known" in self._page(partnership, number, "0000-0000")
        assert "Not known" in self._page(partnership, "ALPH-2026-999999", code)
        team = actor_for(make_person(partnership, Role.TEAM))
        revoke_certificate(actor=team, certificate=certificate, reason="Issued in error")
        page = self._page(partnership, number, code)
        assert "Revoked" in page and "Genuine" not in page
        assert "Issued in error" not in page

    def test_the_printed_code_leads_there(self, partnership, certificate):
        address = urlsplit(check_address(certificate))
        page = Client().get(f"{address.path}?{address.query}").content.decode()
        assert "Genuine" in page

    def test_tells_course_date_and_initials_and_nothing_else(self, partnership):
        person = make_person(partnership, name="Siân Ŵyn-Łukasz")
        certificate = make_certificate(partnership, person=person)
        page = self._page(partnership, certificate.number, certificate.check_code)
        for fact in (certificate.course_title, certificate.held_on, "S. Ŵ."):
            assert fact in page
        organisation = certificate.booking.organisation.name
        for fact in ("Siân", "Łukasz", person.email, organisation, certificate.level):
            assert fact not in page

    def test_the_number_alone_tells_nothing_not_even_whether_it_is_there(self, partnership, certificate):
        there = self._page(partnership, certificate.number)
        other = self._page(partnership, "ALPH-2026-999999")
        for page in (there, other):
            assert "Enter the check code" in page
        assert there.replace(certificate.number, "N") == other.replace("ALPH-2026-999999", "N")

    def test_an_older_copy_is_answered_alike(self, partnership, certificate):
        """By its number alone, as the codes of older copies lead here: what to do, whether it exists or not."""
        address = reverse("evaluations:check", args=[partnership.slug])
        pages = [
            Client().get(address, {"number": number}).content.decode().replace(number, "N")
            for number in (certificate.number, "ALPH-2026-999999")
        ]
        assert pages[0] == pages[1]
        assert "Then it is an older copy" in pages[0] and "download it again" in pages[0]
        assert partnership.coordinator_email in pages[0]

    def test_a_wrong_code_is_answered_as_an_unknown_number_is(self, partnership, certificate):
        wrong = self._page(partnership, certificate.number, "0000-0000")
        unknown = self._page(partnership, "ALPH-2026-999999", "0000-0000")
        assert wrong.replace(certificate.number, "N") == unknown.replace("ALPH-2026-999999", "N")

    def test_neighbours_number_is_unknown(self, neighbour, certificate):
        assert "Not known" in self._page(neighbour, certificate.number, certificate.check_code)

    def test_empty_number_is_a_mistake_in_the_form(self, partnership):
        assert "Enter the number of the certificate" in self._page(partnership, "")

    def test_numbers_cannot_be_tried_out(self, partnership):
        # Counted by the minute, and one may begin in between: so many that 21 fall into one of two.
        address = reverse("evaluations:check", args=[partnership.slug])
        numbers = [f"ALPH-2026-{number:06d}" for number in range(41)]
        statuses = [Client().get(address, {"number": one, "code": "1"}).status_code for one in numbers]
        assert statuses[:20] == [200] * 20
        assert 429 in statuses

    def test_codes_are_different_and_stay(self, partnership, certificate):
        other = make_certificate(partnership)
        assert re.fullmatch(r"[0-9A-F]{8}-[0-9A-F]{4}", certificate.check_code)
        assert other.check_code != certificate.check_code
        assert Certificate.objects.get(pk=other.pk).check_code == other.check_code


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Siân O’Neill", "S. O."),
        ("Nguyễn Thị Ánh", "N. T. Á."),
        ("Cher", "C."),
        ("  Zoë   de la Cruz ", "Z. D. L. C."),
        ("İpek Ŷnyr", "İ. Ŷ."),
        ("王小明", "王."),
        ("नेहा", "ने."),
    ],
)
def test_initials(name, letters):
    assert initials(name) == letters


class TestRevocation:
    def test_needs_a_reason_and_the_team(self, partnership, certificate):
        team = actor_for(make_person(partnership, Role.TEAM))
        with pytest.raises(DomainError):
            revoke_certificate(actor=team, certificate=certificate, reason="  ")
        with pytest.raises(PermissionDenied):
            revoke_certificate(
                actor=actor_for(make_person(partnership)), certificate=certificate, reason="No"
            )

    def test_revoked_cannot_be_downloaded_and_counts_again_when_reinstated(self, partnership, certificate):
        team = actor_for(make_person(partnership, Role.TEAM))
        before = certificate_pdf(certificate)
        revoked = revoke_certificate(actor=team, certificate=certificate, reason="Wrong person")
        with pytest.raises(DomainError):
            certificate_pdf(revoked)
        back = reinstate_certificate(actor=team, certificate=certificate, reason="It was the right person")
        assert certificate_pdf(back) == before
        assert back.number == certificate.number

    def test_the_learner_is_told_once_each_time_and_why(self, partnership, certificate):
        team = actor_for(make_person(partnership, Role.TEAM))
        for _ in range(2):
            revoke_certificate(actor=team, certificate=certificate, reason="It was for somebody else.")
        for _ in range(2):
            reinstate_certificate(actor=team, certificate=certificate, reason="It was not.")
        told = Message.objects.filter(purpose__startswith="certificate_").order_by("pk")
        assert [one.purpose for one in told] == ["certificate_revoked", "certificate_reinstated"]
        assert {one.to_email for one in told} == {certificate.booking.person.email}
        assert "It was for somebody else." in told[0].text
        revoke_certificate(actor=team, certificate=certificate, reason="It was after all.")
        assert told.all().count() == 3
        trail = AuditEntry.objects.filter(action__endswith="_certificate", subject_id=certificate.pk)
        assert [one.after.get("reason") for one in trail.order_by("pk")] == [
            None,
            "It was for somebody else.",
            "It was not.",
            "It was after all.",
        ]

    def test_through_the_desk(self, partnership, certificate, sign_in):
        client = sign_in(make_person(partnership, Role.TEAM))
        address = reverse("evaluations:desk_certificate", args=[partnership.slug, certificate.number])
        revoke = {"revoke": "yes"}
        assert "Enter the reason" in client.post(address, {"reason": "", **revoke}).content.decode()
        assert 'name="revoke"' in client.get(address).content.decode()
        client.post(address, {"reason": "Wrong person", **revoke})
        assert Certificate.objects.get().revoked_reason == "Wrong person"
        # A colleague on a page of before.
        client.post(address, {"reason": "Another person", **revoke})
        assert Certificate.objects.get().revoked_reason == "Wrong person"
        assert 'name="reinstate"' in client.get(address).content.decode()
        client.post(address, {"reason": "Right after all", "reinstate": "yes"})
        assert Certificate.objects.get().revoked_at is None

    def test_database_refuses_other_changes(self, certificate):
        for change in (
            {"learner_name": "X"},
            {"number": "X"},
            {"check_code": "X"},
            {"issued_at": "2020-01-01T00:00Z"},
            {"edition": 3, "reissued_at": timezone.now(), "learner_name": "X"},
            {"number": "X", "edition": 2, "reissued_at": timezone.now()},
        ):
            with pytest.raises((IntegrityError, Exception), match="trigger"), transaction.atomic():
                Certificate.objects.update(**change)
        with pytest.raises(Exception, match="trigger"), transaction.atomic():
            Certificate.objects.all().delete()


class TestEditions:
    @pytest.fixture
    def team(self, partnership):
        return actor_for(make_person(partnership, Role.TEAM))

    def test_a_corrected_name_keeps_number_and_facts_and_says_when(
        self, partnership, certificate, team, django_capture_on_commit_callbacks
    ):
        old, before = certificate_pdf(certificate), Certificate.objects.values().get()
        wrong = certificate.learner_name
        with django_capture_on_commit_callbacks(execute=True):
            again = reissue_certificate(
                actor=team, certificate=certificate, name="  Siân   Ŵyn ", reason="Misspelt"
            )
        after = Certificate.objects.values().get()
        assert {name for name in after if after[name] != before[name]} == {
            "learner_name",
            "edition",
            "reissued_at",
        }
        assert again.learner_name == "Siân Ŵyn"
        new = certificate_pdf(again)
        text = " ".join(PdfReader(io.BytesIO(new)).pages[0].extract_text().split())
        assert "Siân Ŵyn" in text and wrong not in text
        today = f"{timezone.localtime():%-d %B %Y}"
        assert f"Issued on {today}, and again in this name on {today}" in text
        # The earlier document is gone for everybody, also from the file store.
        names = [path.name for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
        assert names == [f"{certificate.number}-2.pdf"]
        assert new != old and certificate_pdf(Certificate.objects.get()) == new
        [earlier] = again.earlier_editions.all()
        assert (earlier.edition, earlier.learner_name, earlier.reason) == (1, wrong, "Misspelt")
        [told] = Message.objects.filter(purpose="certificate_reissued")
        assert certificate.number in told.text
        entry = AuditEntry.objects.get(action="evaluations.reissue_certificate")
        assert "Siân" not in str(entry.after) and wrong not in str(entry.before)

    def test_the_name_of_before_does_not_come_back_by_whoever_was_reading(
        self, partnership, certificate, team, django_capture_on_commit_callbacks
    ):
        reading = Certificate.objects.select_related("partnership").get()
        wrong = certificate.learner_name
        with django_capture_on_commit_callbacks(execute=True):
            reissue_certificate(actor=team, certificate=certificate, name="Siân Ŵyn", reason="Misspelt")
        text = " ".join(PdfReader(io.BytesIO(certificate_pdf(reading))).pages[0].extract_text().split())
        assert "Siân Ŵyn" in text and wrong not in text
        names = [path.name for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
        assert names == [f"{certificate.number}-2.pdf"]

    def test_the_check_stays_genuine_for_either_copy(self, partnership, certificate, team):
        address = urlsplit(check_address(certificate))
        reissue_certificate(actor=team, certificate=certificate, name="Zoë Quist", reason="Married")
        page = Client().get(f"{address.path}?{address.query}").content.decode()
        assert "Genuine" in page and "Z. Q." in page and "issued again" in page
        assert check_address(Certificate.objects.get()) == check_address(certificate)

    def test_twice_is_once_and_again_is_the_next(self, partnership, certificate, team):
        for name in ("One Name", "One Name", "Another Name"):
            reissue_certificate(actor=team, certificate=certificate, name=name, reason="Misspelt")
        assert Certificate.objects.get().edition == 3
        assert list(EarlierEdition.objects.values_list("edition", flat=True)) == [1, 2]
        assert Message.objects.filter(purpose="certificate_reissued").count() == 2

    def test_not_without_name_or_reason_nor_while_revoked_nor_by_anybody_else(
        self, partnership, certificate, team
    ):
        for name, reason in ((" ", "Misspelt"), ("X", " "), ("X" * 201, "Misspelt")):
            with pytest.raises(DomainError):
                reissue_certificate(actor=team, certificate=certificate, name=name, reason=reason)
        learner = actor_for(certificate.booking.person)
        with pytest.raises(PermissionDenied):
            reissue_certificate(actor=learner, certificate=certificate, name="X", reason="I want")
        revoke_certificate(actor=team, certificate=certificate, reason="Wrong person")
        with pytest.raises(DomainError, match="revoked"):
            reissue_certificate(actor=team, certificate=certificate, name="X", reason="Misspelt")
        assert Certificate.objects.get().edition == 1

    def test_earlier_editions_never_change(self, partnership, certificate, team):
        reissue_certificate(actor=team, certificate=certificate, name="X", reason="Misspelt")
        with pytest.raises(Exception, match="trigger"), transaction.atomic():
            EarlierEdition.objects.update(learner_name="Y")
        with pytest.raises(Exception, match="trigger"), transaction.atomic():
            EarlierEdition.objects.all().delete()

    def test_through_the_desk(self, partnership, certificate, sign_in):
        client, person = sign_in(make_person(partnership, Role.TEAM)), certificate.booking.person
        person.name = "Right Name"
        person.save(update_fields=["name"])
        address = reverse("evaluations:desk_reissue", args=[partnership.slug, certificate.number])
        assert 'value="Right Name"' in client.get(address).content.decode()
        assert "Enter the reason" in client.post(address, {"name": "Right Name"}).content.decode()
        page = client.post(address, {"name": "Right Name", "reason": "Misspelt"}, follow=True)
        content = page.content.decode()
        assert "Right Name" in content and certificate.learner_name in content and "Misspelt" in content
        learner = sign_in(person)
        assert learner.get(address).status_code == 403


def test_a_number_is_known_however_it_is_typed_and_found_by_a_part(partnership, certificate, sign_in):
    number = certificate.number
    code = certificate.check_code
    for typed in (number.lower(), f" {number} ", number.replace("-", " "), number.replace("-", " – ")):
        assert checked(partnership, typed, code), typed
    for typed in (code.lower(), f" {code} ", code.replace("-", ""), code.replace("-", " ")):
        assert checked(partnership, number, typed), typed
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
    # Nobody can guess the number, so it needs no code beside it.
    certificate = Certificate.objects.filter(number__in=numbers)[0]
    assert "code" not in check_address(certificate)
    assert (
        certificate.check_code
        not in PdfReader(io.BytesIO(certificate_pdf(certificate))).pages[0].extract_text()
    )
    page = Client().get(check_address(certificate).removeprefix(settings.PORTAL_BASE_URL))
    assert "Genuine" in page.content.decode()


@pytest.mark.parametrize("rows", [1, 5])
def test_desk_list_takes_the_same_number_of_queries(partnership, sign_in, rows, django_assert_num_queries):
    for _ in range(rows):
        make_certificate(partnership)
    client = sign_in(make_person(partnership, Role.TEAM))
    address = reverse("evaluations:certificates", args=[partnership.slug])
    client.get(address)
    with django_assert_num_queries(10):
        client.get(address)


def test_neighbours_certificates_are_not_in_the_list(partnership, neighbour, certificate, sign_in):
    with acting_in(neighbour):
        adopt(neighbour)
        client = sign_in(make_person(neighbour, Role.TEAM))
    page = client.get(reverse("evaluations:certificates", args=[neighbour.slug])).content.decode()
    assert certificate.number not in page


@pytest.mark.parametrize(
    ("percent", "words"),
    [(100, "attended every required part of"), (50, "attended at least 50% of the dates of")],
)
def test_it_says_how_much_the_policy_that_it_was_issued_under_asks_for(db, percent, words):
    shire = make_partnership("shire", certificate__attendance_percent=percent)
    with acting_in(shire):
        adopt(shire)
        booking = booked(held(shire, days=2, days_ago=10))
        ask_for_evaluations(shire, timezone.now())
        certificate = answer(Invitation.objects.get(booking=booking))
        # Another rule from now on.
        adopt_policy(shire, policy(certificate__attendance_percent=80), at=timezone.now())
        certificate = Certificate.objects.get(pk=certificate.pk)
        text = " ".join(PdfReader(io.BytesIO(certificate_pdf(certificate))).pages[0].extract_text().split())
        assert words in text and "80%" not in text
        criteria = badge_of(certificate)["credentialSubject"]["achievement"]["criteria"]["narrative"]
        assert criteria == f"{words.capitalize()} the course and evaluated it."
