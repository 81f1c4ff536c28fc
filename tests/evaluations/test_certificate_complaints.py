"""What users of other systems complain about certificates, each as a test."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookings.services.register import mark_attendance, undo_mark
from evaluations.documents import certificate_pdf
from evaluations.jobs import ask_for_evaluations, issue_certificates
from evaluations.links import certificate_token
from evaluations.models import Certificate, Invitation
from notifications.models import Message
from notifications.tasks import sweep_outboxes
from partnerships.permissions import Role
from tests.bookings.moving import move
from tests.evaluations.made import answer, booked, held
from tests.factories import job, make_person


@pytest.fixture
def certificate(partnership) -> Certificate:
    booking = booked(held(partnership))
    ask_for_evaluations(partnership, booking.session.ends_at)
    answer(Invitation.objects.get(booking=booking))
    return Certificate.objects.get()


def _told(certificate) -> list[str]:
    return [one.subject for one in mail.outbox if certificate.number in one.body]


def test_complaint_emailed_twice(partnership, django_capture_on_commit_callbacks) -> None:
    """Whatever happens afterwards, and however often the jobs run, the learner hears of it once."""
    booking = booked(held(partnership))
    ask_for_evaluations(partnership, booking.session.ends_at)
    with django_capture_on_commit_callbacks(execute=True):
        certificate = answer(Invitation.objects.get(booking=booking))
    date = booking.session.dates.get()
    with django_capture_on_commit_callbacks(execute=True):
        for mark in ("absent", "present"):
            mark_attendance(actor=job(partnership), session_date=date, marks={booking.pk: mark})
        undo_mark(actor=job(partnership), session_date=date, booking=booking)
        mark_attendance(actor=job(partnership), session_date=date, marks={booking.pk: "present"})
        issue_certificates(partnership, timezone.now())
        sweep_outboxes()
    assert len(_told(certificate)) == 1


def test_complaint_marked_as_emailed_and_never_sent(
    partnership, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    """While the mail server is down nothing is marked as sent; when it is back, the learner gets it."""
    send = EmailBackend.send_messages

    def down(self, messages):
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", down)
    booking = booked(held(partnership))
    ask_for_evaluations(partnership, booking.session.ends_at)
    with django_capture_on_commit_callbacks(execute=True):
        certificate = answer(Invitation.objects.get(booking=booking))
    message = Message.objects.get(purpose="certificate")
    assert message.sent_at is None
    monkeypatch.setattr(EmailBackend, "send_messages", send)
    Message.objects.update(claimed_at=timezone.now() - timedelta(days=1))
    with django_capture_on_commit_callbacks(execute=True):
        sweep_outboxes()
    message.refresh_from_db()
    assert message.sent_at is not None
    assert len(_told(certificate)) == 1


def test_complaint_invalidated_by_merely_looking(partnership, certificate, sign_in) -> None:
    before, document = Certificate.objects.values().get(), certificate_pdf(certificate)
    team, slug = sign_in(make_person(partnership, Role.TEAM)), partnership.slug
    for _ in range(3):
        linked = reverse("evaluations:linked_certificate", args=[slug, certificate_token(certificate)])
        assert Client().get(linked).status_code == 200
        assert Client().get(f"{linked}certificate.pdf").content == document
        Client().get(reverse("evaluations:check", args=[slug]), {"number": certificate.number})
        team.get(reverse("evaluations:desk_certificate", args=[slug, certificate.number]))
    assert Certificate.objects.values().get() == before


def test_complaint_they_lose_which_session_they_were_for(partnership, certificate) -> None:
    """What becomes of the session, its course and its dates later does not reach the certificate."""
    session, held_on = certificate.booking.session, certificate.held_on
    document = certificate_pdf(certificate)
    move(session, timedelta(days=-200))
    session.course.title = "Another title"
    session.course.save(update_fields=["title"])
    certificate = Certificate.objects.get()
    assert certificate.booking.session == session
    assert certificate.held_on == held_on
    assert certificate_pdf(certificate) == document
