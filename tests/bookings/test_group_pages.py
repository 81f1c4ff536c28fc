"""The pages of a group booking: picked, checked, mended, confirmed; nobody else's organisation is found there."""

import re
from datetime import timedelta
from fnmatch import fnmatch
from html import unescape
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from bookings.evidence import MOST_BYTES
from bookings.models import Booking, EvidenceFile, GroupBooking, HeldEvidence, Prerequisite
from bookings.services import held_evidence
from bookings.services.group_booking import MOST
from bookings.services.held_evidence import forget_held_evidence
from partnerships.models import AuditEntry, Person
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.pressing import fields_of
from tests.factories import adopt, make_organisation, make_person, make_session, policy


@pytest.fixture
def school(partnership):
    return make_organisation(partnership, name="Oak Tree School")


@pytest.fixture
def client(partnership, school, sign_in):
    return sign_in(make_person(partnership, Role.ORGANISATION_LEAD, organisation=school, name="Lea Lead"))


def test_from_picking_to_the_result(partnership, school, client) -> None:
    staff = [make_person(partnership, organisation=school, name=f"Staff {number}") for number in range(3)]
    stranger = make_person(partnership, name="Stranger Danger")
    session = make_session(partnership, capacity=2)
    base = f"/alphashire/sessions/{session.pk}/book/group/"
    response = client.get(base)
    assert response.status_code == 302
    picks = response.url
    page = client.get(picks).content.decode()
    assert "Staff 1" in page and stranger.name not in page
    page = client.post(
        picks, {"q": "staff 2", "people": [staff[0].pk], "pasted": "Paul Paper"}
    ).content.decode()
    assert "Staff 0" in page and "Staff 2" in page and "Staff 1" not in page and "Paul Paper" in page
    checked = client.post(f"{picks}check/", {"people": [staff[0].pk], "pasted": "Paul Paper\nBad, bad@"})
    page = checked.content.decode()
    assert "Gets a place" in page and "is not an email address" in page and "Book 2 people" in page
    assert Booking.objects.count() == 0 and not Person.objects.filter(name="Paul Paper").exists()
    sent = {**fields_of(page), "rows-2-email": "bad@example.org"}
    # A mended line is shown again before it is booked.
    page = client.post(f"{picks}check/", {**sent, "confirm": "1", "declaration": "on"}).content.decode()
    assert "Check it again" in page and Booking.objects.count() == 0
    sent = {**fields_of(page), "confirm": "1"}
    sent.pop("declaration", None)
    page = client.post(f"{picks}check/", sent).content.decode()
    assert "Confirm that everybody on the list can come" in page and Booking.objects.count() == 0
    sent = {**fields_of(page), "confirm": "1", "declaration": "on"}
    done = [client.post(f"{picks}check/", sent) for _ in range(2)]
    assert done[0].status_code == 302 and done[0].url == done[1].url
    page = client.get(done[0].url).content.decode()
    assert "Booked for Oak Tree School" in page and "On the waiting list" in page
    assert Booking.objects.count() == 3


def test_the_training_that_comes_first_is_named_for_each_person_on_the_page(
    partnership, school, client
) -> None:
    rule = policy(booking__prerequisite="single_agency_first")
    adopt(partnership, rule, at=timezone.now() - timedelta(days=1))
    session = make_session(partnership)
    check = f"/alphashire/sessions/{session.pk}/book/group/{school.pk}/check/"
    page = client.post(check, {"pasted": "Ann Smith, ann@example.org\nBob Jones"}).content.decode()
    sent = {**fields_of(page), "confirm": "1", "declaration": "on"}
    page = client.post(check, sent).content.decode()
    assert "Name the training that Ann Smith has done, with its date" in page and not Booking.objects.exists()
    for row in ("rows-0", "rows-1"):
        sent |= {f"{row}-training": "Level 1", f"{row}-trained_on_day": "4"}
        sent |= {f"{row}-trained_on_month": "9", f"{row}-trained_on_year": "2026"}
    assert client.post(check, sent).status_code == 302
    assert Prerequisite.objects.filter(training="Level 1", completed_on="2026-09-04").count() == 2


