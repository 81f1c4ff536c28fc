"""Approval by line manager, lead or team: never stuck, never clicked by a mail scanner, never overtaken."""

import base64
import re
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookings.links import APPROVAL, holder_of_approval
from bookings.models import Approval, Booking
from bookings.queries import approvals_waiting
from bookings.services.approvals import Manager, approve, chase_approvals, decline, is_not_the_manager
from bookings.services.changes import tell_of_changed_sessions
from bookings.services.merging import merge_sessions
from bookings.services.places import Told, ask_for_place, book_place, give_up
from bookings.services.queue import offer_places
from bookings.services.rights import may_read_what_was_said
from courses.models import Session, SessionTrainer
from notifications.models import Message
from partnership_portal.templatetags.portal import uk_date, uk_datetime
from partnership_portal.working_days import add_working_days, uk_today
from partnerships.errors import DomainError
from partnerships.links import token_for
from partnerships.models import AuditEntry, Membership, Person
from partnerships.permissions import Role
from partnerships.services.memberships import change_membership, forget_line_manager
from tests.bookings.moving import move
from tests.bookings.pressing import press, shown_on
from tests.factories import actor_for, make_course, make_organisation, make_person, make_session

BOSS = Manager("Bea Boss", "bea.boss@example.org")


@pytest.fixture
def session(partnership):
    return make_session(partnership, course=make_course(partnership, approval="line_manager"), capacity=2)


def ask(partnership, session, manager=BOSS, **person) -> Booking:
    learner = make_person(partnership, **person)
    return book_place(
        actor=actor_for(learner),
        session=session,
        person=learner,
        organisation=learner.memberships.get().organisation,
        told=Told(manager=manager),
    )


def state(booking) -> str:
    return Booking.objects.get(pk=booking.pk).state


def link_in(message: Message) -> str:
    return re.search(r"https?://[^/]+(/\S+/s/approval-\S+)", message.text).group(1)


def test_complaint_people_without_a_recorded_manager_cant_book(partnership, session) -> None:
    booking = ask(partnership, session)
    assert booking.state == "requested"
    membership = booking.person.memberships.get()
    assert (membership.line_manager_name, membership.line_manager_email) == (BOSS.name, BOSS.email)
    message = Message.objects.get(purpose="approval_asked")
    assert message.to_email == BOSS.email
    assert Message.objects.get(purpose="booking_requested").person == booking.person


def test_whom_somebody_names_is_in_the_trail_without_their_address(partnership, session) -> None:
    booking = ask(partnership, session)
    entry = AuditEntry.objects.get(action="partnerships.change_membership")
    assert (entry.subject_id, entry.person) == (booking.person.memberships.get().pk, booking.person)
    assert entry.after["changed"] and BOSS.email not in str((entry.before, entry.after))


def test_a_manager_who_is_somebody_here_finds_the_request_on_their_own_page(partnership, session) -> None:
    boss = make_person(partnership)
    booking = ask(partnership, session, manager=Manager("The boss", boss.email.upper()))
    assert booking.person.memberships.get().line_manager == boss
    assert Message.objects.get(purpose="approval_asked").to_email == boss.email
    assert approve(actor=actor_for(boss), approval=booking.approval).state == "confirmed"


def test_a_manager_who_was_recorded_meanwhile_is_asked_and_nothing_of_the_membership_is_lost(
    partnership, session
) -> None:
    """The booking has read the membership before somebody changed it."""
    learner = make_person(partnership)
    read_before = learner.memberships.select_related("person", "organisation").get()
    team = actor_for(make_person(partnership, Role.TEAM))
    change_membership(
        actor=team,
        membership=read_before,
        job_role="Head",
        competency_group=None,
        line_manager_name="Rita Recorded",
        line_manager_email="rita@example.org",
    )
    read_before.partnership = partnership
    with transaction.atomic():
        booking = ask_for_place(actor_for(learner), session, read_before, Told(manager=BOSS), timezone.now())
    kept = learner.memberships.get()
    assert (kept.job_role, kept.line_manager_email) == ("Head", "rita@example.org")
    assert booking.approval.manager_email == "rita@example.org"


def test_an_address_does_not_tell_the_name_of_whoever_has_it(partnership, session) -> None:
    boss = make_person(partnership, name="Augusta Recorded")
    booking = ask(partnership, session, manager=Manager(" The boss ", boss.email.upper()))
    assert (booking.approval.manager_name, booking.approval.manager_email) == ("The boss", boss.email)
    told = Message.objects.get(purpose="booking_requested")
    assert "The boss" in told.text and "Augusta" not in told.text


