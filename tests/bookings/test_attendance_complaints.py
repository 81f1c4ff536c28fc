"""What users of other systems complain about on the day itself, each as a test."""

import io
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pypdf
import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookings.models import Booking
from bookings.services.register import mark_attendance, undo_mark
from bookings.services.walk_ins import Newcomer, add_walk_in
from evaluations.jobs import ask_for_evaluations, issue_certificates
from evaluations.links import learner_link
from evaluations.models import Certificate, Invitation
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.moving import begun, move, over
from tests.evaluations.made import adopt, answer
from tests.factories import actor_for, job, make_organisation, make_person, make_session


@pytest.fixture
def trainer(partnership):
    return make_person(partnership, Role.TRAINER)


def _walk_in(trainer, session, email: str) -> Booking:
    return add_walk_in(
        actor=actor_for(trainer),
        session_date=session.dates.get(),
        newcomer=Newcomer("Nell Newcomer", email, make_organisation(trainer.partnership)),
        key=uuid4(),
    )


def _path(link: str) -> str:
    return urlsplit(link).path


@pytest.mark.parametrize("email", ["nell@example.org", ""])
def test_walk_ins_cannot_be_given_a_certificate(
    partnership, trainer, email, django_capture_on_commit_callbacks
) -> None:
    adopt(partnership)
    session = begun(make_session(partnership, trainers=(trainer,)))
    booking = _walk_in(trainer, session, email)
    over(session)
    with django_capture_on_commit_callbacks(execute=True):
        ask_for_evaluations(partnership, timezone.now())
    invitation = Invitation.objects.get(booking=booking)
    assert [one.to for one in mail.outbox] == ([["Nell Newcomer <nell@example.org>"]] if email else [])
    certificate = answer(invitation)
    assert certificate is not None
    assert certificate.learner_name == "Nell Newcomer"


def test_a_walk_in_without_email_comes_to_survey_and_certificate_by_the_code(
    partnership, trainer, sign_in
) -> None:
    adopt(partnership)
    session = begun(make_session(partnership, trainers=(trainer,)))
    booking, other = _walk_in(trainer, session, ""), _walk_in(trainer, session, "other@example.org")
    address = _path(learner_link(booking))
    codes = reverse("evaluations:codes", args=[partnership.slug, session.pk])
    page = sign_in(trainer).get(codes).content.decode()
    assert address in page
    assert learner_link(other) not in page
    assert sign_in(make_person(partnership, Role.TRAINER)).get(codes).status_code == 404
    assert Client().get(address[:-3] + "xx/").status_code == 404
    phone = Client()
    page = phone.post(address, follow=True).content.decode()
    assert "Your evaluation opens here when the session is over" in page
    over(session)
    ask_for_evaluations(partnership, timezone.now())
    survey = phone.get(address)
    assert phone.get(survey["Location"]).status_code == 200
    answer(Invitation.objects.get(booking=booking))
    assert "/s/certificate-" in phone.get(address).content.decode()


def test_the_code_of_another_partnership_leads_nowhere(partnership, trainer, neighbour) -> None:
    session = begun(make_session(partnership, trainers=(trainer,)))
    address = _path(learner_link(_walk_in(trainer, session, "")))
    with acting_in(neighbour):
        assert Client().get(address.replace("alphashire", "betashire")).status_code == 404


def test_a_two_day_course_counts_as_attended_after_day_one(partnership, trainer, book) -> None:
    adopt(partnership)
    session = make_session(partnership, days=2, trainers=(trainer,))
    booking = book(make_person(partnership), session)
    begun(session)
    first, second = session.dates.all()
    mark_attendance(actor=actor_for(trainer), session_date=first, marks={booking.pk: "present"})
    assert Booking.objects.get().state == "confirmed"
    over(session)
    for now in (timezone.now(), timezone.now() + timedelta(days=1)):
        ask_for_evaluations(partnership, now)
        issue_certificates(partnership, now)
    assert not Invitation.objects.exists()
    assert not Certificate.objects.exists()
    mark_attendance(actor=actor_for(trainer), session_date=second, marks={booking.pk: "present"})
    assert Booking.objects.get().state == "attended"


def _text_of(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (datetime(2026, 7, 14, 8, 30, tzinfo=UTC), "9:30am to 12:30pm"),
        (datetime(2026, 1, 14, 9, 30, tzinfo=UTC), "9:30am to 12:30pm"),
        # On the days when the clocks change.
        (datetime(2026, 3, 29, 8, 30, tzinfo=UTC), "9:30am to 12:30pm"),
        (datetime(2026, 10, 25, 9, 30, tzinfo=UTC), "9:30am to 12:30pm"),
    ],
    ids=["summer", "winter", "forward", "back"],
)
def test_the_register_prints_the_wrong_hour_in_summer(partnership, trainer, sign_in, start, words) -> None:
    session = make_session(partnership, trainers=(trainer,))
    move(session, start - session.starts_at)
    address = reverse("bookings:register", args=[partnership.slug, session.pk, session.dates.get().pk])
    client = sign_in(trainer)
    assert words in client.get(address).content.decode()
    assert words in _text_of(client.get(f"{address}sheet.pdf").content)


def test_the_sheet_has_everybody_and_nothing_of_what_they_need(partnership, trainer, book, sign_in) -> None:
    session = make_session(partnership, trainers=(trainer,))
    booked = book(make_person(partnership, name="Zoë Ŵyn"), session, access_needs="Hearing loop")
    address = reverse("bookings:sign_in_sheet", args=[partnership.slug, session.pk, session.dates.get().pk])
    first, again = (sign_in(trainer).get(address) for _ in range(2))
    text = _text_of(first.content)
    for part in ("Zoë Ŵyn", booked.organisation.name, "Signature", "Came without a booking", trainer.name):
        assert part in text
    assert "Hearing" not in text
    assert first.content == again.content
    assert sign_in(make_person(partnership, Role.TEAM)).get(address).status_code == 200
    assert sign_in(make_person(partnership, Role.TRAINER)).get(address).status_code == 404


def test_a_mark_that_was_undone_earns_no_certificate_and_one_issued_is_doubtful(partnership, trainer) -> None:
    adopt(partnership)
    session = begun(make_session(partnership, trainers=(trainer,)))
    early, late = _walk_in(trainer, session, "early@example.org"), _walk_in(trainer, session, "")
    over(session)
    ask_for_evaluations(partnership, timezone.now())
    issued = answer(Invitation.objects.get(booking=early))
    for booking in (early, late):
        undo_mark(actor=actor_for(trainer), session_date=session.dates.get(), booking=booking)
    assert answer(Invitation.objects.get(booking=late)) is None
    issue_certificates(partnership, timezone.now())
    assert list(Certificate.objects.all()) == [issued]
    assert list(Certificate.objects.all().doubtful()) == [issued]
    # Marked present again, the answers that are in count.
    mark_attendance(actor=job(partnership), session_date=session.dates.get(), marks={late.pk: "present"})
    assert Certificate.objects.filter(booking=late).exists()