def test_a_training_that_all_have_done_is_named_once(partnership, school, client) -> None:
    rule = policy(booking__prerequisite="single_agency_first")
    adopt(partnership, rule, at=timezone.now() - timedelta(days=1))
    session = make_session(partnership)
    check = f"/alphashire/sessions/{session.pk}/book/group/{school.pk}/check/"
    assert "all_training" not in client.post(check, {"pasted": "Ann Smith"}).content.decode()
    page = client.post(check, {"pasted": "Ann Smith\nBob Jones\nCy Green"}).content.decode()
    sent = {**fields_of(page), "confirm": "1", "declaration": "on", "all_training": "INSET day"}
    page = client.post(check, sent).content.decode()
    assert "Name the training with its date" in page and not Booking.objects.exists()
    sent |= {"all_trained_on_day": "4", "all_trained_on_month": "9", "all_trained_on_year": "2026"}
    sent |= {"rows-1-training": "Level 1", "rows-1-trained_on_day": "5"}
    sent |= {"rows-1-trained_on_month": "9", "rows-1-trained_on_year": "2026"}
    assert client.post(check, sent).status_code == 302
    kept = Prerequisite.objects.order_by("booking__person__name").values_list("training", "completed_on__day")
    assert list(kept) == [("INSET day", 4), ("Level 1", 5), ("INSET day", 4)]


PDF = b"%PDF-1.7\nzebra-crossing-certificate\n%%EOF\n"


def file(content: bytes = PDF, name: str = "certificate.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/pdf")


@pytest.fixture
def first_training(partnership):
    """A session before which the policy wants training of one's own organisation."""
    rule = policy(booking__prerequisite="single_agency_first")
    adopt(partnership, rule, at=timezone.now() - timedelta(days=1))
    return make_session(partnership)


def test_the_proxy_lets_a_whole_list_of_files_through(partnership, school, first_training) -> None:
    """The limit for everything else would refuse a list at the third large file, with an empty page."""
    caddyfile = (Path(__file__).parents[2] / "deploy" / "Caddyfile").read_text()
    (lists,) = re.findall(r"@lists path (\S+)\n", caddyfile)
    (others,) = re.findall(r"@others not path (\S+)\n", caddyfile)
    (most,) = re.findall(r"request_body @lists \{\s*max_size (\d+)MiB", caddyfile)
    assert lists == others and len(re.findall(r"request_body", caddyfile)) == 2
    for name in ("group_pick", "group_check"):
        address = reverse(f"bookings:{name}", args=["alphashire", first_training.pk, school.pk])
        assert fnmatch(address, lists), address
    assert not fnmatch(reverse("bookings:book", args=["alphashire", first_training.pk]), lists)
    assert int(most) * 1024**2 > MOST * MOST_BYTES


def test_a_file_for_each_person_is_kept_through_every_look_and_error(
    partnership, school, client, first_training
) -> None:
    picks = f"/alphashire/sessions/{first_training.pk}/book/group/{school.pk}/"
    page = client.post(f"{picks}check/", {"pasted": "Ann Smith, ann@example.org\nBob Jones"}).content.decode()
    assert 'enctype="multipart/form-data"' in page
    files = {"rows-0-evidence": file(), "rows-1-evidence": file(b"MZ a program", "evidence.pdf")}
    page = client.post(f"{picks}check/", {**fields_of(page), "confirm": "1", **files}).content.decode()
    assert "Attached as evidence: one PDF" in page and "The file must be a PDF" in page
    assert not Booking.objects.exists() and HeldEvidence.objects.count() == 1
    # Adding somebody more keeps what was attached and what was named.
    sent = fields_of(page) | {"rows-1-training": "Level 1", "rows-1-trained_on_day": "4"}
    sent |= {"rows-1-trained_on_month": "9", "rows-1-trained_on_year": "2026"}
    page = client.post(picks, sent).content.decode()
    said = unescape(fields_of(page)["said"])
    pasted = "Ann Smith, ann@example.org\nBob Jones\nCy Green"
    page = client.post(f"{picks}check/", {"pasted": pasted, "said": said}).content.decode()
    assert page.count("Attached as evidence: one PDF") == 1 and 'value="Level 1"' in page
    sent = {**fields_of(page), "confirm": "1", "declaration": "on"}
    page = client.post(f"{picks}check/", sent).content.decode()
    assert "Name the training that Cy Green has done, with its date, or attach evidence" in page
    sent = {**fields_of(page), "confirm": "1", "declaration": "on", "rows-2-evidence": file()}
    assert client.post(f"{picks}check/", sent).status_code == 302
    kept = Prerequisite.objects.order_by("booking__person__name")
    assert [(one.training, one.evidence_type) for one in kept] == [
        ("", "application/pdf"),
        ("Level 1", ""),
        ("", "application/pdf"),
    ]
    assert [bytes(one.content) for one in EvidenceFile.objects.all()] == [PDF, PDF]
    assert not HeldEvidence.objects.exists()