def test_nor_do_the_details_and_the_next_request_tell_whose_address_it_is(
    partnership, session, sign_in
) -> None:
    boss = make_person(partnership, name="Augusta Recorded")
    booking = ask(partnership, session, manager=Manager("The boss", boss.email))
    again = book_place(
        actor=actor_for(booking.person),
        session=make_session(partnership, course=session.course),
        person=booking.person,
        organisation=booking.organisation,
    )
    assert (again.approval.manager_name, again.approval.manager_email) == ("The boss", boss.email)
    browser = sign_in(booking.person)
    for name in ("details", "job"):
        place = [booking.person.memberships.get().pk] if name == "job" else []
        page = browser.get(reverse(f"partnerships:{name}", args=[partnership.slug, *place])).content.decode()
        assert "The boss" in page and "Augusta" not in page, name


def test_a_recorded_manager_without_an_address_stays_and_whom_one_names_is_asked_this_once(
    partnership, session
) -> None:
    """They see the record of their people, on whoever's word that one is."""
    recorded, learner = make_person(partnership, account=False), make_person(partnership)
    Person.objects.filter(pk=recorded.pk).update(email="")
    Membership.objects.filter(person=learner).update(line_manager=recorded)
    booking = book_place(
        actor=actor_for(learner),
        session=session,
        person=learner,
        organisation=learner.memberships.get().organisation,
        told=Told(manager=BOSS),
    )
    kept = learner.memberships.get()
    assert (kept.line_manager, kept.line_manager_name, kept.line_manager_email) == (recorded, "", "")
    assert (booking.approval.manager_name, booking.approval.manager_email) == (BOSS.name, BOSS.email)
    assert Message.objects.get(purpose="approval_asked").to_email == BOSS.email


def test_the_form_says_that_a_manager_who_uses_the_portal_sees_the_record(
    partnership, session, sign_in
) -> None:
    page = sign_in(make_person(partnership)).get(
        reverse("bookings:book", args=[partnership.slug, session.pk])
    )
    assert "sees the training record of the people they manage" in page.content.decode()


def test_without_a_manager_and_none_named_it_says_what_to_do(partnership, session) -> None:
    with pytest.raises(DomainError, match="Name your line manager"):
        ask(partnership, session, manager=None)
    assert not Booking.objects.exists()


def test_nobody_names_themselves(partnership, session) -> None:
    learner = make_person(partnership)
    with pytest.raises(DomainError, match="somebody else than yourself"):
        book_place(
            actor=actor_for(learner),
            session=session,
            person=learner,
            organisation=learner.memberships.get().organisation,
            told=Told(manager=Manager("Me", learner.email.upper())),
        )


def test_complaint_one_click_approval_links_that_a_mail_scanner_clicks(partnership, session) -> None:
    booking = ask(partnership, session)
    address = link_in(Message.objects.get(purpose="approval_asked"))
    for _ in range(3):
        assert Client().get(address).status_code == 200
        assert Client().head(address).status_code == 200
    assert state(booking) == "requested"


def test_complaint_managers_must_make_an_account(partnership, session) -> None:
    booking = ask(partnership, session)
    address = link_in(Message.objects.get(purpose="approval_asked"))
    page = Client().get(address)
    assert booking.person.name in page.content.decode()
    page = press(Client(), address, approve="1")
    assert "approved" in page.content.decode()
    assert state(booking) == "confirmed"
    assert Approval.objects.get().decided_name == BOSS.name
    again = Client().post(address, {"approve": "1"}, follow=True)
    assert again.status_code == 200
    assert Message.objects.filter(purpose="booking_confirmed").count() == 1


def test_declining_needs_a_reason_and_the_learner_reads_it(partnership, session) -> None:
    booking = ask(partnership, session)
    address = link_in(Message.objects.get(purpose="approval_asked"))
    page = Client().post(address, {"decline": "1", "reason": " "})
    assert "Say why you decline" in page.content.decode()
    assert state(booking) == "requested"
    press(Client(), address, decline="1", reason="No cover that week")
    assert state(booking) == "declined"
    assert "No cover that week" in Message.objects.get(purpose="booking_declined").text
    page = Client().post(address, {"approve": "1"})
    assert page.status_code == 409
    assert "declined already by Bea Boss" in page.content.decode()


def test_a_link_for_one_request_decides_no_other_and_none_when_changed(partnership, session) -> None:
    first = ask(partnership, session)
    address = link_in(Message.objects.get(purpose="approval_asked"))
    second = ask(partnership, session)
    forged = address.replace(f"{first.approval.pk}", f"{second.approval.pk}", 1)
    assert Client().post(f"{address[:-3]}x/", {"approve": "1"}).status_code == 409
    Client().post(forged, {"approve": "1"})
    assert state(second) == "requested"


def test_approval_and_waiting_list_cannot_overtake_each_other(partnership, session) -> None:
    """Three ask for two places; the third is approved first, and gets none before the others are decided."""
    first, second, third = (ask(partnership, session) for _ in range(3))
    team = actor_for(make_person(partnership, Role.TEAM))
    approve(actor=team, approval=third.approval)
    assert state(third) == "waiting"
    decline(actor=team, approval=first.approval, reason="No")
    # The place that the first no longer needs is offered at once to the next who may have it.
    assert state(third) == "offered"
    approve(actor=team, approval=second.approval)
    assert state(second) == "confirmed"


