"""Joining sheets, and claiming a record with them: paper and mailbox together, never somebody else's address."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from bookings.links import CLAIM, RECORD, claim_link, holder_of_record
from bookings.models import Booking
from bookings.services.claims import ask_to_claim, claim_record
from bookings.services.places import book_place
from notifications.models import Message
from partnerships.errors import DomainError
from partnerships.models import AuditEntry, Person
from partnerships.permissions import Role
from tests.factories import actor_for, make_organisation, make_person, make_session


@pytest.fixture
def school(partnership):
    return make_organisation(partnership, name="Oak Tree School")


@pytest.fixture
def lead(partnership, school):
    return make_person(partnership, Role.ORGANISATION_LEAD, organisation=school, name="Lea Lead")


@pytest.fixture
def paul(partnership, school, lead):
    person = make_person(partnership, organisation=school, account=False, name="Paul Paper")
    Person.objects.filter(pk=person.pk).update(email="")
    person.refresh_from_db()
    book_place(actor=actor_for(lead), session=make_session(partnership), person=person, organisation=school)
    return person


def page_of(link: str) -> str:
    return "/alphashire/" + link.partition("/alphashire/")[2]


def link_sent() -> str:
    return re.search(r"https?://[^/]+(/\S+/s/record-\S+)", Message.objects.get(purpose="claim_asked").text)[1]


def test_a_sheet_and_the_message_together_attach_the_address(partnership, paul) -> None:
    client, page = Client(), page_of(claim_link(paul))
    assert "Paul Paper" in client.get(page).content.decode()
    assert not Message.objects.filter(purpose="claim_asked").exists()
    assert "on its way" in client.post(page, {"email": "Paul@Example.org"}, follow=True).content.decode()
    paul.refresh_from_db()
    assert paul.email == ""
    link = link_sent()
    assert "go to <strong>paul@example.org</strong>" in client.get(link).content.decode()
    paul.refresh_from_db()
    assert paul.email == ""
    for _ in range(2):
        assert "is attached" in client.post(link, follow=True).content.decode()
    paul.refresh_from_db()
    assert paul.email == "paul@example.org" and paul.user is None
    # What the place needs reaches its own reader now.
    assert Message.objects.filter(purpose="booking_confirmed", to_email="paul@example.org").count() == 1
    assert "has been claimed" in client.get(page).content.decode()
    trail = AuditEntry.objects.filter(action__in=["bookings.ask_to_claim", "partnerships.attach_email"])
    assert trail.count() == 2 and "example.org" not in str([one.after for one in trail])


def test_an_address_of_somebody_here_goes_to_the_team_and_looks_the_same(partnership, school, paul) -> None:
    other = make_person(partnership, name="Greta Elsewhere")
    pages = [
        Client().post(page_of(claim_link(paul)), {"email": email}, follow=True).content.decode()
        for email in (other.email, "free@example.org")
    ]
    said = {re.search(r"Thank you\. If this[^<]*", page)[0] for page in pages}
    assert len(said) == 1 and "Greta" not in pages[0]
    assert not Message.objects.filter(purpose="claim_asked", to_email=other.email).exists()
    told = Message.objects.get(purpose="claim_to_settle")
    assert told.to_email == partnership.coordinator_email and "Greta Elsewhere" in told.text


def test_an_address_that_somebody_got_meanwhile_and_an_old_link_attach_nothing(partnership, paul) -> None:
    Client().post(page_of(claim_link(paul)), {"email": "free@example.org"})
    actor, soon = holder_of_record(paul, RECORD), timezone.now() + timedelta(hours=1)
    Person.objects.create(partnership=partnership, name="Quick", email="free@example.org")
    assert Client().post(link_sent()).status_code == 409
    with pytest.raises(DomainError, match="run out"):
        claim_record(actor=actor, person=paul, email="x@example.org", until=timezone.now())
    with pytest.raises(DomainError, match="can’t be attached"):
        claim_record(actor=actor, person=paul, email="free@example.org", until=soon)
    paul.refresh_from_db()
    assert paul.email == ""


def test_a_link_about_one_person_attaches_nothing_to_another(partnership, school, paul) -> None:
    other = Person.objects.create(partnership=partnership, name="Other")
    with pytest.raises(PermissionDenied, match="made for this"):
        claim_record(
            actor=holder_of_record(paul, RECORD),
            person=other,
            email="x@example.org",
            until=timezone.now() + timedelta(hours=1),
        )
    forged = page_of(claim_link(paul)).replace("s/claim-", "s/record-")
    assert Client().get(forged).status_code == 409


def test_whoever_has_an_account_or_address_can_be_claimed_by_nobody(partnership, lead) -> None:
    page = page_of(claim_link(lead))
    assert "has been claimed" in Client().get(page).content.decode()
    assert "claimed already" in Client().post(page, {"email": "thief@example.org"}).content.decode()
    assert not Message.objects.filter(purpose="claim_asked").exists()


def test_a_found_sheet_writes_to_a_few_addresses_a_day_and_no_more(partnership, paul) -> None:
    page = page_of(claim_link(paul))
    for number in range(8):
        Client().post(page, {"email": f"somebody{number}@example.org"})
    assert Message.objects.filter(purpose="claim_asked").count() == 5


def test_the_sheet_is_for_its_person_the_lead_and_the_team(partnership, school, lead, paul, sign_in) -> None:
    booking = Booking.objects.get()
    address = f"/alphashire/me/bookings/{booking.pk}/joining-sheet.pdf"
    response = sign_in(lead).get(address)
    assert response["Content-Type"] == "application/pdf" and response.content.startswith(b"%PDF")
    assert response.content == sign_in(make_person(partnership, Role.TEAM)).get(address).content
    strangers = [
        make_person(partnership, organisation=school),
        make_person(partnership, Role.ORGANISATION_LEAD),
        make_person(partnership, Role.TRAINER),
    ]
    assert {sign_in(one).get(address).status_code for one in strangers} == {404}


def test_the_sheet_alone_attaches_nothing(partnership, paul) -> None:
    """Each link does what it is for: the sheet asks for a message, only the message attaches."""
    later = timezone.now() + timedelta(hours=1)
    with pytest.raises(PermissionDenied):
        claim_record(actor=holder_of_record(paul, CLAIM), person=paul, email="found@example.org", until=later)
    with pytest.raises(PermissionDenied):
        ask_to_claim(actor=holder_of_record(paul, RECORD), person=paul, email="found@example.org")