def test_who_is_meant_is_asked_without_losing_what_was_said_and_attached(
    partnership, school, client, first_training
) -> None:
    """And a line that can’t be booked yet keeps it, until it is mended."""
    twin = make_person(partnership, organisation=school, name="Ann Smith")
    check = f"/alphashire/sessions/{first_training.pk}/book/group/{school.pk}/check/"
    sent = fields_of(client.post(check, {"pasted": "Ann Smyth\nBob Jones\nCy Green"}).content.decode())
    sent |= {"rows-0-name": "Ann Smith", "rows-0-email": "ann@example.org", "rows-0-evidence": file()}
    sent |= {"rows-1-email": "no address", "rows-1-training": "Level 1", "rows-1-trained_on_day": "4"}
    sent |= {"rows-1-trained_on_month": "9", "rows-1-trained_on_year": "2026"}
    sent |= {"rows-2-email": "none either", "rows-2-evidence": file(b"MZ a program")}
    page = client.post(check, sent).content.decode()
    assert "Who is meant?" in page and page.count("Not booked") == 2
    assert "Attached as evidence: one PDF" in page and "The file must be a PDF" not in page
    mended = {**fields_of(page), "rows-0-same_as": "new", "rows-1-email": "bob@example.org"}
    page = client.post(check, {**mended, "rows-2-leave_out": "on"}).content.decode()
    client.post(check, {**fields_of(page), "confirm": "1", "declaration": "on"})
    kept = Prerequisite.objects.order_by("booking__person__name")
    assert [(one.training, one.evidence_type) for one in kept] == [("", "application/pdf"), ("Level 1", "")]
    assert not Booking.objects.filter(person=twin).exists()


def test_files_that_are_too_old_do_not_count_against_the_limit(
    partnership, school, client, first_training, monkeypatch
) -> None:
    monkeypatch.setattr(held_evidence, "MOST_HELD", 1)
    check = f"/alphashire/sessions/{first_training.pk}/book/group/{school.pk}/check/"
    sent = fields_of(client.post(check, {"pasted": "Ann Smith\nBob Jones"}).content.decode())
    page = client.post(check, {**sent, "rows-0-evidence": file(), "rows-1-evidence": file()}).content.decode()
    assert "Too many files wait to be booked" in page and page.count("Attached as evidence") == 1
    HeldEvidence.objects.update(held_at=timezone.now() - timedelta(hours=25))
    page = client.post(check, {**sent, "rows-1-evidence": file()}).content.decode()
    assert "Too many files" not in page and page.count("Attached as evidence") == 1


def test_nobody_uses_a_file_that_somebody_else_attached(
    partnership, school, client, sign_in, first_training
) -> None:
    check = f"/alphashire/sessions/{first_training.pk}/book/group/{school.pk}/check/"
    sent = fields_of(client.post(check, {"pasted": "Ann Smith"}).content.decode())
    client.post(check, {**sent, "rows-0-evidence": file()})
    key = str(HeldEvidence.objects.get().key)
    other = sign_in(make_person(partnership, Role.ORGANISATION_LEAD, organisation=school))
    for said in (key, "nonsense"):
        page = other.post(check, {**sent, "rows-0-held": said, "confirm": "1"}).content.decode()
        assert "Attached as evidence" not in page and "or attach evidence" in page
    assert not Booking.objects.exists()
    for text in ("{", "[1]", f'[["Ann Smith", 1, 2, 3, "{key}"]]', '[[["x"], "", "", null, ""]]'):
        page = other.post(check, {"pasted": "Ann Smith", "said": text})
        assert page.status_code == 200 and "Attached as evidence" not in page.content.decode()


def test_a_file_that_nobody_books_is_forgotten(partnership, school, client, first_training) -> None:
    check = f"/alphashire/sessions/{first_training.pk}/book/group/{school.pk}/check/"
    sent = fields_of(client.post(check, {"pasted": "Ann Smith"}).content.decode())
    page = client.post(check, {**sent, "rows-0-evidence": file()}).content.decode()
    forget_held_evidence(partnership, timezone.now() + timedelta(hours=23))
    assert HeldEvidence.objects.count() == 1
    HeldEvidence.objects.update(held_at=timezone.now() - timedelta(hours=25))
    assert "or attach evidence" in client.post(check, {**fields_of(page), "confirm": "1"}).content.decode()
    for _ in range(2):
        forget_held_evidence(partnership, timezone.now())
    assert not HeldEvidence.objects.exists()
    assert not AuditEntry.objects.filter(after__icontains="zebra").exists()


def test_leaving_out_and_adding_more_keep_the_rest_of_the_list(partnership, school, client) -> None:
    session = make_session(partnership)
    picks = f"/alphashire/sessions/{session.pk}/book/group/{school.pk}/"
    page = client.post(
        f"{picks}check/", {"pasted": "Ann Smith, ann@example.org, Nurse\nBob Jones"}
    ).content.decode()
    sent = {**fields_of(page), "rows-1-leave_out": "on"}
    page = client.post(f"{picks}check/", sent).content.decode()
    assert "Ann Smith" in page and "Bob Jones" not in page
    page = client.post(picks, sent).content.decode()
    assert "Ann Smith\tann@example.org\tNurse" in page and "Bob Jones" not in page