def test_complaint_raising_the_capacity_slips_past_the_approval_step(partnership, session) -> None:
    bookings = [ask(partnership, session) for _ in range(4)]
    Session.objects.filter(pk=session.pk).update(capacity=10)
    offer_places(partnership, timezone.now())
    assert {state(one) for one in bookings} == {"requested"}


def test_taking_a_request_back_lets_those_behind_have_the_place(partnership, session) -> None:
    bookings = [ask(partnership, session) for _ in range(3)]
    team = actor_for(make_person(partnership, Role.TEAM))
    approve(actor=team, approval=bookings[2].approval)
    give_up(actor=actor_for(bookings[0].person), booking=bookings[0])
    assert [state(one) for one in bookings] == ["withdrawn", "requested", "offered"]
    with pytest.raises(DomainError, match="closed"):
        approve(actor=team, approval=bookings[0].approval)


def later(days: int):
    return timezone.now() + (add_working_days(uk_today(), days) - uk_today()) + timedelta(hours=26)


def test_a_request_is_repeated_passed_on_and_runs_out(partnership, session) -> None:
    organisation = make_organisation(partnership)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
    booking = ask(partnership, session, organisation=organisation)
    for days, purpose, count in [(2, "approval_reminded", 1), (4, "approval_escalated", 1)]:
        for _ in range(2):
            chase_approvals(partnership, later(days))
        assert Message.objects.filter(purpose=purpose).count() == count
    assert Message.objects.get(purpose="approval_escalated").to_email == lead.email
    assert Approval.objects.get().asked == "organisation_lead"
    for _ in range(2):
        chase_approvals(partnership, later(8))
    assert state(booking) == "lapsed"
    assert "Nobody approved" in Message.objects.get(purpose="request_lapsed").text


def test_without_a_lead_the_team_finds_it_on_its_list(partnership, session, client) -> None:
    booking = ask(partnership, session)
    chase_approvals(partnership, later(2))
    chase_approvals(partnership, later(4))
    assert Approval.objects.get().asked == "team"
    team = make_person(partnership, Role.TEAM)
    client.force_login(team.user)
    page = client.get(f"/{partnership.slug}/approvals/")
    assert booking.person.name in page.content.decode()
    page = press(client, f"/{partnership.slug}/approvals/{booking.approval.pk}/", approve="1")
    assert state(booking) == "confirmed"
    assert "Approved" in page.content.decode()


def test_who_may_decide(partnership, session) -> None:
    organisation = make_organisation(partnership)
    manager = make_person(partnership, organisation=organisation)
    booking = ask(partnership, session, organisation=organisation, line_manager=manager)
    approval = booking.approval
    strangers = [
        booking.person,
        make_person(partnership, organisation=organisation),
        make_person(partnership, Role.ORGANISATION_LEAD),
        make_person(partnership, Role.TRAINER, organisation=organisation),
    ]
    for stranger in strangers:
        with pytest.raises(PermissionDenied):
            approve(actor=actor_for(stranger), approval=approval)
    for friend in (manager, make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)):
        approve(actor=actor_for(friend), approval=approval)
    assert Approval.objects.get().decided_by == manager


def test_the_line_manager_at_another_employer_neither_sees_nor_decides(partnership, client) -> None:
    """Whoever works for two is managed by two: what is booked for the charity is nothing to the school."""
    school, charity = make_organisation(partnership), make_organisation(partnership)
    max_, bea = make_person(partnership, organisation=school), make_person(partnership, organisation=charity)
    ann = make_person(partnership, organisation=school, line_manager=max_)
    ann.memberships.create(
        partnership=partnership, organisation=charity, line_manager=bea, started_on="2020-01-01"
    )
    session = make_session(partnership, course=make_course(partnership, approval="line_manager"))
    booking = book_place(
        actor=actor_for(ann),
        session=session,
        person=ann,
        organisation=charity,
        told=Told(purchase_order="CHARITY-1", audience_reason="For the charity"),
    )
    at_school, at_charity = actor_for(max_), actor_for(bea)
    with pytest.raises(PermissionDenied):
        decline(actor=at_school, approval=booking.approval, reason="We need her at school")
    assert not may_read_what_was_said(at_school, booking)
    assert may_read_what_was_said(at_charity, booking)
    approval = f"/{partnership.slug}/approvals/{booking.approval.pk}/"
    page = f"/{partnership.slug}/me/bookings/{booking.pk}/"
    client.force_login(max_.user)
    assert ann.name not in client.get(f"/{partnership.slug}/approvals/").content.decode()
    assert approvals_waiting(at_school) == 0
    for address in (approval, page):
        assert client.get(address).status_code == 404
    assert client.post(approval, {"decline": "1", "reason": "No"}).status_code == 404
    assert state(booking) == "requested"
    client.force_login(bea.user)
    assert ann.name in client.get(f"/{partnership.slug}/approvals/").content.decode()
    assert approvals_waiting(at_charity) == 1
    assert "CHARITY-1" in client.get(page).content.decode()
    press(client, approval, approve="1")
    assert state(booking) == "confirmed"
    # What she books for the school is his, and nothing to the charity.
    other = book_place(
        actor=actor_for(ann),
        session=make_session(partnership, course=session.course),
        person=ann,
        organisation=school,
    )
    assert [approvals_waiting(one) for one in (at_school, at_charity)] == [1, 0]
    assert approve(actor=at_school, approval=other.approval).state == "confirmed"


