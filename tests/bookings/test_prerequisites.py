"""What must be done before booking, by the policy: declared with its date, or shown by a file that few may open."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from bookings.as_shown import session_as_shown
from bookings.evidence import NotEvidence, kind_of_evidence
from bookings.models import Booking, EvidenceFile, Prerequisite
from bookings.models.prerequisite import MOST_BYTES
from bookings.services.changes import tell_of_cancelled_sessions
from bookings.services.moving import take_another_session
from bookings.services.places import Told, book_place, give_up
from bookings.services.prerequisites import EarlierTraining, PrerequisiteMissing, forget_evidence
from courses.expectations import expectations
from courses.models import Session
from partnership_portal.working_days import uk_today
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.moving import over
from tests.bookings.test_access_needs import tables_with
from tests.factories import (
    actor_for,
    adopt,
    make_course,
    make_organisation,
    make_person,
    make_session,
    policy,
)

PDF = b"%PDF-1.7\nzebra-crossing-certificate\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n....IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0....\xff\xd9"
DECLARED = EarlierTraining("Safeguarding induction", date(2026, 3, 2))
POSTED = {
    "training": "Safeguarding induction",
    "trained_on_day": "2",
    "trained_on_month": "3",
    "trained_on_year": "2026",
}


def url(name: str, *args: int) -> str:
    return reverse(f"bookings:{name}", args=["alphashire", *args])


def text_of(response) -> str:
    return response.content.decode()


def send(client, person, session, **changes):
    organisation = person.memberships.first().organisation_id
    shows = {"expects_place": "True", "session_shown": session_as_shown(session)}
    data = {"organisation": organisation, "declaration": "on", **shows, **changes}
    return client.post(url("book", session.pk), data, follow=True)


@pytest.fixture
def session(partnership):
    """A session under a policy that wants single-agency training first."""
    rule = policy(booking__prerequisite="single_agency_first")
    adopt(partnership, rule, at=timezone.now() - timedelta(days=1))
    return make_session(partnership)


def test_without_a_declaration_or_evidence_nobody_books(partnership, session, book, sign_in) -> None:
    person = make_person(partnership)
    for given in ({}, {"training": "Induction"}, {"completed_on": date(2026, 3, 2)}, {"training": " "}):
        with pytest.raises(PrerequisiteMissing, match="must have done the child protection training"):
            book(person, session, earlier=EarlierTraining(**given))
    client = sign_in(person)
    page = text_of(send(client, person, session))
    assert "Enter what the training was called, or upload evidence of it" in page
    assert "Enter when the training was completed, or upload evidence of it" in page
    page = text_of(send(client, person, session, training="Induction"))
    assert "Enter when the training was completed" in page and "what the training was called, or" not in page
    assert not Booking.objects.exists()


def test_a_declaration_names_the_training_and_its_date(partnership, session, sign_in) -> None:
    person = make_person(partnership)
    client = sign_in(person)
    assert "You need the child protection training of your own organisation" in text_of(
        client.get(url("book", session.pk))
    )
    send(client, person, session, **POSTED)
    kept = Prerequisite.objects.get()
    assert (kept.training, kept.completed_on) == (DECLARED.training, DECLARED.completed_on)
    assert (kept.given_by, kept.has_evidence) == (person, False)
    shown = text_of(client.get(url("booking", kept.booking_id)))
    assert "Declared: Safeguarding induction, 2 March 2026." in shown


def test_what_comes_first_is_not_still_to_come(partnership, session, sign_in, book) -> None:
    person = make_person(partnership)
    later = uk_today() + timedelta(days=1)
    with pytest.raises(DomainError, match="in the future"):
        book(person, session, earlier=EarlierTraining("Induction", later))
    parts = {f"trained_on_{part}": str(getattr(later, part)) for part in ("day", "month", "year")}
    assert "The date must be in the past" in text_of(
        send(sign_in(person), person, session, training="Induction", **parts)
    )
    assert book(person, session, earlier=EarlierTraining("Induction", uk_today())).pk


def test_evidence_will_do_instead(partnership, session, sign_in) -> None:
    person = make_person(partnership)
    client = sign_in(person)
    # Named as what it is not: what is in it counts.
    file = SimpleUploadedFile("certificate.exe", PDF, content_type="text/html")
    send(client, person, session, evidence=file)
    kept = Prerequisite.objects.get()
    assert (kept.training, kept.completed_on, kept.evidence_type) == ("", None, "application/pdf")
    response = client.get(url("evidence", kept.booking_id))
    assert response.content == PDF and response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'attachment; filename="evidence-{kept.booking_id}.pdf"'
    assert response["X-Content-Type-Options"] == "nosniff" and "no-store" in response["Cache-Control"]
    assert url("evidence", kept.booking_id) in text_of(client.get(url("booking", kept.booking_id)))


def test_a_file_that_was_not_kept_is_asked_for_once_more(partnership, session, book, sign_in) -> None:
    person, words = make_person(partnership), "was not kept. Choose it once more."
    client = sign_in(person)
    assert words not in text_of(send(client, person, session, declaration=""))
    file = SimpleUploadedFile("certificate.pdf", PDF)
    assert words in text_of(send(client, person, session, declaration="", evidence=file))
    Session.objects.filter(pk=session.pk).update(capacity=1)
    book(make_person(partnership), session, earlier=DECLARED)
    file = SimpleUploadedFile("certificate.pdf", PDF)
    page = send(client, person, session, evidence=file)
    assert page.status_code == 409 and words in text_of(page)


@pytest.mark.parametrize(
    ("content", "kind"), [(PDF, "application/pdf"), (PNG, "image/png"), (JPEG, "image/jpeg")]
)
def test_pdf_and_pictures_are_taken(content, kind) -> None:
    assert kind_of_evidence(content) == kind


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"MZ\x90 a program", "must be a PDF"),
        (b"<html>%PDF-%%EOF", "must be a PDF"),
        (PDF[:20], "not complete"),
        (PNG[:10], "not complete"),
        (PDF + b"\0" * MOST_BYTES, "larger than 5 MB"),
    ],
)
def test_other_files_are_refused_in_words(content, words, partnership, session, sign_in) -> None:
    with pytest.raises(NotEvidence, match=words):
        kind_of_evidence(content)
    person = make_person(partnership)
    page = send(sign_in(person), person, session, evidence=SimpleUploadedFile("x.pdf", content))
    assert words in text_of(page) and not Booking.objects.exists()


def test_only_the_person_and_the_team_open_the_file(partnership, session, neighbour, sign_in) -> None:
    organisation = make_organisation(partnership)
    manager = make_person(partnership)
    person = make_person(partnership, organisation=organisation, line_manager=manager)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
    trainer = make_person(partnership, Role.TRAINER)
    session.trainer_links.create(partnership=partnership, person=trainer)
    booking = book_place(
        actor=actor_for(person),
        session=session,
        person=person,
        organisation=organisation,
        told=Told(earlier=EarlierTraining(evidence=PDF)),
    )
    with acting_in(neighbour):
        stranger = make_person(neighbour, Role.TEAM)
    page = url("evidence", booking.pk)
    for reader in (person, make_person(partnership, Role.TEAM)):
        assert sign_in(reader).get(page).status_code == 200
    for reader in (lead, manager, trainer, make_person(partnership)):
        assert sign_in(reader).get(page).status_code == 404
        assert page not in text_of(sign_in(reader).get(url("booking", booking.pk)))
    assert sign_in(stranger).get(page).status_code == 302


def test_whoever_approves_and_the_team_read_what_was_declared(partnership, session, sign_in) -> None:
    rule = policy(booking__prerequisite="single_agency_first", booking__approval="line_manager")
    adopt(partnership, rule, at=timezone.now())
    manager = make_person(partnership)
    person = make_person(partnership, line_manager=manager)
    booking = book_place(
        actor=actor_for(person),
        session=session,
        person=person,
        organisation=person.memberships.get().organisation,
        told=Told(earlier=EarlierTraining(*("Safeguarding induction", date(2026, 3, 2)), evidence=PDF)),
    )
    team = sign_in(make_person(partnership, Role.TEAM))
    for client, page in (
        (sign_in(manager), url("approval", booking.approval.pk)),
        (team, url("desk_session", session.pk)),
        (team, url("booking", booking.pk)),
    ):
        assert "Safeguarding induction, 2 March 2026" in text_of(client.get(page)), page
    assert url("evidence", booking.pk) in text_of(team.get(url("desk_session", session.pk)))
    assert "the partnership team can open it" in text_of(
        sign_in(manager).get(url("approval", booking.approval.pk))
    )


def test_the_team_may_leave_it_open(partnership, session, sign_in) -> None:
    person = make_person(partnership)
    client = sign_in(make_person(partnership, Role.TEAM))
    organisation = person.memberships.get().organisation_id
    shows = {"expects_place": "True", "session_shown": session_as_shown(session)}
    data = {"organisation": organisation, "declaration": "on", **shows}
    assert "You can leave this empty" in text_of(client.get(url("book_for", session.pk, person.pk)))
    client.post(url("book_for", session.pk, person.pk), data)
    assert Booking.objects.get().person == person and not Prerequisite.objects.exists()


def test_what_needs_nothing_first_asks_for_nothing(partnership, session, sign_in, book) -> None:
    first = make_session(partnership, course=make_course(partnership, asks_prerequisite=False))
    host = make_organisation(partnership)
    own = make_session(partnership, single_agency_for=host)
    person = make_person(partnership, organisation=host)
    for one in (first, own):
        assert "What comes first" not in text_of(sign_in(person).get(url("book", one.pk)))
        assert book(person, one).pk
    assert not any(
        "own organisation’s" in words for words in expectations(first.course, partnership.policy())
    )
    assert any("own organisation’s" in words for words in expectations(session.course, partnership.policy()))


def test_elsewhere_nobody_is_asked(partnership, sign_in, book) -> None:
    other = make_session(partnership)
    assert "What comes first" not in text_of(sign_in(make_person(partnership)).get(url("book", other.pk)))
    assert book(make_person(partnership), other).pk


def test_what_was_declared_once_is_offered_again(partnership, session, sign_in, book) -> None:
    person = make_person(partnership)
    book(person, session, earlier=DECLARED)
    other = make_session(partnership, starts_at=session.starts_at + timedelta(days=1))
    form = sign_in(person).get(url("book", other.pk)).context["form"]
    assert (form["training"].value(), form["trained_on"].value()) == (
        DECLARED.training,
        DECLARED.completed_on,
    )
    fresh = sign_in(make_person(partnership)).get(url("book", other.pk)).context["form"]
    assert not fresh["training"].value()


def test_the_file_is_in_one_table_and_gone_after_the_session(partnership, session, book) -> None:
    booking = book(
        make_person(partnership), session, earlier=EarlierTraining("Induction", date(2026, 3, 2), PDF)
    )
    assert tables_with(PDF.hex()) == ["bookings_evidencefile"]
    forget_evidence(partnership, timezone.now())
    assert EvidenceFile.objects.exists()
    over(session)
    for _ in range(2):
        forget_evidence(partnership, timezone.now())
    assert tables_with(PDF.hex()) == []
    assert AuditEntry.objects.filter(action="bookings.forget_evidence").count() == 1
    kept = Prerequisite.objects.get(booking=booking)
    assert (kept.training, kept.has_evidence) == ("Induction", False)


def test_a_booking_that_ends_loses_the_file(partnership, session, book, sign_in) -> None:
    person = make_person(partnership)
    booking = book(person, session, earlier=EarlierTraining(evidence=PDF))
    give_up(actor=actor_for(person), booking=booking)
    assert tables_with(PDF.hex()) == []
    assert sign_in(person).get(url("evidence", booking.pk)).status_code == 404
    assert "deleted by now" in text_of(sign_in(person).get(url("booking", booking.pk)))


def test_what_was_declared_comes_along_to_another_session(partnership, session, book) -> None:
    person = make_person(partnership)
    booking = book(person, session, earlier=EarlierTraining("Induction", date(2026, 3, 2), PDF))
    other = make_session(partnership, course=session.course)
    Session.objects.filter(pk=session.pk).update(status="cancelled")
    tell_of_cancelled_sessions(partnership, timezone.now())
    again = take_another_session(actor=actor_for(person), booking=booking, session=other)
    kept = Prerequisite.objects.get(booking=again)
    assert (kept.training, kept.has_evidence) == ("Induction", False)


def test_the_database_holds_the_rules(partnership, session, book) -> None:
    booking = book(make_person(partnership), session, earlier=DECLARED)
    rows = Prerequisite.objects.filter(booking=booking)
    for change in (
        {"training": ""},
        {"completed_on": None},
        {"training": "", "completed_on": None, "evidence_type": ""},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        EvidenceFile.objects.create(
            partnership=partnership, prerequisite=rows.get(), content=b"0" * (MOST_BYTES + 1)
        )