def test_an_empty_list_and_one_too_long_come_back_with_a_sentence(partnership, school, client) -> None:
    session = make_session(partnership)
    check = f"/alphashire/sessions/{session.pk}/book/group/{school.pk}/check/"
    assert "Choose at least one person" in client.post(check, {"pasted": " \n"}).content.decode()
    lines = "\n".join(f"Person{chr(97 + number // 26)}{chr(97 + number % 26)} Long" for number in range(61))
    page = client.post(check, {"pasted": lines}).content.decode()
    assert "Book at most 60 people at once" in page and "Personci Long" in page
    assert client.post(check, {"people": ["x", "9" * 40], "pasted": "\x00"}).status_code == 200


def test_a_question_must_be_answered_before_anybody_is_booked(partnership, school, client) -> None:
    make_person(partnership, organisation=school, name="Ann Smith")
    session = make_session(partnership)
    check = f"/alphashire/sessions/{session.pk}/book/group/{school.pk}/check/"
    page = client.post(check, {"pasted": "Ann Smith, new@example.org\nBob Jones"}).content.decode()
    sent = {**fields_of(page), "confirm": "1", "declaration": "on"}
    page = client.post(check, sent).content.decode()
    assert "Say who is meant by Ann Smith" in page and Booking.objects.count() == 0
    page = client.post(check, {**fields_of(page), "rows-0-same_as": "new"}).content.decode()
    client.post(check, {**fields_of(page), "confirm": "1", "declaration": "on"})
    assert Booking.objects.count() == 2 and Person.objects.filter(name="Ann Smith").count() == 2


def test_another_organisations_pages_are_not_found(partnership, neighbour, school, client, sign_in) -> None:
    session, other = make_session(partnership), make_organisation(partnership)
    assert client.get(f"/alphashire/sessions/{session.pk}/book/group/{other.pk}/").status_code == 404
    check = f"/alphashire/sessions/{session.pk}/book/group/{other.pk}/check/"
    assert client.post(check, {"pasted": "Ann Smith"}).status_code == 404
    nobody = sign_in(make_person(partnership, organisation=school))
    assert nobody.get(f"/alphashire/sessions/{session.pk}/book/group/").status_code == 404
    assert nobody.get(f"/alphashire/sessions/{session.pk}/book/group/{school.pk}/").status_code == 404
    with acting_in(neighbour):
        theirs = make_organisation(neighbour)
    assert client.get(f"/alphashire/sessions/{session.pk}/book/group/{theirs.pk}/").status_code == 404


def test_the_result_is_for_the_organisation_and_the_team_alone(partnership, school, client, sign_in) -> None:
    session = make_session(partnership)
    check = f"/alphashire/sessions/{session.pk}/book/group/{school.pk}/check/"
    page = client.post(check, {"pasted": "Bob Jones"}).content.decode()
    client.post(check, {**fields_of(page), "confirm": "1", "declaration": "on"})
    done = f"/alphashire/sessions/{session.pk}/book/group/done/{GroupBooking.objects.get().pk}/"
    seen = {
        "its lead": client.get(done).status_code,
        "the team": sign_in(make_person(partnership, Role.TEAM)).get(done).status_code,
        "another lead": sign_in(make_person(partnership, Role.ORGANISATION_LEAD)).get(done).status_code,
        "a colleague": sign_in(make_person(partnership, organisation=school)).get(done).status_code,
    }
    assert seen == {"its lead": 200, "the team": 200, "another lead": 404, "a colleague": 404}


def test_the_team_finds_any_organisation(partnership, school, sign_in) -> None:
    session = make_session(partnership)
    team = sign_in(make_person(partnership, Role.TEAM))
    base = f"/alphashire/sessions/{session.pk}/book/group/"
    assert "Oak Tree School" not in team.get(base).content.decode()
    assert "Oak Tree School" in team.get(base, {"q": "oak"}).content.decode()


@pytest.mark.parametrize("people", [1, 5])
def test_picking_asks_as_often_however_many_there_are(
    partnership, school, client, django_assert_num_queries, people
) -> None:
    for _ in range(people):
        make_person(partnership, organisation=school)
    session = make_session(partnership)
    address = f"/alphashire/sessions/{session.pk}/book/group/{school.pk}/"
    client.get(address)
    with django_assert_num_queries(12):
        client.get(address)