def test_nobody_sees_requests_that_are_not_theirs_to_decide(partnership, session, client) -> None:
    booking = ask(partnership, session)
    for stranger in (make_person(partnership), make_person(partnership, Role.ORGANISATION_LEAD)):
        client.force_login(stranger.user)
        assert booking.person.name not in client.get(f"/{partnership.slug}/approvals/").content.decode()
        address = f"/{partnership.slug}/approvals/{booking.approval.pk}/"
        assert client.get(address).status_code == 404
        assert client.post(address, {"approve": "1"}).status_code == 404


def test_whoever_speaks_for_the_person_needs_no_approval(partnership, session) -> None:
    organisation = make_organisation(partnership)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
    team = make_person(partnership, Role.TEAM)
    for actor in (lead, team):
        person = make_person(partnership, organisation=organisation)
        booking = book_place(
            actor=actor_for(actor), session=session, person=person, organisation=organisation
        )
        assert booking.state == "confirmed"


def test_a_leads_own_booking_goes_to_another_lead_or_the_team(partnership) -> None:
    organisation = make_organisation(partnership)
    session = make_session(partnership, course=make_course(partnership, approval="organisation_lead"))
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
    booking = book_place(actor=actor_for(lead), session=session, person=lead, organisation=organisation)
    assert (booking.state, booking.approval.asked) == ("requested", "team")
    with pytest.raises(PermissionDenied):
        approve(actor=actor_for(lead), approval=booking.approval)
    other = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
    second = book_place(actor=actor_for(other), session=session, person=other, organisation=organisation)
    assert second.approval.asked == "organisation_lead"
    assert Message.objects.get(purpose="approval_asked").to_email == lead.email


def test_the_list_needs_the_same_number_of_queries_for_one_request_and_for_five(
    partnership, session, client, django_assert_num_queries
) -> None:
    team = make_person(partnership, Role.TEAM)
    client.force_login(team.user)
    ask(partnership, session)
    client.get(f"/{partnership.slug}/approvals/")
    for _ in range(2):
        with django_assert_num_queries(10):
            client.get(f"/{partnership.slug}/approvals/")
        for _ in range(4):
            ask(partnership, session)


@pytest.mark.parametrize("answer", ["approve", "decline"])
def test_a_request_that_ran_out_is_not_decided_while_the_job_has_yet_to_say_so(
    partnership, session, answer
) -> None:
    booking = ask(partnership, session)
    Approval.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    answers = {"approve": {"approve": "1"}, "decline": {"decline": "1", "reason": "No cover"}}
    page = Client().post(link_in(Message.objects.get(purpose="approval_asked")), answers[answer])
    assert "it ran out or was taken back" in page.content.decode()
    assert state(booking) == "requested"


def closes(session, moment) -> None:
    Session.objects.filter(pk=session.pk).update(booking_closes_at=moment)


def test_a_deadline_that_moves_earlier_shortens_a_request_and_whoever_is_asked_hears_so_once(
    partnership, session, sign_in
) -> None:
    booking, now = ask(partnership, session), timezone.now()
    address = link_in(Message.objects.get(purpose="approval_asked"))
    # Booking is about to close, long before the request would have run out.
    deadline = now + timedelta(minutes=40)
    closes(session, deadline)
    own_page = reverse("bookings:booking", args=[partnership.slug, booking.pk])
    for page in (Client().get(address), sign_in(booking.person).get(own_page)):
        assert uk_datetime(deadline) in page.content.decode()
    for _ in range(2):
        chase_approvals(partnership, now)
    assert Approval.objects.get().expires_at == deadline
    assert uk_datetime(deadline) in Message.objects.get(purpose="approval_reminded").text
    assert AuditEntry.objects.filter(action="bookings.shorten_request").count() == 1
    assert state(booking) == "requested"
    for _ in range(2):
        chase_approvals(partnership, deadline)
    assert state(booking) == "lapsed"
    assert Message.objects.filter(purpose="request_lapsed").count() == 1


@pytest.mark.parametrize("answer", ["approve", "decline"])
def test_a_request_is_not_decided_after_a_deadline_that_moved_earlier(partnership, session, answer) -> None:
    booking = ask(partnership, session)
    closes(session, timezone.now() - timedelta(minutes=1))
    answers = {"approve": {"approve": "1"}, "decline": {"decline": "1", "reason": "No cover"}}
    page = Client().post(link_in(Message.objects.get(purpose="approval_asked")), answers[answer])
    assert "it ran out or was taken back" in page.content.decode()
    assert state(booking) == "requested"
    chase_approvals(partnership, timezone.now())
    assert state(booking) == "lapsed"


def _take_back(booking) -> None:
    give_up(actor=actor_for(booking.person), booking=booking)


def _by_the_team(booking) -> None:
    approve(actor=actor_for(make_person(booking.partnership, Role.TEAM)), approval=booking.approval)


@pytest.mark.parametrize("end", [_take_back, _by_the_team], ids=["taken back", "decided by the team"])
def test_nobody_is_asked_in_the_morning_about_what_was_settled_at_night(partnership, session, end) -> None:
    booking, other = ask(partnership, session), ask(partnership, session)
    # Held for the morning, as in quiet hours.
    Message.objects.filter(purpose="approval_asked").update(state="queued")
    end(booking)
    states = dict(Message.objects.filter(purpose="approval_asked").values_list("subject_key", "state"))
    assert states == {
        f"approval:{booking.approval.pk}": "dropped",
        f"approval:{other.approval.pk}": "queued",
    }


def _approvals_of(person) -> str:
    client = Client()
    client.force_login(person.user)
    return client.get(reverse("bookings:approvals", args=[person.partnership.slug])).content.decode()


def test_the_list_and_the_page_have_buttons_for_those_alone_who_may_decide(partnership, sign_in) -> None:
    """By the team: neither the lead nor the line manager, who both may see the booking."""
    organisation = make_organisation(partnership)
    manager = make_person(partnership, organisation=organisation)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
    team = make_person(partnership, Role.TEAM)
    course = make_course(partnership, approval="team")
    booking = ask(
        partnership,
        make_session(partnership, course=course),
        organisation=organisation,
        line_manager=manager,
        name="Lara Learner",
    )
    address = reverse("bookings:approval", args=[partnership.slug, booking.approval.pk])
    for person in (manager, lead):
        page = sign_in(person).get(address).content.decode()
        assert "Approve" not in page.replace("Approve a booking", "") and "Decline" not in page
        assert "This is for the partnership team to decide" in page
        assert "Lara Learner" not in _approvals_of(person)
    assert "Decline" in sign_in(team).get(address).content.decode()
    assert "Lara Learner" in _approvals_of(team)


def test_a_manager_still_finds_a_request_that_was_passed_on_and_one_for_the_lead_alone_not(
    partnership, session
) -> None:
    organisation = make_organisation(partnership)
    manager = make_person(partnership, organisation=organisation)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
    who = {"organisation": organisation, "line_manager": manager}
    ask(partnership, session, name="Passed On", **who)
    Approval.objects.update(asked="organisation_lead")
    by_lead = make_session(partnership, course=make_course(partnership, approval="organisation_lead"))
    ask(partnership, by_lead, name="Lead Alone", **who)
    seen = [["Passed On" in page, "Lead Alone" in page] for page in map(_approvals_of, (manager, lead))]
    assert seen == [[True, False], [True, True]]


@pytest.mark.parametrize("role", ["trainer", "line manager"])
def test_whoever_only_sees_a_booking_is_offered_no_button_that_refuses(
    partnership, session, sign_in, role
) -> None:
    other = make_person(partnership, Role.TRAINER)
    booking = ask(partnership, session, line_manager=other if role == "line manager" else None)
    if role == "trainer":
        SessionTrainer.objects.create(partnership=partnership, session=session, person=other)
    Approval.objects.update(decision="approved", decided_at=timezone.now())
    until = timezone.now() + timedelta(days=1)
    Booking.objects.update(state="waiting")
    Booking.objects.update(state="offered", offered_at=timezone.now(), offer_expires_at=until)
    browser, own = sign_in(other), sign_in(booking.person)
    page = reverse("bookings:booking", args=[partnership.slug, booking.pk])
    assert "A place is held until" in browser.get(page).content.decode()
    assert "Answer the offer" not in browser.get(page).content.decode()
    assert "Answer the offer" in own.get(page).content.decode()
    for name in ("offer", "coming", "cancel"):
        address = reverse(f"bookings:{name}", args=[partnership.slug, booking.pk])
        assert (browser.get(address).status_code, own.get(address).status_code) == (404, 200), name


@pytest.mark.parametrize("answer", [{"approve": "1"}, {"decline": "1", "reason": "No cover that day"}])
def test_complaint_a_request_is_decided_on_a_page_that_shows_another_date(
    partnership, session, answer
) -> None:
    booking = ask(partnership, session)
    address = link_in(Message.objects.get(purpose="approval_asked"))
    stale = shown_on(Client(), address)
    move(session, timedelta(days=28))
    page = press(Client(), address, stale, **answer).content.decode()
    assert "has changed since you opened this page" in page and uk_datetime(session.starts_at) in page
    assert answer.get("reason", "") in page
    assert state(booking) == "requested"
    press(Client(), address, **answer)
    assert state(booking) == ("confirmed" if "approve" in answer else "declined")


@pytest.mark.parametrize("answer", ["approve", "decline", "not_me"])
def test_a_request_on_a_cancelled_session_is_not_decided_any_more(partnership, session, answer) -> None:
    """Before the job has run that tells everybody: else they would hear that they wait, and then of the end."""
    booking, before = ask(partnership, session), ask(partnership, session)
    address = link_in(Message.objects.filter(purpose="approval_asked").earliest("pk"))
    team = actor_for(make_person(partnership, Role.TEAM))
    decline(actor=team, approval=before.approval, reason="No cover")
    page, written = shown_on(Client(), address), Message.objects.count()
    Session.objects.filter(pk=session.pk).update(status="cancelled", cancelled_at=timezone.now())
    pressed = press(Client(), address, page, **{answer: "1", "reason": "No cover"}).content.decode()
    for told in (pressed, Client().get(address).content.decode()):
        assert "will not take place" in told and "nothing left to decide" in told
        assert 'name="approve"' not in told and "partnership team to decide" not in told
    assert (state(booking), Message.objects.count()) == ("requested", written)
    request = Approval.objects.get(booking=booking)
    assert (request.decision, request.asked, request.manager_email) == ("", "line_manager", BOSS.email)
    # Done twice is done once, also after the end.
    decline(actor=team, approval=before.approval, reason="No cover")


def asked_again(address: str = BOSS.email) -> list[Message]:
    return list(Message.objects.filter(purpose="approval_changed", to_email=address).order_by("pk"))


def test_complaint_whoever_was_asked_is_not_told_that_the_session_has_moved(partnership, session) -> None:
    booking, now = ask(partnership, session), timezone.now()
    settled = ask(partnership, session, manager=Manager("Cem Chief", "cem@example.org"))
    approve(actor=actor_for(make_person(partnership, Role.TEAM)), approval=settled.approval)
    for number in (1, 2):
        move(session, timedelta(days=28))
        for _ in range(2):
            tell_of_changed_sessions(partnership, now)
        assert len(asked_again()) == number and not asked_again("cem@example.org")
    told, address = asked_again()[-1], link_in(asked_again()[-1])
    for text in (told.text, Client().get(address).content.decode()):
        assert uk_date(session.starts_at, "full") in text and session.venue.name in text
    assert booking.person.name in told.text
    press(Client(), address, approve="1")
    assert state(booking) == "confirmed"


def test_a_lead_to_whom_it_was_passed_on_is_told_of_a_move_and_the_manager_no_more(
    partnership, session
) -> None:
    organisation = make_organisation(partnership)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
    ask(partnership, session, organisation=organisation)
    chase_approvals(partnership, later(2))
    chase_approvals(partnership, later(4))
    move(session, timedelta(days=28))
    tell_of_changed_sessions(partnership, later(4))
    assert len(asked_again(lead.email)) == 1 and not asked_again()


def test_a_move_that_closes_booking_sooner_is_one_message_with_the_new_end(partnership, session) -> None:
    booking, now = ask(partnership, session), timezone.now()
    deadline = now + timedelta(hours=5)
    move(session, deadline - session.booking_closes_at)
    for _ in range(2):
        tell_of_changed_sessions(partnership, now)
        chase_approvals(partnership, now)
    assert uk_datetime(deadline) in asked_again()[0].text and len(asked_again()) == 1
    assert not Message.objects.filter(purpose="approval_reminded").exists()
    assert Approval.objects.get().expires_at == deadline
    # Nobody is asked about what has run out with the move.
    move(session, timedelta(hours=-6))
    tell_of_changed_sessions(partnership, now)
    assert len(asked_again()) == 1 and state(booking) == "requested"


def test_a_move_at_night_that_closes_booking_sooner_is_told_in_the_morning_by_one_message(
    partnership, session, settings, monkeypatch
) -> None:
    settings.PORTAL_QUIET_HOURS = True
    night = datetime(2027, 3, 3, 21, 30, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: night)
    session = move(session, night + timedelta(days=28) - session.starts_at)
    ask(partnership, session)
    deadline = night + timedelta(days=4)
    move(session, deadline - session.booking_closes_at)
    for moment in (night, night + timedelta(hours=10)):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        for _ in range(2):
            chase_approvals(partnership, moment)
            tell_of_changed_sessions(partnership, moment)
            assert len(asked_again()) == (moment != night)
    assert uk_datetime(deadline) in asked_again()[0].text and asked_again()[0].not_before is None
    assert not Message.objects.filter(purpose="approval_reminded").exists()


def test_whoever_is_asked_hears_of_a_merge_too(partnership, session) -> None:
    ask(partnership, session)
    kept = make_session(partnership, course=session.course, starts_at=session.starts_at + timedelta(days=14))
    team = actor_for(make_person(partnership, Role.TEAM))
    merge_sessions(actor=team, emptied=session, kept=kept, reason="Too few people")
    tell_of_changed_sessions(partnership, timezone.now())
    assert [uk_date(kept.starts_at, "full") in one.text for one in asked_again()] == [True]


def test_whoever_is_not_the_manager_says_so_and_the_lead_is_asked_at_once(partnership, session) -> None:
    organisation = make_organisation(partnership)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
    booking = ask(partnership, session, organisation=organisation)
    address = link_in(Message.objects.get(purpose="approval_asked"))
    assert "I am not the line manager" in Client().get(address).content.decode()
    assert Approval.objects.get().asked == "line_manager"
    for _ in range(2):
        page = press(Client(), address, not_me="1").content.decode()
        # Nothing more is shown to somebody who has nothing to do with it.
        assert "The lead is asked" in page and session.course.title not in page
    request = Approval.objects.get()
    assert (request.asked, request.manager_email, state(booking)) == ("organisation_lead", "", "requested")
    assert booking.person.memberships.get().manager_contact is None
    passed_on = Message.objects.get(purpose="approval_escalated")
    assert passed_on.to_email == lead.email and "answered" not in passed_on.text
    assert f"{BOSS.name}, who was asked as the line manager, says that they are not." in passed_on.text
    told = Message.objects.filter(purpose="booking_requested").latest("pk").text
    assert f"{BOSS.name} says that they are not your line manager." in told
    assert f"We have asked the lead of {organisation.name} to approve" in told
    assert AuditEntry.objects.get(action="bookings.is_not_the_manager").after == {
        "asked": "organisation_lead"
    }
    assert "Approve" not in Client().post(address, {"approve": "1"}).content.decode()
    assert state(booking) == "requested"
    booking.person.memberships.update(line_manager_name="Cem Chief", line_manager_email="cem@example.org")
    page = press(Client(), link_in(passed_on), approve="1").content.decode()
    assert "says that they are not" in page and "no line manager" not in page
    assert state(booking) == "confirmed"


@pytest.mark.parametrize("address_is_right", [True, False], ids=["the lead is asked", "somebody else is"])
def test_a_lead_of_the_same_name_decides_as_the_lead_whoever_has_said_so(
    partnership, session, address_is_right
) -> None:
    """At a small nursery the line manager is the lead; or the address is wrong, and the name is right."""
    organisation = make_organisation(partnership)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation, name="Jo Smith")
    named = Manager("Jo Smith", lead.email if address_is_right else "somebody@example.org")
    booking = ask(partnership, session, manager=named, organisation=organisation)
    asked = link_in(Message.objects.get(purpose="approval_asked"))
    page = press(Client(), asked, not_me="1").content.decode()
    assert f"If you are the lead of {organisation.name} as well, use the link" in page
    as_lead = Message.objects.get(purpose="approval_escalated")
    assert as_lead.to_email == lead.email
    page = Client().get(link_in(as_lead)).content.decode()
    assert "I am not the line manager" not in page
    press(Client(), link_in(as_lead), approve="1")
    assert (state(booking), Approval.objects.get().decided_name) == ("confirmed", "Jo Smith")


def test_a_link_that_was_sent_before_links_said_as_whom_is_told_by_its_name(partnership, session) -> None:
    def sent_to(name: str) -> str:
        nonce = base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")
        return f"/{partnership.slug}/s/{token_for(partnership, APPROVAL, request.pk, nonce=nonce)}/"

    request = ask(partnership, session).approval
    old, lead = sent_to(BOSS.name), sent_to("Lena Lead")
    assert "I am not the line manager" not in Client().get(lead).content.decode()
    page = press(Client(), old, not_me="1").content.decode()
    assert "Somebody else is asked" in page and "There is nothing else to do." in page
    press(Client(), lead, approve="1")
    assert Approval.objects.get().decided_name == "Lena Lead"


def test_whoever_is_recorded_since_does_not_speak_for_the_one_who_was_asked(
    partnership, session, sign_in
) -> None:
    booking, since = ask(partnership, session), make_person(partnership, name="Sina Since")
    booking.person.memberships.update(line_manager=since, line_manager_name="", line_manager_email="")
    page = sign_in(since).get(f"/{partnership.slug}/approvals/{booking.approval.pk}/").content.decode()
    assert "Approve" in page and "I am not the line manager" not in page
    with pytest.raises(PermissionDenied):
        is_not_the_manager(actor=actor_for(since), approval=booking.approval)
    waiting = Message.objects.get(purpose="approval_asked")
    assert (Approval.objects.get().asked, waiting.to_email) == ("line_manager", BOSS.email)
    press(Client(), link_in(waiting), not_me="1")
    assert Approval.objects.get().asked == "team"
    assert booking.person.memberships.get().line_manager == since


@pytest.mark.parametrize("door", ["link", "signed in"])
def test_it_can_still_be_said_when_the_request_has_gone_on_and_nobody_is_asked_again(
    partnership, session, sign_in, door
) -> None:
    organisation = make_organisation(partnership)
    make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
    boss = make_person(partnership)
    booking = ask(partnership, session, manager=Manager("The boss", boss.email), organisation=organisation)
    chase_approvals(partnership, later(4))
    assert Approval.objects.get().asked == "organisation_lead"
    assert "has not answered yet" in Message.objects.get(purpose="approval_escalated").text
    written = Message.objects.count()
    client, address = Client(), link_in(Message.objects.get(purpose="approval_asked"))
    if door == "signed in":
        client, address = sign_in(boss), f"/{partnership.slug}/approvals/{booking.approval.pk}/"
    page = client.get(address).content.decode()
    assert f"We have already asked the lead of {organisation.name}." in page
    page = press(client, address, not_me="1").content.decode()
    assert f"It is now the lead of {organisation.name} who is asked." in page
    assert booking.person.memberships.get().manager_contact is None
    request = Approval.objects.get()
    assert (request.asked, request.manager_email, request.is_open) == ("organisation_lead", "", True)
    assert Message.objects.count() == written
    assert AuditEntry.objects.get(action="bookings.is_not_the_manager").after == {
        "asked": "organisation_lead"
    }


def test_a_membership_that_ends_just_then_keeps_its_manager_and_nothing_is_refused(
    partnership, session
) -> None:
    """Whoever says so has read the membership before it ended."""
    booking = ask(partnership, session)
    membership = booking.person.memberships.get()
    booking.person.memberships.update(ended_on=uk_today())
    forget_line_manager(actor=actor_for(booking.person), membership=membership, email=BOSS.email)
    assert booking.person.memberships.get().manager_contact == tuple(vars(BOSS).values())


def test_a_manager_who_is_signed_in_says_so_too_and_no_longer_sees_the_person(
    partnership, session, sign_in
) -> None:
    boss = make_person(partnership)
    booking = ask(partnership, session, manager=Manager("The boss", boss.email))
    client = sign_in(boss)
    address = f"/{partnership.slug}/approvals/{booking.approval.pk}/"
    page = press(client, address, not_me="1").content.decode()
    assert "It is now the partnership team who is asked." in page and booking.person.name not in page
    assert Approval.objects.get().asked == "team"
    assert booking.person.memberships.get().line_manager is None
    assert client.get(address).status_code == 404


def test_it_can_be_said_of_somebody_who_has_left_too_and_another_manager_stays(partnership, session) -> None:
    """The link is for the request alone: it takes out nobody who was recorded since."""
    left, stays = ask(partnership, session), ask(partnership, session)
    left.person.memberships.update(ended_on=uk_today())
    stays.person.memberships.update(line_manager_name="Cem Chief", line_manager_email="cem@example.org")
    for one in (left, stays):
        is_not_the_manager(actor=holder_of_approval(one.approval), approval=one.approval)
    assert {one.asked for one in Approval.objects.all()} == {"team"}
    assert stays.person.memberships.get().manager_contact == ("Cem Chief", "cem@example.org")


def test_whoever_has_said_so_decides_nothing_from_a_page_that_was_open_meanwhile(
    partnership, session
) -> None:
    booking = ask(partnership, session)
    holder = holder_of_approval(booking.approval)
    is_not_the_manager(actor=holder, approval=booking.approval)
    for act in (approve, partial(decline, reason="No cover")):
        with pytest.raises(DomainError, match="somebody else is asked"):
            act(actor=holder, approval=booking.approval)
    assert Approval.objects.get().is_open
    approve(actor=actor_for(make_person(partnership, Role.TEAM)), approval=booking.approval)


def test_nobody_else_says_that_somebody_is_not_the_manager(partnership, session) -> None:
    organisation = make_organisation(partnership)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
    booking = ask(partnership, session, organisation=organisation)
    for stranger in (lead, booking.person, make_person(partnership), make_person(partnership, Role.TEAM)):
        with pytest.raises(PermissionDenied):
            is_not_the_manager(actor=actor_for(stranger), approval=booking.approval)
    assert Approval.objects.get().asked == "line_manager"
    approve(actor=actor_for(lead), approval=booking.approval)
    with pytest.raises(DomainError, match="approved already"):
        is_not_the_manager(actor=holder_of_approval(booking.approval), approval=booking.approval)


def test_whoever_decides_instead_reads_who_was_asked_and_the_team_how_to_reach_them(
    partnership, session, sign_in
) -> None:
    organisation = make_organisation(partnership)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
    booking = ask(partnership, session, organisation=organisation)
    chase_approvals(partnership, later(2))
    address = f"/{partnership.slug}/approvals/{booking.approval.pk}/"
    pages = {
        role: sign_in(one).get(address).content.decode()
        for role, one in (("lead", lead), ("team", make_person(partnership, Role.TEAM)))
    }
    for page in pages.values():
        assert f"Asked to decide: {BOSS.name}" in page and "reminded on" in page
    assert BOSS.email in pages["team"] and BOSS.email not in pages["lead"]
    manager = Client().get(link_in(Message.objects.get(purpose="approval_asked"))).content.decode()
    assert "Asked to decide" not in manager
    # Where the page's reader is the one who is asked now, it says no more than that they are.
    chase_approvals(partnership, later(4))
    assert "Asked to decide" not in sign_in(lead).get(address).content.decode()
